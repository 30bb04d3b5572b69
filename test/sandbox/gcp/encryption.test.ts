import { promisify } from "node:util";

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type KeyManagementServiceClient } from "@google-cloud/kms";
import { Metadata } from "@grpc/grpc-js";

import { crc32c } from "../../../sandbox/gcp/crc32c.js";
import { createKey, enableCloudKms, type GcpFixture, gcpFixture, LOCATION, refusal, SERVICE, SERVICE_ACCOUNT, TENANT_PROJECT } from "./fixtures.js";

let fixture: GcpFixture;
let tenant: KeyManagementServiceClient;
let service: KeyManagementServiceClient;
/** A fresh key per test, granted to the service. */
let name: string;
let made = 0;

const AAD = Buffer.from("acme/s1");
const checksum = (bytes: Uint8Array): { value: number } => ({ value: crc32c(bytes) });

beforeAll(async () => {
  fixture = await gcpFixture();
  await enableCloudKms(fixture, TENANT_PROJECT);
  tenant = fixture.client("deployer-acme-backup-keys");
  service = fixture.client("service");
});
afterAll(() => fixture.close());
beforeEach(async () => {
  made += 1;
  name = await createKey(fixture, `key-${made}`, { grant: [SERVICE] });
});

const encrypt = async (client = service, aad: Uint8Array = AAD, key = name): Promise<Buffer> => {
  const [answer] = await client.encrypt({ name: key, plaintext: Buffer.from("share"), additionalAuthenticatedData: aad });
  return Buffer.from(answer.ciphertext ?? "");
};
const decrypt = async (ciphertext: Uint8Array, client = service, aad: Uint8Array = AAD, key = name): Promise<string> => {
  const [answer] = await client.decrypt({ name: key, ciphertext, additionalAuthenticatedData: aad }, {});
  return Buffer.from(answer.plaintext ?? "").toString();
};
const version = (id: number): string => `${name}/cryptoKeyVersions/${id}`;

describe("answers", () => {
  test("Encrypt names the version and carries checksums, and says which it checked", async () => {
    const plaintext = Buffer.from("share");
    const [answer] = await service.encrypt({
      name, plaintext, additionalAuthenticatedData: AAD, plaintextCrc32c: checksum(plaintext), additionalAuthenticatedDataCrc32c: checksum(AAD),
    });
    const ciphertext = Buffer.from(answer.ciphertext ?? "");
    expect(answer).toEqual({
      name: version(1), ciphertext, ciphertextCrc32c: { value: String(crc32c(ciphertext)) },
      verifiedPlaintextCrc32c: true, verifiedAdditionalAuthenticatedDataCrc32c: true, protectionLevel: "SOFTWARE",
    });
    expect(ciphertext.includes(plaintext)).toBe(false);
    const [unchecked] = await service.encrypt({ name, plaintext });
    expect(unchecked).toMatchObject({ verifiedPlaintextCrc32c: false, verifiedAdditionalAuthenticatedDataCrc32c: false });
  });

  test("Decrypt says whether the primary version was used", async () => {
    const ciphertext = await encrypt();
    const [answer] = await service.decrypt(
      { name, ciphertext, additionalAuthenticatedData: AAD, ciphertextCrc32c: checksum(ciphertext), additionalAuthenticatedDataCrc32c: checksum(AAD) }, {},
    );
    expect(answer).toEqual({
      plaintext: Buffer.from("share"), plaintextCrc32c: { value: String(crc32c(Buffer.from("share"))) }, usedPrimary: true, protectionLevel: "SOFTWARE",
    });
    fixture.gcp.sandbox.rotate(name);
    const [older] = await service.decrypt({ name, ciphertext, additionalAuthenticatedData: AAD }, {});
    expect(older).toMatchObject({ usedPrimary: false });
  });

  test("a named version encrypts, whether it is the primary one or not", async () => {
    fixture.gcp.sandbox.rotate(name);
    const [answer] = await service.encrypt({ name: version(1), plaintext: Buffer.from("x") });
    expect(answer.name).toBe(version(1));
    const [primary] = await service.encrypt({ name, plaintext: Buffer.from("x") });
    expect(primary.name).toBe(version(2));
    await expect(refusal(service.encrypt({ name: version(3), plaintext: Buffer.from("x") }))).resolves.toEqual({ code: 5, details: `CryptoKeyVersion ${version(3)} not found.` });
  });

  test("empty plaintext comes back", async () => {
    const [{ ciphertext }] = await service.encrypt({ name, plaintext: Buffer.alloc(0) });
    const [{ plaintext }] = await service.decrypt({ name, ciphertext: ciphertext ?? null }, {});
    expect(plaintext).toHaveLength(0);
  });

  test("the project's number is as good as its id", async () => {
    const { number = "" } = fixture.gcp.sandbox.status().projects.find(({ projectId }) => projectId === TENANT_PROJECT) ?? {};
    const [answer] = await service.encrypt({ name: name.replace(TENANT_PROJECT, number), plaintext: Buffer.from("x") });
    expect(answer.name).toBe(version(1));
  });

  test("100 calls at once all come back with their own plaintext", async () => {
    const numbers = Array.from({ length: 100 }, (_, index) => String(index));
    const opened = await Promise.all(
      numbers.map(async (number) => {
        const [{ ciphertext }] = await service.encrypt({ name, plaintext: Buffer.from(number) });
        const [{ plaintext }] = await service.decrypt({ name, ciphertext: ciphertext ?? null }, {});
        return Buffer.from(plaintext ?? "").toString();
      }),
    );
    expect(opened).toEqual(numbers);
  });
});

