/** @jest-environment ./test/runtime/one-realm-environment.ts */
import { join } from "node:path";
import { KeyManagementServiceClient } from "@google-cloud/kms";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { crc32c } from "../../../runtime/master-key/crc32c.js";
import { type GcpKmsDescriptor } from "../../../runtime/master-key/descriptor.js";
import { type GcpCredentials, openGcpKmsKey } from "../../../runtime/master-key/gcp-kms.js";
import { type MasterKey, type ShareContext, shareContextBytes, type WrappedShare } from "../../../runtime/master-key/master-key.js";
import { writeServiceAccountKey } from "../service-account.js";
import { bytesOf, hex, isWiped, refusal, shown, spellings, temporaryFolder } from "../support.js";
import { type Answer, type FakeGoogleKms, startFakeGoogleKms } from "./fake-google-kms.js";

const KEY = "projects/acme-backup/locations/europe-west4/keyRings/byok/cryptoKeys/backup";
const DESCRIPTOR: GcpKmsDescriptor = {
  schema: 1,
  tenant: "acme",
  datacenter: "eu",
  grantedTo: "serviceAccount:backup@service-prod.iam.gserviceaccount.com",
  provider: "gcp-kms",
  keyName: KEY,
};
const DETAILS = { provider: "gcp-kms", keyId: KEY, tenant: "acme" };
const VERSION = `${KEY}/cryptoKeyVersions/3`;
const SHARE = bytesOf("gcp share");
const CIPHERTEXT = bytesOf("gcp ciphertext", 113);
const CONTEXT: ShareContext = { purpose: "share", tenant: "acme", secret: "s-1", generation: 2 };
const WRAPPED: WrappedShare = { provider: "gcp-kms", keyId: KEY, keyVersion: VERSION, ciphertext: CIPHERTEXT };
const TOKEN = "ya29.the-token-of-the-service";
const folder = temporaryFolder();
const CREDENTIALS: GcpCredentials = { authClient: { getRequestHeaders: async () => new Headers({ authorization: `Bearer ${TOKEN}` }) } };

let fake: FakeGoogleKms;
let key: MasterKey;

beforeAll(async () => {
  fake = await startFakeGoogleKms();
});
beforeEach(async () => {
  fake.asked.length = 0;
  key = await open();
});
afterEach(async () => {
  await key.close();
});
afterAll(async () => {
  await fake.close();
});

function open(credentials: GcpCredentials = CREDENTIALS, more: object = {}): Promise<MasterKey> {
  const { endpoint, certificateAuthority } = fake;
  return openGcpKmsKey(DESCRIPTOR, { endpoint, certificateAuthority, credentials, ...more });
}

function checksum(bytes: Uint8Array): { value: number } {
  return { value: crc32c(bytes) };
}

const ENCRYPTED = {
  name: VERSION,
  ciphertext: CIPHERTEXT,
  ciphertextCrc32c: checksum(CIPHERTEXT),
  verifiedPlaintextCrc32c: true,
  verifiedAdditionalAuthenticatedDataCrc32c: true,
};
const DECRYPTED = { plaintext: SHARE, plaintextCrc32c: checksum(SHARE), usedPrimary: true };

/** Answers as a KMS does in which all is well, or as told. */
function says(answer: object): void {
  fake.answer = () => ({ ok: answer });
}

function fails(code: number, details = "said Google"): void {
  fake.answer = () => ({ error: { code, details } });
}

/** Every method of the key, so that what holds for all is tried for all. */
const CALLS: readonly [string, (of: MasterKey, signal?: AbortSignal) => Promise<unknown>][] = [
  ["wrap", (of, signal) => of.wrap(SHARE, CONTEXT, { signal })],
  ["unwrap", (of, signal) => of.unwrap(WRAPPED, CONTEXT, { signal })],
  ["describe", (of, signal) => of.describe({ signal })],
];

