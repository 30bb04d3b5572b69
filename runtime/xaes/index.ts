/**
 * XAES-256-GCM (c2sp.org/XAES-256-GCM): AES-256-GCM under a key derived from the first half of a 24-byte random
 * nonce, so that nonces need no counting. For keys and small documents; FLOE is for what is big. It does not commit to
 * its key.
 *
 *     sealed = nonce 24 | ciphertext | tag 16
 *
 * The default engine is node:crypto; `./noble-engine.js` has the portable one.
 *
 * @module
 */
import {
  assertLength,
  openWithNonce,
  sealWithNonce,
  XAES_MAX_PLAINTEXT_LENGTH,
  XAES_NONCE_LENGTH,
  XAES_TAG_LENGTH,
} from "./deterministic.js";
import { type XaesEngine } from "./engine.js";
import { nodeXaesEngine } from "./node-engine.js";

export { XAES_KEY_LENGTH, XAES_MAX_PLAINTEXT_LENGTH } from "./deterministic.js";
export { type XaesEngine } from "./engine.js";
export { XaesError, type XaesErrorCode } from "./errors.js";
export { nodeXaesEngine } from "./node-engine.js";

/** What sealing adds, in bytes: nonce and tag. */
export const XAES_OVERHEAD = XAES_NONCE_LENGTH + XAES_TAG_LENGTH;

/**
 * Encrypts under a fresh random nonce.
 *
 * @param key - 32 bytes, lent.
 * @param aad - any bytes that `openXaes` must be given again; they are not stored.
 * @param plaintext - at most 1 GiB, lent.
 * @returns nonce (24), ciphertext, tag (16).
 * @throws XaesError `BAD_LENGTH`.
 */
export function sealXaes(
  key: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
  engine: XaesEngine = nodeXaesEngine,
): Uint8Array {
  assertLength("plaintext", plaintext, 0, XAES_MAX_PLAINTEXT_LENGTH);
  const sealed = new Uint8Array(plaintext.length + XAES_OVERHEAD);
  sealed.set(engine.randomBytes(XAES_NONCE_LENGTH));
  const nonce = sealed.subarray(0, XAES_NONCE_LENGTH);
  sealWithNonce(key, nonce, aad, plaintext, sealed.subarray(XAES_NONCE_LENGTH), engine);
  return sealed;
}

/**
 * Decrypts what {@link sealXaes} made.
 *
 * @param key - 32 bytes, lent.
 * @returns the plaintext, in new memory.
 * @throws XaesError `AUTHENTICATION_FAILED` for a wrong key, wrong AAD or changed bytes; `BAD_LENGTH` for what cannot
 * be a sealed text, or a key of another length.
 */
export function openXaes(
  key: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
  engine: XaesEngine = nodeXaesEngine,
): Uint8Array {
  assertLength("sealed", sealed, XAES_OVERHEAD, XAES_MAX_PLAINTEXT_LENGTH + XAES_OVERHEAD);
  const nonce = sealed.subarray(0, XAES_NONCE_LENGTH);
  return openWithNonce(key, nonce, aad, sealed.subarray(XAES_NONCE_LENGTH), engine);
}
