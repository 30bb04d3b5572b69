/**
 * A review that found something.
 *
 * @module
 */

/** What was reviewed may be deployed by nobody as it is (errors), or wants a reason (warnings, with `--strict`). Exit code 7. */
export class ReviewFindingsError extends Error {
  override readonly name = "ReviewFindingsError";
  readonly code = "FINDINGS";

  /** What `--json` shows. */
  toJSON(): Record<string, unknown> {
    return { name: this.name, code: this.code, message: this.message, revocation: false, retryable: false };
  }
}
