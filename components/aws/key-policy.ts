/**
 * The key policy: who administers a tenant's key and who may use it. Pure functions, no Pulumi.
 *
 * Sources: AWS KMS Developer Guide, "Default key policy" (the statements that the console writes) and "Allowing users in
 * other accounts to use a KMS key"; "AWS KMS condition keys" for `kms:EncryptionContext:*`.
 *
 * @module
 */
import { accountRootArn } from "./identity.js";

/** How much of the key the service may use. */
export enum AwsKeyUsage {
  /**
   * What the console's step "key usage permissions" grants another AWS account: all cryptographic operations, and grants
   * for AWS services that act on its behalf.
   */
  Console = "console",
  /** Encrypt and Decrypt with this tenant's encryption context, and DescribeKey. All that the runtime needs. */
  Least = "least",
}

/** Conditions by operator and context key; all must hold, and of several values any. */
export type KeyPolicyCondition = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

/** One statement of a key policy. `Resource` is always the key itself, written `*`. */
export interface KeyPolicyStatement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Principal: { readonly AWS: string };
  readonly Action: string | readonly string[];
  readonly Resource: "*";
  readonly Condition?: KeyPolicyCondition;
}

/** A key policy in IAM's policy language, ready for `JSON.stringify`. */
export interface KeyPolicyDocument {
  readonly Version: "2012-10-17";
  readonly Id: string;
  readonly Statement: readonly KeyPolicyStatement[];
}

/** What a key policy is made of. */
export interface KeyPolicyInput {
  /** AWS account that owns the key: the tenant's. */
  readonly accountId: string;
  /** ARN partition of both accounts, e.g. `aws`. */
  readonly partition: string;
  /** ARN of the principal that may use the key: the service's account root or one role of it. */
  readonly grantee: string;
  /** How much of the key the grantee may use. */
  readonly usage: AwsKeyUsage;
  /** Tenant whose encryption context `least` demands. */
  readonly tenant: string;
  /** Lets the grantee describe the key. Default: true. */
  readonly keyMetadata?: boolean | undefined;
  /** Which roles and users of the grantee, an account, may use the key; they need not exist. Default: all that it lets. */
  readonly principalArns?: readonly string[] | undefined;
  /** Public addresses that the grantee may call from. Default: any. */
  readonly serviceAddresses?: readonly string[] | undefined;
}

/** Encryption context key that names the tenant; design.md 4.2. */
export const TENANT_CONTEXT_KEY = "byok:tenant";

/**
 * The whole policy of a tenant's key.
 *
 * The first statement is AWS's own default: without it nobody in the tenant's account could administer the key any more.
 * It gives the service nothing.
 */
export function keyPolicy(input: KeyPolicyInput): KeyPolicyDocument {
  return {
    Version: "2012-10-17",
    Id: `byok-${input.usage}`,
    Statement: [
      administration(input),
      ...usageStatements(input),
    ],
  };
}

/** AWS's own first statement: the account's IAM policies decide who administers the key. */
function administration({ accountId, partition }: Pick<KeyPolicyInput, "accountId" | "partition">): KeyPolicyStatement {
  return {
    Sid: "Enable IAM User Permissions",
    Effect: "Allow",
    Principal: { AWS: accountRootArn(accountId, partition) },
    Action: "kms:*",
    Resource: "*",
  };
}

/** AWS's default policy: what a key has before anybody puts another, and what deleting ours puts back. */
export function defaultKeyPolicy({ accountId, partition }: Pick<KeyPolicyInput, "accountId" | "partition">): KeyPolicyDocument {
  return { Version: "2012-10-17", Id: "key-default-1", Statement: [administration({ accountId, partition })] };
}

/** What lets the grantee in, narrowed as asked. */
function usageStatements(input: KeyPolicyInput): KeyPolicyStatement[] {
  const statements = input.usage === AwsKeyUsage.Console ? consoleUsage(input) : leastUsage(input);
  const narrowing = narrowed(input);
  if (Object.keys(narrowing).length === 0) return statements;
  return statements.map((statement) => ({ ...statement, Condition: { ...statement.Condition, ...narrowing } }));
}

/**
 * Conditions on who calls and from where. `aws:PrincipalArn` of a role's session is the ARN of the role, path included; ArnLike and
 * ArnEquals are the same (IAM JSON policy reference, "ARN condition operators"). `aws:SourceIp` is missing from requests through a
 * VPC endpoint, and is a service's own address where an AWS service calls for the grantee (`aws:ViaAWSService`): both are denied.
 */
function narrowed({ principalArns = [], serviceAddresses = [] }: KeyPolicyInput): KeyPolicyCondition {
  return {
    ...(principalArns.length === 0 ? {} : { ArnLike: { "aws:PrincipalArn": principalArns } }),
    ...(serviceAddresses.length === 0 ? {} : { IpAddress: { "aws:SourceIp": serviceAddresses } }),
  };
}

/** The two statements that the console's key-usage step writes for "other AWS accounts", word for word. */
function consoleUsage({ grantee, keyMetadata = true }: KeyPolicyInput): KeyPolicyStatement[] {
  return [
    {
      Sid: "Allow use of the key",
      Effect: "Allow",
      Principal: { AWS: grantee },
      Action: [
        "kms:Encrypt",
        "kms:Decrypt",
        "kms:ReEncrypt*",
        "kms:GenerateDataKey*",
        ...(keyMetadata ? ["kms:DescribeKey"] : []),
      ],
      Resource: "*",
    },
    {
      Sid: "Allow attachment of persistent resources",
      Effect: "Allow",
      Principal: { AWS: grantee },
      Action: ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
      Resource: "*",
      Condition: { Bool: { "kms:GrantIsForAWSResource": "true" } },
    },
  ];
}

/** Encrypt and Decrypt for this tenant only. DescribeKey carries no encryption context, so the condition would deny it. */
function leastUsage({ grantee, tenant, keyMetadata = true }: KeyPolicyInput): KeyPolicyStatement[] {
  const encryption: KeyPolicyStatement = {
    Sid: "Allow encryption for this tenant",
    Effect: "Allow",
    Principal: { AWS: grantee },
    Action: ["kms:Encrypt", "kms:Decrypt"],
    Resource: "*",
    Condition: { StringEquals: { [`kms:EncryptionContext:${TENANT_CONTEXT_KEY}`]: tenant } },
  };
  if (!keyMetadata) return [encryption];
  return [
    encryption,
    {
      Sid: "Allow description of the key",
      Effect: "Allow",
      Principal: { AWS: grantee },
      Action: "kms:DescribeKey",
      Resource: "*",
    },
  ];
}
