/**
 * Vaults and their access policies. ARM REST reference, Vaults: Create Or Update, Get, Update, Delete, Update Access Policy,
 * Get Deleted, List Deleted, Purge Deleted.
 *
 * @module
 */
import { type ApiAnswer } from "../../api.js";
import { type Call } from "../../call.js";
import { DAY_MS, purgeVault } from "../../keys.js";
import { VAULT_NAME, vaultId } from "../../names.js";
import { type AccessPolicyRecord, type DirectoryRecord, type VaultRecord } from "../../state.js";
import { authorize, body, normalizeLocation, resourceGroupOf, vaultIn, vaultOf } from "../arm-call.js";
import {
  badRequest,
  deletedVaultNotFound,
  deletedVaultPurgeProtected,
  purgeProtectionIsForEver,
  retentionIsForEver,
  softDeleteIsForEver,
  vaultIsDeleted,
  vaultNameNotValid,
  vaultNameTaken,
} from "../errors.js";
import {
  accessPoliciesSchema,
  accessPolicyRecord,
  networkRules,
  patchVaultSchema,
  putVaultSchema,
  shownVault,
  type VaultProperties,
} from "../vault-schema.js";

const ACTION = "Microsoft.KeyVault/vaults";
/** From this version on, a vault made without saying so uses roles ("Prepare for Key Vault API version 2026-02-01 and later"). */
const RBAC_BY_DEFAULT = "2026-02-01";
/** Days that deleted objects are kept unless it is said (ARM reference, `softDeleteRetentionInDays`). */
const DEFAULT_RETENTION = 90;

/** Makes a vault, recovers a deleted one, or updates one. */
export function putVault(call: Call): ApiAnswer {
  const directory = authorize(call, `${ACTION}/write`, scopeOf(call));
  const group = resourceGroupOf(call);
  const name = call.parameter("vault");
  if (!VAULT_NAME.test(name)) throw vaultNameNotValid(name);
  const { location, tags, properties } = body(call, putVaultSchema);
  const existing = vaultIn(call, group);
  if (existing !== undefined) {
    if (existing.location !== normalizeLocation(location)) throw badRequest(`The vault '${name}' is in ${existing.location} and cannot move to ${location}.`);
    requireAccessPolicies(properties, existing.rbac);
    checkUpdate(existing, properties, directory);
    apply(existing, properties);
    existing.tags = tags ?? {};
    call.save();
    return { status: 200, body: shownVault(existing) };
  }
  const taken = call.state.vaults.find((vault) => vault.name.toLowerCase() === name.toLowerCase());
  if (taken !== undefined) {
    const isDeletedHere = taken.deletion !== null && taken.subscription === directory.subscription;
    if (!isDeletedHere) throw vaultNameTaken(name);
    if (properties.createMode !== "recover") throw vaultIsDeleted();
    checkUpdate(taken, properties, directory);
    taken.deletion = null;
    apply(taken, properties);
    call.save();
    return { status: 200, body: shownVault(taken) };
  }
  if (properties.createMode === "recover") throw deletedVaultNotFound(name);
  const created = createVault(call, { directory, name, group: group.name, location: normalizeLocation(location), tags: tags ?? {}, properties });
  call.state.vaults.push(created);
  call.save();
  return { status: 200, body: shownVault(created) };
}

/** A vault. */
export function getVault(call: Call): ApiAnswer {
  authorize(call, `${ACTION}/read`, scopeOf(call));
  return { status: 200, body: shownVault(vaultOf(call)) };
}

/** Changes what is given. */
export function patchVault(call: Call): ApiAnswer {
  const directory = authorize(call, `${ACTION}/write`, scopeOf(call));
  const vault = vaultOf(call);
  const { tags, properties = {} } = body(call, patchVaultSchema);
  checkUpdate(vault, properties, directory);
  apply(vault, properties);
  if (tags != null) vault.tags = tags;
  call.save();
  return { status: 200, body: shownVault(vault) };
}

/** Soft-deletes a vault; its name stays taken. */
export function deleteVault(call: Call): ApiAnswer {
  authorize(call, `${ACTION}/delete`, scopeOf(call));
  const group = resourceGroupOf(call);
  const vault = vaultIn(call, group);
  // Deleting what is not there is no error (ARM RPC, "Delete Resource").
  if (vault === undefined) return { status: 204 };
  softDeleteVault(call, vault);
  call.save();
  return { status: 200 };
}

