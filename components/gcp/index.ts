/**
 * `pulumi-byok/gcp`: provisioning in Google Cloud; loads no other cloud's SDK.
 *
 * @module
 */
import "./peers.js";

export { Access } from "../access.js";
export { type AlarmsArgs } from "../alarms.js";
export { InvalidArgsError, UnfitResourceError } from "../errors.js";
export { type KeyOptionsArgs } from "../key-options.js";
export { ProtectionLevel } from "../protection-level.js";
export { Datacenter, REGIONS, type CloudRegions } from "../regions.js";
export { type GcpExistingArgs } from "./existing.js";
export { GCP_GLOBAL, GCP_RESIDENCY } from "./locations.js";
export { GcpServiceIdentity, type GcpServiceIdentityArgs } from "./service-identity.js";
export { GcpTenantKey, type GcpNewProjectArgs, type GcpTenantKeyArgs } from "./tenant-key.js";
