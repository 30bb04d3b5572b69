/**
 * Schemas of the values of namespace `byok`, one per key. Messages complete the sentence "KEY: ...".
 *
 * @module
 */
import { z } from "zod";

import { Access } from "../components/access.js";
import { alarmsProblems } from "../components/alarms.js";
import { AWS_ROLE_ARN_RULE, parseRoleArn } from "../components/aws/identity.js";
import { GCP_SERVICE_ACCOUNT_PATTERN, GCP_SERVICE_ACCOUNT_RULE } from "../components/gcp/identity.js";
import { TENANT_PATTERN, TENANT_RULE } from "../components/names.js";
import { PRESETS, isServicePreset, type ServicePreset } from "../components/presets.js";
import { Datacenter } from "../components/regions.js";
import { accountIdSchema } from "./config-aws.js";
import { choice, oneOf, requiredOr, text, withoutUndefined, yesOrNoText } from "./config-forms.js";

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

/** `byok:tenant`. */
export const tenantSchema = text(TENANT_PATTERN, TENANT_RULE);

/** `byok:datacenter`. */
export const datacenterSchema = choice(Datacenter);

/** `byok:clouds`. Clouds that the tenant has keys in: one key in each. */
export const cloudsSchema = z
  .array(
    z.enum(CLOUDS, { error: ({ input }) => oneOf("must be one of", CLOUDS, input) }),
    { error: requiredOr("must be a list, such as [aws, gcp]") },
  )
  .min(1, "must name at least one cloud, such as [aws]")
  .refine((clouds) => new Set(clouds).size === clouds.length, "names a cloud twice");

/** `byok:service`, written as a word. */
export const presetSchema: z.ZodType<ServiceConfig> = z.string().transform((name, context) => {
  if (isServicePreset(name)) return { preset: name };
  context.addIssue({ code: "custom", message: `${oneOf("must be the preset", PRESET_NAMES, name)}, or ${OWN_IDENTITIES}` });
  return z.NEVER;
});

/**
 * `byok:service`. Whom to grant: a preset by its name, or an object with the service's own identities; which of them, depends
 * on the clouds.
 */
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

/** `byok:allowCrossRegion`. Lets a cloud's `region` or `location` be outside the datacenter's residency. Default: `false`. */
export const allowCrossRegionSchema = yesOrNoText.optional();

/** `byok:access`. */
export const accessSchema = choice(Access).optional();

/** `byok:keyMetadata`. */
export const keyMetadataSchema = yesOrNoText.optional();

/** `byok:auditLog`. */
export const auditLogSchema = yesOrNoText.optional();

/** `byok:alarms`. */
export const alarmsSchema = z
  .strictObject(
    { emails: z.array(z.string({ error: "must be text" }), { error: requiredOr("must be a list of e-mail addresses") }) },
    { error: "must be an object, such as { emails: [security@example.com] }" },
  )
  .superRefine((alarms, context) => {
    for (const [path, message] of alarmsProblems(alarms)) context.addIssue({ code: "custom", path: [...path], message });
  })
  .optional();

/** Why something of a cloud is refused that is not in `byok:clouds`. */
export function notListed(cloud: Cloud): string {
  return `byok:clouds does not list ${cloud}; add it there, or remove this key`;
}
