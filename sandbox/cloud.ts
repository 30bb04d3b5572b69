/**
 * What every cloud of the sandbox lets its tenant do, so that `byok sandbox revoke` is one command. Ids are spelled as in
 * master key descriptors.
 *
 * @module
 */

/** How a tenant takes its key away: by disabling it, or by withdrawing the service's grant. */
export type RevocationRoute = "disable" | "grant";

/** A cloud of the sandbox. */
export type CloudName = "aws" | "gcp" | "azure";

/** Provider of a descriptor that a cloud of the sandbox plays. */
export type CloudProvider = "aws-kms" | "gcp-kms" | "azure-key-vault";

/** A version of a key, where the cloud shows versions. */
export interface KeyVersionStatus {
  /** As wraps name it: a resource name of Google's, the last part of Azure's identifier. */
  readonly version: string;
  /** The cloud's own word, e.g. `ENABLED`, `DESTROYED`. */
  readonly state: string;
  /** True for the one that encrypts. */
  readonly newest: boolean;
}

/** A key, as `byok sandbox status` shows it. */
export interface CloudKeyStatus {
  readonly provider: CloudProvider;
  /** Id as descriptors spell it: ARN, resource name, key identifier. */
  readonly keyId: string;
  /** The cloud's own word for the state. */
  readonly state: string;
  /** ISO 8601; only while a deletion is scheduled or the key is soft-deleted. */
  readonly deletionDate?: string | undefined;
  /** Principals outside the tenant that may use the key. */
  readonly grantedTo: readonly string[];
  /** Oldest first; empty where the cloud shows none (AWS). */
  readonly versions: readonly KeyVersionStatus[];
  /** True if `restore` has something to put back. */
  readonly revoked: boolean;
  /** What else this cloud shows of a key, in words: aliases, the next rotation. */
  readonly notes: readonly string[];
}

/**
 * The tenant's acts. All are made through the cloud's own operations by the tenant's administrator, so that states, rights
 * and logs apply to them too. All throw ByokError CONFIG_INVALID for an unknown key, an act that the cloud does not have
 * (saying what to do instead), or a refusal.
 */
export interface TenantCloud {
  readonly provider: CloudProvider;
  /** Every key of the cloud. */
  keys(): readonly CloudKeyStatus[];
  /** Takes the key away; what it was like before is kept for {@link TenantCloud.restore}. */
  revoke(keyId: string, by: RevocationRoute): CloudKeyStatus;
  /** Undoes revocations, a scheduled deletion and a closed firewall. */
  restore(keyId: string): CloudKeyStatus;
  /** Makes a new version, which encrypts from now on; older ones still decrypt. */
  rotate(keyId: string): CloudKeyStatus;
  /** Starts the key's deletion. */
  scheduleDeletion(keyId: string, days: number): CloudKeyStatus;
  /** Takes one version out of use, reversibly. */
  disableVersion(keyId: string, version: string): CloudKeyStatus;
  /** Destroys one version, irreversibly as far as the tenant's acts go. */
  destroyVersion(keyId: string, version: string): CloudKeyStatus;
}
