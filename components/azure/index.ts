/**
 * `pulumi-byok/azure`: provisioning in Azure and Microsoft Entra ID; loads no other cloud's SDK.
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
export { AzureAppRegistration, type AzureAppRegistrationArgs } from "./app-registration.js";
export { type ExistingAzureArgs, type ExistingAzureKeyArgs } from "./existing.js";
export { AzureGrantBy } from "./grant-by.js";
export { AZURE_RESIDENCY } from "./locations.js";
export { AzureTenantKey, type AzureApplicationArgs, type AzureTenantKeyArgs } from "./tenant-key.js";
