/**
 * Every option of a key in AWS under the real Pulumi engine, against the sandbox: on and off again on a deployed stack. Skipped, and
 * said so, where `pulumi` is missing.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { readFile, writeFile } from "node:fs/promises";

import { CreateAliasCommand, CreateKeyCommand, GetKeyPolicyCommand, KMSClient, PutKeyPolicyCommand, ScheduleKeyDeletionCommand } from "@aws-sdk/client-kms";

import { parse, stringify } from "yaml";

import { AwsKeyUsage, keyPolicy } from "../../components/aws/key-policy.js";
import { describeUnderEngine } from "./engine-stage.js";
import { nameOf, previewSteps } from "./engine-steps.js";
import { stackFile } from "./stack-file.js";

const TIMEOUT = 600_000;
const TENANT = "111122223333";
const SERVICE = "arn:aws:iam::201720642051:root";

let kms: KMSClient;

describeUnderEngine("options in AWS under the Pulumi engine", TIMEOUT, (stage) => {
  beforeAll(async () => {
    const { aws } = await stage.sandbox.client.act("deployers", {});
    const { accessKeyId, secretAccessKey, sessionToken } = aws;
    const endpoint = stage.endpoints["aws-kms"];
    kms = new KMSClient({ region: "eu-west-2", endpoint, credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) } });
  }, TIMEOUT);
  afterAll(async () => {
    kms.destroy();
  });

  /** A stack of the United Kingdom, with an account as service and least usage. */
  async function newStack(stack: string, aws: object): Promise<void> {
    await writeFile(stage.project.stackFile(stack), await readFile(stackFile("acme-uk"), "utf8"));
    await stage.succeed("stack", "init", stack);
    await configure(stack, aws, { "byok:tenant": stack });
  }
  /** Sets all of `byok:aws`, and more keys; in the file itself, which is quicker than one command each. */
  async function configure(stack: string, aws: object, more: Record<string, unknown> = {}): Promise<void> {
    const file = parse(await readFile(stage.project.stackFile(stack), "utf8")) as { config: Record<string, unknown> };
    const config = { ...file.config, "byok:aws": { accountId: TENANT, ...aws }, ...more };
    await writeFile(stage.project.stackFile(stack), stringify({ ...file, config }));
  }
  const descriptorOf = (stack: string) => stage.project.firstKey(stack, "aws-kms");
  /** What an `up` would do beside nothing: `OP TYPE` of each step. */
  async function plan(stack: string): Promise<string[]> {
    const { stdout } = await stage.succeed("preview", "--json", "--stack", stack);
    return previewSteps(stdout).filter(({ op }) => op !== "same").map(({ op, urn }) => `${op} ${nameOf(urn)}`).sort();
  }
  async function up(stack: string): Promise<string[]> {
    const steps = await plan(stack);
    await stage.succeed("up", "--yes", "--skip-preview", "--stack", stack);
    return steps.map((step) => step.replace(`${stack}-uk-aws-`, ""));
  }
  const grantedTo = async (keyArn: string): Promise<readonly string[]> =>
    (await stage.sandbox.client.act("status", {})).keys.find(({ keyId }) => keyId === keyArn)?.grantedTo ?? ["no such key"];

  test(
    "each option on and off: key and alias are the same throughout, nothing of them is replaced or deleted",
    async () => {
      const stack = "walk";
      await newStack(stack, { multiRegion: true });
      // The United Kingdom has one region of AWS's.
      await configure(stack, { multiRegion: true }, { "byok:allowCrossRegion": true });
      await up(stack);
      const first = await descriptorOf(stack);
      expect(await grantedTo(first.keyArn)).toEqual([SERVICE]);

      const walks: [object, Record<string, unknown>, on: string[], granted: string[]][] = [
        [{}, { "byok:access": "suspended" }, ["delete policy"], []],
        [{}, { "byok:access": "granted" }, ["create policy"], [SERVICE]],
        [{}, { "byok:keyMetadata": false }, ["update policy"], [SERVICE]],
        [{}, { "byok:keyMetadata": true }, ["update policy"], [SERVICE]],
        [{ principalArns: ["arn:aws:iam::201720642051:role/backup-*"], serviceAddresses: ["203.0.113.0/24"] }, {}, ["update policy"], [SERVICE]],
        [{ grantBy: "grant" }, {}, ["create grant", "delete policy"], [SERVICE]],
        [{ rotationPeriodInDays: 90, deletionWindowInDays: 7 }, {}, ["create policy", "delete grant", "update key"], [SERVICE]],
        [{ replicaRegions: ["eu-west-1"] }, { "byok:auditLog": true }, ["create policy-eu-west-1", "create replica-eu-west-1", "update key"], [SERVICE]],
        [
          { replicaRegions: ["eu-west-1"] },
          { "byok:alarms": { emails: ["security@example.com"] } },
          ["", "-eu-west-1"].flatMap((suffix) => [`email${suffix}-security@example.com`, `rule${suffix}`, `target${suffix}`, `topic${suffix}`, `topic-policy${suffix}`]).map((one) => `create alarm-${one}`).sort(),
          [SERVICE],
        ],
      ];
      for (const [aws, more, steps, granted] of walks) {
        await configure(stack, { multiRegion: true, ...aws }, more);
        expect(await up(stack)).toEqual(steps);
        expect(await grantedTo(first.keyArn)).toEqual(granted);
        expect(await descriptorOf(stack)).toMatchObject(first);
      }
      await stage.succeed("preview", "--refresh", "--expect-no-changes", "--stack", stack);
      const replica = first.keyArn.replace("eu-west-2", "eu-west-1");
      expect((await descriptorOf(stack)).replicaArns).toEqual([replica]);
      expect(await grantedTo(replica)).toEqual([SERVICE]);

      // Held by protection: a region taken out, and what would replace the key.
      for (const aws of [{ multiRegion: true }, { multiRegion: false }, { multiRegion: true, replicaRegions: ["eu-west-1"], aliasName: "alias/other" }]) {
        await configure(stack, aws);
        const refused = await stage.pulumi("up", "--yes", "--skip-preview", "--stack", stack);
        expect(refused.exitCode).not.toBe(0);
        // "it is protected" of a deletion, "marked for protection" of a replacement.
        expect(refused.output).toMatch(/protected|marked for protection/);
      }
      await configure(stack, { multiRegion: true });
      const urn = (await stage.project.resources(stack)).find((resource) => resource.urn.endsWith("-replica-eu-west-1"))?.urn ?? "";
      await stage.succeed("state", "unprotect", urn, "--yes", "--stack", stack);
      await stage.succeed("up", "--yes", "--skip-preview", "--stack", stack);
      expect(await descriptorOf(stack)).toEqual(first);
      expect(await grantedTo(replica)).toEqual([]);
    },
    TIMEOUT,
  );

  test(
    "a key made by hand along the service's guide is adopted as it is; misfits are refused one by one, in previews",
    async () => {
      const stack = "adopt";
      const policy = JSON.stringify({ ...keyPolicy({ accountId: TENANT, partition: "aws", grantee: SERVICE, usage: AwsKeyUsage.Console, tenant: "x" }), Id: "key-consolepolicy-3" }, null, 2);
      const make = async (input: object = {}): Promise<string> => (await kms.send(new CreateKeyCommand(input))).KeyMetadata?.Arn ?? "";
      const key = await make({ Policy: policy });
      await kms.send(new CreateAliasCommand({ AliasName: "alias/AFI-BYOK", TargetKeyId: key.split("/")[1] }));
      await newStack(stack, { existing: { key: "alias/AFI-BYOK" } });
      await configure(stack, { existing: { key: "alias/AFI-BYOK" } }, { "byok:service": "afi" });
      expect(await up(stack)).toEqual(expect.arrayContaining(["create policy"]));
      expect(await descriptorOf(stack)).toMatchObject({ keyArn: key, aliasName: "alias/AFI-BYOK", grantedTo: SERVICE });
      expect((await kms.send(new GetKeyPolicyCommand({ KeyId: key }))).Policy).toBe(policy);
      await stage.succeed("preview", "--expect-no-changes", "--stack", stack);

      const doomed = await make();
      await kms.send(new ScheduleKeyDeletionCommand({ KeyId: doomed }));
      const foreign = await make();
      const own = JSON.parse(policy) as { Statement: object[] };
      await kms.send(new PutKeyPolicyCommand({ KeyId: foreign, Policy: JSON.stringify({ ...own, Statement: [...own.Statement, { Sid: "Mine", Effect: "Allow", Principal: { AWS: `arn:aws:iam::${TENANT}:root` }, Action: "kms:DescribeKey", Resource: "*" }] }) }));
      for (const [existing, misfit] of [
        [await make({ KeySpec: "RSA_2048" }), "its key spec is RSA_2048"],
        [await make({ KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" }), "its key usage is GENERATE_VERIFY_MAC"],
        [await make({ Origin: "EXTERNAL" }), "it has no key material"],
        [doomed, "its deletion is scheduled"],
        [foreign, "set grantBy to grant"],
      ] as const) {
        await configure(stack, { existing: { key: existing } });
        const refused = await stage.pulumi("preview", "--stack", stack);
        expect({ code: refused.exitCode === 0, output: refused.output }).toEqual({ code: false, output: expect.stringContaining(misfit) });
      }

      await configure(stack, { existing: { key } }, { "byok:access": "suspended" });
      await stage.succeed("up", "--yes", "--skip-preview", "--stack", stack);
      expect(await grantedTo(key)).toEqual([]);
      await stage.succeed("destroy", "--yes", "--stack", stack);
      expect(await grantedTo(key)).toEqual([]);
    },
    TIMEOUT,
  );
});
