/**
 * A key that exists already: found, and judged whether backups can be entrusted to it. Nothing about it is changed here.
 *
 * @module
 */
import "./peers.js";

import { getKeyOutput, type GetKeyResult, Key } from "@pulumi/aws/kms";
import * as pulumi from "@pulumi/pulumi";

import { UnfitResourceError } from "../errors.js";
import { existingKeyMisfits, policyToPut } from "./existing-key-fit.js";
import { type KeyPolicyInput } from "./key-policy.js";

/** Where the key is, and who asks. */
export interface ExistingKeyOptions {
  readonly parent: pulumi.ComponentResource;
  /** Name of the component. */
  readonly name: string;
  /** ARN, id or alias. */
  readonly key: string;
  readonly accountId: string;
  readonly region: string;
  /** True if the service is to use the key: then it must be usable now. */
  readonly granted: boolean;
}

/** The key, as far as the rest needs it; no output has a value unless the key fits. */
export interface FoundKey {
  readonly arn: pulumi.Output<string>;
  readonly keyId: pulumi.Output<string>;
}

/**
 * Looks the key up, in a preview too. Outputs fail with UnfitResourceError if it does not fit, so that nothing that depends on
 * them is made.
 */
export function findExistingKey(options: ExistingKeyOptions): FoundKey {
  const { parent, name, key, accountId, region, granted } = options;
  const found = getKeyOutput({ keyId: key, region }, { parent }).apply((facts) => {
    const misfits = existingKeyMisfits(facts, { accountId, region, granted });
    if (misfits.length > 0) throw unfit(name, facts, misfits);
    return facts;
  });
  return { arn: found.apply(({ arn }) => arn), keyId: found.apply(({ keyId }) => keyId) };
}

/**
 * The policy that lets the service in without taking anything from others: the deployed one if it says the same already.
 *
 * @param wanted - the policy that the component writes otherwise
 */
export function policyOfExistingKey({ parent, name, region }: ExistingKeyOptions, { arn, keyId }: FoundKey, wanted: KeyPolicyInput): pulumi.Output<string> {
  const key = Key.get(`${name}-existing`, keyId, { region }, { parent });
  return pulumi.all([key.policy, arn]).apply(([deployed, keyArn]) => {
    const { policy, misfits } = policyToPut(deployed, wanted);
    if (misfits.length > 0) throw unfit(name, { arn: keyArn }, misfits);
    return policy;
  });
}

function unfit(name: string, { arn }: Pick<GetKeyResult, "arn">, misfits: readonly string[]): UnfitResourceError {
  return new UnfitResourceError("AwsTenantKey", name, `key ${arn}`, misfits);
}
