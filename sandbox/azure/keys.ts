/**
 * The life of keys and vaults: versions, validity, soft deletion, rotation by policy. Source: Microsoft, "About keys",
 * "Azure Key Vault soft-delete overview", "Configure cryptographic key auto-rotation in Azure Key Vault".
 *
 * @module
 */
import { addDuration, subtractDuration } from "./duration.js";
import { keyIdentifier } from "./names.js";
import { type AzureState, type KeyRecord, type KeyType, type KeyVersionRecord, newRsaKey, newVersionId, type VaultRecord } from "./state.js";

/** Milliseconds of a day. */
export const DAY_MS = 86_400_000;

/** The version that a key's identifier without a version means: the newest, whatever its state. */
export function newestVersion(key: KeyRecord): KeyVersionRecord {
  const newest = key.versions.at(-1);
  if (newest === undefined) throw new Error(`key ${key.name} has no version`);
  return newest;
}

/** A key of a vault by its name, compared without case, whether soft-deleted or not. */
export function findKey(vault: VaultRecord, name: string): KeyRecord | undefined {
  return vault.keys.find((key) => key.name.toLowerCase() === name.toLowerCase());
}

/** The vault of that name that is in service; names are unique in the whole cloud. */
export function findVault(state: AzureState, name: string): VaultRecord | undefined {
  return state.vaults.find((vault) => vault.deletion === null && vault.name.toLowerCase() === name.toLowerCase());
}

/**
 * Types of keys that a vault can make: HSM keys need the premium tier (Microsoft, "About keys": vault, hardware-protected).
 * Undefined if the type is not played at all.
 */
export function keyTypeFor(vault: VaultRecord, kty: string): { readonly type: KeyType; readonly allowed: boolean } | undefined {
  if (kty === "RSA") return { type: kty, allowed: true };
  return kty === "RSA-HSM" ? { type: kty, allowed: vault.sku === "premium" } : undefined;
}

/** Why a standard vault makes no HSM keys. Own wording: the service's was not found. */
export const NEEDS_PREMIUM = "Keys of type RSA-HSM need a vault with the SKU premium.";

/** What a new version is made from. */
export interface NewVersion {
  readonly type: KeyType;
  readonly size: number;
  readonly operations: readonly string[];
  readonly enabled: boolean;
  readonly notBefore: number | null;
  readonly expires: number | null;
  readonly tags: Record<string, string>;
  readonly now: number;
}

/** A version with fresh key material. */
export function newVersion(of: NewVersion): KeyVersionRecord {
  return {
    id: newVersionId(),
    type: of.type,
    privateKey: newRsaKey(of.size),
    size: of.size,
    createdAt: of.now,
    updatedAt: of.now,
    enabled: of.enabled,
    notBefore: of.notBefore,
    expires: of.expires,
    operations: [...of.operations],
    tags: { ...of.tags },
  };
}

/** The next version of a key: like the newest one, enabled, and expiring as the rotation policy says. */
export function rotate(key: KeyRecord, now: number): KeyVersionRecord {
  const { type, size, operations, tags } = newestVersion(key);
  const expiry = key.rotationPolicy?.expiryTime ?? null;
  const version = newVersion({
    type,
    size,
    operations,
    enabled: true,
    notBefore: null,
    expires: expiry === null ? null : addDuration(now, expiry),
    tags,
    now,
  });
  key.versions.push(version);
  return version;
}

/**
 * Lets the time pass: what was soft-deleted is purged when its days are over, keys rotate as their policies say. A key whose
 * newest version is disabled is left alone.
 *
 * @returns true if anything changed.
 */
export function settle(state: AzureState, now: number): boolean {
  let changed = false;
  for (const vault of [...state.vaults]) {
    if (vault.deletion !== null && vault.deletion.purgeAt <= now) {
      purgeVault(state, vault);
      changed = true;
      continue;
    }
    for (const key of [...vault.keys]) {
      if (key.deletion !== null) {
        if (key.deletion.purgeAt > now) continue;
        purgeKey(state, vault, key);
        changed = true;
      } else if (vault.deletion === null) {
        changed = rotateWhenDue(key, now) || changed;
      }
    }
  }
  for (const record of [...state.resources]) {
    if (record.deletion === null || record.deletion.purgeAt > now) continue;
    state.resources.splice(state.resources.indexOf(record), 1);
    changed = true;
  }
  for (const list of [state.applications, state.servicePrincipals]) {
    for (const record of [...list]) {
      // 30 days ("Recover from deletions in Microsoft Entra ID").
      if (record.deletedAt === null || record.deletedAt + 30 * DAY_MS > now) continue;
      list.splice(list.findIndex((candidate) => candidate === record), 1);
      changed = true;
    }
  }
  return changed;
}

/** Removes a key for good. */
export function purgeKey(state: AzureState, vault: VaultRecord, key: KeyRecord): void {
  vault.keys.splice(vault.keys.indexOf(key), 1);
  Reflect.deleteProperty(state.revocations, keyIdentifier(vault.name, key.name));
}

/** Removes a vault and all it holds for good. */
export function purgeVault(state: AzureState, vault: VaultRecord): void {
  for (const key of [...vault.keys]) purgeKey(state, vault, key);
  state.vaults.splice(state.vaults.indexOf(vault), 1);
  Reflect.deleteProperty(state.closedFirewalls, vault.name.toLowerCase());
}

function rotateWhenDue(key: KeyRecord, now: number): boolean {
  const action = key.rotationPolicy?.actions.find(({ type }) => type === "Rotate");
  if (action === undefined) return false;
  let changed = false;
  for (;;) {
    const newest = newestVersion(key);
    if (!newest.enabled) return changed;
    const due =
      action.timeAfterCreate !== undefined
        ? addDuration(newest.createdAt, action.timeAfterCreate)
        : action.timeBeforeExpiry !== undefined && newest.expires !== null
          ? subtractDuration(newest.expires, action.timeBeforeExpiry)
          : null;
    // A policy that is due before the version was made would rotate for ever.
    if (due === null || due > now || due <= newest.createdAt) return changed;
    rotate(key, due);
    changed = true;
  }
}
