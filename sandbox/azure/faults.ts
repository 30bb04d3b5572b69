/**
 * Faults on purpose: throttling, outages and slowness, for tests of what callers do then.
 *
 * @module
 */
import { ActiveFaults } from "../active-faults.js";
import { type ApiError, type Plane } from "./api.js";
import { ArmError } from "./arm/errors.js";
import { type Operation } from "./call.js";
import { EntraError } from "./entra/errors.js";
import { GraphError } from "./graph/errors.js";
import { VaultError } from "./vault/errors.js";

/** What to play. All conditions given must match a call. */
export interface Fault {
  /** Operation name, e.g. `KeyEncrypt`, `SignIn`; any if absent. */
  readonly operation?: string | undefined;
  /** What the call is about, as the audit log has it; a key's identifier also means its versions. Any if absent. */
  readonly target?: string | undefined;
  /** Error to answer with; none lets the call through after the latency. */
  readonly error?: FaultError | undefined;
  /** Seconds for a `Retry-After` header; Key Vault often sends none, and then the SDK does not try again. */
  readonly retryAfter?: number | undefined;
  /** Delay before the call is looked at, milliseconds. */
  readonly latencyMs?: number | undefined;
  /** How many calls it strikes; all until it is cleared if absent. */
  readonly times?: number | undefined;
}

/**
 * - `Throttled`: 429 ("Azure Key Vault throttling guidance"; code and reason as ScyllaDB recorded them,
 *   test/pylib/azure_vault_server_mock.py).
 * - `InternalServerError`: 500, `ServiceUnavailable`: 503 ("Azure Key Vault REST API error codes"; Entra:
 *   AADSTS90033, a transient error).
 * - `PrincipalNotFound`: 400, a replication delay of Entra's as ARM tells it ("Troubleshoot Azure RBAC").
 * - `ConnectionReset`: the connection breaks without an answer.
 */
export const FAULT_ERROR_NAMES = ["Throttled", "InternalServerError", "ServiceUnavailable", "PrincipalNotFound", "ConnectionReset"] as const;

/** An error that can be injected. */
export type FaultError = (typeof FAULT_ERROR_NAMES)[number];

/** The connection is to be broken. */
export class ConnectionReset extends Error {}

/** The faults in force. */
export class Faults extends ActiveFaults<Fault> {
  /**
   * Plays the first matching fault.
   *
   * @throws ApiError the injected one, in the plane's form; ConnectionReset.
   */
  async strike(operation: Operation): Promise<void> {
    const hit = await this.next((fault) => matches(fault, operation));
    if (hit === undefined) return;
    const { error, retryAfter } = hit;
    if (error === "ConnectionReset") throw new ConnectionReset();
    if (error !== undefined) throw errorOf(operation.plane, error, retryAfter);
  }
}

function matches(fault: Fault, { name, target }: Operation): boolean {
  return (
    (fault.operation === undefined || fault.operation === name) &&
    (fault.target === undefined || target === fault.target || target.startsWith(`${fault.target}/`))
  );
}

const STATUS = { Throttled: 429, InternalServerError: 500, ServiceUnavailable: 503, PrincipalNotFound: 400 } as const;
const MESSAGES = {
  Throttled: "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached",
  InternalServerError: "An unexpected error occurred.",
  ServiceUnavailable: "The service is temporarily unavailable.",
  PrincipalNotFound: "Principal does not exist in the directory. This error might be related to a replication delay.",
} as const;

function errorOf(plane: Plane, error: Exclude<FaultError, "ConnectionReset">, retryAfter: number | undefined): ApiError {
  const status = STATUS[error];
  const headers: Readonly<Record<string, string>> = retryAfter === undefined ? {} : { "Retry-After": String(retryAfter) };
  switch (plane) {
    case "vault":
      return new VaultError(status, error, MESSAGES[error], undefined, headers);
    case "arm":
      return new ArmError(status, error === "Throttled" ? "TooManyRequests" : error, MESSAGES[error], headers);
    case "graph":
      return new GraphError(status, error === "Throttled" ? "TooManyRequests" : error, MESSAGES[error]);
    case "entra":
      return new EntraError("temporarily_unavailable", 90033, "A transient error has occurred. Please try again.", status);
  }
}
