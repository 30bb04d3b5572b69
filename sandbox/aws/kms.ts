/**
 * The KMS of the sandbox: dispatches operations, keeps the audit log, plays injected faults. No transport in here.
 *
 * @module
 */
import { AuditLog } from "../audit-log.js";
import { type StateFile } from "../state-file.js";
import { Call } from "./call.js";
import { type EncryptionContext } from "./ciphertext.js";
import { KmsError } from "./errors.js";
import { callerOf, type IdentityRecord } from "./identity.js";
import { type Input } from "./input.js";
import { settle } from "./keys.js";
import * as aliases from "./operations/aliases.js";
import * as crypto from "./operations/crypto.js";
import * as grants from "./operations/grants.js";
import * as keys from "./operations/keys.js";
import * as policies from "./operations/policies.js";
import * as rotation from "./operations/rotation.js";
import { type AwsState } from "./state.js";

const OPERATIONS: ReadonlyMap<string, (call: Call) => object> = new Map(
  Object.entries({
    CreateKey: keys.createKey,
    DescribeKey: keys.describeKey,
    ListKeys: keys.listKeys,
    EnableKey: keys.enableKey,
    DisableKey: keys.disableKey,
    ScheduleKeyDeletion: keys.scheduleKeyDeletion,
    CancelKeyDeletion: keys.cancelKeyDeletion,
    UpdateKeyDescription: keys.updateKeyDescription,
    TagResource: keys.tagResource,
    UntagResource: keys.untagResource,
    ListResourceTags: keys.listResourceTags,
    GetKeyPolicy: policies.getKeyPolicy,
    PutKeyPolicy: policies.putKeyPolicy,
    ListKeyPolicies: policies.listKeyPolicies,
    EnableKeyRotation: rotation.enableKeyRotation,
    DisableKeyRotation: rotation.disableKeyRotation,
    GetKeyRotationStatus: rotation.getKeyRotationStatus,
    RotateKeyOnDemand: rotation.rotateKeyOnDemand,
    ListKeyRotations: rotation.listKeyRotations,
    ReplicateKey: keys.replicateKey,
    CreateGrant: grants.createGrant,
    ListGrants: grants.listGrants,
    RevokeGrant: grants.revokeGrant,
    RetireGrant: grants.retireGrant,
    CreateAlias: aliases.createAlias,
    UpdateAlias: aliases.updateAlias,
    DeleteAlias: aliases.deleteAlias,
    ListAliases: aliases.listAliases,
    Encrypt: crypto.encrypt,
    Decrypt: crypto.decrypt,
    ReEncrypt: crypto.reEncrypt,
    GenerateDataKey: crypto.generateDataKey,
    GenerateDataKeyWithoutPlaintext: crypto.generateDataKeyWithoutPlaintext,
  }),
);

/** Names of the operations the sandbox has. */
export const OPERATION_NAMES: readonly string[] = [...OPERATIONS.keys()];

/** One line of the audit log, as CloudTrail would have it. */
export interface AuditEntry {
  /** Sandbox time, ISO 8601. */
  readonly time: string;
  readonly operation: string;
  readonly region: string;
  /** ARN that signed. */
  readonly principal: string;
  readonly keyArn?: string | undefined;
  readonly encryptionContext?: EncryptionContext | undefined;
  /** `ok`, or the error's name. */
  readonly outcome: string;
}

/** Runs operations against a state. */
export class Kms {
  readonly #audit = new AuditLog<AuditEntry>();

  constructor(
    private readonly file: StateFile<AwsState>,
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

  /** The state after time has done its work on it (rotations, deletions). */
  get state(): AwsState {
    if (settle(this.file.state, this.clock())) this.file.save();
    return this.file.state;
  }

  /** Persists the state. */
  save(): void {
    this.file.save();
  }

  /**
   * Runs one operation for an identity. Synchronous: a call is done, and stored, before the next one begins.
   *
   * @throws KmsError as KMS would answer.
   */
  invoke(operation: string, identity: IdentityRecord, region: string, input: Input): object {
    const run = OPERATIONS.get(operation);
    if (run === undefined) {
      throw new KmsError("UnknownOperationException", `The sandbox has no operation ${operation}.`);
    }
    const call = new Call(this.state, callerOf(identity), region, input, this.clock(), () => {
      this.file.save();
    });
    let outcome = "ok";
    try {
      return run(call);
    } catch (error) {
      outcome = error instanceof Error ? error.name : "unknown";
      throw error;
    } finally {
      this.record(operation, identity, region, outcome, call.trace);
    }
  }

  /** Writes a line to the audit log; also for calls that a fault answered. */
  record(
    operation: string,
    identity: IdentityRecord,
    region: string,
    outcome: string,
    trace: Pick<AuditEntry, "keyArn" | "encryptionContext"> = {},
  ): void {
    this.#audit.add({
      time: new Date(this.clock()).toISOString(),
      operation,
      region,
      principal: identity.arn,
      ...(trace.keyArn === undefined ? {} : { keyArn: trace.keyArn }),
      ...(trace.encryptionContext === undefined ? {} : { encryptionContext: { ...trace.encryptionContext } }),
      outcome,
    });
  }
}
