/**
 * What the tenant does to its key: the acts of `byok sandbox revoke`, `restore` and so on, made by the administrator of the
 * vault's directory through ARM and the data plane.
 *
 * @module
 */
import { ByokError } from "../../runtime/master-key/errors.js";
import { type CloudKeyStatus, type RevocationRoute } from "../cloud.js";
import { ask, asKeyOfficer, askVault, directoryOf } from "./administrator.js";
import { type Azure } from "./azure.js";
import { findKey, findVault, newestVersion } from "./keys.js";
import { ARM_HOST, isWithin, keyIdentifier, parseKeyIdentifier, vaultId } from "./names.js";
import { roleDefinition } from "./roles.js";
import { type AccessPolicyRecord, type KeyRecord, type NetworkRulesRecord, type RoleAssignmentRecord, type VaultRecord } from "./state.js";

/** A key and the vault it is in. */
interface Place {
  readonly vault: VaultRecord;
  readonly key: KeyRecord;
}

/** Shows every key of the vaults that are in service. */
export function keyStatuses(azure: Azure): CloudKeyStatus[] {
  const { vaults } = azure.state;
  return vaults
    .filter((vault) => vault.deletion === null)
    .flatMap((vault) => vault.keys.map((key) => statusOf(azure, { vault, key })));
}

/**
 * Takes the key away: by disabling every version, or by withdrawing what other principals than the administrator were
 * granted. Access policies, and role assignments on the vault, are the vault's: the other keys in it go with this one.
 *
 * @throws ByokError CONFIG_INVALID if there is no such key, nothing to withdraw, or a refusal.
 */
export function revoke(azure: Azure, keyId: string, by: RevocationRoute): CloudKeyStatus {
  const place = placeOf(azure, keyId);
  const before = snapshot(azure, place);
  if (by === "disable") {
    setEnabled(azure, place, place.key.versions.filter((version) => version.enabled).map(({ id }) => id), false);
  } else {
    withdraw(azure, place);
  }
  azure.state.revocations[keyId] ??= before;
  azure.save();
  return statusOf(azure, place);
}

/**
 * Undoes revocations, a soft deletion and a closed firewall: the key is as it was before the first of them.
 *
 * @throws ByokError CONFIG_INVALID if there is no such key, or nothing was taken away.
 */
export function restore(azure: Azure, keyId: string): CloudKeyStatus {
  const place = placeOf(azure, keyId);
  const { vault, key } = place;
  const before = azure.state.revocations[keyId];
  const isClosed = isFirewallClosed(azure, vault);
  if (before === undefined && key.deletion === null && !isClosed) {
    throw new ByokError("CONFIG_INVALID", `Nothing was taken away from ${keyId}: there is nothing to restore.`);
  }
  // The firewall first: it keeps the administrator out as well.
  if (isClosed) setFirewall(azure, vault, false);
  if (key.deletion !== null) {
    asKeyOfficer(azure, vault, () => askVault(azure, vault, "POST", `/deletedkeys/${key.name}/recover`));
  }
  if (before !== undefined) {
    giveBack(azure, vault, before);
    const disabled = key.versions.filter((version) => !version.enabled && before.enabled.includes(version.id));
    setEnabled(azure, place, disabled.map(({ id }) => id), true);
    Reflect.deleteProperty(azure.state.revocations, keyId);
    azure.save();
  }
  return statusOf(azure, place);
}

/** Makes a new version, which encrypts from now on. */
export function rotate(azure: Azure, keyId: string): CloudKeyStatus {
  const place = placeOf(azure, keyId);
  const { vault, key } = place;
  asKeyOfficer(azure, vault, () => askVault(azure, vault, "POST", `/keys/${key.name}/rotate`));
  return statusOf(azure, place);
}

/** Disables one version. */
export function disableVersion(azure: Azure, keyId: string, version: string): CloudKeyStatus {
  const place = placeOf(azure, keyId);
  const before = snapshot(azure, place);
  if (!place.key.versions.some(({ id }) => id === version)) {
    throw new ByokError(
      "CONFIG_INVALID",
      `${keyId} has no version ${version}. It has: ${place.key.versions.map(({ id }) => id).join(", ")}.`,
      { provider: "azure-key-vault", keyId },
    );
  }
  setEnabled(azure, place, [version], false);
  azure.state.revocations[keyId] ??= before;
  azure.save();
  return statusOf(azure, place);
}

