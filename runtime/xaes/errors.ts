/**
 * The one error type of XAES-256-GCM.
 *
 * @module
 */

/**
 * - `BAD_LENGTH`: an argument is not bytes or has an impossible length; nothing was done.
 * - `AUTHENTICATION_FAILED`: wrong key, wrong AAD, or changed bytes.
 */
export type XaesErrorCode = "BAD_LENGTH" | "AUTHENTICATION_FAILED";

/** Everything XAES throws on purpose. Branch on `code`; the message never holds key, plaintext or ciphertext bytes. */
export class XaesError extends Error {
  override readonly name = "XaesError";
  readonly code: XaesErrorCode;

  constructor(code: XaesErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
