/**
 * ARM's paths, and the names of its operations: the actions that roles allow.
 *
 * @module
 */
import { type ApiAnswer, type ApiRequest, matchPath } from "../api.js";
import { type Call, type Operation } from "../call.js";
import { apiVersionMissing, notInSandbox } from "./errors.js";
import * as keys from "./operations/keys.js";
import * as locks from "./operations/locks.js";
import * as groups from "./operations/resource-groups.js";
import * as roles from "./operations/role-assignments.js";
import { storedOperations } from "./operations/stored.js";
import * as vaults from "./operations/vaults.js";
import { GROUP_TYPES, type StoredType, VAULT_EXTENSION_TYPES } from "./stored-types.js";

type Route = readonly [method: string, pattern: string, name: string, run: (call: Call) => ApiAnswer];

const SUBSCRIPTION = "subscriptions/:subscription";
const GROUP = `${SUBSCRIPTION}/resourceGroups/:resourceGroup`;
const VAULT = `${GROUP}/providers/Microsoft.KeyVault/vaults/:vault`;
const KEY = `${VAULT}/keys/:key`;
const DELETED = `${SUBSCRIPTION}/providers/Microsoft.KeyVault`;

function storedRoutes(scope: string, type: StoredType): Route[] {
  const operations = storedOperations(type);
  const [collection, one] = [`${scope}/providers/${type.type}`, `${scope}/providers/${type.type}/:name`];
  return [
    ["GET", collection, `${type.type}/read`, operations.list],
    ["PUT", one, `${type.type}/write`, operations.put],
    ["GET", one, `${type.type}/read`, operations.get],
    ["DELETE", one, `${type.type}/delete`, operations.delete],
  ];
}

const ROUTES: readonly Route[] = [
  ["PUT", GROUP, "Microsoft.Resources/subscriptions/resourceGroups/write", groups.putResourceGroup],
  ["GET", GROUP, "Microsoft.Resources/subscriptions/resourceGroups/read", groups.getResourceGroup],
  ["DELETE", GROUP, "Microsoft.Resources/subscriptions/resourceGroups/delete", groups.deleteResourceGroup],
  ["PUT", VAULT, "Microsoft.KeyVault/vaults/write", vaults.putVault],
  ["GET", VAULT, "Microsoft.KeyVault/vaults/read", vaults.getVault],
  ["PATCH", VAULT, "Microsoft.KeyVault/vaults/write", vaults.patchVault],
  ["DELETE", VAULT, "Microsoft.KeyVault/vaults/delete", vaults.deleteVault],
  ["PUT", `${VAULT}/accessPolicies/:kind`, "Microsoft.KeyVault/vaults/accessPolicies/write", vaults.updateAccessPolicies],
  ["PUT", KEY, "Microsoft.KeyVault/vaults/keys/write", keys.putKey],
  ["GET", KEY, "Microsoft.KeyVault/vaults/keys/read", keys.getKey],
  ["GET", `${KEY}/versions`, "Microsoft.KeyVault/vaults/keys/versions/read", keys.listKeyVersions],
  ["GET", `${KEY}/versions/:version`, "Microsoft.KeyVault/vaults/keys/versions/read", keys.getKeyVersion],
  ["GET", `${DELETED}/deletedVaults`, "Microsoft.KeyVault/deletedVaults/read", vaults.listDeletedVaults],
  ["GET", `${DELETED}/locations/:location/deletedVaults/:vault`, "Microsoft.KeyVault/locations/deletedVaults/read", vaults.getDeletedVault],
  [
    "POST",
    `${DELETED}/locations/:location/deletedVaults/:vault/purge`,
    "Microsoft.KeyVault/locations/deletedVaults/purge/action",
    vaults.purgeDeletedVault,
  ],
  ...[SUBSCRIPTION, GROUP, VAULT, KEY].flatMap((scope): Route[] => {
    const pattern = `${scope}/providers/Microsoft.Authorization/roleAssignments/:assignment`;
    return [
      ["PUT", pattern, "Microsoft.Authorization/roleAssignments/write", roles.putRoleAssignment],
      ["GET", pattern, "Microsoft.Authorization/roleAssignments/read", roles.getRoleAssignment],
      ["DELETE", pattern, "Microsoft.Authorization/roleAssignments/delete", roles.deleteRoleAssignment],
    ];
  }),
  ...[SUBSCRIPTION, GROUP, VAULT].flatMap((scope): Route[] => {
    const collection = `${scope}/providers/Microsoft.Authorization/locks`;
    return [
      ["GET", collection, "Microsoft.Authorization/locks/read", locks.listLocks],
      ["PUT", `${collection}/:lock`, "Microsoft.Authorization/locks/write", locks.putLock],
      ["GET", `${collection}/:lock`, "Microsoft.Authorization/locks/read", locks.getLock],
      ["DELETE", `${collection}/:lock`, "Microsoft.Authorization/locks/delete", locks.deleteLock],
    ];
  }),
  ...GROUP_TYPES.flatMap((type) => storedRoutes(GROUP, type)),
  ...VAULT_EXTENSION_TYPES.flatMap((type) => storedRoutes(VAULT, type)),
];

/** Names of ARM's operations. */
export const ARM_OPERATIONS: readonly string[] = [...new Set(ROUTES.map(([, , name]) => name))];

/**
 * The operation that a request to ARM asks for.
 *
 * @throws ArmError for what the sandbox does not play.
 */
export function routeArm(request: ApiRequest): Operation {
  if (!request.query.has("api-version")) throw apiVersionMissing();
  for (const [method, pattern, name, run] of ROUTES) {
    const parameters = request.method === method ? matchPath(pattern, request.path) : undefined;
    if (parameters !== undefined) return { plane: "arm", name, parameters, target: `/${request.path.join("/")}`, run };
  }
  throw notInSandbox(`${request.method} /${request.path.join("/")} of Azure Resource Manager`);
}
