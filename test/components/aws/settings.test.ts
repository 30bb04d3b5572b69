/** @jest-environment ./test/runtime/one-realm-environment.ts */
/** Every setting of a deployed key in AWS, turned on and off again: what changes in AWS, and who is let in. */
import { DecryptCommand, DescribeKeyCommand, EncryptCommand, GetKeyPolicyCommand, GetKeyRotationStatusCommand, type KMSClient } from "@aws-sdk/client-kms";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { Access } from "../../../components/access.js";
import { AwsGrantBy } from "../../../components/aws/grant-by.js";
import { type AwsTenantKeyArgs } from "../../../components/aws/index.js";
import { AwsKeyUsage } from "../../../components/aws/key-policy.js";
import { Datacenter } from "../../../components/regions.js";
import { type Fixture, sandboxFixture, SERVICE, TENANT } from "../../sandbox/fixtures.js";
import { type DeployedKey, deployedKey } from "./deployed-key.js";

const ARGS: AwsTenantKeyArgs = { tenant: "acme", datacenter: Datacenter.Eu, accountId: TENANT, serviceAccountId: SERVICE };
const CONTEXT = { "byok:tenant": "acme", "byok:secret": "s-1" };
const POLICY = ["Encrypt", "Decrypt", "DescribeKey"];

