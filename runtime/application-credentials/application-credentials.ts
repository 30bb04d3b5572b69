/**
 * The service's credentials for an application in a tenant's Entra directory: made here, kept sealed by the service key,
 * opened for the moment of signing in. Only certificates leave.
 *
 * A rotation without a gap: {@link rotateApplicationCredentials} adds a second certificate; the tenant registers both
 * (stack config, or by hand); once the descriptor names the new one, the next rotation drops the old one.
 *
 * @module
 */
import { createHash, createPrivateKey, randomBytes, X509Certificate } from "node:crypto";
import { type AzureCertificate } from "../master-key/azure-certificate.js";
import { TENANT_ID } from "../master-key/descriptor.js";
import { ByokError } from "../master-key/errors.js";
import { list } from "../master-key/list-encoding.js";
import { type CallOptions, type MasterKey } from "../master-key/master-key.js";
import { openForService, sealForService, type SealBinding } from "../secret/service-seal.js";
import { CERTIFICATE_DAYS, type CertificateFacts, makeCertificate } from "./certificate.js";
import {
  decodeDocument,
  encodeDocument,
  MAX_CREDENTIALS,
  type SealedApplicationCredentials,
  type SealedCredential,
} from "./sealed-credentials.js";

const ID_LENGTH = 16;

/** Options of everything that makes a certificate. */
export interface NewCredentialOptions extends CallOptions {
  /** The service's own key, open: see {@link openServiceKey}. */
  readonly serviceKey: MasterKey;
  /** Days the certificate is valid: 1 to 730, 365 where left out. */
  readonly days?: number | undefined;
  /** Milliseconds since the epoch; the present where left out. */
  readonly now?: number;
}

/** Options of {@link createApplicationCredentials}. */
export interface CreateApplicationCredentialsOptions extends NewCredentialOptions {
  readonly tenant: string;
}

/** Options of {@link rotateApplicationCredentials}. */
export interface RotateApplicationCredentialsOptions extends NewCredentialOptions {
  readonly sealed: SealedApplicationCredentials;
  /** Drops the older of two credentials, to make room. Nothing signs in with it any more. */
  readonly dropOldest?: boolean | undefined;
}

/** A certificate, and whether it is good for anything. */
export interface ListedCredential extends CertificateFacts {
  readonly state: "valid" | "not-yet-valid" | "expired";
  /** Whole days until it expires; negative afterwards. */
  readonly daysLeft: number;
}

/**
 * Makes an RSA key, a self-signed certificate for it, and seals the key. Opened once before it is handed out.
 *
 * @returns a document without anything secret in it. Keep it: the private key is nowhere else.
 * @throws {@link ByokError} CONFIG_INVALID for a bad tenant or number of days; what the service key throws.
 */
export async function createApplicationCredentials(
  options: CreateApplicationCredentialsOptions,
): Promise<SealedApplicationCredentials> {
  const { tenant } = options;
  if (!TENANT_ID.test(tenant)) {
    throw new ByokError("CONFIG_INVALID", `The tenant ${JSON.stringify(tenant)} must be 3 to 32 characters of a-z, 0-9 and -.`);
  }
  const of = { tenant, id: randomBytes(ID_LENGTH).toString("hex") };
  return encodeDocument({ schema: 1, ...of, credentials: [await newCredential(of, options)] });
}

/**
 * Adds a second certificate with a key of its own, after the first. The kept one is sealed anew, so that the result
 * stands on the service key's current version alone.
 *
 * @throws {@link ByokError} CONFIG_INVALID if there are two already and none is to be dropped, or if the only one is;
 * TAMPERED or WRONG_KEY for what is not this service's; what the service key throws.
 */
export async function rotateApplicationCredentials(
  options: RotateApplicationCredentialsOptions,
): Promise<SealedApplicationCredentials> {
  const { sealed, serviceKey, dropOldest = false } = options;
  const document = decodeDocument(sealed);
  if (dropOldest && document.credentials.length < MAX_CREDENTIALS) {
    throw new ByokError(
      "CONFIG_INVALID",
      "There is one certificate only: if it were dropped, nothing could sign in until the new one is registered. Rotate without dropping it, register both, and drop it at the next rotation.",
      { tenant: document.tenant },
    );
  }
  if (!dropOldest && document.credentials.length >= MAX_CREDENTIALS) {
    throw new ByokError(
      "CONFIG_INVALID",
      `There are ${MAX_CREDENTIALS} certificates already. Once descriptors name the newer one, ${document.credentials.at(-1)?.thumbprint ?? ""}, the older one can be dropped to make room.`,
      { tenant: document.tenant },
    );
  }
  const kept = document.credentials.slice(dropOldest ? 1 : 0);
  const resealed = await Promise.all(kept.map((credential) => reseal(document, credential, serviceKey, options)));
  return encodeDocument({ ...document, credentials: [...resealed, await newCredential(document, options)] });
}

/**
 * What the certificates of a document say; needs no key.
 *
 * @throws {@link ByokError} CONFIG_INVALID.
 */
