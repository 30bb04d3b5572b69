/**
 * Services of a project: enabled, disabled, shown. Service Usage API v1, `services.enable`, `services.disable`,
 * `services.get`; roles/serviceusage.serviceUsageAdmin has the permissions.
 *
 * @module
 */
import { type Call } from "../call.js";
import { GoogleError, notInSandbox } from "../errors.js";
import { CLOUD_KMS, IAM, IAM_CREDENTIALS, MONITORING, type ProjectRecord } from "../state.js";

const SERVICE_USAGE = "serviceusage.googleapis.com";
/** Services that something in the sandbox depends on. */
const KNOWN = [
  CLOUD_KMS, MONITORING, IAM, IAM_CREDENTIALS, "logging.googleapis.com", "cloudresourcemanager.googleapis.com", "serviceusage.googleapis.com",
];

/** Cloud KMS costs money ("Cloud KMS pricing"): it wants a billing account. */
const NEEDS_BILLING = [CLOUD_KMS];

/** A service of a project, by id or number. */
export interface ServiceRequest {
  readonly project: string;
  /** e.g. `cloudkms.googleapis.com`. */
  readonly service: string;
}

/** Enables a service; one that is enabled stays so. */
export function enableService(call: Call, request: ServiceRequest): object {
  const project = authorized(call, "serviceusage.services.enable", request);
  if (NEEDS_BILLING.includes(request.service) && project.billingAccount === null) throw billingNotFound(project, request.service);
  if (!project.services.includes(request.service)) project.services.push(request.service);
  call.save();
  return message(project, request.service);
}

/** Disables a service. */
export function disableService(call: Call, request: ServiceRequest): object {
  const project = authorized(call, "serviceusage.services.disable", request);
  const at = project.services.indexOf(request.service);
  if (at >= 0) project.services.splice(at, 1);
  call.save();
  return message(project, request.service);
}

/** Says whether a service is enabled. */
export function getService(call: Call, request: ServiceRequest): object {
  return message(authorized(call, "serviceusage.services.get", request), request.service);
}

/** Service Usage's words (users' logs with UREQ_PROJECT_BILLING_NOT_FOUND). */
function billingNotFound(project: ProjectRecord, service: string): GoogleError {
  return new GoogleError(
    "FAILED_PRECONDITION",
    `Billing account for project '${project.number}' is not found. Billing must be enabled for activation of service(s) '${service}' to proceed.`,
  );
}

function authorized(call: Call, permission: string, { project: id, service }: ServiceRequest): ProjectRecord {
  const project = call.authorizeInProject(permission, id, SERVICE_USAGE, `projects/${id}/services/${service}`);
  if (!KNOWN.includes(service)) throw notInSandbox(`the service ${service}`);
  return project;
}

function message(project: ProjectRecord, service: string): object {
  return {
    name: `projects/${project.number}/services/${service}`,
    parent: `projects/${project.number}`,
    state: project.services.includes(service) ? "ENABLED" : "DISABLED",
  };
}
