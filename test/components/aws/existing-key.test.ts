/** @jest-environment ./test/runtime/one-realm-environment.ts */
import { CreateAliasCommand, CreateKeyCommand, DescribeKeyCommand, GetKeyPolicyCommand, type KMSClient, ListGrantsCommand } from "@aws-sdk/client-kms";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";

import { Access } from "../../../components/access.js";
import { existingKeyMisfits, type ExistingKeyFacts, policyToPut } from "../../../components/aws/existing-key-fit.js";
import { type AwsTenantKeyArgs } from "../../../components/aws/index.js";
import { AwsGrantBy } from "../../../components/aws/grant-by.js";
import { AwsKeyUsage, keyPolicy, type KeyPolicyInput } from "../../../components/aws/key-policy.js";
import { Datacenter } from "../../../components/regions.js";
import { deployInProcess } from "../../../sandbox/index.js";
import { type Fixture, REGION, sandboxFixture, SERVICE, TENANT } from "../../sandbox/fixtures.js";
import { ROOT as ROOT_FOLDER } from "../../stacks/stack-file.js";
import { type DeployedKey, deployedKey } from "./deployed-key.js";

const ACCOUNT = `arn:aws:iam::${SERVICE}:root`;
const ROOT = { Sid: "Enable IAM User Permissions", Effect: "Allow", Principal: { AWS: `arn:aws:iam::${TENANT}:root` }, Action: "kms:*", Resource: "*" };

/** What the console writes for the steps of the service's guide: no key administrator, one other AWS account. */
const BY_HAND = JSON.stringify(
  {
    Id: "key-consolepolicy-3",
    Version: "2012-10-17",
    Statement: [
      ROOT,
      {
        Sid: "Allow use of the key",
        Effect: "Allow",
        Principal: { AWS: [ACCOUNT] },
        Action: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        Resource: "*",
      },
      {
        Sid: "Allow attachment of persistent resources",
        Effect: "Allow",
        Principal: { AWS: [ACCOUNT] },
        Action: ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
        Resource: "*",
        Condition: { Bool: { "kms:GrantIsForAWSResource": "true" } },
      },
    ],
  },
  null,
  2,
);
const OTHERS = { Sid: "Auditors", Effect: "Allow", Principal: { AWS: `arn:aws:iam::${TENANT}:root` }, Action: "kms:DescribeKey", Resource: "*" };
const WITH_OTHERS = JSON.stringify({ Version: "2012-10-17", Statement: [ROOT, OTHERS] });

/** As the preset `afi` has it. */
const ARGS: AwsTenantKeyArgs = { tenant: "acme", datacenter: Datacenter.Eu, accountId: TENANT, serviceAccountId: SERVICE, usage: AwsKeyUsage.Console };

