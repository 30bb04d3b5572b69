/**
 * What lets the service use a key: one unprotected resource per key, which is deleted when access is suspended.
 *
 * @module
 */
import "./peers.js";

import { Grant, KeyPolicy } from "@pulumi/aws/kms";
import type * as pulumi from "@pulumi/pulumi";

import { resourceName } from "../names.js";
import { type Datacenter } from "../regions.js";
import { AwsGrantBy } from "./grant-by.js";
import { AwsKeyUsage, type KeyPolicyInput, TENANT_CONTEXT_KEY } from "./key-policy.js";

/** Whom to let in, by what. */
export interface GrantOptions {
  readonly parent: pulumi.ComponentResource;
  /** Name of the component; the resource is called `NAME-policy` or `NAME-grant`, on a replica with `-REGION` behind it. */
  readonly name: string;
  readonly grantBy: AwsGrantBy;
  readonly input: KeyPolicyInput;
  /** The key policy, for `keyPolicy`. */
  readonly policy: pulumi.Input<string>;
  readonly datacenter: Datacenter;
}

/** A key, or a replica of it. */
export interface GrantedKey {
  readonly keyId: pulumi.Output<string>;
  readonly region: string;
  /** Behind the names of resources on replicas. */
  readonly suffix: string;
  /** What must be there before the grant is. */
  readonly dependsOn: pulumi.Resource[];
}

/**
 * The grant comes last and goes first: nobody is granted a key that is only half set up, or half torn down.
 *
 * Until a KeyPolicy exists the key has AWS's default policy, which grants nobody outside the tenant's account; deleting it puts
 * that default back. The Key's own `policy` stays unset (it is computed), so that the two never fight.
 */
export function grantOn(key: GrantedKey, { parent, name, grantBy, input, policy, datacenter }: GrantOptions): pulumi.Output<string> {
  const { keyId, region, suffix, dependsOn } = key;
  const opts = { parent, protect: false, retainOnDelete: false, dependsOn };
  if (grantBy === AwsGrantBy.KeyPolicy) return new KeyPolicy(`${name}-policy${suffix}`, { keyId, policy, region }, opts).id;
  const { grantee: granteePrincipal, tenant } = input;
  return new Grant(
    `${name}-grant${suffix}`,
    {
      keyId,
      // A repeated CreateGrant of this name and the same contents answers with the grant that is there (API_CreateGrant, Name).
      name: resourceName(tenant, datacenter),
      granteePrincipal,
      operations: grantOperations(input),
      // The console's statements ask for no encryption context, and neither does their grant.
      ...(input.usage === AwsKeyUsage.Console ? {} : { constraints: [{ encryptionContextSubset: { [TENANT_CONTEXT_KEY]: tenant } }] }),
      region,
    },
    opts,
  ).id;
}

/**
 * Operations of a grant, which takes no wildcards and knows CreateGrant only without a condition, so that the console's second
 * statement has no counterpart. Encryption context constraints do not apply to DescribeKey. Source: AWS KMS Developer Guide, "Grant
 * operations"; AWS KMS API Reference, GrantConstraints.
 */
export function grantOperations({ usage, keyMetadata = true }: KeyPolicyInput): string[] {
  const more =
    usage === AwsKeyUsage.Console
      ? [
          "ReEncryptFrom",
          "ReEncryptTo",
          "GenerateDataKey",
          "GenerateDataKeyWithoutPlaintext",
          "GenerateDataKeyPair",
          "GenerateDataKeyPairWithoutPlaintext",
        ]
      : [];
  return ["Encrypt", "Decrypt", ...more, ...(keyMetadata ? ["DescribeKey"] : [])];
}