/** Soft-deletes the key. How long it can be recovered is the vault's, and was set when that was made. */
export function scheduleDeletion(azure: Azure, keyId: string, days: number): CloudKeyStatus {
  const place = placeOf(azure, keyId);
  const { vault, key } = place;
  if (days !== vault.retentionDays) {
    throw new ByokError(
      "CONFIG_INVALID",
      `The vault ${vault.name} keeps deleted keys for ${vault.retentionDays} days, which cannot be changed: ask for ${vault.retentionDays} days, not ${days}.`,
      { provider: "azure-key-vault", keyId },
    );
  }
  asKeyOfficer(azure, vault, () => askVault(azure, vault, "DELETE", `/keys/${key.name}`));
  return statusOf(azure, place);
}

/** Closes a vault's firewall to everybody, or opens it as it was. */
export function setFirewall(azure: Azure, vault: VaultRecord, closed: boolean): void {
  const { closedFirewalls } = azure.state;
  const name = vault.name.toLowerCase();
  if (closed === isFirewallClosed(azure, vault)) return;
  if (closed) closedFirewalls[name] = vault.networkAcls;
  const open: NetworkRulesRecord = closedFirewalls[name] ?? { bypass: "AzureServices", defaultAction: "Allow", ipRules: [] };
  const rules = closed ? { bypass: "None", defaultAction: "Deny", ipRules: [] } : open;
  ask(azure, directoryOf(azure, vault.directory), "PATCH", ARM_HOST, vaultId(vault), {
    properties: { networkAcls: { ...rules, ipRules: rules.ipRules.map((value) => ({ value })), virtualNetworkRules: [] } },
  });
  if (!closed) Reflect.deleteProperty(closedFirewalls, name);
  azure.save();
}

/** True while the tenant keeps a vault's firewall closed. */
export function isFirewallClosed(azure: Azure, vault: VaultRecord): boolean {
  return Object.hasOwn(azure.state.closedFirewalls, vault.name.toLowerCase());
}

/**
 * The vault of that name.
 *
 * @throws ByokError CONFIG_INVALID if there is none.
 */
export function vaultNamed(azure: Azure, name: string): VaultRecord {
  const vault = findVault(azure.state, name);
  if (vault === undefined) {
    const names = azure.state.vaults.filter(({ deletion }) => deletion === null).map((one) => one.name);
    throw new ByokError("CONFIG_INVALID", `The sandbox has no vault "${name}". ${names.length === 0 ? "It has none." : `It has: ${names.join(", ")}.`}`);
  }
  return vault;
}

function statusOf(azure: Azure, place: Place): CloudKeyStatus {
  const { vault, key } = place;
  const keyId = keyIdentifier(vault.name, key.name);
  const state = (enabled: boolean): string => (enabled ? "Enabled" : "Disabled");
  return {
    provider: "azure-key-vault",
    keyId,
    state: key.deletion !== null ? "Deleted" : state(key.versions.some(({ enabled }) => enabled)),
    ...(key.deletion === null ? {} : { deletionDate: new Date(key.deletion.purgeAt).toISOString() }),
    grantedTo: outsiders(azure, vault, key),
    versions: key.versions.map(({ id, enabled }, index) => ({
      version: id,
      state: state(enabled),
      newest: index === key.versions.length - 1,
    })),
    revoked: azure.state.revocations[keyId] !== undefined || isFirewallClosed(azure, vault),
    notes: notesOn(azure, place),
  };
}

function notesOn(azure: Azure, { vault, key }: Place): string[] {
  const { expires } = newestVersion(key);
  return [
    vault.rbac ? "role assignments decide" : "access policies decide",
    ...(vault.purgeProtection ? ["purge protection"] : []),
    ...(isFirewallClosed(azure, vault) ? ["firewall closed"] : []),
    ...(expires === null ? [] : [`expires ${new Date(expires).toISOString()}`]),
  ];
}

