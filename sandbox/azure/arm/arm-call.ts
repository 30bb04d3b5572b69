/**
 * What every operation of ARM begins with: whose subscription it is, and whether the caller may.
 *
 * @module
 */
import { type z } from "zod";

import { type Call } from "../call.js";
import { type DirectoryRecord, type ResourceGroupRecord, type VaultRecord } from "../state.js";
import { mayManage } from "../roles.js";
import { ARM_RESOURCE, TokenRefused, verifyToken } from "../tokens.js";
import {
  authorizationFailed,
  badRequest,
  notInSandbox,
  resourceGroupNotFound,
  resourceNotFound,
  subscriptionNotFound,
  tokenRefused,
  wrongTenant,
} from "./errors.js";
import { requireUnlocked } from "./locked.js";

/** The directory of the subscription under `:subscription`, once the caller has proved that it may do this. */
export function authorize(call: Call, action: string, scope: string): DirectoryRecord {
  const { state, request } = call;
  const directory = state.directories.find(({ subscription }) => subscription === call.parameter("subscription").toLowerCase());
  try {
    call.principal = verifyToken(
      state,
      request.authorization,
      ARM_RESOURCE,
      // Whose token it is counts only once the subscription is known.
      directory === undefined ? state.directories.map(({ id }) => id) : [directory.id],
    );
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
    throw refusalOf(error, directory?.id ?? "common");
  }
  if (directory === undefined) throw subscriptionNotFound(call.parameter("subscription"));
  if (!mayManage(state.roleAssignments, call.principal.objectId, action, scope)) {
    throw authorizationFailed(call.principal, action, scope);
  }
  requireUnlocked(call);
  return directory;
}

/** ARM's codes ("Troubleshoot common Azure deployment errors"; Azure REST API "Authentication errors"). */
function refusalOf({ problem, found }: TokenRefused, directory: string): Error {
  switch (problem) {
    case "missing":
      return tokenRefused("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.", directory);
    case "expired":
      return tokenRefused("ExpiredAuthenticationToken", "The access token has expired.", directory);
    case "issuer":
      return wrongTenant(found, directory);
    case "audience":
      return tokenRefused(
        "InvalidAuthenticationTokenAudience",
        `The access token has been obtained for wrong audience or resource '${found}'. It should exactly match with one of the allowed audiences 'https://management.core.windows.net/','https://management.core.windows.net','https://management.azure.com/','https://management.azure.com'.`,
        directory,
      );
    case "malformed":
    case "signature":
      return tokenRefused("InvalidAuthenticationToken", "The access token is invalid.", directory);
  }
}

/** What a lock or a role assignment is on: what stands before the provider's part of the path. */
export function extensionScope({ request: { path } }: Call): string {
  const end = path.findLastIndex((segment) => segment.toLowerCase() === "microsoft.authorization") - 1;
  return `/${path.slice(0, end).join("/")}`;
}

/** The resource group under `:resourceGroup`. */
export function resourceGroupOf(call: Call): ResourceGroupRecord {
  const name = call.parameter("resourceGroup");
  const found = call.state.resourceGroups.find(
    (group) => group.subscription === call.parameter("subscription").toLowerCase() && group.name.toLowerCase() === name.toLowerCase(),
  );
  if (found === undefined) throw resourceGroupNotFound(name);
  return found;
}

/** The vault under `:vault` in the resource group under `:resourceGroup`; undefined if it is not there. */
export function vaultIn(call: Call, group: ResourceGroupRecord): VaultRecord | undefined {
  const name = call.parameter("vault").toLowerCase();
  return call.state.vaults.find(
    (vault) =>
      vault.deletion === null &&
      vault.name.toLowerCase() === name &&
      vault.subscription === group.subscription &&
      vault.resourceGroup.toLowerCase() === group.name.toLowerCase(),
  );
}

/** The same; it must be there. */
export function vaultOf(call: Call): VaultRecord {
  const group = resourceGroupOf(call);
  const vault = vaultIn(call, group);
  if (vault === undefined) throw resourceNotFound("Microsoft.KeyVault/vaults", call.parameter("vault"), group.name);
  return vault;
}

/** The body, in ARM's way of refusing. */
export function body<Schema extends z.ZodType>(call: Call, schema: Schema): z.infer<Schema> {
  return call.json(schema, { malformed: badRequest, notPlayed: notInSandbox });
}

/** `West Europe` is `westeurope`. */
export function normalizeLocation(location: string): string {
  return location.toLowerCase().replaceAll(" ", "");
}
