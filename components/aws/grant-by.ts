/**
 * By what a key lets the service in.
 *
 * @module
 */

/** The two ways that KMS has to let a principal of another account use a key. */
export enum AwsGrantBy {
  /** Statements in the key policy. They take conditions on who calls and from where. */
  KeyPolicy = "keyPolicy",
  /**
   * A KMS grant beside the key policy, which stays as it is. For keys whose policy belongs to others; knows no condition but the
   * encryption context.
   */
  Grant = "grant",
}

/** What a `grantBy` must be, in words. */
export const AWS_GRANT_BY_RULE = `must be one of ${Object.values(AwsGrantBy).join(", ")}`;

/** True if `value` is one of the two; for input that TypeScript has not checked. */
export function isAwsGrantBy(value: unknown): value is AwsGrantBy {
  return Object.values(AwsGrantBy).some((way) => way === value);
}
