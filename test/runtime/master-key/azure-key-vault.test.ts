/** @jest-environment ./test/runtime/one-realm-environment.ts */
import { constants, createHash, createPublicKey, publicEncrypt } from "node:crypto";
import { ClientCertificateCredential } from "@azure/identity";
import { CryptographyClient, KeyClient } from "@azure/keyvault-keys";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { openAzureKeyVaultKey } from "../../../runtime/master-key/azure-key-vault.js";
import { LoopbackAgent } from "../../../runtime/master-key/azure-key-vault-host.js";
import { type AzureCertificate, type AzureCertificates } from "../../../runtime/master-key/azure-certificate.js";
import { type AzureKeyVaultDescriptor } from "../../../runtime/master-key/descriptor.js";
import { ByokError } from "../../../runtime/master-key/errors.js";
import { type MasterKey, type ShareContext, shareContextBytes, type UnwrappedShare } from "../../../runtime/master-key/master-key.js";
import { startTestAzureSandbox, type TestAzureSandbox } from "../azure-sandbox.js";
import { selfSigned } from "../certificates.js";
import { bytesOf, deferred, hex, isWiped, refusal, shown, spellings, temporaryFolder } from "../support.js";
import { masterKeyConformance, type Revocation } from "./conformance.js";
import { aadsts, type AzureAnswer, CHALLENGE, DIRECTORY, type FakeAzure, LOGIN_HOST, refused, startFakeAzure, TOKEN } from "./fake-azure.js";

const folder = temporaryFolder();
const SHARE = bytesOf("azure share");
const CONTEXT: ShareContext = { purpose: "share", tenant: "acme", secret: "s-1", generation: 2 };

function openIn(started: TestAzureSandbox, descriptor: AzureKeyVaultDescriptor, certificates?: AzureCertificates): Promise<MasterKey> {
  return openAzureKeyVaultKey(descriptor, {
    endpoints: started.endpoints,
    certificates: certificates ?? started.credentials["azure-key-vault"],
  });
}

for (const operation of ["encrypt", "wrap"] as const) {
  masterKeyConformance({
    provider: "azure-key-vault",
    variant: operation,
    tenant: "acme",
    revocations: ["disabling", "withdrawing the grant", "deleting it", "closing the firewall"],
    // Encrypt and Decrypt, the only permissions that are granted, do not include Get.
    described: "ACCESS_DENIED",
    // A wrap names the version that made it; of another key it names one that this key does not have, as if it were deleted.
    foreignWrap: ["KEY_NOT_FOUND"],
    rotation: "shows in wraps",
    async start() {
      const started = await startTestAzureSandbox(folder);
      const { azure } = started;
      const first = await started.createKey("acme", { operation });
      const second = await started.createKeyBeside(first);
      const { keyUri } = first;
      const vault = new URL(keyUri).hostname.split(".")[0] ?? "";
      const by = (code: Revocation["code"], act: () => unknown, more: Partial<Revocation> = {}): Revocation => ({
        code,
        revoke: async () => {
          act();
        },
        restore: async () => {
          azure.restore(keyUri);
        },
        ...more,
      });
      return {
        openKey: () => openIn(started, first),
        openOtherKey: () => openIn(started, second),
        revocations: {
          // Key Vault goes on encrypting with a disabled key.
          disabling: by("KEY_DISABLED", () => azure.revoke(keyUri, "disable"), { stillWraps: true }),
          "withdrawing the grant": by("ACCESS_DENIED", () => azure.revoke(keyUri, "grant")),
          "deleting it": by("KEY_NOT_FOUND", () => azure.scheduleDeletion(keyUri, 90)),
          "closing the firewall": by("NETWORK_BLOCKED", () => {
            azure.firewall({ vault, closed: true });
          }),
        },
        rotateOtherKey: async () => {
          azure.rotate(second.keyUri);
        },
        close: () => started.close(),
      };
    },
  });
}