describe("what is sent", () => {
  test("wrap: key, share and context, each with its checksum; the wrap names the version that made it", async () => {
    says(ENCRYPTED);
    expect(await key.wrap(SHARE, CONTEXT)).toEqual({ provider: "gcp-kms", keyId: KEY, keyVersion: VERSION, ciphertext: CIPHERTEXT });
    const aad = shareContextBytes(CONTEXT);
    expect(fake.asked.map(({ method, request }) => ({ method, request }))).toEqual([
      {
        method: "Encrypt",
        request: {
          name: KEY,
          plaintext: Buffer.from(SHARE),
          plaintextCrc32c: { value: String(crc32c(SHARE)) },
          additionalAuthenticatedData: Buffer.from(aad),
          additionalAuthenticatedDataCrc32c: { value: String(crc32c(aad)) },
        },
      },
    ]);
  });

  test("unwrap: key, wrap and context, each with its checksum", async () => {
    says(DECRYPTED);
    const opened = await key.unwrap(WRAPPED, CONTEXT);
    expect(hex(opened.share)).toBe(hex(SHARE));
    const aad = shareContextBytes(CONTEXT);
    expect(fake.asked.map(({ method, request }) => ({ method, request }))).toEqual([
      {
        method: "Decrypt",
        request: {
          name: KEY,
          ciphertext: Buffer.from(CIPHERTEXT),
          ciphertextCrc32c: { value: String(crc32c(CIPHERTEXT)) },
          additionalAuthenticatedData: Buffer.from(aad),
          additionalAuthenticatedDataCrc32c: { value: String(crc32c(aad)) },
        },
      },
    ]);
  });

  test.each(CALLS)("%s: the token of the service, and the routing header that Cloud KMS wants", async (_name, call) => {
    fails(7);
    await refusal(call(key));
    expect(fake.asked).toMatchObject([
      { headers: { authorization: `Bearer ${TOKEN}`, "x-goog-request-params": `name=${encodeURIComponent(KEY)}` } },
    ]);
  });

  test.each([
    [true, true],
    [false, false],
  ])("a wrap opened by the primary version (%p) is of the newest: %p", async (usedPrimary, newestVersion) => {
    says({ ...DECRYPTED, usedPrimary });
    expect((await key.unwrap(WRAPPED, CONTEXT)).newestVersion).toBe(newestVersion);
  });

  test("the plaintext that the SDK gave is wiped, of good answers and of refused ones", async () => {
    const spy = jest.spyOn(KeyManagementServiceClient.prototype, "decrypt");
    says(DECRYPTED);
    await key.unwrap(WRAPPED, CONTEXT);
    says({ ...DECRYPTED, plaintextCrc32c: { value: 1 } });
    await refusal(key.unwrap(WRAPPED, CONTEXT));
    const answers = await Promise.all(spy.mock.results.map(({ value }) => value as Promise<[{ plaintext: Uint8Array }]>));
    spy.mockRestore();
    expect(answers.map(([{ plaintext }]) => [plaintext.length, isWiped(plaintext)])).toEqual([
      [32, true],
      [32, true],
    ]);
  });
});

