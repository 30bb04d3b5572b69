import { ByokError } from "../master-key/errors.js";
import { type Clock, elapsedSince, instant } from "../secret/clock.js";
import { assertNotAborted } from "../secret/wait-abortably.js";
import { byokFloeError } from "./floe-errors.js";

/** Limits of a running operation. */
export interface LeaseOptions {
  readonly clock: Clock;
  /** Milliseconds from now. */
  readonly maxLease: number;
  readonly signal?: AbortSignal | undefined;
  /** Yielded before the stream's own chunks. */
  readonly first?: Uint8Array;
  /** Called when the stream has ended, whichever way, even if it was never begun. May be called again. */
  readonly onEnd?: () => Promise<void>;
}

/**
 * Hands on a stream of a running operation, chunk by chunk, until its lease or its caller's patience ends. FLOE's errors
 * come out as {@link ByokError}. However it ends, the stream is told, which wipes its keys.
 */
export function leased(
  stream: AsyncGenerator<Uint8Array, void, undefined>,
  options: LeaseOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const since = instant(options.clock);
  const assertLeased = (): void => {
    assertNotAborted(options.signal);
    if (elapsedSince(since, options.clock) > options.maxLease) {
      throw new ByokError(
        "LEASE_EXPIRED",
        `The operation ran longer than its lease of ${options.maxLease / 1000} s: start it again.`,
      );
    }
  };
  const end = async (): Promise<void> => {
    await stream.return();
    await options.onEnd?.();
  };
  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      if (options.first !== undefined) yield options.first;
      for (;;) {
        assertLeased();
        const next = await stream.next();
        // A source may take its time: a chunk that comes after the end of the lease is not handed out.
        assertLeased();
        if (next.done === true) return;
        yield next.value;
      }
    } catch (error) {
      throw byokFloeError(error);
    } finally {
      await end();
    }
  }
  const outer = chunks();
  // A generator that was never started runs no `finally`: then the inner stream is ended from here. Node's streams end
  // an iterator by `throw` alone when they are destroyed with an error.
  const endByReturn = outer.return.bind(outer);
  const endByThrow = outer.throw.bind(outer);
  outer.return = async (value) => {
    await end();
    return endByReturn(value);
  };
  outer.throw = async (error) => {
    await end();
    return endByThrow(error);
  };
  return outer;
}
