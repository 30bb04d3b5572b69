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

/** One statement of a key policy. `Resource` is always the key itself, written `*`. */
export interface KeyPolicyStatement {
  /** What the statement is for. */
  readonly Sid: string;
  /** Statements only allow: what none allows is denied. */
  readonly Effect: "Allow";
  /** ARN of whom it is about. */
  readonly Principal: { readonly AWS: string };
  /** One or several actions of KMS. */
  readonly Action: string | readonly string[];
  /** The key that has the policy. */
  readonly Resource: "*";
  /** Values by condition key, by operator; all must hold. */
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A key policy in IAM's policy language, ready for `JSON.stringify`. */
export interface KeyPolicyDocument {
  /** Version of the policy language. */
  readonly Version: "2012-10-17";
  /** `byok-` and the usage. */
  readonly Id: string;
  /** The tenant's administrators first, then the service. */
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
      {
        Sid: "Enable IAM User Permissions",
        Effect: "Allow",
        Principal: { AWS: accountRootArn(input.accountId, input.partition) },
        Action: "kms:*",
        Resource: "*",
      },
      ...(input.usage === AwsKeyUsage.Console ? consoleUsage(input.grantee) : leastUsage(input.grantee, input.tenant)),
    ],
  };
}

/** The two statements that the console's key-usage step writes for "other AWS accounts", word for word. */
function consoleUsage(grantee: string): KeyPolicyStatement[] {
  return [
    {
      Sid: "Allow use of the key",
      Effect: "Allow",
      Principal: { AWS: grantee },
      Action: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
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
function leastUsage(grantee: string, tenant: string): KeyPolicyStatement[] {
  return [
    {
      Sid: "Allow encryption for this tenant",
      Effect: "Allow",
      Principal: { AWS: grantee },
      Action: ["kms:Encrypt", "kms:Decrypt"],
      Resource: "*",
      Condition: { StringEquals: { [`kms:EncryptionContext:${TENANT_CONTEXT_KEY}`]: tenant } },
    },
    {
      Sid: "Allow description of the key",
      Effect: "Allow",
      Principal: { AWS: grantee },
      Action: "kms:DescribeKey",
      Resource: "*",
    },
  ];
}