export function listApplicationCredentials(sealed: SealedApplicationCredentials, now = Date.now()): ListedCredential[] {
  return decodeDocument(sealed).credentials.map(({ certificate, thumbprint, notBefore, notAfter }) => ({
    certificate,
    thumbprint,
    notBefore,
    notAfter,
    state: now < Date.parse(notBefore) ? "not-yet-valid" : now <= Date.parse(notAfter) ? "valid" : "expired",
    daysLeft: Math.floor((Date.parse(notAfter) - now) / 86_400_000),
  }));
}

/**
 * Opens the private keys. They come as PEM, which JavaScript cannot wipe: ask when they are needed, and keep nothing.
 *
 * @returns certificates with their keys, the oldest first.
 * @throws {@link ByokError} CONFIG_INVALID, TAMPERED or WRONG_KEY for what is not this service's; what the service key
 * throws, as SERVICE_CREDENTIALS where it would read as a tenant's revocation.
 */
export async function openApplicationCredentials(
  sealed: SealedApplicationCredentials,
  serviceKey: MasterKey,
  options: CallOptions = {},
): Promise<AzureCertificate[]> {
  const document = decodeDocument(sealed);
  return Promise.all(
    document.credentials.map(async (credential) => {
      const der = await openPrivateKey(document, credential, serviceKey, options);
      try {
        return { certificate: credential.certificate, privateKey: pkcs8Pem(der) };
      } finally {
        der.fill(0);
      }
    }),
  );
}

/** Whose credentials. */
interface CredentialsId {
  readonly tenant: string;
  readonly id: string;
}

async function newCredential(of: CredentialsId, options: NewCredentialOptions): Promise<SealedCredential> {
  const { serviceKey, days = CERTIFICATE_DAYS.default, now = Date.now() } = options;
  if (!Number.isInteger(days) || days < 1 || days > CERTIFICATE_DAYS.longest) {
    throw new ByokError("CONFIG_INVALID", `A certificate is valid for 1 to ${CERTIFICATE_DAYS.longest} days, not ${days}.`);
  }
  const { privateKey, ...facts } = await makeCertificate(`byok ${of.tenant}`, days, now);
  try {
    return await seal(of, facts, privateKey, serviceKey, options);
  } finally {
    privateKey.fill(0);
  }
}

async function reseal(
  of: CredentialsId,
  credential: SealedCredential,
  serviceKey: MasterKey,
  options: CallOptions,
): Promise<SealedCredential> {
  const privateKey = await openPrivateKey(of, credential, serviceKey, options);
  try {
    return await seal(of, credential, privateKey, serviceKey, options);
  } finally {
    privateKey.fill(0);
  }
}

async function seal(
  of: CredentialsId,
  { certificate, thumbprint, notBefore, notAfter }: CertificateFacts,
  privateKey: Uint8Array,
  serviceKey: MasterKey,
  options: CallOptions,
): Promise<SealedCredential> {
  const facts = { certificate, thumbprint, notBefore, notAfter };
  const credential = { ...facts, ...(await sealForService(privateKey, serviceKey, bindingOf(of, facts), options)) };
  (await openPrivateKey(of, credential, serviceKey, options)).fill(0);
  return credential;
}

/** PKCS #8 DER, checked against the certificate; the caller owns it. */
async function openPrivateKey(
  of: CredentialsId,
  credential: SealedCredential,
  serviceKey: MasterKey,
  options: CallOptions,
): Promise<Uint8Array> {
  const refused = (why: string, cause?: unknown): ByokError => {
    const foreign = credential.serviceKey.provider !== serviceKey.provider || credential.serviceKey.keyId !== serviceKey.id;
    return new ByokError(
      foreign ? "WRONG_KEY" : "TAMPERED",
      `The private key of certificate ${credential.thumbprint} is refused: ${why}.`,
      { tenant: of.tenant, cause },
    );
  };
  const der = await openForService(credential, serviceKey, bindingOf(of, credential), refused, options);
  if (belongTogether(credential.certificate, der)) return der;
  der.fill(0);
  throw refused("it is not the certificate's");
}

function belongTogether(certificate: string, der: Uint8Array): boolean {
  try {
    const key = createPrivateKey({ key: Buffer.from(der.buffer, der.byteOffset, der.length), format: "der", type: "pkcs8" });
    return new X509Certificate(certificate).checkPrivateKey(key);
  } catch {
    // Not a key at all; OpenSSL's words add nothing to that.
    return false;
  }
}

/** A sealed key is bound to its tenant, its document and its very certificate. */
function bindingOf({ tenant, id }: CredentialsId, { certificate }: Pick<CertificateFacts, "certificate">): SealBinding {
  const fingerprint = createHash("sha384").update(new X509Certificate(certificate).raw).digest();
  return {
    // Credentials have no generations; the seal's own data tells them apart.
    context: { purpose: "credentials", tenant, secret: id, generation: 1 },
    aad: list("byok/credentials-seal/1", tenant, id, fingerprint),
  };
}

/** RFC 7468 section 10: base64 in lines of 64. */
function pkcs8Pem(der: Uint8Array): string {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.length).toString("base64");
  return `-----BEGIN PRIVATE KEY-----\n${base64.replaceAll(/.{1,64}/g, "$&\n")}-----END PRIVATE KEY-----\n`;
}
