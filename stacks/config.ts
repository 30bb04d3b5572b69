/**
 * Stack configuration: the namespace `byok`, checked as a whole before any resource is registered. design.md 4.6.
 *
 * @module
 */
import { RunError } from "@pulumi/pulumi";
import { type z } from "zod";

import { pathText } from "../components/argument-problem.js";
import { AWS_AUDIT_LOG_RULE } from "../components/aws/key-settings.js";
import { AzureGrantBy } from "../components/azure/grant-by.js";
import { ROLE_READS_RULE } from "../components/azure/tenant-key-args.js";
import { REGIONS, type Datacenter } from "../components/regions.js";
import { type KeyOptionsArgs } from "../components/key-options.js";
import { type TenantAwsArgs, type TenantAzureArgs, type TenantGcpArgs } from "../components/tenant-keys.js";
import { awsSchema, awsSettingsProblems } from "./config-aws.js";
import { azureSchema } from "./config-azure.js";
import { withoutUndefined } from "./config-forms.js";
import { gcpSchema } from "./config-gcp.js";
import { awsRegionProblems, locationProblems } from "./config-regions.js";
import {
  accessSchema,
  alarmsSchema,
  allowCrossRegionSchema,
  auditLogSchema,
  cloudsSchema,
  datacenterSchema,
  identitySchema,
  keyMetadataSchema,
  notListed,
  presetSchema,
  tenantSchema,
  type Cloud,
  type ServiceConfig,
} from "./config-schema.js";
import { awsServiceAccount, awsServiceProblems, gcpServiceProblems, identityProblems } from "./config-service.js";
import { decodeConfig, MEMBERS, unknownKeyProblem } from "./config-values.js";

export { type ServiceConfig } from "./config-schema.js";

