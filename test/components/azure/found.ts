/** A vault and a key as Azure Resource Manager shows those that were made by hand and fit. */

export const ENTRA_TENANT = "6f3c1a52-8d0e-4b7a-9c41-2f5d7e8a9b10";
export const SUBSCRIPTION = "0d9b4e37-5a1c-4c86-b2f4-93e6a7c8d201";

/** What a test has otherwise; a null takes the member away. */
export interface Changes {
  readonly location?: string;
  readonly vault?: Readonly<Record<string, unknown>>;
  readonly key?: Readonly<Record<string, unknown>>;
}

function changed(members: Readonly<Record<string, unknown>>, changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...members, ...changes }).filter(([, value]) => value !== null));
}

/** State by type, for `deploy`. The key and the vault are called as their ids say. */
export function found({ location = "westeurope", vault, key }: Changes = {}): (type: string, id: string) => Record<string, unknown> {
  return (type, id) => {
    const [, vaultName = "", keyName = ""] = /\/vaults\/([^/]+)(?:\/keys\/([^/]+))?$/.exec(id) ?? [];
    if (type === "azure-native:keyvault:Vault") {
      const properties = { tenantId: ENTRA_TENANT, sku: { family: "A", name: "standard" }, enableSoftDelete: true, enablePurgeProtection: true, accessPolicies: [] };
      return { name: vaultName, location, properties: changed(properties, vault) };
    }
    const properties = { kty: "RSA", keySize: 2048, keyOps: ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"], attributes: { enabled: true } };
    // Azure's answer may spell the host as the vault was typed, with a port.
    return { keyUri: `https://${vaultName.toUpperCase()}.vault.azure.net:443/keys/${keyName}`, ...changed(properties, key) };
  };
}
