/**
 * Checks of `AzureTenantKeyArgs`: callers may be plain JavaScript, and Azure would find most mistakes only halfway through.
 *
 * @module
 */
import { InvalidArgsError } from "../errors.js";
import { keyOptionsProblems } from "../key-options.js";
import { azureVaultName, resourceName } from "../names.js";
import { isProtectionLevel, PROTECTION_LEVEL_RULE } from "../protection-level.js";
import { type Datacenter, isDatacenter, REGIONS } from "../regions.js";
import { keepsResidency, residencyRule, residencyWarning } from "../residency.js";
import { tenantProblems } from "../tenant-args.js";
import {
  AZURE_GUID_PATTERN,
  AZURE_GUID_RULE,
  AZURE_KEY_NAME_PATTERN,
  AZURE_KEY_NAME_RULE,
  AZURE_KEY_SIZE_RULE,
  AZURE_KEY_SIZES,
  AZURE_RESOURCE_GROUP_PATTERN,
  AZURE_RESOURCE_GROUP_RULE,
  AZURE_VAULT_NAME_PATTERN,
  AZURE_VAULT_NAME_RULE,
  type AzureKeyPlace,
} from "./identity.js";
import { AZURE_LOCATION_PATTERN, AZURE_LOCATION_RULE, AZURE_RESIDENCY } from "./locations.js";
import { type AzureTenantKeyArgs } from "./tenant-key.js";
import { watchProblems } from "./watch-args.js";

/** Arguments that say how to create the key, and nothing about one that exists. */
export const AZURE_CREATION_ARGS = ["location", "protectionLevel", "keySize", "tags"] as const;

/** Tags of any resource. Azure Resource Manager documentation, "Use tags to organize your Azure resources", limitations. */
const TAG_NAME = /^[^<>%&\\?/]{1,512}$/;
const MAX_TAG_VALUE = 256;

/** All arguments but the application, which is made with other arguments and checked there. */
export type AzureKeyArgs = Omit<AzureTenantKeyArgs, "application">;

/** What checked arguments come to. */
export interface ResolvedAzureTenantKeyArgs extends AzureKeyPlace {
  /** Directory, a GUID in lower case. */
  readonly entraTenantId: string;
  /** Azure region of what is created. */
  readonly location: string;
  /** Set if the location does not keep the datacenter's residency. */
  readonly warning: string | undefined;
}

/**
 * Refuses arguments that cannot work, and settles location and names of those that can.
 *
 * @throws InvalidArgsError with every problem found
 */
export function resolveAzureTenantKeyArgs(name: string, args: AzureKeyArgs): ResolvedAzureTenantKeyArgs {
  const problems = [...tenantProblems(args), ...keyOptionsProblems(args), ...watchProblems(args), ...formProblems(args), ...locationProblems(args), ...keyProblems(args)];
  if (problems.length > 0) throw new InvalidArgsError("AzureTenantKey", name, problems);

  const { tenant, datacenter } = args;
  const subscriptionId = args.subscriptionId.toLowerCase();
  const defaultName = resourceName(tenant, datacenter);
  const location = args.location ?? REGIONS[datacenter].azure;
  return {
    entraTenantId: args.entraTenantId.toLowerCase(),
    subscriptionId,
    location,
    warning: residencyWarning(AZURE_RESIDENCY, datacenter, location),
    resourceGroup: args.resourceGroup ?? defaultName,
    vaultName: args.vaultName ?? azureVaultName(tenant, datacenter, subscriptionId),
    keyName: args.keyName ?? defaultName,
  };
}

/**
 * Why `location` cannot be the key's; `undefined` if it can.
 *
 * @param allowCrossRegion - lets it be a region outside the datacenter's residency
 */
export function azureLocationProblem(
  location: string,
  datacenter: Datacenter,
  allowCrossRegion: boolean,
): string | undefined {
  if (!AZURE_LOCATION_PATTERN.test(location)) return AZURE_LOCATION_RULE;
  if (allowCrossRegion || keepsResidency(AZURE_RESIDENCY, datacenter, location)) return undefined;
  return residencyRule(AZURE_RESIDENCY, datacenter);
}

/** Arguments with a form of their own: name, pattern, rule; absent ones are defaults where TypeScript lets them be. */
const FORMS = [
  ["entraTenantId", AZURE_GUID_PATTERN, AZURE_GUID_RULE],
  ["subscriptionId", AZURE_GUID_PATTERN, AZURE_GUID_RULE],
  ["resourceGroup", AZURE_RESOURCE_GROUP_PATTERN, AZURE_RESOURCE_GROUP_RULE],
  ["vaultName", AZURE_VAULT_NAME_PATTERN, AZURE_VAULT_NAME_RULE],
  ["keyName", AZURE_KEY_NAME_PATTERN, AZURE_KEY_NAME_RULE],
] as const;

const REQUIRED: readonly string[] = ["entraTenantId", "subscriptionId"];

function formProblems(args: AzureKeyArgs): string[] {
  return FORMS.flatMap(([argument, pattern, rule]) => {
    const value = args[argument] ?? (REQUIRED.includes(argument) ? "" : undefined);
    return value === undefined || pattern.test(value) ? [] : [`${argument}: ${rule}`];
  });
}

function locationProblems(args: AzureKeyArgs): string[] {
  // Of an unknown datacenter nothing is known; it is a problem of its own.
  if (args.location === undefined || args.existingKey === true || !isDatacenter(args.datacenter)) return [];
  const problem = azureLocationProblem(args.location, args.datacenter, args.allowCrossRegion === true);
  return problem === undefined ? [] : [`location: ${problem}`];
}

function keyProblems(args: AzureKeyArgs): string[] {
  if (args.existingKey === true) {
    const given = AZURE_CREATION_ARGS.filter((argument) => args[argument] !== undefined);
    return given.map((argument) => `${argument}: says how to create a key; existingKey creates none`);
  }
  const problems: string[] = [];
  if (args.protectionLevel !== undefined && !isProtectionLevel(args.protectionLevel)) {
    problems.push(`protectionLevel: ${PROTECTION_LEVEL_RULE}`);
  }
  if (args.keySize !== undefined && !AZURE_KEY_SIZES.includes(args.keySize)) {
    problems.push(`keySize: ${AZURE_KEY_SIZE_RULE}`);
  }
  for (const [tag, value] of Object.entries(args.tags ?? {})) {
    if (!TAG_NAME.test(tag) || value.length > MAX_TAG_VALUE) {
      problems.push(`tags.${tag}: names of tags are 1 to 512 characters, none of <>%&\\?/, values up to ${MAX_TAG_VALUE}`);
    }
  }
  return problems;
}
