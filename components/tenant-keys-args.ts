/**
 * Checks of `TenantKeysArgs`, and what they come to in each cloud. Loads no cloud's SDK.
 *
 * @module
 */
import { resolveAwsTenantKeyArgs } from "./aws/tenant-key-args.js";
import { type AwsTenantKeyArgs } from "./aws/tenant-key.js";
import { resolveAppRegistrationArgs } from "./azure/app-registration-args.js";
import { type AzureAppRegistrationArgs } from "./azure/app-registration.js";
import { type AzureKeyArgs, resolveAzureTenantKeyArgs } from "./azure/tenant-key-args.js";
import { InvalidArgsError } from "./errors.js";
import { resolveGcpTenantKeyArgs } from "./gcp/tenant-key-args.js";
import { type GcpTenantKeyArgs } from "./gcp/tenant-key.js";
import { isServicePreset, PRESETS } from "./presets.js";
import { type TenantKeysArgs } from "./tenant-keys.js";

/** Arguments of the components of the clouds in use. */
export interface ResolvedTenantKeysArgs {
  readonly aws: AwsTenantKeyArgs | undefined;
  readonly gcp: GcpTenantKeyArgs | undefined;
  readonly azure: { readonly application: AzureAppRegistrationArgs; readonly key: AzureKeyArgs } | undefined;
}

/**
 * Refuses arguments that cannot work, those of every cloud included, and sorts those that can.
 *
 * @param now - what the validity of certificates is measured by
 * @throws InvalidArgsError before anything is registered
 */
export function resolveTenantKeysArgs(name: string, args: TenantKeysArgs, now: Date): ResolvedTenantKeysArgs {
  checkOwnArgs(name, args);
  const aws = awsArgs(args);
  const gcp = gcpArgs(args);
  const azure = azureArgs(args);
  if (aws !== undefined) resolveAwsTenantKeyArgs(`${name}-aws`, aws);
  if (gcp !== undefined) resolveGcpTenantKeyArgs(`${name}-gcp`, gcp);
  if (azure !== undefined) {
    resolveAppRegistrationArgs(`${name}-azure-app`, azure.application, now);
    resolveAzureTenantKeyArgs(`${name}-azure`, azure.key);
  }
  return { aws, gcp, azure };
}

/** A preset brings identity, names and usage, see `AwsPreset`. */
function awsArgs({ tenant, datacenter, preset, service, aws, tags }: TenantKeysArgs): AwsTenantKeyArgs | undefined {
  if (aws === undefined) return undefined;
  const { awsAccountId, awsRoleArn } = service ?? {};
  return {
    tenant,
    datacenter,
    ...aws,
    ...(isServicePreset(preset) ? PRESETS[preset].aws : {}),
    ...(awsAccountId === undefined ? {} : { serviceAccountId: awsAccountId }),
    ...(awsRoleArn === undefined ? {} : { serviceRoleArn: awsRoleArn }),
    ...(tags === undefined ? {} : { tags }),
  };
}

/** A preset brings identity and names, see `GcpPreset`. */
function gcpArgs({ tenant, datacenter, preset, service, gcp, tags }: TenantKeysArgs): GcpTenantKeyArgs | undefined {
  if (gcp === undefined) return undefined;
  return {
    tenant,
    datacenter,
    ...gcp,
    serviceAccount: service?.gcpServiceAccount ?? "",
    ...(isServicePreset(preset) ? PRESETS[preset].gcp : {}),
    // What exists keeps the labels it has.
    ...(tags === undefined || gcp.existingKey === true ? {} : { labels: tags }),
  };
}

function azureArgs({ tenant, datacenter, azure, tags }: TenantKeysArgs): ResolvedTenantKeysArgs["azure"] {
  if (azure === undefined) return undefined;
  const { certificates, ...place } = azure;
  return {
    application: { tenant, datacenter, certificates },
    key: { tenant, datacenter, ...place, ...(tags === undefined || azure.existingKey === true ? {} : { tags }) },
  };
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
