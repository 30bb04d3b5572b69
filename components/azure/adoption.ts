/**
 * A vault, or a vault and a key in it, that were made by hand: read, and checked.
 *
 * @module
 */
import { getRoleAssignment } from "@pulumi/azure-native/authorization";
import { getKey, getVault } from "@pulumi/azure-native/keyvault";
import * as pulumi from "@pulumi/pulumi";

import { isGranted } from "../access.js";
import { UnfitResourceError } from "../errors.js";
import { type FoundKey, type FoundVault, keyMisfits, vaultMisfits } from "./fit.js";
import { AzureGrantBy } from "./grant-by.js";
import { type FoundPolicy } from "./grant.js";
import { azureKeyResourceId } from "./identity.js";
import { createKey, readKey } from "./key.js";
import { assignmentName } from "./role.js";
import { type ResolvedAzureTenantKeyArgs } from "./tenant-key-args.js";
import { type AzureTenantKeyArgs, type GrantableKey } from "./tenant-key.js";

/**
 * Takes the key that exists, or makes one in the vault that exists. What does not fit is an UnfitResourceError of the
 * vault's name, which everything that is made or granted here waits for; while access is suspended, a key that exists is
 * neither granted nor checked.
 */
export function adoptKey(
  parent: pulumi.ComponentResource,
  name: string,
  args: AzureTenantKeyArgs,
  resolved: ResolvedAzureTenantKeyArgs,
): GrantableKey {
  const { resourceGroup: resourceGroupName } = resolved;
  // Functions, not resources that are read: of those, previews do not know what Azure leaves out of its answer.
  const found = pulumi.output(
    getVault({ resourceGroupName, vaultName: resolved.vaultName }, { parent }).then(
      ({ name, location, properties }) => ({ name, location: location ?? "", properties }),
      unreadable(name, `vault ${resolved.vaultName}`, resourceGroupName),
    ),
  );
  const policies = found.apply(({ properties }): readonly FoundPolicy[] => properties.accessPolicies ?? []);

  if (!resolved.adoptsKey) {
    const vaultName = found.apply((there) => {
      refuse(name, `vault ${there.name}`, vaultMisfits(there, wantedVault(args, resolved)));
      return resolved.vaultName;
    });
    return { key: createKey(parent, name, args, resolved, vaultName), vaultName, policies };
  }

  const key = readKey(parent, name, resolved);
  const vaultName =
    isGranted(args.access) ? fitting(parent, name, args, resolved, found, policies) : pulumi.output(resolved.vaultName);
  return { key, vaultName, policies };
}

/** @returns the vault's name, once vault and key have been found to fit */
function fitting(
  parent: pulumi.ComponentResource,
  name: string,
  args: AzureTenantKeyArgs,
  resolved: ResolvedAzureTenantKeyArgs,
  vault: pulumi.Output<FoundVault>,
  policies: pulumi.Output<readonly FoundPolicy[]>,
): pulumi.Output<string> {
  const { vaultName, keyName, grantBy, resourceGroup: resourceGroupName } = resolved;
  const found = pulumi.output(
    getKey({ resourceGroupName, vaultName, keyName }, { parent }).catch(
      unreadable(name, `key ${keyName} in vault ${vaultName}`, resourceGroupName),
    ),
  );
  const refuseMisfits = (there: FoundVault, key: FoundKey, wasGranted: boolean): string => {
    refuse(name, `key ${keyName} in vault ${vaultName}`, [
      ...vaultMisfits(there, wantedVault(args, resolved)).map((misfit) => `vault: ${misfit}`),
      ...keyMisfits(key, { vaultName, keyName, grantBy, wasGranted, now: new Date() }),
    ]);
    return vaultName;
  };
  return pulumi.all([vault, found]).apply(([there, { kty, keySize, keyOps, attributes, rotationPolicy }]) => {
    const key: FoundKey = { kty, keySize, keyOps, attributes, rotationPolicy };
    // Who is granted may not be known yet, and only matters for a key that is disabled.
    if (attributes?.enabled !== false) return pulumi.output(refuseMisfits(there, key, false));
    const principalId = args.application.servicePrincipalId;
    return hasGrant(parent, resolved, principalId, policies).apply((wasGranted) => refuseMisfits(there, key, wasGranted));
  });
}

/** Whether the principal has the grant already: then this is no adoption, and the tenant has revoked by disabling the key. */
function hasGrant(
  parent: pulumi.ComponentResource,
  resolved: ResolvedAzureTenantKeyArgs,
  principalId: pulumi.Input<string>,
  policies: pulumi.Output<readonly FoundPolicy[]>,
): pulumi.Output<boolean> {
  const scope = azureKeyResourceId(resolved);
  return pulumi.all([policies, principalId]).apply(async ([found, principal]) => {
    if (resolved.grantBy === AzureGrantBy.AccessPolicy) return found.some(({ objectId }) => objectId === principal);
    return getRoleAssignment({ scope, roleAssignmentName: assignmentName(scope, principal) }, { parent }).then(
      () => true,
      // 404, or no right to look: then it is not known to be granted.
      () => false,
    );
  });
}

function wantedVault(args: AzureTenantKeyArgs, { entraTenantId, grantBy, adoptsKey }: ResolvedAzureTenantKeyArgs) {
  return {
    entraTenantId,
    datacenter: args.datacenter,
    allowCrossRegion: args.allowCrossRegion === true,
    grantBy,
    protectionLevel: adoptsKey ? undefined : args.protectionLevel,
  };
}

/** Of what is not there, or not within sight. */
function unreadable(name: string, what: string, resourceGroup: string): (error: unknown) => never {
  return (error) => {
    const said = error instanceof Error ? error.message : String(error);
    throw new UnfitResourceError("AzureTenantKey", name, what, [
      `cannot be read in the resource group ${resourceGroup}: ${said}; correct existing or resourceGroup, or leave existing out`,
    ]);
  };
}

function refuse(name: string, what: string, misfits: readonly string[]): void {
  if (misfits.length > 0) throw new UnfitResourceError("AzureTenantKey", name, what, misfits);
}
