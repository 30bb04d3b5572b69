/**
 * FLOE_KDF (c2sp.org/FLOE, "Internal Functions") on HKDF-Expand (RFC 5869, section 2.3).
 *
 * @module
 */
import { type FloeEngine } from "./engine.js";

/** Purposes of the three derivations, ASCII. */
export const HEADER_TAG_PURPOSE = ascii("HEADER_TAG:");
export const MESSAGE_KEY_PURPOSE = ascii("MESSAGE_KEY:");
const DEK_PURPOSE = ascii("DEK:");

/** HKDF-Expand's counter byte of its first block. */
const FIRST_BLOCK = Uint8Array.of(1);

/** What every derivation of one message is bound to. */
export interface MessageContext {
  /** Encoded parameters and FLOE IV, 42 bytes: the header without its tag. */
  readonly prefix: Uint8Array;
  readonly aad: Uint8Array;
}

/**
 * Derives `length` bytes, at most 48: HKDF-Expand's first block, which is one HMAC. node:crypto's own `hkdf` cannot
 * serve: it always extracts, and refuses an info of more than 1,024 bytes, where the AAD may have any length.
 *
 * @returns new memory, which the caller wipes.
 */
export function floeKdf(
  engine: FloeEngine,
  key: Uint8Array,
  context: MessageContext,
  purpose: Uint8Array,
  length: number,
): Uint8Array {
  const block = engine.hmacSha384(key, concat(context.prefix, purpose, context.aad, FIRST_BLOCK));
  block.fill(0, length);
  return block.subarray(0, length);
}

/** Purpose of the AEAD key that serves the window starting with segment `firstSegment`. */
export function dekPurpose(firstSegment: number): Uint8Array {
  return concat(DEK_PURPOSE, encodePosition(firstSegment));
}

/** A segment's index as 8 bytes, big-endian. */
export function encodePosition(position: number): Uint8Array {
  const encoded = new Uint8Array(8);
  new DataView(encoded.buffer).setBigUint64(0, BigInt(position));
  return encoded;
}

/** Joins byte strings in new memory. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
