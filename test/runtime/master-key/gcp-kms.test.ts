/** @jest-environment ./test/runtime/one-realm-environment.ts */
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { type GcpKmsDescriptor } from "../../../runtime/master-key/descriptor.js";
import { openGcpKmsKey } from "../../../runtime/master-key/gcp-kms.js";
import { type MasterKey, type ShareContext } from "../../../runtime/master-key/master-key.js";
import { verifyMasterKey } from "../../../runtime/master-key/verify.js";
import { type GcpFaultError, type WireFault } from "../../../sandbox/gcp/index.js";
import { startTestGcpSandbox, type TestGcpSandbox } from "../gcp-sandbox.js";
import { writeServiceAccountKey } from "../service-account.js";
import { bytesOf, hex, refusal, shown, spellings, temporaryFolder } from "../support.js";
import { masterKeyConformance, type Revocation } from "./conformance.js";

const folder = temporaryFolder();
const SHARE = bytesOf("gcp share");
const CONTEXT: ShareContext = { purpose: "share", tenant: "acme", secret: "s-1", generation: 2 };

masterKeyConformance({
  provider: "gcp-kms",
  tenant: "acme",
  revocations: ["disabling", "withdrawing the grant", "scheduling its destruction"],
  // The role that lets the service encrypt and decrypt does not let it look.
  described: "ACCESS_DENIED",
  // A ciphertext begins with what names its key: altered there, it is another key's as far as Google can tell.
  alteredWrap: ["TAMPERED", "WRONG_KEY"],
  rotation: "shows in wraps and unwraps",
  async start() {
    const started = await startTestGcpSandbox();
    const { google } = started;
    const first = await started.createKey("acme");
    const second = await started.createKey("acme");
    const by = (code: Revocation["code"], act: () => unknown): Revocation => ({
      code,
      revoke: async () => {
        act();
      },
      restore: async () => {
        google.restore(first.keyName);
      },
    });
    return {
      openKey: () => openIn(started, first),
      openOtherKey: () => openIn(started, second),
      revocations: {
        disabling: by("KEY_DISABLED", () => google.revoke(first.keyName, "disable")),
        "withdrawing the grant": by("ACCESS_DENIED", () => google.revoke(first.keyName, "grant")),
        "scheduling its destruction": by("KEY_PENDING_DELETION", () => google.scheduleDeletion(first.keyName, 30)),
      },
      rotateOtherKey: async () => {
        google.rotate(second.keyName);
      },
      close: () => started.close(),
    };
  },
});

function openIn(started: TestGcpSandbox, descriptor: GcpKmsDescriptor): Promise<MasterKey> {
  const { endpoints, credentials } = started;
  return openGcpKmsKey(descriptor, {
    endpoint: endpoints["gcp-kms"],
    certificateAuthority: endpoints.certificateAuthority,
    credentials: credentials["gcp-kms"],
  });
}

