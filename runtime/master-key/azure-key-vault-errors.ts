/**
 * Answers of Azure Key Vault and Entra -> {@link ByokError}.
 * Sources: "Azure Key Vault REST API error codes" and "Common error codes for Azure Key Vault"; "About keys", date-time
 * controlled operations; "Microsoft Entra authentication and authorization error codes"; RFC 6749, section 5.2.
 *
 * @module
 */
import { ByokError, type ByokErrorCode, type ByokErrorDetails } from "./errors.js";
import { isErrorLike, memberOf, withoutRequest } from "./thrown.js";

type Details = Omit<ByokErrorDetails, "cause">;

/** What was asked of the key: 400 means another thing for each. */
export type AzureOperation = "wrap" | "unwrap" | "describe";

/**
 * `error.innererror.code` of a 403. Others are a denial too: what a vault forbids for a reason that is not known here is
 * closed.
 */
const BY_INNER_CODE: ReadonlyMap<unknown, ByokErrorCode> = new Map(Object.entries({
  KeyDisabled: "KEY_DISABLED",
  // Outside its dates a key still decrypts; what is refused is new wraps.
  KeyExpired: "KEY_DISABLED",
  KeyNotYetValid: "KEY_DISABLED",
  ForbiddenByFirewall: "NETWORK_BLOCKED",
  ForbiddenByConnection: "NETWORK_BLOCKED",
} satisfies Record<string, ByokErrorCode>));

/**
 * Deleted keys and purged ones get the same 404, and looking at deleted keys is a right of its own: the two cannot be told
 * apart.
 */
const KEY_VAULT_ADVICE: Readonly<Partial<Record<ByokErrorCode, string>>> = {
  KEY_DISABLED:
    "The tenant disabled the key version, or it is outside its dates. Operations resume by themselves when it is enabled again.",
  KEY_NOT_FOUND:
    "There is no such key version in that vault: the tenant deleted the key. Until it is purged, it can be recovered; after that the backups under it are gone.",
  ACCESS_DENIED:
    "Azure Key Vault refuses the service this key: the tenant withdrew the application's access policy or role, or the key does not allow the operation.",
  NETWORK_BLOCKED:
    "The vault's firewall keeps this machine out: the tenant closed it, or does not know this machine's address.",
  TAMPERED: "Azure Key Vault could not open the wrap: it was altered, or made by another key.",
  THROTTLED: "Azure Key Vault limits the request rate of this vault. Retry later.",
  UNAVAILABLE:
    "Azure Key Vault did not answer. Check the network and the Azure status page; the call may be retried. A vault that was deleted does not answer either.",
  UNEXPECTED_ANSWER: "Azure Key Vault answered with an error this version does not know. Look at the cause.",
};

/** Turns whatever a Key Vault call threw into a {@link ByokError}; a ByokError passes through. The cause holds no request. */
export function mapAzureKeyVaultError(error: unknown, operation: AzureOperation, details: Details): ByokError {
  if (error instanceof ByokError) return error;
  const code = keyVaultErrorCode(error, operation);
  const message = `${KEY_VAULT_ADVICE[code] ?? "The call was given up."} (${nameOf(error)})`;
  return new ByokError(code, message, { ...details, cause: shownCause(error) });
}

function keyVaultErrorCode(error: unknown, operation: AzureOperation): ByokErrorCode {
  if (!isErrorLike(error)) return "UNEXPECTED_ANSWER";
  if (error.name === "AbortError") return "ABORTED";
  if (error.name !== "RestError" || isUnparsed(error)) return "UNEXPECTED_ANSWER";
  const status = memberOf(error, "statusCode");
  // No answer at all: connections that fail, and servers that nobody vouches for.
  if (typeof status !== "number") return "UNAVAILABLE";
  if (status === 400) return operation === "unwrap" ? "TAMPERED" : "UNEXPECTED_ANSWER";
  if (status === 401) return "ACCESS_DENIED";
  if (status === 403) return BY_INNER_CODE.get(innerCodeOf(error)) ?? "ACCESS_DENIED";
  if (status === 404) return "KEY_NOT_FOUND";
  if (status === 429) return "THROTTLED";
  return status === 408 || (status >= 500 && status !== 501) ? "UNAVAILABLE" : "UNEXPECTED_ANSWER";
}

