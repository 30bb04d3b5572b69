/**
 * Service accounts: made, shown, changed, deleted, lent. IAM API v1, `projects.serviceAccounts`; IAM Service Account
 * Credentials API v1, `projects.serviceAccounts.generateAccessToken`; "Predefined roles" for the permissions.
 *
 * @module
 */
import { type Call } from "../call.js";
import { GoogleError, invalidArgument, permissionDenied, serviceDisabled } from "../errors.js";
import { allows, serviceAccountMember } from "../iam/policy.js";
import { IAM, IAM_CREDENTIALS, newServiceAccount, type ServiceAccountRecord } from "../state.js";
import { issueAccessToken } from "../token.js";

/** Lifetime of a token unless asked for, and the longest there is without an organization's leave, seconds. */
const LIFETIME = 3_600;

/** `CreateServiceAccountRequest`. */
export interface CreateServiceAccountRequest {
  readonly project: string;
  readonly accountId: string;
  readonly serviceAccount?: { readonly displayName?: string | undefined; readonly description?: string | undefined } | undefined;
}

/** An account of a project; `-` is whichever project the address says. */
export interface ServiceAccountRequest {
  readonly project: string;
  readonly email: string;
}

/** `PatchServiceAccountRequest`. */
export interface PatchServiceAccountRequest extends ServiceAccountRequest {
  readonly serviceAccount: { readonly displayName?: string | undefined; readonly description?: string | undefined };
  /** Members, comma-separated. */
  readonly updateMask: string;
}

/** `GenerateAccessTokenRequest`. */
export interface GenerateAccessTokenRequest extends ServiceAccountRequest {
  readonly scope: readonly string[];
  /** e.g. `3600s`. */
  readonly lifetime?: string | undefined;
}

/** Makes an account. */
export function createServiceAccount(call: Call, request: CreateServiceAccountRequest): object {
  const project = call.authorizeInProject("iam.serviceAccounts.create", request.project, IAM);
  if (!project.services.includes(IAM)) throw serviceDisabled(IAM, project.number);
  const { accountId, serviceAccount = {} } = request;
  if (!/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/.test(accountId)) {
    throw invalidArgument("Account ID must be between 6 and 30 characters and contain only lowercase alphanumeric characters and dashes.");
  }
  const email = `${accountId}@${project.projectId}.iam.gserviceaccount.com`;
  call.trace.resource = `projects/${project.projectId}/serviceAccounts/${email}`;
  if (call.state.accounts.some((account) => account.email === email)) {
    throw new GoogleError("ALREADY_EXISTS", `Service account ${accountId} already exists within project projects/${project.projectId}.`);
  }
  const account = newServiceAccount(accountId, email, project.projectId);
  Object.assign(account, given(serviceAccount));
  call.state.accounts.push(account);
  call.save();
  return message(account);
}

/** Shows an account. */
export function getServiceAccount(call: Call, request: ServiceAccountRequest): object {
  authorizeAccount(call, "iam.serviceAccounts.get", request);
  return message(accountOf(call, request));
}

/** Changes what is said about an account. */
export function patchServiceAccount(call: Call, request: PatchServiceAccountRequest): object {
  authorizeAccount(call, "iam.serviceAccounts.update", request);
  const account = accountOf(call, request);
  const named = request.updateMask.split(",");
  Object.assign(account, Object.fromEntries(Object.entries(given(request.serviceAccount)).filter(([member]) => named.includes(member))));
  call.save();
  return message(account);
}

/** Lets an account be used again. */
export function enableServiceAccount(call: Call, request: ServiceAccountRequest): object {
  return setDisabled(call, request, "iam.serviceAccounts.enable", false);
}

/** Ends its use for the time being. */
export function disableServiceAccount(call: Call, request: ServiceAccountRequest): object {
  return setDisabled(call, request, "iam.serviceAccounts.disable", true);
}

/** Deletes an account; what is granted to it stays behind under a name that nobody has. */
export function deleteServiceAccount(call: Call, request: ServiceAccountRequest): object {
  authorizeAccount(call, "iam.serviceAccounts.delete", request);
  call.state.accounts.splice(call.state.accounts.indexOf(accountOf(call, request)), 1);
  call.save();
  return {};
}

