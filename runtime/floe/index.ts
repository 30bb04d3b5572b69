/**
 * FLOE, Fast Lightweight Online Encryption (c2sp.org/FLOE; Snowflake; ePrint 2025/2275): authenticated, key-committing
 * encryption of data of any size in bounded memory. This folder stands alone and knows nothing of where keys come from.
 *
 *     ciphertext = header | segment ... | last segment
 *     header     = AEAD id 1 | KDF id 1 | segment length u32 | IV length u32 | IV 32 | tag 32   (74 bytes)
 *     segment    = 0xFFFFFFFF | nonce 12 | ciphertext | tag 16                                  (segment length)
 *     last       = its own length u32 | nonce 12 | ciphertext | tag 16                          (32 to segment length)
 *
 *     FLOE_KDF(k, purpose, n) = HKDF-Expand-SHA-384(k, first 42 header bytes | purpose | AAD, n)
 *     header tag  = FLOE_KDF(key, "HEADER_TAG:", 32)
 *     message key = FLOE_KDF(key, "MESSAGE_KEY:", 48)
 *     AEAD key    = FLOE_KDF(message key, "DEK:" | u64 of the first segment of the key's window of 2^20, 32)
 *     segment AAD = u64 segment index | 1 if last, else 0
 *
 * Integers are big-endian. Keys are lent: never changed, never kept. What is derived from them is wiped. The default
 * engine is node:crypto; `./noble-engine.js` has the portable one.
 *
 * @module
 */
import { type FloeEngine } from "./engine.js";
import { beginDecryption, beginEncryption } from "./message.js";
import { nodeEngine } from "./node-engine.js";
import { type FloeParams } from "./params.js";
import { FloeDecryptor, FloeEncryptor } from "./sequential.js";
import { decryptWhole, encryptWhole } from "./whole.js";

export { type Chunks, type ChunkSource, decryptChunks, encryptChunks } from "./chunks.js";
export { type FloeEngine } from "./engine.js";
export { FloeError, type FloeErrorCode } from "./errors.js";
export { ciphertextLength, plaintextLength } from "./lengths.js";
export { nodeEngine } from "./node-engine.js";
export { FLOE_1M, FLOE_HEADER_LENGTH, type FloeParams, floeParams } from "./params.js";
export { type FloeDecryptor, type FloeEncryptor } from "./sequential.js";

/**
 * Encrypts a whole buffer under a fresh random IV.
 *
 * @param key - 32 bytes, lent.
 * @param aad - any bytes that `decrypt` must be given again; they are not stored.
 * @returns header and segments.
 * @throws FloeError `BAD_PARAMETERS`.
 */
export function encrypt(
  params: FloeParams,
  key: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
  engine: FloeEngine = nodeEngine,
): Uint8Array {
  return encryptWhole(params, key, aad, plaintext, engine);
}

/**
 * Decrypts a whole buffer: everything or nothing.
 *
 * @param key - 32 bytes, lent.
 * @returns the plaintext, in new memory.
 * @throws FloeError `TRUNCATED`, `BAD_HEADER`, `AUTHENTICATION_FAILED`, `BAD_PARAMETERS`.
 */
export function decrypt(
  params: FloeParams,
  key: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
  engine: FloeEngine = nodeEngine,
): Uint8Array {
  return decryptWhole(params, key, aad, ciphertext, engine);
}

/**
 * Begins a message under a fresh random IV. The key may be wiped as soon as this returns.
 *
 * @param key - 32 bytes, lent.
 * @param aad - any bytes that the decryptor must be given again; copied.
 * @throws FloeError `BAD_PARAMETERS`.
 */
export function startEncryption(
  params: FloeParams,
  key: Uint8Array,
  aad: Uint8Array,
  engine: FloeEngine = nodeEngine,
): FloeEncryptor {
  const { header, cipher } = beginEncryption(params, key, aad, engine);
  return new FloeEncryptor(header, cipher);
}

/**
 * Checks a message's header: first that it names `params`, then its tag. The key may be wiped as soon as this returns.
 *
 * @param key - 32 bytes, lent.
 * @param header - the message's first 74 bytes.
 * @throws FloeError `BAD_HEADER` if it is not a header of `params`; `AUTHENTICATION_FAILED` if its tag does not fit key
 * and AAD; `BAD_PARAMETERS`.
 */
export function startDecryption(
  params: FloeParams,
  key: Uint8Array,
  aad: Uint8Array,
  header: Uint8Array,
  engine: FloeEngine = nodeEngine,
): FloeDecryptor {
  return new FloeDecryptor(header, beginDecryption(params, key, aad, header, engine));
}
