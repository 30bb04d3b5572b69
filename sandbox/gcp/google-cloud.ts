/**
 * The Google Cloud of the sandbox: dispatches methods, keeps the audit log. No transport in here.
 *
 * @module
 */
import { type AuditLogName, auditLogOf } from "./audit.js";
import { Call, type CallTrace } from "./call.js";
import { settle } from "./keys.js";
import { getBillingAccount, getProjectBillingInfo, testBillingPermissions, updateProjectBillingInfo } from "./operations/billing.js";
import { decrypt, encrypt } from "./operations/crypto.js";
import { createKeyRing, getKeyRing, listKeyRings } from "./operations/key-rings.js";
import { createCryptoKey, getCryptoKey, listCryptoKeys, updateCryptoKey, updateCryptoKeyPrimaryVersion } from "./operations/keys.js";
import { getIamPolicy, setIamPolicy, testIamPermissions } from "./operations/policies.js";
import {
  createAlertPolicy, createNotificationChannel, deleteAlertPolicy, deleteNotificationChannel, getAlertPolicy, getNotificationChannel,
  updateAlertPolicy, updateNotificationChannel,
} from "./operations/monitoring.js";
import { createProject, deleteProject, getProject, updateProject } from "./operations/projects.js";
import { getProjectPolicy, getServiceAccountPolicy, setProjectPolicy, setServiceAccountPolicy } from "./operations/rest-policies.js";
import {
  createServiceAccount, deleteServiceAccount, disableServiceAccount, enableServiceAccount, generateAccessToken, getServiceAccount,
  patchServiceAccount,
} from "./operations/service-accounts.js";
import { disableService, enableService, getService } from "./operations/services.js";
import {
  createCryptoKeyVersion, destroyCryptoKeyVersion, getCryptoKeyVersion, listCryptoKeyVersions, restoreCryptoKeyVersion,
  updateCryptoKeyVersion,
} from "./operations/versions.js";
import { AuditLog } from "../audit-log.js";
import { type StateFile } from "../state-file.js";
import { type GcpState, type ServiceAccountRecord } from "./state.js";

/** Every method there is, by its name in the service's definition. */
export const METHODS = {
  CreateKeyRing: createKeyRing,
  GetKeyRing: getKeyRing,
  ListKeyRings: listKeyRings,
  CreateCryptoKey: createCryptoKey,
  GetCryptoKey: getCryptoKey,
  ListCryptoKeys: listCryptoKeys,
  UpdateCryptoKey: updateCryptoKey,
  UpdateCryptoKeyPrimaryVersion: updateCryptoKeyPrimaryVersion,
  CreateCryptoKeyVersion: createCryptoKeyVersion,
  GetCryptoKeyVersion: getCryptoKeyVersion,
  ListCryptoKeyVersions: listCryptoKeyVersions,
  UpdateCryptoKeyVersion: updateCryptoKeyVersion,
  DestroyCryptoKeyVersion: destroyCryptoKeyVersion,
  RestoreCryptoKeyVersion: restoreCryptoKeyVersion,
  Encrypt: encrypt,
  Decrypt: decrypt,
  GetIamPolicy: getIamPolicy,
  SetIamPolicy: setIamPolicy,
  TestIamPermissions: testIamPermissions,
  CreateProject: createProject,
  GetProject: getProject,
  UpdateProject: updateProject,
  DeleteProject: deleteProject,
  GetBillingAccount: getBillingAccount,
  TestBillingPermissions: testBillingPermissions,
  GetProjectBillingInfo: getProjectBillingInfo,
  UpdateProjectBillingInfo: updateProjectBillingInfo,
  EnableService: enableService,
  DisableService: disableService,
  GetService: getService,
  GetProjectPolicy: getProjectPolicy,
  SetProjectPolicy: setProjectPolicy,
  CreateNotificationChannel: createNotificationChannel,
  GetNotificationChannel: getNotificationChannel,
  UpdateNotificationChannel: updateNotificationChannel,
  DeleteNotificationChannel: deleteNotificationChannel,
  CreateAlertPolicy: createAlertPolicy,
  GetAlertPolicy: getAlertPolicy,
  UpdateAlertPolicy: updateAlertPolicy,
  DeleteAlertPolicy: deleteAlertPolicy,
  CreateServiceAccount: createServiceAccount,
  GetServiceAccount: getServiceAccount,
  PatchServiceAccount: patchServiceAccount,
  DeleteServiceAccount: deleteServiceAccount,
  EnableServiceAccount: enableServiceAccount,
  DisableServiceAccount: disableServiceAccount,
  GetServiceAccountPolicy: getServiceAccountPolicy,
  SetServiceAccountPolicy: setServiceAccountPolicy,
  GenerateAccessToken: generateAccessToken,
} as const;

