/**
 * Checks of `AwsServiceIdentityArgs`.
 *
 * @module
 */
import { problemText } from "../argument-problem.js";
import { InvalidArgsError } from "../errors.js";
import { AWS_ALIAS_PATTERN, AWS_ALIAS_RULE } from "../names.js";
import { DATACENTERS, isDatacenter, REGIONS } from "../regions.js";
import { AWS_ACCOUNT_ID_PATTERN, AWS_ACCOUNT_ID_RULE, AWS_REGION_PATTERN, AWS_REGION_RULE, awsPartition } from "./identity.js";
import { awsKeyDaysProblems } from "./key-settings.js";
import { type AwsServiceIdentityArgs } from "./service-identity.js";
import { AWS_SERVICE_PRINCIPAL_PATTERN } from "./service-policies.js";

/** A role's name: IAM API Reference, CreateRole, RoleName. */
const ROLE_NAME = /^[\w+=,.@-]{1,64}$/;

/** A principal that a trust policy names: no wildcards, which IAM refuses in it. */
const TRUSTED = /^arn:(aws|aws-us-gov|aws-cn):(iam::\d{12}:(root|(role|user)\/[\w+=,.@/-]+)|sts::\d{12}:assumed-role\/[\w+=,.@-]+\/[\w+=,.@-]+)$/;

/** @throws InvalidArgsError with every problem found */
export function resolveAwsServiceIdentityArgs(name: string, args: AwsServiceIdentityArgs): { readonly region: string; readonly partition: string } {
  const problems: string[] = [];
  if (!AWS_ACCOUNT_ID_PATTERN.test(args.accountId)) problems.push(`accountId: ${AWS_ACCOUNT_ID_RULE}`);
  if (!isDatacenter(args.datacenter)) problems.push(`datacenter: must be one of ${DATACENTERS.join(", ")}`);
  if (args.region !== undefined && !AWS_REGION_PATTERN.test(args.region)) problems.push(`region: ${AWS_REGION_RULE}`);
  problems.push(...principalProblems(args.trustedPrincipals));
  if (args.roleName !== undefined && !ROLE_NAME.test(args.roleName)) problems.push("roleName: must be 1 to 64 letters, digits and any of _+=,.@-");
  for (const [index, account] of (args.tenantAccountIds ?? []).entries()) {
    if (!AWS_ACCOUNT_ID_PATTERN.test(account)) problems.push(`tenantAccountIds[${index}]: ${AWS_ACCOUNT_ID_RULE}`);
    else if (account === args.accountId) problems.push(`tenantAccountIds[${index}]: is the service's own account; tenants' keys live in theirs`);
  }
  if (args.tenantAccountIds?.length === 0) problems.push("tenantAccountIds: must not be empty; leave it out to allow any account");
  if (args.aliasName !== undefined && !AWS_ALIAS_PATTERN.test(args.aliasName)) problems.push(`aliasName: ${AWS_ALIAS_RULE}`);
  problems.push(...awsKeyDaysProblems(args).map(problemText));
  if (problems.length > 0) throw new InvalidArgsError("AwsServiceIdentity", name, problems);
  const region = args.region ?? REGIONS[args.datacenter].aws;
  return { region, partition: awsPartition(region) };
}

function principalProblems(given: unknown): string[] {
  if (!Array.isArray(given) || given.length === 0) return ["trustedPrincipals: must name at least one principal that may assume the role"];
  return given.flatMap((principal: unknown, index) =>
    typeof principal === "string" && (TRUSTED.test(principal) || AWS_SERVICE_PRINCIPAL_PATTERN.test(principal))
      ? []
      : [`trustedPrincipals[${index}]: must be the ARN of a role, user, session or account, or an AWS service such as ec2.amazonaws.com; no wildcards`],
  );
}
