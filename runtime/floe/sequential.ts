/**
 * A message segment by segment, in order, its state enforced (c2sp.org/FLOE, "Public Streaming/Online Function").
 *
 * @module
 */
import { assertBytes, FloeError } from "./errors.js";
import { frameWithin } from "./framing.js";
import { HEADER_TAG_AT } from "./message.js";
import { type FloeParams, MAX_SEGMENTS, SEGMENT_OVERHEAD, segmentPlaintextLength } from "./params.js";
import { type SegmentCipher } from "./segment-cipher.js";

/** Where an encryptor or decryptor stands; only `open` takes segments. */
type State = "open" | "finished" | "failed" | "closed";

/** Encrypts one message. Made by `startEncryption`; close it, unless the last segment was written. */
export class FloeEncryptor {
  readonly params: FloeParams;
  /** The 74 bytes that go before the segments. */
  readonly header: Uint8Array;
  /** The header's last 32 bytes, which commit to key, AAD and IV: whoever pins them pins the message's keys. */
  readonly headerTag: Uint8Array;
  readonly #cipher: SegmentCipher;
  readonly #maxSegments: number;
  #position = 0;
  #state: State = "open";

  /** @param maxSegments - 2^40; lower in tests. */
  constructor(header: Uint8Array, cipher: SegmentCipher, maxSegments: number = MAX_SEGMENTS) {
    this.params = cipher.params;
    this.header = header;
    this.headerTag = header.slice(HEADER_TAG_AT);
    this.#cipher = cipher;
    this.#maxSegments = maxSegments;
  }

  /** How many segments were written. */
  get position(): number {
    return this.#position;
  }

  /**
   * Encrypts a segment that is not the last.
   *
   * @param plaintext - exactly `params.segmentLength - 32` bytes, lent.
   * @returns the segment, in new memory.
   * @throws FloeError `STATE` after the last segment or close, for another length, or where only a last segment fits.
   */
  encryptSegment(plaintext: Uint8Array): Uint8Array {
    this.#check(plaintext);
    const full = segmentPlaintextLength(this.params);
    if (plaintext.length !== full) {
      throw new FloeError(
        "STATE",
        `every segment but the last takes exactly ${full} bytes of plaintext, not ${plaintext.length}.`,
        this.#position,
      );
    }
    if (this.#position >= this.#maxSegments - 1) {
      throw new FloeError("STATE", "the message is full: only its last segment can follow.", this.#position);
    }
    const segment = this.#seal(false, plaintext);
    this.#position += 1;
    return segment;
  }

  /**
   * Encrypts the last segment and wipes the keys.
   *
   * @param plaintext - 0 to `params.segmentLength - 32` bytes, lent.
   * @returns the segment, in new memory.
   * @throws FloeError `STATE` after the last segment or close, or for a longer plaintext.
   */
  encryptLastSegment(plaintext: Uint8Array): Uint8Array {
    this.#check(plaintext);
    const most = segmentPlaintextLength(this.params);
    if (plaintext.length > most) {
      throw new FloeError(
        "STATE",
        `the last segment takes at most ${most} bytes of plaintext, not ${plaintext.length}.`,
        this.#position,
      );
    }
    const segment = this.#seal(true, plaintext);
    this.#position += 1;
    this.#state = "finished";
    this.#cipher.close();
    return segment;
  }

  /** Wipes the derived keys; nothing can be encrypted after it. May be called again. */
  close(): void {
    if (this.#state === "open") {
      this.#state = "closed";
    }
    this.#cipher.close();
  }

  #check(plaintext: Uint8Array): void {
    refuseUnlessOpen("encryptor", this.#state);
    assertBytes("plaintext", plaintext);
  }

  #seal(last: boolean, plaintext: Uint8Array): Uint8Array {
    const segment = new Uint8Array(plaintext.length + SEGMENT_OVERHEAD);
    this.#cipher.seal(this.#position, last, plaintext, segment);
    return segment;
  }
}

/** Decrypts one message. Made by `startDecryption`; close it, unless the last segment was read or a segment failed. */
export class FloeDecryptor {
  readonly params: FloeParams;
  /** The header's last 32 bytes; see {@link FloeEncryptor.headerTag}. */
  readonly headerTag: Uint8Array;
  readonly #cipher: SegmentCipher;
  readonly #maxSegments: number;
  #position = 0;
  #state: State = "open";

  /** @param maxSegments - 2^40; lower in tests. */
  constructor(header: Uint8Array, cipher: SegmentCipher, maxSegments: number = MAX_SEGMENTS) {
    this.params = cipher.params;
    this.headerTag = header.slice(HEADER_TAG_AT);
    this.#cipher = cipher;
    this.#maxSegments = maxSegments;
  }

  /** How many segments were read. */
  get position(): number {
    return this.#position;
  }

  /**
   * Decrypts the next segment. The message is complete only when `last` was true. After a failure or the last segment
   * the keys are wiped and no further segment is taken.
   *
   * @param segment - one whole segment, lent.
   * @returns the plaintext, in new memory, and whether it was the last.
   * @throws FloeError `TRUNCATED` for less than a segment; `AUTHENTICATION_FAILED` for one that does not belong here;
   * `STATE` after the last segment, a failure or close.
   */
  decryptSegment(segment: Uint8Array): { readonly plaintext: Uint8Array; readonly last: boolean } {
    refuseUnlessOpen("decryptor", this.#state);
    assertBytes("segment", segment);
    // Failed until proven otherwise, so that no way out of here leaves it usable.
    this.#state = "failed";
    try {
      const { length, last } = frameWithin(this.params, this.#position, segment, this.#maxSegments);
      if (segment.length > length) {
        throw new FloeError(
          "STATE",
          `give one segment at a time: ${length} bytes, not ${segment.length}.`,
          this.#position,
        );
      }
      const plaintext = this.#cipher.open(this.#position, last, segment);
      this.#position += 1;
      this.#state = last ? "finished" : "open";
      return { plaintext, last };
    } finally {
      this.#wipeUnlessOpen();
    }
  }

  /** Wipes the derived keys; nothing can be decrypted after it. May be called again. */
  close(): void {
    if (this.#state === "open") {
      this.#state = "closed";
    }
    this.#cipher.close();
  }

  #wipeUnlessOpen(): void {
    if (this.#state !== "open") {
      this.#cipher.close();
    }
  }
}

const REFUSALS: Record<Exclude<State, "open">, string> = {
  finished: "saw its last segment",
  failed: "refused a segment",
  closed: "was closed",
};

function refuseUnlessOpen(who: "encryptor" | "decryptor", state: State): void {
  if (state !== "open") {
    throw new FloeError("STATE", `this ${who} ${REFUSALS[state]} and takes no more; start again.`);
  }
}
