import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type KeyClient } from "@azure/keyvault-keys";

import { DAY, type AzureFixture, azureFixture, refusal, service, type Service, START } from "./fixtures.js";

const VAULT = "acme-vault";
const HOST = `https://${VAULT}.vault.azure.net`;
const OAEP = "RSA-OAEP-256";
const ALL = ["get", "list", "create", "update", "delete", "recover", "purge", "encrypt", "decrypt", "wrapKey", "unwrapKey", "rotate", "getrotationpolicy", "setrotationpolicy"];

let fixture: AzureFixture;
let caller: Service;
let client: KeyClient;
/** A fresh key per test. */
let name: string;
let keyId: string;
let version: string;
let made = 0;

beforeAll(async () => {
  fixture = await azureFixture();
  const { sandbox } = fixture.running;
  sandbox.createVault({ name: VAULT });
  sandbox.createVault({ name: "acme-loose", purgeProtection: false, retentionDays: 7 });
  caller = await service(fixture, VAULT, ...ALL);
  sandbox.setAccessPolicy({ vault: "acme-loose", objectId: caller.servicePrincipalId, permissions: ALL });
  client = fixture.keys(VAULT, caller.credential);
});
afterAll(() => fixture.close());
beforeEach(() => {
  name = `key-${(made += 1)}`;
  ({ keyUri: keyId, version } = fixture.running.sandbox.createKey({ vault: VAULT, name }));
});

/** Encrypts; the version that did it is in the service's answer only, the SDK shows the id it was made with. */
async function encrypt(id = keyId, plaintext: Uint8Array = Buffer.from("share"), algorithm: "RSA-OAEP" | "RSA-OAEP-256" = OAEP): Promise<{ ciphertext: Uint8Array; kid: string }> {
  const { result } = await remote(id).encrypt({ algorithm, plaintext }, seen);
  return { ciphertext: result, kid: lastKid };
}
async function decrypt(ciphertext: Uint8Array, id = `${keyId}/${version}`, algorithm: "RSA-OAEP" | "RSA-OAEP-256" = OAEP): Promise<string> {
  return Buffer.from((await remote(id).decrypt({ algorithm, ciphertext }, seen)).result).toString();
}
let lastKid = "";
const seen = {
  onResponse: ({ bodyAsText }: { bodyAsText?: string | null }): void => {
    lastKid = (JSON.parse(bodyAsText ?? "{}") as { kid?: string }).kid ?? "";
  },
};
function remote(id: string): ReturnType<AzureFixture["crypto"]> {
  return fixture.crypto(id, caller.credential);
}

/** A raw request with the caller's token: what the SDK would do by itself is left to the service. */
async function raw(method: string, path: string, body?: object): Promise<{ status: number; body: unknown }> {
  const token = (await caller.credential.getToken("https://vault.azure.net/.default"))?.token ?? "";
  const { status, body: answer } = await fixture.fetch(method, `${HOST}${path}?api-version=2025-07-01`, { token, body });
  return { status, body: answer };
}
const operate = (operation: string, value: Uint8Array | string, alg = OAEP, id = `${name}/${version}`): ReturnType<typeof raw> =>
  raw("POST", `/keys/${id}/${operation}`, { alg, value: typeof value === "string" ? value : Buffer.from(value).toString("base64url") });
const forbidden = (inner: string, message: string): object => ({ status: 403, body: { error: { code: "Forbidden", message, innererror: { code: inner } } } });

