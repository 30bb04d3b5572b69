/** @jest-environment ./test/runtime/one-realm-environment.ts */
import { createHash, createPrivateKey, createPublicKey, createSign, X509Certificate } from "node:crypto";
import { beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import {
  createApplicationCredentials,
  listApplicationCredentials,
  openApplicationCredentials,
  rotateApplicationCredentials,
} from "../../../runtime/application-credentials/application-credentials.js";
import { parseApplicationCredentials, type SealedApplicationCredentials } from "../../../runtime/application-credentials/sealed-credentials.js";
import { type ByokErrorCode } from "../../../runtime/master-key/errors.js";
import { list } from "../../../runtime/master-key/list-encoding.js";
import { sealForService } from "../../../runtime/secret/service-seal.js";
import { FakeMasterKey } from "../fake-master-key.js";
import { base64, isWiped, refusal, shown, spellings, thrownBy } from "../support.js";

const NOW = Date.parse("2026-03-01T12:00:00.500Z");
const DAY = 86_400_000;
let service: FakeMasterKey;
let one: SealedApplicationCredentials;
let two: SealedApplicationCredentials;
let foreign: SealedApplicationCredentials;

beforeAll(async () => {
  service = new FakeMasterKey("service", { versions: "seen" });
  one = await createApplicationCredentials({ tenant: "acme", serviceKey: service, now: NOW });
  two = await rotateApplicationCredentials({ sealed: one, serviceKey: service, days: 30, now: NOW + DAY });
  foreign = await createApplicationCredentials({ tenant: "acme", serviceKey: new FakeMasterKey("another service"), now: NOW });
});

beforeEach(() => {
  service = new FakeMasterKey("service", { versions: "seen" });
});

const at = (of: SealedApplicationCredentials, index: number): SealedApplicationCredentials["credentials"][number] => {
  const credential = of.credentials[index];
  if (credential === undefined) throw new Error(`no credential ${index}`);
  return credential;
};

/** What is private of the first key: exponent and primes. */
async function privateParts(): Promise<Buffer[]> {
  const [opened] = await openApplicationCredentials(one, service);
  const { d = "", p = "", q = "" } = createPrivateKey(opened?.privateKey ?? "").export({ format: "jwk" });
  const parts = [d, p, q].map((member) => Buffer.from(member, "base64url"));
  expect(parts.every(({ length }) => length > 190)).toBe(true);
  return parts;
}

describe("a new certificate", () => {
  test("is self-signed RSA-3072 with SHA-256, for client authentication, by its tenant's name, valid for a year", () => {
    const { certificate, thumbprint, notBefore, notAfter } = at(one, 0);
    const parsed = new X509Certificate(certificate);
    expect(parsed.subject).toBe("CN=byok acme");
    expect(parsed.issuer).toBe("CN=byok acme");
    expect(parsed.ca).toBe(false);
    expect(parsed.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
    expect(parsed.publicKey.asymmetricKeyDetails).toMatchObject({ modulusLength: 3072, publicExponent: 65_537n });
    expect(parsed.verify(parsed.publicKey)).toBe(true);
    // OID sha256WithRSAEncryption, 1.2.840.113549.1.1.11, in the certificate and as its signature's algorithm.
    expect(parsed.raw.toString("hex").split("06092a864886f70d01010b").length).toBe(3);
    expect(parsed.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
    expect(thumbprint).toMatch(/^[0-9A-F]{40}$/);
    expect(thumbprint).toBe(parsed.fingerprint.replaceAll(":", ""));
    expect([notBefore, notAfter]).toEqual(["2026-03-01T11:55:00Z", "2027-03-01T12:00:00Z"]);
  });

  test("one PEM block; the document holds nothing secret, and reads back as it is", async () => {
    expect(one).toMatchObject({ schema: 1, tenant: "acme", id: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown });
    expect(at(one, 0).certificate).toMatch(/^-----BEGIN CERTIFICATE-----\n[^-]+-----END CERTIFICATE-----\n$/);
    expect(parseApplicationCredentials(JSON.parse(JSON.stringify(one)))).toEqual(one);
    const { sealed, certificate } = at(one, 0);
    for (const part of await privateParts()) {
      expect(Buffer.from(sealed, "base64").includes(part)).toBe(false);
      expect(new X509Certificate(certificate).raw.includes(part)).toBe(false);
      for (const spelling of spellings(part)) expect(JSON.stringify(one)).not.toContain(spelling);
    }
  });

  test("the private key is the certificate's, and signs", async () => {
    const [opened] = await openApplicationCredentials(one, service);
    if (opened === undefined) throw new Error("nothing opened");
    expect(opened.certificate).toBe(at(one, 0).certificate);
    expect(opened.privateKey).toMatch(/^-----BEGIN PRIVATE KEY-----\n([A-Za-z0-9+/=]{1,64}\n)+-----END PRIVATE KEY-----\n$/);
    const signature = createSign("sha256").update("assertion").sign(createPrivateKey(opened.privateKey));
    expect(new X509Certificate(opened.certificate).publicKey.equals(createPublicKey(opened.privateKey))).toBe(true);
    expect(signature.length).toBe(384);
  });

  test.each<[string, object, string]>([
    ["no days", { days: 0 }, "A certificate is valid for 1 to 730 days, not 0."],
    ["half a day", { days: 0.5 }, "A certificate is valid for 1 to 730 days, not 0.5."],
    ["three years", { days: 1095 }, "A certificate is valid for 1 to 730 days, not 1095."],
    ["a bad tenant", { tenant: "ACME" }, 'The tenant "ACME" must be 3 to 32 characters of a-z, 0-9 and -.'],
  ])("%s is refused, and the service key is not asked", async (_name, change, message) => {
    const error = await refusal(createApplicationCredentials({ tenant: "acme", serviceKey: service, ...change }));
    expect(error).toMatchObject({ code: "CONFIG_INVALID", message });
    expect(service.calls).toEqual({ wrap: 0, unwrap: 0 });
  });

  test.each<ByokErrorCode>(["ACCESS_DENIED", "KEY_DISABLED"])("the service key says %s: the operator's problem, never the tenant's denial", async (code) => {
    service.fail(code);
    for (const act of [() => createApplicationCredentials({ tenant: "acme", serviceKey: service }), () => openApplicationCredentials(one, service)]) {
      expect(await refusal(act())).toMatchObject({ code: "SERVICE_CREDENTIALS", revocation: false, keyId: "fake:service", tenant: "acme" });
    }
  });
});

describe("rotation", () => {
  test("adds a second one after the first, which stays; both open", async () => {
    expect(two).toMatchObject({ schema: 1, tenant: "acme", id: one.id });
    expect(two.credentials.map(({ thumbprint }) => thumbprint)).toEqual([at(one, 0).thumbprint, expect.stringMatching(/^[0-9A-F]{40}$/)]);
    expect(at(two, 1)).toMatchObject({ notBefore: "2026-03-02T11:55:00Z", notAfter: "2026-04-01T12:00:00Z" });
    const opened = await openApplicationCredentials(two, service);
    expect(opened.map(({ certificate }) => certificate)).toEqual(two.credentials.map(({ certificate }) => certificate));
    expect(new Set(opened.map(({ privateKey }) => privateKey)).size).toBe(2);
  });

  test("refuses a third, and drops the older one if asked to; the kept one follows the service key's version", async () => {
    service.rotate();
    expect(await refusal(rotateApplicationCredentials({ sealed: two, serviceKey: service }))).toMatchObject({
      code: "CONFIG_INVALID",
      message: `There are 2 certificates already. Once descriptors name the newer one, ${at(two, 1).thumbprint}, the older one can be dropped to make room.`,
    });
    expect(service.calls).toEqual({ wrap: 0, unwrap: 0 });
    const next = await rotateApplicationCredentials({ sealed: two, serviceKey: service, dropOldest: true });
    expect(next.credentials.length).toBe(2);
    expect(at(next, 0).certificate).toBe(at(two, 1).certificate);
    expect(next.credentials.map(({ serviceKey }) => serviceKey.keyVersion)).toEqual(["fake:service/2", "fake:service/2"]);
    service.destroy(1);
    expect((await openApplicationCredentials(next, service)).length).toBe(2);
  });

  test("never drops the only one", async () => {
    expect(await refusal(rotateApplicationCredentials({ sealed: one, serviceKey: service, dropOldest: true }))).toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("There is one certificate only: if it were dropped, nothing could sign in") as unknown,
    });
  });

  test("another service's document is refused", async () => {
    expect(await refusal(rotateApplicationCredentials({ sealed: foreign, serviceKey: service }))).toMatchObject({ code: "WRONG_KEY" });
  });
});

describe("listing needs no key", () => {
  test.each([
    ["before it is valid", "2026-03-01T11:54:59Z", "not-yet-valid", 365],
    ["at its first second", "2026-03-01T11:55:00Z", "valid", 365],
    ["at its last second", "2027-03-01T12:00:00Z", "valid", 0],
    ["a second later", "2027-03-01T12:00:01Z", "expired", -1],
  ])("%s", (_name, when, state, daysLeft) => {
    const { certificate, thumbprint, notBefore, notAfter } = at(one, 0);
    expect(listApplicationCredentials(one, Date.parse(when))).toEqual([{ certificate, thumbprint, notBefore, notAfter, state, daysLeft }]);
  });
});

describe("what is not the service's own", () => {
  const flip = (base64: string): string => {
    const bytes = Buffer.from(base64, "base64");
    bytes.writeUInt8(bytes.readUInt8(30) ^ 1, 30);
    return bytes.toString("base64");
  };
  const first = (change: object): SealedApplicationCredentials => ({ ...one, credentials: [{ ...at(one, 0), ...change }] });

  test.each<[string, () => SealedApplicationCredentials, string, RegExp]>([
    ["sealed by another service key", () => foreign, "WRONG_KEY", /is refused: it was sealed by another service key: give the one that made it\.$/],
    ["another tenant's name on it", () => ({ ...one, tenant: "umbrella" }), "TAMPERED", /is refused: the service key does not open it\.$/],
    ["another document's id on it", () => ({ ...one, id: foreign.id }), "TAMPERED", /the service key does not open it\.$/],
    ["an altered seal", () => first({ sealed: flip(at(one, 0).sealed) }), "TAMPERED", /its seal does not open under the service key\.$/],
    ["another credential's seal", () => first({ sealed: at(two, 1).sealed, serviceKey: at(two, 1).serviceKey }), "TAMPERED", /its seal does not open under the service key\.$/],
  ])("%s: refused", async (_name, forge, code, message) => {
    const error = await refusal(openApplicationCredentials(forge(), service));
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) as unknown });
    expect(service.lent.every(isWiped)).toBe(true);
  });

  test("another certificate's key, sealed by the service itself: refused", async () => {
    const other = await openApplicationCredentials(two, service);
    const der = createPrivateKey(other[1]?.privateKey ?? "").export({ format: "der", type: "pkcs8" });
    const { certificate } = at(one, 0);
    const fingerprint = createHash("sha384").update(new X509Certificate(certificate).raw).digest();
    const binding = {
      context: { purpose: "credentials" as const, tenant: "acme", secret: one.id, generation: 1 },
      aad: list("byok/credentials-seal/1", "acme", one.id, fingerprint),
    };
    for (const key of [der, Buffer.from("no key at all")]) {
      const { serviceKey, sealed } = await sealForService(key, service, binding);
      const forged = first({ serviceKey: { ...serviceKey, wrap: base64(serviceKey.wrap) }, sealed: base64(sealed) });
      expect(await refusal(openApplicationCredentials(forged, service))).toMatchObject({ code: "TAMPERED", message: expect.stringMatching(/is refused: it is not the certificate's\.$/) as unknown });
    }
  });

  test("no private key shows in any error", async () => {
    const seen = shown(await refusal(openApplicationCredentials(first({ sealed: flip(at(one, 0).sealed) }), service)));
    const other = shown(await refusal(openApplicationCredentials(first({ certificate: at(two, 1).certificate, thumbprint: at(two, 1).thumbprint, notBefore: at(two, 1).notBefore, notAfter: at(two, 1).notAfter }), service)));
    for (const part of await privateParts()) {
      for (const spelling of spellings(part)) expect(seen + other).not.toContain(spelling);
    }
  });

  test.each<[string, () => unknown, RegExp]>([
    ["nothing", () => undefined, /^Not application credentials:/],
    ["an unknown member", () => ({ ...one, more: 1 }), /Unrecognized key: "more"/],
    ["no credential", () => ({ ...one, credentials: [] }), /credentials/],
    ["three credentials", () => ({ ...one, credentials: [...two.credentials, at(foreign, 0)] }), /credentials/],
    ["the same one twice", () => ({ ...one, credentials: [at(one, 0), at(one, 0)] }), /the same certificate is in it twice\.$/],
    ["another thumbprint", () => first({ thumbprint: at(two, 1).thumbprint }), /^Not application credentials: credentials\[0\]\.thumbprint is not its certificate's, which is [0-9A-F]{40}\.$/],
    ["another expiry", () => first({ notAfter: "2099-01-01T00:00:00Z" }), /credentials\[0\]\.notAfter is not its certificate's, which is 2027-03-01T12:00:00Z\.$/],
    ["another start", () => first({ notBefore: "2026-03-01T00:00:00Z" }), /credentials\[0\]\.notBefore is not its certificate's/],
    ["two certificates in one", () => first({ certificate: at(two, 0).certificate + at(two, 1).certificate }), /^Not one certificate in PEM\.$/],
    ["a private key for a certificate", () => first({ certificate: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" }), /^Not one certificate in PEM\.$/],
    ["a damaged certificate", () => first({ certificate: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" }), /^The certificate is damaged\.$/],
  ])("a document with %s is refused", (_name, make, message) => {
    expect(thrownBy(() => parseApplicationCredentials(make()))).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringMatching(message) as unknown });
  });
});