describe("what is not this key's ciphertext", () => {
  const WRONG_KEY = { code: 3, details: "Decryption failed: verify that 'name' refers to the correct CryptoKey." };
  const INVALID = { code: 3, details: "Decryption failed: the ciphertext is invalid." };

  test.each<[string, Uint8Array]>([
    ["other data", Buffer.from("acme/s2")],
    ["one byte less", AAD.subarray(1)],
    ["none", Buffer.alloc(0)],
  ])("other authenticated data: %s", async (_, aad) => {
    await expect(refusal(decrypt(await encrypt(), service, aad))).resolves.toEqual(INVALID);
  });

  test("another key's ciphertext, none, and something else", async () => {
    const other = await createKey(fixture, `other-${made}`, { grant: [SERVICE] });
    for (const ciphertext of [await encrypt(service, AAD, other), Buffer.alloc(0), Buffer.from("not a ciphertext, but long enough to be one, it seems to be")]) {
      await expect(refusal(decrypt(ciphertext))).resolves.toEqual(WRONG_KEY);
    }
  });

  test("every flipped byte and every cut is one or the other, never a plaintext", async () => {
    const ciphertext = await encrypt();
    const damaged = [...ciphertext.keys()].map((at): Buffer => Buffer.from(ciphertext.map((byte, index) => (index === at ? byte ^ 1 : byte))));
    damaged.push(ciphertext.subarray(0, -1), ciphertext.subarray(0, 20), ciphertext.subarray(0, 40), Buffer.concat([ciphertext, Buffer.of(0)]));
    const refusals = await Promise.all(damaged.map((one) => refusal(decrypt(one))));
    expect(new Set(refusals.map(({ details }) => details))).toEqual(new Set([WRONG_KEY.details, INVALID.details]));
  });
});

