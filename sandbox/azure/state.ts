/**
 * What the sandbox's Azure remembers, and the file it is kept in. The key material in it is the sandbox's own: it never
 * protected anything but test data.
 *
 * @module
 */
import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";

import { OWNER } from "./roles.js";

/** Directory (Entra tenant) of the tenant that is signed in at first, and its subscription. */
export const TENANT_DIRECTORY = "6f3c1a52-8d0e-4b7a-9c41-2f5d7e8a9b10";
export const TENANT_SUBSCRIPTION = "0d9b4e37-5a1c-4c86-b2f4-93e6a7c8d201";
/** A second tenant's. */
export const OTHER_TENANT_DIRECTORY = "22222222-2222-4222-8222-222222222222";
export const OTHER_TENANT_SUBSCRIPTION = "bbbbbbbb-2222-4222-8222-bbbbbbbbbbbb";

/** A directory with one subscription and its administrator. */
export interface DirectoryRecord {
  readonly id: string;
  /** As Entra's messages name it. */
  readonly displayName: string;
  /** Initial domain, `NAME.onmicrosoft.com`. */
  readonly domain: string;
  readonly subscription: string;
  /** The user who deploys: Global Administrator of the directory, Owner of the subscription. */
  readonly administrator: { readonly objectId: string; readonly userPrincipalName: string };
}

/** A certificate that an application signs in with. Times are epoch milliseconds. */
export interface KeyCredentialRecord {
  readonly keyId: string;
  readonly displayName: string | null;
  /** From here on, until {@link endAt}, Entra takes it; within the certificate's own validity. */
  readonly startAt: number;
  readonly endAt: number;
  /** DER, base64. */
  readonly certificate: string;
}

/** An application, in its home directory. */
export interface ApplicationRecord {
  /** Object id. */
  readonly id: string;
  /** Client id. */
  readonly appId: string;
  readonly directory: string;
  readonly createdAt: number;
  displayName: string;
  signInAudience: string;
  /** Other writable properties, as they were given. */
  properties: Record<string, unknown>;
  keyCredentials: KeyCredentialRecord[];
  /** Set while it can be restored: 30 days. */
  deletedAt: number | null;
}

/** An application's identity in a directory. */
export interface ServicePrincipalRecord {
  /** Object id: what access policies and role assignments name. */
  readonly id: string;
  readonly appId: string;
  readonly directory: string;
  accountEnabled: boolean;
  /** Other writable properties, as they were given. */
  properties: Record<string, unknown>;
  deletedAt: number | null;
  /** How many times more ARM looks for it in vain: it was made a moment ago. */
  unheardOf?: number;
}

/** A resource group. */
export interface ResourceGroupRecord {
  readonly subscription: string;
  readonly name: string;
  readonly location: string;
  tags: Record<string, string>;
}

/** Types of keys that the sandbox plays: JsonWebKeyType of the Key Vault REST reference. */
export type KeyType = "RSA" | "RSA-HSM";

/** One version of a key. Times are epoch milliseconds. */
export interface KeyVersionRecord {
  /** 32 hex digits. */
  readonly id: string;
  readonly type: KeyType;
  /** PKCS #8, PEM; of an HSM's key too, which the sandbox only calls one. */
  readonly privateKey: string;
  /** Modulus, bits. */
  readonly size: number;
  readonly createdAt: number;
  updatedAt: number;
  enabled: boolean;
  notBefore: number | null;
  expires: number | null;
  operations: string[];
  tags: Record<string, string>;
}

/** What happens to a key by itself; durations are ISO 8601, e.g. `P90D`. */
export interface RotationPolicyRecord {
  readonly createdAt: number;
  updatedAt: number;
  expiryTime: string | null;
  actions: { readonly type: "Rotate" | "Notify"; readonly timeAfterCreate?: string; readonly timeBeforeExpiry?: string }[];
}

/** An RSA key of a vault. */
export interface KeyRecord {
  readonly name: string;
  /** Oldest first; the last one is what the key's identifier without a version means. */
  readonly versions: KeyVersionRecord[];
  rotationPolicy: RotationPolicyRecord | null;
  /** Set while it is soft-deleted; it is gone when `purgeAt` has come. */
  deletion: { readonly at: number; readonly purgeAt: number } | null;
}

/** Who may do what in a vault that uses access policies. */
export interface AccessPolicyRecord {
  readonly tenantId: string;
  readonly objectId: string;
  /** Compound identity: only that application, on behalf of the object. */
  readonly applicationId?: string | undefined;
  readonly permissions: {
    readonly keys?: readonly string[] | undefined;
    readonly secrets?: readonly string[] | undefined;
    readonly certificates?: readonly string[] | undefined;
    readonly storage?: readonly string[] | undefined;
  };
}

/** A vault's firewall. */
export interface NetworkRulesRecord {
  readonly bypass: "AzureServices" | "None";
  readonly defaultAction: "Allow" | "Deny";
  /** IPv4 addresses or CIDR ranges. */
  readonly ipRules: readonly string[];
}

