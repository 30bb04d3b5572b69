/**
 * Begins a message: its header, and the keys of its segments (c2sp.org/FLOE, `startEncryption` and `startDecryption`).
 *
 * @module
 */
import { type FloeEngine } from "./engine.js";
import { assertBytes, FloeError } from "./errors.js";
import { concat, floeKdf, HEADER_TAG_PURPOSE, MESSAGE_KEY_PURPOSE, type MessageContext } from "./kdf.js";
import {
  encodeParams,
  ENCODED_PARAMS_LENGTH,
  FLOE_HEADER_LENGTH,
  FLOE_IV_LENGTH,
  type FloeParams,
  floeParams,
  HEADER_TAG_LENGTH,
  KEY_LENGTH,
  MESSAGE_KEY_LENGTH,
} from "./params.js";
import { SegmentCipher } from "./segment-cipher.js";

/** Where the header's tag begins. */
export const HEADER_TAG_AT = FLOE_HEADER_LENGTH - HEADER_TAG_LENGTH;

/**
 * Draws an IV and derives a new message's header and keys.
 *
 * @param key - 32 bytes, lent.
 * @throws FloeError `BAD_PARAMETERS`.
 */
export function beginEncryption(
  params: FloeParams,
  key: Uint8Array,
  aad: Uint8Array,
  engine: FloeEngine,
): { readonly header: Uint8Array; readonly cipher: SegmentCipher } {
  const checked = checkArguments(params, key, aad);
  const prefix = concat(encodeParams(checked), engine.randomBytes(FLOE_IV_LENGTH));
  // A copy of the AAD: AEAD keys are derived from it later, when the caller may have reused its buffer.
  const context: MessageContext = { prefix, aad: aad.slice() };
  const tag = floeKdf(engine, key, context, HEADER_TAG_PURPOSE, HEADER_TAG_LENGTH);
  const header = concat(prefix, tag);
  tag.fill(0);
  return { header, cipher: segmentCipher(engine, checked, context, key) };
}

/**
 * Checks a header against parameters, key and AAD, and derives the message's keys.
 *
 * @param key - 32 bytes, lent.
 * @throws FloeError `BAD_HEADER` if it is not a header of these parameters; `AUTHENTICATION_FAILED` if its tag does not
 * fit key and AAD; `BAD_PARAMETERS`.
 */
export function beginDecryption(
  params: FloeParams,
  key: Uint8Array,
  aad: Uint8Array,
  header: Uint8Array,
  engine: FloeEngine,
): SegmentCipher {
  const checked = checkArguments(params, key, aad);
  assertBytes("header", header);
  if (header.length !== FLOE_HEADER_LENGTH) {
    throw new FloeError("BAD_HEADER", `a FLOE header is ${FLOE_HEADER_LENGTH} bytes long, not ${header.length}.`);
  }
  if (!engine.equal(header.subarray(0, ENCODED_PARAMS_LENGTH), encodeParams(checked))) {
    throw new FloeError(
      "BAD_HEADER",
      "the header names other parameters than AES-256-GCM, HKDF-Expand-SHA-384 and segments of " +
        `${checked.segmentLength} bytes: this is another format, another segment length, or a changed header.`,
    );
  }
  const context: MessageContext = { prefix: header.slice(0, HEADER_TAG_AT), aad: aad.slice() };
  const expected = floeKdf(engine, key, context, HEADER_TAG_PURPOSE, HEADER_TAG_LENGTH);
  const matches = engine.equal(expected, header.subarray(HEADER_TAG_AT));
  expected.fill(0);
  if (!matches) {
    throw new FloeError(
      "AUTHENTICATION_FAILED",
      "the header's tag does not verify: wrong key, wrong AAD, or a changed header.",
    );
  }
  return segmentCipher(engine, checked, context, key);
}

/** @returns the parameters, checked again: they are plain data that a caller may have made by hand. */
function checkArguments(params: FloeParams, key: Uint8Array, aad: Uint8Array): FloeParams {
  assertBytes("key", key);
  assertBytes("aad", aad);
  if (key.length !== KEY_LENGTH) {
    throw new FloeError("BAD_PARAMETERS", `key must be ${KEY_LENGTH} bytes long, not ${key.length}.`);
  }
  return floeParams(params);
}

function segmentCipher(
  engine: FloeEngine,
  params: FloeParams,
  context: MessageContext,
  key: Uint8Array,
): SegmentCipher {
  const messageKey = floeKdf(engine, key, context, MESSAGE_KEY_PURPOSE, MESSAGE_KEY_LENGTH);
  return new SegmentCipher(engine, params, context, messageKey);
}
