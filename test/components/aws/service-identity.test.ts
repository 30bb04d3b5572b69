import { beforeAll, describe, expect, test } from "@jest/globals";

import { type AwsServiceIdentityArgs } from "../../../components/aws/index.js";
import { Datacenter } from "../../../components/regions.js";
import { masterKeyDescriptorSchema } from "../../../runtime/master-key/descriptor.js";
import { deploy } from "../recorded-deployment.js";

const ACCOUNT = "201720642051";
const ROLE = `arn:aws:iam::${ACCOUNT}:role/byok-service-eu`;
const ARGS: AwsServiceIdentityArgs = { accountId: ACCOUNT, datacenter: Datacenter.Eu, trustedPrincipals: ["ec2.amazonaws.com", `arn:aws:iam::${ACCOUNT}:role/ci`] };

const deployIdentity = (args: AwsServiceIdentityArgs) =>
  deploy(async () => {
    const { Provider } = await import("@pulumi/aws/provider.js");
    const { AwsServiceIdentity } = await import("../../../components/aws/index.js");
    const { serviceKey, roleArn } = new AwsServiceIdentity("s", args, { provider: new Provider("service", { region: "us-east-1" }) });
    return { serviceKey, roleArn };
  });

describe("AwsServiceIdentity", () => {
  test("role and key are kept whatever happens, their policies are not", async () => {
    const { registrations } = await deployIdentity(ARGS);
    expect(registrations.slice(3).map(({ type, name, parent, provider, protect, retainOnDelete }) => [type, name, parent, provider, protect, retainOnDelete])).toEqual([
      ["aws:iam/role:Role", "s-role", "s", "service", true, true],
      ["aws:kms/key:Key", "s-key", "s", "service", true, true],
      ["aws:iam/rolePolicy:RolePolicy", "s-role-policy", "s", "service", false, false],
      ["aws:kms/alias:Alias", "s-alias", "s", "service", true, false],
      ["aws:kms/keyPolicy:KeyPolicy", "s-policy", "s", "service", false, false],
    ]);
    const byName = Object.fromEntries(registrations.map(({ name, inputs }) => [name, inputs as Record<string, unknown>]));
    const policy = (name: string, member: string): unknown => JSON.parse(String(byName[name]?.[member]));
    expect(policy("s-role", "assumeRolePolicy")).toEqual({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { AWS: [`arn:aws:iam::${ACCOUNT}:role/ci`], Service: ["ec2.amazonaws.com"] }, Action: "sts:AssumeRole" }],
    });
    const elsewhere = { StringNotEquals: { "aws:ResourceAccount": ACCOUNT } };
    const someTenant = { Null: { "kms:EncryptionContext:byok:tenant": "false" } };
    expect(policy("s-role-policy", "policy")).toEqual({
      Version: "2012-10-17",
      Statement: [
        { Sid: "UseTenantsKeys", Effect: "Allow", Action: ["kms:Encrypt", "kms:Decrypt"], Resource: ["arn:aws:kms:*:*:key/*"], Condition: { ...elsewhere, ...someTenant } },
        { Sid: "DescribeTenantsKeys", Effect: "Allow", Action: "kms:DescribeKey", Resource: ["arn:aws:kms:*:*:key/*"], Condition: elsewhere },
      ],
    });
    expect(policy("s-policy", "policy")).toMatchObject({
      Id: "byok-service-key",
      Statement: [
        { Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: "kms:*" },
        { Principal: { AWS: ROLE }, Action: ["kms:Encrypt", "kms:Decrypt"], Condition: someTenant },
        { Principal: { AWS: ROLE }, Action: "kms:DescribeKey" },
      ],
    });
    expect(byName["s-key"]).toEqual({
      description: "Service key of the backup service for datacenter eu", customerMasterKeySpec: "SYMMETRIC_DEFAULT", keyUsage: "ENCRYPT_DECRYPT",
      enableKeyRotation: true, rotationPeriodInDays: 365, deletionWindowInDays: 30, region: "eu-central-1",
    });
  });

  test("hands out the role and a descriptor that the runtime takes as service key", async () => {
    const { outputs } = await deployIdentity({ ...ARGS, tenantAccountIds: ["111122223333"], keyMetadata: false, aliasName: "alias/own" });
    const [, exported] = outputs.at(-1) ?? [];
    const { serviceKey, roleArn } = exported as { serviceKey: unknown; roleArn: string };
    expect(roleArn).toBe(ROLE);
    expect(masterKeyDescriptorSchema.parse(serviceKey)).toEqual(serviceKey);
    expect(serviceKey).toMatchObject({ tenant: "service", provider: "aws-kms", datacenter: "eu", grantedTo: ROLE, aliasName: "alias/own" });
  });

  describe("refuses", () => {
    const PRINCIPAL = "must be the ARN of a role, user, session or account, or an AWS service such as ec2.amazonaws.com; no wildcards";
    const rows: [string, Partial<AwsServiceIdentityArgs>, string[]][] = [
      ["an account that is none", { accountId: "1" }, ["accountId: must be an AWS account id of 12 digits"]],
      ["a region that is none", { region: "Ireland" }, ["region: must be an AWS region code such as eu-central-1"]],
      ["nobody to trust", { trustedPrincipals: [] }, ["trustedPrincipals: must name at least one principal that may assume the role"]],
      ["everybody", { trustedPrincipals: ["*"] }, [`trustedPrincipals[0]: ${PRINCIPAL}`]],
      ["a wildcard", { trustedPrincipals: [`arn:aws:iam::${ACCOUNT}:role/*`] }, [`trustedPrincipals[0]: ${PRINCIPAL}`]],
      ["a role name with blanks", { roleName: "backup service" }, ["roleName: must be 1 to 64 letters, digits and any of _+=,.@-"]],
      ["no tenants' accounts", { tenantAccountIds: [] }, ["tenantAccountIds: must not be empty; leave it out to allow any account"]],
      ["its own account as a tenant's", { tenantAccountIds: [ACCOUNT] }, ["tenantAccountIds[0]: is the service's own account; tenants' keys live in theirs"]],
      ["days out of bounds", { rotationPeriodInDays: 1, deletionWindowInDays: 1 }, ["rotationPeriodInDays: must be a whole number of days from 90 to 2560", "deletionWindowInDays: must be a whole number of days from 7 to 30"]],
    ];
    const found = new Map<string, readonly string[]>();
    let registered: number;
    beforeAll(async () => {
      ({ length: registered } = (
        await deploy(async () => {
          const { AwsServiceIdentity, InvalidArgsError } = await import("../../../components/aws/index.js");
          for (const [what, change] of rows) {
            try {
              new AwsServiceIdentity("s", { ...ARGS, ...change });
            } catch (error) {
              if (!(error instanceof InvalidArgsError)) throw error;
              found.set(what, error.problems);
            }
          }
          return {};
        })
      ).registrations);
    });
    test.each(rows)("%s", (what, _change, problems) => {
      expect(found.get(what)).toEqual(problems);
      expect(registered).toBe(1);
    });
  });
});