describe("an answer that is not as it must be", () => {
  const CHANGED = CIPHERTEXT.map((byte, index) => (index === 50 ? byte ^ 1 : byte));

  test.each<[string, object, string, string]>([
    ["of another key", { name: VERSION.replace("/backup/", "/other/") }, "WRONG_KEY", `${VERSION.replace("/backup/", "/other/")} is no version of the key asked for.`],
    ["of a key whose name goes on", { name: VERSION.replace("/backup/", "/backup2/") }, "WRONG_KEY", `${VERSION.replace("/backup/", "/backup2/")} is no version of the key asked for.`],
    ["of the key without a version", { name: KEY }, "WRONG_KEY", `${KEY} is no version of the key asked for.`],
    ["of version zero", { name: `${KEY}/cryptoKeyVersions/0` }, "WRONG_KEY", `${KEY}/cryptoKeyVersions/0 is no version of the key asked for.`],
    ["of no key", { name: "" }, "WRONG_KEY", "no key is no version of the key asked for."],
    ["that did not verify the share", { verifiedPlaintextCrc32c: false }, "TAMPERED", "Google Cloud KMS did not verify the checksum of what it was sent: request or answer was damaged on the way."],
    ["that did not verify the context", { verifiedAdditionalAuthenticatedDataCrc32c: false }, "TAMPERED", "Google Cloud KMS did not verify the checksum of what it was sent: request or answer was damaged on the way."],
    ["without a checksum", { ciphertextCrc32c: null }, "TAMPERED", "Google Cloud KMS answered without a checksum: request or answer was damaged on the way."],
    ["with another checksum", { ciphertextCrc32c: { value: 0 } }, "TAMPERED", "Google Cloud KMS answered with a checksum that does not fit: request or answer was damaged on the way."],
    ["damaged on its way", { ciphertext: CHANGED }, "TAMPERED", "Google Cloud KMS answered with a checksum that does not fit: request or answer was damaged on the way."],
    ["without a ciphertext", { ciphertext: new Uint8Array(0) }, "UNEXPECTED_ANSWER", "Google Cloud KMS answered with no ciphertext: report this."],
  ])("Encrypt %s is refused", async (_name, change, code, message) => {
    says({ ...ENCRYPTED, ...change });
    expect(await refusal(key.wrap(SHARE, CONTEXT))).toMatchObject({ code, message, ...DETAILS });
  });

  test.each<[string, object, string, string]>([
    ["without a checksum", { plaintextCrc32c: null }, "TAMPERED", "Google Cloud KMS answered without a checksum: request or answer was damaged on the way."],
    ["with another checksum", { plaintextCrc32c: { value: "4294967296" } }, "TAMPERED", "Google Cloud KMS answered with a checksum that does not fit: request or answer was damaged on the way."],
    ["without a plaintext", { plaintext: new Uint8Array(0) }, "UNEXPECTED_ANSWER", "Google Cloud KMS answered with no plaintext: report this."],
    ["with 31 bytes", { plaintext: SHARE.subarray(1), plaintextCrc32c: checksum(SHARE.subarray(1)) }, "TAMPERED", "A share has 32 bytes, this one has 31."],
    ["with 64 bytes", { plaintext: bytesOf("x", 64), plaintextCrc32c: checksum(bytesOf("x", 64)) }, "TAMPERED", "A share has 32 bytes, this one has 64."],
  ])("Decrypt %s is refused", async (_name, change, code, message) => {
    says({ ...DECRYPTED, ...change });
    const error = await refusal(key.unwrap(WRAPPED, CONTEXT));
    expect(error).toMatchObject({ code, message, ...DETAILS });
    for (const spelling of spellings(SHARE)) expect(shown(error)).not.toContain(spelling);
  });

  test.each<[object, object]>([
    [{ primary: { state: "ENABLED" } }, { usable: true, state: "ENABLED" }],
    [{ primary: { state: "DISABLED" } }, { usable: false, state: "DISABLED" }],
    [{ primary: { state: "DESTROY_SCHEDULED" } }, { usable: false, state: "DESTROY_SCHEDULED" }],
    [{ primary: null }, { usable: false, state: "without a primary version" }],
  ])("GetCryptoKey %j is described as %j", async (answer, state) => {
    says({ name: KEY, ...answer });
    expect(await key.describe()).toEqual(state);
  });

  test("a wrap that names a version of another key never reaches KMS", async () => {
    const foreign = { ...WRAPPED, keyVersion: VERSION.replace("/backup/", "/other/") };
    expect(await refusal(key.unwrap(foreign, CONTEXT))).toMatchObject({ code: "WRONG_KEY", ...DETAILS });
    expect(fake.asked).toEqual([]);
  });
});

