/**
 * A tenant's key in Google Cloud KMS, and the grant that lets the service use it.
 *
 * @module
 */
import "./peers.js";

import { CryptoKey, CryptoKeyIAMMember, KeyRing } from "@pulumi/gcp/kms";
import { Project } from "@pulumi/gcp/organizations";
import { Service } from "@pulumi/gcp/projects";
import * as pulumi from "@pulumi/pulumi";

import { type GcpKmsDescriptor } from "../../runtime/master-key/descriptor.js";
import { type KeyOptionsArgs } from "../key-options.js";
import { ProtectionLevel } from "../protection-level.js";
import { type Datacenter } from "../regions.js";
import { serviceAccountMember } from "./identity.js";
import { type ResolvedGcpTenantKeyArgs, resolveGcpTenantKeyArgs } from "./tenant-key-args.js";

/** A project to create for the key. In neither an organization nor a folder, it belongs to whoever creates it. */
export interface GcpNewProjectArgs {
  /** Id of the new project, 6 to 30 characters; no other project in the world may have or have had it. */
  projectId: string;
  /** Billing account to charge, e.g. `012345-6789AB-CDEF01`: Cloud KMS does not work without one. */
  billingAccount: string;
  /** Display name, 4 to 30 characters. Default: the project id. */
  displayName?: string;
  /** Numeric id of the organization to create it in; excludes `folderId`. */
  organizationId?: string;
  /** Numeric id of the folder to create it in; excludes `organizationId`. */
  folderId?: string;
}

/** Arguments of `GcpTenantKey`. Name the project by exactly one of `project` and `createProject`. */
export interface GcpTenantKeyArgs extends KeyOptionsArgs {
  /** Tenant's id: 3 to 32 characters of a-z, 0-9 and -. */
  tenant: string;
  /** Datacenter of the service that the key is for; picks the region. */
  datacenter: Datacenter;
  /** Id of the existing project that owns the key: the tenant's own. */
  project?: string;
  /** Creates the project that owns the key. */
  createProject?: GcpNewProjectArgs;
  /** E-mail of the service's service account, the only one that is granted. */
  serviceAccount: string;
  /** Another exact region within the datacenter's residency, or `global`, which has none. Default: the datacenter's own. */
  location?: string;
  /** Lets `location` be a region outside the datacenter's residency. Default: false. */
  allowCrossRegion?: boolean;
  /** Name of the key ring. Default: `byok-TENANT-DATACENTER`. */
  keyRingName?: string;
  /** Name of the key. Default: `byok-TENANT-DATACENTER`. */
  keyName?: string;
  /**
   * Grants on the key of these names that exists already, made by hand or left by a teardown, and creates none. Default:
   * false.
   */
  existingKey?: boolean;
  /** Where the key material is kept. Cannot be changed later. Default: `software`. */
  protectionLevel?: ProtectionLevel;
  /** Days between automatic rotations, 1 to 36500. Default: 90. */
  rotationPeriodInDays?: number;
  /** Days between a request to destroy a key version and its destruction, 1 to 120. Cannot be changed later. Default: 30. */
  destroyDelayInDays?: number;
  /** Labels of the key. Default: none. */
  labels?: { [key: string]: string };
}

/** Seconds of a number of days, in the form that Cloud KMS takes durations. */
function seconds(days: number): string {
  return `${days * 86_400}s`;
}

/**
 * A symmetric key in the tenant's own Google Cloud project, its key ring, and the one IAM binding by which the service may
 * use it: `roles/cloudkms.cryptoKeyEncrypterDecrypter`, on this key only, beside whatever else its policy holds.
 *
 * Everything but the grant is protected, and `pulumi destroy --exclude-protected` withdraws the grant and nothing else.
 * Key, key ring and a project of ours outlive even a full teardown, and the Cloud KMS API stays enabled: no stack operation
 * can make backups unreadable. So their names stay taken (Google Cloud gives that of a key to no other, even after its
 * deletion); after a full teardown `up` must be told to take the key that is there (`existingKey`, with `project` in place of
 * `createProject`), and backups open again. To start over with a new key, name another key ring.
 *
 * The tenant revokes by disabling key versions or by removing the grant. `up --refresh` never undoes the first: the state of
 * versions is only ever read. A withdrawn grant it puts back. Rotation goes on while versions are disabled, and its next
 * version is enabled; it opens nothing that older ones encrypted.
 */
