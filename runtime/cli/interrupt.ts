/**
 * One way to stop: an AbortSignal, whose reason becomes ABORTED.
 *
 * @module
 */
import { ByokError } from "../master-key/errors.js";
import { FileError } from "./file-error.js";

/** @throws the signal's reason once it has fired, if that is an error of ours; else {@link ByokError} ABORTED. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  if (signal.reason instanceof ByokError || signal.reason instanceof FileError) throw signal.reason;
  throw new ByokError("ABORTED", "Interrupted.", { cause: signal.reason });
}