/** A key vault. */
export interface VaultRecord {
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly name: string;
  readonly location: string;
  readonly createdAt: number;
  tags: Record<string, string>;
  /** Directory whose tokens it takes. */
  directory: string;
  sku: "standard" | "premium";
  accessPolicies: AccessPolicyRecord[];
  enabledForDeployment: boolean;
  enabledForDiskEncryption: boolean;
  enabledForTemplateDeployment: boolean;
  /** True: role assignments decide; false: access policies do. */
  rbac: boolean;
  /** Days that deleted keys, and the deleted vault, can be recovered. */
  readonly retentionDays: number;
  purgeProtection: boolean;
  networkAcls: NetworkRulesRecord | null;
  publicNetworkAccess: "Enabled" | "Disabled";
  readonly keys: KeyRecord[];
  deletion: { readonly at: number; readonly purgeAt: number } | null;
}

/** A role assignment; `scope` is a subscription, a resource group, a vault or a key. */
export interface RoleAssignmentRecord {
  /** GUID. */
  readonly name: string;
  readonly scope: string;
  /** GUID of the role definition. */
  readonly role: string;
  readonly principalId: string;
  readonly principalType?: string;
  readonly createdAt: number;
}

/** A resource that is kept and shown, and that nothing in the sandbox acts upon. */
export interface StoredResourceRecord {
  /** Resource id, as it was first made. */
  readonly id: string;
  /** As ARM names it, e.g. `Microsoft.Insights/actionGroups`. */
  readonly type: string;
  /** Null for types without one. */
  readonly location: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly properties: Record<string, unknown>;
  /** Set while it can be recovered; it is gone when `purgeAt` has come. */
  deletion: { readonly at: number; readonly purgeAt: number } | null;
}

/** A management lock. */
export interface LockRecord {
  readonly name: string;
  /** Resource id of a subscription, resource group or vault. */
  readonly scope: string;
  readonly level: "CanNotDelete";
  readonly notes: string | null;
}

/** What `restore` puts back, by key identifier: how things were before the tenant's first act on the key. */
export interface BeforeRevocation {
  /** Versions that were enabled. */
  readonly enabled: readonly string[];
  readonly accessPolicies: readonly AccessPolicyRecord[];
  readonly roleAssignments: readonly RoleAssignmentRecord[];
}

/** Everything, as stored. */
export interface AzureState {
  readonly schema: 1;
  /** PKCS #8, PEM: signs access tokens. */
  readonly tokenKey: string;
  readonly directories: DirectoryRecord[];
  /** Directory whose administrator deploys. */
  signedIn: string;
  /** How many times ARM looks in vain for principals that are made from now on. */
  principalDelay?: number;
  readonly applications: ApplicationRecord[];
  readonly servicePrincipals: ServicePrincipalRecord[];
  readonly resourceGroups: ResourceGroupRecord[];
  readonly vaults: VaultRecord[];
  readonly roleAssignments: RoleAssignmentRecord[];
  readonly resources: StoredResourceRecord[];
  readonly locks: LockRecord[];
  readonly revocations: Record<string, BeforeRevocation>;
  /** Vaults (lower case) whose firewall the tenant closed, and what it was like before. */
  readonly closedFirewalls: Record<string, NetworkRulesRecord | null>;
}

/** What earlier versions did not write. */
export function laterState(): Pick<AzureState, "resources" | "locks"> {
  return { resources: [], locks: [] };
}

/** A fresh directory. Its administrator owns the subscription by a role assignment like any other. */
function createDirectory(id: string, name: string, subscription: string): DirectoryRecord {
  const domain = `${name.toLowerCase()}.onmicrosoft.com`;
  return {
    id,
    displayName: name,
    domain,
    subscription,
    administrator: { objectId: randomUUID(), userPrincipalName: `admin@${domain}` },
  };
}

/** What a cloud is like at first. */
export function initialState(): AzureState {
  const directories = [
    createDirectory(TENANT_DIRECTORY, "Acme", TENANT_SUBSCRIPTION),
    createDirectory(OTHER_TENANT_DIRECTORY, "Globex", OTHER_TENANT_SUBSCRIPTION),
  ];
  return {
    schema: 1,
    tokenKey: newRsaKey(2048),
    directories,
    signedIn: TENANT_DIRECTORY,
    applications: [],
    servicePrincipals: [],
    resourceGroups: [],
    vaults: [],
    roleAssignments: directories.map(({ subscription, administrator }) => ({
      name: randomUUID(),
      scope: `/subscriptions/${subscription}`,
      role: OWNER,
      principalId: administrator.objectId,
      createdAt: 0,
    })),
    ...laterState(),
    revocations: {},
    closedFirewalls: {},
  };
}

/** A fresh RSA private key, PKCS #8 in PEM. Synchronous, as everything that changes the state is. */
export function newRsaKey(size: number): string {
  return generateKeyPairSync("rsa", {
    modulusLength: size,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  }).privateKey;
}

/** A fresh key version id: 32 hex digits. */
export function newVersionId(): string {
  return randomBytes(16).toString("hex");
}
