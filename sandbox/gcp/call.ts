/**
 * One call of one operation: who asks, about which resource, and whether that is allowed.
 *
 * @module
 */
import { notFound, permissionDenied, serviceDisabled } from "./errors.js";
import { allows, type PolicyRecord, serviceAccountMember } from "./iam/policy.js";
import { lineage, type ResourceName } from "./names.js";
import {
  CLOUD_KMS, type CryptoKeyRecord, type GcpState, type KeyRingRecord, type ProjectRecord, type ServiceAccountRecord, type VersionRecord,
} from "./state.js";

/** What was looked at, for the audit log. */
export interface CallTrace {
  resource?: string;
  permission?: string;
}

/** A call in progress. */
export class Call {
  readonly trace: CallTrace = {};

  constructor(
    readonly state: GcpState,
    readonly caller: ServiceAccountRecord,
    /** Sandbox time, epoch milliseconds. */
    readonly now: number,
    /** Persists the state; called by operations that changed it. */
    readonly save: () => void,
  ) {}

  /** A project by id or number; one whose deletion was requested still exists, but is of no use. */
  project(idOrNumber: string): ProjectRecord | undefined {
    return this.state.projects.find(({ projectId, number }) => projectId === idOrNumber || number === idOrNumber);
  }

  /**
   * Makes sure that the caller may do something to a resource of Cloud KMS, and that the API is enabled: in the project
   * that the call is billed to (a service account's own; Google Cloud documentation, "Quota project overview") and in the
   * one that has the resource. The latter is told only to who may do this: strangers do not learn which projects there are.
   *
   * @param resource what the refusal names, e.g. the key for one of its versions ("Permissions and roles", Cloud KMS
   * reference, has the resource for every method).
   * @throws GoogleError PERMISSION_DENIED, also if there is no such resource.
   */
  authorize(permission: string, of: ResourceName, resource: string): ProjectRecord {
    this.trace.resource = resource;
    this.trace.permission = permission;
    const consumer = this.project(this.caller.project);
    if (consumer?.services.includes(CLOUD_KMS) !== true) throw serviceDisabled(CLOUD_KMS, consumer?.number ?? "0");
    if (!this.may(permission, of)) throw permissionDenied(permission, resource, CLOUD_KMS);
    const project = this.project(of.project);
    if (project === undefined) throw permissionDenied(permission, resource, CLOUD_KMS);
    if (!project.services.includes(CLOUD_KMS)) throw serviceDisabled(CLOUD_KMS, project.number);
    return project;
  }

  /** True if a policy of the resource or of one above it gives the caller the permission. */
  may(permission: string, of: ResourceName): boolean {
    const project = this.project(of.project);
    if (project?.state !== "ACTIVE") return false;
    const names = lineage({ ...of, project: project.projectId });
    const policies: PolicyRecord[] = [
      ...this.state.keys.filter(({ name }) => names.includes(name)),
      ...this.state.keyRings.filter(({ name }) => names.includes(name)),
      project,
      ...this.state.organizations.filter(({ id }) => id === project.organization),
    ].map(({ policy }) => policy);
    return allows(policies, serviceAccountMember(this.caller.email), permission);
  }

  /** The same for a project itself, also one whose deletion was requested. */
  mayInProject(permission: string, project: ProjectRecord): boolean {
    const organization = this.state.organizations.filter(({ id }) => id === project.organization);
    return allows([project, ...organization].map(({ policy }) => policy), serviceAccountMember(this.caller.email), permission);
  }

  /**
   * The project, once the caller has proved that it may do this there.
   *
   * @param service whose API says no.
   * @param resource what the audit log names.
   * @throws GoogleError PERMISSION_DENIED, also if there is no such project.
   */
  authorizeInProject(permission: string, id: string, service: string, resource = `projects/${id}`): ProjectRecord {
    this.trace.resource = resource;
    this.trace.permission = permission;
    const project = this.project(id);
    if (project === undefined || !this.mayInProject(permission, project)) throw permissionDenied(permission, `projects/${id}`, service);
    return project;
  }

  /** The name as Google writes it: the project by its id. */
  canonical(of: ResourceName): string {
    const project = this.project(of.project)?.projectId ?? of.project;
    const [name] = lineage({ ...of, project });
    return name ?? `projects/${project}/locations/${of.location}`;
  }

  /** @throws GoogleError NOT_FOUND. */
  keyRing(of: ResourceName): KeyRingRecord {
    const name = this.canonical({ project: of.project, location: of.location, keyRing: of.keyRing });
    const found = this.state.keyRings.find((ring) => ring.name === name);
    if (found === undefined) throw notFound("KeyRing", name);
    return found;
  }

  /** @throws GoogleError NOT_FOUND. */
  key(of: ResourceName): CryptoKeyRecord {
    const name = this.canonical({ ...of, version: undefined });
    const found = this.state.keys.find((key) => key.name === name);
    if (found === undefined) throw notFound("CryptoKey", name);
    return found;
  }

  /** @throws GoogleError NOT_FOUND. */
  version(of: ResourceName): { readonly key: CryptoKeyRecord; readonly version: VersionRecord } {
    const key = this.key(of);
    const version = key.versions.find(({ id }) => String(id) === of.version);
    if (version === undefined) throw notFound("CryptoKeyVersion", this.canonical(of));
    return { key, version };
  }
}
