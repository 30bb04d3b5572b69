import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";

import { AZURE_ACTS, type AzureSandbox, OTHER_TENANT_DIRECTORY, startAzure, TENANT_DIRECTORY } from "../../../sandbox/azure/index.js";
import { issueServerTls } from "../../../sandbox/certificate-authority.js";
import { type TenantCloud } from "../../../sandbox/cloud.js";
import { temporaryDirectory } from "../fixtures.js";
import { DAY, type AzureFixture, azureFixture, refusal, service, type Service } from "./fixtures.js";

const OAEP = "RSA-OAEP-256";

let fixture: AzureFixture;
/** What every cloud lets its tenant do. */
let cloud: TenantCloud;
let made = 0;

beforeAll(async () => {
  fixture = await azureFixture();
  cloud = fixture.running.sandbox;
});
afterAll(() => fixture.close());

describe.each([["access policies", false], ["role assignments", true]])("with %s", (_, rbac) => {
  let caller: Service;
  let vault: string;
  let keyId: string;
  let version: string;
  let wrap: Uint8Array;

  beforeEach(async () => {
    vault = `acme-${(made += 1)}`;
    const { sandbox } = fixture.running;
    sandbox.createVault({ name: vault, rbac, retentionDays: 7 });
    ({ keyUri: keyId, version } = sandbox.createKey({ vault, name: "k" }));
    caller = await service(fixture, vault, ...(rbac ? [] : ["encrypt", "decrypt"]));
    if (rbac) sandbox.assignRole({ vault, objectId: caller.servicePrincipalId, role: "Key Vault Crypto User" });
    wrap = await encrypt();
  });

  const encrypt = async (): Promise<Uint8Array> =>
    (await fixture.crypto(keyId, caller.credential).encrypt({ algorithm: OAEP, plaintext: Buffer.from("share") })).result;
  const decrypt = async (): Promise<string> =>
    Buffer.from((await fixture.crypto(`${keyId}/${version}`, caller.credential).decrypt({ algorithm: OAEP, ciphertext: wrap })).result).toString();
  const status = (): unknown => cloud.keys().find((key) => key.keyId === keyId);
  const normal = (): object => ({
    provider: "azure-key-vault", keyId, state: "Enabled", grantedTo: [caller.servicePrincipalId], revoked: false,
    versions: [{ version, state: "Enabled", newest: true }],
    notes: [rbac ? "role assignments decide" : "access policies decide", "purge protection"],
  });

  test("untouched", () => {
    expect(status()).toEqual(normal());
  });

  test("disabled, every version, and enabled again", async () => {
    cloud.rotate(keyId);
    const disabled = cloud.revoke(keyId, "disable");
    expect(disabled).toMatchObject({ state: "Disabled", revoked: true, versions: [{ state: "Disabled" }, { state: "Disabled" }] });
    await expect(refusal(decrypt())).resolves.toMatchObject({ status: 403, inner: "KeyDisabled" });
    expect(cloud.restore(keyId)).toMatchObject({ state: "Enabled", revoked: false, versions: [{ state: "Enabled" }, { state: "Enabled" }] });
    await expect(decrypt()).resolves.toBe("share");
  });

  test("the grant withdrawn, and given back as it was", async () => {
    const { sandbox } = fixture.running;
    const before = JSON.parse(readFileSync(join(fixture.directory, "azure.json"), "utf8")) as { vaults: object[]; roleAssignments: object[] };
    expect(cloud.revoke(keyId, "grant")).toMatchObject({ state: "Enabled", revoked: true, grantedTo: [] });
    await expect(refusal(encrypt())).resolves.toMatchObject({ status: 403, inner: rbac ? "ForbiddenByRbac" : "AccessDenied" });
    expect(() => cloud.revoke(keyId, "grant")).toThrow(`Nobody but the administrator may use ${keyId}: there is no grant to withdraw.`);
    sandbox.restore(keyId);
    await expect(decrypt()).resolves.toBe("share");
    const after = JSON.parse(readFileSync(join(fixture.directory, "azure.json"), "utf8")) as typeof before;
    expect(after.vaults).toEqual(before.vaults);
    expect(after.roleAssignments).toEqual(before.roleAssignments);
    expect(status()).toEqual(normal());
  });

  test("both ways, one after the other, and all back at once", async () => {
    cloud.revoke(keyId, "grant");
    cloud.revoke(keyId, "disable");
    cloud.restore(keyId);
    await expect(decrypt()).resolves.toBe("share");
    expect(status()).toEqual(normal());
    expect(() => cloud.restore(keyId)).toThrow(`Nothing was taken away from ${keyId}: there is nothing to restore.`);
  });

  test("a new version encrypts, the old one can be disabled by itself", async () => {
    const rotated = cloud.rotate(keyId);
    const newest = rotated.versions.at(-1)?.version ?? "";
    expect(rotated.versions).toEqual([{ version, state: "Enabled", newest: false }, { version: newest, state: "Enabled", newest: true }]);
    expect(cloud.disableVersion(keyId, version)).toMatchObject({ state: "Enabled", revoked: true, versions: [{ state: "Disabled" }, { state: "Enabled" }] });
    await expect(refusal(decrypt())).resolves.toMatchObject({ inner: "KeyDisabled" });
    await expect(encrypt()).resolves.toBeDefined();
    expect(cloud.restore(keyId)).toMatchObject({ revoked: false, versions: [{ state: "Enabled" }, { state: "Enabled" }] });
  });

  test("deleted for the vault's days, restored, or gone when they are over", async () => {
    expect(cloud.scheduleDeletion(keyId, 7)).toMatchObject({ state: "Deleted", deletionDate: new Date(fixture.now() + 7 * DAY).toISOString() });
    await expect(refusal(decrypt())).resolves.toMatchObject({ status: 404, code: "KeyNotFound" });
    expect(cloud.restore(keyId)).toMatchObject({ state: "Enabled" });
    await expect(decrypt()).resolves.toBe("share");
    cloud.scheduleDeletion(keyId, 7);
    fixture.advance(7 * DAY);
    expect(status()).toBeUndefined();
    await expect(refusal(decrypt())).resolves.toMatchObject({ status: 404, code: "KeyNotFound" });
  });

  test("the firewall closed, and opened by hand or by restoring", async () => {
    const { sandbox } = fixture.running;
    sandbox.firewall({ vault, closed: true });
    expect(status()).toMatchObject({ revoked: true, notes: [expect.any(String), "purge protection", "firewall closed"] });
    await expect(refusal(decrypt())).resolves.toMatchObject({ status: 403, inner: "ForbiddenByFirewall" });
    // It keeps the administrator out as well.
    expect(() => cloud.rotate(keyId)).toThrow("KeyRotate was refused: ForbiddenByFirewall: Client address is not authorized and caller is not a trusted service.");
    sandbox.firewall({ vault, closed: false });
    await expect(decrypt()).resolves.toBe("share");
    sandbox.firewall({ vault, closed: true });
    expect(cloud.restore(keyId)).toEqual(normal());
    await expect(decrypt()).resolves.toBe("share");
  });

  test("the administrator takes its own right on keys away when it is done", () => {
    fixture.running.sandbox.clearCalls();
    cloud.rotate(keyId);
    const calls = fixture.running.sandbox.calls().map(({ operation, outcome }) => [operation, outcome]);
    expect(calls).toEqual(
      rbac
        ? [["Microsoft.Authorization/roleAssignments/write", "ok"], ["KeyRotate", "ok"], ["Microsoft.Authorization/roleAssignments/delete", "ok"]]
        : [["Microsoft.KeyVault/vaults/accessPolicies/write", "ok"], ["KeyRotate", "ok"], ["Microsoft.KeyVault/vaults/write", "ok"]],
    );
    expect(status()).toMatchObject({ grantedTo: [caller.servicePrincipalId] });
  });
});

