import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type KeyManagementServiceClient } from "@google-cloud/kms";

import { type CloudKeyStatus } from "../../../sandbox/cloud.js";
import { type GcpSandbox } from "../../../sandbox/gcp/index.js";
import { ByokError } from "../../../runtime/master-key/errors.js";
import { createKey, enableCloudKms, type GcpFixture, gcpFixture, getPolicy, refusal, SERVICE, setPolicy, TENANT_PROJECT, USE } from "./fixtures.js";

let fixture: GcpFixture;
let sandbox: GcpSandbox;
let tenant: KeyManagementServiceClient;
let service: KeyManagementServiceClient;
/** A fresh key per test, granted to the service. */
let name: string;
let made = 0;

beforeAll(async () => {
  fixture = await gcpFixture();
  ({ sandbox } = fixture.gcp);
  await enableCloudKms(fixture, TENANT_PROJECT);
  tenant = fixture.client("deployer-acme-backup-keys");
  service = fixture.client("service");
});
afterAll(() => fixture.close());
beforeEach(async () => {
  made += 1;
  name = await createKey(fixture, `key-${made}`, { grant: [SERVICE] });
});

const version = (id: number): string => `${name}/cryptoKeyVersions/${id}`;
const encrypt = async (): Promise<Buffer> => Buffer.from((await service.encrypt({ name, plaintext: Buffer.from("share") }))[0].ciphertext ?? "");
const decrypt = async (ciphertext: Buffer): Promise<string> => Buffer.from((await service.decrypt({ name, ciphertext }, {}))[0].plaintext ?? "").toString();
const status = (): CloudKeyStatus | undefined => sandbox.keys().find(({ keyId }) => keyId === name);
const states = (): unknown => status()?.versions.map(({ state, newest }) => (newest ? `${state}*` : state));
const complaint = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(ByokError);
    expect(error).toHaveProperty("code", "CONFIG_INVALID");
    return (error as Error).message;
  }
  throw new Error("the act succeeded");
};

test("a key is shown with its versions and who was granted", () => {
  expect(status()).toEqual({
    provider: "gcp-kms", keyId: name, state: "ENABLED", grantedTo: [SERVICE], revoked: false, notes: ["protection level SOFTWARE"],
    versions: [{ version: version(1), state: "ENABLED", newest: true }],
  });
});

test("revoked by disabling: every enabled version; restored: those and no others", async () => {
  const old = await encrypt();
  sandbox.rotate(name);
  sandbox.rotate(name);
  const young = await encrypt();
  await tenant.updateCryptoKeyVersion({ cryptoKeyVersion: { name: version(2), state: "DISABLED" }, updateMask: { paths: ["state"] } });
  expect(sandbox.revoke(name, "disable")).toMatchObject({ revoked: true, state: "DISABLED" });
  expect(states()).toEqual(["DISABLED", "DISABLED", "DISABLED*"]);
  await expect(refusal(decrypt(old))).resolves.toMatchObject({ code: 9, details: `${version(1)} is not enabled, current state is: DISABLED.` });
  await expect(refusal(decrypt(young))).resolves.toMatchObject({ code: 9 });
  expect(complaint(() => sandbox.revoke(name, "disable"))).toBe(`${name} has no enabled version: there is nothing to disable.`);
  expect(sandbox.restore(name)).toMatchObject({ revoked: false });
  expect(states()).toEqual(["ENABLED", "DISABLED", "ENABLED*"]);
  await expect(decrypt(young)).resolves.toBe("share");
});

test("revoked by grant: outsiders lose every role, the project's own accounts keep theirs, and it comes back", async () => {
  const own = `serviceAccount:${sandbox.deployer().email}`;
  await setPolicy(tenant, name, { bindings: [{ role: USE, members: [SERVICE, own] }, { role: "roles/cloudkms.viewer", members: [SERVICE] }] });
  const ciphertext = await encrypt();
  expect(sandbox.revoke(name, "grant")).toMatchObject({ revoked: true, grantedTo: [], state: "ENABLED" });
  expect((await getPolicy(tenant, name)).bindings).toMatchObject([{ role: USE, members: [own] }]);
  await expect(refusal(decrypt(ciphertext))).resolves.toMatchObject({ code: 7, reason: "IAM_PERMISSION_DENIED" });
  expect(complaint(() => sandbox.revoke(name, "grant"))).toBe(`The policy of ${name} names nobody outside its project: there is no grant to withdraw.`);
  expect(sandbox.restore(name)).toMatchObject({ revoked: false, grantedTo: [SERVICE] });
  expect((await getPolicy(tenant, name)).bindings).toMatchObject([{ role: USE, members: [own, SERVICE] }, { role: "roles/cloudkms.viewer", members: [SERVICE] }]);
  await expect(decrypt(ciphertext)).resolves.toBe("share");
});

test("both ways at once are undone together, also by another process", async () => {
  const ciphertext = await encrypt();
  sandbox.revoke(name, "disable");
  sandbox.revoke(name, "grant");
  ({ sandbox } = await fixture.restart());
  expect(status()).toMatchObject({ revoked: true, grantedTo: [], state: "DISABLED" });
  sandbox.restore(name);
  expect(status()).toMatchObject({ revoked: false, grantedTo: [SERVICE], state: "ENABLED" });
  tenant = fixture.client("deployer-acme-backup-keys");
  service = fixture.client("service");
  await expect(decrypt(ciphertext)).resolves.toBe("share");
  expect(complaint(() => sandbox.restore(name))).toBe(`Nothing was taken away from ${name}: there is nothing to restore.`);
});

