/**
 * Schemas of the values of namespace `byok`, one per key. Messages complete the sentence "KEY: ...".
 *
 * @module
 */
import { z } from "zod";

import {
  AWS_ACCOUNT_ID_PATTERN,
  AWS_ACCOUNT_ID_RULE,
  AWS_REGION_PATTERN,
  AWS_REGION_RULE,
  AWS_ROLE_ARN_RULE,
  parseRoleArn,
} from "../components/aws/identity.js";
import { CERTIFICATES_RULE } from "../components/azure/app-registration-args.js";
import { checkCertificates, MAX_CERTIFICATES } from "../components/azure/certificates.js";
import {
  AZURE_GUID_PATTERN,
  AZURE_GUID_RULE,
  AZURE_KEY_SIZE_RULE,
  AZURE_KEY_SIZES,
  AZURE_RESOURCE_GROUP_PATTERN,
  AZURE_RESOURCE_GROUP_RULE,
  AZURE_VAULT_NAME_PATTERN,
  AZURE_VAULT_NAME_RULE,
} from "../components/azure/identity.js";
import {
  GCP_PROJECT_ID_PATTERN,
  GCP_PROJECT_ID_RULE,
  GCP_SERVICE_ACCOUNT_PATTERN,
  GCP_SERVICE_ACCOUNT_RULE,
} from "../components/gcp/identity.js";
import { newProjectProblems } from "../components/gcp/tenant-key-args.js";
import { TENANT_PATTERN, TENANT_RULE } from "../components/names.js";
import { PRESETS, isServicePreset, type ServicePreset } from "../components/presets.js";
import { ProtectionLevel } from "../components/protection-level.js";
import { Datacenter } from "../components/regions.js";
import { suggestion } from "./did-you-mean.js";

/** Clouds that a tenant may have keys in. */
export const CLOUDS = ["aws", "gcp", "azure"] as const;

/** One of {@link CLOUDS}. */
export type Cloud = (typeof CLOUDS)[number];

/** Identities of a service that has no preset. */
export interface ServiceIdentities {
  readonly awsAccountId?: string;
  readonly awsRoleArn?: string;
  readonly gcpServiceAccount?: string;
}

/** Whom to grant: a preset, or the service's own identities. */
export type ServiceConfig = { readonly preset: ServicePreset } | ServiceIdentities;

const PRESET_NAMES = Object.keys(PRESETS);
const OWN_IDENTITIES = "an object with the service's own identities: awsAccountId or awsRoleArn, gcpServiceAccount";
const QUOTE_ACCOUNT_ID = `${AWS_ACCOUNT_ID_RULE}; in quotes, or YAML drops a leading zero`;

/** `byok:tenant`. */
export const tenantSchema = text(TENANT_PATTERN, TENANT_RULE);

/** `byok:datacenter`. */
export const datacenterSchema = z.enum(Datacenter, {
  error: ({ input }) => oneOf("must be one of", Object.values(Datacenter), input),
});

/** `byok:clouds`. */
export const cloudsSchema = z
  .array(
    z.enum(CLOUDS, { error: ({ input }) => oneOf("must be one of", CLOUDS, input) }),
    { error: requiredOr("must be a list, such as [aws, gcp]") },
  )
  .min(1, "must name at least one cloud, such as [aws]")
  .refine((clouds) => new Set(clouds).size === clouds.length, "names a cloud twice");

/** `pulumi config set --path` writes an account id as a number, harmless unless a leading zero went lost. */
const accountIdSchema = z.preprocess(numberAsText, text(AWS_ACCOUNT_ID_PATTERN, QUOTE_ACCOUNT_ID));

/** `byok:service`, written as a word. */
export const presetSchema: z.ZodType<ServiceConfig> = z.string().transform((name, context) => {
  if (isServicePreset(name)) return { preset: name };
  context.addIssue({ code: "custom", message: `${oneOf("must be the preset", PRESET_NAMES, name)}, or ${OWN_IDENTITIES}` });
  return z.NEVER;
});

/** `byok:service`, written as an object. Which identities it must have depends on the clouds. */
export const identitySchema: z.ZodType<ServiceConfig> = z
  .strictObject(
    {
      awsAccountId: accountIdSchema.optional(),
      awsRoleArn: z
        .string({ error: AWS_ROLE_ARN_RULE })
        .refine((arn) => parseRoleArn(arn) !== undefined, AWS_ROLE_ARN_RULE)
        .optional(),
      gcpServiceAccount: text(GCP_SERVICE_ACCOUNT_PATTERN, GCP_SERVICE_ACCOUNT_RULE).optional(),
    },
    { error: requiredOr(`must be the preset ${PRESET_NAMES.join(", ")}, or ${OWN_IDENTITIES}`) },
  )
  .transform(withoutUndefined);

/** `byok:aws`. */
export const awsSchema = z.strictObject(
  { accountId: accountIdSchema, region: text(AWS_REGION_PATTERN, AWS_REGION_RULE).optional() },
  { error: requiredOr('must be an object, such as { accountId: "111122223333" }') },
);