describe("keys", () => {
  test("a key is made, shown and updated as the service does", async () => {
    const expires = new Date(START + 100 * DAY);
    const created = await client.createRsaKey(`made-${made}`, {
      keySize: 3072, keyOps: ["encrypt", "decrypt"], tags: { a: "1" }, expiresOn: expires, notBefore: new Date(START - DAY),
    });
    expect(created.key).toMatchObject({ kty: "RSA", keyOps: ["encrypt", "decrypt"], e: Uint8Array.of(1, 0, 1) });
    expect(created.key?.n).toHaveLength(384);
    expect(created.id).toMatch(new RegExp(`^${HOST}/keys/made-${made}/[0-9a-f]{32}$`));
    expect(created.properties).toMatchObject({
      enabled: true, expiresOn: expires, notBefore: new Date(START - DAY), createdOn: new Date(START), updatedOn: new Date(START),
      recoverableDays: 90, recoveryLevel: "Recoverable", exportable: false, tags: { a: "1" },
    });
    const updated = await client.updateKeyProperties(created.name, created.properties.version ?? "", { enabled: false, tags: { b: "2" } });
    expect(updated.properties).toMatchObject({ enabled: false, tags: { b: "2" }, expiresOn: expires });
    await expect(client.getKey(created.name)).resolves.toMatchObject({ id: created.id, properties: { enabled: false }, key: { n: created.key?.n } });
  });

  test("without further wishes: 2,048 bits, every operation", async () => {
    const { key } = await client.createRsaKey(`plain-${made}`);
    expect(key?.n).toHaveLength(256);
    expect(key?.keyOps).toEqual(["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"]);
  });

  test("making it again makes a version; the newest is the key's", async () => {
    const second = await client.createRsaKey(name, { tags: { n: "2" } });
    expect(second.properties.version).not.toBe(version);
    await expect(client.getKey(name)).resolves.toMatchObject({ id: second.id });
    await expect(client.getKey(name, { version })).resolves.toMatchObject({ id: `${keyId}/${version}` });
    const listed: string[] = [];
    for await (const one of client.listPropertiesOfKeyVersions(name)) listed.push(one.version ?? "");
    expect(listed).toEqual([version, second.properties.version ?? ""].sort());
  });

  test("lists come in pages, without versions", async () => {
    const names: string[] = [];
    const pages: number[] = [];
    for await (const page of client.listPropertiesOfKeys().byPage({ maxPageSize: 2 })) {
      pages.push(page.length);
      for (const one of page) {
        expect(one.version).toBeUndefined();
        names.push(one.name);
      }
    }
    expect(names).toContain(name);
    expect(new Set(names).size).toBe(names.length);
    expect(Math.max(...pages)).toBe(2);
  });

  test.each<[string, string, object, string]>([
    ["a size", "x", { kty: "RSA", key_size: 1024 }, "key_size must be one of 2048, 3072, 4096, not 1024."],
    ["a name", "x_y", { kty: "RSA" }, "The request URI contains an invalid name: x_y"],
    ["an operation", "x", { kty: "RSA", key_ops: ["fly"] }, 'key_ops.0: Invalid option: expected one of "encrypt"|"decrypt"|"sign"|"verify"|"wrapKey"|"unwrapKey"'],
    ["times", "x", { kty: "RSA", attributes: { nbf: 20, exp: 10 } }, "The expiry date must be later than the activation date."],
  ])("refused with BadParameter: %s", async (_, key, body, message) => {
    await expect(raw("POST", `/keys/${key}/create`, body)).resolves.toEqual({ status: 400, body: { error: { code: "BadParameter", message } } });
    await expect(refusal(client.getKey("x"))).resolves.toMatchObject({ status: 404 });
  });

  test.each<[string, string, string, object, string]>([
    ["EC keys", "POST", "/keys/x/create", { kty: "EC" }, "The sandbox does not implement keys of type EC."],
    ["release policies", "POST", "/keys/x/create", { kty: "RSA", release_policy: {} }, 'The sandbox does not implement the member "release_policy" of KeyCreate.'],
    ["signing", "POST", "/keys/x/1/sign", {}, "The sandbox does not implement POST /keys/x/1/sign of Key Vault."],
    ["secrets", "GET", "/secrets", {}, "The sandbox does not implement GET /secrets of Key Vault."],
  ])("not played, and said so: %s", async (_, method, path, body, message) => {
    await expect(raw(method, path, body)).resolves.toEqual({ status: 501, body: { error: { code: "NotImplemented", message } } });
  });

  test("what is not there", async () => {
    const text = (which: string): string =>
      `A key with (name/id) ${which} was not found in this key vault. If you recently deleted this key you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182`;
    await expect(refusal(client.getKey("nothing"))).resolves.toEqual({ status: 404, code: "KeyNotFound", message: text("nothing") });
    const other = "0".repeat(32);
    await expect(refusal(client.getKey(name, { version: other }))).resolves.toEqual({ status: 404, code: "KeyNotFound", message: text(`${name}/${other}`) });
    await expect(refusal(client.getDeletedKey(name))).resolves.toEqual({ status: 404, code: "KeyNotFound", message: `Deleted Key not found: ${name}` });
    // A vault that does not exist has no address.
    await expect(refusal(fixture.keys("nobodys", caller.credential).getKey("x"))).resolves.toMatchObject({ code: "ECONNRESET" });
  });

  test("hosts and key names are compared without case", async () => {
    const upper = keyId.replace(VAULT, VAULT.toUpperCase()).replace(name, name.toUpperCase());
    await expect(encrypt(upper)).resolves.toMatchObject({ kid: `${keyId}/${version}` });
  });
});