/** Marks a vault as deleted; whoever calls saves. */
export function softDeleteVault(call: Call, vault: VaultRecord): void {
  vault.deletion = { at: call.now, purgeAt: call.now + vault.retentionDays * DAY_MS };
}

/** Adds permissions to access policies, replaces the policies of the identities named, or takes permissions away. */
export function updateAccessPolicies(call: Call): ApiAnswer {
  authorize(call, `${ACTION}/accessPolicies/write`, scopeOf(call));
  const vault = vaultOf(call);
  const kind = call.parameter("kind").toLowerCase();
  const given = body(call, accessPoliciesSchema).properties.accessPolicies.map(accessPolicyRecord);
  if (kind !== "add" && kind !== "replace" && kind !== "remove") throw badRequest(`The operation kind must be add, replace or remove, not ${call.parameter("kind")}.`);
  for (const policy of given) vault.accessPolicies = merged(vault.accessPolicies, policy, kind);
  call.save();
  return {
    status: 200,
    body: {
      id: `${vaultId(vault)}/accessPolicies/`,
      type: `${ACTION}/accessPolicies`,
      location: vault.location,
      properties: { accessPolicies: vault.accessPolicies },
    },
  };
}

/** A deleted vault of the subscription. */
export function getDeletedVault(call: Call): ApiAnswer {
  return { status: 200, body: shownDeleted(deletedVault(call, "read")) };
}

/** All of them. */
export function listDeletedVaults(call: Call): ApiAnswer {
  const { subscription } = authorize(call, "Microsoft.KeyVault/deletedVaults/read", `/subscriptions/${call.parameter("subscription")}`);
  const listed = call.state.vaults.filter((vault) => vault.deletion !== null && vault.subscription === subscription);
  return { status: 200, body: { value: listed.map(shownDeleted) } };
}

/** Removes a deleted vault for good, unless purge protection forbids it. */
export function purgeDeletedVault(call: Call): ApiAnswer {
  const vault = deletedVault(call, "purge/action");
  if (vault.purgeProtection) throw deletedVaultPurgeProtected();
  purgeVault(call.state, vault);
  call.save();
  return { status: 200 };
}

function scopeOf(call: Call): string {
  const [subscription, resourceGroup, name] = [call.parameter("subscription"), call.parameter("resourceGroup"), call.parameter("vault")];
  return vaultId({ subscription, resourceGroup, name });
}

function deletedVault(call: Call, right: string): VaultRecord {
  const [location, name] = [call.parameter("location"), call.parameter("vault")];
  const { subscription } = authorize(
    call,
    `Microsoft.KeyVault/locations/deletedVaults/${right}`,
    `/subscriptions/${call.parameter("subscription")}/providers/Microsoft.KeyVault/locations/${location}/deletedVaults/${name}`,
  );
  const found = call.state.vaults.find(
    (vault) =>
      vault.deletion !== null &&
      vault.subscription === subscription &&
      vault.location === normalizeLocation(location) &&
      vault.name.toLowerCase() === name.toLowerCase(),
  );
  if (found === undefined) throw deletedVaultNotFound(name);
  return found;
}

function createVault(
  call: Call,
  of: {
    readonly directory: DirectoryRecord;
    readonly name: string;
    readonly group: string;
    readonly location: string;
    readonly tags: Record<string, string>;
    readonly properties: VaultProperties;
  },
): VaultRecord {
  const { directory, properties } = of;
  if (properties.tenantId == null) throw badRequest("The parameter tenantId is not specified.");
  if (properties.sku == null) throw badRequest("The parameter sku is not specified.");
  const rbac = properties.enableRbacAuthorization ?? (call.request.query.get("api-version") ?? "") >= RBAC_BY_DEFAULT;
  requireAccessPolicies(properties, rbac);
  const vault: VaultRecord = {
    subscription: directory.subscription,
    resourceGroup: of.group,
    name: of.name,
    location: of.location,
    createdAt: call.now,
    tags: of.tags,
    directory: directory.id,
    sku: properties.sku.name,
    accessPolicies: [],
    enabledForDeployment: false,
    enabledForDiskEncryption: false,
    enabledForTemplateDeployment: false,
    rbac,
    retentionDays: properties.softDeleteRetentionInDays ?? DEFAULT_RETENTION,
    purgeProtection: false,
    networkAcls: null,
    publicNetworkAccess: "Enabled",
    keys: [],
    deletion: null,
  };
  checkUpdate(vault, properties, directory);
  apply(vault, properties);
  return vault;
}

