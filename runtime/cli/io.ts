/**
 * What a command sees of the world; tests bring their own.
 *
 * @module
 */
import { type Readable, type Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { type Clock } from "./wait.js";

/** An output stream that may be a terminal. */
export type Output = Writable & { readonly isTTY?: boolean };

/** Standard streams, environment, clock, and the signal that SIGINT and SIGTERM fire. */
export interface CliIo {
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Real time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: async (milliseconds, signal) => {
    try {
      await delay(milliseconds, undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  },
};
