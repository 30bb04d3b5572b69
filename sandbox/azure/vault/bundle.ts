/**
 * Keys as the data plane shows them. REST reference: KeyBundle, KeyItem, DeletedKeyBundle, KeyAttributes; shapes as in the
 * recordings of azure-sdk-for-js. Times are seconds.
 *
 * @module
 */
import { createPublicKey } from "node:crypto";

import { newestVersion } from "../keys.js";
import { keyIdentifier, VAULT_SUFFIX } from "../names.js";
import { type KeyRecord, type KeyVersionRecord, type VaultRecord } from "../state.js";

/** Longest time that deleted keys are kept; vaults with less are "customized" (DeletionRecoveryLevel). */
const FULL_RETENTION = 90;

/** A version with its public key. */
export function keyBundle(vault: VaultRecord, key: KeyRecord, version: KeyVersionRecord): object {
  const { n, e } = createPublicKey(version.privateKey).export({ format: "jwk" });
  return {
    key: {
      kid: keyIdentifier(vault.name, key.name, version.id),
      kty: version.type,
      key_ops: version.operations,
      n,
      e,
    },
    attributes: attributes(vault, version),
    ...tagsOf(version),
  };
}

/** A line of a list: the key by its newest version, or one version. */
export function keyItem(vault: VaultRecord, key: KeyRecord, version?: KeyVersionRecord): object {
  const shown = version ?? newestVersion(key);
  return {
    kid: keyIdentifier(vault.name, key.name, version?.id),
    attributes: attributes(vault, shown),
    ...tagsOf(shown),
  };
}

/** What a soft-deleted key has besides. */
export function deletion(vault: VaultRecord, key: KeyRecord): object {
  if (key.deletion === null) throw new Error(`key ${key.name} is not deleted`);
  return {
    recoveryId: `https://${vault.name.toLowerCase()}${VAULT_SUFFIX}/deletedkeys/${key.name}`,
    deletedDate: seconds(key.deletion.at),
    scheduledPurgeDate: seconds(key.deletion.purgeAt),
  };
}

/** How deletions in a vault can be undone. */
export function recoveryLevel(vault: VaultRecord): string {
  const kept = vault.retentionDays < FULL_RETENTION ? "CustomizedRecoverable" : "Recoverable";
  return vault.purgeProtection ? kept : `${kept}+Purgeable`;
}

/** Epoch seconds, as the API counts. */
export function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

function attributes(vault: VaultRecord, version: KeyVersionRecord): object {
  return {
    enabled: version.enabled,
    ...(version.notBefore === null ? {} : { nbf: seconds(version.notBefore) }),
    ...(version.expires === null ? {} : { exp: seconds(version.expires) }),
    created: seconds(version.createdAt),
    updated: seconds(version.updatedAt),
    recoveryLevel: recoveryLevel(vault),
    recoverableDays: vault.retentionDays,
    exportable: false,
  };
}

function tagsOf(version: KeyVersionRecord): object {
  return Object.keys(version.tags).length === 0 ? {} : { tags: version.tags };
}
