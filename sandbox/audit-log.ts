/**
 * What a cloud of the sandbox was asked.
 *
 * @module
 */

/** A log keeps this many calls; older ones are dropped. */
const LIMIT = 10_000;

/** Calls, oldest first. */
export class AuditLog<Entry> {
  readonly #entries: Entry[] = [];

  /** Calls so far. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** Writes a line. */
  add(entry: Entry): void {
    this.#entries.push(entry);
    if (this.#entries.length > LIMIT) this.#entries.shift();
  }

  /** Forgets the calls so far. */
  clear(): void {
    this.#entries.length = 0;
  }
}
