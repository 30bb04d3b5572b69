/**
 * Stack configuration: the namespace `byok`, checked as a whole before any resource is registered. design.md 4.6.
 *
 * @module
 */
import { RunError } from "@pulumi/pulumi";
import { type z } from "zod";

import { AWS_REGION_PATTERN, AWS_REGION_RULE, awsPartition, parseRoleArn } from "../components/aws/identity.js";
import { PRESETS } from "../components/presets.js";
import { REGIONS, type Datacenter } from "../components/regions.js";
import {
  allowCrossRegionSchema,
  awsSchema,
  cloudsSchema,
  datacenterSchema,
  identitySchema,
  presetSchema,
  tenantSchema,
  type ServiceConfig,
} from "./config-schema.js";
import { decodeConfig, KEYS, unknownKeyProblem } from "./config-values.js";

export { type ServiceConfig } from "./config-schema.js";

/** The configuration of one stack: one tenant, one datacenter. */
export interface StackConfig {
  readonly tenant: string;
  readonly datacenter: Datacenter;
  readonly service: ServiceConfig;
  /** `region` is the datacenter's, unless `byok:allowCrossRegion` let the configuration name another. */
  readonly aws: { readonly accountId: string; readonly region: string };
}

/** The configuration was refused; nothing has been registered. Pulumi prints the message alone, without a stack trace. */
export class StackConfigError extends RunError {
  override readonly name = "StackConfigError";
  /** One entry per problem, each beginning with the full name of its key. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    super(`The stack's configuration has ${count}:${problems.map((problem) => `\n  ${problem}`).join("")}`);
    this.problems = problems;
  }
}

/**
 * Checks a stack's configuration.
 *
 * @param all - every key of the stack with its namespace, as `pulumi.runtime.allConfig()` returns them: strings, with
 *   objects and lists as JSON
 * @throws StackConfigError that lists every problem found
 */
export function parseStackConfig(all: Readonly<Record<string, string>>): StackConfig {
  const { byok, refused, awsRegion, problems: decodeProblems } = decodeConfig(all);
  const problems = [...decodeProblems];

  function read<T>(key: string, schema: z.ZodType<T>): T | undefined {
    if (refused.has(key)) return undefined;
    const result = schema.safeParse(byok.get(key));
    if (result.success) return result.data;
    problems.push(...result.error.issues.flatMap((issue) => issueProblems(key, issue)));
    return undefined;
  }

  const tenant = read("tenant", tenantSchema);
  const datacenter = read("datacenter", datacenterSchema);
  const clouds = read("clouds", cloudsSchema);
  const service = read("service", typeof byok.get("service") === "string" ? presetSchema : identitySchema);
  const aws = read("aws", awsSchema);
  const allowCrossRegion = read("allowCrossRegion", allowCrossRegionSchema);

  const regions: RegionSources = { datacenter, ownRegion: regionOf(byok.get("aws")), awsRegion };
  problems.push(...regionProblems(regions, allowCrossRegion === true));
  const region = aws?.region ?? awsRegion ?? (datacenter === undefined ? undefined : REGIONS[datacenter].aws);

  if (service !== undefined && aws !== undefined) problems.push(...serviceProblems(service, aws.accountId, region));

  if (problems.length > 0 || !tenant || !datacenter || !clouds || !service || !aws || region === undefined) {
    throw new StackConfigError(problems);
  }
  return { tenant, datacenter, service, aws: { accountId: aws.accountId, region } };
}

/** One line per problem of a zod issue, with the full name of the key or member it is about. */
function issueProblems(key: string, issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((member) => `byok:${key}${path}.${member}: ${unknownKeyProblem(member, KEYS[key] ?? []) ?? ""}`);
  }
  return [`byok:${key}${path}: ${issue.message}`];
}

/** `region` of a `byok:aws` that may be wrong in other ways, so that all problems are reported at once. */
function regionOf(aws: unknown): string | undefined {
  if (typeof aws !== "object" || aws === null || !("region" in aws)) return undefined;
  return typeof aws.region === "string" ? aws.region : undefined;
}

/** Everything that says, or seems to say, in which region the key should be. */
interface RegionSources {
  readonly datacenter: Datacenter | undefined;
  /** `byok:aws.region` */
  readonly ownRegion: string | undefined;
  /** `aws:region` */
  readonly awsRegion: string | undefined;
}

/** The datacenter decides. Anything else is refused, even if it agrees today, unless it was allowed in so many words. */
function regionProblems({ datacenter, ownRegion, awsRegion }: RegionSources, allowed: boolean): string[] {
  if (!allowed) {
    const fromDatacenter = datacenter === undefined ? "" : ` (${datacenter}: ${REGIONS[datacenter].aws})`;
    const problem = `byok:datacenter decides the region${fromDatacenter}; remove this key, or set byok:allowCrossRegion to true`;
    return [
      ...(ownRegion === undefined ? [] : [`byok:aws.region: ${problem}`]),
      ...(awsRegion === undefined ? [] : [`aws:region: ${problem}`]),
    ];
  }
  if (awsRegion === undefined) return [];
  if (!AWS_REGION_PATTERN.test(awsRegion)) return [`aws:region: ${AWS_REGION_RULE}`];
  return ownRegion === undefined || ownRegion === awsRegion
    ? []
    : [`aws:region: is ${awsRegion}, but byok:aws.region is ${ownRegion}; keep one of them`];
}

/** A key in the service's own account would be no key of the tenant's, and grants end at a partition's border. */
function serviceProblems(service: ServiceConfig, accountId: string, region: string | undefined): string[] {
  const own = "the tenant's key must live in the tenant's own account";
  if ("preset" in service) {
    return PRESETS[service.preset].aws.serviceAccountId === accountId
      ? [`byok:aws.accountId: is the account of the service ${service.preset}; ${own}`]
      : [];
  }
  if ("awsAccountId" in service) {
    return service.awsAccountId === accountId ? [`byok:service.awsAccountId: is also byok:aws.accountId; ${own}`] : [];
  }
  const role = parseRoleArn(service.awsRoleArn);
  if (role === undefined) return [];
  const problems = role.accountId === accountId ? [`byok:service.awsRoleArn: is a role in byok:aws.accountId; ${own}`] : [];
  if (region !== undefined && awsPartition(region) !== role.partition) {
    problems.push(`byok:service.awsRoleArn: is in partition ${role.partition}, but the key is in ${awsPartition(region)}`);
  }
  return problems;
}