describe("tries and times", () => {
  test("a broken connection is tried again, and a fault that passes is not seen", async () => {
    let faults = 2;
    fake.answer = (): Answer => (faults-- > 0 ? { error: { code: 14, details: "connection dropped" } } : { ok: DECRYPTED });
    expect(hex((await key.unwrap(WRAPPED, CONTEXT)).share)).toBe(hex(SHARE));
    expect(fake.asked.map(({ method }) => method)).toEqual(["Decrypt", "Decrypt", "Decrypt"]);
  });

  test("three tries, not ten minutes of them", async () => {
    fails(14);
    expect(await refusal(key.unwrap(WRAPPED, CONTEXT))).toMatchObject({ code: "UNAVAILABLE", revocation: false, retryable: true, ...DETAILS });
    expect(fake.asked).toHaveLength(3);
  });

  test.each([3, 4, 5, 7, 8, 9, 13, 16])("status %i is asked once", async (status) => {
    fails(status);
    await refusal(key.unwrap(WRAPPED, CONTEXT));
    expect(fake.asked).toHaveLength(1);
  });

  test.each(CALLS)("%s: a KMS that does not answer does not look like a hang", async (_name, call) => {
    fake.answer = () => undefined;
    const impatient = await open(CREDENTIALS, { requestTimeout: 200 });
    expect(await refusal(call(impatient))).toMatchObject({ code: "UNAVAILABLE", retryable: true });
    expect(fake.asked).toHaveLength(1);
    await impatient.close();
  });

  test.each(CALLS)("%s: a caller that gives up while KMS thinks is let go at once", async (_name, call) => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const ended = new Promise<void>((resolve) => {
      fake.answer = (_asked, cancelled) => {
        void cancelled.then(resolve);
        controller.abort(reason);
        return undefined;
      };
    });
    const error = await refusal(call(key, controller.signal));
    expect(error).toMatchObject({ code: "ABORTED", ...DETAILS });
    expect(error.cause).toBe(reason);
    // Google hears of it too.
    await ended;
  });

  test("closing ends what is under way", async () => {
    const closing = await open();
    const ended = new Promise<void>((resolve) => {
      fake.answer = (_asked, cancelled) => {
        void cancelled.then(resolve);
        void closing.close();
        return undefined;
      };
    });
    expect(await refusal(closing.unwrap(WRAPPED, CONTEXT))).toMatchObject({ code: "ABORTED", ...DETAILS });
    await ended;
  });

  test("a KMS that is not there, and one that nobody vouches for, are outages", async () => {
    const gone = await startFakeGoogleKms();
    await gone.close();
    for (const instead of [{ endpoint: gone.endpoint }, { certificateAuthority: gone.certificateAuthority }]) {
      const unreachable = await open(CREDENTIALS, { ...instead, requestTimeout: 2_000 });
      expect(await refusal(unreachable.wrap(SHARE, CONTEXT))).toMatchObject({ code: "UNAVAILABLE", retryable: true });
      await unreachable.close();
    }
    expect(fake.asked).toEqual([]);
  });
});

