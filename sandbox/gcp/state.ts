/**
 * What the sandbox's Google Cloud remembers, and the file it is kept in. The key material in it is the sandbox's own: it
 * never protected anything but test data. Private keys of service accounts are not in it: they are in their key files.
 *
 * @module
 */
import { randomBytes } from "node:crypto";

import { newPolicy, type PolicyRecord, serviceAccountMember } from "./iam/policy.js";

/** Project of the tenant that is signed in at first. */
export const TENANT_PROJECT = "acme-backup-keys";
/** A second tenant's project, in an organization of its own. */
export const OTHER_TENANT_PROJECT = "globex-backup-keys";
/** The backup service's own project. */
export const SERVICE_PROJECT = "afi-production";
/** The backup service's account: the one that tenants grant. */
export const SERVICE_ACCOUNT = `storage-byok@${SERVICE_PROJECT}.iam.gserviceaccount.com`;
/** Organization of {@link TENANT_PROJECT}, and its billing account; those of other tenants get random ids. */
export const TENANT_ORGANIZATION = "123456789012";
export const TENANT_BILLING_ACCOUNT = "012345-6789AB-CDEF01";
/** Service name of Cloud KMS. */
export const CLOUD_KMS = "cloudkms.googleapis.com";
/** Service name of Cloud Monitoring. */
export const MONITORING = "monitoring.googleapis.com";
/** Service name of IAM. */
export const IAM = "iam.googleapis.com";
/** Service name of the IAM Service Account Credentials API. */
export const IAM_CREDENTIALS = "iamcredentials.googleapis.com";

/** Where projects are made. */
export interface OrganizationRecord {
  /** Digits. */
  readonly id: string;
  policy: PolicyRecord;
}

/** Who pays. */
export interface BillingAccountRecord {
  /** Three times six hex digits, `012345-6789AB-CDEF01`. */
  readonly id: string;
  policy: PolicyRecord;
}

/** A project. Times are epoch milliseconds everywhere. */
export interface ProjectRecord {
  readonly projectId: string;
  /** Digits; Google picks it. */
  readonly number: string;
  displayName: string;
  /** Id of its organization. */
  readonly organization: string;
  readonly createdAt: number;
  /** DELETE_REQUESTED for 30 days after its deletion; the sandbox keeps it there. */
  state: "ACTIVE" | "DELETE_REQUESTED";
  labels: Record<string, string>;
  policy: PolicyRecord;
  /** Id of its billing account; null while it has none. */
  billingAccount: string | null;
  /** Names of the services that are enabled. */
  readonly services: string[];
}

/** The public half of a service account's key. */
export interface ServiceAccountKey {
  /** 40 hex digits, `private_key_id` of the key file. */
  readonly id: string;
  /** PEM, SubjectPublicKeyInfo. */
  readonly publicKey: string;
}

/** A service account. */
export interface ServiceAccountRecord {
  /** Handle within the sandbox, e.g. `service`; also the name of its key file. */
  readonly name: string;
  readonly email: string;
  readonly project: string;
  /** 21 digits, `client_id` of the key file. */
  readonly uniqueId: string;
  disabled: boolean;
  readonly keys: ServiceAccountKey[];
  displayName?: string;
  description?: string;
  /** Who may do what with the account; nobody where left out. */
  policy?: PolicyRecord;
}

/** States a version can be in, of those in CryptoKeyVersionState that software and HSM keys reach. */
export type VersionState = "ENABLED" | "DISABLED" | "DESTROY_SCHEDULED" | "DESTROYED";

/** Protection levels that the sandbox plays; both keep their material in this file. */
export type ProtectionLevel = "SOFTWARE" | "HSM";

/** A version of a key. */
export interface VersionRecord {
  readonly id: number;
  state: VersionState;
  readonly protectionLevel: ProtectionLevel;
  readonly createdAt: number;
  /** While DESTROY_SCHEDULED. */
  destroyAt: number | null;
  /** Once DESTROYED. */
  destroyedAt: number | null;
  /** 32 bytes, base64; null once destroyed. */
  bytes: string | null;
}

/** A key; only symmetric ENCRYPT_DECRYPT ones can be used. */
export interface CryptoKeyRecord {
  /** Resource name. */
  readonly name: string;
  /** 16 bytes, hex: how ciphertexts name the key. */
  readonly cipherId: string;
  readonly createdAt: number;
  labels: Record<string, string>;
  protectionLevel: ProtectionLevel;
  /** Milliseconds; null without a schedule. */
  rotationPeriod: number | null;
  nextRotationAt: number | null;
  /** Milliseconds between DestroyCryptoKeyVersion and the destruction. */
  readonly destroyScheduledDuration: number;
  readonly versions: VersionRecord[];
  /** Id of the version that encrypts; null if none was made yet. */
  primary: number | null;
  policy: PolicyRecord;
  /** ENCRYPT_DECRYPT where left out; keys of other purposes can be looked at only. */
  readonly purpose?: string;
  /** GOOGLE_SYMMETRIC_ENCRYPTION where left out. */
  readonly algorithm?: string;
  readonly importOnly?: boolean;
}

/** A key ring. */
export interface KeyRingRecord {
  /** Resource name. */
  readonly name: string;
  readonly createdAt: number;
  policy: PolicyRecord;
}

