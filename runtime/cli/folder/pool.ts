/**
 * Bounded concurrency that never leaves work behind.
 *
 * @module
 */
import { throwIfAborted } from "../interrupt.js";

/**
 * Runs `work` for every item, `width` at a time. The first failure (or the caller's abort) stops the others through the
 * signal they are given, and is thrown once all have ended: nothing is still writing when this returns.
 */
export async function forEachOf<T>(
  items: Iterable<T>,
  width: number,
  work: (item: T, signal: AbortSignal) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const both = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const failures: unknown[] = [];
  const iterator = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    try {
      while (!both.aborted) {
        const next = iterator.next();
        if (next.done === true) return;
        await work(next.value, both);
      }
    } catch (error) {
      failures.push(error);
      stop.abort(error);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  throwIfAborted(signal);
  if (failures.length > 0) throw failures[0];
}
