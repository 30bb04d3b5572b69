/**
 * Resource Manager v3 (projects), Service Usage v1 (services) and Cloud Billing v1 (who pays).
 *
 * @module
 */
import { z } from "zod";

import { nothing, type Route, route } from "./route.js";

const MANAGER = "cloudresourcemanager.googleapis.com";
const USAGE = "serviceusage.googleapis.com";
const BILLING = "cloudbilling.googleapis.com";

const labels = z.record(z.string(), z.string()).optional();
const newProject = z.strictObject({ projectId: z.string(), displayName: z.string().optional(), parent: z.string().optional(), labels });
const changedProject = z.strictObject({ displayName: z.string().optional(), labels });
const permissions = z.strictObject({ permissions: z.array(z.string()) });
const billingInfo = z.strictObject({ billingAccountName: z.string().regex(/^billingAccounts\/[^/]+$/) });

const projectOf = ([project = ""]: readonly string[]): string => `projects/${project}`;
const serviceOf = ([project = "", service = ""]: readonly string[]): string => `projects/${project}/services/${service}`;
const aProject = { path: /^\/v3\/projects\/([^/:]+)$/, service: MANAGER, resource: projectOf };
const aService = {
  service: USAGE,
  body: nothing,
  resource: serviceOf,
  request: ([project = "", service = ""]: readonly string[]) => ({ project, service }),
};
const aBill = { path: /^\/v1\/projects\/([^/]+)\/billingInfo$/, service: BILLING, resource: projectOf };

/** Paths as google.api.http of the services has them. */
export const PROVISIONING_ROUTES: readonly Route[] = [
  route({
    verb: "POST", path: /^\/v3\/projects$/, method: "CreateProject", service: MANAGER, operation: true, body: newProject,
    resource: (_, { projectId }) => `projects/${projectId}`, request: (_, body) => body,
  }),
  route({ ...aProject, verb: "GET", method: "GetProject", body: nothing, request: ([project = ""]) => ({ project }) }),
  route({ ...aProject, verb: "PATCH", method: "UpdateProject", operation: true, body: changedProject, request: ([project = ""], body) => ({ project, ...body }) }),
  route({ ...aProject, verb: "DELETE", method: "DeleteProject", operation: true, body: nothing, request: ([project = ""]) => ({ project }) }),
  route({ ...aService, verb: "GET", path: /^\/v1\/projects\/([^/]+)\/services\/([^/:]+)$/, method: "GetService" }),
  route({ ...aService, verb: "POST", path: /^\/v1\/projects\/([^/]+)\/services\/([^/:]+):enable$/, method: "EnableService", operation: true }),
  route({ ...aService, verb: "POST", path: /^\/v1\/projects\/([^/]+)\/services\/([^/:]+):disable$/, method: "DisableService", operation: true }),
  route({
    verb: "GET", path: /^\/v1\/billingAccounts\/([^/:]+)$/, method: "GetBillingAccount", service: BILLING, body: nothing,
    resource: ([account = ""]) => `billingAccounts/${account}`, request: ([billingAccount = ""]) => ({ billingAccount }),
  }),
  route({
    verb: "POST", path: /^\/v1\/billingAccounts\/([^/:]+):testIamPermissions$/, method: "TestBillingPermissions", service: BILLING, body: permissions,
    resource: ([account = ""]) => `billingAccounts/${account}`, request: ([billingAccount = ""], body) => ({ billingAccount, ...body }),
  }),
  route({ ...aBill, verb: "GET", method: "GetProjectBillingInfo", body: nothing, request: ([project = ""]) => ({ project }) }),
  route({
    ...aBill, verb: "PUT", method: "UpdateProjectBillingInfo", body: billingInfo,
    request: ([project = ""], { billingAccountName }) => ({ project, billingAccount: billingAccountName.replace("billingAccounts/", "") }),
  }),
];