describe("checksums of requests", () => {
  const mismatch = (field: string): { code: number; details: string } => ({
    code: 3, details: `The checksum in field ${field}_crc32c did not match the data in field ${field}.`,
  });
  const wrong = { value: 1 };

  test.each<[string, object, string]>([
    ["plaintext", { plaintextCrc32c: wrong }, "plaintext"],
    ["authenticated data", { additionalAuthenticatedDataCrc32c: wrong }, "additional_authenticated_data"],
    ["no data, and a checksum of some", { additionalAuthenticatedData: Buffer.alloc(0), additionalAuthenticatedDataCrc32c: checksum(AAD) }, "additional_authenticated_data"],
  ])("Encrypt: %s", async (_, change, field) => {
    await expect(refusal(service.encrypt({ name, plaintext: Buffer.from("x"), additionalAuthenticatedData: AAD, ...change }))).resolves.toEqual(mismatch(field));
  });

  test.each<[string, object, string]>([
    ["ciphertext", { ciphertextCrc32c: wrong }, "ciphertext"],
    ["authenticated data", { additionalAuthenticatedDataCrc32c: wrong }, "additional_authenticated_data"],
  ])("Decrypt: %s", async (_, change, field) => {
    await expect(refusal(service.decrypt({ name, ciphertext: await encrypt(), additionalAuthenticatedData: AAD, ...change }, {}))).resolves.toEqual(mismatch(field));
  });
});

