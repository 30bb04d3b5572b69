/**
 * Reading what SDKs throw: by members, not by class. Several errors have no class of their own, SDKs bundle copies of each
 * other, and in a vm context (jest's, for one) Node's errors are of another realm's class.
 *
 * @module
 */

/** What every error has. */
export interface ErrorLike {
  readonly name: string;
  readonly message: string;
}

/** True for anything with an error's members. */
export function isErrorLike(error: unknown): error is ErrorLike {
  return typeof memberOf(error, "name") === "string" && typeof memberOf(error, "message") === "string";
}

/** A member of whatever was thrown, or undefined. */
export function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && name in value ? (value as Record<string, unknown>)[name] : undefined;
}

/** Node's own error codes for a network that does not deliver. */
const NETWORK_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EPIPE",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

/** True for an error of Node's that says that the network does not deliver. */
export function isNetworkError(error: unknown): boolean {
  const code = memberOf(error, "code");
  return typeof code === "string" && NETWORK_CODES.has(code);
}

/**
 * An error as a cause that may be shown: an HTTP client's error carries the request, in which tokens, assertions and
 * refresh tokens stand. Only name, message, code and status are kept. A JSON parser quotes the text it choked on, which may
 * be a key: of such an error nothing is kept.
 */
export function withoutRequest(error: unknown): unknown {
  if (!isErrorLike(error)) return undefined;
  if (error.name === "SyntaxError") return undefined;
  const bare = new Error(error.message);
  bare.name = error.name;
  for (const member of ["code", "status", "statusCode"]) {
    const value = memberOf(error, member);
    if (typeof value === "string" || typeof value === "number") Object.assign(bare, { [member]: value });
  }
  return bare;
}
