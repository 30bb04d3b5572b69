import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { DescribeKeyCommand, GetKeyPolicyCommand, type KMSClient } from "@aws-sdk/client-kms";

import { awsProvider } from "../../../sandbox/pulumi/aws/provider.js";
import { type Difference } from "../../../sandbox/pulumi/schema.js";
import { type Properties, shown, UNKNOWN } from "../../../sandbox/pulumi/values.js";
import { type Fixture, keyPolicy, REGION, sandboxFixture, SERVICE, TENANT } from "../fixtures.js";
import { connectEngine, type Engine, inProcess, providerPort } from "./engine.js";

const KEY = "aws:kms/key:Key";
const ALIAS = "aws:kms/alias:Alias";
const POLICY = "aws:kms/keyPolicy:KeyPolicy";
const CONFIG = { region: REGION, allowedAccountIds: `["${TENANT}"]`, skipRegionValidation: "true" };
const GRANT = { Sid: "Use", Effect: "Allow", Principal: { AWS: SERVICE }, Action: "kms:Decrypt", Resource: "*" };

let fixture: Fixture;
let kms: KMSClient;
let engine: Engine;

beforeAll(async () => {
  fixture = await sandboxFixture({ pulumi: true });
  kms = fixture.client(fixture.sandbox.aws.deployer());
  engine = await connectEngine(providerPort(fixture.sandbox.environment, "aws"), CONFIG);
});
afterAll(async () => {
  engine.close();
  await fixture.close();
});

/** The provider as child.ts uses it, behind the same face as the engine's connection. */
function direct(): Engine {
  const { endpoints, aws } = fixture.sandbox;
  return inProcess(awsProvider, CONFIG, { endpoints, deployers: { aws: aws.deployer() } });
}

