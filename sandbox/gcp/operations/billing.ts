/**
 * Who pays for a project. Cloud Billing API v1, `billingAccounts.get`, `billingAccounts.testIamPermissions`,
 * `projects.getBillingInfo`, `projects.updateBillingInfo`; who may: Cloud Billing documentation, "Cloud Billing access control".
 *
 * @module
 */
import { type Call } from "../call.js";
import { permissionDenied } from "../errors.js";
import { allows, serviceAccountMember } from "../iam/policy.js";
import { type ProjectRecord } from "../state.js";
import { type ProjectRequest } from "./projects.js";

const CLOUD_BILLING = "cloudbilling.googleapis.com";

/** A billing account. */
export interface BillingAccountRequest {
  readonly billingAccount: string;
}

/** Permissions to test on a billing account. */
export interface BillingPermissionsRequest extends BillingAccountRequest {
  readonly permissions: readonly string[];
}

/** `ProjectBillingInfo`: which account shall pay. */
export interface UpdateBillingRequest extends ProjectRequest {
  readonly billingAccount: string;
}

/** Shows a billing account; whether one exists is not told to those who may not see it. */
export function getBillingAccount(call: Call, { billingAccount }: BillingAccountRequest): object {
  const name = `billingAccounts/${billingAccount}`;
  const permission = "billing.accounts.get";
  call.trace.resource = name;
  call.trace.permission = permission;
  if (!mayBill(call, permission, billingAccount)) throw permissionDenied(permission, name, CLOUD_BILLING);
  return { name, open: true, displayName: name, masterBillingAccount: "", parent: "", currencyCode: "EUR" };
}

/** Those of some permissions that the caller has on a billing account. */
export function testBillingPermissions(call: Call, request: BillingPermissionsRequest): object {
  call.trace.resource = `billingAccounts/${request.billingAccount}`;
  return { permissions: request.permissions.filter((permission) => mayBill(call, permission, request.billingAccount)) };
}

/** Shows who pays. */
export function getProjectBillingInfo(call: Call, request: ProjectRequest): object {
  return message(authorized(call, "resourcemanager.projects.get", request));
}

/** Lets an account pay: needs a permission on the project and one on the account. */
export function updateProjectBillingInfo(call: Call, request: UpdateBillingRequest): object {
  const project = authorized(call, "resourcemanager.projects.createBillingAssignment", request);
  const permission = "billing.resourceAssociations.create";
  if (!mayBill(call, permission, request.billingAccount)) {
    throw permissionDenied(permission, `billingAccounts/${request.billingAccount}`, CLOUD_BILLING);
  }
  project.billingAccount = request.billingAccount;
  call.save();
  return message(project);
}

function mayBill(call: Call, permission: string, billingAccount: string): boolean {
  const found = call.state.billingAccounts.find(({ id }) => id === billingAccount);
  return found !== undefined && allows([found.policy], serviceAccountMember(call.caller.email), permission);
}

function authorized(call: Call, permission: string, { project: id }: ProjectRequest): ProjectRecord {
  call.trace.resource = `projects/${id}`;
  call.trace.permission = permission;
  const project = call.project(id);
  if (project === undefined || !call.mayInProject(permission, project)) throw permissionDenied(permission, `projects/${id}`, CLOUD_BILLING);
  return project;
}

function message(project: ProjectRecord): object {
  const { projectId, billingAccount } = project;
  return {
    name: `projects/${projectId}/billingInfo`,
    projectId,
    billingAccountName: billingAccount === null ? "" : `billingAccounts/${billingAccount}`,
    billingEnabled: billingAccount !== null,
  };
}