describe("encryption", () => {
  beforeAll(() => {
    // Without the right to read the key, the SDK leaves everything to the service.
    caller.grant(...ALL.filter((permission) => permission !== "get"));
  });
  afterAll(() => {
    caller.grant(...ALL);
  });

  test.each(["RSA-OAEP-256", "RSA-OAEP"] as const)("round trip with %s: the answer names the version, and the version opens it", async (algorithm) => {
    const wrap = await encrypt(keyId, Buffer.from("share"), algorithm);
    expect(wrap.kid).toBe(`${keyId}/${version}`);
    await expect(decrypt(wrap.ciphertext, `${keyId}/${version}`, algorithm)).resolves.toBe("share");
    await expect(decrypt(wrap.ciphertext, keyId, algorithm)).resolves.toBe("share");
  });

  test("wrapping is the same by another name and right", async () => {
    const { result } = await remote(keyId).wrapKey(OAEP, Buffer.from("share"));
    const { result: opened } = await remote(`${keyId}/${version}`).unwrapKey(OAEP, result);
    expect(Buffer.from(opened).toString()).toBe("share");
  });

  test("a damaged ciphertext, another key's, another version's, another algorithm's: all BadParameter", async () => {
    const { ciphertext } = await encrypt();
    const other = fixture.running.sandbox.createKey({ vault: VAULT, name: `other-${made}` });
    fixture.running.sandbox.rotate(keyId);
    const damaged = { status: 400, code: "BadParameter", message: "Error occurred while decoding OAEP padding" };
    await expect(refusal(decrypt(ciphertext, `${other.keyUri}/${other.version}`))).resolves.toEqual(damaged);
    await expect(refusal(decrypt(ciphertext, keyId))).resolves.toEqual(damaged);
    await expect(refusal(decrypt(ciphertext, undefined, "RSA-OAEP"))).resolves.toEqual(damaged);
    for (const at of [0, 100, 255]) {
      await expect(refusal(decrypt(ciphertext.map((byte, index) => (index === at ? byte ^ 1 : byte))))).resolves.toEqual(damaged);
    }
    await expect(refusal(decrypt(ciphertext.slice(1)))).resolves.toEqual(damaged);
    await expect(decrypt(ciphertext)).resolves.toBe("share");
  });

  test.each([
    ["RSA-OAEP-256", 2048, 190], ["RSA-OAEP-256", 3072, 318], ["RSA-OAEP-256", 4096, 446], ["RSA-OAEP", 2048, 214],
  ] as const)("%s with %i bits holds %i bytes", async (algorithm, size, most) => {
    const { keyUri } = fixture.running.sandbox.createKey({ vault: VAULT, name: `size-${made}`, size });
    await expect(encrypt(keyUri, Buffer.alloc(most, 1), algorithm)).resolves.toBeDefined();
    await expect(refusal(encrypt(keyUri, Buffer.alloc(most + 1, 1), algorithm))).resolves.toEqual({
      status: 400, code: "BadParameter", message: `The value has ${most + 1} bytes; with this key and algorithm it can have ${most}.`,
    });
  });

  test("what is no algorithm of the key, and no base64url", async () => {
    const badParameter = (message: string): object => ({ status: 400, body: { error: { code: "BadParameter", message } } });
    await expect(operate("encrypt", "AAAA", "A256GCM")).resolves.toEqual(
      badParameter(`Key and encryption algorithm are incompatible. Key ${keyId}/${version} is of type 'RSA', which algorithm 'A256GCM' cannot be used with.`),
    );
    await expect(operate("decrypt", "a+b/")).resolves.toEqual(badParameter("Content of 'value' is not base64url.\r\nProperty 'value' is required.\r\n"));
    await expect(operate("encrypt", "AAAA", "RSA1_5")).resolves.toMatchObject({ status: 501 });
  });

  test("a key does what its operations say and no more", async () => {
    const { keyUri } = fixture.running.sandbox.createKey({ vault: VAULT, name: `wrap-only-${made}`, operations: ["wrapKey", "unwrapKey"] });
    await expect(refusal(encrypt(keyUri))).resolves.toEqual({
      status: 403, code: "Forbidden", inner: "KeyOperationForbidden", message: "Operation encrypt is not permitted on this key.",
    });
    await expect(remote(keyUri).wrapKey(OAEP, Buffer.from("x"))).resolves.toBeDefined();
  });

  test("100 calls of one client all come back with their own plaintext", async () => {
    const crypto = remote(`${keyId}/${version}`);
    // The first call alone: a fresh client's parallel calls can lose a request's body while it is challenged.
    await crypto.encrypt({ algorithm: OAEP, plaintext: Buffer.from("first") });
    const numbers = Array.from({ length: 100 }, (_, index) => String(index));
    const opened = await Promise.all(
      numbers.map(async (number) => {
        const { result } = await crypto.encrypt({ algorithm: OAEP, plaintext: Buffer.from(number) });
        return Buffer.from((await crypto.decrypt({ algorithm: OAEP, ciphertext: result })).result).toString();
      }),
    );
    expect(opened).toEqual(numbers);
  });
});

