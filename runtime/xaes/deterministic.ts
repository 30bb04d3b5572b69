/**
 * XAES-256-GCM under a given nonce, and the checks of its arguments. Apart from `sealXaes` and `openXaes`, which bring
 * the nonce along, only known answers may use this: a nonce used twice breaks AES-GCM.
 *
 * @module
 */
import { deriveMessageKey } from "./derive.js";
import { type XaesEngine } from "./engine.js";
import { XaesError } from "./errors.js";

/** Length of a key, in bytes. */
export const XAES_KEY_LENGTH = 32;
/** Length of a nonce, in bytes: random ones are safe for 2^80 messages under one key. */
export const XAES_NONCE_LENGTH = 24;
/** Length of a tag, in bytes. */
export const XAES_TAG_LENGTH = 16;
/** Ours, not the specification's (about 64 GiB): node:crypto takes less than 2 GiB at once. FLOE is for what is big. */
export const XAES_MAX_PLAINTEXT_LENGTH = 2 ** 30;

/**
 * Encrypts.
 *
 * @param key - 32 bytes, lent.
 * @param nonce - 24 bytes, never used with this key before.
 * @param out - where ciphertext and tag go: `plaintext.length + 16` bytes that share no memory with `plaintext`.
 * @throws XaesError `BAD_LENGTH`.
 */
export function sealWithNonce(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
  out: Uint8Array,
  engine: XaesEngine,
): void {
  assertLengths(key, nonce, aad);
  assertLength("plaintext", plaintext, 0, XAES_MAX_PLAINTEXT_LENGTH);
  assertLength("out", out, plaintext.length + XAES_TAG_LENGTH);
  const derived = deriveMessageKey(key, nonce, engine);
  try {
    engine.aes256GcmEncrypt(derived.key, derived.nonce, aad, plaintext, out);
  } finally {
    derived.key.fill(0);
  }
}

/**
 * Decrypts.
 *
 * @param key - 32 bytes, lent.
 * @param nonce - 24 bytes.
 * @param sealed - ciphertext and tag.
 * @returns the plaintext, in new memory.
 * @throws XaesError `AUTHENTICATION_FAILED`, `BAD_LENGTH`.
 */
export function openWithNonce(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
  engine: XaesEngine,
): Uint8Array {
  assertLengths(key, nonce, aad);
  assertLength("ciphertext", sealed, XAES_TAG_LENGTH, XAES_MAX_PLAINTEXT_LENGTH + XAES_TAG_LENGTH);
  const derived = deriveMessageKey(key, nonce, engine);
  try {
    const plaintext = engine.aes256GcmDecrypt(derived.key, derived.nonce, aad, sealed);
    if (plaintext === undefined) {
      throw new XaesError("AUTHENTICATION_FAILED", "the tag does not verify: wrong key, wrong AAD, or changed bytes.");
    }
    return plaintext;
  } finally {
    derived.key.fill(0);
  }
}

function assertLengths(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array): void {
  assertLength("key", key, XAES_KEY_LENGTH);
  assertLength("nonce", nonce, XAES_NONCE_LENGTH);
  assertLength("aad", aad, 0, Infinity);
}

/**
 * Refuses what is not bytes of the right length. A JavaScript caller's string would otherwise be taken by node:crypto.
 *
 * @throws XaesError `BAD_LENGTH`.
 */
export function assertLength(name: string, value: unknown, min: number, max = min): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array)) {
    throw new XaesError("BAD_LENGTH", `${name} must be a Uint8Array.`);
  }
  if (value.length < min || value.length > max) {
    const range = min === max ? `${min}` : `${min} to ${max}`;
    throw new XaesError("BAD_LENGTH", `${name} must be ${range} bytes long, not ${value.length}.`);
  }
}
