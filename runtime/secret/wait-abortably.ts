import { ByokError } from "../master-key/errors.js";

/**
 * @throws {@link ByokError} ABORTED if `signal` has fired.
 */
export function assertNotAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new ByokError("ABORTED", "The caller gave up.", { cause: signal.reason });
}

/**
 * Waits for a shared promise on behalf of one caller, who may give up without disturbing the others.
 *
 * @param dispose takes care of a value that arrives after this caller gave up.
 * @throws {@link ByokError} ABORTED when `signal` fires first; whatever the promise rejects with otherwise.
 */
export async function waitAbortably<T>(
  shared: Promise<T>,
  signal: AbortSignal | undefined,
  dispose: (value: T) => void,
): Promise<T> {
  if (signal === undefined) return shared;
  const { promise: aborted, reject } = deferred();
  const onAbort = (): void => {
    reject(new ByokError("ABORTED", "The caller gave up.", { cause: signal.reason }));
  };
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  let gaveUp = false;
  try {
    return await Promise.race([aborted, shared]);
  } catch (error) {
    gaveUp = signal.aborted;
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
    // A rejection needs no disposal: the waiting callers have it.
    if (gaveUp) shared.then(dispose, () => undefined);
  }
}

function deferred(): { promise: Promise<never>; reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<never>((_resolve, rejectPromise) => {
    reject = rejectPromise;
  });
  return { promise, reject };
}
