/**
 * Schema of `byok:aws`.
 *
 * @module
 */
import { z } from "zod";

import { AWS_ACCOUNT_ID_PATTERN, AWS_ACCOUNT_ID_RULE, AWS_REGION_PATTERN, AWS_REGION_RULE } from "../components/aws/identity.js";
import { numberAsText, requiredOr, text } from "./config-forms.js";

/** Members of `byok:aws`. */
export const AWS_MEMBERS = ["accountId", "region"] as const;

const QUOTE_ACCOUNT_ID = `${AWS_ACCOUNT_ID_RULE}; in quotes, or YAML drops a leading zero`;

/** An account's id. */
export const accountIdSchema = z.preprocess(numberAsText, text(AWS_ACCOUNT_ID_PATTERN, QUOTE_ACCOUNT_ID));

/** `byok:aws`. */
export const awsSchema = z.strictObject(
  { accountId: accountIdSchema, region: text(AWS_REGION_PATTERN, AWS_REGION_RULE).optional() },
  { error: requiredOr('must be an object, such as { accountId: "111122223333" }') },
);
