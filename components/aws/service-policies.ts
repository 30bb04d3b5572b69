/**
 * Policies of the service's own side. Pure functions, no Pulumi.
 *
 * @module
 */
import { defaultKeyPolicy, type KeyPolicyDocument, type KeyPolicyStatement, TENANT_CONTEXT_KEY } from "./key-policy.js";
import { type AwsServiceIdentityArgs } from "./service-identity.js";

/** Shape of an AWS service's principal, such as `ec2.amazonaws.com`. IAM JSON policy reference, "AWS service principals". */
export const AWS_SERVICE_PRINCIPAL_PATTERN = /^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$/;

/** Who may assume the role. Roles and users must exist, or IAM refuses the policy. */
export function trustPolicy(principals: readonly string[]): object {
  const [services, others] = [true, false].map((service) => principals.filter((principal) => AWS_SERVICE_PRINCIPAL_PATTERN.test(principal) === service));
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { ...(others?.length === 0 ? {} : { AWS: others }), ...(services?.length === 0 ? {} : { Service: services }) },
        Action: "sts:AssumeRole",
      },
    ],
  };
}

/**
 * The service's half of cross-account use; the other half is each tenant's key policy (AWS KMS Developer Guide, "Allowing users in
 * other accounts to use a KMS key"). Encrypt and Decrypt only under the encryption context of a tenant, and never on keys of the
 * service's own account, whose service key has a policy of its own.
 */
export function tenantKeysPolicy({ accountId, tenantAccountIds, keyMetadata = true }: AwsServiceIdentityArgs, partition: string): object {
  const Resource = (tenantAccountIds ?? ["*"]).map((account) => `arn:${partition}:kms:*:${account}:key/*`);
  const elsewhere = { StringNotEquals: { "aws:ResourceAccount": accountId } };
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "UseTenantsKeys",
        Effect: "Allow",
        Action: ["kms:Encrypt", "kms:Decrypt"],
        Resource,
        Condition: { ...elsewhere, Null: { [`kms:EncryptionContext:${TENANT_CONTEXT_KEY}`]: "false" } },
      },
      ...(keyMetadata ? [{ Sid: "DescribeTenantsKeys", Effect: "Allow", Action: "kms:DescribeKey", Resource, Condition: elsewhere }] : []),
    ],
  };
}

/** The service key serves all tenants, so that no tenant's encryption context is demanded, but one of some tenant is. */
export function serviceKeyPolicy(of: { readonly accountId: string; readonly partition: string; readonly roleArn: string; readonly keyMetadata: boolean }): KeyPolicyDocument {
  const { Version, Statement } = defaultKeyPolicy(of);
  const use: KeyPolicyStatement = {
    Sid: "Allow sealing for tenants",
    Effect: "Allow",
    Principal: { AWS: of.roleArn },
    Action: ["kms:Encrypt", "kms:Decrypt"],
    Resource: "*",
    Condition: { Null: { [`kms:EncryptionContext:${TENANT_CONTEXT_KEY}`]: "false" } },
  };
  const describe: KeyPolicyStatement = { Sid: "Allow description of the key", Effect: "Allow", Principal: { AWS: of.roleArn }, Action: "kms:DescribeKey", Resource: "*" };
  return { Version, Id: "byok-service-key", Statement: [...Statement, use, ...(of.keyMetadata ? [describe] : [])] };
}
