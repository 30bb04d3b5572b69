/**
 * Certificates that an application signs in with: the public half, as tenants and services hand it around.
 *
 * @module
 */
import { X509Certificate } from "node:crypto";

/** Most certificates an application has at a time: the one in use, and its successor. */
export const MAX_CERTIFICATES = 2;

/**
 * Microsoft Entra ID signs in with RSA only, of this size at least: others fail at sign-in, with AADSTS700027. Entra docs,
 * "Create a self-signed public certificate to authenticate your application".
 */
const MIN_RSA_BITS = 2048;

/** PEM label of any private key, encrypted ones included. RFC 7468 sections 10 and 11, RFC 1421. */
const PRIVATE_KEY_LABEL = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/;
const CERTIFICATE_LABEL = /-----BEGIN CERTIFICATE-----/g;

/** A certificate that may sign in. */
export interface ApplicationCertificateFile {
  /** One `CERTIFICATE` block, without any text around it, lines of 64 characters. RFC 7468. */
  readonly pem: string;
  /** SHA-1 of the DER, 40 upper-case hex digits: what Azure's portal calls thumbprint. A name, not a proof. */
  readonly thumbprint: string;
  /** End of validity in UTC, RFC 3339, seconds; e.g. `2027-01-31T00:00:00Z`. */
  readonly notAfter: string;
}

/** What a list of PEM texts comes to. */
export interface CheckedCertificates {
  /** Those without a problem, newest end of validity first. */
  readonly certificates: readonly ApplicationCertificateFile[];
  /** By index in the list. Sentences that go on after the input's name; they never quote the input. */
  readonly problems: ReadonlyMap<number, string>;
}

/**
 * Checks certificates as an application is given them.
 *
 * @param pems - one PEM text per certificate
 * @param now - what expiry is measured by
 */
export function checkCertificates(pems: readonly unknown[], now: Date): CheckedCertificates {
  const certificates: ApplicationCertificateFile[] = [];
  const problems = new Map<number, string>();
  const firstIndex = new Map<string, number>();

  for (const [index, pem] of pems.entries()) {
    const checked = checkCertificate(pem, now);
    if ("problem" in checked) {
      problems.set(index, checked.problem);
      continue;
    }
    const same = firstIndex.get(checked.thumbprint);
    if (same === undefined) {
      firstIndex.set(checked.thumbprint, index);
      certificates.push(checked);
    } else {
      problems.set(index, `is the same certificate as certificates[${same}]; an overlap takes two different ones`);
    }
  }
  return { certificates: certificates.sort(newestFirst), problems };
}

/** RFC 3339 in UTC sorts as text. */
function newestFirst(a: ApplicationCertificateFile, b: ApplicationCertificateFile): number {
  return a.notAfter < b.notAfter ? 1 : a.notAfter > b.notAfter ? -1 : 0;
}

function checkCertificate(pem: unknown, now: Date): ApplicationCertificateFile | { readonly problem: string } {
  const text = typeof pem === "string" ? pem : "";
  if (PRIVATE_KEY_LABEL.test(text)) {
    return { problem: "holds a private key, which belongs to the service alone; give the certificate, and replace that key" };
  }
  const blocks = text.match(CERTIFICATE_LABEL)?.length ?? 0;
  if (blocks > 1) return { problem: `holds ${blocks} certificates; give the application's own, without its issuers` };

  const certificate = blocks === 1 ? parse(text) : undefined;
  if (certificate === undefined) return { problem: "is no X.509 certificate in PEM (-----BEGIN CERTIFICATE-----)" };

  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
  if (asymmetricKeyType !== "rsa" || (asymmetricKeyDetails?.modulusLength ?? 0) < MIN_RSA_BITS) {
    return { problem: `must be for an RSA key of at least ${MIN_RSA_BITS} bits; Microsoft Entra ID signs in with no other` };
  }
  const notBefore = utc(certificate.validFrom);
  const notAfter = utc(certificate.validTo);
  if (now > new Date(notAfter)) {
    return { problem: `expired at ${notAfter}; remove it, or give its successor (byok credentials rotate)` };
  }
  if (now < new Date(notBefore)) return { problem: `is not valid before ${notBefore}; check the clock, or wait` };
  return { pem: certificate.toString(), thumbprint: certificate.fingerprint.replaceAll(":", ""), notAfter };
}

function parse(text: string): X509Certificate | undefined {
  try {
    return new X509Certificate(text);
  } catch {
    // OpenSSL's reasons speak of ASN.1; that it is none says what to do.
    return undefined;
  }
}

/** OpenSSL prints `Jan 31 00:00:00 2027 GMT`. Certificates know no fractions of a second. */
function utc(printed: string): string {
  return new Date(printed).toISOString().replace(".000Z", "Z");
}
