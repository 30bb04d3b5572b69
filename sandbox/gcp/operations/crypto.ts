/**
 * Encrypt and Decrypt. google/cloud/kms/v1/service.proto, methods of the same names.
 *
 * @module
 */
import { type Call } from "../call.js";
import { CIPHERTEXT_OVERHEAD, open, readVersion, seal } from "../ciphertext.js";
import { crc32c } from "../crc32c.js";
import { checksumMismatch, GoogleError, invalidArgument, invalidCiphertext } from "../errors.js";
import { materialOf, primaryOf } from "../keys.js";
import { type DecryptRequest, type EncryptRequest, type Int64Value } from "../messages.js";
import { requireName, versionName } from "../names.js";
import { type CryptoKeyRecord, type ProtectionLevel } from "../state.js";

/** Plaintext and additional authenticated data of software keys, bytes each (EncryptRequest). */
const MAX_SOFTWARE = 65_536;
/** Plaintext and additional authenticated data of HSM keys, bytes together (EncryptRequest). */
const MAX_HSM = 8_192;
const NOTHING = new Uint8Array();

/** Encrypts with a key's primary version, or with the version that is named. */
export function encrypt(call: Call, request: EncryptRequest): object {
  const { plaintext, additionalAuthenticatedData = NOTHING } = request;
  const name = requireName(request.name, "cryptoKey", "version");
  call.authorize("cloudkms.cryptoKeyVersions.useToEncrypt", name, call.canonical({ ...name, version: undefined }));
  requireLength("plaintext", plaintext, MAX_SOFTWARE);
  requireLength("additional_authenticated_data", additionalAuthenticatedData, MAX_SOFTWARE);
  const verifiedPlaintextCrc32c = verify("plaintext", plaintext, request.plaintextCrc32c);
  const verifiedAdditionalAuthenticatedDataCrc32c = verify(
    "additional_authenticated_data", additionalAuthenticatedData, request.additionalAuthenticatedDataCrc32c,
  );
  const key = usable(call.key(name));
  const version = name.version === undefined ? primaryOf(key) : call.version(name).version;
  if (version === undefined) {
    // Our own wording: a key that was made without a version.
    throw new GoogleError("FAILED_PRECONDITION", `CryptoKey ${key.name} has no primary version.`);
  }
  requireHsmLength(version.protectionLevel, plaintext, additionalAuthenticatedData);
  const ciphertext = seal(call.state.headerKey, key, materialOf(key, version), plaintext, additionalAuthenticatedData);
  return {
    name: versionName(key.name, version.id),
    ciphertext,
    ciphertextCrc32c: checksumOf(ciphertext),
    verifiedPlaintextCrc32c,
    verifiedAdditionalAuthenticatedDataCrc32c,
    protectionLevel: version.protectionLevel,
  };
}

/** Decrypts with the version that made the ciphertext, which must be one of the named key's. */
export function decrypt(call: Call, request: DecryptRequest): object {
  const { ciphertext, additionalAuthenticatedData = NOTHING } = request;
  const name = requireName(request.name, "cryptoKey");
  call.authorize("cloudkms.cryptoKeyVersions.useToDecrypt", name, call.canonical(name));
  requireLength("ciphertext", ciphertext, MAX_SOFTWARE + CIPHERTEXT_OVERHEAD);
  requireLength("additional_authenticated_data", additionalAuthenticatedData, MAX_SOFTWARE);
  verify("ciphertext", ciphertext, request.ciphertextCrc32c);
  verify("additional_authenticated_data", additionalAuthenticatedData, request.additionalAuthenticatedDataCrc32c);
  const key = usable(call.key(name));
  const id = readVersion(call.state.headerKey, key, ciphertext);
  const version = key.versions.find((candidate) => candidate.id === id);
  if (version === undefined) throw invalidCiphertext();
  const plaintext = open(materialOf(key, version).bytes, ciphertext, additionalAuthenticatedData);
  return {
    plaintext,
    plaintextCrc32c: checksumOf(plaintext),
    usedPrimary: version.id === key.primary,
    protectionLevel: version.protectionLevel,
  };
}

/** Keys of other purposes have methods of their own. Our own wording. */
function usable(key: CryptoKeyRecord): CryptoKeyRecord {
  if (key.purpose === undefined) return key;
  throw new GoogleError("FAILED_PRECONDITION", `${key.name} has the purpose ${key.purpose}; this method needs a key with the purpose ENCRYPT_DECRYPT.`);
}

/** Google's words for a field that is too long (sourcegraph/sourcegraph-public-snapshot#56651). */
function requireLength(field: string, bytes: Uint8Array, max: number): void {
  if (bytes.length > max) {
    throw invalidArgument(
      `Request field ${field} must have length of at least 0, but not more than ${max}. Provided value had length ${bytes.length}.`,
    );
  }
}

function requireHsmLength(level: ProtectionLevel, plaintext: Uint8Array, additionalAuthenticatedData: Uint8Array): void {
  const length = plaintext.length + additionalAuthenticatedData.length;
  if (level === "HSM" && length > MAX_HSM) {
    // Our own wording.
    throw invalidArgument(
      `The combined length of plaintext and additional_authenticated_data must not be more than ${MAX_HSM} for HSM keys. Provided values had length ${length}.`,
    );
  }
}

/** True if a checksum came along (and fits); false if none did. */
function verify(field: string, bytes: Uint8Array, checksum: Int64Value | null | undefined): boolean {
  if (checksum === null || checksum === undefined) return false;
  if (String(checksum.value) !== String(crc32c(bytes))) throw checksumMismatch(`${field}_crc32c`, field);
  return true;
}

function checksumOf(bytes: Uint8Array): Int64Value {
  return { value: String(crc32c(bytes)) };
}
