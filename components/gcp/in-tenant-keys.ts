/**
 * Google Cloud's part of `TenantKeys`. Loads no SDK.
 *
 * @module
 */
import { keyOptionsOf } from "../key-options.js";
import { isServicePreset, PRESETS } from "../presets.js";
import { type ProtectionLevel } from "../protection-level.js";
import { type TenantKeysArgs } from "../tenant-keys.js";
import { type GcpNewProjectArgs, type GcpTenantKeyArgs } from "./tenant-key.js";

/** Where the tenant's key lives in Google Cloud; see `GcpTenantKeyArgs`. */
export interface TenantGcpArgs {
  /** Id of the existing project that owns the key; excludes `createProject`. */
  project?: string;
  /** Creates the project that owns the key; excludes `project`. */
  createProject?: GcpNewProjectArgs;
  /** Another exact region within the datacenter's residency, or `global`, which has none. Default: the datacenter's own. */
  location?: string;
  /** Lets `location` be a region outside the datacenter's residency. Default: false. */
  allowCrossRegion?: boolean;
  /** Where the key material is kept. Default: `software`. */
  protectionLevel?: ProtectionLevel;
  /** Grants on the key of that name that exists already, and creates none. Default: false. */
  existingKey?: boolean;
}

/** A preset brings identity and names, see `GcpPreset`. */
export function gcpTenantKeyArgs(args: TenantKeysArgs): GcpTenantKeyArgs | undefined {
  const { tenant, datacenter, preset, service, gcp, tags } = args;
  if (gcp === undefined) return undefined;
  return {
    tenant,
    datacenter,
    ...keyOptionsOf(args),
    ...gcp,
    serviceAccount: service?.gcpServiceAccount ?? "",
    ...(isServicePreset(preset) ? PRESETS[preset].gcp : {}),
    // What exists keeps the labels it has.
    ...(tags === undefined || gcp.existingKey === true ? {} : { labels: tags }),
  };
}
