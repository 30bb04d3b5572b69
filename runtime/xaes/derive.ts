/**
 * XAES-256-GCM's key derivation (c2sp.org/XAES-256-GCM, "Detailed key derivation algorithm"): NIST SP 800-108r1 in
 * counter mode with CMAC-AES256 (SP 800-38B), label "X".
 *
 * @module
 */
import { type XaesEngine } from "./engine.js";

const BLOCK_LENGTH = 16;
/** How much of the nonce derives the key; the other 12 bytes are AES-GCM's nonce. */
const DERIVATION_NONCE_LENGTH = 12;
/** Reduces a doubling in GF(2^128), SP 800-38B's R128. */
const R128 = 0x87;
/** What comes before the nonce in M1 and M2: counter (16 bits), label "X", separator. */
const M1_PREFIX = [0x00, 0x01, 0x58, 0x00] as const;
const M2_PREFIX = [0x00, 0x02, 0x58, 0x00] as const;

/**
 * Derives the AES-256-GCM key and nonce of one message.
 *
 * @param key - 32 bytes, lent.
 * @param nonce - 24 bytes.
 * @returns `key`, 32 bytes that the caller wipes, and `nonce`, the last 12 bytes of `nonce` in its memory.
 */
export function deriveMessageKey(
  key: Uint8Array,
  nonce: Uint8Array,
  engine: XaesEngine,
): { readonly key: Uint8Array; readonly nonce: Uint8Array } {
  const k1 = cmacSubkey(key, engine);
  const blocks = new Uint8Array(2 * BLOCK_LENGTH);
  const derivationNonce = nonce.subarray(0, DERIVATION_NONCE_LENGTH);
  for (const [at, prefix] of [[0, M1_PREFIX], [BLOCK_LENGTH, M2_PREFIX]] as const) {
    const block = blocks.subarray(at, at + BLOCK_LENGTH);
    block.set(prefix);
    block.set(derivationNonce, prefix.length);
    xorInto(block, k1);
  }
  const derived = engine.aes256EncryptBlocks(key, blocks);
  k1.fill(0);
  blocks.fill(0);
  return { key: derived, nonce: nonce.subarray(DERIVATION_NONCE_LENGTH) };
}

/** CMAC's first subkey, K1: the encrypted zero block, doubled. 16 bytes that the caller wipes. */
function cmacSubkey(key: Uint8Array, engine: XaesEngine): Uint8Array {
  const zeros = new Uint8Array(BLOCK_LENGTH);
  const l = engine.aes256EncryptBlocks(key, zeros);
  const k1 = double(l);
  l.fill(0);
  return k1;
}

/** Multiplies by x in GF(2^128), without branching on secret bits. */
function double(block: Uint8Array): Uint8Array {
  const doubled = new Uint8Array(BLOCK_LENGTH);
  let carry = 0;
  for (let at = BLOCK_LENGTH - 1; at >= 0; at -= 1) {
    const byte = block[at] ?? 0;
    doubled[at] = (byte << 1) | carry;
    carry = byte >> 7;
  }
  doubled[BLOCK_LENGTH - 1] = (doubled[BLOCK_LENGTH - 1] ?? 0) ^ (R128 * carry);
  return doubled;
}

function xorInto(target: Uint8Array, mask: Uint8Array): void {
  for (const [at, byte] of mask.entries()) {
    target[at] = (target[at] ?? 0) ^ byte;
  }
}
