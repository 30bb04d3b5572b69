/**
 * A tenant's key in AWS KMS, and the grant that lets the service use it.
 *
 * @module
 */
import "./peers.js";

import { Alias, Key, KeyPolicy } from "@pulumi/aws/kms";
import * as pulumi from "@pulumi/pulumi";

import { type AwsKmsDescriptor } from "../../runtime/master-key/descriptor.js";
import { Access } from "../access.js";
import { type KeyOptionsArgs } from "../key-options.js";
import { awsAliasName, keyDescription } from "../names.js";
import { type Datacenter } from "../regions.js";
import { AwsKeyUsage, keyPolicy } from "./key-policy.js";
import { resolveAwsTenantKeyArgs } from "./tenant-key-args.js";

/** Arguments of `AwsTenantKey`. Name the grantee by exactly one of `serviceAccountId` and `serviceRoleArn`. */
export interface AwsTenantKeyArgs extends KeyOptionsArgs {
  /** Tenant's id: 3 to 32 characters of a-z, 0-9 and -. */
  tenant: string;
  /** Datacenter of the service that the key is for; picks the AWS region. */
  datacenter: Datacenter;
  /** AWS account that owns the key: the tenant's own, 12 digits. */
  accountId: string;
  /** AWS account of the service, 12 digits. The account as a whole is granted; its administrators choose the roles. */
  serviceAccountId?: string;
  /** ARN of the one IAM role of the service that is granted. It must exist, or AWS refuses the policy. */
  serviceRoleArn?: string;
  /** How much of the key the service may use. Default: `least`. */
  usage?: AwsKeyUsage;
  /** Alias of the key, beginning with `alias/`. Default: `alias/byok-TENANT-DATACENTER`. */
  aliasName?: string;
  /** Description of the key, as the AWS console shows it. Default: names tenant and datacenter. */
  description?: string;
  /** AWS region that overrides the datacenter's. Default: the datacenter's own. */
  region?: string;
  /** Days between automatic rotations of the key material, 90 to 2560. Default: 365. */
  rotationPeriodInDays?: number;
  /** Days between a request to delete the key and its deletion, 7 to 30. Default: 30. */
  deletionWindowInDays?: number;
  /** Tags of the key. Default: none. */
  tags?: { [key: string]: string };
}

/**
 * A symmetric KMS key in the tenant's own account, its alias, and the key policy by which the service may use it.
 *
 * Key and alias are protected; the policy is not: it is the grant, and `pulumi destroy --exclude-protected` withdraws it
 * and nothing else, as `access: suspended` does. The key outlives even a full teardown: no stack operation can make backups unreadable.
 */
export class AwsTenantKey extends pulumi.ComponentResource {
  /** Public description of the key for the runtime; available once the service has been granted, or was told not to be. */
  readonly descriptor: pulumi.Output<AwsKmsDescriptor>;

  /**
   * @param name - resource name; children are called `NAME-key`, `NAME-alias`, `NAME-policy`
   * @param args - what to create, and for whom
   * @param opts - pass the AWS provider with the tenant's credentials as `provider` (or `providers`)
   * @throws InvalidArgsError before anything is registered, if an argument is not valid
   */
  constructor(name: string, args: AwsTenantKeyArgs, opts?: pulumi.ComponentResourceOptions) {
    const { region, partition, grantee } = resolveAwsTenantKeyArgs(name, args);
    super("pulumi-byok:index:AwsTenantKey", name, {}, opts);

    const policy = keyPolicy({
      accountId: args.accountId,
      partition,
      grantee,
      usage: args.usage ?? AwsKeyUsage.Least,
      tenant: args.tenant,
    });

    const key = new Key(
      `${name}-key`,
      {
        description: args.description ?? keyDescription(args.tenant, args.datacenter),
        customerMasterKeySpec: "SYMMETRIC_DEFAULT",
        keyUsage: "ENCRYPT_DECRYPT",
        enableKeyRotation: true,
        rotationPeriodInDays: args.rotationPeriodInDays ?? 365,
        deletionWindowInDays: args.deletionWindowInDays ?? 30,
        region,
        ...(args.tags === undefined ? {} : { tags: args.tags }),
      },
      {
        parent: this,
        protect: true,
        retainOnDelete: true,
        // Disabling the key is how the tenant revokes; `pulumi up --refresh` must not quietly undo it.
        ignoreChanges: ["isEnabled"],
      },
    );

    // protect and retainOnDelete are set on every child, since children inherit what they do not set.
    const alias = new Alias(
      `${name}-alias`,
      { name: args.aliasName ?? awsAliasName(args.tenant, args.datacenter), targetKeyId: key.keyId, region },
      // Not retained: after a teardown the name must be free for the next key.
      { parent: this, protect: true, retainOnDelete: false },
    );

    // Until this exists the key has AWS's default policy, which grants nobody outside the tenant's account; deleting it
    // puts that default back. The Key's own `policy` stays unset (it is computed), so that the two never fight.
    // Suspended is not there: the engine then deletes exactly this resource.
    const grants =
      args.access === Access.Suspended
        ? []
        : [
            new KeyPolicy(
              `${name}-policy`,
              { keyId: key.keyId, policy: JSON.stringify(policy), region },
              // The grant comes last and goes first: nobody is granted a key that is only half set up, or half torn down.
              { parent: this, protect: false, retainOnDelete: false, dependsOn: alias },
            ),
          ];

    const granted = pulumi.all(grants.map(({ id }) => id));
    this.descriptor = pulumi.all([key.arn, alias.name, granted]).apply(([keyArn, aliasName]): AwsKmsDescriptor => ({
      schema: 1,
      tenant: args.tenant,
      datacenter: args.datacenter,
      provider: "aws-kms",
      grantedTo: grantee,
      keyArn,
      aliasName,
    }));
    this.registerOutputs({ descriptor: this.descriptor });
  }
}
