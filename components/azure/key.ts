/**
 * A tenant's key in its vault: made, or read.
 *
 * @module
 */
import { Key } from "@pulumi/azure-native/keyvault";
import { KeyRotationPolicyActionType } from "@pulumi/azure-native/types/enums/keyvault";
import * as pulumi from "@pulumi/pulumi";

import { ProtectionLevel } from "../protection-level.js";
import { azureKeyResourceId } from "./identity.js";
import { keyTagsWarning, refusedChanges, refuseKeyChanges } from "./key-changes.js";
import { explained } from "./refusal-hooks.js";
import { takenNameAdvice } from "./refusals.js";
import { type ResolvedAzureTenantKeyArgs } from "./tenant-key-args.js";
import { type AzureTenantKeyArgs } from "./tenant-key.js";

/**
 * Makes the key.
 *
 * @param vaultName - known once the vault is there, and fits
 */
export function createKey(
  parent: pulumi.ComponentResource,
  name: string,
  args: AzureTenantKeyArgs,
  resolved: ResolvedAzureTenantKeyArgs,
  vaultName: pulumi.Output<string>,
): Key {
  const { resourceGroup, keyName } = resolved;
  const { tags, rotationPeriodInDays } = args;
  const nameTaken = explained(parent, `${name}-key-name-taken`, (refusal) => takenNameAdvice(refusal, resolved));
  // Keys - Create If Not Exist returns an existing key as it is: without this, a change would pass for made.
  const createOnly = ["kty", "keySize", "keyOps", "rotationPolicy"].map((property) => `properties.${property}`);
  const unchangeable = refusedChanges(`${name}-key-changes`, createOnly, (before, after) => {
    refuseKeyChanges(name, resolved, before, after);
    const warning = keyTagsWarning(resolved, before, after);
    return warning === undefined ? undefined : pulumi.log.warn(`${name}: ${warning}`, parent);
  });
  return new Key(
    `${name}-key`,
    {
      resourceGroupName: resourceGroup,
      vaultName,
      keyName,
      properties: {
        kty: args.protectionLevel === ProtectionLevel.Hsm ? "RSA-HSM" : "RSA",
        keySize: args.keySize ?? 3072,
        // Only settable now. All four, so that a later grant may be for wrapping; the grant restricts.
        keyOps: ["encrypt", "decrypt", "wrapKey", "unwrapKey"],
        ...(rotationPeriodInDays === undefined ? {} : { rotationPolicy: rotatingEvery(rotationPeriodInDays) }),
      },
      ...(tags === undefined ? {} : { tags }),
    },
    {
      parent,
      protect: true,
      retainOnDelete: true,
      // Disabling the key is how the tenant revokes.
      ignoreChanges: ["properties.attributes"],
      ...unchangeable,
      hooks: { ...nameTaken.hooks, ...unchangeable.hooks },
    },
  );
}

/** The key that exists, in previews too. */
export function readKey(parent: pulumi.ComponentResource, name: string, resolved: ResolvedAzureTenantKeyArgs): Key {
  return Key.get(`${name}-key`, azureKeyResourceId(resolved), { parent });
}

/** Never an expiry: the SDKs refuse every operation with an expired key, and backups are needed for longer. */
function rotatingEvery(days: number) {
  return {
    lifetimeActions: [{ action: { type: KeyRotationPolicyActionType.Rotate }, trigger: { timeAfterCreate: `P${days}D` } }],
  };
}
