/**
 * AWS accounts, regions and roles as strings: which are well formed, and the principals that policies name.
 *
 * @module
 */

/** Shape of an account id: 12 digits, leading zeros included. AWS Account Management Reference, "account identifiers". */
export const AWS_ACCOUNT_ID_PATTERN = /^\d{12}$/;

/** What {@link AWS_ACCOUNT_ID_PATTERN} says, in words. */
export const AWS_ACCOUNT_ID_RULE = "must be an AWS account id of 12 digits";

/** Shape of a region code, e.g. `us-east-2`, `us-gov-west-1`. Whether it exists and is enabled, only AWS knows. */
export const AWS_REGION_PATTERN = /^[a-z]{2}(-[a-z]+)+-\d$/;

/** What {@link AWS_REGION_PATTERN} says, in words. */
export const AWS_REGION_RULE = "must be an AWS region code such as eu-central-1";

/**
 * ARN of one IAM role, path included. Characters: IAM User Guide, "IAM and AWS STS quotas", name requirements. No
 * wildcards: a key policy's principal takes none. Groups: partition, account.
 */
export const AWS_ROLE_ARN_PATTERN =
  /^arn:(aws|aws-us-gov|aws-cn):iam::(\d{12}):role\/(?:[\w+=,.@-]+\/)*[\w+=,.@-]{1,64}$/;

/**
 * Roles or users of one account, as `aws:PrincipalArn` is compared: with the wildcards `*` and `?`, path included. Sessions match by
 * their role. Characters as above. Groups: partition, account.
 */
export const AWS_PRINCIPALS_PATTERN = /^arn:(aws|aws-us-gov|aws-cn):iam::(\d{12}):(?:role|user)\/[\w+=,.@/*?-]+$/;

/** What {@link AWS_PRINCIPALS_PATTERN} says, in words. */
export const AWS_PRINCIPALS_RULE =
  "must be the ARN of a role or a user, arn:aws:iam::ACCOUNT:role/NAME, in which * and ? stand for what may differ";

/**
 * A key as its owner may name it: full ARN, id (`mrk-` for multi-Region keys), or alias. Formats: AWS KMS API Reference,
 * DescribeKey, KeyId. Groups: region and account of an ARN.
 */
export const AWS_KEY_REFERENCE_PATTERN =
  /^(?:arn:(?:aws|aws-us-gov|aws-cn):kms:([a-z]{2}(?:-[a-z]+)+-\d):(\d{12}):key\/)?(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$|^alias\/(?!aws\/)[A-Za-z0-9/_-]{1,250}$/;

/** What {@link AWS_KEY_REFERENCE_PATTERN} says, in words. */
export const AWS_KEY_REFERENCE_RULE = "must be the key's ARN, its id, or an alias of it, alias/NAME";

/** What {@link AWS_ROLE_ARN_PATTERN} says, in words. */
export const AWS_ROLE_ARN_RULE =
  "must be the ARN of one IAM role, arn:aws:iam::ACCOUNT:role/NAME (not of a session, a user or a group, and without wildcards)";

/** The partition that a region belongs to: IAM and KMS never reach across. AWS General Reference, "ARN partitions". */
export function awsPartition(region: string): string {
  if (region.startsWith("us-gov-")) return "aws-us-gov";
  return region.startsWith("cn-") ? "aws-cn" : "aws";
}

/** The principal that stands for a whole account: its administrators decide who in it may do what. */
export function accountRootArn(accountId: string, partition: string): string {
  return `arn:${partition}:iam::${accountId}:root`;
}

/** Account and partition of a role's ARN; `undefined` if it is not one. */
export function parseRoleArn(arn: string): { readonly accountId: string; readonly partition: string } | undefined {
  const [, partition, accountId] = AWS_ROLE_ARN_PATTERN.exec(arn) ?? [];
  return partition === undefined || accountId === undefined ? undefined : { accountId, partition };
}

/** Account and partition of roles or users; `undefined` if they are none. */
export function parsePrincipals(arn: string): { readonly accountId: string; readonly partition: string } | undefined {
  const [, partition, accountId] = AWS_PRINCIPALS_PATTERN.exec(arn) ?? [];
  return partition === undefined || accountId === undefined ? undefined : { accountId, partition };
}
