/**
 * Google Cloud KMS answers -> {@link ByokError}. The gRPC status code decides; where one code means several things, the
 * reason of `google.rpc.ErrorInfo` and the key version's state in the message do.
 * Sources: google.rpc.Code and google.api.ErrorReason (the .proto files that the SDK brings); Cloud KMS documentation, "Key
 * version states" and "Cloud KMS resource consistency"; messages as gcloud prints them.
 *
 * @module
 */
import { ByokError, type ByokErrorCode, type ByokErrorDetails } from "./errors.js";
import { isErrorLike, isNetworkError, memberOf, withoutRequest } from "./thrown.js";

/** google.rpc.Code: name and what it means for a key. What is not here matches nothing: no revocation, and no grace. */
const BY_STATUS: ReadonlyMap<unknown, { readonly name: string; readonly code: ByokErrorCode }> = new Map([
  [3, { name: "INVALID_ARGUMENT", code: "TAMPERED" }],
  [4, { name: "DEADLINE_EXCEEDED", code: "UNAVAILABLE" }],
  [5, { name: "NOT_FOUND", code: "KEY_NOT_FOUND" }],
  [7, { name: "PERMISSION_DENIED", code: "ACCESS_DENIED" }],
  [8, { name: "RESOURCE_EXHAUSTED", code: "THROTTLED" }],
  // Fails closed: whatever precondition it is, it is one of the tenant's key, and the key cannot be used.
  [9, { name: "FAILED_PRECONDITION", code: "KEY_DISABLED" }],
  [13, { name: "INTERNAL", code: "UNAVAILABLE" }],
  [14, { name: "UNAVAILABLE", code: "UNAVAILABLE" }],
  [16, { name: "UNAUTHENTICATED", code: "SERVICE_CREDENTIALS" }],
]);

/**
 * google.api.ErrorReason that outrank the status, which is PERMISSION_DENIED for most of them. A reason that can be the
 * service's doing or the tenant's (a suspended project, an organization's policy) is not here: it fails closed.
 */
const BY_REASON: ReadonlyMap<unknown, ByokErrorCode> = new Map(Object.entries({
  // The caller's own identity, token, or the project it wants to bill.
  ACCESS_TOKEN_EXPIRED: "SERVICE_CREDENTIALS",
  ACCESS_TOKEN_SCOPE_INSUFFICIENT: "SERVICE_CREDENTIALS",
  ACCESS_TOKEN_TYPE_UNSUPPORTED: "SERVICE_CREDENTIALS",
  ACCOUNT_STATE_INVALID: "SERVICE_CREDENTIALS",
  ACCOUNT_TYPE_UNSUPPORTED: "SERVICE_CREDENTIALS",
  CREDENTIALS_MISSING: "SERVICE_CREDENTIALS",
  CREDENTIAL_TYPE_UNSUPPORTED: "SERVICE_CREDENTIALS",
  JWT_TOKEN_INVALID: "SERVICE_CREDENTIALS",
  OVERLOADED_CREDENTIALS: "SERVICE_CREDENTIALS",
  USER_PROJECT_DENIED: "SERVICE_CREDENTIALS",
  // VPC Service Controls: a perimeter around the tenant's project is a way to take the key away.
  SECURITY_POLICY_VIOLATED: "NETWORK_BLOCKED",
  // The Cloud KMS API was disabled in the key's project.
  SERVICE_DISABLED: "ACCESS_DENIED",
} satisfies Record<string, ByokErrorCode>));

/** Domain of the reasons above; a service's own reasons carry another one. */
const REASONS_DOMAIN = "googleapis.com";

/** `CryptoKeyVersionState` at the end of "... is not enabled, current state is: DESTROYED." */
const STATE = /current state is:? ([A-Z_]+)/;

const CODE_BY_STATE: ReadonlyMap<string | undefined, ByokErrorCode> = new Map([
  ["DESTROY_SCHEDULED", "KEY_PENDING_DELETION"],
  ["DESTROYED", "KEY_DESTROYED"],
]);

/** What Decrypt says of a ciphertext that the key did not make. */
const WRONG_KEY = "refers to the correct CryptoKey";

