/**
 * Reference of the stack's configuration. What a key means is its argument's docstring, or that of its schema where no
 * argument has the same meaning; what it may be is what the schema answers to a value that it refuses.
 *
 * @module
 */
import { z } from "zod";

import { awsSchema } from "../stacks/config-aws.js";
import { azureSchema } from "../stacks/config-azure.js";
import { gcpSchema } from "../stacks/config-gcp.js";
import * as schemas from "../stacks/config-schema.js";
import { KEYS, MEMBERS } from "../stacks/config-values.js";
import { AWS_SERVICE_MEMBERS, awsServiceSchema } from "../stacks/service-config-aws.js";
import { GCP_SERVICE_MEMBERS, gcpServiceSchema } from "../stacks/service-config-gcp.js";
import { defaultAndDoc } from "./components.js";
import { code, GENERATED, page, table } from "./markdown.js";
import { type Exported, type Sources } from "./source.js";

/** Files whose docstrings are read. */
export const CONFIGURATION_SOURCES = ["components/tenant-keys.ts", "stacks/config-schema.ts", "stacks/config.ts"] as const;

/** The first of these that a schema refuses tells its rule: no text, no whole number, no list; numbers may pass for text. */
const WRONG: readonly unknown[] = [0.5, [[]]];

/** Only the validity of certificates depends on it, which no rule shows. */
const NOW = new Date(0);

/** The schema of a key, and the constant of config-schema.ts whose docstring may say what the key means. */
const SCHEMAS: Readonly<Record<(typeof KEYS)[number], readonly [schema: z.ZodType, constant?: keyof typeof schemas]>> = {
  tenant: [schemas.tenantSchema],
  datacenter: [schemas.datacenterSchema],
  clouds: [schemas.cloudsSchema, "cloudsSchema"],
  service: [schemas.identitySchema, "identitySchema"],
  aws: [awsSchema],
  gcp: [gcpSchema],
  azure: [azureSchema(NOW)],
  allowCrossRegion: [schemas.allowCrossRegionSchema, "allowCrossRegionSchema"],
  access: [schemas.accessSchema],
  keyMetadata: [schemas.keyMetadataSchema],
  auditLog: [schemas.auditLogSchema],
  alarms: [schemas.alarmsSchema],
};

/** What stands in place of a default, where that does not depend on the key alone. */
const NEEDED: Readonly<Record<string, string>> = {
  service: "**required**, unless the keys are in Azure alone",
  ...Object.fromEntries(schemas.CLOUDS.map((cloud) => [cloud, `**required** if \`byok:clouds\` lists ${cloud}`])),
};

/** Objects of the service's own stack. */
const SERVICE_OBJECTS = [
  { cloud: "aws", args: "AwsServiceIdentityArgs", schema: awsServiceSchema, members: AWS_SERVICE_MEMBERS },
  { cloud: "gcp", args: "GcpServiceIdentityArgs", schema: gcpServiceSchema, members: GCP_SERVICE_MEMBERS },
] as const;