describe("settings of a deployed key", () => {
  let fixture: Fixture;
  let stack: DeployedKey;
  let keyArn: string;
  let service: KMSClient;

  beforeAll(async () => {
    fixture = await sandboxFixture();
    const { aws } = fixture.sandbox;
    aws.addIdentity({ name: "elsewhere", arn: `arn:aws:iam::${SERVICE}:role/elsewhere`, address: "198.51.100.7", policy: allowAll() });
    aws.addIdentity({ name: "inside", arn: `arn:aws:iam::${SERVICE}:role/backup/inside`, address: "203.0.113.9", policy: allowAll() });
    service = fixture.client(aws.identity("inside"));
    stack = deployedKey(fixture.sandbox, TENANT);
    ({ descriptor: { keyArn } } = await stack.up(ARGS));
  });
  afterAll(() => fixture.close());

  const allowAll = () => ({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "kms:*", Resource: "*" }] });

  /** What a caller may do with the key, of Encrypt and Decrypt for the tenant, and DescribeKey. */
  async function allowed(client: KMSClient, context: Record<string, string> = CONTEXT, KeyId = keyArn): Promise<string[]> {
    const done: string[] = [];
    const attempt = async (name: string, call: () => Promise<unknown>): Promise<void> => {
      await call().then(
        () => done.push(name),
        (error: unknown) => {
          expect((error as Error).name).toBe("AccessDeniedException");
        },
      );
    };
    const admin = fixture.client(fixture.sandbox.aws.deployer());
    const { CiphertextBlob } = await admin.send(new EncryptCommand({ KeyId: keyArn, Plaintext: Buffer.from("x"), EncryptionContext: context }));
    await attempt("Encrypt", () => client.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from("x"), EncryptionContext: context })));
    await attempt("Decrypt", () => client.send(new DecryptCommand({ KeyId, CiphertextBlob, EncryptionContext: context })));
    await attempt("DescribeKey", () => client.send(new DescribeKeyCommand({ KeyId })));
    return done;
  }

  /** Deploys a change and takes it back. */
  async function onAndOff(change: Partial<AwsTenantKeyArgs>, check: () => Promise<void>): Promise<[on: readonly string[], off: readonly string[]]> {
    const on = await stack.up({ ...ARGS, ...change });
    await check();
    const off = await stack.up(ARGS);
    expect(await allowed(service)).toEqual(POLICY);
    expect([on.descriptor.keyArn, off.descriptor.keyArn]).toEqual([keyArn, keyArn]);
    return [on.steps, off.steps];
  }

  test("nothing set: the tenant's context only, and DescribeKey", async () => {
    expect(await allowed(service)).toEqual(POLICY);
    expect(await allowed(service, { "byok:tenant": "umbrella" })).toEqual(["DescribeKey"]);
    expect(await allowed(service, {})).toEqual(["DescribeKey"]);
  });

  test("keyMetadata: false takes DescribeKey and nothing else", async () => {
    const steps = await onAndOff({ keyMetadata: false }, async () => {
      expect(await allowed(service)).toEqual(["Encrypt", "Decrypt"]);
    });
    expect(steps).toEqual([["update k-policy"], ["update k-policy"]]);
  });

  test("principalArns narrow the account to what matches; roles need not exist", async () => {
    const change = { principalArns: [`arn:aws:iam::${SERVICE}:role/backup/*`, `arn:aws:iam::${SERVICE}:role/not-yet`] };
    const steps = await onAndOff(change, async () => {
      expect(await allowed(service)).toEqual(POLICY);
      expect(await allowed(fixture.client(fixture.sandbox.aws.identity("elsewhere")))).toEqual([]);
      expect(await allowed(fixture.client(fixture.sandbox.aws.service()))).toEqual([]);
    });
    expect(await allowed(fixture.client(fixture.sandbox.aws.service()))).toEqual(POLICY);
    expect(steps).toEqual([["update k-policy"], ["update k-policy"]]);
  });

  test("serviceAddresses narrow where calls come from", async () => {
    const steps = await onAndOff({ serviceAddresses: ["203.0.113.0/24"] }, async () => {
      expect(await allowed(service)).toEqual(POLICY);
      expect(await allowed(fixture.client(fixture.sandbox.aws.identity("elsewhere")))).toEqual([]);
    });
    expect(steps).toEqual([["update k-policy"], ["update k-policy"]]);
  });

  test("grantBy: grant, made before the policy goes, says the same; so does the way back", async () => {
    const admin = fixture.client(fixture.sandbox.aws.deployer());
    const steps = await onAndOff({ grantBy: AwsGrantBy.Grant }, async () => {
      expect(await allowed(service)).toEqual(POLICY);
      expect(await allowed(service, { "byok:tenant": "umbrella" })).toEqual(["DescribeKey"]);
      // A grant to an account leaves it to the account's IAM policies.
      expect(await allowed(fixture.client(fixture.sandbox.aws.identity("service-without-kms")))).toEqual([]);
      const { Policy } = await admin.send(new GetKeyPolicyCommand({ KeyId: keyArn }));
      expect(JSON.parse(Policy ?? "")).toMatchObject({ Id: "key-default-1" });
      expect(fixture.sandbox.aws.status().keys).toMatchObject([{ grantedTo: [`arn:aws:iam::${SERVICE}:root`] }]);
    });
    expect(steps).toEqual([
      ["create k-grant", "delete k-policy"],
      ["create k-policy", "delete k-grant"],
    ]);
  });

  test("grantBy: grant, to one role, which needs no IAM policy; suspended; narrower; of the console's usage", async () => {
    const arn = `arn:aws:iam::${SERVICE}:role/backup-service-without-kms`;
    const role: AwsTenantKeyArgs = { tenant: "acme", datacenter: Datacenter.Eu, accountId: TENANT, serviceRoleArn: arn, grantBy: AwsGrantBy.Grant };
    const bare = fixture.client(fixture.sandbox.aws.identity("service-without-kms"));
    expect((await stack.up(role)).steps).toEqual(["create k-grant", "delete k-policy"]);
    expect(await allowed(bare)).toEqual(POLICY);
    expect((await stack.up({ ...role, access: Access.Suspended })).steps).toEqual(["delete k-grant"]);
    expect(await allowed(bare)).toEqual([]);
    expect((await stack.up({ ...role, keyMetadata: false })).steps).toEqual(["create k-grant"]);
    expect(await allowed(bare)).toEqual(["Encrypt", "Decrypt"]);
    expect((await stack.up({ ...role, usage: AwsKeyUsage.Console })).steps).toEqual(["replace k-grant", "delete k-grant"]);
    expect(await allowed(bare, {})).toEqual(POLICY);
    expect((await stack.up(ARGS)).steps).toEqual(["create k-policy", "delete k-grant"]);
    expect(await allowed(bare)).toEqual([]);
  });

  test("rotation and deletion window change in place", async () => {
    const admin = fixture.client(fixture.sandbox.aws.deployer());
    const steps = await onAndOff({ rotationPeriodInDays: 90, deletionWindowInDays: 7 }, async () => {
      expect(await admin.send(new GetKeyRotationStatusCommand({ KeyId: keyArn }))).toMatchObject({ RotationPeriodInDays: 90 });
    });
    expect(steps).toEqual([["update k-key"], ["update k-key"]]);
  });

  test("what would replace key or alias is held by their protection, and nothing happens", async () => {
    // In a process of its own the refusal would be Pulumi's; here it is this engine's.
    for (const [change, held] of [
      [{ multiRegion: true }, "k-key is protected, and multiRegion would replace it"],
      [{ region: "eu-west-1" }, "k-key is protected, and region would replace it"],
      [{ aliasName: "alias/other" }, "k-alias is protected, and name would replace it"],
    ] as const) {
      expect(await stack.wouldRefuse({ ...ARGS, ...change })).toBe(held);
    }
    expect((await stack.up(ARGS)).steps).toEqual([]);
  });
});