describe.each([
  ["gRPC", (): Engine => engine],
  ["in-process", direct],
])("resource types over %s", (_, connect) => {
  let host: Engine;
  beforeAll(() => {
    host = connect();
  });

  const create = async (token: string, given: Properties): Promise<{ id: string; state: Properties; inputs: Properties }> => {
    const { inputs, failures } = await host.check(token, given);
    expect(failures).toEqual([]);
    return { ...(await host.create(token, inputs)), inputs };
  };
  const changes = async (token: string, one: { id: string; state: Properties }, given: Properties, ignored: string[] = []): Promise<Difference[]> =>
    host.diff(token, one.id, one.state, (await host.check(token, given)).inputs, ignored);

  test("a key with everything: created, unchanged, updated in place, deleted", async () => {
    const given = {
      description: "d", enableKeyRotation: true, rotationPeriodInDays: 100, deletionWindowInDays: 7, tags: { a: "1" }, policy: keyPolicy(GRANT),
    };
    const key = await create(KEY, given);
    expect(key.state).toEqual({
      arn: `arn:aws:kms:${REGION}:${TENANT}:key/${key.id}`, keyId: key.id, region: REGION, multiRegion: false,
      bypassPolicyLockoutSafetyCheck: false, customerMasterKeySpec: "SYMMETRIC_DEFAULT", keyUsage: "ENCRYPT_DECRYPT",
      isEnabled: true, ...given, tagsAll: { a: "1" },
    });
    await expect(changes(KEY, key, given)).resolves.toEqual([]);
    await expect(changes(KEY, key, { ...given, policy: JSON.stringify(JSON.parse(given.policy), null, 4) })).resolves.toEqual([]);

    const wanted = { description: "e", enableKeyRotation: false, isEnabled: false, deletionWindowInDays: 8, tags: { b: "2" }, policy: keyPolicy() };
    const differences = await changes(KEY, key, wanted);
    expect(differences.map(({ property }) => property).sort()).toEqual(
      ["deletionWindowInDays", "description", "enableKeyRotation", "isEnabled", "policy", "tags"],
    );
    expect(differences.some(({ replaces }) => replaces)).toBe(false);
    const state = await host.update(KEY, key.id, key.state, (await host.check(KEY, wanted)).inputs);
    expect(state).toMatchObject({ ...wanted, tagsAll: { b: "2" } });
    expect(state).not.toHaveProperty("rotationPeriodInDays");

    await host.delete(KEY, key.id, state);
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: key.id }));
    expect(KeyMetadata?.KeyState).toBe("PendingDeletion");
    expect(KeyMetadata?.DeletionDate).toEqual(new Date(Date.UTC(2026, 10, 24 + 8)));
    await expect(host.read(KEY, key.id, state)).resolves.toBeUndefined();
    await host.delete(KEY, key.id, state);
  });

  test("a key without anything gets the published defaults", async () => {
    const key = await create(KEY, {});
    expect(key.inputs).toEqual({
      bypassPolicyLockoutSafetyCheck: false, customerMasterKeySpec: "SYMMETRIC_DEFAULT", enableKeyRotation: false, isEnabled: true, keyUsage: "ENCRYPT_DECRYPT",
    });
    expect(JSON.parse(shown(key.state["policy"] ?? null))).toMatchObject({ Id: "key-default-1" });
    await expect(changes(KEY, key, {})).resolves.toEqual([]);
    await expect(changes(KEY, key, { region: "us-east-2" })).resolves.toEqual([{ property: "region", kind: "update", replaces: true }]);
    await expect(changes(KEY, key, { description: "ignored" }, ["description"])).resolves.toEqual([]);
    await expect(changes(KEY, key, { description: UNKNOWN })).resolves.toMatchObject([{ property: "description", replaces: false }]);
  });

  test("drift is read back", async () => {
    const key = await create(KEY, { description: "d" });
    fixture.sandbox.aws.revoke({ keyArn: shown(key.state["arn"] ?? null), by: "disable" });
    const found = await host.read(KEY, key.id, key.state);
    expect(found?.state["isEnabled"]).toBe(false);
    await expect(changes(KEY, { id: key.id, state: found?.state ?? {} }, { description: "d" })).resolves.toEqual([
      { property: "isEnabled", kind: "update", replaces: false },
    ]);
  });

  test("an alias: created by ARN, unchanged by id, moved in place, replaced by name, deleted twice", async () => {
    const [from, to] = [await create(KEY, {}), await create(KEY, {})];
    const given = { name: `alias/a-${from.id}`, targetKeyId: shown(from.state["arn"] ?? null) };
    const alias = await create(ALIAS, given);
    expect(alias).toMatchObject({
      id: given.name,
      state: {
        arn: `arn:aws:kms:${REGION}:${TENANT}:${given.name}`, name: given.name, namePrefix: "", region: REGION,
        targetKeyArn: from.state["arn"], targetKeyId: from.id,
      },
    });
    await expect(changes(ALIAS, alias, { ...given, targetKeyId: from.id })).resolves.toEqual([]);
    await expect(changes(ALIAS, alias, { ...given, name: "alias/other" })).resolves.toEqual([{ property: "name", kind: "update", replaces: true }]);
    await expect(changes(ALIAS, alias, { ...given, targetKeyId: to.id })).resolves.toEqual([{ property: "targetKeyId", kind: "update", replaces: false }]);
    const moved = await host.update(ALIAS, alias.id, alias.state, { ...given, targetKeyId: to.id });
    expect(moved).toMatchObject({ targetKeyId: to.id, targetKeyArn: to.state["arn"] });
    await expect(host.create(ALIAS, { ...given })).rejects.toThrow(
      `creating KMS Alias (${given.name}): AlreadyExistsException: An alias with the name arn:aws:kms:${REGION}:${TENANT}:${given.name} already exists`,
    );
    await host.delete(ALIAS, alias.id, moved);
    await host.delete(ALIAS, alias.id, moved);
    await expect(host.read(ALIAS, alias.id, moved)).resolves.toBeUndefined();
  });

  test("a key policy: attached, replaced by key, and the default back when deleted", async () => {
    const key = await create(KEY, {});
    const policy = await create(POLICY, { keyId: key.id, policy: keyPolicy(GRANT) });
    expect(policy).toMatchObject({ id: key.id, state: { keyId: key.id, policy: keyPolicy(GRANT), region: REGION } });
    await expect(changes(POLICY, policy, { keyId: shown(key.state["arn"] ?? null), policy: keyPolicy(GRANT) })).resolves.toEqual([]);
    await expect(changes(POLICY, policy, { keyId: UNKNOWN, policy: keyPolicy(GRANT) })).resolves.toMatchObject([{ property: "keyId", replaces: true }]);
    // The key left its policy to this resource: no difference there.
    const reread = await host.read(KEY, key.id, key.state);
    await expect(changes(KEY, { id: key.id, state: reread?.state ?? {} }, {})).resolves.toEqual([]);
    await host.delete(POLICY, policy.id, policy.state);
    const { Policy } = await kms.send(new GetKeyPolicyCommand({ KeyId: key.id }));
    expect(JSON.parse(Policy ?? "")).toMatchObject({ Id: "key-default-1", Statement: [{ Principal: { AWS: `arn:aws:iam::${TENANT}:root` } }] });
  });

  test("a preview knows what is given and no more", async () => {
    const state = await host.preview(KEY, { description: "d" });
    expect(state).toMatchObject({ description: "d", arn: UNKNOWN, keyId: UNKNOWN, policy: UNKNOWN, region: REGION });
  });

  test.each<[string, string, Properties, string]>([
    ["unknown property", KEY, { policie: "x" }, `the sandbox does not implement the property "policie" of ${KEY}`],
    ["not played", KEY, { customerMasterKeySpec: "RSA_2048" }, 'the sandbox implements only SYMMETRIC_DEFAULT for "customerMasterKeySpec", not RSA_2048'],
    ["key store", KEY, { customKeyStoreId: "cks-1" }, `the sandbox does not implement the property "customKeyStoreId" of ${KEY}`],
    ["window", KEY, { deletionWindowInDays: 31 }, "expected an integer in the range (7 - 30), got 31"],
    ["period alone", KEY, { rotationPeriodInDays: 90 }, '"rotationPeriodInDays": all of `enableKeyRotation,rotationPeriodInDays` must be specified'],
    ["policy", KEY, { policy: "{" }, '"policy" contains an invalid JSON policy'],
    ["type", KEY, { isEnabled: "yes" }, '"isEnabled" must be a boolean'],
    ["alias name", ALIAS, { name: "x", targetKeyId: "k" }, "\"name\" must begin with 'alias/' and be comprised of only [a-zA-Z0-9/_-]"],
    ["alias without name", ALIAS, { targetKeyId: "k" }, "the sandbox needs a name or a namePrefix for an alias"],
    ["required", POLICY, { policy: "{}" }, "Missing required property 'keyId'"],
  ])("check refuses: %s", async (_case, token, given, reason) => {
    const { failures } = await host.check(token, given);
    expect(failures.map((failure) => failure.reason)).toEqual([reason]);
  });

  test("a refusal of KMS reaches the caller with its name", async () => {
    const policy = keyPolicy({ ...GRANT, Principal: { AWS: "999999999999" } });
    await expect(host.create(KEY, { policy })).rejects.toThrow(
      "creating KMS Key: MalformedPolicyDocumentException: Policy contains a statement with one or more invalid principals.",
    );
  });
});