/** The page. */
export function configurationPage(sources: Sources): string {
  const args = interfaceOf(sources, "components/tenant-keys.ts", "TenantKeysArgs");
  const top = KEYS.map((key) => {
    const [schema, constant] = SCHEMAS[key];
    const doc =
      constant === undefined
        ? args.members.find(({ name }) => name === key)?.doc
        : sources.docOfConstant("stacks/config-schema.ts", constant)?.replace(/^`byok:\w+`\.\s*/, "");
    if (doc === undefined || doc === "") throw new Error(`byok:${key} has neither an argument nor a schema that says what it is`);
    const [name = "", byDefault = "", meaning = "", rule = ""] = row(`byok:${key}`, doc, schema);
    return [name, NEEDED[key] ?? byDefault, meaning, rule];
  });
  return page(
    GENERATED,
    "# Configuration of a stack",
    "Keys of `stacks/Pulumi.STACK.yaml`. All of them are checked before anything is registered, and every problem is reported at once. " +
      "A key or member that is not listed here is refused, with the nearest one that is. Of the providers' own namespaces (`aws:`, `gcp:`, " +
      "`azure-native:`, `azuread:`) only `aws:region` is read, and only with `byok:allowCrossRegion`.",
    table(["key", "default", "what it is", "what it may be"], top),
    ...Object.keys(MEMBERS).flatMap((path) => [`## byok:${path}`, objectTable(sources, args, path)]),
    "## The service's own stack",
    "`stacks/service/Pulumi.STACK.yaml` has a namespace of its own, `byokService:`, with `datacenter`, `clouds` (aws, gcp) and " +
      "`allowCrossRegion` as above, and an object per cloud ([guide](../guides/service.md)):",
    ...SERVICE_OBJECTS.flatMap(({ cloud, args: serviceArgs, schema, members }) => [
      `### byokService:${cloud}`,
      membersTable(interfaceOf(sources, `components/${cloud}/service-identity.ts`, serviceArgs), schema, members, `byokService:${cloud}`),
    ]),
    "What members exclude each other, and which fit the datacenter, the clouds listed and the tenant's own accounts, is said by the messages: " +
      "[stacks/config.ts](../../stacks/config.ts).",
  );
}

/** One row per member of the object at `path`, which the arguments have at the same place. */
function objectTable(sources: Sources, root: Exported, path: string): string {
  let owner = root;
  let schema: z.ZodType | undefined;
  for (const [depth, step] of path.split(".").entries()) {
    const member = owner.members.find(({ name }) => name === step);
    if (member === undefined) throw new Error(`${owner.name} has no ${step}, which byok:${path} needs`);
    owner = interfaceOf(sources, member.file, member.type);
    schema = depth === 0 ? SCHEMAS[step as keyof typeof SCHEMAS][0] : shapeOf(schema)[step];
  }
  return membersTable(owner, schema, MEMBERS[path] ?? [], `byok:${path}`);
}

/** One row per member, out of the arguments' interface and the object's schema. */
function membersTable(owner: Exported, schema: z.ZodType | undefined, members: readonly string[], path: string): string {
  const shape = shapeOf(schema);
  const rows = members.map((name) => {
    const member = owner.members.find((one) => one.name === name);
    const memberSchema = shape[name];
    if (member === undefined || memberSchema === undefined) throw new Error(`${path}.${name} has no argument, or no schema`);
    return row(name, member.doc, memberSchema);
  });
  return table(["member", "default", "what it is", "what it may be"], rows);
}

function interfaceOf(sources: Sources, file: string, name: string): Exported {
  const found = sources.interfaceIn(file, name);
  if (found === undefined) throw new Error(`${file}: ${name} is no interface`);
  return found;
}

function row(name: string, doc: string, schema: z.ZodType): string[] {
  const [byDefault, meaning] = defaultAndDoc({ doc, optional: schema.safeParse(undefined).success });
  return [code(name), byDefault, meaning, ruleOf(schema)];
}

/** What a schema answers to a value that it refuses. */
function ruleOf(schema: z.ZodType): string {
  const refusal = WRONG.map((value) => schema.safeParse(value).error).find((error) => error !== undefined);
  if (refusal === undefined) throw new Error("a schema takes everything");
  return [...new Set(refusal.issues.map(({ message }) => message.replace(/^must be /, "")))].join("; ");
}

/** Members of an object's schema, through whatever is wrapped around it. */
function shapeOf(schema: z.core.$ZodType | undefined): Readonly<Record<string, z.ZodType>> {
  if (schema instanceof z.ZodObject) return schema.shape;
  if (schema instanceof z.ZodOptional) return shapeOf(schema.unwrap());
  if (schema instanceof z.ZodPipe) {
    const { in: before, out: after } = schema;
    return shapeOf(before instanceof z.ZodTransform ? after : before);
  }
  throw new Error("a key with members has a schema of another kind than the reference knows");
}
