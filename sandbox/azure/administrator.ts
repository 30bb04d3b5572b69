/**
 * The administrator of a directory at work: acts are requests with its tokens, like anybody's, so that rights, states and
 * the audit log apply to them too.
 *
 * @module
 */
import { randomUUID } from "node:crypto";

import { ByokError } from "../../runtime/master-key/errors.js";
import { type ApiAnswer, ApiError, splitPath } from "./api.js";
import { type Azure } from "./azure.js";
import { ARM_HOST, GRAPH_HOST, vaultId, VAULT_SUFFIX } from "./names.js";
import { KEY_VAULT_CRYPTO_OFFICER } from "./roles.js";
import { type DirectoryRecord, type VaultRecord } from "./state.js";
import { administratorOf, ARM_RESOURCE, GRAPH_RESOURCE, issueToken, VAULT_RESOURCE } from "./tokens.js";

/** Versions of the APIs that the administrator speaks: those of the providers and SDKs of this package. */
const API_VERSIONS = { arm: "2024-11-01", roles: "2022-04-01", vault: "2025-07-01" } as const;

/** What the administrator needs in a vault to do what the acts do. */
const OFFICER_PERMISSIONS = ["get", "list", "update", "delete", "recover", "rotate"] as const;

/**
 * Makes one request to ARM, Graph or a vault, as a directory's administrator.
 *
 * @param path with its leading slash, without query.
 * @throws ByokError CONFIG_INVALID with the service's words if it refuses.
 */
export function ask(
  azure: Azure,
  directory: DirectoryRecord,
  method: string,
  host: string,
  path: string,
  body?: object,
): ApiAnswer["body"] {
  const isRoles = path.toLowerCase().includes("/microsoft.authorization/");
  const [resource, version] =
    host === ARM_HOST
      ? [ARM_RESOURCE, isRoles ? API_VERSIONS.roles : API_VERSIONS.arm]
      : host === GRAPH_HOST
        ? [GRAPH_RESOURCE, undefined]
        : [VAULT_RESOURCE, API_VERSIONS.vault];
  const request = {
    method,
    host: host.toLowerCase(),
    path: splitPath(path),
    query: new URLSearchParams(version === undefined ? {} : { "api-version": version }),
    authorization: `Bearer ${issueToken(azure.state, administratorOf(directory), resource)}`,
    correlationId: undefined,
    body: Buffer.from(body === undefined ? "" : JSON.stringify(body)),
    clientAddress: "127.0.0.1",
  };
  const operation = azure.route(request);
  try {
    return azure.run(operation, request).body;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw new ByokError("CONFIG_INVALID", `${operation.name} was refused: ${error.outcome}: ${error.message}`, {
      provider: "azure-key-vault",
      cause: error,
    });
  }
}

/**
 * Lets the administrator work on a vault's keys. Owning the subscription gives no right on keys, but the right to give
 * oneself one: that is done first, and undone afterwards whatever happens.
 */
export function asKeyOfficer<Result>(azure: Azure, vault: VaultRecord, work: () => Result): Result {
  const directory = directoryOf(azure, vault.directory);
  const { objectId } = directory.administrator;
  const path = vaultId(vault);
  if (vault.rbac) {
    const assignment = `${path}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`;
    const roleDefinitionId = `/subscriptions/${vault.subscription}/providers/Microsoft.Authorization/roleDefinitions/${KEY_VAULT_CRYPTO_OFFICER}`;
    const hasRole = azure.state.roleAssignments.some(
      ({ scope, role, principalId }) => scope === path && role === KEY_VAULT_CRYPTO_OFFICER && principalId === objectId,
    );
    if (hasRole) return work();
    ask(azure, directory, "PUT", ARM_HOST, assignment, { properties: { roleDefinitionId, principalId: objectId, principalType: "User" } });
    try {
      return work();
    } finally {
      ask(azure, directory, "DELETE", ARM_HOST, assignment);
    }
  }
  const before = vault.accessPolicies;
  const policy = { tenantId: vault.directory, objectId, permissions: { keys: OFFICER_PERMISSIONS } };
  ask(azure, directory, "PUT", ARM_HOST, `${path}/accessPolicies/add`, { properties: { accessPolicies: [policy] } });
  try {
    return work();
  } finally {
    ask(azure, directory, "PATCH", ARM_HOST, path, { properties: { accessPolicies: before } });
  }
}

/** One request to a vault's data plane, within {@link asKeyOfficer}. */
export function askVault(azure: Azure, vault: VaultRecord, method: string, path: string, body?: object): ApiAnswer["body"] {
  return ask(azure, directoryOf(azure, vault.directory), method, `${vault.name}${VAULT_SUFFIX}`, path, body);
}

/**
 * A directory by its id.
 *
 * @throws ByokError CONFIG_INVALID if there is none.
 */
export function directoryOf(azure: Azure, id: string): DirectoryRecord {
  const { directories } = azure.state;
  const found = directories.find((directory) => directory.id === id.toLowerCase());
  if (found === undefined) {
    throw new ByokError(
      "CONFIG_INVALID",
      `The sandbox has no directory ${id}. It has: ${directories.map((one) => `${one.id} (${one.displayName})`).join(", ")}.`,
    );
  }
  return found;
}
