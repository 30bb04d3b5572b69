import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type KeyManagementServiceClient, type protos } from "@google-cloud/kms";

import { createKey, enableCloudKms, type GcpFixture, gcpFixture, LOCATION, refusal, TENANT_PROJECT } from "./fixtures.js";

type CryptoKey = protos.google.cloud.kms.v1.ICryptoKey;
type State = "ENABLED" | "DISABLED" | "DESTROY_SCHEDULED" | "DESTROYED";

let fixture: GcpFixture;
let tenant: KeyManagementServiceClient;
/** A fresh key per test. */
let name: string;
let made = 0;

const parent = `projects/${TENANT_PROJECT}/locations/${LOCATION}`;
const ring = `${parent}/keyRings/ring`;
const DAY = 86_400;
const seconds = (days: number): { seconds: string; nanos: number } => ({ seconds: String(days * DAY), nanos: 0 });
/** Sandbox time, so many days from now, as a Timestamp. */
const inDays = (days: number): { seconds: string; nanos: number } => ({ seconds: String(fixture.now() / 1000 + days * DAY), nanos: 0 });

beforeAll(async () => {
  fixture = await gcpFixture();
  await enableCloudKms(fixture, TENANT_PROJECT);
  tenant = fixture.client("deployer-acme-backup-keys");
});
afterAll(() => fixture.close());
beforeEach(async () => {
  made += 1;
  name = await createKey(fixture, `key-${made}`);
});

const version = (id: number): string => `${name}/cryptoKeyVersions/${id}`;
const create = async (cryptoKey: CryptoKey): Promise<CryptoKey> => {
  const [key] = await tenant.createCryptoKey({ parent: ring, cryptoKeyId: `own-${made}`, cryptoKey: { purpose: "ENCRYPT_DECRYPT", ...cryptoKey } });
  return key;
};
const setState = (id: number, state: State): Promise<unknown> =>
  tenant.updateCryptoKeyVersion({ cryptoKeyVersion: { name: version(id), state }, updateMask: { paths: ["state"] } });
const destroy = (id: number): Promise<unknown> => tenant.destroyCryptoKeyVersion({ name: version(id) });
const restore = (id: number): Promise<unknown> => tenant.restoreCryptoKeyVersion({ name: version(id) });
const stateOf = async (id: number): Promise<unknown> => (await tenant.getCryptoKeyVersion({ name: version(id) }))[0].state;
const encrypt = async (): Promise<Buffer> => Buffer.from((await tenant.encrypt({ name, plaintext: Buffer.from("share") }))[0].ciphertext ?? "");
const decrypt = async (ciphertext: Buffer): Promise<string> => Buffer.from((await tenant.decrypt({ name, ciphertext }, {}))[0].plaintext ?? "").toString();

/** How Cloud KMS refuses a version in a state. */
const notEnabled = (id: number, state: State): object => ({
  code: 9,
  details: `${version(id)} is not enabled, current state is: ${state}.`,
  statusDetails: [{ violations: [{ type: `KEY_${state}`, subject: version(id) }] }],
});

describe("key rings", () => {
  test("made once, shown, listed, and there is no deleting them", async () => {
    const [created] = await tenant.createKeyRing({ parent, keyRingId: "other" });
    expect(created).toEqual({ name: `${parent}/keyRings/other`, createTime: inDays(0) });
    expect((await tenant.getKeyRing({ name: `${parent}/keyRings/other` }))[0]).toEqual(created);
    expect((await tenant.listKeyRings({ parent }))[0]).toMatchObject([{ name: ring }, { name: `${parent}/keyRings/other` }]);
    expect((await tenant.listKeyRings({ parent: `projects/${TENANT_PROJECT}/locations/global` }))[0]).toEqual([]);
    await expect(refusal(tenant.createKeyRing({ parent, keyRingId: "other" }))).resolves.toEqual({ code: 6, details: `KeyRing ${parent}/keyRings/other already exists.` });
    await expect(refusal(tenant.getKeyRing({ name: `${parent}/keyRings/none` }))).resolves.toEqual({ code: 5, details: `KeyRing ${parent}/keyRings/none not found.` });
    await expect(refusal(tenant.createKeyRing({ parent, keyRingId: "a/b" }))).resolves.toEqual({
      code: 3, details: "Request field key_ring_id must match ^[a-zA-Z0-9_-]{1,63}$. Provided value was 'a/b'.",
    });
  });
});

