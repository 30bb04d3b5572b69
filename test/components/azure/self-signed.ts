/** Self-signed certificates of any kind; their private keys are thrown away. */
import "reflect-metadata";

import * as x509 from "@peculiar/x509";
import { webcrypto } from "node:crypto";

/** RSA of this many bits, or a curve. */
export type KeyKind = 1024 | 2048 | "P-256";

/** What the certificate says. */
export interface SelfSigned {
  readonly kind?: KeyKind;
  readonly notBefore?: string;
  readonly notAfter?: string;
}

/** A certificate and its private key, both PEM. */
export async function selfSigned({
  kind = 2048,
  notBefore = "2026-01-01T00:00:00Z",
  notAfter = "2028-01-01T00:00:00Z",
}: SelfSigned = {}): Promise<{ certificate: string; privateKey: string }> {
  const algorithm =
    kind === "P-256"
      ? { name: "ECDSA", namedCurve: kind, hash: "SHA-256" }
      : { name: "RSASSA-PKCS1-v1_5", modulusLength: kind, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: "CN=byok test",
      notBefore: new Date(notBefore),
      notAfter: new Date(notAfter),
      signingAlgorithm: algorithm,
      keys,
    },
    webcrypto,
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return {
    certificate: certificate.toString("pem"),
    privateKey: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`,
  };
}
