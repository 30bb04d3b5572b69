/**
 * Seals and opens one segment at any position: FLOE's random-access functions (c2sp.org/FLOE, "Semi-Public Functions").
 * They do not enforce order, an end, or that a position is written once; callers do.
 *
 * @module
 */
import { type FloeEngine } from "./engine.js";
import { FloeError } from "./errors.js";
import { dekPurpose, encodePosition, floeKdf, type MessageContext } from "./kdf.js";
import { AEAD_IV_LENGTH, type FloeParams, KEY_LENGTH, LENGTH_FIELD_LENGTH, NOT_LAST } from "./params.js";

/** Where a segment's ciphertext begins. */
const CIPHERTEXT_AT = LENGTH_FIELD_LENGTH + AEAD_IV_LENGTH;

/** One message's keys. Close it: it owns the message key and the AEAD key derived last, and wipes them. */
export class SegmentCipher {
  readonly params: FloeParams;
  readonly #engine: FloeEngine;
  readonly #context: MessageContext;
  readonly #messageKey: Uint8Array;
  #window: { readonly firstSegment: number; readonly key: Uint8Array } | undefined;
  #closed = false;

  /** @param messageKey - 48 bytes, owned from here on. */
  constructor(engine: FloeEngine, params: FloeParams, context: MessageContext, messageKey: Uint8Array) {
    this.params = params;
    this.#engine = engine;
    this.#context = context;
    this.#messageKey = messageKey;
  }

  /**
   * Encrypts a segment.
   *
   * @param plaintext - of the full length unless `last`; lent.
   * @param segment - where to write: 32 bytes longer than the plaintext, in other memory.
   * @throws FloeError `STATE` after close.
   */
  seal(position: number, last: boolean, plaintext: Uint8Array, segment: Uint8Array): void {
    const key = this.#aeadKey(position);
    const iv = this.#engine.randomBytes(AEAD_IV_LENGTH);
    new DataView(segment.buffer, segment.byteOffset).setUint32(0, last ? segment.length : NOT_LAST);
    segment.set(iv, LENGTH_FIELD_LENGTH);
    this.#engine.aes256GcmEncrypt(key, iv, segmentAad(position, last), plaintext, segment.subarray(CIPHERTEXT_AT));
  }

  /**
   * Decrypts a segment whose length field was checked already.
   *
   * @returns the plaintext in new memory.
   * @throws FloeError `AUTHENTICATION_FAILED`; `STATE` after close.
   */
  open(position: number, last: boolean, segment: Uint8Array): Uint8Array {
    const key = this.#aeadKey(position);
    const iv = segment.subarray(LENGTH_FIELD_LENGTH, CIPHERTEXT_AT);
    const sealed = segment.subarray(CIPHERTEXT_AT);
    const plaintext = this.#engine.aes256GcmDecrypt(key, iv, segmentAad(position, last), sealed);
    if (plaintext === undefined) {
      throw new FloeError("AUTHENTICATION_FAILED", "its tag does not verify: it was changed or moved.", position);
    }
    return plaintext;
  }

  /** Wipes the derived keys. May be called again. */
  close(): void {
    this.#closed = true;
    this.#messageKey.fill(0);
    this.#window?.key.fill(0);
    this.#window = undefined;
  }

  /** DERIVE_KEY, remembered for the window of 2^rotationMaskBits segments that it serves. */
  #aeadKey(position: number): Uint8Array {
    if (this.#closed) {
      throw new FloeError("STATE", "the keys of this message were wiped already; start again.", position);
    }
    // MASK without bit operations, which would cut the position to 32 bits.
    const firstSegment = position - (position % 2 ** this.params.rotationMaskBits);
    if (this.#window?.firstSegment !== firstSegment) {
      this.#window?.key.fill(0);
      const key = floeKdf(this.#engine, this.#messageKey, this.#context, dekPurpose(firstSegment), KEY_LENGTH);
      this.#window = { firstSegment, key };
    }
    return this.#window.key;
  }
}

/** A segment's AAD: its position, and whether it is the last. */
function segmentAad(position: number, last: boolean): Uint8Array {
  const aad = new Uint8Array(9);
  aad.set(encodePosition(position));
  aad[8] = last ? 1 : 0;
  return aad;
}
