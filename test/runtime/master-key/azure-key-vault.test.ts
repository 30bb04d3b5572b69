/** @jest-environment ./test/runtime/one-realm-environment.ts */
import { constants, createHash, createPublicKey, publicEncrypt } from "node:crypto";
import { ClientCertificateCredential } from "@azure/identity";
import { KeyClient } from "@azure/keyvault-keys";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { openAzureKeyVaultKey } from "../../../runtime/master-key/azure-key-vault.js";
import { LoopbackAgent } from "../../../runtime/master-key/azure-key-vault-host.js";
import { type AzureCertificates } from "../../../runtime/master-key/azure-certificate.js";
import { type AzureKeyVaultDescriptor } from "../../../runtime/master-key/descriptor.js";
import { ByokError } from "../../../runtime/master-key/errors.js";
import { type MasterKey, type ShareContext, shareContextBytes, type UnwrappedShare } from "../../../runtime/master-key/master-key.js";
import { startTestAzureSandbox, type TestAzureSandbox } from "../azure-sandbox.js";
import { selfSigned } from "../certificates.js";
import { verifyMasterKey } from "../../../runtime/master-key/verify.js";
import { bytesOf, hex, refusal, shown, spellings, temporaryFolder } from "../support.js";
import { masterKeyConformance, type Revocation } from "./conformance.js";

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

  test("a wrap opens whichever operation made it, so that a tenant may change how it grants", async () => {
    const encrypting = await started.createKey("acme", { permissions: ["encrypt", "decrypt", "wrapKey", "unwrapKey"] });
    const [one, other] = [await openIn(started, encrypting), await openIn(started, { ...encrypting, operation: "wrap" })];
    for (const [makes, opens] of [[one, other], [other, one]] as const) {
      const wrapped = await makes.wrap(SHARE, CONTEXT);
      expect(hex((await opens.unwrap(wrapped, CONTEXT)).share)).toBe(hex(SHARE));
    }
    const used = started.vaultCalls().filter(({ target, outcome }) => outcome === "ok" && target.startsWith(encrypting.keyUri));
    expect(used.map(({ operation }) => operation)).toEqual(["KeyEncrypt", "KeyUnwrap", "KeyWrap", "KeyDecrypt"]);
    await one.close();
    await other.close();
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

  test("verify: a key that is disabled still makes wraps, and fails all the same", async () => {
    const seen = await started.createKey("acme");
    const of = await openIn(started, seen);
    const details = async (): Promise<string[]> => (await verifyMasterKey(of)).checks.map(({ name, ok, detail }) => `${name} ${ok}: ${detail}`);
    const state = "state true: the grant does not cover reading the key's state (not needed for backups)";
    expect(await details()).toEqual([
      "round-trip true: a random share was wrapped and unwrapped",
      "binding true: a wrap under another context is refused (TAMPERED)",
      "tenant-binding true: a grant in Azure cannot be confined to a tenant's context: whoever was granted the key may use it for any; every wrap is bound to its tenant all the same",
      state,
    ]);
    started.azure.revoke(seen.keyUri, "disable");
    expect((await of.wrap(SHARE, CONTEXT)).keyId).toBe(seen.keyUri);
    expect(await verifyMasterKey(of)).toMatchObject({ ok: false, checks: [{ name: "round-trip", ok: false, error: { code: "KEY_DISABLED" } }, { name: "state" }] });
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

    const DETAILS = { provider: "azure-key-vault", tenant: "acme" };
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
        // The service key's KMS, say, which keeps the certificates' keys.
        [() => Promise.reject(new ByokError("ACCESS_DENIED", "x", { provider: "aws-kms" })), /^The certificates of the application could not be read: /],
        [() => Promise.reject(new ByokError("SERVICE_CREDENTIALS", "says the service key", DETAILS)), /^says the service key$/],
      ];
      for (const [certificates, message] of cases) {
        const poor = await openIn(started, descriptor, certificates);
        started.azure.clearCalls();
        const error = await refusal(poor.wrap(SHARE, CONTEXT));
        expect(error).toMatchObject({ code: "SERVICE_CREDENTIALS", revocation: false, retryable: true, ...DETAILS });
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
