/**
 * AWS KMS answers -> {@link ByokError}. Names, not classes: several exceptions have no class in the SDK.
 * Sources: AWS KMS API Reference, "Common Errors" and the Errors section of Encrypt, Decrypt and DescribeKey;
 * AWS KMS Developer Guide, "Key states of AWS KMS keys".
 *
 * @module
 */
import { ByokError, type ByokErrorCode, type ByokErrorDetails } from "./errors.js";
import { isErrorLike, isNetworkError, memberOf } from "./thrown.js";

/** A map, not an object: names come from outside, and `constructor` is a member of every object. */
const CODE_BY_NAME: ReadonlyMap<string, ByokErrorCode> = new Map(Object.entries({
  DisabledException: "KEY_DISABLED",
  KMSInvalidStateException: "KEY_PENDING_DELETION",
  NotFoundException: "KEY_NOT_FOUND",
  AccessDeniedException: "ACCESS_DENIED",
  IncorrectKeyException: "WRONG_KEY",
  InvalidCiphertextException: "TAMPERED",
  ThrottlingException: "THROTTLED",
  LimitExceededException: "THROTTLED",
  RequestLimitExceeded: "THROTTLED",
  KMSInternalException: "UNAVAILABLE",
  DependencyTimeoutException: "UNAVAILABLE",
  KeyUnavailableException: "UNAVAILABLE",
  InternalFailure: "UNAVAILABLE",
  ServiceUnavailable: "UNAVAILABLE",
  ServiceUnavailableException: "UNAVAILABLE",
  RequestTimeout: "UNAVAILABLE",
  RequestTimeoutException: "UNAVAILABLE",
  TimeoutError: "UNAVAILABLE",
  // The service's own identity, never the tenant's doing.
  UnrecognizedClientException: "SERVICE_CREDENTIALS",
  InvalidClientTokenId: "SERVICE_CREDENTIALS",
  ExpiredTokenException: "SERVICE_CREDENTIALS",
  InvalidSignatureException: "SERVICE_CREDENTIALS",
  SignatureDoesNotMatch: "SERVICE_CREDENTIALS",
  RequestExpired: "SERVICE_CREDENTIALS",
  NotAuthorized: "SERVICE_CREDENTIALS",
  OptInRequired: "SERVICE_CREDENTIALS",
  IncompleteSignature: "SERVICE_CREDENTIALS",
  MissingAuthenticationToken: "SERVICE_CREDENTIALS",
  MissingAuthenticationTokenException: "SERVICE_CREDENTIALS",
  // Thrown by the SDK itself when its credential chain finds nothing or its token source fails.
  CredentialsProviderError: "SERVICE_CREDENTIALS",
  TokenProviderError: "SERVICE_CREDENTIALS",
} satisfies Record<string, ByokErrorCode>));

const ADVICE: Readonly<Partial<Record<ByokErrorCode, string>>> = {
  KEY_DISABLED: "The tenant disabled the key. Operations resume by themselves when the tenant enables it again.",
  KEY_PENDING_DELETION:
    "The key is scheduled for deletion. The tenant can still cancel it; once it is gone, so are the backups under it.",
  KEY_NOT_FOUND: "There is no such key in that account and region: it was deleted, or the descriptor is out of date.",
  ACCESS_DENIED:
    "AWS refuses the service this key. Either the tenant withdrew the grant from the key policy, or the service's own IAM policy lacks kms:Encrypt and kms:Decrypt on it.",
  WRONG_KEY: "The wrap was made by another KMS key.",
  TAMPERED: "AWS could not authenticate the wrap: it was altered, or belongs to another tenant, Secret or generation.",
  THROTTLED: "AWS limits the request rate of the service's account. Retry later, or raise the KMS request quota.",
  UNAVAILABLE: "AWS KMS did not answer. Check the network and the AWS status page; the call may be retried.",
  SERVICE_CREDENTIALS:
    "AWS does not accept the service's own credentials. Check the credential chain of this machine; the tenant has nothing to do with it.",
  UNEXPECTED_ANSWER: "AWS KMS answered with an error this version does not know. Look at the cause.",
};

/** Turns whatever a KMS call threw into a {@link ByokError}; a ByokError passes through. */
export function mapAwsKmsError(error: unknown, details: Omit<ByokErrorDetails, "cause">): ByokError {
  return error instanceof ByokError ? error : byokError(awsKmsErrorCode(error), error, details);
}

/**
 * Turns whatever fetching the service's credentials threw into a {@link ByokError}. What a token service denies says
 * nothing about the tenant's key: all but outages is SERVICE_CREDENTIALS.
 */
export function mapAwsCredentialsError(error: unknown, details: Omit<ByokErrorDetails, "cause">): ByokError {
  if (error instanceof ByokError) return error;
  const code = awsKmsErrorCode(error);
  return byokError(code === "UNAVAILABLE" || code === "THROTTLED" ? code : "SERVICE_CREDENTIALS", error, details);
}

function byokError(code: ByokErrorCode, error: unknown, details: Omit<ByokErrorDetails, "cause">): ByokError {
  const name = isErrorLike(error) ? error.name : "Unknown";
  // A JSON parser quotes the text it choked on, which may be the answer to Decrypt: such a cause stays here.
  const cause = name === "SyntaxError" ? undefined : error;
  return new ByokError(code, `${ADVICE[code] ?? "The call was given up."} (${name})`, { ...details, cause });
}

function awsKmsErrorCode(error: unknown): ByokErrorCode {
  if (!isErrorLike(error)) return "UNEXPECTED_ANSWER";
  if (error.name === "AbortError") return "ABORTED";
  if (error.name === "DisabledException" && error.message.includes("pending deletion")) return "KEY_PENDING_DELETION";
  const byName = CODE_BY_NAME.get(error.name);
  if (byName !== undefined) return byName;
  if (isNetworkError(error)) return "UNAVAILABLE";
  return httpStatus(error) >= 500 ? "UNAVAILABLE" : "UNEXPECTED_ANSWER";
}

function httpStatus(error: object): number {
  const status = memberOf(memberOf(error, "$metadata"), "httpStatusCode");
  return typeof status === "number" ? status : 0;
}
