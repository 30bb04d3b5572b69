/**
 * The cloud itself: finds the plane and the operation of a request, runs it, keeps the audit log. No transport in here.
 *
 * @module
 */
import { type ApiAnswer, ApiError, type ApiRequest, type Plane } from "./api.js";
import { ARM_OPERATIONS, routeArm } from "./arm/routes.js";
import { Call, type Operation } from "./call.js";
import { ENTRA_OPERATIONS, routeEntra } from "./entra/entra.js";
import { GRAPH_OPERATIONS, routeGraph } from "./graph/routes.js";
import { settle } from "./keys.js";
import { ARM_HOST, GRAPH_HOST, LOGIN_HOST, VAULT_SUFFIX } from "./names.js";
import { AuditLog } from "../audit-log.js";
import { type StateFile } from "../state-file.js";
import { type AzureState } from "./state.js";
import { type Principal } from "./tokens.js";
import { routeVault, VAULT_OPERATIONS } from "./vault/routes.js";

/** Names of the operations the sandbox has. */
export const OPERATION_NAMES: readonly string[] = [
  ...VAULT_OPERATIONS,
  ...ENTRA_OPERATIONS,
  ...ARM_OPERATIONS,
  ...GRAPH_OPERATIONS,
];

/** One line of the audit log, as the vault's and the directory's own logs would have it. */
export interface AuditEntry {
  /** Sandbox time, ISO 8601. */
  readonly time: string;
  readonly plane: Plane;
  /** e.g. `KeyDecrypt`, `SignIn`, `Microsoft.KeyVault/vaults/write`, `Add application`. */
  readonly operation: string;
  /** Object id of who called; absent where nobody had proved who they are. */
  readonly principal?: string | undefined;
  /** Client id through which they called. */
  readonly appId?: string | undefined;
  /** Key identifier, resource id, object id or client id. */
  readonly target: string;
  /** `ok`, or the error's most specific code. */
  readonly outcome: string;
}

/** A host that nobody in the sandbox answers for. */
export class UnknownHost extends Error {}

/** Runs requests against a state. */
export class Azure {
  readonly #audit = new AuditLog<AuditEntry>();
  /** Where callers seem to come from; where their connections do unless it is set. */
  callersAddress: string | undefined;

  constructor(
    private readonly file: StateFile<AzureState>,
    /** Sandbox time in epoch milliseconds; tests move it. */
    private readonly clock: () => number,
  ) {}

  /** Calls so far, oldest first. */
  get audit(): readonly AuditEntry[] {
    return this.#audit.entries;
  }

  /** Forgets the calls so far. */
  clearAudit(): void {
    this.#audit.clear();
  }

  /** The state after time has done its work on it (purges, rotations). */
  get state(): AzureState {
    if (settle(this.file.state, this.clock())) this.file.save();
    return this.file.state;
  }

  /** Sandbox time, epoch milliseconds. */
  now(): number {
    return this.clock();
  }

  /** Persists the state. */
  save(): void {
    this.file.save();
  }

  /**
   * The operation that a request asks for, by the host it was sent to.
   *
   * @throws ApiError for what the plane does not have, UnknownHost.
   */
  route(request: ApiRequest): Operation {
    switch (request.host) {
      case LOGIN_HOST:
        return routeEntra(request);
      case ARM_HOST:
        return routeArm(request);
      case GRAPH_HOST:
        return routeGraph(request);
      default:
        if (request.host.endsWith(VAULT_SUFFIX)) return routeVault(request);
        throw new UnknownHost(request.host);
    }
  }

  /**
   * Runs an operation. Synchronous: a call is done, and stored, before the next one begins.
   *
   * @throws ApiError as the plane would answer, NoSuchHost for a vault that does not exist.
   */
  run(operation: Operation, request: ApiRequest): ApiAnswer {
    const call = new Call(this.state, request, operation, this.clock(), () => {
      this.file.save();
    });
    let outcome = "ok";
    try {
      return operation.run(call);
    } catch (error) {
      outcome = error instanceof ApiError ? error.outcome : error instanceof Error ? error.constructor.name : "unknown";
      throw error;
    } finally {
      this.record(operation, outcome, call.principal, call.target);
    }
  }

  /** Writes a line to the audit log; also for calls that a fault answered. */
  record(operation: Operation, outcome: string, principal?: Principal, target: string = operation.target): void {
    this.#audit.add({
      time: new Date(this.clock()).toISOString(),
      plane: operation.plane,
      operation: operation.name,
      ...(principal === undefined ? {} : { principal: principal.objectId, appId: principal.appId }),
      target,
      outcome,
    });
  }
}
