import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { DisableKeyCommand, EncryptCommand, PutKeyPolicyCommand, ScheduleKeyDeletionCommand } from "@aws-sdk/client-kms";

import { Access } from "../../../components/access.js";
import { type AwsTenantKeyArgs } from "../../../components/aws/index.js";
import { Datacenter } from "../../../components/regions.js";
import { type Fixture, keyPolicy, sandboxFixture, TENANT } from "../../sandbox/fixtures.js";
import { type DeployedKey, deployedKey } from "./deployed-key.js";

const ARGS: AwsTenantKeyArgs = { tenant: "acme", datacenter: Datacenter.Eu, accountId: TENANT, serviceAccountId: "201720642051", multiRegion: true };
const ALARMS = { alarms: { emails: ["security@example.com"] } };
const NAMES = ["k-alarm-email-security@example.com", "k-alarm-rule", "k-alarm-target", "k-alarm-topic", "k-alarm-topic-policy"];

interface Pattern {
  readonly detail: { readonly eventName: readonly string[]; readonly resources: { readonly ARN: readonly string[] } };
}

describe("alarms", () => {
  let fixture: Fixture;
  let stack: DeployedKey;
  let keyArn: string;
  beforeAll(async () => {
    fixture = await sandboxFixture();
    stack = deployedKey(fixture.sandbox, TENANT);
    ({ descriptor: { keyArn } } = await stack.up(ARGS));
  });
  afterAll(() => fixture.close());

  /** Calls since the last clearing of which a rule of the sandbox would tell. */
  function told(): string[] {
    const patterns = fixture.sandbox.aws.resources().filter(({ kind }) => kind === "events:rule").map(({ region, properties }) => ({
      region,
      detail: (JSON.parse(String(properties["eventPattern"])) as Pattern).detail,
    }));
    return fixture.sandbox.aws.calls()
      .filter((call) => patterns.some(({ region, detail }) => region === call.region && detail.eventName.includes(call.operation) && detail.resources.ARN.includes(call.keyArn ?? "")))
      .map(({ operation }) => operation);
  }

  test("added in place: topic, policy, rule, target, and a subscription per recipient; the key is not touched", async () => {
    const { steps } = await stack.up({ ...ARGS, ...ALARMS });
    expect([...steps].sort()).toEqual(NAMES.map((name) => `create ${name}`));
    expect((await stack.up({ ...ARGS, ...ALARMS })).steps).toEqual([]);
    const resources = fixture.sandbox.aws.resources();
    const topic = `arn:aws:sns:eu-central-1:${TENANT}:byok-acme-eu-alarms`;
    expect(resources.find(({ kind }) => kind === "sns:subscription")?.properties).toMatchObject({ topic, protocol: "email", endpoint: "security@example.com" });
    expect(resources.find(({ kind }) => kind === "events:target")?.properties).toMatchObject({ rule: "byok-acme-eu-alarms", arn: topic });
    expect(JSON.parse(String(resources.find(({ kind }) => kind === "sns:topic-policy")?.properties["policy"]))).toMatchObject({
      Statement: [{
        Principal: { Service: "events.amazonaws.com" }, Action: "sns:Publish", Resource: topic,
        Condition: { ArnEquals: { "aws:SourceArn": `arn:aws:events:eu-central-1:${TENANT}:rule/byok-acme-eu-alarms` } },
      }],
    });
  });

  test("tell of what takes the key or the access away, and not of its use", async () => {
    const admin = fixture.client(fixture.sandbox.aws.deployer());
    fixture.sandbox.aws.clearCalls();
    await admin.send(new EncryptCommand({ KeyId: keyArn, Plaintext: Buffer.from("x") }));
    expect(told()).toEqual([]);
    await admin.send(new PutKeyPolicyCommand({ KeyId: keyArn, Policy: keyPolicy() }));
    await admin.send(new DisableKeyCommand({ KeyId: keyArn }));
    await admin.send(new ScheduleKeyDeletionCommand({ KeyId: keyArn }));
    expect(told()).toEqual(["PutKeyPolicy", "DisableKey", "ScheduleKeyDeletion"]);
    fixture.sandbox.aws.restore({ keyArn });
  });

  test("each replica is watched in its own region; suspended access leaves alarms; taken out, they go and nothing else", async () => {
    const replicated = { ...ARGS, replicaRegions: ["eu-west-1"] };
    await stack.up({ ...replicated, ...ALARMS });
    expect(fixture.sandbox.aws.resources().filter(({ kind }) => kind === "events:rule").map(({ region }) => region)).toEqual(["eu-central-1", "eu-west-1"]);
    expect((await stack.up({ ...replicated, ...ALARMS, access: Access.Suspended })).steps.filter((step) => step.includes("alarm"))).toEqual([]);
    const { steps } = await stack.up({ ...replicated, access: Access.Suspended });
    expect(steps).toHaveLength(10);
    expect(steps.every((step) => step.startsWith("delete k-alarm-"))).toBe(true);
    expect(fixture.sandbox.aws.resources()).toEqual([]);
  });
});
