/**
 * Lengths of whole messages, without looking at their bytes.
 *
 * @module
 */
import { FloeError } from "./errors.js";
import {
  FLOE_HEADER_LENGTH,
  type FloeParams,
  floeParams,
  MAX_SEGMENTS,
  SEGMENT_OVERHEAD,
  segmentPlaintextLength,
} from "./params.js";

/**
 * Length of the ciphertext, header included, that encrypting `plaintextLength` bytes gives.
 *
 * @throws FloeError `BAD_PARAMETERS` for what is not a length, or needs more than 2^40 segments or 2^53 bytes.
 */
export function ciphertextLength(params: FloeParams, plaintextLength: number): number {
  const checked = floeParams(params);
  assertLength("plaintextLength", plaintextLength);
  // An empty plaintext is one empty last segment.
  const segments = Math.max(1, Math.ceil(plaintextLength / segmentPlaintextLength(checked)));
  assertSegments(segments);
  const length = FLOE_HEADER_LENGTH + segments * SEGMENT_OVERHEAD + plaintextLength;
  assertLength("ciphertext length", length);
  return length;
}

/**
 * Length of the plaintext that a ciphertext of `ciphertextLength` bytes, header included, decrypts to. Nothing proves
 * that length before the last segment has been authenticated.
 *
 * @throws FloeError `TRUNCATED` if no ciphertext has this length; `BAD_PARAMETERS` for what is not a length, or more
 * than 2^40 segments.
 */
export function plaintextLength(params: FloeParams, ciphertextLength: number): number {
  const { segmentLength } = floeParams(params);
  assertLength("ciphertextLength", ciphertextLength);
  const body = ciphertextLength - FLOE_HEADER_LENGTH;
  const segments = Math.ceil(body / segmentLength);
  if (segments < 1 || body - (segments - 1) * segmentLength < SEGMENT_OVERHEAD) {
    throw new FloeError(
      "TRUNCATED",
      `no ciphertext with segments of ${segmentLength} is ${ciphertextLength} bytes long: ` +
        "it was cut, or is another format.",
    );
  }
  assertSegments(segments);
  return body - segments * SEGMENT_OVERHEAD;
}

function assertLength(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new FloeError("BAD_PARAMETERS", `${name} must be a whole number of bytes below 2^53, not ${String(value)}.`);
  }
}

function assertSegments(segments: number): void {
  if (segments > MAX_SEGMENTS) {
    throw new FloeError("BAD_PARAMETERS", `a message has at most 2^40 segments; this one would need ${segments}.`);
  }
}
