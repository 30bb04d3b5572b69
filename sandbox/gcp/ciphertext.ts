/**
 * The ciphertext of Encrypt. Google documents it as opaque; this layout is the sandbox's own:
 *
 *     version 0x01 (1) | key's cipher id (16) | version id (4) | header MAC (16) | nonce (12) | AES-256-GCM text | tag (16)
 *
 * The header MAC keeps a damaged header from being taken for another version's.
 *
 * @module
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

import { invalidCiphertext, wrongCryptoKey } from "./errors.js";
import { type CryptoKeyRecord } from "./state.js";

const VERSION = 1;
const HEADER = 1 + 16 + 4;
const MAC = 16;
const NONCE = 12;
const TAG = 16;

/** What a ciphertext adds to its plaintext, bytes. */
export const CIPHERTEXT_OVERHEAD = HEADER + MAC + NONCE + TAG;

/** Encrypts with one version's material. */
export function seal(
  headerKey: string,
  key: CryptoKeyRecord,
  version: { readonly id: number; readonly bytes: string },
  plaintext: Uint8Array,
  additionalAuthenticatedData: Uint8Array,
): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt8(VERSION);
  header.write(key.cipherId, 1, "hex");
  header.writeUInt32BE(version.id, 17);
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv("aes-256-gcm", Buffer.from(version.bytes, "base64"), nonce);
  cipher.setAAD(Buffer.concat([header, additionalAuthenticatedData]));
  const text = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([header, headerMac(headerKey, header), nonce, text, cipher.getAuthTag()]);
}

/**
 * Reads which version of a key a ciphertext was made with.
 *
 * @throws GoogleError INVALID_ARGUMENT if it is not one of this key's, or its header is damaged.
 */
export function readVersion(headerKey: string, key: CryptoKeyRecord, ciphertext: Uint8Array): number {
  const header = Buffer.from(ciphertext.subarray(0, HEADER));
  if (header.length < HEADER || header[0] !== VERSION || header.toString("hex", 1, 17) !== key.cipherId) throw wrongCryptoKey();
  if (ciphertext.length < CIPHERTEXT_OVERHEAD) throw invalidCiphertext();
  if (!timingSafeEqual(headerMac(headerKey, header), ciphertext.subarray(HEADER, HEADER + MAC))) throw invalidCiphertext();
  return header.readUInt32BE(17);
}

/**
 * Decrypts a ciphertext whose header {@link readVersion} accepted.
 *
 * @throws GoogleError INVALID_ARGUMENT for a damaged ciphertext and for other authenticated data alike.
 */
export function open(bytes: string, ciphertext: Uint8Array, additionalAuthenticatedData: Uint8Array): Buffer {
  const nonceAt = HEADER + MAC;
  const nonce = ciphertext.subarray(nonceAt, nonceAt + NONCE);
  const decipher = createDecipheriv("aes-256-gcm", Buffer.from(bytes, "base64"), nonce, { authTagLength: TAG });
  decipher.setAAD(Buffer.concat([ciphertext.subarray(0, HEADER), additionalAuthenticatedData]));
  decipher.setAuthTag(ciphertext.subarray(ciphertext.length - TAG));
  try {
    return Buffer.concat([decipher.update(ciphertext.subarray(nonceAt + NONCE, ciphertext.length - TAG)), decipher.final()]);
  } catch {
    throw invalidCiphertext();
  }
}

function headerMac(headerKey: string, header: Buffer): Buffer {
  return createHmac("sha256", Buffer.from(headerKey, "base64")).update(header).digest().subarray(0, MAC);
}
