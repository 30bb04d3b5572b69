import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { type KeyManagementServiceClient } from "@google-cloud/kms";

import { crc32c } from "../../../sandbox/gcp/crc32c.js";
import { type GcpFault, type GcpFaultError, type WireFault } from "../../../sandbox/gcp/index.js";
import { createKey, enableCloudKms, type GcpFixture, gcpFixture, refusal, SERVICE, SERVICE_ACCOUNT, TENANT_PROJECT } from "./fixtures.js";

let fixture: GcpFixture;
let tenant: KeyManagementServiceClient;
let service: KeyManagementServiceClient;
let name: string;

beforeAll(async () => {
  fixture = await gcpFixture();
  await enableCloudKms(fixture, TENANT_PROJECT);
  name = await createKey(fixture, "key", { grant: [SERVICE] });
  tenant = fixture.client("deployer-acme-backup-keys");
  service = fixture.client("service");
});
afterEach(() => {
  fixture.gcp.sandbox.clearFaults();
});
afterAll(() => fixture.close());

const inject = (fault: GcpFault): void => {
  fixture.gcp.sandbox.injectFault(fault);
};
/** One attempt, so that every refusal is seen. */
const encrypt = async (client = service) => (await client.encrypt({ name, plaintext: Buffer.from("share"), plaintextCrc32c: { value: crc32c(Buffer.from("share")) } }, { retry: null }))[0];

test.each<[GcpFaultError, number, string]>([
  ["RESOURCE_EXHAUSTED", 8, "Quota exceeded for quota metric 'Cryptographic requests' and limit 'Cryptographic requests per minute' of service 'cloudkms.googleapis.com'."],
  ["UNAVAILABLE", 14, "The service is currently unavailable."],
  ["DEADLINE_EXCEEDED", 4, "The operation could not be completed before its deadline."],
  ["INTERNAL", 13, "Internal error encountered."],
])("%s strikes as often as told, and only whom it is meant for", async (error, code, details) => {
  inject({ operation: "Encrypt", principal: SERVICE_ACCOUNT, resource: name, error, times: 1 });
  await expect(encrypt(tenant)).resolves.toBeDefined();
  fixture.gcp.sandbox.clearCalls();
  await expect(refusal(encrypt())).resolves.toEqual({ code, details });
  await expect(encrypt()).resolves.toBeDefined();
  expect(fixture.gcp.sandbox.calls().map(({ status }) => status)).toEqual([error, "OK"]);
});

test("the official client retries what is transient by itself", async () => {
  inject({ operation: "Encrypt", error: "UNAVAILABLE", times: 1 });
  fixture.gcp.sandbox.clearCalls();
  await expect(service.encrypt({ name, plaintext: Buffer.from("x") })).resolves.toBeDefined();
  expect(fixture.gcp.sandbox.calls().map(({ status }) => status)).toEqual(["UNAVAILABLE", "OK"]);
});

describe("damage on the wire", () => {
  const whole = (answer: { name?: string | null; ciphertext?: unknown; ciphertextCrc32c?: { value?: unknown } | null; verifiedPlaintextCrc32c?: boolean | null }) => {
    const bytes = Buffer.from(answer.ciphertext as Uint8Array);
    return {
      version: (answer.name ?? "").replace(name, ""),
      checksum: answer.ciphertextCrc32c == null ? "missing" : String(answer.ciphertextCrc32c.value) === String(crc32c(bytes)) ? "fits" : "does not fit",
      verified: answer.verifiedPlaintextCrc32c,
    };
  };
  const INTACT = { version: "/cryptoKeyVersions/1", checksum: "fits", verified: true };

  test.each<[WireFault, object]>([
    ["corrupt-data", { checksum: "does not fit" }],
    ["corrupt-crc32c", { checksum: "does not fit" }],
    ["omit-crc32c", { checksum: "missing" }],
    ["unverified", { verified: false }],
    ["other-version", { version: "/cryptoKeyVersions/10" }],
    ["other-key", { version: "-other/cryptoKeyVersions/1" }],
  ])("%s of Encrypt, once", async (wire, change) => {
    expect(whole(await encrypt())).toEqual(INTACT);
    inject({ operation: "Encrypt", wire, times: 1 });
    expect(whole(await encrypt())).toEqual({ ...INTACT, ...change });
    expect(whole(await encrypt())).toEqual(INTACT);
  });

  test.each<[WireFault, string, string]>([
    ["corrupt-data", "rhare", "does not fit"],
    ["corrupt-crc32c", "share", "does not fit"],
    ["omit-crc32c", "share", "missing"],
  ])("%s of Decrypt", async (wire, text, checksum) => {
    const { ciphertext } = await encrypt();
    inject({ operation: "Decrypt", wire });
    const [answer] = await service.decrypt({ name, ciphertext: ciphertext ?? null }, {});
    const plaintext = Buffer.from(answer.plaintext ?? "");
    expect(plaintext.toString()).toBe(text);
    expect(answer.plaintextCrc32c == null ? "missing" : String(answer.plaintextCrc32c.value) === String(crc32c(plaintext)) ? "fits" : "does not fit").toBe(checksum);
  });
});

test.each<[string, GcpFault, string]>([
  ["an unknown method", { operation: "Sign" }, 'The sandbox\'s Google Cloud has no method "Sign".'],
  ["another error", { error: "NOT_FOUND" as GcpFaultError }, '"NOT_FOUND" cannot be injected. Errors: RESOURCE_EXHAUSTED, UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL.'],
  ["another damage", { operation: "Encrypt", wire: "lost" as WireFault }, '"lost" cannot be played. Damages: corrupt-data, corrupt-crc32c, omit-crc32c, unverified, other-version, other-key.'],
  ["a damage of every method", { wire: "omit-crc32c" }, 'The damage "omit-crc32c" needs the operation Encrypt or Decrypt.'],
  ["a version in Decrypt's answer", { operation: "Decrypt", wire: "other-version" }, 'The damage "other-version" needs the operation Encrypt.'],
])("cannot be injected: %s", (_, fault, message) => {
  expect(() => {
    inject(fault);
  }).toThrow(message);
});
