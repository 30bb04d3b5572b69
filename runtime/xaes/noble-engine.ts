/**
 * The primitives on @noble/ciphers: for where there is no OpenSSL, and the other engine's oracle.
 *
 * @module
 */
import { ecb } from "@noble/ciphers/aes.js";

import { nobleEngine } from "../floe/noble-engine.js";
import { type XaesEngine } from "./engine.js";

/** Primitives on @noble/ciphers. */
export const nobleXaesEngine: XaesEngine = {
  ...nobleEngine,

  // ECB is the bare block cipher: here it encrypts distinct blocks of a key derivation, never a message.
  aes256EncryptBlocks: (key, blocks) => ecb(key, { disablePadding: true }).encrypt(blocks),
};
