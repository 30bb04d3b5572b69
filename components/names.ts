/**
 * Names of what gets created. Outside a preset they carry tenant and datacenter, so that one account can hold the keys of
 * several.
 *
 * @module
 */
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

/**
 * Alias of a tenant's key, e.g. `alias/byok-acme-eu`. Unambiguous although tenants may contain `-`, since no datacenter
 * does.
 */
export function awsAliasName(tenant: string, datacenter: Datacenter): string {
  return `alias/byok-${tenant}-${datacenter}`;
}

/** Description of a tenant's key, as the cloud's console shows it. */
export function keyDescription(tenant: string, datacenter: Datacenter): string {
  return `BYOK backup encryption key of ${tenant} for datacenter ${datacenter}`;
}
