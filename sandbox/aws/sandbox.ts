/**
 * The AWS half of a sandbox, as programs and tests use it.
 *
 * @module
 */
import { ByokError } from "../../runtime/master-key/errors.js";
import { type RevocationRoute } from "../cloud.js";
import { ACCOUNT_ID } from "./arn.js";
import { FAULT_ERROR_NAMES, type Fault, type Faults } from "./faults.js";
import { createIdentity, type IdentityInput, type IdentityRecord } from "./identity.js";
import { type AuditEntry, type Kms, OPERATION_NAMES } from "./kms.js";
import { SERVICE_IDENTITY, type StoredResource } from "./state.js";
import * as tenant from "./tenant.js";

/** Credentials of an identity; the sandbox's own, worth nothing outside it. */
export interface SandboxIdentity {
  readonly name: string;
  /** ARN that signs. */
  readonly arn: string;
  /** ARN of the user or role. */
  readonly principalArn: string;
  readonly account: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Present for roles. */
  readonly sessionToken?: string | undefined;
}

/** What `status` shows. */
export interface AwsStatus {
  /** Account whose administrator deploys. */
  readonly signedIn: string;
  readonly accounts: readonly string[];
  readonly identities: readonly { readonly name: string; readonly arn: string }[];
  readonly keys: readonly tenant.KeyStatus[];
}

/** Acts and looks. Everything here is also reachable through the control endpoint. */
export class AwsSandbox {
  readonly #kms: Kms;
  readonly #faults: Faults;

  /** @internal made by `startSandbox`. */
  constructor(kms: Kms, faults: Faults) {
    this.#kms = kms;
    this.#faults = faults;
  }

  /** Keys, identities and who is signed in. */
  status(): AwsStatus {
    const { signedIn, accounts, identities } = this.#kms.state;
    return {
      signedIn,
      accounts: [...accounts],
      identities: identities.map(({ name, arn }) => ({ name, arn })),
      keys: tenant.keyStatuses(this.#kms),
    };
  }

  /** The tenant takes a key away: the one named, or the only one. Throws ByokError CONFIG_INVALID. */
  revoke(options: { readonly keyArn?: string | undefined; readonly by: RevocationRoute }): tenant.KeyStatus {
    return tenant.revoke(this.#kms, options.keyArn, options.by);
  }

  /** The tenant puts everything back, a scheduled deletion included. Throws ByokError CONFIG_INVALID. */
  restore(options: { readonly keyArn?: string | undefined } = {}): tenant.KeyStatus {
    return tenant.restore(this.#kms, options.keyArn);
  }

  /** The tenant rotates the key's material. Throws ByokError CONFIG_INVALID. */
  rotate(options: { readonly keyArn?: string | undefined } = {}): tenant.KeyStatus {
    return tenant.rotate(this.#kms, options.keyArn);
  }

  /** The tenant schedules the key's deletion in 7 to 30 days. Throws ByokError CONFIG_INVALID. */
  scheduleDeletion(options: { readonly keyArn?: string | undefined; readonly days: number }): tenant.KeyStatus {
    return tenant.scheduleDeletion(this.#kms, options.keyArn, options.days);
  }

  /** Signs an account's administrator in: deployments act as it from now on, also after a restart. */
  signIn(options: { readonly account: string }): SandboxIdentity {
    requireAccount(options.account);
    const identity = tenant.deployer(this.#kms, options.account);
    this.#kms.state.signedIn = options.account;
    this.#kms.save();
    return shown(identity);
  }

  /** The administrator that is signed in. */
  deployer(): SandboxIdentity {
    return shown(tenant.deployer(this.#kms, this.#kms.state.signedIn));
  }

  /** The backup service's own identity. */
  service(): SandboxIdentity {
    return this.identity(SERVICE_IDENTITY);
  }

  /** An identity by name. Throws ByokError CONFIG_INVALID if there is none. */
  identity(name: string): SandboxIdentity {
    return shown(this.find(name));
  }

  /** Makes an account exist, so that policies may name it; it gets an administrator. */
  addAccount(options: { readonly account: string }): SandboxIdentity {
    requireAccount(options.account);
    return shown(tenant.deployer(this.#kms, options.account));
  }

  /** Adds a role or user (and its account). Throws ByokError CONFIG_INVALID, also if the name is taken. */
  addIdentity(input: IdentityInput): SandboxIdentity {
    const { identities } = this.#kms.state;
    if (identities.some((identity) => identity.name === input.name || identity.principalArn === input.arn)) {
      throw new ByokError("CONFIG_INVALID", `The sandbox already has an identity "${input.name}" or ${input.arn}.`);
    }
    const identity = createIdentity(input);
    tenant.deployer(this.#kms, identity.account);
    identities.push(identity);
    this.#kms.save();
    return shown(identity);
  }

  /** Lets an identity's credentials expire, or makes them valid again. */
  expireCredentials(options: { readonly name: string; readonly expired: boolean }): void {
    const identity = this.find(options.name);
    const { identities } = this.#kms.state;
    identities[identities.indexOf(identity)] = { ...identity, expired: options.expired };
    this.#kms.save();
  }

  /** Resources of other services than KMS: topics, rules, roles. */
  resources(): readonly StoredResource[] {
    return [...this.#kms.state.resources];
  }

  /** The audit log: every signed call since the start or the last {@link clearCalls}, oldest first (the last 10,000). */
  calls(): readonly AuditEntry[] {
    return [...this.#kms.audit];
  }

  /** Empties the audit log. */
  clearCalls(): void {
    this.#kms.clearAudit();
  }

  /** Makes calls fail or slow. Throws ByokError CONFIG_INVALID for an unknown operation or error. */
  injectFault(fault: Fault): void {
    if (fault.operation !== undefined && !OPERATION_NAMES.includes(fault.operation)) {
      throw new ByokError("CONFIG_INVALID", `The sandbox has no operation "${fault.operation}".`);
    }
    if (fault.error !== undefined && !FAULT_ERROR_NAMES.includes(fault.error)) {
      throw new ByokError("CONFIG_INVALID", `"${fault.error}" cannot be injected. Errors: ${FAULT_ERROR_NAMES.join(", ")}.`);
    }
    this.#faults.inject(fault);
  }

  /** Ends all injected faults. */
  clearFaults(): void {
    this.#faults.clear();
  }

  private find(name: string): IdentityRecord {
    const { identities } = this.#kms.state;
    const identity = identities.find((candidate) => candidate.name === name);
    if (identity === undefined) {
      throw new ByokError("CONFIG_INVALID", `The sandbox has no identity "${name}". It has: ${identities.map((one) => one.name).join(", ")}.`);
    }
    return identity;
  }
}

function shown(identity: IdentityRecord): SandboxIdentity {
  const { name, arn, principalArn, account, accessKeyId, secretAccessKey, sessionToken } = identity;
  return { name, arn, principalArn, account, accessKeyId, secretAccessKey, ...(sessionToken === null ? {} : { sessionToken }) };
}

function requireAccount(account: string): void {
  if (!ACCOUNT_ID.test(account)) {
    throw new ByokError("CONFIG_INVALID", `"${account}" is not an AWS account id: those have 12 digits.`);
  }
}