describe("keys", () => {
  test("a key is shown as Cloud KMS does", async () => {
    const key = await create({ labels: { team: "backup" }, rotationPeriod: seconds(90), nextRotationTime: inDays(90) });
    const own = `${ring}/cryptoKeys/own-${made}`;
    expect(key).toEqual({
      name: own, purpose: "ENCRYPT_DECRYPT", createTime: inDays(0), labels: { team: "backup" }, importOnly: false, cryptoKeyBackend: "",
      nextRotationTime: inDays(90), rotationPeriod: seconds(90), rotationSchedule: "rotationPeriod", destroyScheduledDuration: seconds(30),
      versionTemplate: { protectionLevel: "SOFTWARE", algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION" }, keyAccessJustificationsPolicy: null,
      primary: expect.objectContaining({
        name: `${own}/cryptoKeyVersions/1`, state: "ENABLED", protectionLevel: "SOFTWARE", algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION",
        createTime: inDays(0), generateTime: inDays(0), destroyTime: null, destroyEventTime: null,
      }),
    });
    expect((await tenant.getCryptoKey({ name: own }))[0]).toEqual(key);
    await expect(refusal(create({}))).resolves.toEqual({ code: 6, details: `CryptoKey ${own} already exists.` });
  });

  test("lists come in pages", async () => {
    await create({});
    const [all] = await tenant.listCryptoKeys({ parent: ring });
    expect(all.map((key) => key.name).slice(-2)).toEqual([name, `${ring}/cryptoKeys/own-${made}`]);
    const [first, next] = await tenant.listCryptoKeys({ parent: ring, pageSize: 1 }, { autoPaginate: false });
    expect(first).toMatchObject([{ name: all[0]?.name }]);
    const [second] = await tenant.listCryptoKeys({ parent: ring, pageSize: 1, pageToken: next?.pageToken ?? "" }, { autoPaginate: false });
    expect(second).toMatchObject([{ name: all[1]?.name }]);
  });

  test("without a first version nothing can be encrypted until one is made the primary", async () => {
    const [key] = await tenant.createCryptoKey({ parent: ring, cryptoKeyId: `empty-${made}`, cryptoKey: { purpose: "ENCRYPT_DECRYPT" }, skipInitialVersionCreation: true });
    name = key.name ?? "";
    expect(key.primary).toBeNull();
    await tenant.createCryptoKeyVersion({ parent: name });
    await expect(refusal(encrypt())).resolves.toEqual({ code: 9, details: `CryptoKey ${name} has no primary version.` });
    await tenant.updateCryptoKeyPrimaryVersion({ name, cryptoKeyVersionId: "1" });
    await expect(decrypt(await encrypt())).resolves.toBe("share");
  });

  test("labels and the rotation schedule are changed, and nothing that the mask does not name", async () => {
    const [labelled] = await tenant.updateCryptoKey({ cryptoKey: { name, labels: { a: "1" }, rotationPeriod: seconds(90) }, updateMask: { paths: ["labels"] } });
    expect(labelled).toMatchObject({ labels: { a: "1" }, nextRotationTime: null });
    expect(labelled).not.toHaveProperty("rotationPeriod");
    const [scheduled] = await tenant.updateCryptoKey({
      cryptoKey: { name, rotationPeriod: seconds(90), nextRotationTime: inDays(90) }, updateMask: { paths: ["rotation_period", "next_rotation_time"] },
    });
    expect(scheduled).toMatchObject({ labels: { a: "1" }, rotationPeriod: seconds(90), nextRotationTime: inDays(90) });
    const [cleared] = await tenant.updateCryptoKey({ cryptoKey: { name }, updateMask: { paths: ["rotation_period", "next_rotation_time"] } });
    expect(cleared).toMatchObject({ labels: { a: "1" }, nextRotationTime: null });
    expect(cleared).not.toHaveProperty("rotationPeriod");
  });

  test.each<[string, () => Promise<unknown>, number, string]>([
    ["no purpose", () => create({ purpose: "CRYPTO_KEY_PURPOSE_UNSPECIFIED" }), 3, "Request field crypto_key.purpose must be specified."],
    ["another purpose", () => create({ purpose: "KEY_ENCAPSULATION" }), 12, "The sandbox does not implement keys with purpose KEY_ENCAPSULATION."],
    ["another purpose without algorithm", () => create({ purpose: "MAC" }), 3, "Request field crypto_key.version_template.algorithm must be specified."],
    ["imported, with a version", () => create({ importOnly: true }), 3, "Request field skip_initial_version_creation must be true for import_only keys."],
    ["external", () => create({ versionTemplate: { protectionLevel: "EXTERNAL", algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION" } }), 12, "The sandbox does not implement protection level EXTERNAL."],
    ["rotation more than daily", () => create({ rotationPeriod: { seconds: DAY - 1 }, nextRotationTime: inDays(1) }), 3, "Request field crypto_key.rotation_period must be at least 86400s, but not more than 3153600000s. Provided value was 86399s."],
    ["rotation without a time", () => create({ rotationPeriod: seconds(90) }), 3, "Request field crypto_key.next_rotation_time must be specified with rotation_period."],
    ["rotation in the past", () => create({ rotationPeriod: seconds(90), nextRotationTime: inDays(-1) }), 3, "Request field crypto_key.next_rotation_time must be in the future."],
    ["destruction at once", () => create({ destroyScheduledDuration: seconds(0) }), 3, "Request field crypto_key.destroy_scheduled_duration must be at least 86400s, but not more than 10368000s. Provided value was 0s."],
    ["a label in capitals", () => create({ labels: { Team: "x" } }), 3, "Label 'Team' with value 'x' is not valid."],
    ["another protection level", () => tenant.updateCryptoKey({ cryptoKey: { name, versionTemplate: { protectionLevel: "HSM", algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION" } }, updateMask: { paths: ["version_template"] } }), 3, "Request field crypto_key.version_template.protection_level is immutable."],
    ["another destroy duration", () => tenant.updateCryptoKey({ cryptoKey: { name, destroyScheduledDuration: seconds(1) }, updateMask: { paths: ["destroy_scheduled_duration"] } }), 3, "Request field update_mask names 'destroy_scheduled_duration', which cannot be updated."],
    ["deletion", () => tenant.deleteCryptoKey({ name }), 12, "The sandbox does not implement DeleteCryptoKey."],
  ])("refused: %s", async (_, call, code, details) => {
    await expect(refusal(call())).resolves.toEqual({ code, details });
  });
});

describe("states of versions", () => {
  test("a disabled primary version neither encrypts nor decrypts; an older one still decrypts", async () => {
    const old = await encrypt();
    fixture.gcp.sandbox.rotate(name);
    const young = await encrypt();
    await setState(2, "DISABLED");
    await expect(refusal(encrypt())).resolves.toEqual(notEnabled(2, "DISABLED"));
    await expect(refusal(decrypt(young))).resolves.toEqual(notEnabled(2, "DISABLED"));
    await expect(decrypt(old)).resolves.toBe("share");
    await setState(2, "ENABLED");
    await expect(decrypt(young)).resolves.toBe("share");
  });

  test("a version that is not enabled can be made the primary one", async () => {
    await tenant.createCryptoKeyVersion({ parent: name, cryptoKeyVersion: { state: "DISABLED" } });
    const [key] = await tenant.updateCryptoKeyPrimaryVersion({ name, cryptoKeyVersionId: "2" });
    expect(key.primary).toMatchObject({ name: version(2), state: "DISABLED" });
    await expect(refusal(encrypt())).resolves.toEqual(notEnabled(2, "DISABLED"));
    await expect(refusal(tenant.updateCryptoKeyPrimaryVersion({ name, cryptoKeyVersionId: "3" }))).resolves.toEqual({ code: 5, details: `CryptoKeyVersion ${version(3)} not found.` });
  });

  test("destruction: scheduled, taken back (then disabled), and carried out for good", async () => {
    const ciphertext = await encrypt();
    const [scheduled] = await tenant.destroyCryptoKeyVersion({ name: version(1) });
    expect(scheduled).toMatchObject({ state: "DESTROY_SCHEDULED", destroyTime: inDays(30) });
    await expect(refusal(decrypt(ciphertext))).resolves.toEqual(notEnabled(1, "DESTROY_SCHEDULED"));
    await expect(refusal(encrypt())).resolves.toEqual(notEnabled(1, "DESTROY_SCHEDULED"));
    await restore(1);
    await expect(refusal(decrypt(ciphertext))).resolves.toEqual(notEnabled(1, "DISABLED"));
    await setState(1, "ENABLED");
    await expect(decrypt(ciphertext)).resolves.toBe("share");

    await destroy(1);
    fixture.advance(29.9);
    await expect(stateOf(1)).resolves.toBe("DESTROY_SCHEDULED");
    fixture.advance(0.2);
    const [destroyed] = await tenant.getCryptoKeyVersion({ name: version(1) });
    expect(destroyed).toMatchObject({ state: "DESTROYED", destroyTime: null, destroyEventTime: inDays(-0.1) });
    await expect(refusal(decrypt(ciphertext))).resolves.toEqual(notEnabled(1, "DESTROYED"));
    await expect(refusal(encrypt())).resolves.toEqual(notEnabled(1, "DESTROYED"));
    // The key is still there, and a new version works.
    fixture.gcp.sandbox.rotate(name);
    await expect(decrypt(await encrypt())).resolves.toBe("share");
  });

  test.each<[string, State, () => Promise<unknown>, string]>([
    ["enabling", "DESTROY_SCHEDULED", () => setState(1, "ENABLED"), "enabled"],
    ["disabling", "DESTROY_SCHEDULED", () => setState(1, "DISABLED"), "disabled"],
    ["destroying twice", "DESTROY_SCHEDULED", () => destroy(1), "destroyed"],
    ["restoring", "DESTROYED", () => restore(1), "restored"],
    ["restoring what is enabled", "ENABLED", () => restore(1), "restored"],
  ])("%s a version in another state is refused", async (_, state, act, doing) => {
    if (state !== "ENABLED") await destroy(1);
    if (state === "DESTROYED") fixture.advance(31);
    await expect(refusal(act())).resolves.toMatchObject({ code: 9, details: `${version(1)} cannot be ${doing}, current state is: ${state}.` });
  });

  test.each<[string, () => Promise<unknown>, string]>([
    ["a state of one's own", () => setState(1, "DESTROYED"), "Request field crypto_key_version.state must be ENABLED or DISABLED. Provided value was 'DESTROYED'."],
    ["no mask", () => tenant.updateCryptoKeyVersion({ cryptoKeyVersion: { name: version(1), state: "DISABLED" }, updateMask: { paths: [] } }), "Request field update_mask must name 'state' and nothing else."],
  ])("%s is refused", async (_, call, details) => {
    await expect(refusal(call())).resolves.toEqual({ code: 3, details });
  });

  test("versions are listed, oldest first", async () => {
    fixture.gcp.sandbox.rotate(name);
    await setState(1, "DISABLED");
    const [versions] = await tenant.listCryptoKeyVersions({ parent: name });
    expect(versions.map(({ name: each, state }) => [each, state])).toEqual([[version(1), "DISABLED"], [version(2), "ENABLED"]]);
  });
});

describe("automatic rotation", () => {
  test("by the calendar, several periods at once, and everything still opens", async () => {
    const key = await create({ rotationPeriod: seconds(90), nextRotationTime: inDays(10) });
    name = key.name ?? "";
    const ciphertexts = [await encrypt()];
    fixture.advance(10);
    ciphertexts.push(await encrypt());
    fixture.advance(185);
    ciphertexts.push(await encrypt());
    const [rotated] = await tenant.getCryptoKey({ name });
    expect(rotated).toMatchObject({ primary: { name: version(4), createTime: inDays(-5) }, nextRotationTime: inDays(85) });
    for (const ciphertext of ciphertexts) await expect(decrypt(ciphertext)).resolves.toBe("share");
  });

  test("a time without a period rotates once", async () => {
    await tenant.updateCryptoKey({ cryptoKey: { name, nextRotationTime: inDays(1) }, updateMask: { paths: ["next_rotation_time"] } });
    fixture.advance(400);
    expect((await tenant.getCryptoKey({ name }))[0]).toMatchObject({ primary: { name: version(2) }, nextRotationTime: null });
  });

  test("it gives a disabled key an enabled version again", async () => {
    await tenant.updateCryptoKey({ cryptoKey: { name, rotationPeriod: seconds(90), nextRotationTime: inDays(90) }, updateMask: { paths: ["rotation_period", "next_rotation_time"] } });
    const old = await encrypt();
    await setState(1, "DISABLED");
    fixture.advance(90);
    await expect(decrypt(await encrypt())).resolves.toBe("share");
    await expect(refusal(decrypt(old))).resolves.toEqual(notEnabled(1, "DISABLED"));
  });
});

test("keys of other purposes, and import-only ones, can be looked at, and not used", async () => {
  const parent = (await create({})).name?.replace(/\/cryptoKeys\/.*$/, "") ?? "";
  const template = { algorithm: "RSA_DECRYPT_OAEP_3072_SHA256", protectionLevel: "SOFTWARE" } as const;
  await tenant.createCryptoKey({ parent, cryptoKeyId: "rsa", cryptoKey: { purpose: "ASYMMETRIC_DECRYPT", versionTemplate: template } });
  const [rsa] = await tenant.getCryptoKey({ name: `${parent}/cryptoKeys/rsa` });
  expect(rsa).toMatchObject({ purpose: "ASYMMETRIC_DECRYPT", versionTemplate: template, primary: null, importOnly: false });
  await expect(refusal(fixture.client(`deployer-${TENANT_PROJECT}`).encrypt({ name: rsa.name ?? "", plaintext: Buffer.from("x") }))).resolves.toMatchObject({ code: 9 });
  const [imported] = await tenant.createCryptoKey({
    parent, cryptoKeyId: "imported", cryptoKey: { purpose: "ENCRYPT_DECRYPT", importOnly: true }, skipInitialVersionCreation: true,
  });
  expect(imported).toMatchObject({ importOnly: true, primary: null });
});