describe("azure-key-vault in the sandbox", () => {
  const HOUR = 60 * 60_000;
  let started: TestAzureSandbox;
  let descriptor: AzureKeyVaultDescriptor;
  let key: MasterKey;
  let later = 0;
  const now = (): number => Date.now() + later;

  beforeAll(async () => {
    started = await startTestAzureSandbox(folder, { now });
    descriptor = await started.createKey("acme");
    key = await openIn(started, descriptor);
  });
  afterEach(() => {
    started.azure.clearFaults();
    started.azure.clearCalls();
    later = 0;
  });
  afterAll(async () => {
    await key.close();
    await started.close();
  });

  /** A key that tells the time by the test's clock. */
  function openLater(of: AzureKeyVaultDescriptor, certificates: AzureCertificates = started.credentials["azure-key-vault"]): Promise<MasterKey> {
    return openAzureKeyVaultKey(of, { endpoints: started.endpoints, certificates, now });
  }

  test.each(["encrypt", "wrap"] as const)("%s: the tenant's log shows two uses of the key and no look at it; the wrap names its version", async (operation) => {
    const seen = await started.createKey("acme", { operation });
    const of = await openIn(started, seen);
    started.azure.clearCalls();
    const wrapped = await of.wrap(SHARE, CONTEXT);
    await of.unwrap(wrapped, CONTEXT);
    const version = `${seen.keyUri}/${wrapped.keyVersion ?? ""}`;
    const done = started.vaultCalls().filter(({ outcome }) => outcome === "ok");
    expect(done.map(({ operation: name, target, appId }) => ({ name, target, appId }))).toEqual(
      (operation === "encrypt" ? ["KeyEncrypt", "KeyDecrypt"] : ["KeyWrap", "KeyUnwrap"]).map((name) => ({ name, target: version, appId: seen.clientId })),
    );
    expect(started.vaultCalls().map(({ operation: name }) => name)).not.toContain("KeyGet");
    await of.close();
  });

  test("one sign-in serves many calls and versions", async () => {
    const of = await openIn(started, await started.createKey("acme"));
    started.azure.clearCalls();
    const older = await of.wrap(SHARE, CONTEXT);
    started.azure.rotate(of.id);
    const newer = await of.wrap(SHARE, CONTEXT);
    await Promise.all([older, newer].map((each) => of.unwrap(each, CONTEXT)));
    expect(started.azure.calls().filter(({ operation }) => operation === "SignIn")).toHaveLength(1);
    await of.close();
  });

  test.each(["", "latest", "0".repeat(31), `${"0".repeat(32)}/x`, "../backup", "0123456789ABCDEF0123456789ABCDEF"])(
    "a wrap that names the version %j is refused before anything is contacted",
    async (keyVersion) => {
      const wrapped = { provider: "azure-key-vault", keyId: descriptor.keyUri, keyVersion, ciphertext: bytesOf("x", 256) };
      const error = await refusal(key.unwrap(wrapped, CONTEXT));
      expect(error).toMatchObject({
        code: "TAMPERED",
        message: "This wrap does not name the key version that made it, 32 hex digits: it was altered.",
        keyId: descriptor.keyUri,
      });
      expect(started.azure.calls()).toEqual([]);
    },
  );

  describe("whoever has the public key", () => {
    let seen: AzureKeyVaultDescriptor;
    let of: MasterKey;
    let keyVersion: string | undefined;
    let encrypt: (plaintext: Uint8Array) => Uint8Array;

    beforeAll(async () => {
      seen = await started.createKey("acme", { permissions: ["encrypt", "decrypt", "get"] });
      of = await openIn(started, seen);
      ({ keyVersion } = await of.wrap(SHARE, CONTEXT));
      const key = createPublicKey({ key: await publicKeyOf(started, seen), format: "jwk" });
      encrypt = (plaintext) => publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" }, plaintext);
    });
    afterAll(() => of.close());

    const open = (plaintext: Uint8Array): Promise<UnwrappedShare> =>
      of.unwrap({ provider: "azure-key-vault", keyId: seen.keyUri, keyVersion, ciphertext: encrypt(plaintext) }, CONTEXT);
    const digest = (context: ShareContext): Uint8Array => createHash("sha256").update(shareContextBytes(context)).digest();

    test("can make a wrap that opens: the digest is no secret, and it is the commitment that refuses the share", async () => {
      const forged = bytesOf("a share of somebody else's");
      expect(hex((await open(Buffer.concat([forged, digest(CONTEXT)]))).share)).toBe(hex(forged));
    });

    test.each<[string, () => Uint8Array, string]>([
      ["a share alone", () => SHARE, "A wrap holds 64 bytes, this one 32."],
      ["a byte more", () => Buffer.concat([SHARE, digest(CONTEXT), Buffer.alloc(1)]), "A wrap holds 64 bytes, this one 65."],
      ["another context", () => Buffer.concat([SHARE, digest({ ...CONTEXT, secret: "s-2" })]), "The wrap belongs to another tenant, Secret or generation."],
    ])("is refused with %s", async (_name, plaintext, message) => {
      const error = await refusal(open(plaintext()));
      expect(error).toMatchObject({ code: "TAMPERED", message, keyId: seen.keyUri, tenant: "acme" });
      for (const spelling of spellings(SHARE)) expect(shown(error)).not.toContain(spelling);
    });
  });

  test("who may look sees the state of the newest version", async () => {
    const expires = new Date(Date.now() + 2 * HOUR).toISOString();
    const seen = await started.createKey("acme", { permissions: ["encrypt", "decrypt", "get"], expires });
    const of = await openLater(seen);
    expect(await of.describe()).toEqual({ usable: true, state: "Enabled" });
    started.azure.revoke(seen.keyUri, "disable");
    expect(await of.describe()).toEqual({ usable: false, state: "Disabled" });
    started.azure.restore(seen.keyUri);
    later = 3 * HOUR;
    expect(await of.describe()).toEqual({ usable: false, state: "expired" });
    await of.close();
  });

  test("a key past its expiry makes no wraps, and opens those it made", async () => {
    const seen = await started.createKey("acme", { expires: new Date(Date.now() + 2 * HOUR).toISOString() });
    const of = await openLater(seen);
    const wrapped = await of.wrap(SHARE, CONTEXT);
    later = 3 * HOUR;
    expect(await refusal(of.wrap(SHARE, CONTEXT))).toMatchObject({ code: "KEY_DISABLED", message: expect.stringContaining("outside its dates") });
    expect(hex((await of.unwrap(wrapped, CONTEXT)).share)).toBe(hex(SHARE));
    await of.close();
  });

  describe("faults", () => {
    const used = (): number => started.vaultCalls().filter(({ operation }) => operation === "KeyDecrypt").length;

    test.each([undefined, 3600])("429 with Retry-After %p is told at once, not waited for", async (retryAfter) => {
      const wrapped = await key.wrap(SHARE, CONTEXT);
      await key.unwrap(wrapped, CONTEXT);
      started.azure.clearCalls();
      started.azure.injectFault({ operation: "KeyDecrypt", error: "Throttled", retryAfter });
      expect(await refusal(key.unwrap(wrapped, CONTEXT))).toMatchObject({ code: "THROTTLED", revocation: false, retryable: true });
      expect(used()).toBe(1);
    });

    test.each(["InternalServerError", "ServiceUnavailable", "ConnectionReset"] as const)("%s that does not end -> UNAVAILABLE after three tries", async (error) => {
      const wrapped = await key.wrap(SHARE, CONTEXT);
      await key.unwrap(wrapped, CONTEXT);
      started.azure.clearCalls();
      started.azure.injectFault({ operation: "KeyDecrypt", error });
      expect(await refusal(key.unwrap(wrapped, CONTEXT))).toMatchObject({ code: "UNAVAILABLE", revocation: false, retryable: true });
      expect(used()).toBe(3);
    });

    test.each(["InternalServerError", "ConnectionReset"] as const)("%s that passes is tried again and not seen", async (error) => {
      const wrapped = await key.wrap(SHARE, CONTEXT);
      await key.unwrap(wrapped, CONTEXT);
      started.azure.injectFault({ operation: "KeyDecrypt", error, times: 2 });
      expect(hex((await key.unwrap(wrapped, CONTEXT)).share)).toBe(hex(SHARE));
    });

    test("an outage of Entra is no rejection, and over as soon as Entra is back", async () => {
      const of = await openIn(started, descriptor);
      started.azure.injectFault({ operation: "SignIn", error: "ServiceUnavailable" });
      expect(await refusal(of.wrap(SHARE, CONTEXT))).toMatchObject({ code: "UNAVAILABLE", revocation: false, retryable: true });
      started.azure.clearFaults();
      expect((await of.wrap(SHARE, CONTEXT)).provider).toBe("azure-key-vault");
      await of.close();
    });
  });

  describe("the application and its certificates", () => {
    test("rotation: the new certificate takes over while the key is open, and nothing fails", async () => {
      const [old, next] = [await selfSigned({ name: "old", algorithm: "rsa" }), await selfSigned({ name: "next", algorithm: "rsa" })];
      const seen = await started.createKey("acme", { certificates: [old, next] });
      let atHand = [old];
      const of = await openLater(seen, () => atHand);
      const wrapped = await of.wrap(SHARE, CONTEXT);
      atHand = [next, old];
      started.azure.removeCertificate({ clientId: seen.clientId, thumbprint: seen.certificateThumbprint });
      // The token of the old one lives on; the next sign-in takes the new one, although the descriptor names the old one.
      for (later = 0; later < 3 * HOUR; later += HOUR) expect(hex((await of.unwrap(wrapped, CONTEXT)).share)).toBe(hex(SHARE));
      atHand = [next];
      later = 6 * HOUR;
      expect(hex((await of.unwrap(wrapped, CONTEXT)).share)).toBe(hex(SHARE));
      await of.close();
    });

    test("a certificate that Entra rejected is not tried first the next time", async () => {
      const [old, next] = [await selfSigned({ name: "old", algorithm: "rsa" }), await selfSigned({ name: "next", algorithm: "rsa" })];
      const seen = await started.createKey("acme", { certificates: [old, next] });
      started.azure.removeCertificate({ clientId: seen.clientId, thumbprint: seen.certificateThumbprint });
      const of = await openLater(seen, [old, next]);
      const signIns = (): string[] => started.azure.calls().filter(({ operation }) => operation === "SignIn").map(({ outcome }) => outcome);
      started.azure.clearCalls();
      const wrapped = await of.wrap(SHARE, CONTEXT);
      expect(signIns()).toEqual(["AADSTS700027", "ok"]);
      later = 2 * HOUR;
      await of.unwrap(wrapped, CONTEXT);
      expect(signIns()).toEqual(["AADSTS700027", "ok", "ok"]);
      await of.close();
    });

    test.each<[string, (clientId: string) => unknown, string]>([
      ["its only certificate was removed", (clientId) => started.azure.removeCertificate({ clientId }), "AADSTS700027"],
      ["its only certificate expired there", (clientId) => started.azure.expireCertificate({ clientId }), "AADSTS700027"],
      ["the application was deleted", (clientId) => started.azure.deleteApplication({ clientId }), "AADSTS700016"],
    ])("%s: a revocation at the next sign-in", async (_name, act, what) => {
      const seen = await started.createKey("acme");
      const of = await openLater(seen);
      const wrapped = await of.wrap(SHARE, CONTEXT);
      act(seen.clientId);
      later = 2 * HOUR;
      const error = await refusal(of.unwrap(wrapped, CONTEXT));
      expect(error).toMatchObject({ code: "APP_REJECTED", revocation: true, retryable: false, keyId: seen.keyUri, tenant: "acme" });
      expect(error.message).toMatch(new RegExp(`\\(certificate ${seen.certificateThumbprint}: ${what}\\)$`));
      const [, secret = "?"] = started.certificate.privateKey.split("\n");
      expect(shown(error)).not.toContain(secret);
      await of.close();
    });

    test("certificates of other applications are tried four at most, and it stays a rejection", async () => {
      const strangers = await Promise.all(Array.from({ length: 6 }, (_, index) => selfSigned({ name: `s${index}`, algorithm: "rsa" })));
      const of = await openIn(started, descriptor, strangers);
      started.azure.clearCalls();
      expect(await refusal(of.wrap(SHARE, CONTEXT))).toMatchObject({ code: "APP_REJECTED" });
      expect(started.azure.calls().filter(({ operation }) => operation === "SignIn").map(({ outcome }) => outcome)).toEqual(
        Array.from({ length: 4 }, () => "AADSTS700027"),
      );
      await of.close();
    });

    test("what the service itself lacks is found before Entra is asked, and is no revocation", async () => {
      const [expired, other] = [
        await selfSigned({ algorithm: "rsa", notBefore: new Date(0), notAfter: new Date(HOUR) }),
        await selfSigned({ algorithm: "rsa" }),
      ];
      const cases: [AzureCertificates, RegExp][] = [
        [[], /^No certificate is at hand for the application /],
        [[expired], / expired on 1970-01-01T01:00:00\.000Z: /],
        [[{ ...started.certificate, privateKey: "" }], / comes without its private key /],
        [[{ ...started.certificate, privateKey: other.privateKey }], / do not belong together: /],
        [() => Promise.reject(new Error("vault of secrets is sealed")), /^The certificates of the application could not be read: /],
      ];
      for (const [certificates, message] of cases) {
        const poor = await openIn(started, descriptor, certificates);
        started.azure.clearCalls();
        const error = await refusal(poor.wrap(SHARE, CONTEXT));
        expect(error).toMatchObject({ code: "SERVICE_CREDENTIALS", revocation: false, retryable: true, keyId: descriptor.keyUri });
        expect(error.message).toMatch(message);
        expect(started.azure.calls().filter(({ plane }) => plane === "entra")).toEqual([]);
        await poor.close();
      }
    });

    test("without any certificates no key is opened", async () => {
      expect(await refusal(openAzureKeyVaultKey(descriptor, { endpoints: started.endpoints }))).toMatchObject({
        code: "CONFIG_INVALID",
        message: `A key in Azure Key Vault is used as the application ${descriptor.clientId}: give the certificates that \`byok credentials create\` made for it. There is no default for them.`,
      });
    });
  });
});

