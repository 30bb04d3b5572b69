/**
 * Azure's refusals that need an explanation, or another try.
 *
 * @module
 */
import { setTimeout as wait } from "node:timers/promises";

/** Where something was to be made. */
export interface RefusedPlace {
  readonly vaultName: string;
  readonly keyName: string;
  readonly location: string;
}

/**
 * What to do about a name that is taken; `undefined` for any other refusal. Codes and words: "Azure Key Vault recovery
 * management with soft delete and purge protection"; alan-turing-institute/data-safe-haven#2523 (`ConflictError`),
 * Azure/azure-powershell#15115 (`VaultAlreadyExists`).
 */
export function takenNameAdvice(refusal: string, { vaultName, keyName, location }: RefusedPlace): string | undefined {
  if (/vault with the same name already exists in deleted state/i.test(refusal)) {
    return (
      `The vault ${vaultName} was deleted and can be recovered: until then its name stays taken. Either recover it with its keys, ` +
      `az keyvault recover --name ${vaultName} --location ${location}, and adopt it (existing: { vault: ${vaultName}, key: NAME }), ` +
      "or choose another vaultName."
    );
  }
  if (/VaultAlreadyExists/.test(refusal)) {
    return (
      `The name ${vaultName} is taken: names of vaults are unique in all of Azure, deleted vaults included. If it is a deleted one ` +
      `of yours (az keyvault list-deleted --resource-type vault), az keyvault recover --name ${vaultName}; otherwise choose another vaultName.`
    );
  }
  if (/currently in a deleted but recoverable state/i.test(refusal)) {
    return (
      `The key ${keyName} was deleted from the vault ${vaultName} and can be recovered: until then its name stays taken. Either ` +
      `az keyvault key recover --vault-name ${vaultName} --name ${keyName}, and adopt it (existing: { vault: ${vaultName}, key: ${keyName} }), ` +
      "or choose another keyName."
    );
  }
  if (/cannot create already existing resource/i.test(refusal)) {
    return (
      "It exists already, and this stack did not make it. If it is the tenant's own, adopt it: existing: { vault } for a new key in " +
      "that vault, existing: { vault, key } for the key that is there, resourceGroup for a group; otherwise choose another name."
    );
  }
  return undefined;
}

/**
 * What to do about a role that the principal has already by another assignment; `undefined` for any other refusal.
 * Microsoft, "Troubleshoot Azure RBAC", `RoleAssignmentExists`.
 */
export function assignedRoleAdvice(refusal: string, { scope, role }: { readonly scope: string; readonly role: string }): string | undefined {
  if (!/RoleAssignmentExists/.test(refusal)) return undefined;
  return (
    "The service has this role on this key already, by an assignment that this stack did not make and could not withdraw. Remove it, and run this again: " +
    `az role assignment delete --assignee CLIENT_ID --role ${role} --scope ${scope}`
  );
}

/** Milliseconds before the first next try; each wait is twice as long as the one before. */
const FIRST_WAIT = 500;
/** Tries after the first one: 63.5 seconds of waiting in all. Entra says nothing of how long; minutes are rare. */
export const MOST_TRIES_AGAIN = 7;

/**
 * True if Azure Resource Manager has not heard of the principal yet: it was made in Entra a moment ago. Microsoft,
 * "Troubleshoot Azure RBAC", `PrincipalNotFound`.
 */
export function isPrincipalUnknown(refusal: string): boolean {
  return /PrincipalNotFound/.test(refusal) || /Principal \S+ does not exist in the directory/.test(refusal);
}

/**
 * Whether to try again, once it has waited for as long as makes sense.
 *
 * @param refusals - what was answered so far, the newest first
 */
export async function triesAgain(refusals: readonly string[], pause: (milliseconds: number) => Promise<unknown> = wait): Promise<boolean> {
  const [newest = ""] = refusals;
  if (!isPrincipalUnknown(newest) || refusals.length > MOST_TRIES_AGAIN) return false;
  await pause(FIRST_WAIT * 2 ** (refusals.length - 1));
  return true;
}
