/**
 * Names of what gets created. Outside a preset they carry tenant and datacenter, so that one account can hold the keys of
 * several.
 *
 * @module
 */
import { createHash } from "node:crypto";

import { type Datacenter } from "./regions.js";

/** A tenant's id: same pattern as `TENANT_ID` of the master key descriptor. */
export const TENANT_PATTERN = /^[a-z0-9-]{3,32}$/;

/** What {@link TENANT_PATTERN} says, in words. */
export const TENANT_RULE = "must be 3 to 32 characters of a-z, 0-9 and -";

/**
 * An AWS KMS alias that may be created: `alias/` and 1 to 250 characters, not under `alias/aws/`, which AWS keeps for
 * itself. Format: AWS KMS API Reference, CreateAlias, AliasName.
 */
export const AWS_ALIAS_PATTERN = /^alias\/(?!aws\/)[A-Za-z0-9/_-]{1,250}$/;

/** What {@link AWS_ALIAS_PATTERN} says, in words. */
export const AWS_ALIAS_RULE =
  "must look like alias/NAME, NAME being 1 to 250 characters of A-Z, a-z, 0-9, /, _ and -, and not start with alias/aws/";

/** Length of the suffix of a vault's name: 30 bits, enough to keep apart what one subscription holds. */
const VAULT_SUFFIX_LENGTH = 6;

/** Of the tenant's id, as much as fits: `byok-` + 8 + `-usa-` + suffix are the 24 characters that Azure allows. */
const VAULT_TENANT_LENGTH = 8;

/** Base 32, RFC 4648 section 6, in lower case. */
const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

/**
 * Alias of a tenant's key, e.g. `alias/byok-acme-eu`. Unambiguous although tenants may contain `-`, since no datacenter
 * does.
 */
export function awsAliasName(tenant: string, datacenter: Datacenter): string {
  return `alias/${resourceName(tenant, datacenter)}`;
}

/** Description of a tenant's key, as the cloud's console shows it. */
export function keyDescription(tenant: string, datacenter: Datacenter): string {
  return `BYOK backup encryption key of ${tenant} for datacenter ${datacenter}`;
}

/**
 * `byok-TENANT-DATACENTER`: name of the key ring and key in Google Cloud, of the resource group, key and application in
 * Azure. Unambiguous as {@link awsAliasName} is.
 */
export function resourceName(tenant: string, datacenter: Datacenter): string {
  return `byok-${tenant}-${datacenter}`;
}

/**
 * Name of a tenant's key vault, e.g. `byok-acme-eu-k3vq7a`. The names of all the world's vaults are one namespace, so the
 * suffix depends on the subscription too; it is the same on every run.
 */
export function azureVaultName(tenant: string, datacenter: Datacenter, subscriptionId: string): string {
  // Azure refuses consecutive hyphens; what this loses, the suffix keeps.
  const slug = tenant.replace(/-+/g, "-").replace(/^-/, "").slice(0, VAULT_TENANT_LENGTH).replace(/-$/, "");
  // None of the three contains a line feed.
  const digest = createHash("sha256").update([subscriptionId, tenant, datacenter].join("\n")).digest();
  const suffix = Array.from(digest.subarray(0, VAULT_SUFFIX_LENGTH), (byte) => BASE32.charAt(byte % BASE32.length)).join("");
  return ["byok", slug, datacenter, suffix].filter((part) => part !== "").join("-");
}
