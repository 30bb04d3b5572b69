/** Certificates that sign in to Entra, for tests. */
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

/** A certificate and its private key, both PEM. */
export interface PemPair {
  readonly certificate: string;
  readonly privateKey: string;
}

/** What differs between certificates. */
export interface CertificateOptions {
  readonly name?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** `ec` is made at once; Entra wants RSA. */
  readonly algorithm?: "ec" | "rsa";
}

const DAY = 24 * 60 * 60 * 1000;
const ALGORITHMS = {
  ec: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  rsa: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", publicExponent: Uint8Array.of(1, 0, 1), modulusLength: 2048 },
} as const;

/** A self-signed certificate. */
export async function selfSigned(options: CertificateOptions = {}): Promise<PemPair> {
  const { name = "test", notBefore = new Date(Date.now() - DAY), notAfter = new Date(Date.now() + DAY) } = options;
  const algorithm = ALGORITHMS[options.algorithm ?? "ec"];
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    { name: `CN=${name}`, notBefore, notAfter, signingAlgorithm: algorithm, keys },
    webcrypto,
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  return { certificate: `${certificate.toString("pem")}\n`, privateKey: pem("PRIVATE KEY", pkcs8) };
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
