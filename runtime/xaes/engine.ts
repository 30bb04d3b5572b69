/**
 * The primitives that XAES-256-GCM is built from: FLOE's, and the AES-256 block cipher.
 *
 * @module
 */
import { type FloeEngine } from "../floe/engine.js";

/** AES-256-GCM, AES-256 (FIPS 197) and randomness. An engine does no checking of its own. */
export interface XaesEngine extends Pick<FloeEngine, "aes256GcmEncrypt" | "aes256GcmDecrypt" | "randomBytes"> {
  /**
   * Encrypts each 16-byte block by itself.
   *
   * @param key - 32 bytes, lent.
   * @param blocks - a multiple of 16 bytes.
   * @returns as many bytes in new memory, which the caller wipes.
   */
  aes256EncryptBlocks(key: Uint8Array, blocks: Uint8Array): Uint8Array;
}
