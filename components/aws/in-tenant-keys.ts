/**
 * AWS's part of `TenantKeys`. Loads no SDK.
 *
 * @module
 */
import { keyOptionsOf } from "../key-options.js";
import { isServicePreset, PRESETS } from "../presets.js";
import { type TenantKeysArgs } from "../tenant-keys.js";
import { type AwsTenantKeyArgs } from "./tenant-key.js";

/** Where the tenant's key lives in AWS. */
export interface TenantAwsArgs {
  /** AWS account that owns the key: the tenant's own, 12 digits. */
  accountId: string;
  /** AWS region that overrides the datacenter's. Default: the datacenter's own. */
  region?: string;
}

/** A preset brings identity, names and usage, see `AwsPreset`. */
export function awsTenantKeyArgs(args: TenantKeysArgs): AwsTenantKeyArgs | undefined {
  const { tenant, datacenter, preset, service, aws, tags } = args;
  if (aws === undefined) return undefined;
  const { awsAccountId, awsRoleArn } = service ?? {};
  return {
    tenant,
    datacenter,
    ...keyOptionsOf(args),
    ...aws,
    ...(isServicePreset(preset) ? PRESETS[preset].aws : {}),
    ...(awsAccountId === undefined ? {} : { serviceAccountId: awsAccountId }),
    ...(awsRoleArn === undefined ? {} : { serviceRoleArn: awsRoleArn }),
    ...(tags === undefined ? {} : { tags }),
  };
}