/** The configuration of one stack: one tenant, one datacenter, keys in at least one cloud. */
export interface StackConfig extends KeyOptionsArgs {
  readonly tenant: string;
  readonly datacenter: Datacenter;
  /** May be missing if the keys are in Azure alone: there the application is made for the service. */
  readonly service?: ServiceConfig;
  /** `region` is the datacenter's, unless `byok:allowCrossRegion` let the configuration name another. */
  readonly aws?: TenantAwsArgs & { readonly region: string };
  readonly gcp?: TenantGcpArgs;
  readonly azure?: TenantAzureArgs;
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
 * @param now - what the validity of certificates is measured by
 * @throws StackConfigError that lists every problem found
 */
export function parseStackConfig(all: Readonly<Record<string, string>>, now: Date = new Date()): StackConfig {
  const { byok, refused, awsRegion, problems: decodeProblems } = decodeConfig(all);
  const problems = [...decodeProblems];

  function read<T>(key: string, schema: z.ZodType<T>): T | undefined {
    if (refused.has(key)) return undefined;
    const result = schema.safeParse(byok.get(key));
    if (result.success) return result.data;
    problems.push(...result.error.issues.flatMap((issue) => issueLine("byok", MEMBERS, key, issue)));
    return undefined;
  }

  const tenant = read("tenant", tenantSchema);
  const datacenter = read("datacenter", datacenterSchema);
  const clouds = read("clouds", cloudsSchema);
  const serviceNeeded = byok.has("service") || !isAzureAlone(clouds);
  const serviceSchema = typeof byok.get("service") === "string" ? presetSchema : identitySchema;
  const service = serviceNeeded ? read("service", serviceSchema) : undefined;

  /** A cloud's object, if its cloud is listed. If no list of clouds can be read, what is there is checked all the same. */
  function readCloud<T>(cloud: Cloud, schema: z.ZodType<T>): T | undefined {
    const present = byok.has(cloud);
    if (clouds === undefined ? present : clouds.includes(cloud) && (present || refused.has(cloud))) {
      return read(cloud, schema);
    }
    if (clouds?.includes(cloud) === true) problems.push(`byok:${cloud}: is required: byok:clouds lists ${cloud}`);
    else if (present && clouds !== undefined) problems.push(`byok:${cloud}: ${notListed(cloud)}`);
    return undefined;
  }

  const aws = readCloud("aws", awsSchema);
  const gcp = readCloud("gcp", gcpSchema);
  const azure = readCloud("azure", azureSchema(now));
  const allowCrossRegion = read("allowCrossRegion", allowCrossRegionSchema) === true;

  const keyMetadata = read("keyMetadata", keyMetadataSchema);
  const auditLog = read("auditLog", auditLogSchema);
  const options = withoutUndefined({
    access: read("access", accessSchema),
    keyMetadata,
    auditLog,
    alarms: read("alarms", alarmsSchema),
  });

  const region = aws?.region ?? awsRegion ?? (datacenter === undefined ? undefined : REGIONS[datacenter].aws);
  if (uses(clouds, "aws")) {
    const sources = { datacenter, ownRegion: textMember(byok.get("aws"), "region"), awsRegion };
    problems.push(...awsRegionProblems(sources, allowCrossRegion));
  } else if (awsRegion !== undefined) {
    problems.push(`aws:region: ${notListed("aws")}`);
  }
  for (const cloud of ["gcp", "azure"] as const) {
    if (!uses(clouds, cloud)) continue;
    const location = textMember(byok.get(cloud), "location");
    problems.push(...locationProblems(cloud, location, datacenter, allowCrossRegion));
  }

  if (service !== undefined && clouds !== undefined) problems.push(...identityProblems(service, clouds));
  if (service !== undefined && aws !== undefined) problems.push(...awsServiceProblems(service, aws.accountId, region));
  if (aws !== undefined && region !== undefined) {
    const serviceAccountId = service === undefined ? undefined : awsServiceAccount(service);
    problems.push(...awsSettingsProblems(aws, { datacenter, region, serviceAccountId, allowCrossRegion }));
    if (auditLog === false) problems.push(`byok:auditLog: ${AWS_AUDIT_LOG_RULE}`);
  }
  if (service !== undefined && gcp !== undefined) problems.push(...gcpServiceProblems(service, gcp));
  if (azure?.grantBy === AzureGrantBy.Role && keyMetadata === false) problems.push(`byok:keyMetadata: ${ROLE_READS_RULE}`);

  if (problems.length > 0 || tenant === undefined || datacenter === undefined) throw new StackConfigError(problems);
  const crossRegion = allowCrossRegion ? { allowCrossRegion } : {};
  return {
    tenant,
    datacenter,
    ...(service === undefined ? {} : { service }),
    ...options,
    ...(aws === undefined || region === undefined ? {} : { aws: { ...aws, region, ...crossRegion } }),
    ...(gcp === undefined ? {} : { gcp: { ...gcp, ...crossRegion } }),
    ...(azure === undefined ? {} : { azure: { ...azure, ...crossRegion } }),
  };
}

/**
 * One line per problem of a zod issue, with the full name of the key or member it is about.
 *
 * @param members - members of objects, by the name of the object after the namespace
 */
export function issueLine(
  namespace: string, members: Readonly<Record<string, readonly string[]>>, key: string, issue: z.core.$ZodIssue,
): string[] {
  const path = pathText([key, ...issue.path]);
  if (issue.code === "unrecognized_keys") {
    const known = members[path] ?? [];
    return issue.keys.flatMap((member) => unknownKeyProblem(`${namespace}:${path}.${member}`, member, known) ?? []);
  }
  return [`${namespace}:${path}: ${issue.message}`];
}

function isAzureAlone(clouds: readonly Cloud[] | undefined): boolean {
  return clouds?.every((cloud) => cloud === "azure") === true;
}

/** True unless the list of clouds says otherwise. */
function uses(clouds: readonly Cloud[] | undefined, cloud: Cloud): boolean {
  return clouds === undefined || clouds.includes(cloud);
}

/** A text member of an object that may be wrong in other ways, so that all problems are reported at once. */
function textMember(object: unknown, member: string): string | undefined {
  if (typeof object !== "object" || object === null) return undefined;
  const value = (object as Readonly<Record<string, unknown>>)[member];
  return typeof value === "string" ? value : undefined;
}