function placeOf(azure: Azure, keyId: string): Place {
  const parsed = parseKeyIdentifier(keyId);
  const vault = parsed === undefined ? undefined : findVault(azure.state, parsed.vault);
  const key = parsed === undefined || vault === undefined ? undefined : findKey(vault, parsed.key);
  if (vault !== undefined && key !== undefined) return { vault, key };
  const why = parsed === undefined ? "is not the identifier of a key, https://VAULT.vault.azure.net/keys/KEY" : "does not exist in the sandbox";
  const listed = keyStatuses(azure).map((status) => `  ${status.keyId} (${status.state})`);
  throw new ByokError("CONFIG_INVALID", `${keyId} ${why}. ${listed.length === 0 ? "The sandbox has no keys." : `Its keys:\n${listed.join("\n")}`}`);
}

function snapshot(azure: Azure, { vault, key }: Place): { enabled: string[]; accessPolicies: AccessPolicyRecord[]; roleAssignments: RoleAssignmentRecord[] } {
  return {
    enabled: key.versions.filter((version) => version.enabled).map(({ id }) => id),
    accessPolicies: [...vault.accessPolicies],
    roleAssignments: outsideAssignments(azure, vault, key),
  };
}

function setEnabled(azure: Azure, { vault, key }: Place, versions: readonly string[], enabled: boolean): void {
  if (versions.length === 0) return;
  asKeyOfficer(azure, vault, () => {
    for (const version of versions) askVault(azure, vault, "PATCH", `/keys/${key.name}/${version}`, { attributes: { enabled } });
  });
}

function withdraw(azure: Azure, { vault, key }: Place): void {
  const directory = directoryOf(azure, vault.directory);
  if (outsiders(azure, vault, key).length === 0) {
    throw new ByokError(
      "CONFIG_INVALID",
      `Nobody but the administrator may use ${keyIdentifier(vault.name, key.name)}: there is no grant to withdraw.`,
    );
  }
  if (vault.rbac) {
    for (const { scope, name } of outsideAssignments(azure, vault, key)) {
      ask(azure, directory, "DELETE", ARM_HOST, `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`);
    }
  } else {
    const own = vault.accessPolicies.filter(({ objectId }) => objectId === directory.administrator.objectId);
    ask(azure, directory, "PATCH", ARM_HOST, vaultId(vault), { properties: { accessPolicies: own } });
  }
}

function giveBack(
  azure: Azure,
  vault: VaultRecord,
  before: { readonly accessPolicies: readonly AccessPolicyRecord[]; readonly roleAssignments: readonly RoleAssignmentRecord[] },
): void {
  const directory = directoryOf(azure, vault.directory);
  if (!vault.rbac && JSON.stringify(before.accessPolicies) !== JSON.stringify(vault.accessPolicies)) {
    ask(azure, directory, "PATCH", ARM_HOST, vaultId(vault), { properties: { accessPolicies: before.accessPolicies } });
  }
  const existing = azure.state.roleAssignments.map(({ name }) => name);
  for (const { name, scope, role, principalId } of before.roleAssignments) {
    if (existing.includes(name)) continue;
    ask(azure, directory, "PUT", ARM_HOST, `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`, {
      properties: { roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${role}`, principalId },
    });
  }
}

/** Object ids, other than the administrator's, that may do something with the key. */
function outsiders(azure: Azure, vault: VaultRecord, key: KeyRecord): string[] {
  const { objectId: administrator } = directoryOf(azure, vault.directory).administrator;
  const named = vault.rbac
    ? outsideAssignments(azure, vault, key).map(({ principalId }) => principalId)
    : vault.accessPolicies.filter(({ permissions }) => (permissions.keys ?? []).length > 0).map(({ objectId }) => objectId);
  return [...new Set(named.filter((objectId) => objectId !== administrator))];
}

function outsideAssignments(azure: Azure, vault: VaultRecord, key: KeyRecord): RoleAssignmentRecord[] {
  const { objectId: administrator } = directoryOf(azure, vault.directory).administrator;
  const scope = `${vaultId(vault)}/keys/${key.name}`;
  return azure.state.roleAssignments.filter(
    (assignment) =>
      assignment.principalId !== administrator &&
      isWithin(scope, assignment.scope) &&
      (roleDefinition(assignment.role)?.dataActions ?? []).length > 0,
  );
}
