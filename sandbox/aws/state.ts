/**
 * What the sandbox's AWS remembers, and the file it is kept in. The key material in it is the sandbox's own: it never
 * protected anything but test data.
 *
 * @module
 */
import { randomBytes } from "node:crypto";

import { ADMINISTRATOR_POLICY, createIdentity, KEY_USER_POLICY, type IdentityRecord } from "./identity.js";

/** Account of the tenant that is signed in at first. */
export const TENANT_ACCOUNT = "111122223333";
/** A second tenant's account. */
export const OTHER_TENANT_ACCOUNT = "444455556666";
/** The backup service's own account. */
export const SERVICE_ACCOUNT = "201720642051";

/** One version of a key's material. The last of a key encrypts, every one decrypts. */
export interface KeyMaterial {
  /** 64 hex digits, as KMS shows key material ids. */
  readonly id: string;
  /** 32 bytes, base64. */
  readonly bytes: string;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly origin: "INITIAL" | "AUTOMATIC" | "ON_DEMAND";
}

/**
 * A key. Times are epoch milliseconds. All but symmetric ENCRYPT_DECRYPT keys with material of KMS's own are only described: they
 * are there to be refused.
 */
export interface KeyRecord {
  /** A UUID, or `mrk-` and 32 hex digits for the keys of a multi-Region set, which share it. */
  readonly id: string;
  readonly account: string;
  readonly region: string;
  readonly createdAt: number;
  /** Region of the primary key, for keys of a multi-Region set; absent for all others. */
  readonly primaryRegion?: string;
  /** Absent: SYMMETRIC_DEFAULT. */
  readonly spec?: string;
  /** Absent: ENCRYPT_DECRYPT. */
  readonly usage?: string;
  /** Absent: AWS_KMS. A key of origin EXTERNAL waits for its material. */
  readonly origin?: string;
  description: string;
  enabled: boolean;
  /** Set while the key is pending deletion; the key is gone when this time has come. */
  deletion: { readonly at: number; readonly windowInDays: number } | null;
  /** The key policy, byte for byte as it was put. */
  policy: string;
  /** Yearly rotation; null while it is off. */
  rotation: { readonly periodInDays: number; nextAt: number } | null;
  readonly materials: KeyMaterial[];
  tags: Record<string, string>;
}

/** A grant on a key (API_GrantListEntry). */
export interface GrantRecord {
  /** 64 hex digits. */
  readonly id: string;
  readonly token: string;
  readonly keyId: string;
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly grantee: string;
  readonly retiring: string | null;
  readonly operations: readonly string[];
  readonly constraints: GrantConstraints;
  readonly createdAt: number;
}

/** What the encryption context of a request must be, or contain. */
export interface GrantConstraints {
  readonly equals?: Readonly<Record<string, string>>;
  readonly subset?: Readonly<Record<string, string>>;
}

/** Something of another AWS service than KMS: stored as it was made, and listed. Roles are identities too. */
export interface StoredResource {
  /** What it is, e.g. `sns:topic`. */
  readonly kind: string;
  readonly account: string;
  /** Empty for IAM's, which have none. */
  readonly region: string;
  readonly id: string;
  properties: Readonly<Record<string, unknown>>;
}

/** An alias of a key in the same account and Region. */
export interface AliasRecord {
  /** With its prefix: `alias/NAME`. */
  readonly name: string;
  readonly account: string;
  readonly region: string;
  targetKeyId: string;
  readonly createdAt: number;
  updatedAt: number;
}

/** What `restore` puts back: how the key was before the tenant's first act on it. */
export interface BeforeRevocation {
  readonly enabled: boolean;
  readonly policy: string;
  /** Absent in states of older releases. */
  readonly grants?: readonly GrantRecord[];
}

/** Everything, as stored. */
export interface AwsState {
  readonly schema: 1;
  /** 32 bytes, base64: authenticates the headers of ciphertext blobs. */
  readonly blobKey: string;
  /** Accounts that exist, so that policies may name them. */
  readonly accounts: string[];
  readonly identities: IdentityRecord[];
  /** The account whose deployer the resource providers act as. */
  signedIn: string;
  readonly keys: KeyRecord[];
  readonly aliases: AliasRecord[];
  readonly grants: GrantRecord[];
  readonly resources: StoredResource[];
  /** By key id; by ARN for keys of a multi-Region set. */
  readonly revocations: Record<string, BeforeRevocation>;
}

/** What earlier versions did not write. */
export function laterState(): Pick<AwsState, "grants" | "resources"> {
  return { grants: [], resources: [] };
}

/** Names of the identities of a fresh sandbox. */
export const SERVICE_IDENTITY = "service";
/** A role of the service's account without any identity policy. */
export const SERVICE_IDENTITY_WITHOUT_POLICY = "service-without-kms";
/** The administrator who deploys in an account. */
export function deployerOf(account: string): string {
  return `deployer-${account}`;
}

/** A fresh deployer, as every account has one. */
export function createDeployer(account: string): IdentityRecord {
  return createIdentity({
    name: deployerOf(account),
    arn: `arn:aws:iam::${account}:role/deployer`,
    session: "pulumi",
    policy: ADMINISTRATOR_POLICY,
  });
}

/** What a cloud is like at first. */
export function initialState(): AwsState {
  return {
    schema: 1,
    blobKey: randomBytes(32).toString("base64"),
    accounts: [TENANT_ACCOUNT, OTHER_TENANT_ACCOUNT, SERVICE_ACCOUNT],
    identities: [
      createDeployer(TENANT_ACCOUNT),
      createDeployer(OTHER_TENANT_ACCOUNT),
      createIdentity({
        name: SERVICE_IDENTITY,
        arn: `arn:aws:iam::${SERVICE_ACCOUNT}:role/backup-service`,
        session: "backup",
        policy: KEY_USER_POLICY,
      }),
      createIdentity({
        name: SERVICE_IDENTITY_WITHOUT_POLICY,
        arn: `arn:aws:iam::${SERVICE_ACCOUNT}:role/backup-service-without-kms`,
        session: "backup",
      }),
    ],
    signedIn: TENANT_ACCOUNT,
    keys: [],
    aliases: [],
    ...laterState(),
    revocations: {},
  };
}
