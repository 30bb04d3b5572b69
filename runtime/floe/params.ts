/**
 * FLOE's parameters and the fixed lengths of its format (c2sp.org/FLOE, "Parameters" and "FLOE Ciphertext Layout").
 * All lengths are in bytes.
 *
 * @module
 */
import { FloeError } from "./errors.js";

/** AEAD_ID of AES-256-GCM and KDF_ID of HKDF-Expand-SHA-384: the only ones the specification defines. */
const AEAD_ID = 0;
const KDF_ID = 0;

/** Length of a FLOE key, of an AEAD key (AEAD_KEY_LEN). */
export const KEY_LENGTH = 32;
/** Length of the key that AEAD keys are derived from (KDF_KEY_LEN). */
export const MESSAGE_KEY_LENGTH = 48;
/** Length of the per-message random value in the header (FLOE_IV_LEN). */
export const FLOE_IV_LENGTH = 32;
/** Length of PARAM_ENCODE's output. */
export const ENCODED_PARAMS_LENGTH = 10;
/** Length of the header tag, which commits to key, parameters, IV and AAD. */
export const HEADER_TAG_LENGTH = 32;
/** Length of the whole header: parameters, IV, tag. */
export const FLOE_HEADER_LENGTH = ENCODED_PARAMS_LENGTH + FLOE_IV_LENGTH + HEADER_TAG_LENGTH;

/** Length of the big-endian length field that opens a segment. */
export const LENGTH_FIELD_LENGTH = 4;
/** Length of a segment's random nonce (AEAD_IV_LEN). */
export const AEAD_IV_LENGTH = 12;
/** Length of a segment's tag (AEAD_TAG_LEN). */
export const AEAD_TAG_LENGTH = 16;
/** What a segment adds to its plaintext; also the length of an empty last segment. */
export const SEGMENT_OVERHEAD = LENGTH_FIELD_LENGTH + AEAD_IV_LENGTH + AEAD_TAG_LENGTH;
/** The length field of every segment but the last. */
export const NOT_LAST = 0xffff_ffff;
/** The most segments one message may have (AEAD_MAX_SEGMENTS of AES-256-GCM). */
export const MAX_SEGMENTS = 2 ** 40;

/** AEAD_ROTATION_MASK of AES-256-GCM: one AEAD key serves 2^20 segments. */
const ROTATION_MASK_BITS = 20;
/** One byte of plaintext per segment; a shorter segment could never make progress. */
const MIN_SEGMENT_LENGTH = SEGMENT_OVERHEAD + 1;
/** Ours, not the specification's (2^32 - 2): a stream holds up to two segments, which bounds its memory. */
const MAX_SEGMENT_LENGTH = 64 * 1024 * 1024;

/** A parameter set; make it with {@link floeParams}. Both sides must use the same one. */
export interface FloeParams {
  /** Length of every encrypted segment but the last (ENC_SEG_LEN): length field, nonce, ciphertext and tag. */
  readonly segmentLength: number;
  /**
   * One AEAD key serves 2^this many segments. 20 by the specification. It is not in the header, so a message written
   * with another value can be read by nobody who does not know it: others exist for the known answers only.
   */
  readonly rotationMaskBits: number;
}

/**
 * Checks and completes a parameter set.
 *
 * @param options - `segmentLength` from 33 to 67,108,864; `rotationMaskBits` from 0 to 20, for the known answers only.
 * @throws FloeError `BAD_PARAMETERS`.
 */
export function floeParams(options: { segmentLength: number; rotationMaskBits?: number }): FloeParams {
  const { segmentLength, rotationMaskBits = ROTATION_MASK_BITS } = options;
  if (!isIntegerWithin(segmentLength, MIN_SEGMENT_LENGTH, MAX_SEGMENT_LENGTH)) {
    throw new FloeError(
      "BAD_PARAMETERS",
      `segmentLength must be a whole number from ${MIN_SEGMENT_LENGTH} to ${MAX_SEGMENT_LENGTH}, ` +
        `not ${String(segmentLength)}.`,
    );
  }
  if (!isIntegerWithin(rotationMaskBits, 0, ROTATION_MASK_BITS)) {
    throw new FloeError(
      "BAD_PARAMETERS",
      `rotationMaskBits must be a whole number from 0 to ${ROTATION_MASK_BITS}, not ${String(rotationMaskBits)}.`,
    );
  }
  return Object.freeze({ segmentLength, rotationMaskBits });
}

function isIntegerWithin(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

/** The published set GCM256_IV256_1M: segments of 1 MiB. The only one that this package writes. */
export const FLOE_1M: FloeParams = floeParams({ segmentLength: 1024 * 1024 });

/** Length of the plaintext of every segment but the last. */
export function segmentPlaintextLength(params: FloeParams): number {
  return params.segmentLength - SEGMENT_OVERHEAD;
}

/** PARAM_ENCODE: AEAD id, KDF id, segment length, IV length; 10 bytes. */
export function encodeParams(params: FloeParams): Uint8Array {
  const encoded = new Uint8Array(ENCODED_PARAMS_LENGTH);
  const view = new DataView(encoded.buffer);
  view.setUint8(0, AEAD_ID);
  view.setUint8(1, KDF_ID);
  view.setUint32(2, params.segmentLength);
  view.setUint32(6, FLOE_IV_LENGTH);
  return encoded;
}