describe("a key that exists already", () => {
  let fixture: Fixture;
  let kms: KMSClient;
  let stack: DeployedKey;

  beforeAll(async () => {
    fixture = await sandboxFixture();
    kms = fixture.client(fixture.sandbox.aws.deployer());
  });
  beforeEach(() => {
    stack = deployedKey(fixture.sandbox, TENANT);
  });
  afterAll(() => fixture.close());

  async function keyMade(input: { Policy?: string; alias?: string } = {}): Promise<string> {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({ ...(input.Policy === undefined ? {} : { Policy: input.Policy }) }));
    const arn = KeyMetadata?.Arn ?? "";
    if (input.alias !== undefined) await kms.send(new CreateAliasCommand({ AliasName: input.alias, TargetKeyId: KeyMetadata?.KeyId }));
    return arn;
  }
  const policyOf = async (KeyId: string): Promise<string> => (await kms.send(new GetKeyPolicyCommand({ KeyId }))).Policy ?? "";

  test("made by hand along the service's guide, it is taken over without any change", async () => {
    const key = await keyMade({ Policy: BY_HAND, alias: "alias/AFI-BYOK" });
    const before = [await kms.send(new DescribeKeyCommand({ KeyId: key })), await policyOf(key)];
    const { steps, descriptor } = await stack.up({ ...ARGS, existing: { key: "alias/AFI-BYOK" } });
    expect(steps).toEqual(["read k-existing", "create k-policy"]);
    expect(descriptor).toEqual({ schema: 1, tenant: "acme", datacenter: "eu", provider: "aws-kms", grantedTo: ACCOUNT, keyArn: key, aliasName: "alias/AFI-BYOK" });
    const after = [await kms.send(new DescribeKeyCommand({ KeyId: key })), await policyOf(key)];
    expect(JSON.stringify(after).replaceAll(/"\$metadata":\{[^}]*\}/g, "")).toBe(JSON.stringify(before).replaceAll(/"\$metadata":\{[^}]*\}/g, ""));
    expect((await stack.up({ ...ARGS, existing: { key: "alias/AFI-BYOK" } })).steps).toEqual(["read k-existing"]);

    // The policy is this stack's from now on: narrowed, withdrawn, given back.
    const narrowed = { ...ARGS, existing: { key }, principalArns: [`arn:aws:iam::${SERVICE}:role/backup-*`] };
    expect((await stack.up(narrowed)).steps).toEqual(["read k-existing", "update k-policy"]);
    expect((await stack.up({ ...ARGS, existing: { key }, access: Access.Suspended })).steps).toEqual(["delete k-policy"]);
    expect(JSON.parse(await policyOf(key))).toMatchObject({ Id: "key-default-1", Statement: [ROOT] });
    expect((await stack.up(narrowed)).steps).toEqual(["read k-existing", "create k-policy"]);
    expect((await stack.up({ ...narrowed, serviceAccountId: "444455556666", principalArns: ["arn:aws:iam::444455556666:role/x"] })).steps).toEqual([
      "read k-existing", "update k-policy",
    ]);
  });

  test.each(["arn", "id"])("with AWS's default policy, named by %s, it is granted and gets no alias", async (by) => {
    const key = await keyMade();
    const { steps, descriptor } = await stack.up({ ...ARGS, existing: { key: by === "arn" ? key : key.split("/")[1] ?? "" } });
    expect(steps).toEqual(["read k-existing", "create k-policy"]);
    expect(descriptor.keyArn).toBe(key);
    expect(descriptor).not.toHaveProperty("aliasName");
    expect(JSON.parse(await policyOf(key))).toMatchObject({ Id: "byok-console" });
    expect(fixture.sandbox.aws.status().keys.find(({ keyArn }) => keyArn === key)).toMatchObject({ aliases: [] });
  });

  test("with a policy that others wrote, a KMS grant leaves that policy alone", async () => {
    const key = await keyMade({ Policy: WITH_OTHERS });
    const byGrant = { ...ARGS, existing: { key }, grantBy: AwsGrantBy.Grant };
    expect((await stack.up(byGrant)).steps).toEqual(["create k-grant"]);
    expect(await policyOf(key)).toBe(WITH_OTHERS);
    expect((await stack.up({ ...byGrant, access: Access.Suspended })).steps).toEqual(["delete k-grant"]);
    expect((await kms.send(new ListGrantsCommand({ KeyId: key }))).Grants).toEqual([]);
  });

  test("while it is disabled, access can be suspended", async () => {
    const key = await keyMade();
    await stack.up({ ...ARGS, existing: { key } });
    fixture.sandbox.aws.revoke({ keyArn: key, by: "disable" });
    expect((await stack.up({ ...ARGS, existing: { key }, access: Access.Suspended })).steps).toEqual(["delete k-policy"]);
  });

  // In a process of its own: Pulumi lets the failure of an output surface in several places at once.
  test("one with a policy that others wrote is refused, and that policy stays", async () => {
    const others = await keyMade({ Policy: WITH_OTHERS });
    const before = await policyOf(others);
    const refused = deployInProcess({
      sandboxFile: fixture.sandbox.file,
      program: join(ROOT_FOLDER, "stacks", "tenant.ts"),
      project: "byok",
      stack: "adopt",
      config: {
        "byok:tenant": "acme",
        "byok:datacenter": "eu",
        "byok:clouds": '["aws"]',
        "byok:service": "afi",
        "byok:aws": JSON.stringify({ accountId: TENANT, existing: { key: others } }),
      },
    });
    const misfit =
      "its key policy says more than AWS's default, or less, and putting another would take that away (statements: " +
      '"Enable IAM User Permissions", "Auditors"): set grantBy to grant, which leaves the policy alone, or put AWS\'s default policy there first';
    await expect(refused).rejects.toMatchObject({ message: expect.stringContaining(`AwsTenantKey acme-eu-aws: key ${others} cannot be adopted:\n  ${misfit}`) });
    expect(await policyOf(others)).toBe(before);
  }, 60_000);
});

