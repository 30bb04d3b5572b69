import { beforeAll, describe, expect, test } from "@jest/globals";
import { createHash, X509Certificate } from "node:crypto";

import { checkCertificates } from "../../../components/azure/certificates.js";
import { selfSigned } from "./self-signed.js";

const NOW = new Date("2027-01-01T00:00:00Z");

let older: { certificate: string; privateKey: string };
let newer: { certificate: string; privateKey: string };
let weak: string;
let elliptic: string;

beforeAll(async () => {
  older = await selfSigned({ notBefore: "2026-01-01T00:00:00Z", notAfter: "2027-01-31T00:00:00Z" });
  newer = await selfSigned({ notBefore: "2026-12-31T23:59:59Z", notAfter: "2028-12-31T12:34:56Z" });
  weak = (await selfSigned({ kind: 1024 })).certificate;
  elliptic = (await selfSigned({ kind: "P-256" })).certificate;
});

function problems(...pems: unknown[]): [number, string][] {
  return [...checkCertificates(pems, NOW).problems];
}

describe("checkCertificates accepts", () => {
  test("one or two certificates, the one valid longest first, whatever their order", () => {
    for (const pems of [
      [older.certificate, newer.certificate],
      [newer.certificate, older.certificate],
    ]) {
      const { certificates, problems } = checkCertificates(pems, NOW);
      expect(problems.size).toBe(0);
      expect(certificates.map(({ notAfter }) => notAfter)).toEqual(["2028-12-31T12:34:56Z", "2027-01-31T00:00:00Z"]);
    }
  });

  test("the thumbprint is SHA-1 of the DER in upper-case hex", () => {
    const { raw } = new X509Certificate(older.certificate);
    const [certificate] = checkCertificates([older.certificate], NOW).certificates;
    expect(certificate?.thumbprint).toBe(createHash("sha1").update(raw).digest("hex").toUpperCase());
  });

  test("text around it and other line ends, which do not change what is uploaded", () => {
    const [plain] = checkCertificates([older.certificate], NOW).certificates;
    const noisy = `subject=CN = byok\r\n${older.certificate.replaceAll("\n", "\r\n")}\r\n\r\n`;
    expect(checkCertificates([noisy], NOW).certificates).toEqual([plain]);
    expect(plain?.pem).toMatch(/^-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=]{1,64}\n)+-----END CERTIFICATE-----\n$/);
  });

  test("the first and the last second of its validity", () => {
    const { certificate } = older;
    expect(checkCertificates([certificate], new Date("2026-01-01T00:00:00Z")).problems.size).toBe(0);
    expect(checkCertificates([certificate], new Date("2027-01-31T00:00:00Z")).problems.size).toBe(0);
  });
});

describe("checkCertificates refuses", () => {
  const NO_CERTIFICATE = "is no X.509 certificate in PEM (-----BEGIN CERTIFICATE-----)";
  const PRIVATE_KEY = "holds a private key, which belongs to the service alone; give the certificate, and replace that key";
  const RSA_ONLY = "must be for an RSA key of at least 2048 bits; Microsoft Entra ID signs in with no other";

  test.each([
    ["nothing", ""],
    ["no text", 42],
    ["a path", "./service.pem"],
    ["a public key", "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----"],
    ["a certificate that is none", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"],
    ["a request for one", "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----"],
  ])("%s", (_what, pem) => {
    expect(problems(pem)).toEqual([[0, NO_CERTIFICATE]]);
  });

  test.each(["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "OPENSSH PRIVATE KEY"])(
    "a %s, alone and beside a certificate",
    (label) => {
      const key = `-----BEGIN ${label}-----\nMIIB\n-----END ${label}-----\n`;
      expect(problems(key, key + older.certificate, older.certificate + key)).toEqual([
        [0, PRIVATE_KEY],
        [1, PRIVATE_KEY],
        [2, PRIVATE_KEY],
      ]);
    },
  );

  test("a private key, without repeating it", () => {
    const [[, problem] = [0, ""]] = problems(older.privateKey);
    for (const line of older.privateKey.split("\n").filter((line) => line !== "" && !line.startsWith("-----"))) {
      expect(problem).not.toContain(line);
    }
  });

  test("one that expired, one that is not valid yet", () => {
    const { certificate } = older;
    const at = (now: string) => [...checkCertificates([certificate], new Date(now)).problems.values()];
    expect(at("2027-01-31T00:00:01Z")).toEqual([
      "expired at 2027-01-31T00:00:00Z; remove it, or give its successor (byok credentials rotate)",
    ]);
    expect(at("2025-12-31T23:59:59Z")).toEqual(["is not valid before 2026-01-01T00:00:00Z; check the clock, or wait"]);
  });

  test("a chain", () => {
    expect(problems(older.certificate + newer.certificate)).toEqual([
      [0, "holds 2 certificates; give the application's own, without its issuers"],
    ]);
  });

  test("keys that Entra does not sign in with", () => {
    expect(problems(weak, elliptic)).toEqual([
      [0, RSA_ONLY],
      [1, RSA_ONLY],
    ]);
  });

  test("the same certificate twice, and goes on with the rest", () => {
    const again = older.certificate.replaceAll("\n", "\r\n");
    const { certificates, problems } = checkCertificates([older.certificate, again, newer.certificate], NOW);
    expect([...problems]).toEqual([
      [1, "is the same certificate as certificates[0]; an overlap takes two different ones"],
    ]);
    expect(certificates).toHaveLength(2);
  });
});
