/**
 * The service's certificates for applications in tenants' directories: what signs in, and how it is named.
 *
 * @module
 */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { ByokError, type ByokErrorDetails } from "./errors.js";

/** A certificate and its private key, both PEM. The key is borrowed for as long as the master key is open. */
export interface AzureCertificate {
  /** X.509 certificate, one `CERTIFICATE` block. */
  readonly certificate: string;
  /** PKCS #8, one `PRIVATE KEY` block. Secret. */
  readonly privateKey: string;
}

/**
 * The certificates at hand: a list, or a function that reads them anew (asked again before each sign-in, so that a rotation
 * takes effect without a restart). Descriptors pick by thumbprint; others for the same application are tried when Entra
 * rejects that one.
 */
export type AzureCertificates =
  | readonly AzureCertificate[]
  | (() => readonly AzureCertificate[] | Promise<readonly AzureCertificate[]>);

/** A certificate that can sign in, as far as can be told without asking Entra. */
export interface CheckedCertificate {
  /** SHA-1 of its DER, upper-case hex. */
  readonly thumbprint: string;
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
  /** Private key and certificate in one PEM, as `ClientCertificateCredential` wants them. Secret. */
  readonly pem: string;
}

/** Name of a certificate as Azure's portal shows it: {@link CheckedCertificate.thumbprint}. */
function thumbprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint.replaceAll(":", "");
}

/**
 * Checks a certificate before it is used: Entra and its SDK tell of most of this late, and in words that do not help.
 *
 * @param now milliseconds since the epoch.
 * @throws {@link ByokError} SERVICE_CREDENTIALS: it is no certificate, its key is missing, of another certificate or not RSA,
 * or it is not valid now. The service's own fault, never a tenant's revocation.
 */
export function checkCertificate(given: AzureCertificate, now: number, details: ByokErrorDetails): CheckedCertificate {
  const refuse = (message: string): ByokError => new ByokError("SERVICE_CREDENTIALS", message, details);
  const certificate = parseCertificate(given.certificate);
  if (certificate === undefined) throw refuse("A certificate for signing in to Entra is not one PEM block CERTIFICATE: read it again from where `byok credentials` keeps it.");
  const name = `The certificate ${thumbprintOf(certificate)}`;
  const key = parsePrivateKey(given.privateKey);
  if (key === undefined) throw refuse(`${name} comes without its private key (one PEM block PRIVATE KEY): Entra takes no certificate alone. Give both.`);
  if (key.asymmetricKeyType !== "rsa") throw refuse(`${name} has a key of type ${key.asymmetricKeyType ?? "unknown"}: Entra takes RSA. Make another with \`byok credentials rotate\`.`);
  if (!certificate.checkPrivateKey(key)) throw refuse(`${name} and the private key given with it do not belong together: give the key that it was made with.`);
  const [notBefore, notAfter] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  if (now >= notAfter) {
    throw refuse(`${name} expired on ${new Date(notAfter).toISOString()}: make another with \`byok credentials rotate\`, and have the tenant upload it.`);
  }
  if (now < notBefore) {
    throw refuse(`${name} is valid from ${new Date(notBefore).toISOString()} on, which is not yet: check the clock of this machine.`);
  }
  const pem = `${key.export({ type: "pkcs8", format: "pem" }).toString()}${certificate.toString()}`;
  return { thumbprint: thumbprintOf(certificate), notAfter, pem };
}

function parseCertificate(pem: string): X509Certificate | undefined {
  if (pem.split("-----BEGIN CERTIFICATE-----").length !== 2) return undefined;
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function parsePrivateKey(pem: string): KeyObject | undefined {
  if (pem.split("-----BEGIN PRIVATE KEY-----").length !== 2) return undefined;
  try {
    return createPrivateKey(pem);
  } catch {
    // What OpenSSL says of a key that does not parse helps nobody, and is about a key.
    return undefined;
  }
}
