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
