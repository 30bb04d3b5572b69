/**
 * Errors of the file system, told apart as far as a person can do something about them.
 *
 * @module
 */

import { types } from "node:util";

/** What went wrong with a file. */
export type FileErrorCode =
  | "TARGET_EXISTS"
  | "DISK_FULL"
  | "NO_PERMISSION"
  | "NOT_FOUND"
  | "UNSUPPORTED_FILE"
  | "REPLACED"
  | "FILE_SYSTEM";

/** A file could not be read or written; `message` says which and what to do next. All have exit code 6. */
export class FileError extends Error {
  override readonly name = "FileError";
  readonly code: FileErrorCode;

  constructor(code: FileErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }

  /** What `--json` shows; the cause is left out. */
  toJSON(): Record<string, unknown> {
    return { name: this.name, code: this.code, message: this.message, revocation: false, retryable: false };
  }
}

/** The `code` of a Node system error (errno(3) name, e.g. `ENOENT`), or undefined. */
export function errnoOf(error: unknown): string | undefined {
  // Not instanceof: errors of Node's own realm must be known in a test runner's, too.
  if (!types.isNativeError(error) || !("code" in error) || !("syscall" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/**
 * Names a system error. Every other error comes back unchanged, so that it can stand around any call.
 *
 * @param action what was tried, e.g. `write`
 * @param path what it was tried on
 */
export function toFileError(error: unknown, action: string, path: string): Error {
  const errno = errnoOf(error);
  if (errno === undefined) return types.isNativeError(error) ? error : new Error("Something that is no Error was thrown.", { cause: error });
  const what = `Could not ${action} ${quotePath(path)}`;
  switch (errno) {
    case "EEXIST":
    case "ENOTEMPTY":
      return new FileError("TARGET_EXISTS", `${what}: it exists already.`, error);
    case "ENOSPC":
    case "EDQUOT":
      return new FileError("DISK_FULL", `${what}: the disk is full. Free some space, or write elsewhere.`, error);
    case "EACCES":
    case "EPERM":
      return new FileError("NO_PERMISSION", `${what}: no permission. Check owner and mode.`, error);
    case "EROFS":
      return new FileError("NO_PERMISSION", `${what}: the file system is read-only. Write elsewhere.`, error);
    case "ENOENT":
      return new FileError("NOT_FOUND", `${what}: it does not exist.`, error);
    default:
      return new FileError("FILE_SYSTEM", `${what}: the system said ${errno}.`, error);
  }
}

/** Runs `work` and names what the file system refused. */
export async function onFile<T>(action: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toFileError(error, action, path);
  }
}

/**
 * A path as it may be shown on a terminal: names come from other people's disks, and control characters in them (escape
 * sequences, line breaks, bidirectional overrides) would run or lie there.
 */
export function quotePath(path: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what this looks for
  if (!/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ud800-\udfff"]/u.test(path)) return path;
  return JSON.stringify(path).replaceAll(
    /[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