/** Name of a method. */
export type MethodName = keyof typeof METHODS;

/** What a method is asked with. */
export type RequestOf<Name extends MethodName> = Parameters<(typeof METHODS)[Name]>[1];

/** True if the sandbox plays a method. */
export function isMethod(name: string): name is MethodName {
  return Object.hasOwn(METHODS, name);
}

/** One line of the audit log, as Cloud Audit Logs would have it. */
export interface GcpAuditEntry {
  /** Sandbox time, ISO 8601. */
  readonly time: string;
  readonly method: string;
  /** Email address of the service account; undefined if the caller could not be told. */
  readonly principal: string | undefined;
  readonly resource?: string | undefined;
  readonly permission?: string | undefined;
  /** `OK`, or the status' name. */
  readonly status: string;
  /** Which of the tenant's own audit logs has it: calls of Cloud KMS alone, and data access only where that is turned on. */
  readonly log?: AuditLogName | undefined;
}

/** Runs methods against a state. */
export class GoogleCloud {
  readonly #audit = new AuditLog<GcpAuditEntry>();

  constructor(
    private readonly file: StateFile<GcpState>,
    /** Sandbox time in epoch milliseconds; tests move it. */
    private readonly clock: () => number,
  ) {}

  /** Calls so far, oldest first. */
  get audit(): readonly GcpAuditEntry[] {
    return this.#audit.entries;
  }

  /** Forgets the calls so far. */
  clearAudit(): void {
    this.#audit.clear();
  }

  /** The state after time has done its work on it (rotations, destructions). */
  get state(): GcpState {
    if (settle(this.file.state, this.clock())) this.file.save();
    return this.file.state;
  }

  /** Sandbox time, epoch milliseconds. */
  get now(): number {
    return this.clock();
  }

  /** Persists the state. */
  save(): void {
    this.file.save();
  }

  /**
   * Runs one method for a service account. Synchronous: a call is done, and stored, before the next one begins.
   *
   * @throws GoogleError as Google would answer.
   */
  invoke<Name extends MethodName>(name: Name, caller: ServiceAccountRecord, request: RequestOf<Name>): object {
    const call = new Call(this.state, caller, this.clock(), () => {
      this.file.save();
    });
    // One entry of the table at a time: a method and its request belong together.
    const run = METHODS[name] as (call: Call, request: RequestOf<Name>) => object;
    let status = "OK";
    try {
      return run(call, request);
    } catch (error) {
      status = error instanceof Error ? error.name : "UNKNOWN";
      throw error;
    } finally {
      this.record(name, caller.email, status, call.trace, auditLogOf(this.file.state, name, caller.email, call.trace.resource));
    }
  }

  /** Writes a line to the audit log; also for calls that got no further than a fault or their credentials. */
  record(method: string, principal: string | undefined, status: string, trace: CallTrace = {}, log?: AuditLogName): void {
    const entry = { time: new Date(this.clock()).toISOString(), method, principal, ...trace, status };
    this.#audit.add(log === undefined ? entry : { ...entry, log });
  }
}
