/**
 * The primitives on node:crypto (OpenSSL): the fast engine, and the default.
 *
 * @module
 */
import { createCipheriv } from "node:crypto";

import { nodeEngine } from "../floe/node-engine.js";
import { type XaesEngine } from "./engine.js";

/** Primitives on node:crypto. */
export const nodeXaesEngine: XaesEngine = {
  ...nodeEngine,

  aes256EncryptBlocks(key, blocks) {
    // ECB is the bare block cipher: here it encrypts distinct blocks of a key derivation, never a message.
    const cipher = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
    const encrypted = cipher.update(blocks);
    cipher.final(); // Without padding nothing is left to come.
    return encrypted;
  },
};