const ADVICE: Readonly<Partial<Record<ByokErrorCode, string>>> = {
  KEY_DISABLED:
    "Google Cloud KMS says that the key version cannot be used: the tenant disabled it, or it is not ready. Operations resume by themselves when it is enabled again.",
  KEY_PENDING_DELETION:
    "The key version is scheduled for destruction. The tenant can still restore it; once it is gone, so are the backups under it.",
  KEY_DESTROYED: "The key version was destroyed, and with it every backup whose key was wrapped by it alone.",
  KEY_NOT_FOUND: "There is no such key in that project and location: the descriptor is out of date, or of another project.",
  ACCESS_DENIED:
    "Google Cloud refuses the service this key: the tenant withdrew the role cloudkms.cryptoKeyEncrypterDecrypter on it, or disabled the Cloud KMS API in its project.",
  NETWORK_BLOCKED:
    "A VPC Service Controls perimeter keeps the service from the key. The tenant lets the service's identity through it, or the service's own perimeter lets it out.",
  WRONG_KEY: "The wrap was made by another key of Google Cloud KMS.",
  TAMPERED:
    "Google Cloud KMS could not authenticate the wrap: it was altered, or belongs to another tenant, Secret or generation.",
  THROTTLED: "Google limits the request rate of the key's project or of the service's. Retry later, or have the Cloud KMS quota raised.",
  UNAVAILABLE: "Google Cloud KMS did not answer. Check the network and the Google Cloud status page; the call may be retried.",
  SERVICE_CREDENTIALS:
    "Google does not accept the service's own credentials. Check the service account and the credentials of this machine; the tenant has nothing to do with it.",
  UNEXPECTED_ANSWER: "Google Cloud KMS answered with an error this version does not know. Look at the cause.",
};

/** Turns whatever a KMS call threw into a {@link ByokError}; a ByokError passes through. */
export function mapGcpKmsError(error: unknown, details: Omit<ByokErrorDetails, "cause">): ByokError {
  if (error instanceof ByokError) return error;
  const code = gcpKmsErrorCode(error);
  return new ByokError(code, `${ADVICE[code] ?? "The call was given up."} (${statusOf(error)})`, { ...details, cause: error });
}

/**
 * Turns whatever fetching the service's credentials threw into a {@link ByokError}. What a token service denies says
 * nothing about the tenant's key: all but outages is SERVICE_CREDENTIALS. The cause holds no token and no key.
 */
export function mapGcpCredentialsError(error: unknown, details: Omit<ByokErrorDetails, "cause">): ByokError {
  if (error instanceof ByokError) return error;
  const cause = withoutRequest(error);
  const why = isErrorLike(cause) ? cause.message.replace(/\.$/, "") : "they are not readable";
  return new ByokError(
    credentialsErrorCode(error),
    `The service's own Google credentials cannot be used: ${why}. Check the credentials of this machine; the tenant has nothing to do with it.`,
    { ...details, cause },
  );
}

/** True for answers that the next try may not get: the connection broke, or the server is being restarted. */
export function isTransient(error: unknown): boolean {
  return memberOf(error, "code") === 14;
}

function gcpKmsErrorCode(error: unknown): ByokErrorCode {
  if (!isErrorLike(error)) return "UNEXPECTED_ANSWER";
  if (memberOf(error, "domain") === REASONS_DOMAIN) {
    const byReason = BY_REASON.get(memberOf(error, "reason"));
    if (byReason !== undefined) return byReason;
  }
  const status = memberOf(error, "code");
  if (status === 9) return CODE_BY_STATE.get(STATE.exec(error.message)?.[1]) ?? "KEY_DISABLED";
  if (status === 3 && error.message.includes(WRONG_KEY)) return "WRONG_KEY";
  return BY_STATUS.get(status)?.code ?? "UNEXPECTED_ANSWER";
}

function credentialsErrorCode(error: unknown): ByokErrorCode {
  if (isNetworkError(error)) return "UNAVAILABLE";
  const status = memberOf(error, "status");
  if (status === 429) return "THROTTLED";
  return typeof status === "number" && status >= 500 ? "UNAVAILABLE" : "SERVICE_CREDENTIALS";
}

/** Status and reason in Google's words, for the end of a message. */
function statusOf(error: unknown): string {
  const status = memberOf(error, "code");
  const name = BY_STATUS.get(status)?.name ?? (typeof status === "number" ? `gRPC status ${status}` : "no gRPC status");
  const reason = memberOf(error, "reason");
  return typeof reason === "string" && reason !== "" ? `${name}, ${reason}` : name;
}
