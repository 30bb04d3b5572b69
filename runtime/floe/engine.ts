/**
 * The primitives that FLOE is built from. An engine does no checking of its own: callers give it the right lengths.
 *
 * @module
 */

/** AES-256-GCM (NIST SP 800-38D), HMAC-SHA-384 (RFC 2104, FIPS 180-4) and randomness. All lengths are in bytes. */
export interface FloeEngine {
  /**
   * Writes ciphertext and 16-byte tag to `out`.
   *
   * @param key - 32 bytes, lent.
   * @param iv - 12 bytes, never used with this key before.
   * @param out - `plaintext.length + 16` bytes that share no memory with `plaintext`.
   */
  aes256GcmEncrypt(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, plaintext: Uint8Array, out: Uint8Array): void;
  /**
   * Must return undefined, not throw, if the tag does not verify; must not return or leave behind any plaintext then.
   *
   * @param key - 32 bytes, lent.
   * @param iv - 12 bytes.
   * @param sealed - ciphertext and 16-byte tag, so at least 16 bytes.
   * @returns the plaintext in new memory.
   */
  aes256GcmDecrypt(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
  /** @returns 48 bytes in new memory, which the caller wipes. */
  hmacSha384(key: Uint8Array, message: Uint8Array): Uint8Array;
  /** @returns cryptographically random bytes in new memory. */
  randomBytes(length: number): Uint8Array;
  /** Compares in time that depends on the lengths only. */
  equal(left: Uint8Array, right: Uint8Array): boolean;
}
