/**
 * Reads a header of known lengths off a stream of chunks of any size, then hands on the rest.
 *
 * @module
 */
import { ByokError } from "../master-key/errors.js";

/** Not for two readers at once. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #pending: Uint8Array = new Uint8Array(0);
  #ended = false;

  constructor(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    this.#source = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  }

  /**
   * The next `length` bytes, in a buffer of their own; fewer only at the end of the source.
   *
   * @throws {@link ByokError} CONFIG_INVALID if the source yields something else than bytes.
   */
  async read(length: number): Promise<Uint8Array> {
    const out = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      if (this.#pending.length === 0) {
        const next = await this.#next();
        if (next === undefined) return out.subarray(0, filled);
        this.#pending = next;
        continue;
      }
      const taken = this.#pending.subarray(0, length - filled);
      out.set(taken, filled);
      filled += taken.length;
      this.#pending = this.#pending.subarray(taken.length);
    }
    return out;
  }

  /** What was not read yet, chunk by chunk. Ends the source when its consumer stops early. */
  async *rest(): AsyncGenerator<Uint8Array> {
    try {
      const pending = this.#pending;
      this.#pending = new Uint8Array(0);
      if (pending.length > 0) yield pending;
      for (let next = await this.#next(); next !== undefined; next = await this.#next()) yield next;
    } finally {
      await this.close();
    }
  }

  /** Tells the source that nothing more is wanted, unless it has ended. May be called again. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#source.return?.();
  }

  async #next(): Promise<Uint8Array | undefined> {
    if (this.#ended) return undefined;
    const next = await this.#source.next();
    if (next.done === true) {
      this.#ended = true;
      return undefined;
    }
    const chunk: unknown = next.value;
    if (chunk instanceof Uint8Array) return chunk;
    // Most likely a stream with an encoding: it would hand on text, which has lost bytes already.
    throw new ByokError("CONFIG_INVALID", "The source of an object must yield bytes (Uint8Array): open it without an encoding.");
  }
}
