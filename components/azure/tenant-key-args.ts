/**
 * Checks of `AzureTenantKeyArgs`: callers may be plain JavaScript, and Azure would find most mistakes only halfway through.
 *
 * @module
 */
import { problemText } from "../argument-problem.js";
import { daysProblems } from "../days.js";
import { InvalidArgsError } from "../errors.js";
import { keyOptionsProblems } from "../key-options.js";
import { azureVaultName, resourceName } from "../names.js";
import { isOneOf, oneOfRule } from "../one-of.js";
import { ProtectionLevel } from "../protection-level.js";
import { type Datacenter, isDatacenter, REGIONS } from "../regions.js";
import { keepsResidency, residencyRule, residencyWarning } from "../residency.js";
import { tenantProblems } from "../tenant-args.js";
import { EXISTING_KEY_RULE, existingProblems } from "./existing.js";
import { AzureGrantBy } from "./grant-by.js";
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
import { serviceAddressesProblems } from "./service-addresses.js";
import { type AzureTenantKeyArgs } from "./tenant-key.js";
import { watchProblems } from "./watch-args.js";

/** Tags of any resource. Azure Resource Manager documentation, "Use tags to organize your Azure resources", limitations. */
const TAG_NAME = /^[^<>%&\\?/]{1,512}$/;
const MAX_TAG_VALUE = 256;

/**
 * Days between rotations by policy: at least 7 ("Configure cryptographic key auto-rotation in Azure Key Vault"); Azure names
 * no upper bound, ten years are a typing error.
 */
export const AZURE_ROTATION_DAYS = { min: 7, max: 3650 } as const;

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
  readonly grantBy: AzureGrantBy;
  /** True if the vault is there already; then its group is, too. */
  readonly adoptsVault: boolean;
  /** True if the key is there already. */
  readonly adoptsKey: boolean;
}

/**
 * Refuses arguments that cannot work, and settles location and names of those that can.
 *
 * @throws InvalidArgsError with every problem found
 */
export function resolveAzureTenantKeyArgs(name: string, args: AzureKeyArgs): ResolvedAzureTenantKeyArgs {
  const problems = [
    ...tenantProblems(args),
    ...keyOptionsProblems(args),
    ...formProblems(args),
    ...adoptionProblems(args),
    ...locationProblems(args),
    ...keyProblems(args),
    ...grantProblems(args),
    ...watchProblems(args),
  ];
  if (problems.length > 0) throw new InvalidArgsError("AzureTenantKey", name, problems);

  const { tenant, datacenter, existing } = args;
  const subscriptionId = args.subscriptionId.toLowerCase();
  const defaultName = resourceName(tenant, datacenter);
  const location = args.location ?? REGIONS[datacenter].azure;
  return {
    entraTenantId: args.entraTenantId.toLowerCase(),
    subscriptionId,
    location,
    warning: residencyWarning(AZURE_RESIDENCY, datacenter, location),
    resourceGroup: args.resourceGroup ?? defaultName,
    vaultName: existing?.vault ?? args.vaultName ?? azureVaultName(tenant, datacenter, subscriptionId),
    keyName: existing?.key ?? args.keyName ?? defaultName,
    grantBy: args.grantBy ?? AzureGrantBy.AccessPolicy,
    adoptsVault: existing?.vault !== undefined || existing?.key !== undefined,
    adoptsKey: existing?.key !== undefined,
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

/** Why metadata cannot be withheld from a service that is granted by role. */
export const ROLE_READS_RULE =
  "cannot be false with grantBy role: no built-in role wraps without reading the key; leave it out, or grant by accessPolicy";

const REQUIRED: readonly string[] = ["entraTenantId", "subscriptionId"];

function formProblems(args: AzureKeyArgs): string[] {
  return FORMS.flatMap(([argument, pattern, rule]) => {
    const value = args[argument] ?? (REQUIRED.includes(argument) ? "" : undefined);
    return value === undefined || pattern.test(value) ? [] : [`${argument}: ${rule}`];
  });
}

/** Names of what exists, what must not stand beside them, and 0.1's spelling. */
function adoptionProblems(args: AzureKeyArgs): string[] {
  const problems = existingProblems(args).map((problem) => problem.join(": "));
  if ((args as { readonly existingKey?: unknown }).existingKey !== undefined) problems.push(`existingKey: ${EXISTING_KEY_RULE}`);
  const { existing } = args;
  if (existing === undefined) return problems;
  const { vault, key } = existing;
  if (vault === undefined && key === undefined) problems.push("existing: must name a vault, a key, or both");
  // Vaults made by hand may be spelled with capitals; their host name is not.
  if (vault !== undefined && !AZURE_VAULT_NAME_PATTERN.test(vault.toLowerCase())) problems.push(`existing.vault: ${AZURE_VAULT_NAME_RULE}`);
  if (key !== undefined && !AZURE_KEY_NAME_PATTERN.test(key)) problems.push(`existing.key: ${AZURE_KEY_NAME_RULE}`);
  return problems;
}

function locationProblems(args: AzureKeyArgs): string[] {
  // Of an unknown datacenter nothing is known; it is a problem of its own.
  if (args.location === undefined || args.existing !== undefined || !isDatacenter(args.datacenter)) return [];
  const problem = azureLocationProblem(args.location, args.datacenter, args.allowCrossRegion === true);
  return problem === undefined ? [] : [`location: ${problem}`];
}

function keyProblems(args: AzureKeyArgs): string[] {
  // Whatever stands beside a key that exists is refused as a whole.
  if (args.existing?.key !== undefined) return [];
  const { min, max } = AZURE_ROTATION_DAYS;
  const problems = daysProblems("rotationPeriodInDays", args.rotationPeriodInDays, min, max).map(problemText);
  if (args.protectionLevel !== undefined && !isOneOf(ProtectionLevel, args.protectionLevel)) {
    problems.push(`protectionLevel: ${oneOfRule(ProtectionLevel)}`);
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

function grantProblems({ grantBy, keyMetadata, serviceAddresses, existing }: AzureKeyArgs): string[] {
  const problems: string[] = [];
  if (grantBy !== undefined && !isOneOf(AzureGrantBy, grantBy)) problems.push(`grantBy: ${oneOfRule(AzureGrantBy)}`);
  if (grantBy === AzureGrantBy.Role && keyMetadata === false) problems.push(`keyMetadata: ${ROLE_READS_RULE}`);
  if (serviceAddresses !== undefined && existing === undefined) {
    for (const [path, rule] of serviceAddressesProblems(serviceAddresses)) problems.push(problemText([["serviceAddresses", ...path], rule]));
  }
  return problems;
}
