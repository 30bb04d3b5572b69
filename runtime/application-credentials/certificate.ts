/**
 * Certificates with which the service signs in as an application of a tenant's Entra directory.
 *
 * @module
 */
import { randomBytes, webcrypto, X509Certificate } from "node:crypto";
import { ByokError } from "../master-key/errors.js";

/**
 * RSA, as Entra asks of certificates that sign client assertions. 3,072 bits are as strong as the AES-128 of TLS (NIST SP
 * 800-57 part 1, table 2: 128 bits; 2,048 have 112); one signature an hour makes its cost no matter. Entra's default is
 * 2,048 and longer keys are supported: Microsoft Learn, "Create a self-signed public certificate to authenticate your
 * application".
 */
const RSA_BITS = 3072;

/** RSASSA-PKCS1-v1_5 with SHA-256, F4 as public exponent. */
const ALGORITHM = {
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  modulusLength: RSA_BITS,
  publicExponent: Uint8Array.of(1, 0, 1),
} as const;

/** Serial numbers have at most 20 bytes and are positive (RFC 5280 section 4.1.2.2); 16 random ones never meet again. */
const SERIAL_LENGTH = 16;

/** OID id-kp-clientAuth, RFC 5280 section 4.2.1.12. */
const CLIENT_AUTHENTICATION = "1.3.6.1.5.5.7.3.2";

/** Valid from a little before now: clocks differ, and a certificate from the future is refused. */
const BACKDATE = 5 * 60_000;
const DAY = 86_400_000;

/** Days a certificate is valid if nobody says otherwise, and at most: two years are what Azure's portal offers at most. */
export const CERTIFICATE_DAYS = { default: 365, longest: 730 } as const;

/** What a certificate says of itself. */
export interface CertificateFacts {
  /** One `CERTIFICATE` block, PEM. */
  readonly certificate: string;
  /** SHA-1 of the DER, upper-case hex, as Azure's portal shows it. */
  readonly thumbprint: string;
  /** ISO 8601, UTC, whole seconds. */
  readonly notBefore: string;
  /** As {@link CertificateFacts.notBefore}. */
  readonly notAfter: string;
}

/** A new certificate and its private key, PKCS #8 DER, which the caller owns and zeroizes. */
export interface NewCertificate extends CertificateFacts {
  readonly privateKey: Uint8Array;
}

/** Makes an RSA key and a self-signed certificate for it. Its name is for people: Entra goes by the thumbprint. */
export async function makeCertificate(name: string, days: number, now: number): Promise<NewCertificate> {
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const serial = randomBytes(SERIAL_LENGTH);
  // The first bit is the sign, and a first byte of zero would be cut.
  serial.writeUInt8((serial.readUInt8() & 0x7f) | 0x40);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serial.toString("hex"),
      name: [{ CN: [name] }],
      notBefore: new Date(now - BACKDATE),
      notAfter: new Date(now + days * DAY),
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([CLIENT_AUTHENTICATION]),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  const facts = certificateFacts(`${certificate.toString("pem")}\n`);
  return { ...facts, privateKey: new Uint8Array(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)) };
}

/**
 * Reads a certificate.
 *
 * @throws {@link ByokError} CONFIG_INVALID if it is not exactly one certificate in PEM.
 */
export function certificateFacts(pem: string): CertificateFacts {
  if (!/^-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n$/.test(pem)) {
    throw new ByokError("CONFIG_INVALID", "Not one certificate in PEM.");
  }
  const parsed = parse(pem);
  return {
    certificate: pem,
    thumbprint: parsed.fingerprint.replaceAll(":", ""),
    notBefore: isoSeconds(parsed.validFrom),
    notAfter: isoSeconds(parsed.validTo),
  };
}

function parse(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new ByokError("CONFIG_INVALID", "The certificate is damaged.", { cause: error });
  }
}

/** OpenSSL's spelling of a time (`Jan 31 00:00:00 2027 GMT`) in ISO 8601; X.509 times have whole seconds. */
function isoSeconds(text: string): string {
  return new Date(text).toISOString().replace(".000Z", "Z");
}
