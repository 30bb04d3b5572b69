/** @jest-environment ./test/runtime/one-realm-environment.ts */
import { CryptographyClient } from "@azure/keyvault-keys";
import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { openAzureKeyVaultKey } from "../../../runtime/master-key/azure-key-vault.js";
import { type AzureCertificate } from "../../../runtime/master-key/azure-certificate.js";
import { type MasterKey } from "../../../runtime/master-key/master-key.js";
import { selfSigned } from "../certificates.js";
import { bytesOf, deferred, hex, isWiped, refusal, shown, spellings } from "../support.js";
import {
  aadsts, CIPHERTEXT, CONTEXT, DECRYPTED, DESCRIPTOR, DETAILS, DIRECTORY, ENCRYPTED, type AzureAnswer, type FakeAzure, KEY, LOGIN_HOST, PLAINTEXT, refused, SHARE,
  startFakeAzure, TOKEN, VERSION, WRAPPED,
} from "./fake-azure.js";

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
