/**
 * Whole messages in memory.
 *
 * @module
 */
import { type FloeEngine } from "./engine.js";
import { assertBytes, FloeError } from "./errors.js";
import { frameWithin } from "./framing.js";
import { ciphertextLength } from "./lengths.js";
import { beginDecryption, beginEncryption } from "./message.js";
import { FLOE_HEADER_LENGTH, type FloeParams, SEGMENT_OVERHEAD, segmentPlaintextLength } from "./params.js";

/** See `encrypt` of the index. */
export function encryptWhole(
  params: FloeParams,
  key: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
  engine: FloeEngine,
): Uint8Array {
  assertBytes("plaintext", plaintext);
  const { header, cipher } = beginEncryption(params, key, aad, engine);
  try {
    const ciphertext = new Uint8Array(ciphertextLength(params, plaintext.length));
    ciphertext.set(header);
    const full = segmentPlaintextLength(params);
    let from = 0;
    let to = FLOE_HEADER_LENGTH;
    for (let position = 0; to < ciphertext.length; position += 1) {
      const piece = plaintext.subarray(from, from + full);
      const segment = ciphertext.subarray(to, to + SEGMENT_OVERHEAD + piece.length);
      from += piece.length;
      to += segment.length;
      cipher.seal(position, to === ciphertext.length, piece, segment);
    }
    return ciphertext;
  } finally {
    cipher.close();
  }
}

/** See `decrypt` of the index. */
export function decryptWhole(
  params: FloeParams,
  key: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
  engine: FloeEngine,
): Uint8Array {
  assertBytes("ciphertext", ciphertext);
  if (ciphertext.length < FLOE_HEADER_LENGTH) {
    throw new FloeError("TRUNCATED", `${ciphertext.length} bytes are less than a header: the ciphertext was cut.`);
  }
  const header = ciphertext.subarray(0, FLOE_HEADER_LENGTH);
  const cipher = beginDecryption(params, key, aad, header, engine);
  let rest = ciphertext.subarray(FLOE_HEADER_LENGTH);
  // Exact for a ciphertext that verifies, and enough for what verifies at the start of one that does not.
  const wholeSegments = Math.floor(rest.length / params.segmentLength);
  const remainder = rest.length % params.segmentLength;
  const plaintext = new Uint8Array(
    wholeSegments * segmentPlaintextLength(params) + Math.max(0, remainder - SEGMENT_OVERHEAD),
  );
  let complete = false;
  try {
    let to = 0;
    for (let position = 0; !complete; position += 1) {
      const { length, last } = frameWithin(params, position, rest);
      const opened = cipher.open(position, last, rest.subarray(0, length));
      plaintext.set(opened, to);
      opened.fill(0);
      to += length - SEGMENT_OVERHEAD;
      rest = rest.subarray(length);
      complete = last;
    }
    return plaintext;
  } finally {
    cipher.close();
    if (!complete) {
      plaintext.fill(0);
    }
  }
}
