import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type TokenCredential } from "@azure/identity";

import { TENANT_DIRECTORY } from "../../../sandbox/azure/index.js";
import { type Application, type AzureFixture, azureFixture, refusal, selfSigned } from "./fixtures.js";

const VAULT = "acme-vault";
const HOST = `https://${VAULT}.vault.azure.net`;
const OAEP = "RSA-OAEP-256";

let fixture: AzureFixture;
let service: Application;
let servicePrincipal: string;
let credential: TokenCredential;
/** A fresh key per test. */
let keyId: string;
let version: string;
let keys = 0;

beforeAll(async () => {
  fixture = await azureFixture();
  const pair = await selfSigned("backup-service");
  const { sandbox } = fixture.running;
  sandbox.createVault({ name: VAULT });
  const registered = sandbox.registerApplication({ displayName: "backup", certificates: [pair.certificate] });
  service = { ...registered, ...pair };
  servicePrincipal = registered.servicePrincipalId;
  credential = fixture.credential(service);
});
afterAll(() => fixture.close());
beforeEach(() => {
  grant("encrypt", "decrypt");
  const made = fixture.running.sandbox.createKey({ vault: VAULT, name: `key-${(keys += 1)}` });
  keyId = made.keyUri;
  version = made.version;
});

function grant(...permissions: string[]): void {
  fixture.running.sandbox.setAccessPolicy({ vault: VAULT, objectId: servicePrincipal, permissions });
}

/** Encrypts; the version that did it is in the service's answer only, the SDK shows the id it was made with. */
const encrypt = async (id = keyId, text = "share"): Promise<{ ciphertext: Uint8Array; kid: string }> => {
  let kid = "";
  const { result } = await fixture.crypto(id, credential).encrypt(
    { algorithm: OAEP, plaintext: Buffer.from(text) },
    {
      onResponse: ({ bodyAsText }) => {
        kid = (JSON.parse(bodyAsText ?? "{}") as { kid?: string }).kid ?? "";
      },
    },
  );
  return { ciphertext: result, kid };
};
const decrypt = async (ciphertext: Uint8Array, id = `${keyId}/${version}`): Promise<string> =>
  Buffer.from((await fixture.crypto(id, credential).decrypt({ algorithm: OAEP, ciphertext })).result).toString();

describe("the challenge", () => {
  test("a request without a token is told where to get one", async () => {
    const answer = await fixture.fetch("POST", `${HOST}/keys/x/create?api-version=2025-07-01`);
    expect(answer.status).toBe(401);
    expect(answer.headers["www-authenticate"]).toBe(
      `Bearer authorization="https://login.microsoftonline.com/${TENANT_DIRECTORY}", resource="https://vault.azure.net"`,
    );
    expect(answer.body).toEqual({ error: { code: "Unauthorized", message: "AKV10000: Request is missing a Bearer or PoP token." } });
  });
});

describe("encryption", () => {
  test("round trip: the answer names the version, and the version opens it", async () => {
    const wrap = await encrypt();
    expect(wrap.kid).toBe(`${keyId}/${version}`);
    await expect(decrypt(wrap.ciphertext)).resolves.toBe("share");
  });

  test("another key's or a damaged ciphertext is BadParameter", async () => {
    const { ciphertext } = await encrypt();
    const other = fixture.running.sandbox.createKey({ vault: VAULT, name: `other-${keys}` });
    const expected = { status: 400, code: "BadParameter", message: "Error occurred while decoding OAEP padding" };
    await expect(refusal(decrypt(ciphertext, `${other.keyUri}/${other.version}`))).resolves.toEqual(expected);
    await expect(refusal(decrypt(ciphertext.map((byte, at) => (at === 0 ? byte ^ 1 : byte))))).resolves.toEqual(expected);
  });
});

describe("the service's access", () => {
  test("without an access policy: AccessDenied; with one that lacks the permission: ForbiddenByPolicy", async () => {
    grant("get");
    const message = `The user, group or application 'appid=${service.clientId};oid=${servicePrincipal};iss=https://sts.windows.net/${TENANT_DIRECTORY}/' does not have keys encrypt permission on key vault '${VAULT};location=westeurope'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287`;
    await expect(refusal(encrypt())).resolves.toEqual({ status: 403, code: "Forbidden", inner: "ForbiddenByPolicy", message });
    fixture.running.sandbox.revoke(keyId, "grant");
    await expect(refusal(encrypt())).resolves.toEqual({ status: 403, code: "Forbidden", inner: "AccessDenied", message });
  });
});

describe("the tenant's acts", () => {
  test("a disabled key still encrypts and does not decrypt, until it is restored", async () => {
    const { ciphertext } = await encrypt();
    expect(fixture.running.sandbox.revoke(keyId, "disable")).toMatchObject({ state: "Disabled", revoked: true });
    await expect(encrypt()).resolves.toMatchObject({ kid: `${keyId}/${version}` });
    await expect(refusal(decrypt(ciphertext))).resolves.toEqual({
      status: 403, code: "Forbidden", inner: "KeyDisabled", message: "Operation decrypt is not allowed on a disabled key.",
    });
    expect(fixture.running.sandbox.restore(keyId)).toMatchObject({ state: "Enabled", revoked: false });
    await expect(decrypt(ciphertext)).resolves.toBe("share");
  });
});

