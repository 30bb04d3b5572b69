/** @jest-environment ./test/runtime/one-realm-environment.ts */
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { openAzureKeyVaultKey } from "../../../runtime/master-key/azure-key-vault.js";
import { type AzureCertificate } from "../../../runtime/master-key/azure-certificate.js";
import { ByokError } from "../../../runtime/master-key/errors.js";
import { type MasterKey } from "../../../runtime/master-key/master-key.js";
import { selfSigned } from "../certificates.js";
import { refusal } from "../support.js";
import {
  aadsts, type AzureAnswer, CHALLENGE, CONTEXT, DESCRIPTOR, DETAILS, DIRECTORY, ENCRYPTED, type FakeAzure, LOGIN_HOST, SHARE, startFakeAzure, TOKEN, VERSION,
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
  test("a token does not outlive a rejection: an outage that follows brings it back to nobody", async () => {
    says(ENCRYPTED);
    await key.wrap(SHARE, CONTEXT);
    later = 11 * 60_000;
    fake.token = () => aadsts(700016, { status: 400, error: "unauthorized_client" });
    expect(await refusal(key.wrap(SHARE, CONTEXT))).toMatchObject({ code: "APP_REJECTED" });
    fake.token = () => ({ status: 503, body: {} });
    for (later of [11 * 60_000, 30 * 60_000]) expect(await refusal(key.wrap(SHARE, CONTEXT))).toMatchObject({ code: "UNAVAILABLE" });
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