/** Public key of the newest version, as whoever may look gets it. */
async function publicKeyOf(started: TestAzureSandbox, descriptor: AzureKeyVaultDescriptor): Promise<{ kty: string; n: string; e: string }> {
  const agent = new LoopbackAgent({ endpoint: started.endpoints["azure-key-vault"] ?? "", certificateAuthority: started.endpoints.certificateAuthority });
  const pem = `${started.certificate.certificate}${started.certificate.privateKey}`;
  const credential = new ClientCertificateCredential(descriptor.entraTenantId, descriptor.clientId, { certificate: pem }, { agent, disableInstanceDiscovery: true });
  const { key } = await new KeyClient(new URL(descriptor.keyUri).origin, credential, { agent }).getKey("backup");
  agent.destroy();
  const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("base64url");
  return { kty: "RSA", n: text(key?.n), e: text(key?.e) };
}

describe("azure-key-vault against an Azure that says what it is told to", () => {
  const KEY = "https://acme-keys.vault.azure.net/keys/backup";
  const DETAILS = { provider: "azure-key-vault", keyId: KEY, tenant: "acme" };
  const VERSION = "0123456789abcdef0123456789abcdef";
  const CIPHERTEXT = bytesOf("azure ciphertext", 256);
  const WRAPPED = { provider: "azure-key-vault", keyId: KEY, keyVersion: VERSION, ciphertext: CIPHERTEXT };
  const PLAINTEXT = Buffer.concat([SHARE, createHash("sha256").update(shareContextBytes(CONTEXT)).digest()]);
  const ENCRYPTED = { kid: `${KEY}/${VERSION}`, value: Buffer.from(CIPHERTEXT).toString("base64url") };
  const DECRYPTED = { kid: `${KEY}/${VERSION}`, value: PLAINTEXT.toString("base64url") };
  const DESCRIPTOR: AzureKeyVaultDescriptor = {
    schema: 1,
    tenant: "acme",
    datacenter: "eu",
    grantedTo: "99999999-8888-7777-6666-555555555555",
    provider: "azure-key-vault",
    keyUri: KEY,
    entraTenantId: DIRECTORY,
    clientId: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
    certificateThumbprint: "0".repeat(40),
    certificateNotAfter: "2027-01-31T00:00:00Z",
    operation: "encrypt",
  };
  let fake: FakeAzure;
  let certificate: AzureCertificate;
  let key: MasterKey;
  let later = 0;

  beforeAll(async () => {
    certificate = await selfSigned({ algorithm: "rsa" });
  });
  beforeEach(async () => {
    later = 0;
    fake = await startFakeAzure();
    key = await open();
  });
  afterEach(async () => {
    await key.close();
    await fake.close();
  });

  function open(more: { operation?: "encrypt" | "wrap"; requestTimeout?: number } = {}): Promise<MasterKey> {
    const { operation = "encrypt", ...options } = more;
    return openAzureKeyVaultKey(
      { ...DESCRIPTOR, operation },
      { endpoints: fake.endpoints, certificates: [certificate], now: () => Date.now() + later, ...options },
    );
  }

  function says(body: object | string, status = 200): void {
    fake.vault = () => ({ status, body });
  }

  const CALLS: readonly [string, (of: MasterKey, signal?: AbortSignal) => Promise<unknown>][] = [
    ["wrap", (of, signal) => of.wrap(SHARE, CONTEXT, { signal })],
    ["unwrap", (of, signal) => of.unwrap(WRAPPED, CONTEXT, { signal })],
    ["describe", (of, signal) => of.describe({ signal })],
  ];

  describe("what is sent", () => {
    test.each<["encrypt" | "wrap", string, string]>([
      ["encrypt", "/keys/backup//encrypt", `/keys/backup/${VERSION}/decrypt`],
      ["wrap", "/keys/backup//wrapKey", `/keys/backup/${VERSION}/unwrapkey`],
    ])("%s: the newest version makes wraps, the one that made it opens it, RSA-OAEP-256", async (operation, wrapPath, unwrapPath) => {
      const of = await open({ operation });
      says(ENCRYPTED);
      expect(await of.wrap(SHARE, CONTEXT)).toEqual({ provider: "azure-key-vault", keyId: KEY, keyVersion: VERSION, ciphertext: CIPHERTEXT });
      says(DECRYPTED);
      expect(hex((await of.unwrap(WRAPPED, CONTEXT)).share)).toBe(hex(SHARE));
      expect(fake.uses().map(({ path, body }) => ({ path: path.split("?")[0]?.toLowerCase(), body: JSON.parse(body) as unknown }))).toEqual([
        { path: wrapPath.toLowerCase(), body: { alg: "RSA-OAEP-256", value: PLAINTEXT.toString("base64url") } },
        { path: unwrapPath.toLowerCase(), body: { alg: "RSA-OAEP-256", value: ENCRYPTED.value } },
      ]);
      await of.close();
    });

    test("nothing but the challenge, the sign-in and the call: no look at the key, no instance discovery", async () => {
      says(ENCRYPTED);
      await key.wrap(SHARE, CONTEXT);
      expect(fake.asked.map(({ host, method, path }) => `${method} ${host}${path.split("?")[0] ?? ""}`)).toEqual([
        "POST acme-keys.vault.azure.net/keys/backup//encrypt",
        `POST ${LOGIN_HOST}/${DIRECTORY}/oauth2/v2.0/token`,
        "POST acme-keys.vault.azure.net/keys/backup//encrypt",
      ]);
      // The share does not go out before the vault has said who may sign in.
      expect(fake.asked[0]?.body).toBe("");
    });

    test("of first calls side by side one goes ahead, and each arrives with its own body", async () => {
      fake.vault = ({ body }) => {
        const { value } = JSON.parse(body) as { value: string };
        return { status: 200, body: { kid: `${KEY}/${VERSION}`, value } };
      };
      const [arrived, released] = [deferred<undefined>(), deferred<undefined>()];
      fake.beforeChallenge = async () => {
        arrived.resolve(undefined);
        await released.promise;
      };
      const shares = Array.from({ length: 8 }, (_, index) => bytesOf(`share ${index}`));
      const wrapping = Promise.all(shares.map((share) => key.wrap(share, CONTEXT)));
      wrapping.catch(() => undefined);
      await arrived.promise;
      // What set out before this call of another client has arrived when that one has.
      fake.beforeChallenge = async () => undefined;
      const probe = await open();
      await probe.wrap(SHARE, CONTEXT);
      await probe.close();
      expect(fake.asked.filter(({ host, headers }) => host !== LOGIN_HOST && headers.authorization === undefined)).toHaveLength(2);
      released.resolve(undefined);
      expect((await wrapping).map(({ ciphertext }) => hex(ciphertext.subarray(0, 32)))).toEqual(shares.map(hex));
      expect(fake.signIns()).toHaveLength(2);
    });

    test("what went to the SDK and came from it is wiped, of good answers and of refused ones", async () => {
      const [encrypt, decrypt] = [jest.spyOn(CryptographyClient.prototype, "encrypt"), jest.spyOn(CryptographyClient.prototype, "decrypt")];
      says(ENCRYPTED);
      await key.wrap(SHARE, CONTEXT);
      says(DECRYPTED);
      await key.unwrap(WRAPPED, CONTEXT);
      await refusal(key.unwrap(WRAPPED, { ...CONTEXT, generation: 3 }));
      const given = encrypt.mock.calls.map(([parameters]) => (parameters as unknown as { plaintext: Uint8Array }).plaintext);
      const taken = await Promise.all(decrypt.mock.results.map(({ value }) => value as Promise<{ result: Uint8Array }>));
      encrypt.mockRestore();
      decrypt.mockRestore();
      expect([...given, ...taken.map(({ result }) => result)].map((bytes) => [bytes.length, isWiped(bytes)])).toEqual([
        [64, true],
        [64, true],
        [64, true],
      ]);
    });

    test("a first call that fails does not lose the body of the next", async () => {
      fake.token = () => aadsts(90033, { status: 503, error: "temporarily_unavailable" });
      await refusal(key.wrap(bytesOf("other"), CONTEXT));
      fake.token = () => TOKEN;
      says(ENCRYPTED);
      await key.wrap(SHARE, CONTEXT);
      expect(fake.uses().map(({ body }) => (JSON.parse(body) as { value: string }).value)).toEqual([PLAINTEXT.toString("base64url")]);
    });
  });

  describe("an answer that is not as it must be", () => {
    test.each<[string, object, string, string]>([
      ["of another key", { ...ENCRYPTED, kid: `${KEY}2/${VERSION}` }, "WRONG_KEY", `Azure Key Vault answered for ${KEY}2/${VERSION}, not for the key asked for.`],
      ["of another vault", { ...ENCRYPTED, kid: `${KEY.replace("acme", "evil")}/${VERSION}` }, "WRONG_KEY", `Azure Key Vault answered for ${KEY.replace("acme", "evil")}/${VERSION}, not for the key asked for.`],
      ["of no version", { ...ENCRYPTED, kid: KEY }, "WRONG_KEY", `Azure Key Vault answered for ${KEY}, not for the key asked for.`],
      ["of a version that is none", { ...ENCRYPTED, kid: `${KEY}/latest` }, "WRONG_KEY", `Azure Key Vault answered for ${KEY}/latest, not for the key asked for.`],
      ["of no key", { value: ENCRYPTED.value }, "WRONG_KEY", "Azure Key Vault answered for no key, not for the key asked for."],
      ["without a ciphertext", { kid: ENCRYPTED.kid, value: "" }, "UNEXPECTED_ANSWER", "Azure Key Vault answered with no ciphertext: report this."],
    ])("encrypt %s is refused", async (_name, body, code, message) => {
      says(body);
      expect(await refusal(key.wrap(SHARE, CONTEXT))).toMatchObject({ code, message, ...DETAILS });
    });

    test("the key's name may be spelled in other letters: it is the same key", async () => {
      says({ ...ENCRYPTED, kid: `${KEY.replace("backup", "Backup")}/${VERSION}` });
      expect(await key.wrap(SHARE, CONTEXT)).toMatchObject({ keyId: KEY, keyVersion: VERSION });
    });

    test.each<[string, object, string, string]>([
      ["by another version", { ...DECRYPTED, kid: `${KEY}/${VERSION.replace("0", "f")}` }, "WRONG_KEY", `Azure Key Vault answered for ${KEY}/${VERSION.replace("0", "f")}, not for the key asked for.`],
      ["by no key", { value: DECRYPTED.value }, "WRONG_KEY", "Azure Key Vault answered for no key, not for the key asked for."],
      ["with nothing", { kid: DECRYPTED.kid, value: "" }, "UNEXPECTED_ANSWER", "Azure Key Vault answered with no plaintext: report this."],
    ])("decrypt answered %s is refused", async (_name, body, code, message) => {
      says(body);
      const error = await refusal(key.unwrap(WRAPPED, CONTEXT));
      expect(error).toMatchObject({ code, message, ...DETAILS });
      for (const spelling of spellings(SHARE)) expect(shown(error)).not.toContain(spelling);
    });

    test("an answer that is cut is refused, and the key bytes in it are in no error", async () => {
      says(JSON.stringify(DECRYPTED).slice(0, -1));
      const error = await refusal(key.unwrap(WRAPPED, CONTEXT));
      expect(error).toMatchObject({ code: "UNEXPECTED_ANSWER", revocation: false, retryable: false });
      expect(shown(error)).not.toContain(DECRYPTED.value.slice(0, 10));
    });

    test("a refusal holds neither the share that was sent nor the token", async () => {
      fake.vault = () => refused(403, "Forbidden", "ForbiddenByPolicy");
      const error = await refusal(key.wrap(SHARE, CONTEXT));
      expect(error).toMatchObject({ code: "ACCESS_DENIED" });
      for (const secret of [...spellings(SHARE), PLAINTEXT.toString("base64url"), "header.payload"]) expect(shown(error)).not.toContain(secret);
    });

    test("a redirect is not followed", async () => {
      fake.vault = ({ path }) => ({ status: 307, body: "", headers: { location: `https://acme-keys.vault.azure.net/elsewhere${path}` } });
      expect(await refusal(key.wrap(SHARE, CONTEXT))).toMatchObject({ code: "UNEXPECTED_ANSWER" });
      expect(fake.uses()).toHaveLength(1);
    });

    test("a key without attributes is no described key", async () => {
      says({ key: { kid: `${KEY}/${VERSION}`, kty: "RSA" } });
      expect(await refusal(key.describe())).toMatchObject({ code: "UNEXPECTED_ANSWER", message: "Azure Key Vault answered with no key attributes: report this." });
    });
  });

  describe("the challenge", () => {
    test("a vault that asks for a token of something else gets none", async () => {
      fake.challenge = CHALLENGE.replace("https://vault.azure.net", "https://graph.microsoft.com");
      expect(await refusal(key.wrap(SHARE, CONTEXT))).toMatchObject({ code: "UNEXPECTED_ANSWER", revocation: false });
      fake.challenge = CHALLENGE.replace("https://vault.azure.net", "https://net");
      expect(await refusal(key.wrap(SHARE, CONTEXT))).toMatchObject({
        code: "UNEXPECTED_ANSWER",
        message: "The vault asks for a token of https://net/.default, not of Azure Key Vault.",
      });
      expect(fake.signIns()).toEqual([]);
      expect(fake.uses()).toEqual([]);
    });

    test("a vault that trusts another directory gets none: it was moved", async () => {
      const other = "99999999-2222-3333-4444-555555555555";
      fake.challenge = CHALLENGE.replace(DIRECTORY, other);
      expect(await refusal(key.wrap(SHARE, CONTEXT))).toMatchObject({
        code: "ACCESS_DENIED",
        revocation: true,
        message: `The vault trusts the directory ${other}, not ${DIRECTORY}, which the descriptor names: it was moved, or the descriptor is out of date.`,
        ...DETAILS,
      });
      expect(fake.signIns()).toEqual([]);
    });

    test("401 without a challenge is a denial", async () => {
      fake.challenge = "";
      expect(await refusal(key.wrap(SHARE, CONTEXT))).toMatchObject({ code: "ACCESS_DENIED" });
    });
  });

  describe("signing in", () => {
    test.each<[string, () => AzureAnswer, string]>([
      ["the application is gone", () => aadsts(700016, { status: 400, error: "unauthorized_client" }), "APP_REJECTED"],
      ["the application is disabled", () => aadsts(7000112, { status: 400, error: "unauthorized_client" }), "APP_REJECTED"],
      ["the clocks differ", () => aadsts(700024), "UNAVAILABLE"],
      ["too many requests", () => ({ status: 429, body: {}, headers: { "retry-after": "3600" } }), "THROTTLED"],
      ["an outage", () => ({ status: 503, body: "<html>" }), "UNAVAILABLE"],
      ["a hang-up", () => "hang-up", "UNAVAILABLE"],
    ])("%s -> %#", async (_name, answer, code) => {
      fake.token = answer;
      expect(await refusal(key.wrap(SHARE, CONTEXT))).toMatchObject({ code, ...DETAILS });
      // Over as soon as it is over: nothing of the failure is kept.
      fake.token = () => TOKEN;
      says(ENCRYPTED);
      expect(await key.wrap(SHARE, CONTEXT)).toMatchObject({ keyVersion: VERSION });
    });

    test("a sign-in every ten minutes, although a token lives for an hour: only there a rejection shows", async () => {
      says(ENCRYPTED);
      const signIns: number[] = [];
      for (const minutes of [0, 5, 9, 11, 20, 22]) {
        later = minutes * 60_000;
        await key.wrap(SHARE, CONTEXT);
        signIns.push(fake.signIns().length);
      }
      expect(signIns).toEqual([1, 1, 1, 2, 2, 3]);
    });

    test("a token is not used up to its last second", async () => {
      fake.token = () => ({ status: 200, body: { token_type: "Bearer", expires_in: 300, ext_expires_in: 300, access_token: "header.payload.signature" } });
      says(ENCRYPTED);
      const signIns: number[] = [];
      for (const seconds of [0, 260, 275]) {
        later = seconds * 1_000;
        await key.wrap(SHARE, CONTEXT);
        signIns.push(fake.signIns().length);
      }
      expect(signIns).toEqual([1, 1, 2]);
    });

    test("an outage of Entra is bridged while the token lives, with a sign-in per minute; a rejection is not", async () => {
      says(ENCRYPTED);
      await key.wrap(SHARE, CONTEXT);
      fake.token = () => ({ status: 503, body: {} });
      const signIns: number[] = [];
      for (const minutes of [40, 40.5, 41.5, 58]) {
        later = minutes * 60_000;
        expect(await key.wrap(SHARE, CONTEXT)).toMatchObject({ keyVersion: VERSION });
        signIns.push(fake.signIns().length);
      }
      expect(signIns).toEqual([2, 2, 3, 4]);
      later = 59.3 * 60_000;
      fake.token = () => aadsts(700016, { status: 400, error: "unauthorized_client" });
      expect(await refusal(key.wrap(SHARE, CONTEXT))).toMatchObject({ code: "APP_REJECTED" });
      later = 60 * 60_000;
      fake.token = () => ({ status: 503, body: {} });
      expect(await refusal(key.wrap(SHARE, CONTEXT))).toMatchObject({ code: "UNAVAILABLE" });
    });

    test("an Entra that hangs is bridged too, and left behind when it answers again", async () => {
      const of = await open({ requestTimeout: 600 });
      says(ENCRYPTED);
      await of.wrap(SHARE, CONTEXT);
      fake.token = () => undefined;
      later = 30 * 60_000;
      expect(await of.wrap(SHARE, CONTEXT)).toMatchObject({ keyVersion: VERSION });
      later = 60 * 60_000;
      expect(await refusal(of.wrap(SHARE, CONTEXT))).toMatchObject({ code: "UNAVAILABLE", retryable: true });
      fake.token = () => TOKEN;
      expect(await of.wrap(SHARE, CONTEXT)).toMatchObject({ keyVersion: VERSION });
      await of.close();
    });

    test("a token does not outlive a rejection: an outage that follows brings it back to nobody", async () => {
      says(ENCRYPTED);
      await key.wrap(SHARE, CONTEXT);
      later = 11 * 60_000;
      fake.token = () => aadsts(700016, { status: 400, error: "unauthorized_client" });
      expect(await refusal(key.wrap(SHARE, CONTEXT))).toMatchObject({ code: "APP_REJECTED" });
      fake.token = () => ({ status: 503, body: {} });
      for (later of [11 * 60_000, 30 * 60_000]) expect(await refusal(key.wrap(SHARE, CONTEXT))).toMatchObject({ code: "UNAVAILABLE" });
    });

    test("nothing is refreshed in the background: a rejection there would end the process", async () => {
      const unhandled: unknown[] = [];
      const onUnhandled = (reason: unknown): void => {
        unhandled.push(reason);
      };
      process.on("unhandledRejection", onUnhandled);
      says(ENCRYPTED);
      // Within the two minutes before expiry in which the SDK would refresh by itself.
      fake.token = () => ({ status: 200, body: { token_type: "Bearer", expires_in: 20, ext_expires_in: 20, access_token: "header.payload.signature" } });
      await key.wrap(SHARE, CONTEXT);
      fake.token = () => aadsts(700016, { status: 400, error: "unauthorized_client" });
      expect(await refusal(key.wrap(SHARE, CONTEXT))).toMatchObject({ code: "APP_REJECTED" });
      const asked = fake.asked.length;
      await new Promise((resolve) => setImmediate(resolve));
      process.off("unhandledRejection", onUnhandled);
      expect(unhandled).toEqual([]);
      expect(fake.asked).toHaveLength(asked);
    });

    test("the vault may ask for more claims: a token with them is fetched", async () => {
      const claims = Buffer.from('{"access_token":{"nbf":{"essential":true,"value":"1"}}}').toString("base64");
      let challenged = false;
      fake.vault = () => {
        if (challenged) return { status: 200, body: ENCRYPTED };
        challenged = true;
        return { status: 401, body: {}, headers: { "www-authenticate": `${CHALLENGE}, error="insufficient_claims", claims="${claims}"` } };
      };
      expect(await key.wrap(SHARE, CONTEXT)).toMatchObject({ keyVersion: VERSION });
      expect(fake.signIns()).toHaveLength(2);
      expect(decodeURIComponent(fake.signIns()[1]?.body ?? "")).toContain('"essential":true');
    });

    describe("an environment that sends sign-ins elsewhere", () => {
      const variables = ["AZURE_AUTHORITY_HOST", "AZURE_REGIONAL_AUTHORITY_NAME"];
      const before = variables.map((name) => [name, process.env[name]] as const);
      afterEach(() => {
        for (const [name, value] of before) {
          if (value === undefined) Reflect.deleteProperty(process.env, name);
          else process.env[name] = value;
        }
      });

      test("AZURE_AUTHORITY_HOST does not count", async () => {
        process.env["AZURE_AUTHORITY_HOST"] = "https://login.evil.example";
        says(ENCRYPTED);
        expect(await key.wrap(SHARE, CONTEXT)).toMatchObject({ keyVersion: VERSION });
        expect(fake.signIns().map(({ host }) => host)).toEqual([LOGIN_HOST]);
      });

      test("AZURE_REGIONAL_AUTHORITY_NAME is refused by name, and nothing is sent", async () => {
        process.env["AZURE_REGIONAL_AUTHORITY_NAME"] = "evil";
        says(ENCRYPTED);
        expect(await refusal(key.wrap(SHARE, CONTEXT))).toMatchObject({
          code: "CONFIG_INVALID",
          message:
            "The Azure configuration of this machine sends calls for login.microsoftonline.com to https://evil.login.microsoft.com; nothing was sent. Unset AZURE_AUTHORITY_HOST and AZURE_REGIONAL_AUTHORITY_NAME.",
          ...DETAILS,
        });
        expect(fake.asked.map(({ host, body }) => ({ host, body }))).toEqual([{ host: "acme-keys.vault.azure.net", body: "" }]);
      });
    });
  });

  test.each<[string, Error, string, string]>([
    ["a damaged document", new ByokError("CONFIG_INVALID", "Not application credentials."), "SERVICE_CREDENTIALS", "The certificates of the application could not be read: (CONFIG_INVALID) Not application credentials."],
    ["what reads as a revocation", new ByokError("ACCESS_DENIED", "No."), "SERVICE_CREDENTIALS", "The certificates of the application could not be read: (ACCESS_DENIED) No."],
    ["a file that is not there", new Error("ENOENT"), "SERVICE_CREDENTIALS", "The certificates of the application could not be read: look at the cause."],
    ["an outage of the service key", new ByokError("UNAVAILABLE", "Out."), "UNAVAILABLE", "Out."],
  ])("certificates that cannot be read are the service's own trouble: %s", async (_name, thrown, code, message) => {
    const certificates = (): Promise<AzureCertificate[]> => Promise.reject(thrown);
    const of = await openAzureKeyVaultKey(DESCRIPTOR, { endpoints: fake.endpoints, certificates });
    expect(await refusal(of.wrap(SHARE, CONTEXT))).toMatchObject({ code, message, revocation: false, retryable: true });
    await of.close();
  });

  describe("tries and times", () => {
    test.each(CALLS)("%s: a vault that does not answer does not look like a hang", async (_name, call) => {
      fake.vault = () => undefined;
      const impatient = await open({ requestTimeout: 400 });
      expect(await refusal(call(impatient))).toMatchObject({
        code: "UNAVAILABLE",
        retryable: true,
        message: "Azure Key Vault or Entra did not answer within 0.4 s: the call may be retried.",
      });
      expect(fake.uses()).toHaveLength(1);
      await impatient.close();
    });

    test.each(CALLS)("%s: a caller that gives up while Azure thinks is let go at once", async (_name, call) => {
      const controller = new AbortController();
      const reason = new Error("enough");
      fake.vault = () => {
        controller.abort(reason);
        return undefined;
      };
      const error = await refusal(call(key, controller.signal));
      expect(error).toMatchObject({ code: "ABORTED", ...DETAILS });
      expect(error.cause).toBe(reason);
    });

    test("a caller that gives up during the sign-in is let go too, and fails no other", async () => {
      const controller = new AbortController();
      let answer: (token: AzureAnswer) => void = () => undefined;
      fake.token = () =>
        new Promise<AzureAnswer>((resolve) => {
          answer = resolve;
          controller.abort(new Error("enough"));
        });
      says(ENCRYPTED);
      const patient = key.wrap(SHARE, CONTEXT);
      expect(await refusal(key.wrap(SHARE, CONTEXT, { signal: controller.signal }))).toMatchObject({ code: "ABORTED" });
      answer(TOKEN);
      expect(await patient).toMatchObject({ keyVersion: VERSION });
    });

    test("closing ends what is under way", async () => {
      const closing = await open();
      fake.vault = () => {
        void closing.close();
        return undefined;
      };
      expect(await refusal(closing.unwrap(WRAPPED, CONTEXT))).toMatchObject({ code: "ABORTED", ...DETAILS });
    });

    test("a vault that nobody vouches for is an outage", async () => {
      const stranger = await startFakeAzure();
      const { certificateAuthority } = stranger.endpoints;
      const of = await openAzureKeyVaultKey(DESCRIPTOR, { endpoints: { ...fake.endpoints, certificateAuthority }, certificates: [certificate] });
      expect(await refusal(of.wrap(SHARE, CONTEXT))).toMatchObject({ code: "UNAVAILABLE", retryable: true });
      expect(fake.asked).toEqual([]);
      await of.close();
      await stranger.close();
    });

    test("a proxy of the environment is not on the way to loopback", async () => {
      const before = process.env["HTTPS_PROXY"];
      process.env["HTTPS_PROXY"] = "http://127.0.0.1:9";
      says(ENCRYPTED);
      try {
        const of = await open();
        expect(await of.wrap(SHARE, CONTEXT)).toMatchObject({ keyVersion: VERSION });
        await of.close();
      } finally {
        if (before === undefined) Reflect.deleteProperty(process.env, "HTTPS_PROXY");
        else process.env["HTTPS_PROXY"] = before;
      }
    });
  });
});
