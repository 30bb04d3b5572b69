/**
 * The one error type of the runtime, and what each of its codes means for the cache and for a retry.
 *
 * @module
 */

/** What a code means: `revocation` closes the Secret at once, `retryable` may succeed unchanged later. */
interface CodeMeaning {
  readonly revocation: boolean;
  readonly retryable: boolean;
}

const REVOKED: CodeMeaning = { revocation: true, retryable: false };
const TRANSIENT: CodeMeaning = { revocation: false, retryable: true };
const FINAL: CodeMeaning = { revocation: false, retryable: false };

/** Every code a {@link ByokError} can carry. Programs branch on the code, people read the message. */
export const BYOK_ERROR_CODES = {
  KEY_DISABLED: REVOKED,
  KEY_PENDING_DELETION: REVOKED,
  KEY_DESTROYED: REVOKED,
  KEY_NOT_FOUND: REVOKED,
  ACCESS_DENIED: REVOKED,
  APP_REJECTED: REVOKED,
  NETWORK_BLOCKED: REVOKED,
  /** The service's own identity was refused: page the operator, never read it as a tenant's revocation. */
  SERVICE_CREDENTIALS: TRANSIENT,
  THROTTLED: TRANSIENT,
  UNAVAILABLE: TRANSIENT,
  /** The provider answered with something the mapping does not know: no revocation, and no grace either. */
  UNEXPECTED_ANSWER: FINAL,
  WRONG_KEY: FINAL,
  TAMPERED: FINAL,
  BAD_HEADER: FINAL,
  TRUNCATED: FINAL,
  AUTHENTICATION_FAILED: FINAL,
  WRONG_BINDING_SHARE: FINAL,
  ROLLED_BACK: FINAL,
  SECRET_DELETED: FINAL,
  TENANT_MISMATCH: FINAL,
  RESOURCE_MISMATCH: FINAL,
  /** A lease outlived `maxLease`: start the operation again. */
  LEASE_EXPIRED: FINAL,
  /** An authentic object of the right resource, but not the one asked for. */
  OBJECT_MISMATCH: FINAL,
  /** An authentic object of another Secret than the one opened. */
  SECRET_MISMATCH: FINAL,
  /** The caller's AbortSignal fired. */
  ABORTED: FINAL,
  CONFIG_INVALID: FINAL,
} as const satisfies Record<string, CodeMeaning>;

/** One of the codes of {@link BYOK_ERROR_CODES}. */
export type ByokErrorCode = keyof typeof BYOK_ERROR_CODES;

/** Where an error belongs; only ids, never secrets. */
export interface ByokErrorDetails {
  /** Provider that answered, e.g. `aws-kms`. */
  readonly provider?: string | undefined;
  /** Master key the error is about. */
  readonly keyId?: string | undefined;
  /** Tenant the error is about. */
  readonly tenant?: string | undefined;
  /** What was caught. */
  readonly cause?: unknown;
}

/**
 * The error of every runtime operation. `code` is stable and meant for programs; `message` tells a person what to do
 * next. Neither ever holds key bytes, tokens or plaintext.
 */
export class ByokError extends Error {
  override readonly name = "ByokError";
  readonly code: ByokErrorCode;
  readonly provider: string | undefined;
  readonly keyId: string | undefined;
  readonly tenant: string | undefined;

  constructor(code: ByokErrorCode, message: string, details: ByokErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.provider = details.provider;
    this.keyId = details.keyId;
    this.tenant = details.tenant;
  }

  /** True if the tenant's KMS said that the key is not to be used: every cached copy must go at once. */
  get revocation(): boolean {
    return BYOK_ERROR_CODES[this.code].revocation;
  }

  /** True if the same call may succeed later without anybody changing anything. */
  get retryable(): boolean {
    return BYOK_ERROR_CODES[this.code].retryable;
  }

  /** What machines and logs get to see (`--json`); the cause is left out, it may be verbose. */
  toJSON(): Record<string, unknown> {
    return {
      name: this.name,
      code: this.code,
      message: this.message,
      revocation: this.revocation,
      retryable: this.retryable,
      ...(this.provider === undefined ? {} : { provider: this.provider }),
      ...(this.keyId === undefined ? {} : { keyId: this.keyId }),
      ...(this.tenant === undefined ? {} : { tenant: this.tenant }),
    };
  }
}
