/**
 * `--wait`: what was granted a moment ago may still be denied for minutes, so a denial before the first success means
 * "not effective yet", never a revocation.
 *
 * @module
 */
import ms from "ms";
import { ByokError } from "../master-key/errors.js";
import { throwIfAborted } from "./interrupt.js";

/** Time for `--wait`; tests bring their own. */
export interface Clock {
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  /** Resolves after so many milliseconds, or at once when the signal fires. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** `--wait` ran out while the key was still denied. Exit code 4: whether it will ever work cannot be told from here. */
export class NotEffectiveYetError extends Error {
  override readonly name = "NotEffectiveYetError";
  readonly code = "NOT_EFFECTIVE_YET";
  override readonly cause: ByokError;

  constructor(waitMs: number, cause: ByokError) {
    super(`Not effective yet: after ${ms(waitMs)} of waiting the answer is still ${cause.code}: ${cause.message}`);
    this.cause = cause;
  }

  /** What `--json` shows: the last answer's facts under this error's code. */
  toJSON(): Record<string, unknown> {
    return { ...this.cause.toJSON(), name: this.name, code: this.code, message: this.message, revocation: false, retryable: true };
  }
}

/** What {@link waitUntilEffective} needs to know. */
export interface WaitOptions {
  /** Milliseconds to keep trying; 0 tries once. */
  readonly waitMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Hears of every failure that is tried again, and the milliseconds until then and to the end. */
  readonly onRetry?: (error: ByokError, delayMs: number, leftMs: number) => void;
}

const FIRST_DELAY = 1_000;
const LONGEST_DELAY = 15_000;
/** The longest `--wait`: a day. Longer ones are typing errors, and timers end at 24.8 days anyway. */
const LONGEST_WAIT = 86_400_000;

/**
 * Tries until it works or the time is up; delays double from 1 s to 15 s, the last try is at the very end.
 *
 * @throws what `attempt` threw, if waiting cannot help or `waitMs` is 0; {@link NotEffectiveYetError} if the last answer
 * was a denial; ABORTED.
 */
export async function waitUntilEffective<T>(attempt: () => Promise<T>, options: WaitOptions): Promise<T> {
  const { clock, signal, waitMs } = options;
  const end = clock.now() + waitMs;
  for (let delay = FIRST_DELAY; ; delay = Math.min(2 * delay, LONGEST_DELAY)) {
    throwIfAborted(signal);
    try {
      return await attempt();
    } catch (error) {
      const left = end - clock.now();
      if (waitMs === 0 || !(error instanceof ByokError) || !waitingMayHelp(error)) throw error;
      if (left <= 0) {
        if (error.revocation) throw new NotEffectiveYetError(waitMs, error);
        throw error;
      }
      const pause = Math.min(delay, left);
      options.onRetry?.(error, pause, left);
      await clock.sleep(pause, signal);
    }
  }
}

/** One line about a failure that is tried again, for {@link WaitOptions.onRetry}. */
export function retryNote(error: ByokError, delayMs: number, leftMs: number): string {
  const what = error.revocation ? "not effective yet" : error.code === "UNAVAILABLE" ? "not reachable" : "not possible yet";
  return `byok: ${what} (${error.code}); trying again in ${ms(Math.round(delayMs))}, for ${ms(Math.round(leftMs))} more`;
}

/** A destroyed key does not come back; every other denial may be a grant that still spreads. */
function waitingMayHelp(error: ByokError): boolean {
  return error.retryable || (error.revocation && error.code !== "KEY_DESTROYED");
}

/**
 * Reads a duration such as `10m`, `90s` or `1.5h`. A bare number is refused: nobody means milliseconds.
 *
 * @returns milliseconds, 0 to one day
 * @throws {@link ByokError} CONFIG_INVALID
 */
export function parseWait(text: string): number {
  const milliseconds = /^\d{1,9}(\.\d{1,3})?(ms|s|m|h|d)$/.test(text) ? ms(text as ms.StringValue) : Number.NaN;
  if (!Number.isFinite(milliseconds) || milliseconds > LONGEST_WAIT) {
    throw new ByokError("CONFIG_INVALID", `--wait ${JSON.stringify(text)} is no duration up to a day: write 90s, 10m or 1h.`);
  }
  return milliseconds;
}
