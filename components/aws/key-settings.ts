/**
 * What can be chosen of a key in AWS, by a program as by a stack's configuration, and what is wrong with choices. Loads no SDK.
 *
 * @module
 */
import { type ArgumentProblem, listProblems } from "../argument-problem.js";
import { daysProblems } from "../days.js";
import { AWS_ALIAS_PATTERN, AWS_ALIAS_RULE } from "../names.js";
import { isOneOf, oneOfRule } from "../one-of.js";
import { type Datacenter, isDatacenter } from "../regions.js";
import { keepsResidency, residencyRule } from "../residency.js";
import { AwsGrantBy } from "./grant-by.js";
import { AWS_KEY_REFERENCE_PATTERN, AWS_KEY_REFERENCE_RULE, AWS_PRINCIPALS_RULE, AWS_REGION_PATTERN, AWS_REGION_RULE, awsPartition, parsePrincipals } from "./identity.js";
import { AWS_RESIDENCY } from "./locations.js";
import { MAX_SERVICE_ADDRESSES, serviceAddressProblem } from "./service-addresses.js";

/** A key that exists already, made by hand, by another stack, or left by a teardown. */
export interface AwsExistingKeyArgs {
  /** The key's ARN, its id, or an alias of it (`alias/NAME`), in the tenant's account and the key's region. */
  key: string;
}

/** Choices of a key in AWS, beside whose it is and who is granted. */
export interface AwsKeySettingsArgs {
  /**
   * Takes this key instead of creating one. It is read, and nothing about it is changed but its policy, and that only with
   * `grantBy: keyPolicy`. Excludes what says how to create a key.
   */
  existing?: AwsExistingKeyArgs;
  /** By what the service is let in. Default: `keyPolicy`. */
  grantBy?: AwsGrantBy;
  /**
   * Narrows the grant of an account to these roles or users of it: ARNs, with wildcards. They need not exist yet. Default: whoever
   * the account lets. Needs `keyPolicy`.
   */
  principalArns?: string[];
  /** Public addresses or CIDR blocks that the service may call from. Default: from anywhere. Needs `keyPolicy`. */
  serviceAddresses?: string[];
  /** Makes a multi-Region key, which can have replicas. Cannot be changed later. Default: false. */
  multiRegion?: boolean;
  /** Regions that get a replica of the multi-Region key, granted like the key itself. Within the datacenter's residency. */
  replicaRegions?: string[];
  /** Alias of the key, beginning with `alias/`. Default: `alias/byok-TENANT-DATACENTER`. */
  aliasName?: string;
  /** Days between automatic rotations of the key material, 90 to 2560. Default: 365. */
  rotationPeriodInDays?: number;
  /** Days between a request to delete the key and its deletion, 7 to 30. Default: 30. */
  deletionWindowInDays?: number;
}

/** Settings that say how to create a key, and nothing about one that exists. */
export const AWS_CREATION_SETTINGS = ["multiRegion", "replicaRegions", "aliasName", "rotationPeriodInDays", "deletionWindowInDays"] as const;

/** What settings are judged with. */
export interface AwsKeySettingsContext {
  readonly datacenter: unknown;
  readonly accountId: string;
  /** Region of the key. */
  readonly region: string;
  /** The service's account, if it is granted as a whole. */
  readonly serviceAccountId?: string | undefined;
  readonly allowCrossRegion: boolean;
}

/** Why the audit log cannot be off, in words. */
export const AWS_AUDIT_LOG_RULE = "cannot be false: CloudTrail records every use of the key, and there is no way to turn that off";

/** Problems of settings, whatever a program in plain JavaScript has put there. */
export function awsKeySettingsProblems(settings: AwsKeySettingsArgs, context: AwsKeySettingsContext): ArgumentProblem[] {
  return [
    ...existingProblems(settings, context),
    ...grantProblems(settings, context),
    ...replicaProblems(settings, context),
    ...creationProblems(settings),
  ];
}

function existingProblems(settings: AwsKeySettingsArgs, { accountId, region }: AwsKeySettingsContext): ArgumentProblem[] {
  const { existing } = settings;
  if (existing === undefined) return [];
  const problems: ArgumentProblem[] = AWS_CREATION_SETTINGS.filter((name) => settings[name] !== undefined).map((name) => [
    [name],
    "says how to create a key; existing creates none",
  ]);
  const key: unknown = existing.key;
  const found = typeof key === "string" ? AWS_KEY_REFERENCE_PATTERN.exec(key) : null;
  if (found === null) return [...problems, [["existing", "key"], AWS_KEY_REFERENCE_RULE]];
  const [, ofRegion, ofAccount] = found;
  if (ofAccount !== undefined && ofAccount !== accountId) {
    problems.push([["existing", "key"], `is in account ${ofAccount}, not in the tenant's, ${accountId}`]);
  }
  if (ofRegion !== undefined && ofRegion !== region) {
    problems.push([["existing", "key"], `is in ${ofRegion}; the key must be in ${region}`]);
  }
  return problems;
}

