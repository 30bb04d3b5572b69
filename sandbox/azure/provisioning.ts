/**
 * What a tenant's administrator sets up by hand, for tests and for programs without Pulumi: vaults, keys, applications and
 * grants, through ARM and Graph.
 *
 * @module
 */
import { randomUUID, X509Certificate } from "node:crypto";

import { z } from "zod";

import { ByokError } from "../../runtime/master-key/errors.js";
import { ask } from "./administrator.js";
import { type Azure } from "./azure.js";
import { ARM_HOST, GRAPH_HOST, resourceGroupId, vaultId } from "./names.js";
import { ROLE_DEFINITIONS } from "./roles.js";
import { type DirectoryRecord, type VaultRecord } from "./state.js";

/** A vault to make. */
export interface NewVault {
  /** 3 to 24 characters, unique in the sandbox. */
  readonly name: string;
  /** `westeurope` unless given. */
  readonly location?: string | undefined;
  /** `byok` unless given; made if missing. */
  readonly resourceGroup?: string | undefined;
  /** True: roles decide who may use keys; access policies unless given. */
  readonly rbac?: boolean | undefined;
  /** True unless given. */
  readonly purgeProtection?: boolean | undefined;
  /** Days that deleted keys can be recovered, 7 to 90; 90 unless given. */
  readonly retentionDays?: number | undefined;
}

/** A key to make. */
export interface NewKey {
  readonly vault: string;
  readonly name: string;
  /** Bits: 2048 (unless given), 3072 or 4096. */
  readonly size?: number | undefined;
  /** `encrypt`, `decrypt`, `wrapKey` and `unwrapKey` unless given. */
  readonly operations?: readonly string[] | undefined;
  /** ISO 8601. */
  readonly notBefore?: string | undefined;
  /** ISO 8601. */
  readonly expires?: string | undefined;
  /** Lets versions expire so long after they are made, ISO 8601 duration; no rotation policy unless given. */
  readonly rotationExpiry?: string | undefined;
}

/** An application to register. */
export interface NewApplication {
  readonly displayName: string;
  /** PEM, without private keys. */
  readonly certificates: readonly string[];
  /** Who can sign in; the directory's own unless given. */
  readonly signInAudience?: string | undefined;
  /** False: nobody can sign in by it; true unless given. */
  readonly accountEnabled?: boolean | undefined;
}

/** An application of the backup service in a tenant's directory. */
export interface RegisteredApplication {
  readonly entraTenantId: string;
  readonly clientId: string;
  /** Object id of the application. */
  readonly applicationId: string;
  /** Object id of its service principal: whom grants name. */
  readonly servicePrincipalId: string;
}

const keySchema = z.looseObject({ properties: z.looseObject({ keyUri: z.string(), keyUriWithVersion: z.string() }) });
const vaultSchema = z.looseObject({ id: z.string(), properties: z.looseObject({ vaultUri: z.string() }) });
const applicationSchema = z.looseObject({ id: z.string(), appId: z.string() });

/** Makes a resource group (if missing) and a vault in it. */
export function createVault(azure: Azure, directory: DirectoryRecord, vault: NewVault): { readonly id: string; readonly vaultUri: string } {
  const { name, location = "westeurope", resourceGroup = "byok", rbac = false, purgeProtection = true, retentionDays } = vault;
  const { subscription } = directory;
  const exists = azure.state.resourceGroups.some((group) => group.subscription === subscription && group.name === resourceGroup);
  if (!exists) ask(azure, directory, "PUT", ARM_HOST, resourceGroupId({ subscription, resourceGroup }), { location });
  const made = ask(azure, directory, "PUT", ARM_HOST, vaultId({ subscription, resourceGroup, name }), {
    location,
    properties: {
      tenantId: directory.id,
      sku: { family: "A", name: "standard" },
      accessPolicies: [],
      enableRbacAuthorization: rbac,
      ...(purgeProtection ? { enablePurgeProtection: true } : {}),
      ...(retentionDays === undefined ? {} : { softDeleteRetentionInDays: retentionDays }),
    },
  });
  const { id, properties } = vaultSchema.parse(made);
  return { id, vaultUri: properties.vaultUri };
}

