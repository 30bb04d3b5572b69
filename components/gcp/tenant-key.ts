/**
 * A tenant's key in Google Cloud KMS, and the grant that lets the service use it.
 *
 * @module
 */
import "./peers.js";

import * as pulumi from "@pulumi/pulumi";

import { type GcpKmsDescriptor } from "../../runtime/master-key/descriptor.js";
import { type KeyOptionsArgs } from "../key-options.js";
import { type ProtectionLevel } from "../protection-level.js";
import { type Datacenter } from "../regions.js";
import { registerAlarms } from "./alarms.js";
import { registerAuditLog } from "./audit-log.js";
import { type GcpExistingArgs } from "./existing.js";
import { registerGrants } from "./grants.js";
import { serviceAccountMember } from "./identity.js";
import { createProject, keyIn } from "./key.js";
import { resolveGcpTenantKeyArgs } from "./tenant-key-args.js";

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
   * Key ring, or key, that is there already, made by hand or left by a teardown: it is read and checked, never created nor
   * changed. Default: both are created.
   */
  existing?: GcpExistingArgs;
  /** Where the key material is kept. Cannot be changed later. Default: `software`. */
  protectionLevel?: ProtectionLevel;
  /** Days between automatic rotations, 1 to 36500. Default: 90. */
  rotationPeriodInDays?: number;
  /** Days between a request to destroy a key version and its destruction, 1 to 120. Cannot be changed later. Default: 30. */
  destroyDelayInDays?: number;
  /** Labels of the key. Default: none. */
  labels?: { [key: string]: string };
}

/**
 * A symmetric key in the tenant's own Google Cloud project, its key ring, and the one IAM binding by which the service may
 * use it: `roles/cloudkms.cryptoKeyEncrypterDecrypter`, on this key only, beside whatever else its policy holds.
 *
 * `access: suspended` withdraws that binding (and the one of `keyMetadata`) and nothing else; `granted` makes it again.
 *
 * Everything but the grants, the audit log and the alarms is protected, and `pulumi destroy --exclude-protected` takes away
 * just those. Key, key ring and a project of ours outlive even a full teardown, and the Cloud KMS API stays enabled: no stack
 * operation can make backups unreadable. So their names stay taken (Google Cloud gives that of a key to no other, even after
 * its deletion); after a full teardown `up` must be told to take the key that is there (`existing: { key }`, with `project`
 * in place of `createProject`), and backups open again. To start over with a new key, name another one.
 *
 * The tenant revokes by disabling key versions or by removing the grant. `up --refresh` never undoes the first: the state of
 * versions is only ever read. A withdrawn grant it puts back. Rotation goes on while versions are disabled, and its next
 * version is enabled; it opens nothing that older ones encrypted.
 */
export class GcpTenantKey extends pulumi.ComponentResource {
  /** Public description of the key for the runtime; available once the service has been granted, or is to be suspended. */
  readonly descriptor: pulumi.Output<GcpKmsDescriptor>;
  /** Where the key is, e.g. `europe-west4`, or `global (no residency)`. */
  readonly location: pulumi.Output<string>;

  /**
   * @param name - resource name; children are called `NAME-key`, unless access is suspended `NAME-grant` and `NAME-metadata`,
   *   unless they exist `NAME-project`, `NAME-api`, `NAME-ring`, and where asked for `NAME-audit-log`, `NAME-alarm`,
   *   `NAME-alarm-EMAIL`, `NAME-monitoring-api`, `NAME-logging-api`
   * @param args - what to create, and for whom
   * @param opts - pass the Google Cloud provider with the tenant's credentials as `provider` (or `providers`)
   * @throws InvalidArgsError before anything is registered, if an argument is not valid
   * @throws UnfitResourceError before anything is granted, if the key of `existing` does not fit
   */
  constructor(name: string, args: GcpTenantKeyArgs, opts?: pulumi.ComponentResourceOptions) {
    const resolved = resolveGcpTenantKeyArgs(name, args);
    super("pulumi-byok:index:GcpTenantKey", name, {}, opts);

    if (resolved.warning !== undefined) void pulumi.log.warn(`${name}: ${resolved.warning}`, this);

    const { projectId } = resolved;
    const project = args.createProject === undefined ? projectId : createProject(this, name, args.createProject);
    const keyId = keyIn(this, name, "GcpTenantKey", { ...resolved, project, existing: args.existing }, args, resolved.granted);
    // Nothing at all is made around a key that does not fit.
    const home = args.existing?.key === undefined ? project : keyId.apply(() => projectId);

    const member = serviceAccountMember(args.serviceAccount);
    const grant = resolved.granted ? registerGrants(this, name, { keyId, member, metadata: args.keyMetadata === true }) : undefined;
    if (resolved.auditLog) registerAuditLog(this, name, home);
    if (args.alarms !== undefined) registerAlarms(this, name, { project: home, projectId, keyName: resolved.keyId, emails: args.alarms.emails });

    this.descriptor = pulumi.all([keyId, grant?.id]).apply(([keyName]): GcpKmsDescriptor => ({
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
