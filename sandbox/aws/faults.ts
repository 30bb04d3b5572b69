/**
 * Faults on purpose: throttling, internal errors and slowness, for tests of what callers do then.
 *
 * @module
 */
import { ActiveFaults } from "../active-faults.js";
import { KmsError } from "./errors.js";

/** What to play. All conditions given must match a call. */
export interface Fault {
  /** Operation name, e.g. `Encrypt`; any if absent. */
  readonly operation?: string | undefined;
  /** ARN of the signing identity (user, session, or the session's role); any if absent. */
  readonly principal?: string | undefined;
  /** Key named by the request's KeyId, compared as written; any if absent. */
  readonly keyId?: string | undefined;
  /** Error to answer with; none lets the call through after the latency. */
  readonly error?: FaultError | undefined;
  /** Delay before the call is looked at, milliseconds. */
  readonly latencyMs?: number | undefined;
  /** How many calls it strikes; all until it is cleared if absent. */
  readonly times?: number | undefined;
}

/**
 * Transient errors of KMS with their status (KMS service model; Developer Guide, "Throttling AWS KMS requests", has the
 * message of the first).
 */
const FAULT_ERRORS = {
  ThrottlingException: [
    400,
    "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.",
  ],
  LimitExceededException: [400, "The request was rejected because a quota was exceeded."],
  KMSInternalException: [500, "The request was rejected because an internal exception occurred."],
  DependencyTimeoutException: [503, "The system timed out while trying to fulfill the request."],
  KeyUnavailableException: [500, "The request was rejected because the specified KMS key was not available."],
} as const satisfies Record<string, readonly [number, string]>;

/** An error that can be injected. */
export type FaultError = keyof typeof FAULT_ERRORS;

/** Names of the errors that can be injected. */
export const FAULT_ERROR_NAMES = Object.keys(FAULT_ERRORS) as FaultError[];

/** What a call looks like to faults. */
export interface FaultTarget {
  readonly operation: string;
  readonly principals: readonly string[];
  readonly keyId: string | undefined;
}

/** The faults in force. */
export class Faults extends ActiveFaults<Fault> {
  /**
   * Plays the first matching fault.
   *
   * @throws KmsError the injected one.
   */
  async strike(target: FaultTarget): Promise<void> {
    const hit = await this.next((fault) => matches(fault, target));
    if (hit === undefined) return;
    const { error } = hit;
    if (error !== undefined) {
      const [status, message] = FAULT_ERRORS[error];
      throw new KmsError(error, message, status);
    }
  }
}

function matches(fault: Fault, target: FaultTarget): boolean {
  return (
    (fault.operation === undefined || fault.operation === target.operation) &&
    (fault.principal === undefined || target.principals.includes(fault.principal)) &&
    (fault.keyId === undefined || fault.keyId === target.keyId)
  );
}
