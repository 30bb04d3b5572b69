/**
 * Times and durations between milliseconds and the well-known types of Protocol Buffers.
 *
 * @module
 */
import { type Seconds } from "./messages.js";

/** A Timestamp or Duration of some milliseconds. */
export function toSeconds(milliseconds: number): Seconds {
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds: String(seconds), nanos: (milliseconds - seconds * 1000) * 1_000_000 };
}

/** Milliseconds of a Timestamp or Duration; null if there is none. */
export function toMilliseconds(of: Seconds | null | undefined): number | null {
  return of === null || of === undefined ? null : Number(of.seconds) * 1000 + (of.nanos ?? 0) / 1_000_000;
}