describe("credentials are fetched apart from the call", () => {
  async function withCredentials(getRequestHeaders: () => Promise<Headers>, more: object = {}): Promise<MasterKey> {
    fake.answer = () => {
      throw new Error("KMS was asked without credentials");
    };
    return open({ authClient: { getRequestHeaders } }, more);
  }

  test.each<[string, object, string]>([
    ["refuses the grant", { status: 400 }, "SERVICE_CREDENTIALS"],
    ["forbids", { status: 403 }, "SERVICE_CREDENTIALS"],
    ["limits", { status: 429 }, "THROTTLED"],
    ["is out", { status: 500 }, "UNAVAILABLE"],
    ["cannot be found", { code: "ENOTFOUND" }, "UNAVAILABLE"],
  ])("a token service that %s -> %#, never a revocation", async (_name, members, code) => {
    const failing = await withCredentials(() => Promise.reject(Object.assign(new Error("no token"), members)));
    for (const [, call] of CALLS) expect(await refusal(call(failing))).toMatchObject({ code, revocation: false, retryable: true, ...DETAILS });
    expect(fake.asked).toEqual([]);
    await failing.close();
  });

  test("credentials without a token are none", async () => {
    const empty = await withCredentials(async () => new Headers());
    expect(await refusal(empty.wrap(SHARE, CONTEXT))).toMatchObject({ code: "SERVICE_CREDENTIALS" });
    await empty.close();
  });

  test("a token service that hangs is SERVICE_CREDENTIALS", async () => {
    const hanging = await withCredentials(() => new Promise<never>(() => undefined), { requestTimeout: 50 });
    expect(await refusal(hanging.wrap(SHARE, CONTEXT))).toMatchObject({
      code: "SERVICE_CREDENTIALS",
      message: expect.stringMatching(/^The service's Google credentials did not come within 0\.05 s\./),
    });
    await hanging.close();
  });

  test("a caller that gives up meanwhile is let go at once", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const hanging = await withCredentials(() => {
      controller.abort(reason);
      return new Promise<never>(() => undefined);
    });
    const error = await refusal(hanging.wrap(SHARE, CONTEXT, { signal: controller.signal }));
    expect(error).toMatchObject({ code: "ABORTED", ...DETAILS });
    expect(error.cause).toBe(reason);
    await hanging.close();
  });

  test("headers other than those that authorize are not taken from credentials", async () => {
    says(DECRYPTED);
    const more = await open({
      authClient: {
        getRequestHeaders: async () =>
          new Headers({ authorization: "Bearer x", "x-goog-user-project": "billing", "x-goog-request-params": "name=elsewhere", host: "elsewhere" }),
      },
    });
    await more.unwrap(WRAPPED, CONTEXT);
    expect(fake.asked).toMatchObject([
      { headers: { authorization: "Bearer x", "x-goog-user-project": "billing", "x-goog-request-params": `name=${encodeURIComponent(KEY)}` } },
    ]);
    expect(fake.asked[0]?.headers).not.toHaveProperty("host");
    await more.close();
  });

  test("credentials that KMS refuses are read anew for the next call", async () => {
    const path = join(folder, "service-account.json");
    const issuerOf = (header: string | undefined): unknown => claims(header)["iss"];
    writeServiceAccountKey(path, "old@service-prod.iam.gserviceaccount.com");
    const rotating = await open({ keyFile: path });
    fake.answer = ({ headers }): Answer =>
      issuerOf(headers["authorization"]) === "new@service-prod.iam.gserviceaccount.com" ? { ok: DECRYPTED } : { error: { code: 16, details: "key deleted" } };
    expect(await refusal(rotating.unwrap(WRAPPED, CONTEXT))).toMatchObject({ code: "SERVICE_CREDENTIALS", revocation: false });
    writeServiceAccountKey(path, "new@service-prod.iam.gserviceaccount.com");
    expect(hex((await rotating.unwrap(WRAPPED, CONTEXT)).share)).toBe(hex(SHARE));
    await rotating.close();
  });

  test("a service account's key signs for itself: no token service, and the scope of Cloud KMS alone", async () => {
    const path = join(folder, "self-signed.json");
    writeServiceAccountKey(path, "backup@service-prod.iam.gserviceaccount.com");
    says(DECRYPTED);
    const self = await open({ keyFile: path });
    await self.unwrap(WRAPPED, CONTEXT);
    const found = claims(fake.asked[0]?.headers["authorization"]);
    expect(found).toMatchObject({
      iss: "backup@service-prod.iam.gserviceaccount.com",
      sub: "backup@service-prod.iam.gserviceaccount.com",
      scope: "https://www.googleapis.com/auth/cloudkms",
    });
    await self.close();
  });

  describe("none at all", () => {
    const VARIABLES = { HOME: folder, METADATA_SERVER_DETECTION: "none", GOOGLE_APPLICATION_CREDENTIALS: undefined };
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown): void => {
      unhandled.push(reason);
    };
    let before: Record<string, string | undefined>;

    beforeEach(() => {
      before = Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, process.env[name]]));
      setVariables(VARIABLES);
      process.on("unhandledRejection", onUnhandled);
    });
    afterEach(() => {
      process.off("unhandledRejection", onUnhandled);
      setVariables(before);
    });

    test.each<[string, GcpCredentials | undefined]>([
      ["no Application Default Credentials", undefined],
      ["a key file that is missing", { keyFile: join(folder, "missing.json") }],
      ["a key file that is none", { keyFile: __filename }],
    ])("%s: SERVICE_CREDENTIALS, and no rejection that ends the process", async (_name, credentials) => {
      const { endpoint, certificateAuthority } = fake;
      const poor = await openGcpKmsKey(DESCRIPTOR, { endpoint, certificateAuthority, ...(credentials === undefined ? {} : { credentials }) });
      for (const [, call] of CALLS) {
        expect(await refusal(call(poor))).toMatchObject({ code: "SERVICE_CREDENTIALS", revocation: false, retryable: true, ...DETAILS });
      }
      await poor.close();
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([]);
      expect(fake.asked).toEqual([]);
    });
  });
});

