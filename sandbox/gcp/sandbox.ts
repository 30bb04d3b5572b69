/**
 * The Google Cloud half of a sandbox, as programs and tests use it.
 *
 * @module
 */
import { ByokError } from "../../runtime/master-key/errors.js";
import { type CloudKeyStatus } from "../cloud.js";
import { GCP_FAULT_ERRORS, type GcpFault, type GcpFaults, WIRE_FAULTS } from "./faults.js";
import { type GcpAuditEntry, type GoogleCloud, isMethod } from "./google-cloud.js";
import { type PolicyRecord } from "./iam/policy.js";
import { keyFileOf } from "./identity.js";
import { PROJECT_ID } from "./names.js";
import { addTenancy, CLOUD_KMS, deployerOf, type MonitoredRecord, newServiceAccount, SERVICE_IDENTITY, type ServiceAccountRecord } from "./state.js";
import { GcpTenant } from "./tenant.js";

/** A service account of the sandbox, worth nothing outside it. */
export interface GcpIdentity {
  readonly name: string;
  readonly email: string;
  readonly project: string;
  /** Path of its key file, for GOOGLE_APPLICATION_CREDENTIALS. */
  readonly keyFile: string;
}

/** What `status` shows. */
export interface GcpStatus {
  /** Project whose deployer deploys. */
  readonly signedIn: string;
  readonly projects: readonly { readonly projectId: string; readonly number: string; readonly organization: string; readonly state: string; readonly services: readonly string[] }[];
  readonly accounts: readonly { readonly name: string; readonly email: string }[];
  readonly keys: readonly CloudKeyStatus[];
}

/** An entry of a project's audit logs, as far as filters ask for it. */
export interface GcpLogEntry {
  readonly timestamp: string;
  readonly logName: string;
  readonly protoPayload: {
    readonly serviceName: string;
    readonly methodName: string;
    readonly resourceName: string;
    readonly authenticationInfo: { readonly principalEmail: string };
    readonly status: string;
  };
}

/** What Cloud Monitoring keeps; members as its API has them. */
export interface GcpMonitoring {
  readonly notificationChannels: readonly (Readonly<Record<string, unknown>> & { readonly name: string })[];
  readonly alertPolicies: readonly (Readonly<Record<string, unknown>> & { readonly name: string })[];
}

/** Acts and looks; the tenant's acts are {@link GcpTenant}'s. */
export class GcpSandbox extends GcpTenant {
  readonly #cloud: GoogleCloud;
  readonly #faults: GcpFaults;
  readonly #directory: string;

  /** @internal made by `startGcp`. */
  constructor(cloud: GoogleCloud, faults: GcpFaults, directory: string) {
    super(cloud);
    this.#cloud = cloud;
    this.#faults = faults;
    this.#directory = directory;
  }

  /** Keys, projects, accounts and who is signed in. */
  status(): GcpStatus {
    const { signedIn, projects, accounts } = this.#cloud.state;
    return {
      signedIn,
      projects: projects.map(({ projectId, number, organization, state, services }) => ({ projectId, number, organization, state, services: [...services] })),
      accounts: accounts.map(({ name, email }) => ({ name, email })),
      keys: this.keys(),
    };
  }

  /** Signs a project's deployer in: deployments act as it from now on, also after a restart. Throws ByokError CONFIG_INVALID. */
  signIn(options: { readonly project: string }): GcpIdentity {
    const identity = this.identity(deployerOf(options.project));
    this.#cloud.state.signedIn = options.project;
    this.#cloud.save();
    return identity;
  }

