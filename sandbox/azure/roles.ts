/**
 * Built-in roles: ids, actions and data actions. Source: Microsoft, "Azure built-in roles" (General, Privileged, Security)
 * and "Provide access to Key Vault keys, certificates, and secrets with Azure role-based access control".
 *
 * @module
 */
import { isWithin } from "./names.js";
import { type RoleAssignmentRecord } from "./state.js";

/** What a role allows; patterns with `*`. */
export interface RoleDefinition {
  /** GUID, the same in every directory. */
  readonly id: string;
  readonly name: string;
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  /** What it allows with the data of a resource: keys of a vault. */
  readonly dataActions: readonly string[];
}

const VAULTS = "Microsoft.KeyVault/vaults";

/** Role of a subscription's administrator. */
export const OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
/** Role that administers keys: what an administrator needs for the data plane. */
export const KEY_VAULT_CRYPTO_OFFICER = "14b46e9e-c2b7-41b4-b07b-48a6ebf60603";

/** The built-in roles that have to do with keys, and the general ones. */
export const ROLE_DEFINITIONS: readonly RoleDefinition[] = [
  { id: OWNER, name: "Owner", actions: ["*"], notActions: [], dataActions: [] },
  {
    id: "b24988ac-6180-42a0-ab88-20f7382dd24c",
    name: "Contributor",
    actions: ["*"],
    notActions: [
      "Microsoft.Authorization/*/Delete",
      "Microsoft.Authorization/*/Write",
      "Microsoft.Authorization/elevateAccess/Action",
    ],
    dataActions: [],
  },
  { id: "acdd72a7-3385-48ef-bd42-f606fba81ae7", name: "Reader", actions: ["*/read"], notActions: [], dataActions: [] },
  {
    id: "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
    name: "User Access Administrator",
    actions: ["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"],
    notActions: [],
    dataActions: [],
  },
  {
    id: "f25e0fa2-a7c8-4377-a976-54943a77a395",
    name: "Key Vault Contributor",
    actions: ["Microsoft.Authorization/*/read", "Microsoft.KeyVault/*", "Microsoft.Resources/subscriptions/resourceGroups/read"],
    notActions: ["Microsoft.KeyVault/locations/deletedVaults/purge/action", "Microsoft.KeyVault/hsmPools/*", "Microsoft.KeyVault/managedHsms/*"],
    dataActions: [],
  },
  {
    id: "00482a5a-887f-4fb3-b363-3b7fe8e74483",
    name: "Key Vault Administrator",
    actions: ["Microsoft.Authorization/*/read", "Microsoft.KeyVault/*/read"],
    notActions: [],
    dataActions: [`${VAULTS}/*`],
  },
  {
    id: KEY_VAULT_CRYPTO_OFFICER,
    name: "Key Vault Crypto Officer",
    actions: ["Microsoft.Authorization/*/read", "Microsoft.KeyVault/*/read"],
    notActions: [],
    dataActions: [`${VAULTS}/keys/*`, `${VAULTS}/keyrotationpolicies/*`],
  },
  {
    id: "12338af0-0e69-4776-bea7-57ae8d297424",
    name: "Key Vault Crypto User",
    actions: [],
    notActions: [],
    dataActions: [
      `${VAULTS}/keys/read`,
      `${VAULTS}/keys/update/action`,
      `${VAULTS}/keys/backup/action`,
      `${VAULTS}/keys/encrypt/action`,
      `${VAULTS}/keys/decrypt/action`,
      `${VAULTS}/keys/wrap/action`,
      `${VAULTS}/keys/unwrap/action`,
      `${VAULTS}/keys/sign/action`,
      `${VAULTS}/keys/verify/action`,
    ],
  },
  {
    id: "e147488a-f6f5-4113-8e2d-b22465e65bf6",
    name: "Key Vault Crypto Service Encryption User",
    actions: [],
    notActions: [],
    dataActions: [`${VAULTS}/keys/read`, `${VAULTS}/keys/wrap/action`, `${VAULTS}/keys/unwrap/action`],
  },
  {
    id: "21090545-7ca7-4776-b22c-e363652d74d2",
    name: "Key Vault Reader",
    actions: ["Microsoft.Authorization/*/read", "Microsoft.KeyVault/*/read"],
    notActions: [],
    dataActions: [`${VAULTS}/*/read`, `${VAULTS}/secrets/readMetadata/action`],
  },
];

/** The role with an id; undefined if the sandbox does not know it. */
export function roleDefinition(id: string): RoleDefinition | undefined {
  return ROLE_DEFINITIONS.find((role) => role.id === id.toLowerCase());
}

/** True if an assignment lets the principal do this to a resource (control plane). */
export function mayManage(assignments: readonly RoleAssignmentRecord[], principal: string, action: string, scope: string): boolean {
  return applying(assignments, principal, scope).some(
    (role) => covers(role.actions, action) && !covers(role.notActions, action),
  );
}

/** True if an assignment lets the principal do this with a resource's data. */
export function mayUseData(assignments: readonly RoleAssignmentRecord[], principal: string, action: string, scope: string): boolean {
  return applying(assignments, principal, scope).some((role) => covers(role.dataActions, action));
}

function applying(assignments: readonly RoleAssignmentRecord[], principal: string, scope: string): RoleDefinition[] {
  return assignments
    .filter((assignment) => assignment.principalId === principal && isWithin(scope, assignment.scope))
    .flatMap((assignment) => roleDefinition(assignment.role) ?? []);
}

function covers(patterns: readonly string[], action: string): boolean {
  return patterns.some((pattern) => {
    const expression = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&")).join(".*");
    return new RegExp(`^${expression}$`, "i").test(action);
  });
}
