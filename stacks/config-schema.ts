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
import { TENANT_PATTERN, TENANT_RULE } from "../components/names.js";
import { PRESETS, isServicePreset, type ServicePreset } from "../components/presets.js";
import { Datacenter } from "../components/regions.js";
import { suggestion } from "./did-you-mean.js";

/** Whom to grant: a preset, or the service's own identity in AWS. */
export type ServiceConfig =
  | { readonly preset: ServicePreset }
  | { readonly awsAccountId: string }
  | { readonly awsRoleArn: string };

/** Why a key of another cloud is refused. */
export const ONLY_AWS = "this release provisions aws only";
const PRESET_NAMES = Object.keys(PRESETS);
const QUOTE_ACCOUNT_ID = `${AWS_ACCOUNT_ID_RULE}; in quotes, or YAML drops a leading zero`;

/** `byok:tenant`. */
export const tenantSchema = z.string({ error: requiredOr(TENANT_RULE) }).regex(TENANT_PATTERN, TENANT_RULE);

/** `byok:datacenter`. */
export const datacenterSchema = z.enum(Datacenter, {
  error: ({ input }) => oneOf("must be one of", Object.values(Datacenter), input),
});

/** `byok:clouds`. */
export const cloudsSchema = z
  .array(
    z.literal("aws", {
      error: ({ input }) =>
        input === "gcp" || input === "azure" ? `${ONLY_AWS}; remove ${input}` : oneOf("must be", ["aws"], input),
    }),
    { error: requiredOr("must be a list, such as [aws]") },
  )
  .min(1, "must name at least one cloud, such as [aws]")
  .refine((clouds) => new Set(clouds).size === clouds.length, "names a cloud twice");

/** `pulumi config set --path` writes an account id as a number, harmless unless a leading zero went lost. */
const accountIdSchema = z.preprocess(
  (value) => (typeof value === "number" ? String(value) : value),
  z.string({ error: requiredOr(QUOTE_ACCOUNT_ID) }).regex(AWS_ACCOUNT_ID_PATTERN, QUOTE_ACCOUNT_ID),
);

/** `byok:service`, written as a word. */
export const presetSchema: z.ZodType<ServiceConfig> = z.string().transform((name, context) => {
  if (isServicePreset(name)) return { preset: name };
  const wrong = oneOf("must be the preset", PRESET_NAMES, name);
  context.addIssue({ code: "custom", message: `${wrong}, or an object with awsAccountId or awsRoleArn` });
  return z.NEVER;
});

/** `byok:service`, written as an object. */
export const identitySchema: z.ZodType<ServiceConfig> = z
  .strictObject(
    { awsAccountId: accountIdSchema.optional(), awsRoleArn: z.string({ error: AWS_ROLE_ARN_RULE }).optional() },
    { error: requiredOr(`must be the preset ${PRESET_NAMES.join(", ")}, or an object with awsAccountId or awsRoleArn`) },
  )
  .transform(({ awsAccountId, awsRoleArn }, context): ServiceConfig => {
    if (awsAccountId !== undefined && awsRoleArn === undefined) return { awsAccountId };
    if (awsRoleArn !== undefined && awsAccountId === undefined) {
      if (parseRoleArn(awsRoleArn) !== undefined) return { awsRoleArn };
      context.addIssue({ code: "custom", path: ["awsRoleArn"], message: AWS_ROLE_ARN_RULE });
    } else {
      context.addIssue({ code: "custom", message: "must have exactly one of awsAccountId and awsRoleArn" });
    }
    return z.NEVER;
  });

/** `byok:aws`. */
export const awsSchema = z.strictObject(
  {
    accountId: accountIdSchema,
    region: z.string({ error: AWS_REGION_RULE }).regex(AWS_REGION_PATTERN, AWS_REGION_RULE).optional(),
  },
  { error: requiredOr('must be an object, such as { accountId: "111122223333" }') },
);

/** `byok:allowCrossRegion`. */
export const allowCrossRegionSchema = z
  .enum(["true", "false"], { error: "must be true or false" })
  .optional()
  .transform((value) => value === "true");

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