/** What `restore` puts back, by key: what the tenant's acts took away. */
export interface TakenAway {
  /** Ids of the versions that were ENABLED. */
  readonly versions: number[];
  /** Grants that were withdrawn. */
  readonly grants: { readonly role: string; readonly member: string }[];
}

/** A notification channel or an alert policy of Cloud Monitoring; members as the API has them. */
export interface MonitoredRecord {
  /** `projects/P/notificationChannels/N`, `projects/P/alertPolicies/N`. */
  readonly name: string;
  resource: Readonly<Record<string, unknown>>;
}

/** Everything, as stored. */
export interface GcpState {
  readonly schema: 1;
  /** 32 bytes, base64: authenticates the headers of ciphertexts. */
  readonly headerKey: string;
  readonly organizations: OrganizationRecord[];
  readonly billingAccounts: BillingAccountRecord[];
  readonly projects: ProjectRecord[];
  readonly accounts: ServiceAccountRecord[];
  /** Project whose deployer the resource providers act as. */
  signedIn: string;
  readonly keyRings: KeyRingRecord[];
  readonly keys: CryptoKeyRecord[];
  readonly takenAway: Record<string, TakenAway>;
  readonly notificationChannels: MonitoredRecord[];
  readonly alertPolicies: MonitoredRecord[];
}

/** What earlier versions did not write. */
export function laterState(): Pick<GcpState, "notificationChannels" | "alertPolicies"> {
  return { notificationChannels: [], alertPolicies: [] };
}

/** Name of the service's account in a fresh sandbox. */
export const SERVICE_IDENTITY = "service";

/** Name of the administrator who deploys in a project. */
export function deployerOf(project: string): string {
  return `deployer-${project}`;
}

/** A service account without keys; identity.ts makes them with its key file. */
export function newServiceAccount(name: string, email: string, project: string): ServiceAccountRecord {
  return { name, email, project, uniqueId: digits(21), disabled: false, keys: [] };
}

/** A project with an owner, without a billing account, and nothing enabled. */
export function newProject(of: {
  readonly projectId: string;
  readonly displayName?: string | undefined;
  readonly organization: string;
  readonly owner: string;
  readonly labels?: Record<string, string> | undefined;
  readonly now: number;
}): ProjectRecord {
  return {
    projectId: of.projectId,
    number: digits(12),
    displayName: of.displayName ?? of.projectId,
    organization: of.organization,
    createdAt: of.now,
    state: "ACTIVE",
    labels: of.labels ?? {},
    policy: newPolicy([{ role: "roles/owner", members: [serviceAccountMember(of.owner)] }]),
    billingAccount: null,
    services: [],
  };
}

/**
 * Adds a project in an organization of its own, with a billing account and a deployer, who owns it and may make more.
 *
 * @returns the deployer.
 */
export function addTenancy(
  state: GcpState,
  projectId: string,
  now: number,
  ids: { readonly organization?: string; readonly billingAccount?: string } = {},
): ServiceAccountRecord {
  const deployer = newServiceAccount(deployerOf(projectId), `deployer@${projectId}.iam.gserviceaccount.com`, projectId);
  const { organization = digits(12), billingAccount = hexTriple() } = ids;
  const grant = (role: string): PolicyRecord => newPolicy([{ role, members: [serviceAccountMember(deployer.email)] }]);
  state.organizations.push({ id: organization, policy: grant("roles/resourcemanager.projectCreator") });
  state.billingAccounts.push({ id: billingAccount, policy: grant("roles/billing.user") });
  state.projects.push({ ...newProject({ projectId, organization, owner: deployer.email, now }), billingAccount });
  state.accounts.push(deployer);
  return deployer;
}

/** What a cloud is like at first. */
export function initialState(now: number): GcpState {
  const state: GcpState = {
    schema: 1,
    headerKey: randomBytes(32).toString("base64"),
    organizations: [],
    billingAccounts: [],
    projects: [],
    accounts: [],
    signedIn: TENANT_PROJECT,
    keyRings: [],
    keys: [],
    takenAway: {},
    ...laterState(),
  };
  addTenancy(state, TENANT_PROJECT, now, { organization: TENANT_ORGANIZATION, billingAccount: TENANT_BILLING_ACCOUNT });
  for (const project of [OTHER_TENANT_PROJECT, SERVICE_PROJECT]) addTenancy(state, project, now);
  state.accounts.push(newServiceAccount(SERVICE_IDENTITY, SERVICE_ACCOUNT, SERVICE_PROJECT));
  // The service calls Cloud KMS from its own project, so that one has enabled it; tenants have not yet.
  state.projects.find(({ projectId }) => projectId === SERVICE_PROJECT)?.services.push(CLOUD_KMS);
  return state;
}

/** Decimal digits, the first not zero. */
export function digits(length: number): string {
  const [first = 1, ...rest] = randomBytes(length);
  return String(1 + (first % 9)) + rest.map((byte) => byte % 10).join("");
}

/** Three times six upper-case hex digits. */
function hexTriple(): string {
  return Array.from({ length: 3 }, () => randomBytes(3).toString("hex").toUpperCase()).join("-");
}