describe("what cannot be done", () => {
  let keyId: string;
  beforeAll(() => {
    fixture.running.sandbox.createVault({ name: "acme-last" });
    ({ keyUri: keyId } = fixture.running.sandbox.createKey({ vault: "acme-last", name: "k" }));
  });

  test.each<[string, (sandbox: AzureSandbox) => unknown, string]>([
    ["destroying a version", (sandbox) => sandbox.destroyVersion(keyId, "0".repeat(32)), `Azure Key Vault cannot destroy one version of a key (${"0".repeat(32)}): only the whole key can be deleted. Use disable-version.`],
    ["other days than the vault's", (sandbox) => sandbox.scheduleDeletion(keyId, 30), "The vault acme-last keeps deleted keys for 90 days, which cannot be changed: ask for 90 days, not 30."],
    ["a version there is not", (sandbox) => sandbox.disableVersion(keyId, "x"), "has no version x. It has: "],
    ["a key there is not", (sandbox) => sandbox.rotate("https://acme-last.vault.azure.net/keys/none"), "https://acme-last.vault.azure.net/keys/none does not exist in the sandbox. Its keys:\n"],
    ["what is no key", (sandbox) => sandbox.revoke("arn:aws:kms", "disable"), "arn:aws:kms is not the identifier of a key, https://VAULT.vault.azure.net/keys/KEY. Its keys:\n"],
    ["a vault there is not", (sandbox) => { sandbox.firewall({ vault: "none", closed: true }); }, 'The sandbox has no vault "none". It has: acme-'],
    ["an application there is not", (sandbox) => sandbox.expireCertificate({ clientId: TENANT_DIRECTORY }), `The sandbox has no application ${TENANT_DIRECTORY}. It has: `],
    ["a directory there is not", (sandbox) => sandbox.signIn({ entraTenantId: "x" }), `The sandbox has no directory x. It has: ${TENANT_DIRECTORY} (Acme), ${OTHER_TENANT_DIRECTORY} (Globex).`],
    ["a role there is not", (sandbox) => { sandbox.assignRole({ vault: "acme-last", objectId: TENANT_DIRECTORY, role: "King" }); }, 'The sandbox has no role "King". It has: Owner, '],
    ["a certificate that is none", (sandbox) => sandbox.registerApplication({ displayName: "x", certificates: ["x"] }), "The certificate is not one X.509 certificate in PEM form."],
    ["a vault's name that is taken", (sandbox) => sandbox.createVault({ name: "acme-last", resourceGroup: "other" }), "Microsoft.KeyVault/vaults/write was refused: VaultAlreadyExists: The vault name 'acme-last' is already in use."],
  ])("%s", (_, act, message) => {
    expect(() => act(fixture.running.sandbox)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(message) }));
  });
});

