/**
 * Waits that end: what a cloud SDK does on the way to a call (fetching a token, mostly) hears of no signal and has no timeout.
 *
 * @module
 */
import { ByokError, type ByokErrorDetails } from "./errors.js";

/**
 * Waits for something that cannot be interrupted itself.
 *
 * @param dispose takes care of a value that arrives after the caller gave up.
 * @throws {@link ByokError} ABORTED when the signal fires first; whatever the promise rejects with otherwise.
 */
export async function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  details: ByokErrorDetails,
  dispose: (value: T) => void = () => undefined,
): Promise<T> {
  if (signal === undefined) return promise;
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      reject(new ByokError("ABORTED", "The caller gave up.", { ...details, cause: signal.reason }));
    };
  });
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  let gaveUp = false;
  try {
    return await Promise.race([aborted, promise]);
  } catch (error) {
    gaveUp = signal.aborted;
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
    // A rejection needs no disposal: nobody waits for it.
    if (gaveUp) promise.then(dispose, () => undefined);
  }
}

/**
 * Waits for something that may never end.
 *
 * @param timeout milliseconds.
 * @param late what to throw after them.
 * @param signal of a caller who waits with {@link unlessAborted}: no timer is left running for one who gave up.
 */
export async function withinTime<T>(
  promise: Promise<T>,
  timeout: number,
  late: () => ByokError,
  signal?: AbortSignal,
): Promise<T> {
  let stop: () => void = () => undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    const timer = setTimeout(() => {
      reject(late());
    }, timeout);
    stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    };
    if (signal?.aborted === true) stop();
    signal?.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    stop();
  }
}

/** Lets time pass; ends early, and quietly, when the signal fires. */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted === true) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done, { once: true });
  });
}