describe("states", () => {
  test("disabled: encrypts and wraps, neither decrypts nor unwraps, can be read", async () => {
    const { ciphertext } = await encrypt();
    await client.updateKeyProperties(name, version, { enabled: false });
    await expect(operate("encrypt", "AAAA")).resolves.toMatchObject({ status: 200 });
    await expect(operate("wrapkey", "AAAA")).resolves.toMatchObject({ status: 200 });
    await expect(operate("decrypt", ciphertext)).resolves.toEqual(forbidden("KeyDisabled", "Operation decrypt is not allowed on a disabled key."));
    await expect(operate("unwrapkey", ciphertext)).resolves.toEqual(forbidden("KeyDisabled", "Operation unwrapKey is not allowed on a disabled key."));
    await expect(client.getKey(name)).resolves.toMatchObject({ properties: { enabled: false } });
    await client.updateKeyProperties(name, version, { enabled: true });
    await expect(decrypt(ciphertext)).resolves.toBe("share");
  });

  test("the newest version counts even while it is disabled, an older one opens on", async () => {
    const { ciphertext } = await encrypt();
    const second = await client.rotateKey(name);
    await client.updateKeyProperties(name, second.properties.version ?? "", { enabled: false });
    await expect(operate("decrypt", ciphertext, OAEP, name)).resolves.toEqual(forbidden("KeyDisabled", "Operation decrypt is not allowed on a disabled key."));
    await expect(decrypt(ciphertext)).resolves.toBe("share");
  });

  test("not yet valid and expired: opens on, seals no more", async () => {
    const { ciphertext } = await encrypt();
    const now = fixture.now();
    await client.updateKeyProperties(name, version, { notBefore: new Date(now + DAY), expiresOn: new Date(now + 2 * DAY) });
    await expect(operate("encrypt", "AAAA")).resolves.toEqual(forbidden("KeyNotYetValid", "Operation encrypt is not allowed on a key that is not yet valid."));
    await expect(operate("decrypt", ciphertext)).resolves.toMatchObject({ status: 200 });
    fixture.advance(DAY);
    await expect(operate("encrypt", "AAAA")).resolves.toMatchObject({ status: 200 });
    fixture.advance(DAY);
    await expect(operate("wrapkey", "AAAA")).resolves.toEqual(forbidden("KeyExpired", "Operation wrapKey is not allowed on an expired key."));
    await expect(operate("decrypt", ciphertext)).resolves.toMatchObject({ status: 200 });
  });

  test("an expired key is refused by the SDK itself, with an error that has no code", async () => {
    const { ciphertext } = await encrypt();
    const expiresOn = new Date(Date.now() - DAY);
    await client.updateKeyProperties(name, version, { expiresOn });
    await expect(refusal(decrypt(ciphertext))).resolves.toEqual({
      message: expect.stringMatching(`^Key ${keyId}/${version} expired at `),
    });
  });
});