/**
 * An access token of another account ("Create short-lived credentials for a service account"). The token is a note to the
 * sandbox itself, see token.ts.
 */
export function generateAccessToken(call: Call, request: GenerateAccessTokenRequest): object {
  const permission = "iam.serviceAccounts.getAccessToken";
  const consumer = call.project(call.caller.project);
  if (consumer?.services.includes(IAM_CREDENTIALS) !== true) throw serviceDisabled(IAM_CREDENTIALS, consumer?.number ?? "0");
  authorizeAccount(call, permission, request, IAM_CREDENTIALS);
  const account = accountOf(call, request);
  if (account.disabled) throw permissionDenied(permission, `projects/-/serviceAccounts/${account.email}`, IAM_CREDENTIALS);
  const [, seconds] = /^(\d+)s$/.exec(request.lifetime ?? `${LIFETIME}s`) ?? [];
  if (seconds === undefined || Number(seconds) < 1 || Number(seconds) > LIFETIME) throw invalidArgument(`The token lifetime must be between 1s and ${LIFETIME}s.`);
  if (request.scope.length === 0) throw invalidArgument("Request field scope must be specified.");
  // Clients go by the wall clock, whatever time it is in the sandbox.
  const expires = Math.floor(Date.now() / 1000) + Number(seconds);
  const accessToken = issueAccessToken(call.state.headerKey, { account: account.email, scope: request.scope.join(" "), expires });
  return { accessToken, expireTime: new Date(expires * 1000).toISOString() };
}

/**
 * Makes sure that the caller may do something to an account, by a policy of the account, its project or the organization.
 *
 * @throws GoogleError PERMISSION_DENIED, also if there is no such account and the caller may not look.
 */
export function authorizeAccount(call: Call, permission: string, request: ServiceAccountRequest, service = IAM): void {
  const resource = `projects/${request.project}/serviceAccounts/${request.email}`;
  call.trace.resource = resource;
  call.trace.permission = permission;
  const account = find(call, request);
  const project = call.project(account?.project ?? projectIn(request));
  const own = account?.policy === undefined ? [] : [account.policy];
  const may = project !== undefined && (allows(own, serviceAccountMember(call.caller.email), permission) || call.mayInProject(permission, project));
  if (!may) throw permissionDenied(permission, resource, service);
}

/** @throws GoogleError NOT_FOUND. */
export function accountOf(call: Call, request: ServiceAccountRequest): ServiceAccountRecord {
  const account = find(call, request);
  if (account === undefined) throw new GoogleError("NOT_FOUND", `Unknown service account: ${request.email}`);
  return account;
}

function find({ state }: Call, { project, email }: ServiceAccountRequest): ServiceAccountRecord | undefined {
  return state.accounts.find((account) => (account.email === email || account.uniqueId === email) && (project === "-" || account.project === project));
}

function projectIn({ project, email }: ServiceAccountRequest): string {
  return project === "-" ? (/@([^.]+)\./.exec(email)?.[1] ?? "") : project;
}

function setDisabled(call: Call, request: ServiceAccountRequest, permission: string, disabled: boolean): object {
  authorizeAccount(call, permission, request);
  accountOf(call, request).disabled = disabled;
  call.save();
  return {};
}

function given({ displayName, description }: NonNullable<CreateServiceAccountRequest["serviceAccount"]>): Partial<ServiceAccountRecord> {
  return { ...(displayName === undefined ? {} : { displayName }), ...(description === undefined ? {} : { description }) };
}

function message({ email, project, uniqueId, disabled, displayName, description }: ServiceAccountRecord): object {
  return {
    name: `projects/${project}/serviceAccounts/${email}`,
    projectId: project,
    uniqueId,
    email,
    ...(displayName === undefined ? {} : { displayName }),
    ...(description === undefined ? {} : { description }),
    ...(disabled ? { disabled } : {}),
  };
}
