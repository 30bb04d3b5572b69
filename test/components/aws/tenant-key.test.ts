import { beforeAll, describe, expect, test } from "@jest/globals";

import { type AwsTenantKeyArgs } from "../../../components/aws/index.js";
import { AwsKeyUsage, keyPolicy } from "../../../components/aws/key-policy.js";
import { Datacenter } from "../../../components/regions.js";
import { masterKeyDescriptorSchema } from "../../../runtime/master-key/descriptor.js";
import { deploy } from "../recorded-deployment.js";

const KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab";
const ROLE = "arn:aws:iam::201720642051:role/backup-service";
const ARGS: AwsTenantKeyArgs = {
  tenant: "acme",
  datacenter: Datacenter.Eu,
  accountId: "111122223333",
  serviceRoleArn: ROLE,
};

function deployKey(args: AwsTenantKeyArgs, options: { preview?: boolean; opts?: object } = {}) {
  return deploy(async () => {
    const { Provider } = await import("@pulumi/aws/provider.js");
    const { AwsTenantKey } = await import("../../../components/aws/index.js");
    const provider = new Provider("tenant", { region: "us-east-1" });
    const key = new AwsTenantKey("k", args, { provider, ...options.opts });
    return { descriptor: key.descriptor };
  }, options);
}

describe("AwsTenantKey", () => {
  test("registers exactly key, alias and policy, each with its own protection", async () => {
    const { registrations } = await deployKey(ARGS);
    const children = registrations.filter(({ parent }) => parent === "k");
    const common = { custom: true, parent: "k", provider: "tenant" };

    expect(registrations.map(({ type, name }) => `${type} ${name}`)).toEqual([
      "pulumi:pulumi:Stack byok-stack",
      "pulumi:providers:aws tenant",
      "pulumi-byok:index:AwsTenantKey k",
      "aws:kms/key:Key k-key",
      "aws:kms/alias:Alias k-alias",
      "aws:kms/keyPolicy:KeyPolicy k-policy",
    ]);
    expect(children).toEqual([
      {
        ...common,
        type: "aws:kms/key:Key",
        name: "k-key",
        protect: true,
        retainOnDelete: true,
        ignoreChanges: ["isEnabled"],
        replaceOnChanges: [],
        inputs: {
          description: "BYOK backup encryption key of acme for datacenter eu",
          customerMasterKeySpec: "SYMMETRIC_DEFAULT",
          keyUsage: "ENCRYPT_DECRYPT",
          enableKeyRotation: true,
          rotationPeriodInDays: 365,
          deletionWindowInDays: 30,
          region: "eu-central-1",
        },
      },
      {
        ...common,
        type: "aws:kms/alias:Alias",
        name: "k-alias",
        protect: true,
        retainOnDelete: false,
        ignoreChanges: [],
        replaceOnChanges: [],
        inputs: { name: "alias/byok-acme-eu", targetKeyId: KEY_ID, region: "eu-central-1" },
      },
      {
        ...common,
        type: "aws:kms/keyPolicy:KeyPolicy",
        name: "k-policy",
        protect: false,
        retainOnDelete: false,
        ignoreChanges: [],
        replaceOnChanges: ["keyId"],
        inputs: {
          keyId: KEY_ID,
          region: "eu-central-1",
          policy: JSON.stringify(
            keyPolicy({
              accountId: "111122223333",
              partition: "aws",
              grantee: ROLE,
              usage: AwsKeyUsage.Least,
              tenant: "acme",
            }),
          ),
        },
      },
    ]);
  });

  test("children keep their own protection whatever the component is given", async () => {
    const { registrations } = await deployKey(ARGS, { opts: { protect: true, retainOnDelete: true } });
    expect(registrations.slice(3).map(({ name, protect, retainOnDelete }) => [name, protect, retainOnDelete])).toEqual([
      ["k-key", true, true],
      ["k-alias", true, false],
      ["k-policy", false, false],
    ]);
  });

  test("registers its outputs once, last: the descriptor exactly as the runtime reads it", async () => {
    const { outputs } = await deployKey(ARGS);
    const descriptor = {
      schema: 1,
      tenant: "acme",
      datacenter: "eu",
      provider: "aws-kms",
      grantedTo: ROLE,
      keyArn: `arn:aws:kms:eu-central-1:111122223333:key/${KEY_ID}`,
      aliasName: "alias/byok-acme-eu",
    };
    expect(masterKeyDescriptorSchema.parse(descriptor)).toEqual(descriptor);
    expect(outputs).toEqual([
      ["k", { descriptor }],
      ["byok-stack", { descriptor }],
    ]);
  });

  test("overrides reach the resources, and a whole account is granted through its root", async () => {
    const { registrations, outputs } = await deployKey({
      tenant: "acme",
      datacenter: Datacenter.Usa,
      accountId: "111122223333",
      serviceAccountId: "201720642051",
      usage: AwsKeyUsage.Console,
      aliasName: "alias/AFI-BYOK",
      description: "d",
      region: "us-gov-west-1",
      rotationPeriodInDays: 90,
      deletionWindowInDays: 7,
      tags: { owner: "security" },
    });
    const [key, alias, policy] = registrations.slice(3).map(({ inputs }) => inputs);
    expect(key).toEqual({
      description: "d",
      customerMasterKeySpec: "SYMMETRIC_DEFAULT",
      keyUsage: "ENCRYPT_DECRYPT",
      enableKeyRotation: true,
      rotationPeriodInDays: 90,
      deletionWindowInDays: 7,
      region: "us-gov-west-1",
      tags: { owner: "security" },
    });
    expect(alias).toMatchObject({ name: "alias/AFI-BYOK", region: "us-gov-west-1" });
    const grantee = "arn:aws-us-gov:iam::201720642051:root";
    expect(policy).toMatchObject({
      policy: JSON.stringify(
        keyPolicy({
          accountId: "111122223333",
          partition: "aws-us-gov",
          grantee,
          usage: AwsKeyUsage.Console,
          tenant: "acme",
        }),
      ),
      region: "us-gov-west-1",
    });
    expect(outputs.at(-1)).toMatchObject(["byok-stack", { descriptor: { grantedTo: grantee, datacenter: "usa" } }]);
  });
});