describe("what does not fit, one by one", () => {
  const NEW = "leave existing out, and a key that fits is made";
  const FITS: ExistingKeyFacts = {
    arn: `arn:aws:kms:${REGION}:${TENANT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`,
    awsAccountId: TENANT,
    keyManager: "CUSTOMER",
    keySpec: "SYMMETRIC_DEFAULT",
    keyUsage: "ENCRYPT_DECRYPT",
    keyState: "Enabled",
    validTo: "",
  };
  const NEEDS = { accountId: TENANT, region: REGION, granted: true };

  test("nothing about a key that fits", () => {
    expect(existingKeyMisfits(FITS, NEEDS)).toEqual([]);
  });

  test.each<[Partial<ExistingKeyFacts>, string]>([
    [{ awsAccountId: "444455556666" }, `it is in account 444455556666, not in the tenant's, ${TENANT}: sign in to the tenant's account`],
    [{ arn: FITS.arn.replace(REGION, "us-east-1") }, `it is in us-east-1, not in ${REGION}: ${NEW}`],
    [{ keyManager: "AWS" }, `AWS manages it, and lets nobody share it: ${NEW}`],
    [{ keySpec: "HMAC_256" }, `its key spec is HMAC_256, it must be SYMMETRIC_DEFAULT: ${NEW}`],
    [{ keyUsage: "SIGN_VERIFY" }, `its key usage is SIGN_VERIFY, it must be ENCRYPT_DECRYPT: ${NEW}`],
    [{ validTo: "2027-01-01T00:00:00Z" }, "its imported key material expires at 2027-01-01T00:00:00Z, and no backup can be read after that: import it again without expiry"],
    [{ keyState: "Disabled" }, `it is disabled: aws kms enable-key --key-id ${FITS.arn}, or set access to suspended until it is enabled`],
    [{ keyState: "PendingDeletion" }, `its deletion is scheduled: aws kms cancel-key-deletion --key-id ${FITS.arn}, then enable-key`],
    [{ keyState: "PendingImport" }, "it has no key material: import it first"],
    [{ keyState: "Unavailable" }, "it is Unavailable, it must be Enabled: look at it in the console, and try again"],
  ])("%j", (differs, misfit) => {
    expect(existingKeyMisfits({ ...FITS, ...differs }, NEEDS)).toEqual([misfit]);
  });

  test("all at once, and no state of a key that nobody is to use", () => {
    const facts = { ...FITS, keySpec: "RSA_2048", keyUsage: "SIGN_VERIFY", keyState: "Disabled" };
    expect(existingKeyMisfits(facts, NEEDS)).toHaveLength(3);
    expect(existingKeyMisfits(facts, { ...NEEDS, granted: false })).toHaveLength(2);
  });
});

describe("which policies can be replaced", () => {
  const WANTED: KeyPolicyInput = { accountId: TENANT, partition: "aws", grantee: ACCOUNT, usage: AwsKeyUsage.Console, tenant: "acme" };
  const wanted = JSON.stringify(keyPolicy(WANTED));
  const document = (Id: string | undefined, ...Statement: object[]): string => JSON.stringify({ Version: "2012-10-17", ...(Id === undefined ? {} : { Id }), Statement });
  const [, use, attach] = keyPolicy(WANTED).Statement;
  if (use === undefined || attach === undefined) throw new Error("no statements");

  test.each<[what: string, deployed: string, put: string]>([
    ["the wanted one by other names stays as it is", BY_HAND, BY_HAND],
    ["AWS's default", document("key-default-1", ROOT), wanted],
    ["AWS's default without names", document(undefined, { ...ROOT, Sid: undefined }), wanted],
    ["the narrower one of this package, for the same grantee", JSON.stringify(keyPolicy({ ...WANTED, usage: AwsKeyUsage.Least })), wanted],
    ["one of this package for whoever was granted before", JSON.stringify(keyPolicy({ ...WANTED, grantee: "arn:aws:iam::444455556666:root", serviceAddresses: ["203.0.113.0/24"] })), wanted],
  ])("%s", (_what, deployed, put) => {
    expect(policyToPut(deployed, WANTED)).toEqual({ policy: put, misfits: [] });
  });

  test.each<[what: string, deployed: string]>([
    ["one more statement", document("key-consolepolicy-3", ROOT, use, attach, OTHERS)],
    ["one more statement in a policy of this package's name", document("byok-console", ROOT, use, attach, OTHERS)],
    ["a statement twice in a policy of this package's name", document("byok-console", ROOT, use, use, attach)],
    ["a nameless one in a policy of this package's name", document("byok-console", ROOT, { ...use, Sid: undefined, Action: "kms:Decrypt" }, attach)],
    ["a grant to somebody else", document("key-consolepolicy-3", ROOT, { ...use, Principal: { AWS: "arn:aws:iam::444455556666:root" } }, attach)],
    ["no administration", document("key-consolepolicy-3", use, attach)],
    ["a denial", document("key-default-1", ROOT, { ...OTHERS, Effect: "Deny" })],
    ["one statement, not in a list", JSON.stringify({ Version: "2012-10-17", Statement: OTHERS })],
  ])("not %s", (_what, deployed) => {
    expect(policyToPut(deployed, WANTED).misfits).toHaveLength(1);
  });
});