describe("deletion", () => {
  const loose = (): KeyClient => fixture.keys("acme-loose", caller.credential);
  /** The poller's result: the SDK looks until the service shows the deleted key. */
  const remove = async (from: KeyClient, key: string): Promise<void> => {
    await (await from.beginDeleteKey(key, { intervalInMs: 1 })).pollUntilDone();
  };

  test("deleted, kept for the vault's days, recovered as it was", async () => {
    const { ciphertext } = await encrypt();
    const now = fixture.now();
    const poller = await client.beginDeleteKey(name, { intervalInMs: 1 });
    expect(poller.getResult()).toMatchObject({
      name, properties: { recoveryId: `${HOST}/deletedkeys/${name}`, deletedOn: new Date(now), scheduledPurgeDate: new Date(now + 90 * DAY) },
    });
    await expect(refusal(client.getKey(name))).resolves.toMatchObject({ status: 404, code: "KeyNotFound" });
    await expect(operate("decrypt", ciphertext)).resolves.toMatchObject({ status: 404 });
    await expect(refusal(client.createRsaKey(name))).resolves.toEqual({
      status: 409, code: "Conflict", inner: "ObjectIsDeletedButRecoverable",
      message: `Key ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the key can only be recovered or purged.`,
    });
    const listed: string[] = [];
    for await (const one of client.listDeletedKeys()) listed.push(one.name);
    expect(listed).toEqual([name]);
    await (await client.beginRecoverDeletedKey(name, { intervalInMs: 1 })).pollUntilDone();
    await expect(decrypt(ciphertext)).resolves.toBe("share");
  });

  test("purge protection forbids to purge; the service purges when the days are over", async () => {
    await remove(client, name);
    await expect(refusal(client.purgeDeletedKey(name))).resolves.toEqual({
      status: 403, code: "Forbidden",
      message: `Operation "purge" is not allowed because purge protection is enabled for this vault. Key Vault service will automatically purge it after the retention period has passed.\r\nVault: ${VAULT};location=westeurope`,
    });
    fixture.advance(90 * DAY - 1);
    await expect(client.getDeletedKey(name)).resolves.toMatchObject({ name });
    fixture.advance(1);
    await expect(refusal(client.getDeletedKey(name))).resolves.toMatchObject({ status: 404, message: `Deleted Key not found: ${name}` });
    await expect(client.createRsaKey(name)).resolves.toMatchObject({ name });
  });

  test("without it the key can be purged", async () => {
    const { properties } = await loose().createRsaKey(name);
    expect(properties).toMatchObject({ recoveryLevel: "CustomizedRecoverable+Purgeable", recoverableDays: 7 });
    await remove(loose(), name);
    await loose().purgeDeletedKey(name);
    await expect(refusal(loose().getDeletedKey(name))).resolves.toMatchObject({ status: 404 });
    await expect(loose().createRsaKey(name)).resolves.toMatchObject({ name });
  });
});

