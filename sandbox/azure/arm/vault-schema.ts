/**
 * Vaults as ARM reads and shows them. ARM REST reference, Microsoft.KeyVault/vaults.
 *
 * @module
 */
import { isIPv4 } from "node:net";

import { z } from "zod";

import { GUID, VAULT_SUFFIX, vaultId } from "../names.js";
import { type AccessPolicyRecord, type NetworkRulesRecord, type VaultRecord } from "../state.js";
import { KEY_PERMISSIONS } from "../vault/access.js";

const guid = z.string().regex(GUID, "must be a GUID");
const permission = z
  .string()
  .refine((name) => KEY_PERMISSIONS.some((known) => known.toLowerCase() === name.toLowerCase()), "is no permission on keys");
/** Permissions on what the sandbox does not keep: taken as they are, they grant nothing here. */
const others = z.array(z.string()).nullish();

/** One access policy. */
export const accessPolicySchema = z.strictObject({
  tenantId: guid,
  objectId: guid,
  // Clients send an empty one for none (pulumi-azure-native, custom_keyvault_accesspolicy.go).
  applicationId: z.union([guid, z.literal("")]).nullish(),
  permissions: z.strictObject({ keys: z.array(permission).nullish(), secrets: others, certificates: others, storage: others }),
});

/** `1.2.3.4` or `1.2.3.0/24`. */
const ipRange = z.string().refine((text) => {
  const [address = "", prefix = "32", ...rest] = text.split("/");
  return rest.length === 0 && isIPv4(address) && /^\d{1,2}$/.test(prefix) && Number(prefix) <= 32;
}, "must be an IPv4 address or CIDR range");

const networkAclsSchema = z.strictObject({
  bypass: z.enum(["AzureServices", "None"]).nullish(),
  defaultAction: z.enum(["Allow", "Deny"]).nullish(),
  ipRules: z.array(z.strictObject({ value: ipRange })).nullish(),
  virtualNetworkRules: z.array(z.never()).nullish(),
});

/** Properties that a PUT or a PATCH can have. Which of them it must have, and which stay as they are, the operation says. */
const propertiesSchema = z.strictObject({
  tenantId: guid.nullish(),
  sku: z.strictObject({ family: z.literal("A"), name: z.enum(["standard", "premium"]) }).nullish(),
  accessPolicies: z.array(accessPolicySchema).max(1024).nullish(),
  enabledForDeployment: z.boolean().nullish(),
  enabledForDiskEncryption: z.boolean().nullish(),
  enabledForTemplateDeployment: z.boolean().nullish(),
  enableSoftDelete: z.boolean().nullish(),
  softDeleteRetentionInDays: z.int().min(7).max(90).nullish(),
  enableRbacAuthorization: z.boolean().nullish(),
  enablePurgeProtection: z.boolean().nullish(),
  createMode: z.enum(["default", "recover"]).nullish(),
  networkAcls: networkAclsSchema.nullish(),
  publicNetworkAccess: z.string().regex(/^(enabled|disabled)$/i).nullish(),
  // Read-only, and sent back by clients that read before they write.
  vaultUri: z.string().nullish(),
  provisioningState: z.string().nullish(),
});

const tags = z.record(z.string(), z.string()).nullish();

/** Body of Create Or Update. */
export const putVaultSchema = z.strictObject({ location: z.string().min(1), tags, properties: propertiesSchema });
/** Body of Update. */
export const patchVaultSchema = z.strictObject({ tags, properties: propertiesSchema.optional() });
/** Body of Update Access Policy. */
export const accessPoliciesSchema = z.strictObject({
  properties: z.strictObject({ accessPolicies: z.array(accessPolicySchema).min(1) }),
});

/** Properties of a request. */
export type VaultProperties = z.infer<typeof propertiesSchema>;

/** An access policy as it is kept. */
export function accessPolicyRecord(given: z.infer<typeof accessPolicySchema>): AccessPolicyRecord {
  const { keys, secrets, certificates, storage } = given.permissions;
  return {
    tenantId: given.tenantId.toLowerCase(),
    objectId: given.objectId.toLowerCase(),
    ...(given.applicationId == null || given.applicationId === "" ? {} : { applicationId: given.applicationId.toLowerCase() }),
    permissions: {
      ...(keys == null ? {} : { keys }),
      ...(secrets == null ? {} : { secrets }),
      ...(certificates == null ? {} : { certificates }),
      ...(storage == null ? {} : { storage }),
    },
  };
}

/** A firewall as it is kept. */
export function networkRules(given: NonNullable<VaultProperties["networkAcls"]>): NetworkRulesRecord {
  return {
    bypass: given.bypass ?? "AzureServices",
    defaultAction: given.defaultAction ?? "Allow",
    ipRules: (given.ipRules ?? []).map(({ value }) => value),
  };
}

/** A firewall as it is shown. */
export function shownNetworkRules(rules: NetworkRulesRecord): object {
  return {
    bypass: rules.bypass,
    defaultAction: rules.defaultAction,
    ipRules: rules.ipRules.map((value) => ({ value: value.includes("/") ? value : `${value}/32` })),
    virtualNetworkRules: [],
  };
}

/** A vault as it is shown. */
export function shownVault(vault: VaultRecord): object {
  return {
    id: vaultId(vault),
    name: vault.name,
    type: "Microsoft.KeyVault/vaults",
    location: vault.location,
    tags: vault.tags,
    systemData: { createdAt: new Date(vault.createdAt).toISOString() },
    properties: {
      sku: { family: "A", name: vault.sku },
      tenantId: vault.directory,
      accessPolicies: vault.accessPolicies,
      enabledForDeployment: vault.enabledForDeployment,
      enabledForDiskEncryption: vault.enabledForDiskEncryption,
      enabledForTemplateDeployment: vault.enabledForTemplateDeployment,
      enableSoftDelete: true,
      softDeleteRetentionInDays: vault.retentionDays,
      enableRbacAuthorization: vault.rbac,
      // Only ever shown where it is on: it cannot be said to be off.
      ...(vault.purgeProtection ? { enablePurgeProtection: true } : {}),
      ...(vault.networkAcls === null ? {} : { networkAcls: shownNetworkRules(vault.networkAcls) }),
      vaultUri: `https://${vault.name.toLowerCase()}${VAULT_SUFFIX}/`,
      provisioningState: "Succeeded",
      publicNetworkAccess: vault.publicNetworkAccess,
    },
  };
}