describe("gcp-kms in the sandbox", () => {
  let started: TestGcpSandbox;
  let descriptor: GcpKmsDescriptor;
  let key: MasterKey;

  beforeAll(async () => {
    started = await startTestGcpSandbox();
    descriptor = await started.createKey("acme");
    key = await openIn(started, descriptor);
  });
  afterEach(() => {
    started.google.clearFaults();
    started.google.clearCalls();
  });
  afterAll(async () => {
    await key.close();
    await started.close();
  });

  test("the tenant's log shows the key and nothing else: no look-up, no second call", async () => {
    const wrapped = await key.wrap(SHARE, CONTEXT);
    await key.unwrap(wrapped, CONTEXT);
    expect(wrapped.keyVersion).toBe(`${descriptor.keyName}/cryptoKeyVersions/1`);
    expect(started.serviceCalls().map(({ method, resource, status }) => ({ method, resource, status }))).toEqual(
      ["Encrypt", "Decrypt"].map((method) => ({ method, resource: descriptor.keyName, status: "OK" })),
    );
  });

  test("a foreign wrap is told as WRONG_KEY, and never reaches KMS if it names another key", async () => {
    const other = await openIn(started, await started.createKey("acme"));
    const foreign = await other.wrap(SHARE, CONTEXT);
    await other.close();
    started.google.clearCalls();
    expect(await refusal(key.unwrap(foreign, CONTEXT))).toMatchObject({ code: "WRONG_KEY" });
    expect(started.serviceCalls()).toEqual([]);
    const claiming = { ...foreign, keyId: key.id, keyVersion: undefined };
    expect(await refusal(key.unwrap(claiming, CONTEXT))).toMatchObject({ code: "WRONG_KEY" });
    expect(started.serviceCalls().map(({ status }) => status)).toEqual(["INVALID_ARGUMENT"]);
  });

  test("who may look sees the state of the version that encrypts", async () => {
    const seen = await started.createKey("acme", { viewer: true });
    const looking = await openIn(started, seen);
    expect(await looking.describe()).toEqual({ usable: true, state: "ENABLED" });
    started.google.revoke(seen.keyName, "disable");
    expect(await looking.describe()).toEqual({ usable: false, state: "DISABLED" });
    await looking.close();
  });

  test("verify: everything but the state can be seen with the role that encrypts and decrypts", async () => {
    const report = await verifyMasterKey(key);
    expect(report).toMatchObject({ ok: true, provider: "gcp-kms", keyId: descriptor.keyName, tenant: "acme" });
    expect(report.checks.map(({ name, detail }) => `${name}: ${detail}`)).toEqual([
      "round-trip: a random share was wrapped and unwrapped",
      "binding: a wrap under another context is refused (TAMPERED)",
      "tenant-binding: a grant in Google Cloud cannot be confined to a tenant's context: whoever was granted the key may use it for any; every wrap is bound to its tenant all the same",
      "state: the grant does not cover reading the key's state (not needed for backups)",
    ]);
    expect(started.serviceCalls().map(({ method }) => method)).toEqual(["Encrypt", "Decrypt", "Decrypt", "GetCryptoKey"]);
  });

  test("one disabled version closes its own wraps and no others; a destroyed one for good", async () => {
    const rotated = await started.createKey("acme");
    const of = await openIn(started, rotated);
    const older = await of.wrap(SHARE, CONTEXT);
    started.google.rotate(rotated.keyName);
    const newer = await of.wrap(SHARE, CONTEXT);
    started.google.disableVersion(rotated.keyName, older.keyVersion ?? "");
    expect(await refusal(of.unwrap(older, CONTEXT))).toMatchObject({ code: "KEY_DISABLED", revocation: true });
    started.google.destroyVersion(rotated.keyName, older.keyVersion ?? "");
    expect(await refusal(of.unwrap(older, CONTEXT))).toMatchObject({ code: "KEY_PENDING_DELETION", revocation: true });
    expect(hex((await of.unwrap(newer, CONTEXT)).share)).toBe(hex(SHARE));
    await of.close();
  });

  test("a key that never existed is not distinguishable from a denied one: a revocation", async () => {
    const missing = await openIn(started, { ...descriptor, keyName: `${descriptor.keyName}-missing` });
    const error = await refusal(missing.wrap(SHARE, CONTEXT));
    await missing.close();
    expect(error.revocation).toBe(true);
    expect(["KEY_NOT_FOUND", "ACCESS_DENIED"]).toContain(error.code);
  });

  test.each<[GcpFaultError, string]>([
    ["RESOURCE_EXHAUSTED", "THROTTLED"],
    ["UNAVAILABLE", "UNAVAILABLE"],
    ["DEADLINE_EXCEEDED", "UNAVAILABLE"],
    ["INTERNAL", "UNAVAILABLE"],
  ])("%s that does not end -> %s", async (error, code) => {
    const wrapped = await key.wrap(SHARE, CONTEXT);
    started.google.injectFault({ operation: "Decrypt", error });
    expect(await refusal(key.unwrap(wrapped, CONTEXT))).toMatchObject({ code, revocation: false, retryable: true, provider: "gcp-kms", keyId: key.id, tenant: "acme" });
  });

  test.each<[WireFault, string]>([
    ["corrupt-data", "TAMPERED"],
    ["corrupt-crc32c", "TAMPERED"],
    ["omit-crc32c", "TAMPERED"],
    ["unverified", "TAMPERED"],
    ["other-key", "WRONG_KEY"],
  ])("an answer to Encrypt with the damage %s -> %s", async (wire, code) => {
    started.google.injectFault({ operation: "Encrypt", wire });
    expect(await refusal(key.wrap(SHARE, CONTEXT))).toMatchObject({ code, revocation: false });
  });

  test.each<WireFault>(["corrupt-data", "corrupt-crc32c", "omit-crc32c"])("an answer to Decrypt with the damage %s -> TAMPERED", async (wire) => {
    const wrapped = await key.wrap(SHARE, CONTEXT);
    started.google.injectFault({ operation: "Decrypt", wire });
    const error = await refusal(key.unwrap(wrapped, CONTEXT));
    expect(error).toMatchObject({ code: "TAMPERED", revocation: false });
    for (const spelling of spellings(SHARE)) expect(shown(error)).not.toContain(spelling);
  });

  test("the service's disabled account is the operator's problem, never a revocation", async () => {
    const wrapped = await key.wrap(SHARE, CONTEXT);
    started.google.disableServiceAccount({ name: "service", disabled: true });
    const disabled = await refusal(key.unwrap(wrapped, CONTEXT));
    started.google.disableServiceAccount({ name: "service", disabled: false });
    expect(disabled).toMatchObject({ code: "SERVICE_CREDENTIALS", revocation: false, retryable: true });
    expect(hex((await key.unwrap(wrapped, CONTEXT)).share)).toBe(hex(SHARE));
  });

  test("the service's key that Google does not know is too", async () => {
    const path = join(folder, "unknown.json");
    writeServiceAccountKey(path, "storage-byok@afi-production.iam.gserviceaccount.com");
    const stranger = await openGcpKmsKey(descriptor, {
      endpoint: started.endpoints["gcp-kms"],
      certificateAuthority: started.endpoints.certificateAuthority,
      credentials: { keyFile: path },
    });
    expect(await refusal(stranger.wrap(SHARE, CONTEXT))).toMatchObject({ code: "SERVICE_CREDENTIALS", revocation: false });
    await stranger.close();
  });
});
