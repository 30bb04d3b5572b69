/**
 * `pulumi-byok/gcp`: provisioning in Google Cloud; loads no other cloud's SDK.
 *
 * @module
 */
import "./peers.js";

export { InvalidArgsError } from "../errors.js";
export { ProtectionLevel } from "../protection-level.js";
export { Datacenter, REGIONS, type CloudRegions } from "../regions.js";
export { GCP_GLOBAL, GCP_RESIDENCY } from "./locations.js";
export { GcpTenantKey, type GcpNewProjectArgs, type GcpTenantKeyArgs } from "./tenant-key.js";
