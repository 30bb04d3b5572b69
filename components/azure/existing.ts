/**
 * What a key is made of that may be there already, made by hand or left by a teardown.
 *
 * @module
 */

/** Vault and key that exist. Both are read, and never created nor changed. */
export interface ExistingAzureKeyArgs {
  /** Name of the vault. Alone: the key is made in it. Default with `key`: the name that a vault of this stack would have. */
  vault?: string;
  /** Name of the key, which is granted as it is. */
  key?: string;
}

/** All that may exist of a tenant's key in Azure; the resource group is named by `resourceGroup`. */
export interface ExistingAzureArgs extends ExistingAzureKeyArgs {
  /** Client id of the application. Its certificates stay in the tenant's own hands. */
  application?: string;
}

/** Arguments that say how to create a vault. */
const VAULT_CREATION_ARGS = ["vaultName", "location", "serviceAddresses"] as const;

/** Arguments that say how to create a key. */
const KEY_CREATION_ARGS = ["keyName", "protectionLevel", "keySize", "rotationPeriodInDays", "tags"] as const;

/** Why 0.1's way to name what exists is refused. */
export const EXISTING_KEY_RULE =
  "is now spelled existing: { vault: NAME, key: NAME }, or existing: { key: NAME } for the vault that this stack would make";

/**
 * Arguments beside `existing` that say how to create that same thing: never both. Argument, and what is wrong.
 *
 * @param args - anything with arguments, or members of the configuration, of these names
 */
export function existingProblems(args: object): [argument: string, rule: string][] {
  const { existing, ...others } = args as { readonly existing?: ExistingAzureKeyArgs } & Readonly<Record<string, unknown>>;
  if (existing === undefined) return [];
  const given = (names: readonly string[]): string[] => names.filter((name) => others[name] !== undefined);
  const { vault, key } = existing;
  if (key !== undefined) {
    return [
      ...given(VAULT_CREATION_ARGS).map((name): [string, string] => [name, "says how to create a vault; existing.key creates none"]),
      ...given(KEY_CREATION_ARGS).map((name): [string, string] => [name, "says how to create a key; existing.key creates none"]),
    ];
  }
  if (vault === undefined) return [];
  return given(VAULT_CREATION_ARGS).map((name) => [name, "says how to create a vault; existing.vault creates none"]);
}
