/**
 * Projects: made, shown, changed, deleted. Resource Manager API v3, `projects.create`, `projects.get`,
 * `projects.patch`, `projects.delete`.
 *
 * @module
 */
import { type Call } from "../call.js";
import { GoogleError, invalidArgument, permissionDenied } from "../errors.js";
import { allows, serviceAccountMember } from "../iam/policy.js";
import { PROJECT_ID } from "../names.js";
import { newProject, type ProjectRecord } from "../state.js";

const RESOURCE_MANAGER = "cloudresourcemanager.googleapis.com";

/** `Project` of the request body. */
export interface CreateProjectRequest {
  readonly projectId: string;
  readonly displayName?: string | undefined;
  /** `organizations/NUMBER`. A service account must name one: it has no projects outside of organizations. */
  readonly parent?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** A project by id or number. */
export interface ProjectRequest {
  readonly project: string;
}

/** `Project` of a patch. */
export interface UpdateProjectRequest extends ProjectRequest {
  readonly displayName?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Makes a project in an organization; whoever makes it owns it. */
export function createProject(call: Call, request: CreateProjectRequest): object {
  const permission = "resourcemanager.projects.create";
  call.trace.resource = `projects/${request.projectId}`;
  call.trace.permission = permission;
  const { parent } = request;
  if (parent === undefined || parent === "") {
    throw new GoogleError("PERMISSION_DENIED", "Service accounts cannot create projects without a parent.");
  }
  const organization = call.state.organizations.find(({ id }) => parent === `organizations/${id}`);
  if (organization === undefined || !allows([organization.policy], serviceAccountMember(call.caller.email), permission)) {
    throw permissionDenied(permission, parent, RESOURCE_MANAGER);
  }
  if (!PROJECT_ID.test(request.projectId)) {
    throw invalidArgument(`field [project_id] has issue [project_id contains invalid characters or has an invalid length: ${request.projectId}]`);
  }
  // Ids are unique in all of Google Cloud, those of deleted projects included; the text does not say whose it is.
  if (call.project(request.projectId) !== undefined) throw new GoogleError("ALREADY_EXISTS", "Requested entity already exists");
  const project = newProject({
    projectId: request.projectId,
    displayName: request.displayName,
    organization: organization.id,
    owner: call.caller.email,
    labels: { ...request.labels },
    now: call.now,
  });
  call.state.projects.push(project);
  call.save();
  return message(project);
}

/** Shows a project. */
export function getProject(call: Call, request: ProjectRequest): object {
  return message(authorized(call, "resourcemanager.projects.get", request));
}

/** Changes a project's display name or labels; what is left out stays. */
export function updateProject(call: Call, request: UpdateProjectRequest): object {
  const project = authorized(call, "resourcemanager.projects.update", request);
  if (request.displayName !== undefined) project.displayName = request.displayName;
  if (request.labels !== undefined) project.labels = { ...request.labels };
  call.save();
  return message(project);
}

/** Requests a project's deletion: nothing in it can be used from now on. */
export function deleteProject(call: Call, request: ProjectRequest): object {
  const project = authorized(call, "resourcemanager.projects.delete", request);
  if (project.state !== "ACTIVE") {
    throw new GoogleError("FAILED_PRECONDITION", `Project ${project.projectId} is not ACTIVE, its state is ${project.state}.`);
  }
  project.state = "DELETE_REQUESTED";
  call.save();
  return message(project);
}

function authorized(call: Call, permission: string, { project: id }: ProjectRequest): ProjectRecord {
  return call.authorizeInProject(permission, id, RESOURCE_MANAGER);
}

function message(project: ProjectRecord): object {
  return {
    name: `projects/${project.number}`,
    parent: `organizations/${project.organization}`,
    projectId: project.projectId,
    displayName: project.displayName,
    state: project.state,
    createTime: new Date(project.createdAt).toISOString(),
    labels: project.labels,
  };
}
