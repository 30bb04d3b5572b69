/**
 * Checks of `AwsTenantKeyArgs`: callers may be plain JavaScript, and AWS would find most mistakes only halfway through.
 *
 * @module
 */
import { problemText } from "../argument-problem.js";
import { InvalidArgsError } from "../errors.js";
import { keyOptionsProblems } from "../key-options.js";
import { isOneOf, oneOfRule } from "../one-of.js";
import { isDatacenter, REGIONS } from "../regions.js";
import { tenantProblems } from "../tenant-args.js";
import {
  AWS_ACCOUNT_ID_PATTERN,
  AWS_ACCOUNT_ID_RULE,
  AWS_REGION_PATTERN,
  AWS_REGION_RULE,
  AWS_ROLE_ARN_RULE,
  accountRootArn,
  awsPartition,
  parseRoleArn,
} from "./identity.js";
import { AwsKeyUsage } from "./key-policy.js";
import { AWS_AUDIT_LOG_RULE, awsKeySettingsProblems } from "./key-settings.js";
import { type AwsTenantKeyArgs } from "./tenant-key.js";

/** KMS keeps descriptions up to this length; AWS KMS API Reference, CreateKey, Description. */
const MAX_DESCRIPTION = 8192;

/** What checked arguments come to. */
export interface ResolvedAwsTenantKeyArgs {
  /** Region of the key. */
  readonly region: string;
  /** ARN partition of that region. */
  readonly partition: string;
  /** ARN of the principal that the key policy names. */
  readonly grantee: string;
}

/**
 * Refuses arguments that cannot work, and settles region and grantee of those that can.
 *
 * @throws InvalidArgsError with every problem found
 */
export function resolveAwsTenantKeyArgs(name: string, args: AwsTenantKeyArgs): ResolvedAwsTenantKeyArgs {
  // Of an unknown datacenter nothing is known; it is a problem of its own.
  const region = args.region ?? (isDatacenter(args.datacenter) ? REGIONS[args.datacenter].aws : "");
  const problems = [
    ...tenantProblems(args),
    ...keyOptionsProblems(args),
    ...auditLogProblems(args),
    ...accountProblems(args),
    ...keyProblems(args),
    ...settingsProblems(args, region),
  ];
  const partition = awsPartition(region);
  const grantee = resolveGrantee(args, partition, problems);
  if (grantee === undefined || problems.length > 0) throw new InvalidArgsError("AwsTenantKey", name, problems);
  return { region, partition, grantee };
}

function accountProblems(args: AwsTenantKeyArgs): string[] {
  const problems: string[] = [];
  if (!AWS_ACCOUNT_ID_PATTERN.test(args.accountId)) problems.push(`accountId: ${AWS_ACCOUNT_ID_RULE}`);
  if (args.region !== undefined && !AWS_REGION_PATTERN.test(args.region)) problems.push(`region: ${AWS_REGION_RULE}`);
  return problems;
}

/** ARN of the grantee, or `undefined` with an entry more in `problems`. */
function resolveGrantee(args: AwsTenantKeyArgs, partition: string, problems: string[]): string | undefined {
  const { serviceAccountId, serviceRoleArn } = args;
  if (serviceAccountId !== undefined && serviceRoleArn === undefined) {
    if (AWS_ACCOUNT_ID_PATTERN.test(serviceAccountId)) {
      problems.push(...sameAccountProblems("serviceAccountId", serviceAccountId, args.accountId));
      return accountRootArn(serviceAccountId, partition);
    }
    problems.push(`serviceAccountId: ${AWS_ACCOUNT_ID_RULE}`);
  } else if (serviceRoleArn !== undefined && serviceAccountId === undefined) {
    const role = parseRoleArn(serviceRoleArn);
    if (role !== undefined) {
      problems.push(...sameAccountProblems("serviceRoleArn", role.accountId, args.accountId));
      if (role.partition !== partition) {
        problems.push(`serviceRoleArn: is in partition ${role.partition}, the key in ${partition}: neither reaches the other`);
      }
      return serviceRoleArn;
    }
    problems.push(`serviceRoleArn: ${AWS_ROLE_ARN_RULE}`);
  } else {
    problems.push("serviceAccountId, serviceRoleArn: give exactly one of them");
  }
  return undefined;
}

/** A key in the service's own account would be no key of the tenant's: the service could administer it. */
function sameAccountProblems(argument: string, serviceAccountId: string, accountId: string): string[] {
  return serviceAccountId === accountId
    ? [`${argument}: is in the key's own account ${accountId}; the tenant's key must live in the tenant's account`]
    : [];
}

/** CloudTrail records each use of a key, and nobody can turn that off: AWS KMS Developer Guide, "Logging AWS KMS API calls". */
function auditLogProblems({ auditLog }: AwsTenantKeyArgs): string[] {
  return auditLog === false ? [`auditLog: ${AWS_AUDIT_LOG_RULE}`] : [];
}

function keyProblems(args: AwsTenantKeyArgs): string[] {
  const problems: string[] = [];
  if (args.usage !== undefined && !isOneOf(AwsKeyUsage, args.usage)) {
    problems.push(`usage: ${oneOfRule(AwsKeyUsage)}`);
  }
  if (args.description !== undefined && args.description.length > MAX_DESCRIPTION) {
    problems.push(`description: must be at most ${MAX_DESCRIPTION} characters`);
  }
  if (args.existing !== undefined) {
    for (const name of ["description", "tags"] as const) {
      if (args[name] !== undefined) problems.push(`${name}: says how to create a key; existing creates none`);
    }
  }
  return problems;
}

function settingsProblems(args: AwsTenantKeyArgs, region: string): string[] {
  const { datacenter, accountId, serviceAccountId, allowCrossRegion = false } = args;
  return awsKeySettingsProblems(args, { datacenter, accountId, region, serviceAccountId, allowCrossRegion }).map(problemText);
}
