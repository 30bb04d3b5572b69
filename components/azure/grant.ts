/**
 * The grant: the one thing that lets the service use the key, and that goes when access is suspended.
 *
 * @module
 */
import { RoleAssignment } from "@pulumi/azure-native/authorization";
import { AccessPolicy } from "@pulumi/azure-native/keyvault";
import * as pulumi from "@pulumi/pulumi";

import { azureKeyResourceId, azureVaultResourceId } from "./identity.js";
import { explained } from "./refusal-hooks.js";
import { assignedRoleAdvice, triesAgain } from "./refusals.js";
import { assignmentName, KEY_USER_ROLE, keyUserRoleId } from "./role.js";
import { type ResolvedAzureTenantKeyArgs } from "./tenant-key-args.js";

/** What a grant is made from. */
export interface GrantOf {
  readonly parent: pulumi.ComponentResource;
  readonly name: string;
  readonly place: ResolvedAzureTenantKeyArgs;
  /** Known once vault and key fit. */
  readonly vaultName: pulumi.Input<string>;
  /** Object id of the service principal. */
  readonly principalId: pulumi.Input<string>;
  /** The grant comes last and goes first: nobody is granted a key that is only half set up, or half torn down. */
  readonly dependsOn: pulumi.Resource;
}

/** A policy that a vault has. */
export interface FoundPolicy {
  readonly objectId: string;
  readonly permissions: { readonly keys?: readonly string[] };
}

/** Key permissions of the service: to use the key and, if the tenant wants it to, to read what is known about it. */
export function keyPermissions(keyMetadata: boolean): string[] {
  return ["encrypt", "decrypt", ...(keyMetadata ? ["get"] : [])];
}

/**
 * Lets the principal use the vault's keys.
 *
 * @param keys - key permissions
 * @param adoptedId - id of the policy that the principal has already, which is taken over
 */
export function grantPolicy(
  { parent, name, place, vaultName, principalId, dependsOn }: GrantOf,
  keys: string[],
  adoptedId?: string,
): AccessPolicy {
  return new AccessPolicy(
    `${name}-policy`,
    {
      resourceGroupName: place.resourceGroup,
      vaultName,
      policy: {
        tenantId: place.entraTenantId,
        objectId: principalId,
        // No applicationId: it would make this a policy for users who come through the application.
        permissions: { keys },
      },
    },
    {
      parent,
      protect: false,
      retainOnDelete: false,
      dependsOn,
      // The provider updates the policy of one principal; for another one it answers that there is none to update.
      replaceOnChanges: ["policy.objectId"],
      ...(adoptedId === undefined ? {} : { import: adoptedId }),
      ...explained(parent, `${name}-policy-refused`, () => undefined, triesAgain),
    },
  );
}

/**
 * Grants in a vault that was there before, to a principal that was: it may have a policy already, made by hand along the
 * service's guide. The provider makes none where there is one (pulumi-azure-native, custom_keyvault_accesspolicy.go), so
 * that one is taken over (Pulumi's `import`), as it is.
 *
 * @param policies - those of the vault
 * @returns id of the policy
 */
export function grantFoundPolicy(
  grant: GrantOf,
  keys: string[],
  policies: pulumi.Output<readonly FoundPolicy[]>,
): pulumi.Output<string> {
  return pulumi.all([policies, grant.principalId]).apply(([found, principalId]) => {
    const theirs = found.find(({ objectId }) => objectId === principalId);
    if (theirs === undefined) return grantPolicy(grant, keys).id;
    const id = `${azureVaultResourceId(grant.place)}/accessPolicy/${principalId}`;
    const there = [...(theirs.permissions.keys ?? [])];
    // In the spelling and order of the vault: importing takes a policy that says exactly the same.
    if (sameWords(there, keys)) return grantPolicy(grant, there, id).id;
    const { vaultName } = grant.place;
    const advice =
      `${grant.name}: the vault ${vaultName} has an access policy for ${principalId} with the key permissions ${there.join(", ") || "(none)"}. ` +
      "If this stack made it, it is changed now. If somebody else did, this ends with an error: set it first, " +
      `az keyvault set-policy --name ${vaultName} --object-id ${principalId} --key-permissions ${keys.join(" ")}`;
    void pulumi.log.warn(advice, grant.parent);
    return grantPolicy(grant, keys, id).id;
  });
}

function sameWords(some: readonly string[], others: readonly string[]): boolean {
  const words = (list: readonly string[]): string => list.map((word) => word.toLowerCase()).sort().join(" ");
  return words(some) === words(others);
}

/**
 * Assigns the principal the role at the key, and no other key of the vault.
 *
 * With its type given, Azure Resource Manager takes a principal that it has not heard of yet: one made in Entra a moment ago
 * needs no waiting. Microsoft, "Assign Azure roles using the REST API", new service principal.
 */
export function grantRole({ parent, name, place, vaultName, principalId, dependsOn }: GrantOf): RoleAssignment {
  const scope = azureKeyResourceId(place);
  const advice = (refusal: string): string | undefined =>
    assignedRoleAdvice(refusal, { scope, role: KEY_USER_ROLE });
  return new RoleAssignment(
    `${name}-role`,
    {
      roleAssignmentName: pulumi.output(principalId).apply((id) => assignmentName(scope, id)),
      // Only once vault and key fit.
      scope: pulumi.output(vaultName).apply(() => scope),
      roleDefinitionId: keyUserRoleId(place.subscriptionId),
      principalId,
      principalType: "ServicePrincipal",
    },
    {
      parent,
      protect: false,
      retainOnDelete: false,
      dependsOn,
      ...explained(parent, `${name}-role-refused`, advice, triesAgain),
    },
  );
}
