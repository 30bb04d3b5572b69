/**
 * AWS's part of `TenantKeys`. Loads no SDK.
 *
 * @module
 */
import { keyOptionsOf } from "../key-options.js";
import { type AwsPreset, isServicePreset, PRESETS } from "../presets.js";
import { type TenantKeysArgs } from "../tenant-keys.js";
import { type AwsKeySettingsArgs } from "./key-settings.js";
import { type AwsTenantKeyArgs } from "./tenant-key.js";

/** Where the tenant's key lives in AWS. */
export interface TenantAwsArgs extends AwsKeySettingsArgs {
  /** AWS account that owns the key: the tenant's own, 12 digits. */
  accountId: string;
  /** AWS region that overrides the datacenter's. Default: the datacenter's own. */
  region?: string;
  /** Lets `replicaRegions` be outside the datacenter's residency. Default: false. */
  allowCrossRegion?: boolean;
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
    ...(isServicePreset(preset) ? presetArgs(PRESETS[preset].aws, aws.existing !== undefined) : {}),
    ...aws,
    ...(awsAccountId === undefined ? {} : { serviceAccountId: awsAccountId }),
    ...(awsRoleArn === undefined ? {} : { serviceRoleArn: awsRoleArn }),
    // Tags are for what is created.
    ...(tags === undefined || aws.existing !== undefined ? {} : { tags }),
  };
}

/** An adopted key keeps the names that it has. */
function presetArgs({ serviceAccountId, usage, ...names }: AwsPreset, adopted: boolean): Partial<AwsTenantKeyArgs> {
  return { serviceAccountId, usage, ...(adopted ? {} : names) };
}