function requireAccessPolicies(properties: VaultProperties, rbac: boolean): void {
  if (properties.accessPolicies == null && !(properties.enableRbacAuthorization ?? rbac)) {
    throw badRequest("The parameter accessPolicies is not specified.");
  }
}

/** What cannot be changed, and what the sandbox does not play; before anything is changed. */
function checkUpdate(vault: VaultRecord, properties: VaultProperties, directory: DirectoryRecord): void {
  if (properties.enablePurgeProtection === false) throw purgeProtectionIsForEver();
  if (properties.enableSoftDelete === false) throw softDeleteIsForEver();
  if (properties.softDeleteRetentionInDays != null && properties.softDeleteRetentionInDays !== vault.retentionDays) {
    throw retentionIsForEver();
  }
  const tenant = properties.tenantId?.toLowerCase();
  if (tenant !== undefined && tenant !== directory.id) {
    throw badRequest(`The tenant '${tenant}' is not the one of subscription '${directory.subscription}'; the sandbox keeps vaults in their subscription's directory.`);
  }
}

function apply(vault: VaultRecord, properties: VaultProperties): void {
  vault.sku = properties.sku?.name ?? vault.sku;
  vault.accessPolicies = properties.accessPolicies?.map(accessPolicyRecord) ?? vault.accessPolicies;
  vault.enabledForDeployment = properties.enabledForDeployment ?? vault.enabledForDeployment;
  vault.enabledForDiskEncryption = properties.enabledForDiskEncryption ?? vault.enabledForDiskEncryption;
  vault.enabledForTemplateDeployment = properties.enabledForTemplateDeployment ?? vault.enabledForTemplateDeployment;
  vault.rbac = properties.enableRbacAuthorization ?? vault.rbac;
  vault.purgeProtection = properties.enablePurgeProtection ?? vault.purgeProtection;
  vault.networkAcls = properties.networkAcls == null ? vault.networkAcls : networkRules(properties.networkAcls);
  if (properties.publicNetworkAccess != null) {
    vault.publicNetworkAccess = properties.publicNetworkAccess.toLowerCase() === "disabled" ? "Disabled" : "Enabled";
  }
}

function shownDeleted(vault: VaultRecord): object {
  const { at, purgeAt } = vault.deletion ?? { at: 0, purgeAt: 0 };
  return {
    id: `/subscriptions/${vault.subscription}/providers/Microsoft.KeyVault/locations/${vault.location}/deletedVaults/${vault.name}`,
    name: vault.name,
    type: "Microsoft.KeyVault/deletedVaults",
    properties: {
      vaultId: vaultId(vault),
      location: vault.location,
      tags: vault.tags,
      deletionDate: new Date(at).toISOString(),
      scheduledPurgeDate: new Date(purgeAt).toISOString(),
      ...(vault.purgeProtection ? { purgeProtectionEnabled: true } : {}),
    },
  };
}

type Kind = "add" | "replace" | "remove";

function merged(policies: readonly AccessPolicyRecord[], given: AccessPolicyRecord, kind: Kind): AccessPolicyRecord[] {
  const isSame = (policy: AccessPolicyRecord): boolean =>
    policy.objectId === given.objectId && policy.tenantId === given.tenantId && policy.applicationId === given.applicationId;
  const before = policies.find(isSame);
  const others = policies.filter((policy) => !isSame(policy));
  if (kind === "replace") return [...others, given];
  if (before === undefined) return kind === "add" ? [...policies, given] : [...policies];
  const permissions: Record<string, string[]> = {};
  for (const kept of ["keys", "secrets", "certificates", "storage"] as const) {
    const has = before.permissions[kept] ?? [];
    const named = (given.permissions[kept] ?? []).filter(
      (name) => kind === "remove" || !has.some((known) => known.toLowerCase() === name.toLowerCase()),
    );
    const now =
      kind === "add" ? [...has, ...named] : has.filter((name) => !named.some((gone) => gone.toLowerCase() === name.toLowerCase()));
    if (now.length > 0) permissions[kept] = now;
  }
  return Object.keys(permissions).length === 0 ? others : [...others, { ...before, permissions }];
}
