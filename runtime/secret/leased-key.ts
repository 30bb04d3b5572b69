/**
 * Key bytes with a count of who holds them: wiped when the last one lets go, never earlier. Wiping a key that is lent out
 * makes others encrypt under zeros, which is the failure this class exists to rule out.
 *
 * @module
 */
import { ByokError } from "../master-key/errors.js";

/** A key and its holders. Whoever makes it is the first holder. */
export class LeasedKey {
  readonly #bytes: Uint8Array;
  #holders = 1;

  /** Takes ownership of the bytes. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Adds a holder; each one calls {@link LeasedKey.release} exactly once. */
  hold(): this {
    this.#assertAlive();
    this.#holders += 1;
    return this;
  }

  /** Takes a holder away; the last one wipes the bytes. */
  release(): void {
    this.#assertAlive();
    this.#holders -= 1;
    if (this.#holders === 0) this.#bytes.fill(0);
  }

  /** Lends the bytes for the duration of a synchronous call. They must not be kept. */
  use<T>(borrow: (bytes: Uint8Array) => T): T {
    this.#assertAlive();
    return borrow(this.#bytes);
  }

  #assertAlive(): void {
    if (this.#holders > 0) return;
    throw new ByokError("LEASE_EXPIRED", "A key was used after its last release: this is a bug, report it.");
  }
}
