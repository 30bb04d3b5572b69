/**
 * Whether a vault, a key or an application that was made by hand fits. What does not is told with what to do about it.
 *
 * @module
 */
import { ProtectionLevel } from "../protection-level.js";
import { type Datacenter } from "../regions.js";
import { keepsResidency, residencyRule } from "../residency.js";
import { AZURE_KEY_OPS, AzureGrantBy } from "./grant-by.js";
import { AZURE_RESIDENCY } from "./locations.js";

/** What is wanted of a vault. */
export interface WantedVault {
  readonly entraTenantId: string;
  readonly datacenter: Datacenter;
  readonly allowCrossRegion: boolean;
  readonly grantBy: AzureGrantBy;
  /** Of a key that will be made in it; none if the key exists. */
  readonly protectionLevel: ProtectionLevel | undefined;
}

/** A vault as Azure Resource Manager shows it: Vaults - Get. */
export interface FoundVault {
  readonly name: string;
  readonly location: string;
  readonly properties: {
    readonly tenantId: string;
    readonly sku: { readonly name: string };
    readonly enableRbacAuthorization?: boolean;
    readonly enableSoftDelete?: boolean;
    readonly enablePurgeProtection?: boolean;
  };
}

/** Whatever keeps a vault from being used as it is. */
export function vaultMisfits({ name, location, properties }: FoundVault, wanted: WantedVault): string[] {
  const misfits: string[] = [];
  const region = location.toLowerCase().replaceAll(" ", "");
  if (!wanted.allowCrossRegion && !keepsResidency(AZURE_RESIDENCY, wanted.datacenter, region)) {
    misfits.push(`location: ${region} ${residencyRule(AZURE_RESIDENCY, wanted.datacenter)}; a vault cannot move: name another one`);
  }
  if (properties.tenantId.toLowerCase() !== wanted.entraTenantId) {
    misfits.push(`tenantId: the vault trusts the directory ${properties.tenantId}, not ${wanted.entraTenantId}; name a vault of that one`);
  }
  if (properties.enableSoftDelete !== true) {
    misfits.push(`enableSoftDelete: must be on, or a deleted key is gone at once: az keyvault update --name ${name} --enable-soft-delete true`);
  }
  if (properties.enablePurgeProtection !== true) {
    misfits.push(
      `enablePurgeProtection: must be on, or a deleted key can be purged with every backup under it: az keyvault update --name ${name} --enable-purge-protection true`,
    );
  }
  const rbac = properties.enableRbacAuthorization === true;
  if (rbac !== (wanted.grantBy === AzureGrantBy.Role)) {
    misfits.push(
      rbac
        ? "enableRbacAuthorization: the vault goes by role assignments, and its mode is not changed here; set grantBy to role"
        : "enableRbacAuthorization: the vault goes by access policies, and its mode is not changed here; set grantBy to accessPolicy",
    );
  }
  if (wanted.protectionLevel === ProtectionLevel.Hsm && properties.sku.name.toLowerCase() !== "premium") {
    misfits.push(`sku: is ${properties.sku.name}, and protectionLevel hsm needs premium; leave it out, or name another vault`);
  }
  return misfits;
}

/** A key as Azure Resource Manager shows it: Keys - Get. Times are seconds since 1970. */
export interface FoundKey {
  readonly kty: string | undefined;
  readonly keySize: number | undefined;
  readonly keyOps: readonly string[] | undefined;
  readonly attributes: { readonly enabled?: boolean; readonly expires?: number; readonly notBefore?: number } | undefined;
  readonly rotationPolicy: { readonly attributes?: { readonly expiryTime?: string } } | undefined;
}

/** What is wanted of a key. */
export interface WantedKey {
  readonly vaultName: string;
  readonly keyName: string;
  readonly grantBy: AzureGrantBy;
  /** Whether it was granted before: a tenant that has disabled its key since may still deploy. */
  readonly wasGranted: boolean;
  readonly now: Date;
}

/**
 * Fewest bits: a wrap is 64 bytes, and RSA-OAEP-256 holds 190 with 2048 bits (RFC 8017, section 7.1.1), the smallest size
 * that Key Vault makes.
 */
const FEWEST_BITS = 2048;

/** Whatever keeps a key from being granted as it is. */
export function keyMisfits({ kty, keySize, keyOps, attributes, rotationPolicy }: FoundKey, wanted: WantedKey): string[] {
  const { vaultName, keyName, grantBy } = wanted;
  const named = `--vault-name ${vaultName} --name ${keyName}`;
  const misfits: string[] = [];
  if (kty !== "RSA" && kty !== "RSA-HSM") {
    misfits.push(`kty: is ${kty ?? "unknown"}, and must be RSA or RSA-HSM; name another key`);
  } else if (keySize === undefined || keySize < FEWEST_BITS) {
    misfits.push(`keySize: is ${keySize ?? "unknown"}, and must be at least ${FEWEST_BITS}; name another key`);
  }
  const missing = AZURE_KEY_OPS[grantBy].filter((operation) => keyOps?.includes(operation) !== true);
  if (missing.length > 0) {
    const all = [...(keyOps ?? []), ...missing].join(" ");
    misfits.push(`keyOps: must have ${missing.join(" and ")} with grantBy ${grantBy}: az keyvault key set-attributes ${named} --ops ${all}`);
  }
  if (attributes?.enabled === false && !wanted.wasGranted) {
    misfits.push(`enabled: the key is disabled: az keyvault key set-attributes ${named} --enabled true`);
  }
  const seconds = wanted.now.getTime() / 1000;
  if (attributes?.notBefore !== undefined && attributes.notBefore > seconds) {
    misfits.push(`notBefore: the key is not valid before ${time(attributes.notBefore)}; wait, or name another key`);
  }
  if (attributes?.expires !== undefined) {
    misfits.push(
      `expires: the key expires at ${time(attributes.expires)}, and backups are needed for longer; remove the expiry in the portal ` +
        "(Key Vaults, Keys, the version, Set expiration date), or name another key",
    );
  }
  const expiryTime = rotationPolicy?.attributes?.expiryTime;
  if (expiryTime !== undefined) {
    misfits.push(
      `rotationPolicy: lets new versions expire after ${expiryTime}; set a policy without expiryTime: az keyvault key rotation-policy update ${named} --value policy.json`,
    );
  }
  return misfits;
}

function time(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}

/** An application and its service principal, as Microsoft Graph shows them. */
export interface FoundApplication {
  readonly clientId: string;
  readonly signInAudience: string;
  readonly accountEnabled: boolean;
}

/** Whatever keeps an application from being granted as it is. */
export function applicationMisfits({ clientId, signInAudience, accountEnabled }: FoundApplication): string[] {
  const misfits: string[] = [];
  if (signInAudience !== "AzureADMyOrg") {
    misfits.push(
      `signInAudience: is ${signInAudience}, and must be AzureADMyOrg, or other directories can have it too: az ad app update --id ${clientId} --sign-in-audience AzureADMyOrg`,
    );
  }
  if (!accountEnabled) {
    misfits.push(`accountEnabled: nobody can sign in by it: az ad sp update --id ${clientId} --set accountEnabled=true`);
  }
  return misfits;
}
