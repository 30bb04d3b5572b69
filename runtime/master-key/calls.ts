/**
 * Calls to a cloud: how often one is tried, and what ends it.
 *
 * @module
 */
import { pause } from "./bounded-wait.js";

/** Tries per call, the first included, and milliseconds before the second; then twice as many, with jitter. */
const MAX_ATTEMPTS = 3;
const FIRST_PAUSE = 100;

/** How a call is tried. */
export interface AttemptOptions {
  /** Milliseconds for all tries together. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  /** True for errors that the next try may not meet. */
  readonly isTransient: (error: unknown) => boolean;
}

/**
 * Tries again what a broken connection spoiled: three times at most, within the time that the call has. SDKs do so too, but
 * some for minutes, and none of them tells.
 *
 * @param send one try; it gets the milliseconds that are left.
 */
export async function attempt<T>(send: (left: number) => Promise<T>, options: AttemptOptions): Promise<T> {
  const { timeout, signal, isTransient } = options;
  const end = performance.now() + timeout;
  for (let count = 1; ; count += 1) {
    try {
      return await send(Math.max(1, end - performance.now()));
    } catch (error) {
      const wait = FIRST_PAUSE * 2 ** (count - 1) * (0.5 + Math.random() / 2);
      if (count === MAX_ATTEMPTS || !isTransient(error) || performance.now() + wait >= end) throw error;
      await pause(wait, signal);
      if (signal.aborted) throw error;
    }
  }
}

/** Calls under way. Each ends when its caller gives up, and all of them when the key is closed. */
export class CallsUnderWay {
  readonly #calls = new Set<AbortController>();

  /** Runs a call with a signal of its own. */
  async run<T>(callersSignal: AbortSignal | undefined, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const ending = new AbortController();
    const giveUp = (): void => {
      ending.abort(callersSignal?.reason);
    };
    if (callersSignal?.aborted === true) giveUp();
    callersSignal?.addEventListener("abort", giveUp, { once: true });
    this.#calls.add(ending);
    try {
      return await call(ending.signal);
    } finally {
      callersSignal?.removeEventListener("abort", giveUp);
      this.#calls.delete(ending);
    }
  }

  /** Ends all of them. */
  end(): void {
    for (const call of this.#calls) call.abort(new Error("The key was closed."));
  }
}
