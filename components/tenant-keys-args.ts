/**
 * Checks of `TenantKeysArgs`, and what they come to in each cloud. Loads no cloud's SDK.
 *
 * @module
 */
import { awsTenantKeyArgs } from "./aws/in-tenant-keys.js";
import { resolveAwsTenantKeyArgs } from "./aws/tenant-key-args.js";
import { type AwsTenantKeyArgs } from "./aws/tenant-key.js";
import { azureComponentsArgs, type AzureComponentsArgs } from "./azure/in-tenant-keys.js";
import { resolveAppRegistrationArgs } from "./azure/app-registration-args.js";
import { resolveAzureTenantKeyArgs } from "./azure/tenant-key-args.js";
import { InvalidArgsError } from "./errors.js";
import { gcpTenantKeyArgs } from "./gcp/in-tenant-keys.js";
import { resolveGcpTenantKeyArgs } from "./gcp/tenant-key-args.js";
import { type GcpTenantKeyArgs } from "./gcp/tenant-key.js";
import { isServicePreset, PRESETS } from "./presets.js";
import { type TenantKeysArgs } from "./tenant-keys.js";

/** Arguments of the components of the clouds in use. */
export interface ResolvedTenantKeysArgs {
  readonly aws: AwsTenantKeyArgs | undefined;
  readonly gcp: GcpTenantKeyArgs | undefined;
  readonly azure: AzureComponentsArgs | undefined;
}

/**
 * Refuses arguments that cannot work, those of every cloud included, and sorts those that can.
 *
 * @param now - what the validity of certificates is measured by
 * @throws InvalidArgsError before anything is registered
 */
export function resolveTenantKeysArgs(name: string, args: TenantKeysArgs, now: Date): ResolvedTenantKeysArgs {
  checkOwnArgs(name, args);
  const aws = awsTenantKeyArgs(args);
  const gcp = gcpTenantKeyArgs(args);
  const azure = azureComponentsArgs(args);
  if (aws !== undefined) resolveAwsTenantKeyArgs(`${name}-aws`, aws);
  if (gcp !== undefined) resolveGcpTenantKeyArgs(`${name}-gcp`, gcp);
  if (azure !== undefined) {
    resolveAppRegistrationArgs(`${name}-azure-app`, azure.application, now);
    resolveAzureTenantKeyArgs(`${name}-azure`, azure.key);
  }
  return { aws, gcp, azure };
}

/** Checks what is not the business of one cloud's component. */
function checkOwnArgs(name: string, { preset, service, aws, gcp, azure }: TenantKeysArgs): void {
  const problems: string[] = [];
  const azureOnly = azure !== undefined && aws === undefined && gcp === undefined;
  if (aws === undefined && gcp === undefined && azure === undefined) {
    problems.push("aws, gcp, azure: give at least one of them");
  }
  if (preset !== undefined && service !== undefined) {
    problems.push("preset, service: give exactly one of them");
  } else if (preset === undefined && service === undefined && !azureOnly) {
    problems.push("preset, service: give exactly one of them");
  }
  if (preset !== undefined && !isServicePreset(preset)) {
    problems.push(`preset: must be one of ${Object.keys(PRESETS).join(", ")}`);
  }
  if (problems.length > 0) throw new InvalidArgsError("TenantKeys", name, problems);
}