/** Makes a key, through ARM. */
export function createKey(
  azure: Azure,
  directory: DirectoryRecord,
  vault: VaultRecord,
  key: NewKey,
): { readonly keyUri: string; readonly version: string } {
  const seconds = (time: string): number => Math.floor(Date.parse(time) / 1000);
  const made = ask(azure, directory, "PUT", ARM_HOST, `${vaultId(vault)}/keys/${key.name}`, {
    properties: {
      kty: "RSA",
      keySize: key.size ?? 2048,
      keyOps: key.operations ?? ["encrypt", "decrypt", "wrapKey", "unwrapKey"],
      attributes: {
        ...(key.notBefore === undefined ? {} : { nbf: seconds(key.notBefore) }),
        ...(key.expires === undefined ? {} : { exp: seconds(key.expires) }),
      },
      ...(key.rotationExpiry === undefined ? {} : { rotationPolicy: { attributes: { expiryTime: key.rotationExpiry } } }),
    },
  });
  const { keyUri, keyUriWithVersion } = keySchema.parse(made).properties;
  return { keyUri, version: keyUriWithVersion.slice(keyUri.length + 1) };
}

/**
 * Registers an application with its certificates and makes its service principal.
 */
export function registerApplication(
  azure: Azure,
  directory: DirectoryRecord,
  of: NewApplication,
): RegisteredApplication {
  const keyCredentials = of.certificates.map((pem) => ({
    type: "AsymmetricX509Cert",
    usage: "Verify",
    key: parseCertificate(pem).raw.toString("base64"),
  }));
  const application = applicationSchema.parse(
    ask(azure, directory, "POST", GRAPH_HOST, "/v1.0/applications", {
      displayName: of.displayName,
      signInAudience: of.signInAudience ?? "AzureADMyOrg",
      keyCredentials,
    }),
  );
  const principal = applicationSchema.parse(
    ask(azure, directory, "POST", GRAPH_HOST, "/v1.0/servicePrincipals", { appId: application.appId, accountEnabled: of.accountEnabled ?? true }),
  );
  return {
    entraTenantId: directory.id,
    clientId: application.appId,
    applicationId: application.id,
    servicePrincipalId: principal.id,
  };
}

/** Gives an object an access policy with exactly these permissions on keys, in the place of any it had. */
export function setAccessPolicy(
  azure: Azure,
  directory: DirectoryRecord,
  vault: VaultRecord,
  of: { readonly objectId: string; readonly permissions: readonly string[] },
): void {
  ask(azure, directory, "PUT", ARM_HOST, `${vaultId(vault)}/accessPolicies/replace`, {
    properties: { accessPolicies: [{ tenantId: directory.id, objectId: of.objectId, permissions: { keys: of.permissions } }] },
  });
}

/** Deletes a vault, through ARM. */
export function deleteVault(azure: Azure, directory: DirectoryRecord, vault: VaultRecord): void {
  ask(azure, directory, "DELETE", ARM_HOST, vaultId(vault));
}

/** Assigns a built-in role to an object, on a whole vault. */
export function assignRole(
  azure: Azure,
  directory: DirectoryRecord,
  vault: VaultRecord,
  of: { readonly objectId: string; readonly role: string },
): void {
  const role = ROLE_DEFINITIONS.find(({ name, id }) => name === of.role || id === of.role.toLowerCase());
  if (role === undefined) {
    throw new ByokError("CONFIG_INVALID", `The sandbox has no role "${of.role}". It has: ${ROLE_DEFINITIONS.map(({ name }) => name).join(", ")}.`);
  }
  const scope = vaultId(vault);
  ask(azure, directory, "PUT", ARM_HOST, `${scope}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`, {
    properties: {
      roleDefinitionId: `/subscriptions/${vault.subscription}/providers/Microsoft.Authorization/roleDefinitions/${role.id}`,
      principalId: of.objectId,
    },
  });
}

function parseCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new ByokError("CONFIG_INVALID", "The certificate is not one X.509 certificate in PEM form.", { cause });
  }
}
