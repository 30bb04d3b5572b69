/**
 * The Azure half of a sandbox, as programs and tests use it.
 *
 * @module
 */
import { ByokError } from "../../runtime/master-key/errors.js";
import { type CloudKeyStatus, type RevocationRoute, type TenantCloud } from "../cloud.js";
import { directoryOf } from "./administrator.js";
import * as applications from "./applications.js";
import { type AuditEntry, type Azure, OPERATION_NAMES } from "./azure.js";
import { FAULT_ERROR_NAMES, type Fault, type Faults } from "./faults.js";
import * as provisioning from "./provisioning.js";
import { type DirectoryRecord } from "./state.js";
import * as tenant from "./tenant.js";
import { administratorOf, ARM_RESOURCE, GRAPH_RESOURCE, issueToken, VAULT_RESOURCE } from "./tokens.js";

/** A tenant's directory and subscription. */
export interface AzureTenant {
  readonly entraTenantId: string;
  readonly subscriptionId: string;
  readonly displayName: string;
}

/** The administrator who deploys, with bearer tokens of the sandbox's own; they are good for an hour. */
export interface AzureDeployer {
  readonly entraTenantId: string;
  readonly subscriptionId: string;
  readonly objectId: string;
  readonly userPrincipalName: string;
  readonly tokens: {
    /** For management.azure.com. */
    readonly arm: string;
    /** For graph.microsoft.com. */
    readonly graph: string;
    /** For vaults; it needs a right there like anybody's. */
    readonly vault: string;
  };
}

/** A resource that Azure Resource Manager stores. */
export interface AzureResource {
  readonly id: string;
  /** As ARM names it, e.g. `Microsoft.Insights/actionGroups`. */
  readonly type: string;
  readonly location: string | null;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What `status` shows. */
export interface AzureStatus {
  /** Directory whose administrator deploys. */
  readonly signedIn: string;
  readonly tenants: readonly AzureTenant[];
  readonly applications: readonly applications.ApplicationStatus[];
  readonly vaults: readonly { readonly name: string; readonly location: string; readonly deleted: boolean; readonly firewallClosed: boolean }[];
  readonly keys: readonly CloudKeyStatus[];
}

/** Acts and looks. All acts throw ByokError CONFIG_INVALID for what does not exist and for what the service refuses. */
export class AzureSandbox implements TenantCloud {
  readonly provider = "azure-key-vault";
  readonly #azure: Azure;
  readonly #faults: Faults;

  /** @internal made by `startAzure`. */
  constructor(azure: Azure, faults: Faults) {
    this.#azure = azure;
    this.#faults = faults;
  }