describe("AwsTenantKey refuses, before it registers anything", () => {
  const plain = (value: unknown) => value as AwsTenantKeyArgs;
  const account = { tenant: "acme", datacenter: Datacenter.Eu, accountId: "111122223333" };
  const rows: [what: string, args: AwsTenantKeyArgs, problems: string[]][] = [
    ["an upper-case tenant", { ...ARGS, tenant: "Acme" }, ["tenant: must be 3 to 32 characters of a-z, 0-9 and -"]],
    ["no tenant", plain({ ...ARGS, tenant: undefined }), ["tenant: must be 3 to 32 characters of a-z, 0-9 and -"]],
    ["a short tenant", { ...ARGS, tenant: "ac" }, ["tenant: must be 3 to 32 characters of a-z, 0-9 and -"]],
    [
      "an unknown datacenter",
      plain({ ...ARGS, datacenter: "mars" }),
      ["datacenter: must be one of usa, eu, uk, au, ca"],
    ],
    ["a short account id", { ...ARGS, accountId: "11112222333" }, ["accountId: must be an AWS account id of 12 digits"]],
    ["a region that is none", { ...ARGS, region: "Frankfurt" }, ["region: must be an AWS region code such as eu-central-1"]],
    ["no grantee", account, ["serviceAccountId, serviceRoleArn: give exactly one of them"]],
    [
      "two grantees",
      { ...ARGS, serviceAccountId: "201720642051" },
      ["serviceAccountId, serviceRoleArn: give exactly one of them"],
    ],
    [
      "a malformed service account",
      { ...account, serviceAccountId: "2017-2064-2051" },
      ["serviceAccountId: must be an AWS account id of 12 digits"],
    ],
    [
      "the service's own account",
      { ...account, serviceAccountId: "111122223333" },
      ["serviceAccountId: is in the key's own account 111122223333; the tenant's key must live in the tenant's account"],
    ],
    [
      "a role in the key's own account",
      { ...account, serviceRoleArn: "arn:aws:iam::111122223333:role/x" },
      ["serviceRoleArn: is in the key's own account 111122223333; the tenant's key must live in the tenant's account"],
    ],
    [
      "a role of another partition",
      { ...account, serviceRoleArn: "arn:aws-cn:iam::201720642051:role/x" },
      ["serviceRoleArn: is in partition aws-cn, the key in aws: neither reaches the other"],
    ],
    ["an unknown usage", plain({ ...ARGS, usage: "all" }), ["usage: must be one of console, least"]],
    [
      "AWS's own alias",
      { ...ARGS, aliasName: "alias/aws/s3" },
      [
        "aliasName: must look like alias/NAME, NAME being 1 to 250 characters of A-Z, a-z, 0-9, /, _ and -, and not start with alias/aws/",
      ],
    ],
    [
      "a long description",
      { ...ARGS, description: "x".repeat(8193) },
      ["description: must be at most 8192 characters"],
    ],
    [
      "a short rotation",
      { ...ARGS, rotationPeriodInDays: 89 },
      ["rotationPeriodInDays: must be a whole number of days from 90 to 2560"],
    ],
    [
      "a long deletion window",
      { ...ARGS, deletionWindowInDays: 31 },
      ["deletionWindowInDays: must be a whole number of days from 7 to 30"],
    ],
    [
      "several mistakes, all at once",
      plain({ ...account, tenant: "", deletionWindowInDays: 7.5, serviceRoleArn: "role/x" }),
      [
        "tenant: must be 3 to 32 characters of a-z, 0-9 and -",
        "deletionWindowInDays: must be a whole number of days from 7 to 30",
        "serviceRoleArn: must be the ARN of one IAM role, arn:aws:iam::ACCOUNT:role/NAME (not of a session, a user or a group, and without wildcards)",
      ],
    ],
  ];

  const refusals = new Map<string, { problems: readonly string[]; message: string }>();
  let registered: string[];

  beforeAll(async () => {
    const { registrations } = await deploy(async () => {
      const { AwsTenantKey, InvalidArgsError } = await import("../../../components/aws/index.js");
      for (const [what, args] of rows) {
        try {
          new AwsTenantKey("k", args);
        } catch (error) {
          if (!(error instanceof InvalidArgsError)) throw error;
          refusals.set(what, { problems: error.problems, message: error.message });
        }
      }
      return {};
    });
    registered = registrations.map(({ type }) => type);
  });

  test.each(rows)("%s", (what, _args, problems) => {
    const message = `AwsTenantKey k:${problems.map((line) => `\n  ${line}`).join("")}`;
    expect(refusals.get(what)).toEqual({ problems, message });
  });

  test("and indeed nothing was registered", () => {
    expect(registered).toEqual(["pulumi:pulumi:Stack"]);
  });
});