/** A KMS grant knows no condition but the encryption context: AWS KMS API Reference, GrantConstraints. */
const NEEDS_KEY_POLICY = `needs grantBy ${AwsGrantBy.KeyPolicy}: a KMS grant takes no such condition`;

function grantProblems(settings: AwsKeySettingsArgs, context: AwsKeySettingsContext): ArgumentProblem[] {
  const { grantBy, principalArns, serviceAddresses } = settings;
  const problems: ArgumentProblem[] = [];
  if (grantBy !== undefined && !isOneOf(AwsGrantBy, grantBy)) problems.push([["grantBy"], oneOfRule(AwsGrantBy)]);
  if (principalArns !== undefined) problems.push(...entriesProblems("principalArns", principalArns, 100, (arn) => principalProblem(arn, context)));
  if (serviceAddresses !== undefined) {
    problems.push(...entriesProblems("serviceAddresses", serviceAddresses, MAX_SERVICE_ADDRESSES, serviceAddressProblem));
  }
  if (principalArns !== undefined && context.serviceAccountId === undefined) {
    problems.push([["principalArns"], "narrows the grant of an account; a role that is granted by name is narrow enough"]);
  }
  if (grantBy === AwsGrantBy.Grant) {
    for (const name of ["principalArns", "serviceAddresses"] as const) if (settings[name] !== undefined) problems.push([[name], NEEDS_KEY_POLICY]);
  }
  return problems;
}

function principalProblem(arn: unknown, { serviceAccountId, region }: AwsKeySettingsContext): string | undefined {
  const principals = typeof arn === "string" ? parsePrincipals(arn) : undefined;
  if (principals === undefined) return AWS_PRINCIPALS_RULE;
  if (principals.partition !== awsPartition(region)) return `is in partition ${principals.partition}, the key in ${awsPartition(region)}`;
  if (serviceAccountId === undefined || principals.accountId === serviceAccountId) return undefined;
  return `is in account ${principals.accountId}; the account that is granted is ${serviceAccountId}`;
}

function replicaProblems(settings: AwsKeySettingsArgs, context: AwsKeySettingsContext): ArgumentProblem[] {
  const { multiRegion, replicaRegions } = settings;
  const problems: ArgumentProblem[] = [];
  if (multiRegion !== undefined && typeof multiRegion !== "boolean") problems.push([["multiRegion"], "must be true or false"]);
  if (replicaRegions === undefined) return problems;
  problems.push(...entriesProblems("replicaRegions", replicaRegions, 20, (region) => replicaProblem(region, context)));
  if (multiRegion !== true && settings.existing === undefined) {
    problems.push([["replicaRegions"], "needs multiRegion true: only a multi-Region key has replicas, and only a new key can be made one"]);
  }
  return problems;
}

function replicaProblem(replica: unknown, { datacenter, region, allowCrossRegion }: AwsKeySettingsContext): string | undefined {
  if (typeof replica !== "string" || !AWS_REGION_PATTERN.test(replica)) return AWS_REGION_RULE;
  if (replica === region) return "is the region of the key itself";
  if (awsPartition(replica) !== awsPartition(region)) return `is in partition ${awsPartition(replica)}, the key in ${awsPartition(region)}`;
  // Of an unknown datacenter nothing is known; it is a problem of its own.
  if (allowCrossRegion || !isDatacenter(datacenter)) return undefined;
  return keepsResidency(AWS_RESIDENCY, datacenter, replica) ? undefined : residencyRule(AWS_RESIDENCY, datacenter);
}

function creationProblems({ aliasName, ...days }: AwsKeySettingsArgs): ArgumentProblem[] {
  const problems: ArgumentProblem[] = aliasName === undefined || AWS_ALIAS_PATTERN.test(aliasName) ? [] : [[["aliasName"], AWS_ALIAS_RULE]];
  return [...problems, ...awsKeyDaysProblems(days)];
}

/** Problems of a new key's days. Bounds: AWS KMS API Reference, EnableKeyRotation and ScheduleKeyDeletion. */
export function awsKeyDaysProblems(args: Pick<AwsKeySettingsArgs, "rotationPeriodInDays" | "deletionWindowInDays">): ArgumentProblem[] {
  return [
    ...daysProblems("rotationPeriodInDays", args.rotationPeriodInDays, 90, 2560),
    ...daysProblems("deletionWindowInDays", args.deletionWindowInDays, 7, 30),
  ];
}

function entriesProblems(name: string, given: unknown, max: number, problemOf: (entry: unknown) => string | undefined): ArgumentProblem[] {
  return listProblems([name], given, max, `must be a list of 1 to ${max} entries`, problemOf);
}

/** The replicas' regions that keep no residency, which were allowed in so many words. */
export function crossRegionReplicas(settings: AwsKeySettingsArgs, datacenter: Datacenter): string[] {
  return (settings.replicaRegions ?? []).filter((region) => !keepsResidency(AWS_RESIDENCY, datacenter, region));
}