  /** Tenants, applications, vaults and keys. */
  status(): AzureStatus {
    const { signedIn, directories, vaults } = this.#azure.state;
    return {
      signedIn,
      tenants: directories.map(({ id, subscription, displayName }) => ({ entraTenantId: id, subscriptionId: subscription, displayName })),
      applications: applications.applicationStatuses(this.#azure),
      vaults: vaults.map((vault) => ({
        name: vault.name,
        location: vault.location,
        deleted: vault.deletion !== null,
        firewallClosed: tenant.isFirewallClosed(this.#azure, vault),
      })),
      keys: this.keys(),
    };
  }

  keys(): readonly CloudKeyStatus[] {
    return tenant.keyStatuses(this.#azure);
  }

  /** `disable` disables every version; `grant` withdraws the access policies or role assignments of others. */
  revoke(keyId: string, by: RevocationRoute): CloudKeyStatus {
    return tenant.revoke(this.#azure, keyId, by);
  }

  restore(keyId: string): CloudKeyStatus {
    return tenant.restore(this.#azure, keyId);
  }

  rotate(keyId: string): CloudKeyStatus {
    return tenant.rotate(this.#azure, keyId);
  }

  /** `days` must be what the vault keeps deleted keys for. */
  scheduleDeletion(keyId: string, days: number): CloudKeyStatus {
    return tenant.scheduleDeletion(this.#azure, keyId, days);
  }

  disableVersion(keyId: string, version: string): CloudKeyStatus {
    return tenant.disableVersion(this.#azure, keyId, version);
  }

  /** Azure has no such thing: only a whole key can be deleted ("Delete Key", REST reference). */
  destroyVersion(keyId: string, version: string): never {
    throw new ByokError(
      "CONFIG_INVALID",
      `Azure Key Vault cannot destroy one version of a key (${version}): only the whole key can be deleted. Use disable-version.`,
      { provider: "azure-key-vault", keyId },
    );
  }

  /** Ends the registered time of the application's certificates, or of one of them, now: Entra refuses them as expired. */
  expireCertificate(options: { readonly clientId: string; readonly thumbprint?: string | undefined }): applications.ApplicationStatus {
    return applications.expireCertificate(this.#azure, options.clientId, options.thumbprint);
  }

  /** Takes the application's certificates, or one of them, off it. */
  removeCertificate(options: { readonly clientId: string; readonly thumbprint?: string | undefined }): applications.ApplicationStatus {
    return applications.removeCertificate(this.#azure, options.clientId, options.thumbprint);
  }

  /** Deletes an application with its service principal. */
  deleteApplication(options: { readonly clientId: string }): applications.ApplicationStatus {
    return applications.deleteApplication(this.#azure, options.clientId);
  }

  /** Restores a deleted application. */
  restoreApplication(options: { readonly clientId: string }): applications.ApplicationStatus {
    return applications.restoreApplication(this.#azure, options.clientId);
  }

  /** Closes a vault's firewall to everybody, or opens it as it was before. */
  firewall(options: { readonly vault: string; readonly closed: boolean }): void {
    tenant.setFirewall(this.#azure, tenant.vaultNamed(this.#azure, options.vault), options.closed);
  }

  /** Makes callers come from an address on the internet instead of from loopback, which no firewall lets in; until the sandbox stops. */
  callFrom({ address }: { readonly address: string }): void {
    this.#azure.callersAddress = address;
  }

  /** Lets ARM look in vain for principals that are made from now on, so many times: Entra has not told it yet. */
  delayPrincipals({ lookups }: { readonly lookups: number }): void {
    this.#azure.state.principalDelay = lookups;
    this.#azure.save();
  }

  /** Soft-deletes a vault with its keys; its name stays taken. */
  deleteVault(options: { readonly vault: string }): void {
    provisioning.deleteVault(this.#azure, this.signedIn(), tenant.vaultNamed(this.#azure, options.vault));
  }

  /** Signs a directory's administrator in: deployments act as it from now on, also after a restart. */
  signIn(options: { readonly entraTenantId: string }): AzureDeployer {
    const directory = directoryOf(this.#azure, options.entraTenantId);
    this.#azure.state.signedIn = directory.id;
    this.#azure.save();
    return this.deployer();
  }

  /** The administrator that is signed in, with fresh tokens. */
  deployer(): AzureDeployer {
    const directory = this.signedIn();
    const principal = administratorOf(directory);
    const { state } = this.#azure;
    return {
      entraTenantId: directory.id,
      subscriptionId: directory.subscription,
      objectId: principal.objectId,
      userPrincipalName: directory.administrator.userPrincipalName,
      tokens: {
        arm: issueToken(state, principal, ARM_RESOURCE),
        graph: issueToken(state, principal, GRAPH_RESOURCE),
        vault: issueToken(state, principal, VAULT_RESOURCE),
      },
    };
  }

  /** Makes a vault (and its resource group) as the administrator that is signed in. */
  createVault(vault: provisioning.NewVault): { readonly id: string; readonly vaultUri: string } {
    return provisioning.createVault(this.#azure, this.signedIn(), vault);
  }

  /** Makes a key as the administrator that is signed in. */
  createKey(key: provisioning.NewKey): { readonly keyUri: string; readonly version: string } {
    return provisioning.createKey(this.#azure, this.signedIn(), tenant.vaultNamed(this.#azure, key.vault), key);
  }

  /** Registers an application in the directory that is signed in. `certificates` are PEM, without private keys. */
  registerApplication(of: provisioning.NewApplication): provisioning.RegisteredApplication {
    return provisioning.registerApplication(this.#azure, this.signedIn(), of);
  }

  /** Gives an object an access policy with exactly these permissions on the keys of a vault. */
  setAccessPolicy(of: { readonly vault: string; readonly objectId: string; readonly permissions: readonly string[] }): void {
    provisioning.setAccessPolicy(this.#azure, this.signedIn(), tenant.vaultNamed(this.#azure, of.vault), of);
  }

  /** Assigns a built-in role (its name or id) to an object, on a whole vault. */
  assignRole(of: { readonly vault: string; readonly objectId: string; readonly role: string }): void {
    provisioning.assignRole(this.#azure, this.signedIn(), tenant.vaultNamed(this.#azure, of.vault), of);
  }

  /** What is stored in the subscriptions beside groups, vaults and keys: logs, alarms, locks; not what is deleted. */
  resources(): readonly AzureResource[] {
    const { state } = this.#azure;
    return [
      ...state.resources.flatMap(({ id, type, location, properties, deletion }) => (deletion === null ? [{ id, type, location, properties }] : [])),
      ...state.locks.map(({ name, scope, level, notes }) => ({
        id: `${scope}/providers/Microsoft.Authorization/locks/${name}`,
        type: "Microsoft.Authorization/locks",
        location: null,
        properties: { level, notes },
      })),
    ];
  }

  /** The audit log: every call since the start or the last {@link clearCalls}, oldest first (the last 10,000). */
  calls(): readonly AuditEntry[] {
    return [...this.#azure.audit];
  }

  /** Empties the audit log. */
  clearCalls(): void {
    this.#azure.clearAudit();
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

  private signedIn(): DirectoryRecord {
    return directoryOf(this.#azure, this.#azure.state.signedIn);
  }
}
