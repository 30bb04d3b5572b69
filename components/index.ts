/**
 * `pulumi-byok`: every component. A program that uses one cloud imports that cloud's entry point instead.
 *
 * @module
 */
export * from "./aws/index.js";
export { PRESETS, type AwsPreset, type CloudPresets, type ServicePreset } from "./presets.js";
export { TenantKeys, type ServiceIdentityArgs, type TenantAwsArgs, type TenantKeysArgs } from "./tenant-keys.js";