export class GcpTenantKey extends pulumi.ComponentResource {
  /** Public description of the key for the runtime; available once the service has been granted. */
  readonly descriptor: pulumi.Output<GcpKmsDescriptor>;
  /** Where the key is, e.g. `europe-west4`, or `global (no residency)`. */
  readonly location: pulumi.Output<string>;

  /**
   * @param name - resource name; children are called `NAME-key`, `NAME-grant` and, unless the key exists, `NAME-project`,
   *   `NAME-api`, `NAME-ring`
   * @param args - what to create, and for whom
   * @param opts - pass the Google Cloud provider with the tenant's credentials as `provider` (or `providers`)
   * @throws InvalidArgsError before anything is registered, if an argument is not valid
   */
  constructor(name: string, args: GcpTenantKeyArgs, opts?: pulumi.ComponentResourceOptions) {
    const resolved = resolveGcpTenantKeyArgs(name, args);
    super("pulumi-byok:index:GcpTenantKey", name, {}, opts);

    if (resolved.warning !== undefined) void pulumi.log.warn(`${name}: ${resolved.warning}`, this);

    const key = args.existingKey === true ? existingKey(this, name, resolved) : createKey(this, name, args, resolved);

    // A member, never a binding or a policy: those would take from others what they hold on this key.
    const member = serviceAccountMember(args.serviceAccount);
    const grant = new CryptoKeyIAMMember(
      `${name}-grant`,
      { cryptoKeyId: key.id, role: "roles/cloudkms.cryptoKeyEncrypterDecrypter", member },
      { parent: this, protect: false, retainOnDelete: false },
    );

    this.descriptor = pulumi.all([key.id, grant.id]).apply(([keyName]): GcpKmsDescriptor => ({
      schema: 1,
      tenant: args.tenant,
      datacenter: args.datacenter,
      provider: "gcp-kms",
      grantedTo: member,
      keyName,
    }));
    this.location = pulumi.output(resolved.locationInWords);
    this.registerOutputs({ descriptor: this.descriptor, location: this.location });
  }
}

/** Reads the key, so that a missing one stops the deployment before anything is granted. */
function existingKey(parent: GcpTenantKey, name: string, resolved: ResolvedGcpTenantKeyArgs): CryptoKey {
  const { projectId, location, keyRingName, keyName } = resolved;
  const id = `projects/${projectId}/locations/${location}/keyRings/${keyRingName}/cryptoKeys/${keyName}`;
  return CryptoKey.get(`${name}-key`, id, undefined, { parent });
}

function createKey(
  parent: GcpTenantKey,
  name: string,
  args: GcpTenantKeyArgs,
  { projectId, location, keyRingName, keyName }: ResolvedGcpTenantKeyArgs,
): CryptoKey {
  // protect and retainOnDelete are set on every child, since children inherit what they do not set.
  const kept = { parent, protect: true, retainOnDelete: true };

  const project = args.createProject === undefined ? projectId : createProject(name, args.createProject, kept).projectId;

  const api = new Service(
    `${name}-api`,
    { project, service: "cloudkms.googleapis.com", disableOnDestroy: false },
    { parent, protect: true, retainOnDelete: false },
  );

  const ring = new KeyRing(`${name}-ring`, { project, location, name: keyRingName }, { ...kept, dependsOn: api });

  return new CryptoKey(
    `${name}-key`,
    {
      keyRing: ring.id,
      name: keyName,
      purpose: "ENCRYPT_DECRYPT",
      versionTemplate: {
        algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION",
        protectionLevel: args.protectionLevel === ProtectionLevel.Hsm ? "HSM" : "SOFTWARE",
      },
      rotationPeriod: seconds(args.rotationPeriodInDays ?? 90),
      destroyScheduledDuration: seconds(args.destroyDelayInDays ?? 30),
      skipInitialVersionCreation: false,
      ...(args.labels === undefined ? {} : { labels: args.labels }),
    },
    // No ignoreChanges, unlike AWS: no input says whether versions are enabled, so `up --refresh` cannot enable one.
    kept,
  );
}

function createProject(name: string, args: GcpNewProjectArgs, options: pulumi.CustomResourceOptions): Project {
  return new Project(
    `${name}-project`,
    {
      projectId: args.projectId,
      name: args.displayName ?? args.projectId,
      billingAccount: args.billingAccount,
      ...(args.organizationId === undefined ? {} : { orgId: args.organizationId }),
      ...(args.folderId === undefined ? {} : { folderId: args.folderId }),
      // Deleting the project would delete the key; the provider refuses too.
      deletionPolicy: "PREVENT",
    },
    options,
  );
}
