/**
 * Schema of `byok:aws`.
 *
 * @module
 */
import { z } from "zod";

import { problemText } from "../components/argument-problem.js";
import { AwsGrantBy } from "../components/aws/grant-by.js";
import {
  AWS_ACCOUNT_ID_PATTERN,
  AWS_ACCOUNT_ID_RULE,
  AWS_KEY_REFERENCE_RULE,
  AWS_REGION_PATTERN,
  AWS_REGION_RULE,
} from "../components/aws/identity.js";
import { type AwsKeySettingsContext, awsKeySettingsProblems } from "../components/aws/key-settings.js";
import { type TenantAwsArgs } from "../components/tenant-keys.js";
import { choice, numberAsText, requiredOr, text, withoutUndefined, yesOrNo } from "./config-forms.js";

/** Members of `byok:aws`. */
export const AWS_MEMBERS = [
  "accountId",
  "region",
  "existing",
  "grantBy",
  "principalArns",
  "serviceAddresses",
  "multiRegion",
  "replicaRegions",
  "aliasName",
  "rotationPeriodInDays",
  "deletionWindowInDays",
] as const;

/** Members of `byok:aws.existing`. */
export const AWS_EXISTING_MEMBERS = ["key"] as const;

const QUOTE_ACCOUNT_ID = `${AWS_ACCOUNT_ID_RULE}; in quotes, or YAML drops a leading zero`;

/** An account's id. */
export const accountIdSchema = z.preprocess(numberAsText, text(AWS_ACCOUNT_ID_PATTERN, QUOTE_ACCOUNT_ID));

/** Entries are judged with the rest of the stack, see {@link awsSettingsProblems}. */
const listSchema = z.array(z.string({ error: "must be text" }), { error: "must be a list" }).optional();
const daysSchema = z.number({ error: "must be a whole number of days" }).optional();

/** `byok:aws`, by its form; what depends on the rest of the stack is {@link awsSettingsProblems}'. */
export const awsSchema = z
  .strictObject(
    {
      accountId: accountIdSchema,
      region: text(AWS_REGION_PATTERN, AWS_REGION_RULE).optional(),
      existing: z
        .strictObject({ key: z.string({ error: requiredOr(AWS_KEY_REFERENCE_RULE) }) }, { error: "must be an object, such as { key: alias/AFI-BYOK }" })
        .optional(),
      grantBy: choice(AwsGrantBy).optional(),
      principalArns: listSchema,
      serviceAddresses: listSchema,
      multiRegion: yesOrNo.optional(),
      replicaRegions: listSchema,
      aliasName: z.string({ error: "must be text" }).optional(),
      rotationPeriodInDays: daysSchema,
      deletionWindowInDays: daysSchema,
    },
    { error: requiredOr('must be an object, such as { accountId: "111122223333" }') },
  )
  .transform(withoutUndefined);

/** Problems of `byok:aws` that the component would find too, each with its key. */
export function awsSettingsProblems(aws: TenantAwsArgs, context: Omit<AwsKeySettingsContext, "accountId">): string[] {
  return awsKeySettingsProblems(aws, { ...context, accountId: aws.accountId }).map(
    ([path, rule]) => `byok:${problemText([["aws", ...path], rule])}`,
  );
}