/** The SDK quotes an answer that it cannot parse, and it may be the answer to Decrypt. */
function isUnparsed(error: unknown): boolean {
  return memberOf(error, "code") === "PARSE_ERROR";
}

function shownCause(error: unknown): unknown {
  return isUnparsed(error) ? undefined : withoutRequest(error);
}

function innerCodeOf(error: unknown): unknown {
  return memberOf(memberOf(memberOf(memberOf(error, "details"), "error"), "innerError"), "code");
}

/** Status and codes in Azure's words, for the end of a message. */
function nameOf(error: unknown): string {
  const parts = [memberOf(error, "statusCode"), memberOf(error, "code"), innerCodeOf(error)];
  const words = parts.filter((part) => typeof part === "string" || typeof part === "number").map(String);
  return words.length > 0 ? words.join(", ") : isErrorLike(error) ? error.name : "Unknown";
}

/** What Entra answered to a sign-in: the last answer, or why there was none. */
export interface EntraAnswer {
  readonly status?: number;
  /** As it came; not necessarily JSON. */
  readonly body?: string;
  readonly failure?: unknown;
}

/** AADSTS numbers of what passes by itself, clocks that differ included. */
const PASSING = new Set([90006, 90012, 90024, 90033, 90090, 500133, 700024]);

/** AADSTS numbers of too many requests. */
const TOO_MANY = new Set([50196, 90055]);

/** AADSTS numbers about the certificate rather than the application: another certificate may still be accepted. */
const ABOUT_THE_CERTIFICATE = new Set([50012, 700027, 700030, 7000215, 7000222]);

const ENTRA_ADVICE: Readonly<Partial<Record<ByokErrorCode, string>>> = {
  APP_REJECTED:
    "Entra rejects the application: its certificate was removed or expired there, or the application is gone, disabled or blocked in the tenant's directory.",
  THROTTLED: "Entra limits the rate of sign-ins. Retry later.",
  UNAVAILABLE: "Entra did not answer, or not yet. Check the network and the clock of this machine; the call may be retried.",
  UNEXPECTED_ANSWER: "Entra answered with an error this version does not know. Look at the cause.",
};

/** Turns a failed sign-in into a {@link ByokError}. The cause holds neither assertion nor token. */
export function mapEntraError(error: unknown, answer: EntraAnswer, certificate: string, details: Details): ByokError {
  if (error instanceof ByokError) return error;
  if (answer.failure instanceof ByokError) return answer.failure;
  const { number, word } = parseAnswer(answer);
  const code = entraErrorCode(answer, number, word);
  const what = number === undefined ? (answer.status === undefined ? "no answer" : `status ${answer.status}`) : `AADSTS${number}`;
  const message = `${ENTRA_ADVICE[code] ?? ""} (certificate ${certificate}: ${what})`;
  return new ByokError(code, message, { ...details, cause: withoutRequest(error) });
}

/** True if Entra rejected the certificate and may accept another one. */
export function rejectsCertificate(answer: EntraAnswer): boolean {
  const { number } = parseAnswer(answer);
  return number !== undefined && ABOUT_THE_CERTIFICATE.has(number);
}

function entraErrorCode({ status }: EntraAnswer, number: number | undefined, word: unknown): ByokErrorCode {
  if (status === undefined) return "UNAVAILABLE";
  if (status === 429 || (number !== undefined && TOO_MANY.has(number))) return "THROTTLED";
  if (word === "temporarily_unavailable" || word === "server_error") return "UNAVAILABLE";
  if (status === 408 || status >= 500 || (number !== undefined && PASSING.has(number))) return "UNAVAILABLE";
  // Whatever else Entra rejects a sign-in for, it is a matter of the application in the tenant's directory.
  return number === undefined ? "UNEXPECTED_ANSWER" : "APP_REJECTED";
}

function parseAnswer({ body }: EntraAnswer): { number?: number; word?: unknown } {
  let json: unknown;
  try {
    json = JSON.parse(body ?? "");
  } catch {
    return {};
  }
  const codes = memberOf(json, "error_codes");
  const number: unknown = Array.isArray(codes) ? codes[0] : undefined;
  return { ...(typeof number === "number" ? { number } : {}), word: memberOf(json, "error") };
}