describe("sizes", () => {
  const tooLong = (field: string, length: number): { code: number; details: string } => ({
    code: 3, details: `Request field ${field} must have length of at least 0, but not more than 65536. Provided value had length ${length}.`,
  });

  test("64 KiB of plaintext and of authenticated data fit, one byte more does not", async () => {
    const full = Buffer.alloc(65_536, 1);
    const [{ ciphertext }] = await service.encrypt({ name, plaintext: full, additionalAuthenticatedData: full });
    const [{ plaintext }] = await service.decrypt({ name, ciphertext: ciphertext ?? null, additionalAuthenticatedData: full }, {});
    expect(plaintext).toEqual(full);
    const more = Buffer.alloc(65_537, 1);
    await expect(refusal(service.encrypt({ name, plaintext: more }))).resolves.toEqual(tooLong("plaintext", 65_537));
    await expect(refusal(service.encrypt({ name, plaintext: full, additionalAuthenticatedData: more }))).resolves.toEqual(tooLong("additional_authenticated_data", 65_537));
  });

  test("of HSM keys: 8 KiB together", async () => {
    const [key] = await tenant.createCryptoKey({
      parent: name.replace(/\/cryptoKeys\/.*$/, ""), cryptoKeyId: `hsm-${made}`, cryptoKey: { purpose: "ENCRYPT_DECRYPT", versionTemplate: { protectionLevel: "HSM", algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION" } },
    });
    const send = (length: number): Promise<unknown> => tenant.encrypt({ name: key.name ?? "", plaintext: Buffer.alloc(length), additionalAuthenticatedData: Buffer.alloc(192) });
    expect(await send(8_000)).toMatchObject([{ protectionLevel: "HSM" }, null, null]);
    await expect(refusal(send(8_001))).resolves.toEqual({
      code: 3, details: "The combined length of plaintext and additional_authenticated_data must not be more than 8192 for HSM keys. Provided values had length 8193.",
    });
  });
});

describe("who may", () => {
  const denied = (permission: string, resource: string): object => ({
    code: 7, details: `Permission '${permission}' denied on resource '${resource}' (or it may not exist).`, reason: "IAM_PERMISSION_DENIED",
    statusDetails: [{ reason: "IAM_PERMISSION_DENIED", domain: "cloudkms.googleapis.com", metadata: { permission, resource } }],
  });
  const ENCRYPT = "cloudkms.cryptoKeyVersions.useToEncrypt";
  const DECRYPT = "cloudkms.cryptoKeyVersions.useToDecrypt";

  test("the grant is for use of this key, nothing else", async () => {
    await expect(decrypt(await encrypt())).resolves.toBe("share");
    const other = await createKey(fixture, `ungranted-${made}`);
    await expect(refusal(encrypt(service, AAD, other))).resolves.toEqual(denied(ENCRYPT, other));
    await expect(refusal(service.getCryptoKey({ name }))).resolves.toEqual(denied("cloudkms.cryptoKeys.get", name));
    await expect(refusal(service.updateCryptoKeyVersion({ cryptoKeyVersion: { name: version(1), state: "DISABLED" }, updateMask: { paths: ["state"] } }))).resolves.toEqual(
      denied("cloudkms.cryptoKeyVersions.update", version(1)),
    );
  });

  test("another tenant's deployer is a stranger, the key's own is not", async () => {
    await enableCloudKms(fixture, "globex-backup-keys");
    const stranger = fixture.client("deployer-globex-backup-keys");
    const ciphertext = await encrypt(tenant);
    await expect(decrypt(ciphertext, tenant)).resolves.toBe("share");
    await expect(refusal(encrypt(stranger))).resolves.toEqual(denied(ENCRYPT, name));
    await expect(refusal(decrypt(ciphertext, stranger))).resolves.toEqual(denied(DECRYPT, name));
  });

  test("what does not exist looks like what is not shared; its owner hears that there is none", async () => {
    const none = `${name}-none`;
    await expect(refusal(encrypt(service, AAD, none))).resolves.toEqual(denied(ENCRYPT, none));
    await expect(refusal(encrypt(tenant, AAD, none))).resolves.toEqual({ code: 5, details: `CryptoKey ${none} not found.` });
    const nowhere = "projects/no-such-project/locations/global/keyRings/r/cryptoKeys/k";
    await expect(refusal(encrypt(tenant, AAD, nowhere))).resolves.toEqual(denied(ENCRYPT, nowhere));
  });
});

describe("names", () => {
  test.each([
    ["a version for Decrypt", `projects/p/locations/global/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1`, "'projects/*/locations/*/keyRings/*/cryptoKeys/*'"],
    ["no name at all", "", "'projects/*/locations/*/keyRings/*/cryptoKeys/*'"],
  ])("%s", async (_, key, form) => {
    await expect(refusal(decrypt(Buffer.alloc(100), tenant, AAD, key))).resolves.toEqual({ code: 3, details: `Resource name '${key}' does not match ${form}.` });
  });

  test("a location that Cloud KMS does not have, and a request without its routing header", async () => {
    const misrouted = (location: string): object => ({
      code: 5,
      details: `The request concerns location '${location}' but was sent to location 'global'. Either Cloud KMS is not available in '${location}' or the request was misrouted. gRPC clients must ensure that 'x-goog-request-params' is specified in request metadata. See https://cloud.google.com/kms/docs/grpc for more information.`,
    });
    await expect(refusal(encrypt(tenant, AAD, name.replace(LOCATION, "frankfurt")))).resolves.toEqual(misrouted("frankfurt"));
    // The stub below the official client, which is the one that adds the header.
    const stub = (await tenant.initialize()) as unknown as { encrypt(request: object, metadata: Metadata, done: (error: Error | null, answer: unknown) => void): void };
    const unrouted = promisify(stub.encrypt.bind(stub))({ name, plaintext: Buffer.from("x") }, new Metadata());
    await expect(refusal(unrouted)).resolves.toEqual(misrouted(LOCATION));
  });
});

test("calls are logged with principal, resource, permission and status", async () => {
  const { sandbox } = fixture.gcp;
  sandbox.clearCalls();
  await encrypt();
  await refusal(encrypt(service, AAD, `${name}-none`));
  const time = "2026-11-24T00:00:00.000Z";
  const permission = "cloudkms.cryptoKeyVersions.useToEncrypt";
  expect(sandbox.calls()).toEqual([
    { time, method: "Encrypt", principal: SERVICE_ACCOUNT, resource: name, permission, status: "OK" },
    { time, method: "Encrypt", principal: SERVICE_ACCOUNT, resource: `${name}-none`, permission, status: "PERMISSION_DENIED" },
  ]);
});

test("what is not played is refused", async () => {
  const billedElsewhere = tenant.encrypt({ name, plaintext: Buffer.from("x") }, { otherArgs: { headers: { "x-goog-user-project": "globex-backup-keys" } } });
  await expect(refusal(billedElsewhere)).resolves.toEqual({ code: 12, details: "The sandbox does not implement quota projects (x-goog-user-project)." });
  await expect(refusal(tenant.generateRandomBytes({ location: "projects/acme-backup-keys/locations/global", lengthBytes: 8, protectionLevel: "HSM" }))).resolves.toEqual({
    code: 12, details: "The sandbox does not implement GenerateRandomBytes.",
  });
});
