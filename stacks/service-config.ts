/**
 * Configuration of the service's own stack: the namespace `byokService`, checked as a whole before any resource is registered.
 *
 * @module
 */
import { z } from "zod";

import { gcpServiceIdentityProblems } from "../components/gcp/service-identity-args.js";
import { type GcpServiceIdentityArgs } from "../components/gcp/service-identity.js";
import { type Datacenter } from "../components/regions.js";
import { issueLine, StackConfigError } from "./config.js";
import { numberAsText, oneOf, protectionLevelSchema, requiredOr, withoutUndefined, yesOrNo } from "./config-forms.js";
import { allowCrossRegionSchema, datacenterSchema } from "./config-schema.js";
import { unknownKeyProblem } from "./config-values.js";
import { looksSecret } from "./looks-secret.js";

/** The namespace's name. */
export const SERVICE_NAMESPACE = "byokService";

/** Clouds that a service may have an identity in. In Azure it has none: there every tenant registers an application for it. */
export const SERVICE_CLOUDS = ["gcp"] as const;

type ServiceCloud = (typeof SERVICE_CLOUDS)[number];

const KEYS = ["datacenter", "clouds", "allowCrossRegion", ...SERVICE_CLOUDS] as const;

const GCP_MEMBERS = [
  "project",
  "location",
  "accountId",
  "perTenant",
  "keyMetadata",
  "keyRingName",
  "keyName",
  "existing",
  "protectionLevel",
  "rotationPeriodInDays",
  "destroyDelayInDays",
  "labels",
] as const;

/** Members of objects, by the name of the object after the namespace. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = { gcp: GCP_MEMBERS, "gcp.existing": ["keyRing", "key"] };

/** The configuration of one stack: what the service needs in its own accounts for one datacenter. */
export interface ServiceStackConfig {
  readonly datacenter: Datacenter;
  readonly gcp?: GcpServiceIdentityArgs;
}

const cloudsSchema = z
  .array(z.enum(SERVICE_CLOUDS, { error: ({ input }) => oneOf("must be one of", SERVICE_CLOUDS, input) }), {
    error: requiredOr("must be a list, such as [gcp]"),
  })
  .min(1, "must name at least one cloud, such as [gcp]")
  .refine((clouds) => new Set(clouds).size === clouds.length, "names a cloud twice");

const words = z.string({ error: "must be text" });
const days = z.number({ error: "must be a number of days" });

/** What is in it beyond "a text" is judged by the component's own rules, with the datacenter. */
const gcpSchema = z
  .strictObject(
    {
      project: z.string({ error: requiredOr("must be text") }),
      location: words.optional(),
      accountId: words.optional(),
      perTenant: z.array(words, { error: "must be a list of tenants' ids" }).optional(),
      keyMetadata: yesOrNo.optional(),
      keyRingName: words.optional(),
      keyName: words.optional(),
      existing: z
        .strictObject({ keyRing: words.optional(), key: words.optional() }, { error: "must be an object with keyRing, key or both" })
        .transform(withoutUndefined)
        .optional(),
      protectionLevel: protectionLevelSchema.optional(),
      rotationPeriodInDays: days.optional(),
      destroyDelayInDays: days.optional(),
      labels: z.record(z.string(), z.preprocess(numberAsText, words), { error: "must be an object, such as { team: backup }" }).optional(),
    },
    { error: requiredOr("must be an object, such as { project: example-production }") },
  )
  .transform(withoutUndefined);

/** Namespaces that Pulumi would silently ignore, or that are a tenant's: the program makes its own providers. */
const FOREIGN: Readonly<Record<string, string>> = {
  byok: "is of a tenant's stack; this is the service's own, which reads byokService:*",
  aws: "is not read: the program makes its own provider. Credentials come from the environment",
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
  const gcp = readCloud("gcp", gcpSchema);
  const gcpArgs = gcp === undefined || datacenter === undefined ? undefined : { ...gcp, datacenter, ...(allowCrossRegion ? { allowCrossRegion } : {}) };
  for (const [path, rule] of gcpArgs === undefined ? [] : gcpServiceIdentityProblems(gcpArgs)) {
    problems.push(`${SERVICE_NAMESPACE}:gcp.${path.join(".").replace(/\.(\d+)/g, "[$1]")}: ${rule}`);
  }

  if (problems.length > 0 || datacenter === undefined) throw new StackConfigError(problems);
  return { datacenter, ...(gcpArgs === undefined ? {} : { gcp: gcpArgs }) };
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
    const value = /^\s*[[{]/.test(text) ? parsed(text) : text;
    const secret = looksSecret(value);
    const problem =
      secret === undefined
        ? unknownKeyProblem(fullKey, key, KEYS)
        : `${fullKey}${secret.path}: looks like ${secret.what}. This file is no place for secrets: remove it, and if it was committed or shared, replace it`;
    if (problem === undefined) values.set(key, value);
    else {
      problems.push(problem);
      refused.add(key);
    }
  }
  return { values, refused, problems };
}

/** What only looks like JSON stays text, for the schema to refuse. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
