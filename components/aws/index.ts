/**
 * `pulumi-byok/aws`: provisioning in AWS; loads no other cloud's SDK.
 *
 * @module
 */
import "./peers.js";

export { Access } from "../access.js";
export { type AlarmsArgs } from "../alarms.js";
export { InvalidArgsError, UnfitResourceError } from "../errors.js";
export { type KeyOptionsArgs } from "../key-options.js";
export { Datacenter, REGIONS, type CloudRegions } from "../regions.js";
export { AwsGrantBy } from "./grant-by.js";
export { AwsKeyUsage, keyPolicy } from "./key-policy.js";
export { type KeyPolicyCondition, type KeyPolicyDocument, type KeyPolicyInput, type KeyPolicyStatement } from "./key-policy.js";
export { type AwsExistingKeyArgs, type AwsKeySettingsArgs } from "./key-settings.js";
export { AwsServiceIdentity, type AwsServiceIdentityArgs } from "./service-identity.js";
export { AwsTenantKey, type AwsTenantKeyArgs } from "./tenant-key.js";