describe("rotation", () => {
  test("a rotation makes a version like the last one; every version opens what it sealed", async () => {
    const before = await encrypt();
    const rotated = await client.rotateKey(name);
    expect(rotated.key?.keyOps).toEqual(["encrypt", "decrypt", "wrapKey", "unwrapKey"]);
    const after = await encrypt();
    expect(after.kid).toBe(rotated.id);
    await expect(decrypt(before.ciphertext, before.kid)).resolves.toBe("share");
    await expect(decrypt(after.ciphertext, after.kid)).resolves.toBe("share");
  });

  test("by policy: in time, with the policy's expiry, not while disabled", async () => {
    await expect(client.getKeyRotationPolicy(name)).resolves.toMatchObject({
      id: `${keyId}/rotationpolicy`, lifetimeActions: [{ action: "Notify", timeBeforeExpiry: "P30D" }],
    });
    const set = await client.updateKeyRotationPolicy(name, { expiresIn: "P90D", lifetimeActions: [{ action: "Rotate", timeBeforeExpiry: "P30D" }] });
    const now = fixture.now();
    expect(set).toMatchObject({
      expiresIn: "P90D", createdOn: new Date(now), updatedOn: new Date(now),
      lifetimeActions: [{ action: "Rotate", timeBeforeExpiry: "P30D" }, { action: "Notify", timeBeforeExpiry: "P30D" }],
    });
    // Versions from before the policy have no expiry to count from.
    fixture.advance(400 * DAY);
    await expect(client.getKey(name)).resolves.toMatchObject({ properties: { version } });
    const first = await client.rotateKey(name);
    expect(first.properties.expiresOn).toEqual(new Date(fixture.now() + 90 * DAY));
    fixture.advance(60 * DAY - 1);
    await expect(client.getKey(name)).resolves.toMatchObject({ id: first.id });
    fixture.advance(1);
    const second = await client.getKey(name);
    expect(second.id).not.toBe(first.id);
    expect(second.properties).toMatchObject({ createdOn: new Date(fixture.now()), expiresOn: new Date(fixture.now() + 90 * DAY) });
    await client.updateKeyProperties(name, second.properties.version ?? "", { enabled: false });
    fixture.advance(200 * DAY);
    await expect(client.getKey(name)).resolves.toMatchObject({ id: second.id });
  });

  test.each<[string, object, string]>([
    ["an expiry too soon", { attributes: { expiryTime: "P27D" } }, "expiryTime must be at least 28 days, not P27D."],
    ["a rotation too soon", { lifetimeActions: [{ trigger: { timeAfterCreate: "P6D" }, action: { type: "Rotate" } }] }, "A key rotates 7 days after its creation at the earliest."],
    ["a rotation too late", { attributes: { expiryTime: "P30D" }, lifetimeActions: [{ trigger: { timeAfterCreate: "P25D" }, action: { type: "rotate" } }] }, "A key rotates 7 days before its expiry at the latest."],
    ["before an expiry there is not", { lifetimeActions: [{ trigger: { timeBeforeExpiry: "P10D" }, action: { type: "Rotate" } }] }, "A rotation before expiry needs an expiryTime."],
    ["another action", { lifetimeActions: [{ trigger: { timeAfterCreate: "P10D" }, action: { type: "Fly" } }] }, "The action type must be Rotate or Notify, not Fly."],
    ["two triggers", { lifetimeActions: [{ trigger: { timeAfterCreate: "P10D", timeBeforeExpiry: "P10D" }, action: { type: "Rotate" } }] }, "lifetimeActions.0.trigger: a trigger has either timeAfterCreate or timeBeforeExpiry"],
    ["no duration", { attributes: { expiryTime: "90 days" } }, "attributes.expiryTime: must be an ISO 8601 duration such as P90D"],
  ])("refused: %s", async (_, policy, message) => {
    await expect(raw("PUT", `/keys/${name}/rotationpolicy`, policy)).resolves.toEqual({ status: 400, body: { error: { code: "BadParameter", message } } });
  });
});

describe("faults and the audit log", () => {
  test.each([
    ["Throttled", 429, "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached"],
    ["InternalServerError", 500, "An unexpected error occurred."],
    ["ServiceUnavailable", 503, "The service is temporarily unavailable."],
  ] as const)("%s strikes as often as told, and only what it is meant for", async (error, status, message) => {
    const { ciphertext } = await encrypt();
    fixture.running.sandbox.injectFault({ operation: "KeyDecrypt", target: keyId, error, times: 1 });
    await expect(encrypt()).resolves.toBeDefined();
    await expect(refusal(decrypt(ciphertext))).resolves.toEqual({ status, code: error, message });
    await expect(decrypt(ciphertext)).resolves.toBe("share");
  });

  test("a connection that breaks", async () => {
    fixture.running.sandbox.injectFault({ operation: "KeyEncrypt", error: "ConnectionReset", times: 1 });
    await expect(refusal(encrypt())).resolves.toMatchObject({ code: "ECONNRESET" });
  });

  test("calls are logged with principal, version and outcome", async () => {
    const { ciphertext } = await encrypt();
    fixture.running.sandbox.clearCalls();
    await operate("decrypt", ciphertext);
    await operate("decrypt", "AAAA", OAEP, name);
    const by = { time: new Date(fixture.now()).toISOString(), plane: "vault", operation: "KeyDecrypt", principal: caller.servicePrincipalId, appId: caller.application.clientId };
    expect(fixture.running.sandbox.calls()).toEqual([
      { ...by, target: `${keyId}/${version}`, outcome: "ok" },
      { ...by, target: `${keyId}/${version}`, outcome: "BadParameter" },
    ]);
  });

  test.each([
    [{ operation: "KeyFly" }, 'The sandbox has no operation "KeyFly".'],
    [{ error: "Fire" }, '"Fire" cannot be injected. Errors: Throttled, InternalServerError, ServiceUnavailable, PrincipalNotFound, ConnectionReset.'],
  ])("a fault that cannot be: %j", (fault, message) => {
    expect(() => {
      fixture.running.sandbox.injectFault(fault as { operation: string });
    }).toThrow(message);
  });
});
