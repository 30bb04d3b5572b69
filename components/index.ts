/**
 * `pulumi-byok`: every component of every cloud, so all their SDKs must be installed. A program that uses one cloud imports
 * that cloud's entry point instead.
 *
 * @module
 */
export * from "./aws/index.js";
export * from "./azure/index.js";
export * from "./gcp/index.js";
export { PRESETS, type AwsPreset, type CloudPresets, type GcpPreset, type ServicePreset } from "./presets.js";
export {
  TenantKeys,
  type ServiceIdentityArgs,
  type TenantAwsArgs,
  type TenantAzureArgs,
  type TenantGcpArgs,
  type TenantKeysArgs,
} from "./tenant-keys.js";
