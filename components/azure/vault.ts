/**
 * The vault of a tenant's key: made, or read.
 *
 * @module
 */
import { Vault } from "@pulumi/azure-native/keyvault";
import { ResourceGroup } from "@pulumi/azure-native/resources";
import type * as pulumi from "@pulumi/pulumi";

import { ProtectionLevel } from "../protection-level.js";
import { AzureGrantBy } from "./grant-by.js";
import { refusedChanges, refuseVaultChanges } from "./key-changes.js";
import { explained } from "./refusal-hooks.js";
import { takenNameAdvice } from "./refusals.js";
import { azureNetworkRules } from "./service-addresses.js";
import { type ResolvedAzureTenantKeyArgs } from "./tenant-key-args.js";
import { type AzureTenantKeyArgs } from "./tenant-key.js";

/** Makes the vault, and its resource group unless there is one. */
export function createVault(
  parent: pulumi.ComponentResource,
  name: string,
  args: AzureTenantKeyArgs,
  resolved: ResolvedAzureTenantKeyArgs,
): Vault {
  const { location, resourceGroup, vaultName, entraTenantId, grantBy } = resolved;
  const { tags, serviceAddresses } = args;
  // protect and retainOnDelete are set on every child, since children inherit what they do not set.
  const kept = { parent, protect: true, retainOnDelete: true };
  const tagged = tags === undefined ? {} : { tags };
  const nameTaken = explained(parent, `${name}-name-taken`, (refusal) => takenNameAdvice(refusal, resolved));

  const resourceGroupName =
    args.resourceGroup === undefined
      ? new ResourceGroup(
          `${name}-group`,
          { resourceGroupName: resourceGroup, location, ...tagged },
          { ...kept, ...nameTaken },
        ).name
      : resourceGroup;

  const unchangeable = refusedChanges(`${name}-vault-changes`, ["properties.sku"], (before, after) => {
    refuseVaultChanges(name, before, after);
  });
  return new Vault(
    `${name}-vault`,
    {
      resourceGroupName,
      vaultName,
      location,
      properties: {
        tenantId: entraTenantId,
        sku: { family: "A", name: args.protectionLevel === ProtectionLevel.Hsm ? "premium" : "standard" },
        // Explicit, because the default depends on the version of Azure's API.
        enableRbacAuthorization: grantBy === AzureGrantBy.Role,
        enableSoftDelete: true,
        softDeleteRetentionInDays: 90,
        enablePurgeProtection: true,
        ...(serviceAddresses === undefined ? {} : { networkAcls: { ...azureNetworkRules(serviceAddresses), virtualNetworkRules: [] } }),
        // No accessPolicies: policies are resources of their own, and the provider then leaves those on the vault alone.
      },
      ...tagged,
    },
    {
      ...kept,
      ...unchangeable,
      hooks: { ...nameTaken.hooks, ...unchangeable.hooks },
      // Closing the network is one way to revoke; `pulumi up --refresh` must not quietly undo it.
      ignoreChanges: [...(serviceAddresses === undefined ? ["properties.networkAcls"] : []), "properties.publicNetworkAccess"],
    },
  );
}