describe("an environment in which shares would get out", () => {
  test.each<[string, string, string]>([
    ["GOOGLE_SDK_NODE_LOGGING", "kms", "GOOGLE_SDK_NODE_LOGGING is set: with it Google's SDK prints the keys that it decrypts. Unset it."],
    ["GOOGLE_CLOUD_UNIVERSE_DOMAIN", "evil.example", "GOOGLE_CLOUD_UNIVERSE_DOMAIN is evil.example: keys are sought at cloudkms.googleapis.com only. Unset it."],
  ])("%s: no key is opened", async (variable, value, message) => {
    const before = { [variable]: process.env[variable] };
    setVariables({ [variable]: value });
    try {
      expect(await refusal(open())).toMatchObject({ code: "CONFIG_INVALID", message, ...DETAILS });
    } finally {
      setVariables(before);
    }
  });

  test("a logging backend that the program itself set: no key is opened", async () => {
    const { getNodeBackend, setBackend } = await import("google-logging-utils");
    setBackend(getNodeBackend());
    try {
      expect(await refusal(open())).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringMatching(/^Logging of Google's SDK is on/) });
    } finally {
      setBackend(undefined);
    }
    await (await open()).close();
  });

  test("without an endpoint it is Google's own host that is asked, whatever the environment says meanwhile", async () => {
    const before = { GOOGLE_CLOUD_UNIVERSE_DOMAIN: process.env["GOOGLE_CLOUD_UNIVERSE_DOMAIN"], GOOGLE_API_USE_MTLS_ENDPOINT: process.env["GOOGLE_API_USE_MTLS_ENDPOINT"] };
    const hosts: string[] = [];
    const stop = new Error("far enough");
    const spy = jest.spyOn(KeyManagementServiceClient.prototype, "initialize").mockImplementation(async function (this: KeyManagementServiceClient) {
      hosts.push(this.apiEndpoint);
      throw stop;
    });
    const real = await openGcpKmsKey(DESCRIPTOR, { credentials: CREDENTIALS });
    try {
      setVariables({ GOOGLE_CLOUD_UNIVERSE_DOMAIN: "evil.example", GOOGLE_API_USE_MTLS_ENDPOINT: "always" });
      const error = await refusal(real.wrap(SHARE, CONTEXT));
      expect(error).toMatchObject({ code: "UNEXPECTED_ANSWER" });
      expect(error.cause).toBe(stop);
      expect(hosts).toEqual(["cloudkms.googleapis.com"]);
    } finally {
      setVariables(before);
      spy.mockRestore();
      await real.close();
    }
  });
});

function setVariables(values: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
}

/** Claims of a self-signed token. */
function claims(authorization: string | undefined): Record<string, unknown> {
  const [, payload = ""] = (authorization ?? "").replace(/^Bearer /, "").split(".");
  return JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as Record<string, unknown>;
}
