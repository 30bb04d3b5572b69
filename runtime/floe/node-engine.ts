/**
 * The primitives on node:crypto (OpenSSL): the fast engine, and the default.
 *
 * @module
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

import { type FloeEngine } from "./engine.js";
import { AEAD_TAG_LENGTH } from "./params.js";

const CIPHER = "aes-256-gcm";
const TAG = { authTagLength: AEAD_TAG_LENGTH };

/** Primitives on node:crypto. */
export const nodeEngine: FloeEngine = {
  aes256GcmEncrypt(key, iv, aad, plaintext, out) {
    const cipher = createCipheriv(CIPHER, key, iv, TAG).setAAD(aad);
    out.set(cipher.update(plaintext), 0);
    cipher.final(); // GCM holds nothing back: this only computes the tag.
    out.set(cipher.getAuthTag(), plaintext.length);
  },

  aes256GcmDecrypt(key, iv, aad, sealed) {
    const tagAt = sealed.length - AEAD_TAG_LENGTH;
    const decipher = createDecipheriv(CIPHER, key, iv, TAG).setAAD(aad).setAuthTag(sealed.subarray(tagAt));
    const plaintext = decipher.update(sealed.subarray(0, tagAt));
    try {
      decipher.final();
    } catch {
      // Checking the tag is all that final() does for GCM, so a failing tag is all that it can report.
      plaintext.fill(0);
      return undefined;
    }
    return plainView(plaintext);
  },

  hmacSha384: (key, message) => plainView(createHmac("sha384", key).update(message).digest()),

  randomBytes: (length) => plainView(randomBytes(length)),

  equal: (left, right) => left.length === right.length && timingSafeEqual(left, right),
};

/** The same memory without Buffer's methods, some of which (`slice`) differ from Uint8Array's. */
function plainView(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