test("rotation: the new version encrypts, the old one still decrypts, and can then be destroyed", async () => {
  const old = await encrypt();
  expect(sandbox.rotate(name)).toMatchObject({ versions: [{ newest: false }, { version: version(2), newest: true }] });
  await expect(decrypt(old)).resolves.toBe("share");
  const young = await encrypt();
  expect(sandbox.destroyVersion(name, version(1))).toMatchObject({ revoked: false, state: "ENABLED" });
  expect(states()).toEqual(["DESTROY_SCHEDULED", "ENABLED*"]);
  await expect(refusal(decrypt(old))).resolves.toMatchObject({ code: 9, details: `${version(1)} is not enabled, current state is: DESTROY_SCHEDULED.` });
  await expect(decrypt(young)).resolves.toBe("share");
  fixture.advance(31);
  expect(states()).toEqual(["DESTROYED", "ENABLED*"]);
});

test("a disabled version comes back with restore, a destroyed one does not", () => {
  sandbox.rotate(name);
  sandbox.rotate(name);
  sandbox.disableVersion(name, version(1));
  sandbox.disableVersion(name, version(2));
  expect(status()).toMatchObject({ revoked: true, state: "ENABLED" });
  expect(complaint(() => sandbox.disableVersion(name, version(1)))).toBe(`${version(1)} is not enabled, its state is DISABLED.`);
  sandbox.destroyVersion(name, version(1));
  sandbox.restore(name);
  expect(states()).toEqual(["DESTROY_SCHEDULED", "ENABLED", "ENABLED*"]);
});

test("scheduled deletion: every version, after the key's own time, and back", async () => {
  const ciphertext = await encrypt();
  sandbox.rotate(name);
  sandbox.disableVersion(name, version(1));
  expect(complaint(() => sandbox.scheduleDeletion(name, 7))).toBe(
    `Google Cloud destroys the versions of ${name} 30 days after they are scheduled: the key's destroyScheduledDuration, which cannot be changed. Ask for 30 days.`,
  );
  const deletionDate = new Date(fixture.now() + 30 * 86_400_000).toISOString();
  expect(sandbox.scheduleDeletion(name, 30)).toMatchObject({ revoked: true, state: "DESTROY_SCHEDULED", deletionDate });
  expect(complaint(() => sandbox.scheduleDeletion(name, 30))).toBe(`${name} has no version whose destruction could be scheduled.`);
  sandbox.restore(name);
  expect(states()).toEqual(["ENABLED", "ENABLED*"]);
  expect(status()).not.toHaveProperty("deletionDate");
  await expect(decrypt(ciphertext)).resolves.toBe("share");

  sandbox.scheduleDeletion(name, 30);
  fixture.advance(31);
  expect(states()).toEqual(["DESTROYED", "DESTROYED*"]);
  expect(sandbox.restore(name)).toMatchObject({ state: "DESTROYED" });
});

describe("what cannot be done says why", () => {
  test.each<[string, () => unknown, () => string]>([
    ["no such key", () => sandbox.revoke(`${name}-none`, "disable"), () => `${name}-none does not exist in the sandbox. Its keys:\n`],
    ["no key's name", () => sandbox.rotate("alias/x"), () => "alias/x is not the resource name of a key. Its keys:\n"],
    ["no such version", () => sandbox.destroyVersion(name, "1"), () => `1 is not the resource name of a version of ${name}. Its versions:\n  ${version(1)} (ENABLED)`],
  ])("%s", (_, act, expected) => {
    expect(complaint(act).startsWith(expected())).toBe(true);
  });

  test("a refusal of Google's, in its words", () => {
    sandbox.destroyVersion(name, version(1));
    expect(complaint(() => sandbox.destroyVersion(name, version(1)))).toBe(
      `DestroyCryptoKeyVersion was refused: FAILED_PRECONDITION: ${version(1)} cannot be destroyed, current state is: DESTROY_SCHEDULED.`,
    );
  });
});

test("acts are the deployer's calls", () => {
  sandbox.clearCalls();
  sandbox.revoke(name, "grant");
  expect(sandbox.calls()).toEqual([
    {
      time: new Date(fixture.now()).toISOString(), method: "SetIamPolicy", principal: "deployer@acme-backup-keys.iam.gserviceaccount.com", resource: name,
      permission: "cloudkms.cryptoKeys.setIamPolicy", status: "OK", log: "activity",
    },
  ]);
});

test("a key in a project that the tenant made later is that tenant's too", async () => {
  const deployer = "deployer-acme-backup-keys";
  const project = "acme-later-keys";
  await fixture.rest(deployer, "POST", "/v3/projects", { projectId: project, parent: "organizations/123456789012" });
  await fixture.rest(deployer, "PUT", `/v1/projects/${project}/billingInfo`, { billingAccountName: "billingAccounts/012345-6789AB-CDEF01" });
  await fixture.rest(deployer, "POST", `/v1/projects/${project}/services/cloudkms.googleapis.com:enable`);
  await tenant.createKeyRing({ parent: `projects/${project}/locations/global`, keyRingId: "ring" });
  const [key] = await tenant.createCryptoKey({ parent: `projects/${project}/locations/global/keyRings/ring`, cryptoKeyId: "key", cryptoKey: { purpose: "ENCRYPT_DECRYPT" } });
  expect(sandbox.revoke(key.name ?? "", "disable")).toMatchObject({ state: "DISABLED", revoked: true });
});
