/**
 * Who may do what with the keys of a vault: token, firewall, then access policies or role assignments. The order is the
 * service's: a stranger hears of the firewall before rights are looked at, and of rights before it is told whether a key
 * exists.
 *
 * @module
 */
import { BlockList, isIPv4 } from "node:net";

import { type Call } from "../call.js";
import { vaultId } from "../names.js";
import { mayUseData } from "../roles.js";
import { type VaultRecord } from "../state.js";
import { type Principal, TokenRefused, VAULT_RESOURCE, verifyToken } from "../tokens.js";
import {
  deniedByConnection,
  deniedByFirewall,
  deniedByPolicy,
  deniedByRbac,
  invalidAudience,
  invalidIssuer,
  TOKEN_EXPIRED,
  TOKEN_MISSING,
  unauthorized,
} from "./errors.js";

/** A right on keys: its name in access policies, and the data action that roles name it by ("Azure RBAC guide", Key Vault). */
export interface KeyRight {
  readonly permission: string;
  readonly action: string;
}

const action = (name: string): string => `Microsoft.KeyVault/vaults/${name}`;

/** The rights that the sandbox's operations ask for. */
export const KEY_RIGHTS = {
  get: { permission: "get", action: action("keys/read") },
  list: { permission: "list", action: action("keys/read") },
  create: { permission: "create", action: action("keys/create/action") },
  update: { permission: "update", action: action("keys/update/action") },
  delete: { permission: "delete", action: action("keys/delete") },
  recover: { permission: "recover", action: action("keys/recover/action") },
  purge: { permission: "purge", action: action("keys/purge/action") },
  encrypt: { permission: "encrypt", action: action("keys/encrypt/action") },
  decrypt: { permission: "decrypt", action: action("keys/decrypt/action") },
  wrapKey: { permission: "wrapKey", action: action("keys/wrap/action") },
  unwrapKey: { permission: "unwrapKey", action: action("keys/unwrap/action") },
  rotate: { permission: "rotate", action: action("keys/rotate/action") },
  getRotationPolicy: { permission: "getrotationpolicy", action: action("keyrotationpolicies/read") },
  setRotationPolicy: { permission: "setrotationpolicy", action: action("keyrotationpolicies/write") },
} as const satisfies Record<string, KeyRight>;

/** Permissions of keys that an access policy can name (ARM reference, Microsoft.KeyVault/vaults, KeyPermissions). */
export const KEY_PERMISSIONS = [
  "all", "encrypt", "decrypt", "wrapKey", "unwrapKey", "sign", "verify", "get", "list", "create", "update", "import",
  "delete", "backup", "restore", "recover", "purge", "release", "rotate", "getrotationpolicy", "setrotationpolicy",
] as const;

/**
 * Makes sure that the caller may do this to the key, or to the vault's keys if none is named.
 *
 * @throws VaultError 401 or 403.
 */
export function authorize(call: Call, vault: VaultRecord, right: KeyRight, key?: string): void {
  const principal = authenticate(call, vault);
  call.principal = principal;
  checkNetwork(call, vault, principal);
  if (vault.rbac) {
    const scope = key === undefined ? vaultId(vault) : `${vaultId(vault)}/keys/${key}`;
    if (mayUseData(call.state.roleAssignments, principal.objectId, right.action, scope)) return;
    throw deniedByRbac(principal, right.action, scope, vault);
  }
  const policies = vault.accessPolicies.filter(
    (policy) =>
      policy.objectId === principal.objectId &&
      policy.tenantId === principal.directory &&
      (policy.applicationId === undefined || policy.applicationId === principal.appId),
  );
  const granted = policies.flatMap((policy) => policy.permissions.keys ?? []).map((name) => name.toLowerCase());
  // "all" is everything but purge ("Key Vault soft-delete", permissions).
  if (granted.includes(right.permission.toLowerCase()) || (granted.includes("all") && right.permission !== "purge")) return;
  throw deniedByPolicy(principal, right.permission, vault, policies.length > 0);
}

function authenticate(call: Call, vault: VaultRecord): Principal {
  try {
    return verifyToken(call.state, call.request.authorization, VAULT_RESOURCE, [vault.directory]);
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
    throw unauthorized(vault.directory, wordsFor(error, vault.directory));
  }
}

function wordsFor({ problem, found }: TokenRefused, directory: string): string {
  switch (problem) {
    case "missing":
      return TOKEN_MISSING;
    case "expired":
      return TOKEN_EXPIRED;
    case "audience":
      return invalidAudience(found);
    case "issuer":
      return invalidIssuer(directory, found);
    case "malformed":
      return "Error validating token: it is not a JSON Web Token of the sandbox.";
    case "signature":
      return "Error validating token: its signature is not the sandbox's.";
  }
}

function checkNetwork(call: Call, vault: VaultRecord, principal: Principal): void {
  if (vault.publicNetworkAccess === "Disabled") throw deniedByConnection(principal, vault);
  const rules = vault.networkAcls;
  if (rules?.defaultAction !== "Deny") return;
  const { clientAddress } = call.request;
  const allowed = new BlockList();
  for (const rule of rules.ipRules) {
    const [address = "", prefix = "32"] = rule.split("/");
    allowed.addSubnet(address, Number(prefix), "ipv4");
  }
  if (isIPv4(clientAddress) && allowed.check(clientAddress, "ipv4")) return;
  throw deniedByFirewall(principal, clientAddress, vault);
}