test("two tenants: the one that is signed in makes what it makes in its own directory and subscription", () => {
  const { sandbox } = fixture.running;
  const other = sandbox.signIn({ entraTenantId: OTHER_TENANT_DIRECTORY });
  expect(other).toMatchObject({ entraTenantId: OTHER_TENANT_DIRECTORY, userPrincipalName: "admin@globex.onmicrosoft.com" });
  const { id } = sandbox.createVault({ name: "globex-vault" });
  expect(id).toBe(`/subscriptions/${other.subscriptionId}/resourceGroups/byok/providers/Microsoft.KeyVault/vaults/globex-vault`);
  expect(sandbox.registerApplication({ displayName: "x", certificates: [] })).toMatchObject({ entraTenantId: OTHER_TENANT_DIRECTORY });
  sandbox.signIn({ entraTenantId: TENANT_DIRECTORY });
  expect(() => sandbox.createKey({ vault: "globex-vault", name: "k" })).toThrow("Microsoft.KeyVault/vaults/keys/write was refused: InvalidAuthenticationTokenTenant");
});

test("acts have schemas for the control endpoint", () => {
  expect(AZURE_ACTS.firewall.schema.safeParse({ vault: "v", closed: "yes" }).success).toBe(false);
  expect(AZURE_ACTS.status.run(fixture.running.sandbox, {})).toMatchObject({
    signedIn: TENANT_DIRECTORY, vaults: expect.arrayContaining([{ name: "acme-last", location: "westeurope", deleted: false, firewallClosed: false }]),
  });
});

describe("the state", () => {
  test("survives a restart: keys open, certificates sign in, tokens and revocations hold", async () => {
    const own = await azureFixture();
    try {
      const { sandbox } = own.running;
      sandbox.createVault({ name: "acme-durable" });
      const { keyUri } = sandbox.createKey({ vault: "acme-durable", name: "k" });
      const caller = await service(own, "acme-durable", "encrypt", "decrypt");
      const crypto = own.crypto(keyUri, caller.credential);
      const { result } = await crypto.encrypt({ algorithm: OAEP, plaintext: Buffer.from("share") });
      await own.restart();
      await expect(crypto.decrypt({ algorithm: OAEP, ciphertext: result })).resolves.toMatchObject({ result: Buffer.from("share") });
      own.running.sandbox.revoke(keyUri, "disable");
      await own.restart();
      const fresh = own.crypto(keyUri, own.credential(caller.application));
      await expect(refusal(fresh.decrypt({ algorithm: OAEP, ciphertext: result }))).resolves.toMatchObject({ inner: "KeyDisabled" });
      own.running.sandbox.restore(keyUri);
      await expect(fresh.decrypt({ algorithm: OAEP, ciphertext: result })).resolves.toMatchObject({ result: Buffer.from("share") });
      expect(statSync(join(own.directory, "azure.json")).mode & 0o777).toBe(0o600);
    } finally {
      await own.close();
    }
  });

  test.each([["not JSON", "{"], ["another version's", '{"schema":2}']])("%s is refused, and left alone", async (_, contents) => {
    const directory = temporaryDirectory();
    const path = join(directory.path, "azure.json");
    writeFileSync(path, contents);
    const tls = await issueServerTls({ dns: [], ip: ["127.0.0.1"] });
    await expect(startAzure({ directory: directory.path, tls })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: `${path} was not written by this version of the sandbox. Start in another directory, or delete this one if nothing in it is needed.`,
    });
    expect(readFileSync(path, "utf8")).toBe(contents);
    directory.remove();
  });

  test("a port that is taken, and a certificate that is none", async () => {
    const directory = temporaryDirectory();
    const tls = await issueServerTls({ dns: [], ip: ["127.0.0.1"] });
    const port = Number(new URL(fixture.running.endpoint).port);
    await expect(startAzure({ directory: directory.path, tls, port })).rejects.toMatchObject({
      code: "CONFIG_INVALID", message: expect.stringContaining(`The sandbox cannot listen on 127.0.0.1:${port}: `),
    });
    await expect(startAzure({ directory: directory.path, tls: { ...tls, certificate: "x" } })).rejects.toMatchObject({
      code: "CONFIG_INVALID", message: expect.stringContaining("The sandbox's server certificate is not usable: "),
    });
    directory.remove();
  });
});
