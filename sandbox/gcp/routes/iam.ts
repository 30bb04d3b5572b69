/**
 * Policies of projects (Resource Manager v1), service accounts and their policies (IAM v1), and access tokens of theirs (IAM
 * Service Account Credentials v1).
 *
 * @module
 */
import { z } from "zod";

import { IAM, IAM_CREDENTIALS } from "../state.js";
import { nothing, type Route, route } from "./route.js";

const MANAGER = "cloudresourcemanager.googleapis.com";

const policy = z.strictObject({
  version: z.number().optional(),
  etag: z.string().optional(),
  bindings: z.array(z.strictObject({ role: z.string(), members: z.array(z.string()).default([]), condition: z.strictObject({}).optional() })).optional(),
  auditConfigs: z
    .array(
      z.strictObject({
        service: z.string(),
        auditLogConfigs: z.array(z.strictObject({ logType: z.string(), exemptedMembers: z.array(z.string()).optional() })),
      }),
    )
    .optional(),
});
const getPolicy = z.union([nothing, z.strictObject({ options: z.strictObject({ requestedPolicyVersion: z.number() }).optional() })]);
const setPolicy = z.strictObject({ policy, updateMask: z.string().optional() });
const about = z.strictObject({ displayName: z.string().optional(), description: z.string().optional() });

const projectPolicy = { service: MANAGER, resource: ([project = ""]: readonly string[]) => `projects/${project}` };
const accounts = "\\/v1\\/projects\\/([^/]+)\\/serviceAccounts";
const account = ([project = "", email = ""]: readonly string[]) => ({ project, email });
const anAccount = { service: IAM, resource: ([project = "", email = ""]: readonly string[]) => `projects/${project}/serviceAccounts/${email}` };
const anAccountAt = { ...anAccount, path: new RegExp(`^${accounts}\\/([^/:]+)$`) };
const verbOn = (verb: string): RegExp => new RegExp(`^${accounts}\\/([^/:]+):${verb}$`);

/** Paths as google.api.http of the services has them. */
export const IAM_ROUTES: readonly Route[] = [
  route({
    ...projectPolicy, verb: "POST", path: /^\/v1\/projects\/([^/:]+):getIamPolicy$/, method: "GetProjectPolicy", body: getPolicy,
    request: ([project = ""]) => ({ project }),
  }),
  route({
    ...projectPolicy, verb: "POST", path: /^\/v1\/projects\/([^/:]+):setIamPolicy$/, method: "SetProjectPolicy", body: setPolicy,
    request: ([project = ""], body) => ({ project, ...body }),
  }),
  route({
    verb: "POST", path: new RegExp(`^${accounts}$`), method: "CreateServiceAccount", service: IAM,
    body: z.strictObject({ accountId: z.string(), serviceAccount: about.optional() }),
    resource: ([project = ""]) => `projects/${project}`, request: ([project = ""], body) => ({ project, ...body }),
  }),
  route({ ...anAccountAt, verb: "GET", method: "GetServiceAccount", body: nothing, request: account }),
  route({
    ...anAccountAt, verb: "PATCH", method: "PatchServiceAccount", body: z.strictObject({ serviceAccount: about, updateMask: z.string() }),
    request: (parts, body) => ({ ...account(parts), ...body }),
  }),
  route({ ...anAccountAt, verb: "DELETE", method: "DeleteServiceAccount", body: nothing, request: account }),
  route({ ...anAccount, verb: "POST", path: verbOn("enable"), method: "EnableServiceAccount", body: nothing, request: account }),
  route({ ...anAccount, verb: "POST", path: verbOn("disable"), method: "DisableServiceAccount", body: nothing, request: account }),
  route({ ...anAccount, verb: "POST", path: verbOn("getIamPolicy"), method: "GetServiceAccountPolicy", body: getPolicy, request: account }),
  route({
    ...anAccount, verb: "POST", path: verbOn("setIamPolicy"), method: "SetServiceAccountPolicy", body: setPolicy,
    request: (parts, { policy: wanted }) => ({ ...account(parts), policy: wanted }),
  }),
  route({
    ...anAccount, verb: "POST", path: verbOn("generateAccessToken"), service: IAM_CREDENTIALS, method: "GenerateAccessToken",
    body: z.strictObject({ scope: z.array(z.string()).default([]), lifetime: z.string().optional(), delegates: z.array(z.never()).optional() }),
    request: (parts, { scope, lifetime }) => ({ ...account(parts), scope, lifetime }),
  }),
];
