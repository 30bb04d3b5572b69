/** A vault and a key as Azure Resource Manager shows those that were made by hand and fit. */
import { type Existing, fitting } from "../fitting.js";
import { type Calls } from "../recorded-deployment.js";

export const ENTRA_TENANT = "6f3c1a52-8d0e-4b7a-9c41-2f5d7e8a9b10";
export const SUBSCRIPTION = "0d9b4e37-5a1c-4c86-b2f4-93e6a7c8d201";

/** An application that this stack has registered. */
export const APPLICATION = {
  clientId: "a11ca710-0000-4000-8000-000000000001",
  servicePrincipalId: "0b1ec710-0000-4000-8000-000000000002",
  certificateThumbprint: "0123456789ABCDEF0123456789ABCDEF01234567",
  certificateNotAfter: "2028-12-31T12:34:56Z",
};

/** What a test has otherwise; a null takes the member away. */
export interface Changes {
  readonly location?: string;
  readonly vault?: Readonly<Record<string, unknown>>;
  readonly key?: Readonly<Record<string, unknown>>;
  /** What other functions answer. */
  readonly calls?: Calls;
}

function changed(members: Readonly<Record<string, unknown>>, changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...members, ...changes }).filter(([, value]) => value !== null));
}

/** What the cloud answers, for `deploy`. Key and vault are called as they are asked for. */
export function found({ location = "westeurope", vault, key, calls }: Changes = {}): { readonly existing: Existing; readonly calls: Calls } {
  return {
    existing: (type, id) => {
      if (type.startsWith("gcp:")) return fitting(type, id);
      const [, vaultName = "", keyName = ""] = /\/vaults\/([^/]+)\/keys\/([^/]+)$/.exec(id) ?? [];
      // Azure's answer may spell the host as the vault was typed, with a port.
      return { keyUri: `https://${vaultName.toUpperCase()}.vault.azure.net:443/keys/${keyName}` };
    },
    calls: (token, args) => {
      if (token === "azure-native:keyvault:getVault") {
        const { vaultName } = args as { vaultName: string };
        const properties = { tenantId: ENTRA_TENANT, sku: { family: "A", name: "standard" }, enableSoftDelete: true, enablePurgeProtection: true, accessPolicies: [] };
        return { name: vaultName, location, properties: changed(properties, vault) };
      }
      if (token === "azure-native:keyvault:getKey") {
        const members = { kty: "RSA", keySize: 2048, keyOps: ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"], attributes: { enabled: true } };
        return changed(members, key);
      }
      if (calls === undefined) throw new Error(`the program must not call ${token}`);
      return calls(token, args);
    },
  };
}
