/**
 * Configuration of the service's own stack: the namespace `byokService`, checked as a whole before any resource is registered.
 *
 * @module
 */
import { z } from "zod";

import { problemText } from "../components/argument-problem.js";
import { type AwsServiceIdentityArgs } from "../components/aws/service-identity.js";
import { gcpServiceIdentityProblems } from "../components/gcp/service-identity-args.js";
import { type GcpServiceIdentityArgs } from "../components/gcp/service-identity.js";
import { type Datacenter, REGIONS } from "../components/regions.js";
import { issueLine, StackConfigError } from "./config.js";
import { oneOf, requiredOr } from "./config-forms.js";
import { allowCrossRegionSchema, datacenterSchema } from "./config-schema.js";
import { decodeValue, secretProblem, unknownKeyProblem } from "./config-values.js";
import { AWS_SERVICE_MEMBERS, awsServiceProblems, awsServiceSchema } from "./service-config-aws.js";
import { GCP_SERVICE_MEMBERS, gcpServiceSchema } from "./service-config-gcp.js";

/** The namespace's name. */
export const SERVICE_NAMESPACE = "byokService";

/** Clouds that a service may have an identity in. In Azure it has none: there every tenant registers an application for it. */
export const SERVICE_CLOUDS = ["aws", "gcp"] as const;

type ServiceCloud = (typeof SERVICE_CLOUDS)[number];

const KEYS = ["datacenter", "clouds", "allowCrossRegion", ...SERVICE_CLOUDS] as const;

/** Members of objects, by the name of the object after the namespace. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = { aws: AWS_SERVICE_MEMBERS, gcp: GCP_SERVICE_MEMBERS, "gcp.existing": ["keyRing", "key"] };

/** The configuration of one stack: what the service needs in its own accounts for one datacenter. */
export interface ServiceStackConfig {
  readonly datacenter: Datacenter;
  /** `region` is the datacenter's, unless `byokService:allowCrossRegion` let the configuration name another. */
  readonly aws?: AwsServiceIdentityArgs & { readonly region: string };
  readonly gcp?: GcpServiceIdentityArgs;
}

const cloudsSchema = z
  .array(z.enum(SERVICE_CLOUDS, { error: ({ input }) => oneOf("must be one of", SERVICE_CLOUDS, input) }), {
    error: requiredOr("must be a list, such as [aws, gcp]"),
  })
  .min(1, "must name at least one cloud, such as [gcp]")
  .refine((clouds) => new Set(clouds).size === clouds.length, "names a cloud twice");

/** Namespaces that Pulumi would silently ignore, or that are a tenant's: the program makes its own providers. */
const FOREIGN: Readonly<Record<string, string>> = {
  byok: "is of a tenant's stack; this is the service's own, which reads byokService:*",
  aws: "is not read: the program makes its own provider, from byokService:aws. Credentials come from the environment",
  gcp: "is not read: the program makes its own provider, from byokService:gcp. Credentials come from the environment",
};

/**
 * Checks the configuration of the service's stack.
 *
 * @param all - every key of the stack with its namespace, as `pulumi.runtime.allConfig()` returns them
 * @throws StackConfigError that lists every problem found
 */
export function parseServiceStackConfig(all: Readonly<Record<string, string>>): ServiceStackConfig {
  const { values, refused, problems } = decode(all);
  const read = <T>(key: string, schema: z.ZodType<T>): T | undefined => {
    if (refused.has(key)) return undefined;
    const result = schema.safeParse(values.get(key));
    if (result.success) return result.data;
    problems.push(...result.error.issues.flatMap((issue) => issueLine(SERVICE_NAMESPACE, MEMBERS, key, issue)));
    return undefined;
  };
  const datacenter = read("datacenter", datacenterSchema);
  const clouds = read("clouds", cloudsSchema);
  const allowCrossRegion = read("allowCrossRegion", allowCrossRegionSchema) === true;

  const readCloud = <T>(cloud: ServiceCloud, schema: z.ZodType<T>): T | undefined => {
    if (clouds === undefined ? values.has(cloud) : clouds.includes(cloud)) return read(cloud, schema);
    if (values.has(cloud)) problems.push(`${SERVICE_NAMESPACE}:${cloud}: ${SERVICE_NAMESPACE}:clouds does not list ${cloud}; add it there, or remove this key`);
    return undefined;
  };
  const aws = readCloud("aws", awsServiceSchema);
  const awsArgs = aws === undefined || datacenter === undefined ? undefined : { ...aws, datacenter };
  if (awsArgs !== undefined && datacenter !== undefined) {
    problems.push(...awsServiceProblems(awsArgs, datacenter, allowCrossRegion).map((problem) => `${SERVICE_NAMESPACE}:aws.${problem}`));
  }
  const gcp = readCloud("gcp", gcpServiceSchema);
  const gcpArgs = gcp === undefined || datacenter === undefined ? undefined : { ...gcp, datacenter, ...(allowCrossRegion ? { allowCrossRegion } : {}) };
  for (const [path, rule] of gcpArgs === undefined ? [] : gcpServiceIdentityProblems(gcpArgs)) {
    problems.push(`${SERVICE_NAMESPACE}:${problemText([["gcp", ...path], rule])}`);
  }

  if (problems.length > 0 || datacenter === undefined) throw new StackConfigError(problems);
  return {
    datacenter,
    ...(awsArgs === undefined ? {} : { aws: { ...awsArgs, region: awsArgs.region ?? REGIONS[datacenter].aws } }),
    ...(gcpArgs === undefined ? {} : { gcp: gcpArgs }),
  };
}

/** The namespace's values, decoded, with everything refused that is not read, or looks secret. */
function decode(all: Readonly<Record<string, string>>): { values: Map<string, unknown>; refused: Set<string>; problems: string[] } {
  const values = new Map<string, unknown>();
  const refused = new Set<string>();
  const problems: string[] = [];
  for (const [fullKey, text] of Object.entries(all)) {
    const [, namespace = "", key = ""] = /^([^:]+):(.*)$/s.exec(fullKey) ?? [];
    const foreign = Object.hasOwn(FOREIGN, namespace) ? FOREIGN[namespace] : undefined;
    if (foreign !== undefined) problems.push(`${fullKey}: ${foreign}`);
    if (namespace !== SERVICE_NAMESPACE) continue;
    const value = decodeValue(text);
    const problem = secretProblem(fullKey, value) ?? unknownKeyProblem(fullKey, key, KEYS);
    if (problem === undefined) values.set(key, value);
    else {
      problems.push(problem);
      refused.add(key);
    }
  }
  return { values, refused, problems };
}
