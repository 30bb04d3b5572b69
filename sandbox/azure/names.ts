/**
 * Host names, identifiers and resource ids.
 *
 * @module
 */

/** Where Entra signs applications in. */
export const LOGIN_HOST = "login.microsoftonline.com";
/** Azure Resource Manager. */
export const ARM_HOST = "management.azure.com";
/** Microsoft Graph. */
export const GRAPH_HOST = "graph.microsoft.com";
/** What the name of a vault is followed by in its host name (Key Vault REST reference, "Common parameters"; public cloud). */
export const VAULT_SUFFIX = ".vault.azure.net";

/** A directory, subscription, application or object id. */
export const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/**
 * Name of a vault: 3 to 24 characters, begins with a letter, ends with a letter or digit, no consecutive hyphens (Azure
 * naming rules, `Microsoft.KeyVault/vaults`).
 */
export const VAULT_NAME = /^(?!.*--)[a-z][a-z0-9-]{1,22}[a-z0-9]$/i;
/** Name of a key (REST reference, Create Key: `^[0-9a-zA-Z-]+$`; naming rules: up to 127 characters). */
export const KEY_NAME = /^[0-9a-z-]{1,127}$/i;

/** `https://VAULT.vault.azure.net/keys/KEY`, with `/VERSION` if one is given. */
export function keyIdentifier(vault: string, key: string, version?: string): string {
  const versionless = `https://${vault.toLowerCase()}${VAULT_SUFFIX}/keys/${key}`;
  return version === undefined ? versionless : `${versionless}/${version}`;
}

/** Vault and key of an identifier without a version; undefined if it is none. */
export function parseKeyIdentifier(text: string): { readonly vault: string; readonly key: string } | undefined {
  const match = /^https:\/\/([a-z0-9-]+)\.vault\.azure\.net\/keys\/([0-9a-z-]+)$/i.exec(text);
  return match?.[1] === undefined || match[2] === undefined ? undefined : { vault: match[1], key: match[2] };
}

/** ARM id of a resource group. */
export function resourceGroupId(of: { readonly subscription: string; readonly resourceGroup: string }): string {
  return `/subscriptions/${of.subscription}/resourceGroups/${of.resourceGroup}`;
}

/** ARM id of a vault. */
export function vaultId(of: { readonly subscription: string; readonly resourceGroup: string; readonly name: string }): string {
  return `${resourceGroupId(of)}/providers/Microsoft.KeyVault/vaults/${of.name}`;
}

/** True if a scope is the other or lies within it; ARM ids are compared without case. */
export function isWithin(scope: string, other: string): boolean {
  const [inner, outer] = [scope.toLowerCase(), other.toLowerCase().replace(/\/$/, "")];
  return inner === outer || inner.startsWith(`${outer}/`);
}
