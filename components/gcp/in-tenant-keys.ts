/**
 * Google Cloud's part of `TenantKeys`. Loads no SDK.
 *
 * @module
 */
import { keyOptionsOf } from "../key-options.js";
import { type GcpPreset, isServicePreset, PRESETS } from "../presets.js";
import { type ProtectionLevel } from "../protection-level.js";
import { type TenantKeysArgs } from "../tenant-keys.js";
import { type GcpExistingArgs } from "./existing.js";
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
  /** Name of the key ring. Default: the preset's, or `byok-TENANT-DATACENTER`. */
  keyRingName?: string;
  /** Name of the key. Default: the preset's, or `byok-TENANT-DATACENTER`. */
  keyName?: string;
  /** Days between automatic rotations, 1 to 36500. Default: 90. */
  rotationPeriodInDays?: number;
  /** Days between a request to destroy a key version and its destruction, 1 to 120. Cannot be changed later. Default: 30. */
  destroyDelayInDays?: number;
  /** Labels of the key, beside and before `tags`. Default: none. */
  labels?: { [key: string]: string };
  /** Key ring, or key, that is there already: read and checked, never created nor changed. Default: both are created. */
  existing?: GcpExistingArgs;
}

/** A preset brings identity and names, see `GcpPreset`; names that are given go before its own. */
export function gcpTenantKeyArgs(args: TenantKeysArgs): GcpTenantKeyArgs | undefined {
  const { tenant, datacenter, preset, service, gcp, tags } = args;
  if (gcp === undefined) return undefined;
  const known = isServicePreset(preset) ? PRESETS[preset].gcp : undefined;
  const { existing } = gcp;
  // What exists keeps the labels it has.
  const labels = { ...(existing?.key === undefined ? tags : undefined), ...gcp.labels };
  return {
    tenant,
    datacenter,
    ...keyOptionsOf(args),
    ...(known === undefined ? {} : presetNames(known, existing)),
    ...gcp,
    ...(known === undefined || existing?.key === undefined ? {} : { existing: { keyRing: known.keyRingName, ...existing } }),
    serviceAccount: known?.serviceAccount ?? service?.gcpServiceAccount ?? "",
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
  };
}

/** The preset's names of what is to be created. */
function presetNames({ keyRingName, keyName }: GcpPreset, existing: GcpExistingArgs | undefined): { keyRingName?: string; keyName?: string } {
  if (existing === undefined) return { keyRingName, keyName };
  return existing.key === undefined ? { keyName } : {};
}
