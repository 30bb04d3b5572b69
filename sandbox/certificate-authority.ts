/**
 * The sandbox's own certificate authority. Who wants to talk to the sandbox's HTTPS endpoints trusts this one for them; its
 * key is made anew at every start and never written down.
 *
 * @module
 */
import { randomBytes, webcrypto } from "node:crypto";

import type * as X509 from "@peculiar/x509";

/** A server's certificate, its key, and who vouches for it. All PEM. */
export interface ServerTls {
  readonly certificate: string;
  /** PKCS #8. Secret. */
  readonly privateKey: string;
  readonly certificateAuthority: string;
}

/** Longer than anybody runs a sandbox. */
const LIFETIME_DAYS = 30;
const DAY = 86_400_000;

/** ECDSA on P-256, which every TLS client takes. */
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** Serial numbers are positive and unique: RFC 5280 section 4.1.2.2. The first byte keeps the sign bit clear. */
function serialNumber(): string {
  return `01${randomBytes(15).toString("hex")}`;
}

/**
 * Makes a CA and one server certificate under it.
 *
 * @param names DNS names, `*.` allowed, and IP addresses that the server answers for.
 */
export async function issueServerTls(names: { readonly dns: readonly string[]; readonly ip: readonly string[] }): Promise<ServerTls> {
  // The library asks for it when it is loaded, and only the sandbox's start pays for both.
  await import("reflect-metadata");
  const x509: typeof X509 = await import("@peculiar/x509");
  const { subtle } = webcrypto;
  const notBefore = new Date(Date.now() - DAY);
  const notAfter = new Date(Date.now() + LIFETIME_DAYS * DAY);
  const generate = (): Promise<webcrypto.CryptoKeyPair> =>
    subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);

  const authorityKeys = await generate();
  const authority = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber(),
      name: "CN=byok sandbox CA",
      notBefore,
      notAfter,
      signingAlgorithm: ALGORITHM,
      keys: authorityKeys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
        await x509.SubjectKeyIdentifierExtension.create(authorityKeys.publicKey),
      ],
    },
  );
  const serverKeys = await generate();
  const server = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(),
      subject: "CN=byok sandbox",
      issuer: authority.subject,
      notBefore,
      notAfter,
      signingAlgorithm: ALGORITHM,
      publicKey: serverKeys.publicKey,
      signingKey: authorityKeys.privateKey,
      extensions: [
        new x509.SubjectAlternativeNameExtension([
          ...names.dns.map((value) => ({ type: "dns" as const, value })),
          ...names.ip.map((value) => ({ type: "ip" as const, value })),
        ]),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      ],
    },
  );
  const pkcs8 = await subtle.exportKey("pkcs8", serverKeys.privateKey);
  return {
    certificate: server.toString("pem"),
    privateKey: x509.PemConverter.encode(pkcs8, "PRIVATE KEY"),
    certificateAuthority: authority.toString("pem"),
  };
}
