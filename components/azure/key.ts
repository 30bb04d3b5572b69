/**
 * A tenant's key in its vault: made, or read.
 *
 * @module
 */
import { Key } from "@pulumi/azure-native/keyvault";
import { KeyRotationPolicyActionType } from "@pulumi/azure-native/types/enums/keyvault";
import * as pulumi from "@pulumi/pulumi";

import { ProtectionLevel } from "../protection-level.js";
import { engineHooks } from "./engine-hooks.js";
import { azureKeyResourceId } from "./identity.js";
import { keyTagsWarning, refuseKeyChanges } from "./key-changes.js";
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
      ...refusedChanges(parent, name, resolved, nameTaken.hooks),
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

/**
 * Options by which nothing that Azure would silently ignore passes for done. With an engine that runs hooks, a change is
 * explained in previews and updates; with another one it is a replacement, which the protection refuses.
 */
function refusedChanges(
  parent: pulumi.ComponentResource,
  name: string,
  key: ResolvedAzureTenantKeyArgs,
  hooks: pulumi.ResourceHookBinding = {},
): pulumi.CustomResourceOptions {
  // Disabling the key is how the tenant revokes.
  const ignoreChanges = ["properties.attributes"];
  if (!engineHooks().resource) {
    // Keys - Create If Not Exist returns an existing key as it is: without this, a change would pass for made.
    const replaceOnChanges = ["kty", "keySize", "keyOps", "rotationPolicy"].map((property) => `properties.${property}`);
    return { ignoreChanges, replaceOnChanges, hooks };
  }
  const check = new pulumi.ResourceHook(
    `${name}-key-changes`,
    ({ oldInputs = {}, newInputs = {} }) => {
      refuseKeyChanges(name, key, oldInputs, newInputs);
      const warning = keyTagsWarning(key, oldInputs, newInputs);
      return warning === undefined ? undefined : pulumi.log.warn(`${name}: ${warning}`, parent);
    },
    { onDryRun: true },
  );
  return { ignoreChanges, hooks: { ...hooks, beforeUpdate: [check] } };
}
