/**
 * Joins pieces of chunks that are only lent until the next one is asked for.
 *
 * @module
 */

/** First allocation; doubled as needed, so that a small message does not cost a whole segment's memory. */
const FIRST_CAPACITY = 4096;

/** A contiguous run of copied bytes, at most `limit` long. Each byte is copied a bounded number of times. */
export class Accumulator {
  readonly #limit: number;
  #bytes = new Uint8Array(0);
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#length;
  }

  /** The run, in this object's own memory: valid until the next call of another member. */
  get view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Copies `piece` to the end of the run. The caller keeps within the limit. */
  append(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#bytes.length) {
      this.#grow(length);
    }
    this.#bytes.set(piece, this.#length);
    this.#length = length;
  }

  /** Begins a new run in the same memory. */
  clear(): void {
    this.#length = 0;
  }

  /** Overwrites everything that was ever in here. */
  wipe(): void {
    this.#bytes.fill(0);
    this.#length = 0;
  }

  #grow(needed: number): void {
    const outgrown = this.#bytes;
    const capacity = Math.max(needed, outgrown.length * 2, FIRST_CAPACITY);
    this.#bytes = new Uint8Array(Math.min(capacity, this.#limit));
    this.#bytes.set(outgrown);
    outgrown.fill(0);
  }
}
