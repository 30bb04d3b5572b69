/**
 * Azure's ids and names as strings: which are well formed.
 *
 * @module
 */

/** Id of a directory, subscription, application or object, in either case; descriptors have it in lower case. */
export const AZURE_GUID_PATTERN = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What {@link AZURE_GUID_PATTERN} says, in words. */
export const AZURE_GUID_RULE = "must be a GUID such as 6f3c1a52-8d0e-4b7a-9c41-2f5d7e8a9b10";

/**
 * Name of a vault, in lower case, because it becomes a host name. Azure naming rules, `Microsoft.KeyVault/vaults`: 3 to 24
 * characters, begins with a letter, ends with a letter or digit, no consecutive hyphens.
 */
export const AZURE_VAULT_NAME_PATTERN = /^(?!.*--)[a-z][a-z0-9-]{1,22}[a-z0-9]$/;

/** What {@link AZURE_VAULT_NAME_PATTERN} says, in words. */
export const AZURE_VAULT_NAME_RULE =
  "must be 3 to 24 characters of a-z, 0-9 and -, beginning with a letter, ending with a letter or digit, without --";

/** Name of a key. Azure naming rules, `vaults/keys`. */
export const AZURE_KEY_NAME_PATTERN = /^[A-Za-z0-9-]{1,127}$/;

/** What {@link AZURE_KEY_NAME_PATTERN} says, in words. */
export const AZURE_KEY_NAME_RULE = "must be 1 to 127 characters of A-Z, a-z, 0-9 and -";

/** Name of a resource group, ASCII only. Azure naming rules, `Microsoft.Resources/resourceGroups`. */
export const AZURE_RESOURCE_GROUP_PATTERN = /^[A-Za-z0-9._()-]{0,89}[A-Za-z0-9_()-]$/;

/** What {@link AZURE_RESOURCE_GROUP_PATTERN} says, in words. */
export const AZURE_RESOURCE_GROUP_RULE =
  "must be the name of a resource group, not its id: 1 to 90 characters of A-Z, a-z, 0-9, ., _, (, ) and -, not ending with .";

/** Sizes of RSA keys. Azure Key Vault documentation, "Key types, algorithms, and operations". */
export const AZURE_KEY_SIZES: readonly number[] = [2048, 3072, 4096];

/** What a key's size must be, in words. */
export const AZURE_KEY_SIZE_RULE = `must be one of ${AZURE_KEY_SIZES.join(", ")} (bits)`;

/** Where a key is, as Azure Resource Manager names it. */
export interface AzureKeyPlace {
  /** Subscription, a GUID in lower case. */
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly vaultName: string;
  readonly keyName: string;
}

/** Resource id of a vault. Azure Key Vault management reference, Vaults - Get. */
export function azureVaultResourceId({ subscriptionId, resourceGroup, vaultName }: Omit<AzureKeyPlace, "keyName">): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.KeyVault/vaults/${vaultName}`;
}

/** Resource id of a key. Azure Key Vault management reference, Keys - Get. */
export function azureKeyResourceId(place: AzureKeyPlace): string {
  return `${azureVaultResourceId(place)}/keys/${place.keyName}`;
}
