/**
 * Exit codes of the `byok` command: one table, used by the command itself, its help and its documentation.
 *
 * @module
 */
import { ByokError, type ByokErrorCode } from "../master-key/errors.js";
import { FileError } from "./file-error.js";
import { ReviewFindingsError } from "./review-findings.js";
import { NotEffectiveYetError } from "./wait.js";

/** Every exit code, with what it means in words. Scripts branch on these; they do not change between minor versions. */
export const EXIT_CODES = {
  0: "done",
  1: "unexpected error",
  2: "bad input or usage: nothing was contacted or written",
  3: "the key was revoked, or access to it is refused",
  4: "temporarily unavailable, or not effective yet when --wait ran out: try again later",
  5: "integrity: damaged, altered, foreign, or the wrong key",
  6: "file system: target exists, disk full, no permission",
  7: "a review found something: errors, or warnings with --strict",
  130: "interrupted: nothing half-written was left behind",
} as const;

/** One of {@link EXIT_CODES}. */
export type ExitCode = keyof typeof EXIT_CODES;

const BY_CODE = {
  KEY_DISABLED: 3,
  KEY_PENDING_DELETION: 3,
  KEY_DESTROYED: 3,
  KEY_NOT_FOUND: 3,
  ACCESS_DENIED: 3,
  APP_REJECTED: 3,
  NETWORK_BLOCKED: 3,
  SECRET_DELETED: 3,
  SERVICE_CREDENTIALS: 4,
  THROTTLED: 4,
  UNAVAILABLE: 4,
  // Not retryable within the operation, but the same command started again gets a new lease.
  LEASE_EXPIRED: 4,
  WRONG_KEY: 5,
  TAMPERED: 5,
  BAD_HEADER: 5,
  TRUNCATED: 5,
  AUTHENTICATION_FAILED: 5,
  WRONG_BINDING_SHARE: 5,
  ROLLED_BACK: 5,
  TENANT_MISMATCH: 5,
  RESOURCE_MISMATCH: 5,
  OBJECT_MISMATCH: 5,
  SECRET_MISMATCH: 5,
  UNEXPECTED_ANSWER: 1,
  ABORTED: 130,
  CONFIG_INVALID: 2,
} as const satisfies Record<ByokErrorCode, ExitCode>;

/** The exit code for whatever a command threw. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof ByokError) return BY_CODE[error.code];
  if (error instanceof FileError) return 6;
  if (error instanceof NotEffectiveYetError) return 4;
  if (error instanceof ReviewFindingsError) return 7;
  return 1;
}

/** The table as it stands in `byok --help`. */
export function exitCodeHelp(): string {
  const rows = Object.entries(EXIT_CODES).map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`);
  return ["Exit codes:", ...rows].join("\n");
}