  /** The deployer that is signed in. */
  deployer(): GcpIdentity {
    return this.identity(deployerOf(this.#cloud.state.signedIn));
  }

  /** The backup service's own account. */
  service(): GcpIdentity {
    return this.identity(SERVICE_IDENTITY);
  }

  /** An account by name, with its key file. Throws ByokError CONFIG_INVALID if there is none. */
  identity(name: string): GcpIdentity {
    const account = this.account(name);
    const { email, project } = account;
    const keyFile = keyFileOf(this.#directory, account, () => {
      this.#cloud.save();
    });
    return { name, email, project, keyFile };
  }

  /** Adds a tenant: a project in an organization of its own, and its deployer. Throws ByokError CONFIG_INVALID. */
  addProject(options: { readonly project: string }): GcpIdentity {
    const { project } = options;
    if (!PROJECT_ID.test(project)) {
      throw new ByokError("CONFIG_INVALID", `"${project}" is not a project id: 6 to 30 lower-case letters, digits and hyphens, beginning with a letter.`);
    }
    if (this.#cloud.state.projects.some(({ projectId }) => projectId === project)) {
      throw new ByokError("CONFIG_INVALID", `The sandbox already has a project "${project}".`);
    }
    const deployer = addTenancy(this.#cloud.state, project, this.#cloud.now);
    this.#cloud.save();
    return this.identity(deployer.name);
  }

  /** Adds a service account, so that policies may name it. Throws ByokError CONFIG_INVALID, also if it is taken. */
  addServiceAccount(input: { readonly name: string; readonly email: string }): GcpIdentity {
    const { name, email } = input;
    const [, project] = /^[a-z][a-z0-9-]{4,28}[a-z0-9]@([a-z0-9-]+)\.iam\.gserviceaccount\.com$/.exec(email) ?? [];
    if (project === undefined || !/^[\w-]{2,64}$/.test(name)) {
      throw new ByokError("CONFIG_INVALID", `"${email}" is not NAME@PROJECT.iam.gserviceaccount.com, or "${name}" not 2 to 64 letters, digits, - and _.`);
    }
    const { projects, accounts } = this.#cloud.state;
    if (!projects.some(({ projectId }) => projectId === project)) {
      throw new ByokError("CONFIG_INVALID", `The sandbox has no project "${project}". It has: ${projects.map(({ projectId }) => projectId).join(", ")}.`);
    }
    if (accounts.some((account) => account.name === name || account.email === email)) {
      throw new ByokError("CONFIG_INVALID", `The sandbox already has an account "${name}" or ${email}.`);
    }
    accounts.push(newServiceAccount(name, email, project));
    this.#cloud.save();
    return this.identity(name);
  }

  /** Disables a service account, or enables it again: its tokens are refused meanwhile. Throws ByokError CONFIG_INVALID. */
  disableServiceAccount(options: { readonly name: string; readonly disabled: boolean }): void {
    this.account(options.name).disabled = options.disabled;
    this.#cloud.save();
  }

  /** The audit log: every call since the start or the last {@link clearCalls}, oldest first (the last 10,000). */
  calls(): readonly GcpAuditEntry[] {
    return [...this.#cloud.audit];
  }

  /** What a project's own audit logs have of its keys, in the members of a LogEntry that filters ask for; oldest first. */
  logEntries(options: { readonly project: string }): GcpLogEntry[] {
    const { project } = options;
    return this.#cloud.audit.flatMap(({ time, method, principal, resource, log, status }) =>
      log === undefined || resource === undefined || !resource.startsWith(`projects/${project}/`)
        ? []
        : [
            {
              timestamp: time,
              logName: `projects/${project}/logs/cloudaudit.googleapis.com%2F${log}`,
              protoPayload: {
                serviceName: CLOUD_KMS,
                methodName: method,
                resourceName: resource,
                authenticationInfo: { principalEmail: principal ?? "" },
                status,
              },
            },
          ],
    );
  }

  /** Notification channels and alert policies of all projects, as Cloud Monitoring has them. */
  monitoring(): GcpMonitoring {
    const { notificationChannels, alertPolicies } = this.#cloud.state;
    const shown = ({ name, resource }: MonitoredRecord) => ({ ...resource, name });
    return { notificationChannels: notificationChannels.map(shown), alertPolicies: alertPolicies.map(shown) };
  }

  /** The IAM policy of a project, audit configuration included. Throws ByokError CONFIG_INVALID if there is no such project. */
  projectPolicy(options: { readonly project: string }): PolicyRecord {
    const found = this.#cloud.state.projects.find(({ projectId }) => projectId === options.project);
    if (found === undefined) throw new ByokError("CONFIG_INVALID", `The sandbox has no project "${options.project}".`);
    return found.policy;
  }

  /** Empties the audit log. */
  clearCalls(): void {
    this.#cloud.clearAudit();
  }

  /** Makes calls fail or slow, or damages answers. Throws ByokError CONFIG_INVALID for what cannot be played. */
  injectFault(fault: GcpFault): void {
    if (fault.operation !== undefined && !isMethod(fault.operation)) {
      throw new ByokError("CONFIG_INVALID", `The sandbox's Google Cloud has no method "${fault.operation}".`);
    }
    if (fault.error !== undefined && !GCP_FAULT_ERRORS.includes(fault.error)) {
      throw new ByokError("CONFIG_INVALID", `"${fault.error}" cannot be injected. Errors: ${GCP_FAULT_ERRORS.join(", ")}.`);
    }
    if (fault.wire === undefined) {
      this.#faults.inject(fault);
      return;
    }
    if (!WIRE_FAULTS.includes(fault.wire)) {
      throw new ByokError("CONFIG_INVALID", `"${fault.wire}" cannot be played. Damages: ${WIRE_FAULTS.join(", ")}.`);
    }
    if (fault.operation !== "Encrypt" && (fault.operation !== "Decrypt" || !ON_DECRYPT.has(fault.wire))) {
      throw new ByokError("CONFIG_INVALID", `The damage "${fault.wire}" needs the operation ${ON_DECRYPT.has(fault.wire) ? "Encrypt or Decrypt" : "Encrypt"}.`);
    }
    this.#faults.inject(fault);
  }

  /** Ends all injected faults. */
  clearFaults(): void {
    this.#faults.clear();
  }

  private account(name: string): ServiceAccountRecord {
    const { accounts } = this.#cloud.state;
    const account = accounts.find((candidate) => candidate.name === name);
    if (account === undefined) {
      throw new ByokError("CONFIG_INVALID", `The sandbox's Google Cloud has no account "${name}". It has: ${accounts.map((one) => one.name).join(", ")}.`);
    }
    return account;
  }
}

/** Damages that an answer to Decrypt can take: it names no version and verifies nothing. */
const ON_DECRYPT = new Set<string>(["corrupt-data", "corrupt-crc32c", "omit-crc32c"]);
