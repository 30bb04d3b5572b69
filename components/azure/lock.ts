/**
 * The lock on a vault.
 *
 * @module
 */
import { ManagementLockByScope } from "@pulumi/azure-native/authorization";
import type * as pulumi from "@pulumi/pulumi";

import { type WatchedVault } from "./watch.js";

/** What whoever meets the lock reads; Azure takes 512 characters. */
const NOTES = "Holds the key of backups. Deleting the vault makes them unreadable. Made by the stack that made the vault: byok:azure.lock.";

/**
 * Registers `NAME-lock`: Azure Resource Manager then refuses to delete the vault, its resource group, and what lies below the
 * vault: role assignments and diagnostic settings (Microsoft, "Lock your resources to protect your infrastructure"). It does
 * not reach operations on the vault's data: deleting a key is one, against which there are soft delete and purge protection.
 *
 * Not protected: vault and key stay at a teardown, and a lock that no program knows about any more would only puzzle whoever
 * deletes the vault years later. Replaces: key vault, Locks, Add, Delete.
 *
 * @param opts - `dependsOn` whatever lies below the vault: it can only go after the lock
 */
export function registerLock(name: string, vault: WatchedVault, opts: pulumi.CustomResourceOptions): void {
  new ManagementLockByScope(
    `${name}-lock`,
    { scope: vault.vaultId, lockName: "byok-cannot-delete", level: "CanNotDelete", notes: NOTES },
    opts,
  );
}
