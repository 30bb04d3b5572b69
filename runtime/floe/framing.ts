/**
 * The length field that opens a segment: what it may say, and what it means for the bytes after it.
 *
 * @module
 */
import { FloeError } from "./errors.js";
import { type FloeParams, LENGTH_FIELD_LENGTH, MAX_SEGMENTS, NOT_LAST, SEGMENT_OVERHEAD } from "./params.js";

/** A segment's extent, as its length field claims it. Only opening the segment proves it. */
export interface Frame {
  /** Length of the whole segment, length field included; never more than the parameters allow. */
  readonly length: number;
  readonly last: boolean;
}

/**
 * Reads a length field.
 *
 * @param bytes - at least 4, from the start of the segment.
 * @param maxSegments - 2^40; lower in tests.
 * @throws FloeError `AUTHENTICATION_FAILED` for what no encryptor writes.
 */
export function readFrame(
  params: FloeParams,
  position: number,
  bytes: Uint8Array,
  maxSegments: number = MAX_SEGMENTS,
): Frame {
  const field = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
  if (field === NOT_LAST) {
    if (position >= maxSegments - 1) {
      throw new FloeError("AUTHENTICATION_FAILED", "the message goes on past its highest possible segment.", position);
    }
    return { length: params.segmentLength, last: false };
  }
  if (field < SEGMENT_OVERHEAD || field > params.segmentLength) {
    throw new FloeError("AUTHENTICATION_FAILED", `no encryptor writes ${field} as its length.`, position);
  }
  return { length: field, last: true };
}

/**
 * Checks that `bytes`, which begin with a segment, hold all of it, and if it is the last, nothing more.
 *
 * @throws FloeError `TRUNCATED` if they end within it; `AUTHENTICATION_FAILED` if the last is followed by something.
 */
export function frameWithin(params: FloeParams, position: number, bytes: Uint8Array, maxSegments?: number): Frame {
  if (bytes.length < LENGTH_FIELD_LENGTH) {
    throw truncated(position, bytes.length);
  }
  const frame = readFrame(params, position, bytes, maxSegments);
  if (bytes.length < frame.length) {
    throw truncated(position, bytes.length);
  }
  if (frame.last && bytes.length > frame.length) {
    throw trailing(position);
  }
  return frame;
}

/** The error for a ciphertext that ends with `available` bytes of a segment. */
export function truncated(position: number, available: number): FloeError {
  return new FloeError("TRUNCATED", `the ciphertext ends after ${available} bytes of it: it was cut.`, position);
}

/** The error for bytes after the last segment. */
export function trailing(position: number): FloeError {
  return new FloeError("AUTHENTICATION_FAILED", "it is the last one, yet more bytes follow.", position);
}
