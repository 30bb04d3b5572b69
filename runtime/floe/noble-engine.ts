/**
 * The primitives on @noble/ciphers and @noble/hashes: for where there is no OpenSSL (it needs `globalThis.crypto` for
 * randomness and nothing else), and the other engine's oracle. About 50 times slower than node:crypto.
 *
 * @module
 */
import { gcm } from "@noble/ciphers/aes.js";
import { equalBytes, randomBytes } from "@noble/ciphers/utils.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha384 } from "@noble/hashes/sha2.js";

import { type FloeEngine } from "./engine.js";

/** What `gcm().decrypt` of @noble/ciphers 2.4 says of a tag that does not verify; it has no error class. */
const INVALID_TAG = "aes-gcm: invalid tag";

/** Primitives on @noble/ciphers and @noble/hashes. */
export const nobleEngine: FloeEngine = {
  aes256GcmEncrypt(key, iv, aad, plaintext, out) {
    out.set(gcm(key, iv, aad).encrypt(plaintext));
  },

  aes256GcmDecrypt(key, iv, aad, sealed) {
    try {
      return gcm(key, iv, aad).decrypt(sealed);
    } catch (error) {
      if (error instanceof Error && error.message === INVALID_TAG) {
        return undefined;
      }
      throw error;
    }
  },

  hmacSha384: (key, message) => hmac(sha384, key, message),

  randomBytes: (length) => randomBytes(length),

  equal: (left, right) => equalBytes(left, right),
};
