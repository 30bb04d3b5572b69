/**
 * Azure's part of `TenantKeys`. Loads no SDK.
 *
 * @module
 */
import { keyOptionsOf } from "../key-options.js";
import { type ProtectionLevel } from "../protection-level.js";
import { type TenantKeysArgs } from "../tenant-keys.js";
import { type AzureAppRegistrationArgs } from "./app-registration.js";
import { type ExistingAzureArgs } from "./existing.js";
import { type AzureGrantBy } from "./grant-by.js";
import { type AzureKeyArgs } from "./tenant-key-args.js";

/** Where the tenant's key lives in Azure, and how the service signs in there; see `AzureTenantKeyArgs`. */
export interface TenantAzureArgs {
  /** Id of the Entra tenant (directory). */
  entraTenantId: string;
  /** Id of the subscription that owns the key: the tenant's own. */
  subscriptionId: string;
  /** One or two certificates of the service, PEM, public. */
  certificates: string[];
  /** Name of an existing resource group. Default: a new one. */
  resourceGroup?: string;
  /** Name of the vault. Default: made of tenant, datacenter and a suffix. */
  vaultName?: string;
  /** Another Azure region within the datacenter's residency. Default: the one closest to the datacenter. */
  location?: string;
  /** Lets `location` be a region outside the datacenter's residency. Default: false. */
  allowCrossRegion?: boolean;
  /** Where the key material is kept. Default: `software`. */
  protectionLevel?: ProtectionLevel;
  /** Bits of the RSA key: 2048, 3072 or 4096. Default: 3072. */
  keySize?: number;
  /** Days between rotations of a new key, 7 to 3650. Default: it is rotated by hand. */
  rotationPeriodInDays?: number;
  /** Name of the key. Default: `byok-TENANT-DATACENTER`. */
  keyName?: string;
  /** How the service is granted the key. Default: `accessPolicy`. */
  grantBy?: AzureGrantBy;
  /** Addresses that the vault's firewall lets in. Default: the firewall is the tenant's own business. */
  serviceAddresses?: string[];
  /** Vault, key and application that exist already. Default: all of them are made. */
  existing?: ExistingAzureArgs;
}

/** Arguments of Azure's two components. */
export interface AzureComponentsArgs {
  readonly application: AzureAppRegistrationArgs;
  readonly key: AzureKeyArgs;
}

/** The application is the service's identity: nothing of `service` or `preset` is needed. */
export function azureComponentsArgs(args: TenantKeysArgs): AzureComponentsArgs | undefined {
  const { tenant, datacenter, azure, tags } = args;
  if (azure === undefined) return undefined;
  const { certificates, existing, ...place } = azure;
  const { application, ...existingKey } = existing ?? {};
  return {
    application: { tenant, datacenter, certificates, ...(application === undefined ? {} : { existing: application }) },
    key: {
      tenant,
      datacenter,
      ...keyOptionsOf(args),
      ...place,
      // An application alone says nothing about the key.
      ...(existing === undefined || (application !== undefined && Object.keys(existingKey).length === 0) ? {} : { existing: existingKey }),
      // What exists keeps the tags it has.
      ...(tags === undefined || existing?.key !== undefined ? {} : { tags }),
    },
  };
}
