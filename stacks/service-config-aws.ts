/**
 * Schema of `byokService:aws`.
 *
 * @module
 */
import { z } from "zod";

import { resolveAwsServiceIdentityArgs } from "../components/aws/service-identity-args.js";
import { type AwsServiceIdentityArgs } from "../components/aws/service-identity.js";
import { InvalidArgsError } from "../components/errors.js";
import { REGIONS, type Datacenter } from "../components/regions.js";
import { accountIdSchema } from "./config-aws.js";
import { numberAsText, requiredOr, withoutUndefined, yesOrNo } from "./config-forms.js";

/** Members of `byokService:aws`. */
export const AWS_SERVICE_MEMBERS = [
  "accountId",
  "region",
  "trustedPrincipals",
  "roleName",
  "tenantAccountIds",
  "keyMetadata",
  "aliasName",
  "multiRegion",
  "rotationPeriodInDays",
  "deletionWindowInDays",
  "tags",
] as const;

const words = z.string({ error: "must be text" });
const days = z.number({ error: "must be a number of days" });

/** `byokService:aws`; what is in it beyond "a text" is judged by {@link awsServiceProblems}. */
export const awsServiceSchema = z
  .strictObject(
    {
      accountId: accountIdSchema,
      region: words.optional(),
      trustedPrincipals: z.array(words, { error: requiredOr("must be a list of those who may assume the role, such as [ec2.amazonaws.com]") }),
      roleName: words.optional(),
      tenantAccountIds: z.array(z.preprocess(numberAsText, words), { error: "must be a list of account ids, in quotes" }).optional(),
      keyMetadata: yesOrNo.optional(),
      aliasName: words.optional(),
      multiRegion: yesOrNo.optional(),
      rotationPeriodInDays: days.optional(),
      deletionWindowInDays: days.optional(),
      tags: z.record(z.string(), z.preprocess(numberAsText, words), { error: "must be an object, such as { Team: backup }" }).optional(),
    },
    { error: requiredOr('must be an object, such as { accountId: "201720642051", trustedPrincipals: [ec2.amazonaws.com] }') },
  )
  .transform(withoutUndefined);

/** Problems of the component's arguments: member, and what is wrong with it. The datacenter decides the region unless that is allowed. */
export function awsServiceProblems(args: AwsServiceIdentityArgs, datacenter: Datacenter, allowCrossRegion: boolean): string[] {
  const region =
    args.region === undefined || allowCrossRegion
      ? []
      : [`region: byokService:datacenter decides it (${datacenter}: ${REGIONS[datacenter].aws}); remove this key, or set byokService:allowCrossRegion to true`];
  try {
    resolveAwsServiceIdentityArgs("byokService", args);
    return region;
  } catch (error) {
    if (!(error instanceof InvalidArgsError)) throw error;
    return [...region, ...error.problems];
  }
}
