import { beforeAll, describe, expect, test } from "@jest/globals";

import { AwsKeyUsage, keyPolicy } from "../../components/aws/key-policy.js";
import { Datacenter } from "../../components/regions.js";
import { type TenantKeysArgs } from "../../components/tenant-keys.js";
import { masterKeyDescriptorsSchema } from "../../runtime/master-key/descriptor.js";
import { deploy } from "./recorded-deployment.js";

const ARGS = { tenant: "acme", datacenter: Datacenter.Au, aws: { accountId: "111122223333" } };

function deployKeys(args: TenantKeysArgs) {
  return deploy(async () => {
    const { Provider } = await import("@pulumi/aws/provider.js");
    const { TenantKeys } = await import("../../components/index.js");
    const provider = new Provider("tenant", { region: "us-east-1" });
    return { masterKeys: new TenantKeys("acme-au", args, { providers: [provider] }).masterKeys };
  });
}

describe("TenantKeys", () => {
  test("preset afi: its identity, names and usage; the provider reaches every child", async () => {
    const { registrations, outputs } = await deployKeys({ ...ARGS, preset: "afi" });
    expect(registrations.map(({ type, name, parent, provider }) => [type, name, parent, provider])).toEqual([
      ["pulumi:pulumi:Stack", "byok-stack", undefined, undefined],
      ["pulumi:providers:aws", "tenant", "byok-stack", undefined],
      ["pulumi-byok:index:TenantKeys", "acme-au", "byok-stack", undefined],
      ["pulumi-byok:index:AwsTenantKey", "acme-au-aws", "acme-au", undefined],
      ["aws:kms/key:Key", "acme-au-aws-key", "acme-au-aws", "tenant"],
      ["aws:kms/alias:Alias", "acme-au-aws-alias", "acme-au-aws", "tenant"],
      ["aws:kms/keyPolicy:KeyPolicy", "acme-au-aws-policy", "acme-au-aws", "tenant"],
    ]);
    const [key, alias, policy] = registrations.slice(4).map(({ inputs }) => inputs);
    expect(key).toMatchObject({ description: "BYOK encryption key for Afi Backup", region: "ap-southeast-2" });
    expect(alias).toMatchObject({ name: "alias/AFI-BYOK" });
    const grantee = "arn:aws:iam::201720642051:root";
    expect(policy).toMatchObject({
      policy: JSON.stringify(
        keyPolicy({
          accountId: "111122223333",
          partition: "aws",
          grantee,
          usage: AwsKeyUsage.Console,
          tenant: "acme",
        }),
      ),
    });

    const masterKeys = [
      {
        schema: 1,
        tenant: "acme",
        datacenter: "au",
        provider: "aws-kms",
        grantedTo: grantee,
        keyArn: "arn:aws:kms:ap-southeast-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        aliasName: "alias/AFI-BYOK",
      },
    ];
    expect(masterKeyDescriptorsSchema.parse(masterKeys)).toEqual(masterKeys);
    expect(outputs).toEqual([
      ["acme-au-aws", { descriptor: masterKeys[0] }],
      ["acme-au", { masterKeys }],
      ["byok-stack", { masterKeys }],
    ]);
  });

  test.each([
    [{ awsAccountId: "201720642051" }, "arn:aws:iam::201720642051:root"],
    [{ awsRoleArn: "arn:aws:iam::201720642051:role/r" }, "arn:aws:iam::201720642051:role/r"],
  ])("own identity %j: names of tenant and datacenter, least usage, tags", async (service, grantee) => {
    const { registrations, outputs } = await deployKeys({ ...ARGS, service, tags: { owner: "security" } });
    const [key, alias, policy] = registrations.slice(4).map(({ inputs }) => inputs);
    expect(key).toMatchObject({ tags: { owner: "security" } });
    expect(alias).toMatchObject({ name: "alias/byok-acme-au" });
    expect(policy).toMatchObject({
      policy: JSON.stringify(
        keyPolicy({ accountId: "111122223333", partition: "aws", grantee, usage: AwsKeyUsage.Least, tenant: "acme" }),
      ),
    });
    expect(outputs.at(-1)).toMatchObject(["byok-stack", { masterKeys: [{ grantedTo: grantee }] }]);
  });
});

describe("TenantKeys refuses, before it registers anything", () => {
  const rows: [what: string, args: TenantKeysArgs, message: string][] = [
    [
      "no cloud",
      { tenant: "acme", datacenter: Datacenter.Au, preset: "afi" },
      "TenantKeys k:\n  aws: is required: no other cloud can be provisioned by this release",
    ],
    ["no service", ARGS, "TenantKeys k:\n  preset, service: give exactly one of them"],
    [
      "two services",
      { ...ARGS, preset: "afi", service: { awsAccountId: "201720642051" } },
      "TenantKeys k:\n  preset, service: give exactly one of them",
    ],
    ["an unknown preset", { ...ARGS, preset: "acronis" }, "TenantKeys k:\n  preset: must be one of afi"],
    [
      "what the AWS key refuses",
      { ...ARGS, service: {} },
      "AwsTenantKey k-aws:\n  serviceAccountId, serviceRoleArn: give exactly one of them",
    ],
    [
      "the service's own account",
      { ...ARGS, preset: "afi", aws: { accountId: "201720642051" } },
      "AwsTenantKey k-aws:\n  serviceAccountId: is in the key's own account 201720642051; the tenant's key must live in the tenant's account",
    ],
  ];
  const messages = new Map<string, string>();
  let registered: string[];

  beforeAll(async () => {
    const { registrations } = await deploy(async () => {
      const { TenantKeys, InvalidArgsError } = await import("../../components/index.js");
      for (const [what, args] of rows) {
        try {
          new TenantKeys("k", args);
        } catch (error) {
          if (!(error instanceof InvalidArgsError)) throw error;
          messages.set(what, error.message);
        }
      }
      return {};
    });
    registered = registrations.map(({ type }) => type);
  });

  test.each(rows)("%s", (what, _args, message) => {
    expect(messages.get(what)).toBe(message);
  });

  test("and indeed nothing was registered", () => {
    expect(registered).toEqual(["pulumi:pulumi:Stack"]);
  });
});
