/**
 * The one error type of FLOE.
 *
 * @module
 */

/**
 * - `BAD_PARAMETERS`: an argument that can never be right (segment length, key length, not bytes); nothing was done.
 * - `BAD_HEADER`: the header is not one of the given parameters.
 * - `TRUNCATED`: the ciphertext ends before its last segment does.
 * - `AUTHENTICATION_FAILED`: wrong key, wrong AAD, or bytes that the encryptor did not write in this place.
 * - `STATE`: the caller's misuse of an encryptor or decryptor.
 */
export type FloeErrorCode = "BAD_PARAMETERS" | "BAD_HEADER" | "TRUNCATED" | "AUTHENTICATION_FAILED" | "STATE";

/** Everything FLOE throws on purpose. Branch on `code`; the message never holds key, plaintext or ciphertext bytes. */
export class FloeError extends Error {
  override readonly name = "FloeError";
  readonly code: FloeErrorCode;
  /** Zero-based index of the segment the error is about; undefined if it is about no segment. */
  readonly segment: number | undefined;

  constructor(code: FloeErrorCode, message: string, segment?: number) {
    super(segment === undefined ? message : `segment ${segment}: ${message}`);
    this.code = code;
    this.segment = segment;
  }
}

/**
 * Refuses what is not bytes. The types say so already; a JavaScript caller's string would otherwise be taken by
 * node:crypto as a key.
 *
 * @throws FloeError `BAD_PARAMETERS`.
 */
export function assertBytes(name: string, value: unknown): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array)) {
    throw new FloeError("BAD_PARAMETERS", `${name} must be a Uint8Array.`);
  }
}