describe("provider configuration", () => {
  const port = (): number => providerPort(fixture.sandbox.environment, "aws");

  test.each<[string, Properties, string]>([
    ["another account only", { region: REGION, allowedAccountIds: '["444455556666"]' }, `AWS account ID not allowed: ${TENANT}`],
    ["forbidden", { region: REGION, forbiddenAccountIds: `["${TENANT}"]` }, `AWS account ID not allowed: ${TENANT}`],
    ["no region", {}, "Missing region configuration."],
    ["not played", { region: REGION, profile: "x" }, 'the sandbox does not implement the provider setting "profile"'],
  ])("%s is refused before anything is created", async (_, config, message) => {
    const before = fixture.sandbox.aws.status().keys.length;
    await expect(connectEngine(port(), config)).rejects.toThrow(message);
    expect(fixture.sandbox.aws.status().keys).toHaveLength(before);
  });

  test("two providers over one process keep their Regions", async () => {
    const other = await connectEngine(port(), { region: "us-east-2" });
    const [here, there] = await Promise.all([engine.create(KEY, {}), other.create(KEY, {})]);
    expect([here.state["region"], there.state["region"]]).toEqual([REGION, "us-east-2"]);
    expect(shown(there.state["arn"] ?? null)).toContain(":us-east-2:");
    other.close();
  });

  test("a signed-in stranger is refused by the next run", async () => {
    fixture.sandbox.aws.signIn({ account: "444455556666" });
    await expect(connectEngine(port(), CONFIG)).rejects.toThrow("AWS account ID not allowed: 444455556666");
    fixture.sandbox.aws.signIn({ account: TENANT });
  });
});

test("secrets stay secret on the wire, a half-made key is not forgotten", async () => {
  const { raw } = engine;
  const created = await raw?.create(KEY, { description: { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: "s" }, isEnabled: true });
  expect(created?.properties["description"]).toEqual({ "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: "s" });

  // The SDK tries three times; the provider then gives up on the rotation, but the key exists.
  fixture.sandbox.aws.injectFault({ operation: "EnableKeyRotation", error: "KMSInternalException" });
  const failure = await raw?.create(KEY, { enableKeyRotation: true, isEnabled: true }).then(
    () => undefined,
    (error: unknown) => error as { message: string; initFailed?: { id: string; reasons: string[] } },
  );
  fixture.sandbox.aws.clearFaults();
  expect(failure?.message).toContain("enabling KMS Key (");
  expect(fixture.sandbox.aws.status().keys.map(({ keyArn }) => keyArn.split("/")[1])).toContain(failure?.initFailed?.id);
});