const protectionLevelSchema = z.enum(ProtectionLevel, {
  error: ({ input }) => oneOf("must be one of", Object.values(ProtectionLevel), input),
});

const yesOrNo = z.boolean({ error: "must be true or false" });

/** Rules beyond "a text" are the component's own, all of them reported. */
const createProjectSchema = z
  .strictObject(
    {
      projectId: z.string({ error: requiredOr(GCP_PROJECT_ID_RULE) }),
      billingAccount: z.string({ error: requiredOr("must be text, in quotes") }),
      displayName: z.string({ error: "must be text" }).optional(),
      organizationId: z.preprocess(numberAsText, z.string({ error: "must be text, in quotes" }).optional()),
      folderId: z.preprocess(numberAsText, z.string({ error: "must be text, in quotes" }).optional()),
    },
    { error: "must be an object with projectId and billingAccount" },
  )
  .transform(withoutUndefined)
  .superRefine((project, context) => {
    for (const [member, message] of newProjectProblems(project)) {
      context.addIssue({ code: "custom", path: [member], message });
    }
  });

/** `byok:gcp`; its location is judged with the datacenter. */
export const gcpSchema = z
  .strictObject(
    {
      project: text(GCP_PROJECT_ID_PATTERN, GCP_PROJECT_ID_RULE).optional(),
      createProject: createProjectSchema.optional(),
      location: z.string({ error: "must be text" }).optional(),
      protectionLevel: protectionLevelSchema.optional(),
      existingKey: yesOrNo.optional(),
    },
    { error: requiredOr("must be an object, such as { project: acme-backup-keys }") },
  )
  .refine(({ project, createProject }) => (project === undefined) !== (createProject === undefined), {
    message: "must have exactly one of project and createProject",
  })
  .transform(withoutUndefined);

const guid = text(AZURE_GUID_PATTERN, AZURE_GUID_RULE).transform((id) => id.toLowerCase());

/** Certificates as a list of PEM texts, each checked, by the clock given. */
function certificatesSchema(now: Date) {
  return z
    .array(z.unknown(), { error: requiredOr(CERTIFICATES_RULE) })
    .refine(({ length }) => length >= 1 && length <= MAX_CERTIFICATES, CERTIFICATES_RULE)
    .transform((pems, context) => {
      const { problems } = checkCertificates(pems, now);
      for (const [index, message] of problems) context.addIssue({ code: "custom", path: [index], message });
      return problems.size > 0 ? z.NEVER : pems.map(String);
    });
}

/** `byok:azure`; its location is judged with the datacenter. */
export function azureSchema(now: Date) {
  return z
    .strictObject(
      {
        entraTenantId: guid,
        subscriptionId: guid,
        certificates: certificatesSchema(now),
        resourceGroup: text(AZURE_RESOURCE_GROUP_PATTERN, AZURE_RESOURCE_GROUP_RULE).optional(),
        vaultName: text(AZURE_VAULT_NAME_PATTERN, AZURE_VAULT_NAME_RULE).optional(),
        location: z.string({ error: "must be text" }).optional(),
        protectionLevel: protectionLevelSchema.optional(),
        keySize: z
          .number({ error: AZURE_KEY_SIZE_RULE })
          .refine((bits) => AZURE_KEY_SIZES.includes(bits), AZURE_KEY_SIZE_RULE)
          .optional(),
        existingKey: yesOrNo.optional(),
      },
      { error: requiredOr("must be an object with entraTenantId, subscriptionId and certificates") },
    )
    .transform(withoutUndefined);
}

/** `byok:allowCrossRegion`. */
export const allowCrossRegionSchema = z
  .enum(["true", "false"], { error: "must be true or false" })
  .optional()
  .transform((value) => value === "true");

/** Why something of a cloud is refused that is not in `byok:clouds`. */
export function notListed(cloud: Cloud): string {
  return `byok:clouds does not list ${cloud}; add it there, or remove this key`;
}

/** Text of one form, required. */
function text(pattern: RegExp, rule: string): z.ZodString {
  return z.string({ error: requiredOr(rule) }).regex(pattern, rule);
}

function numberAsText(value: unknown): unknown {
  return typeof value === "number" ? String(value) : value;
}

/** Error of a value of the wrong type: absent values have a message of their own. */
function requiredOr(rule: string): (issue: { readonly input?: unknown }) => string {
  return ({ input }) => (input === undefined ? "is required" : rule);
}

/** `must be one of a, b, not "c" (did you mean "b"?)`. */
function oneOf(rule: string, choices: readonly string[], input: unknown): string {
  if (input === undefined) return "is required";
  const typed = typeof input === "string" ? `, not "${input}"${suggestion(input, choices)}` : "";
  return `${rule} ${choices.join(", ")}${typed}`;
}

/** An object without the members that are undefined: absent and undefined are different things to the components. */
function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
