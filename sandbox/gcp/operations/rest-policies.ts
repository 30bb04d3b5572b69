/**
 * IAM policies over REST, of projects (Resource Manager API v1, `projects.getIamPolicy`, `projects.setIamPolicy`) and of
 * service accounts (IAM API v1, likewise). Policies of projects hold the audit configuration besides ("Enable Data Access
 * audit logs").
 *
 * @module
 */
import { type Call } from "../call.js";
import { concurrentPolicyChange, invalidArgument, notInSandbox } from "../errors.js";
import { type AuditConfig, type Binding, EMPTY_POLICY, newPolicy, type PolicyRecord } from "../iam/policy.js";
import { IAM } from "../state.js";
import { requireBindings } from "./policies.js";
import { accountOf, authorizeAccount, type ServiceAccountRequest } from "./service-accounts.js";

const RESOURCE_MANAGER = "cloudresourcemanager.googleapis.com";
const LOG_TYPES = ["ADMIN_READ", "DATA_READ", "DATA_WRITE"];

/** `Policy` in JSON. */
export interface JsonPolicy {
  readonly bindings?: readonly Binding[] | undefined;
  readonly auditConfigs?: readonly AuditConfig[] | undefined;
  readonly etag?: string | undefined;
}

/** A new policy of a project; the mask says which halves of it are meant. */
export interface SetProjectPolicyRequest {
  readonly project: string;
  readonly policy: JsonPolicy;
  /** Members, comma-separated; `bindings,etag` unless given (google/iam/v1/iam_policy.proto, SetIamPolicyRequest). */
  readonly updateMask?: string | undefined;
}

/** A new policy of a service account. */
export interface SetServiceAccountPolicyRequest extends ServiceAccountRequest {
  readonly policy: JsonPolicy;
}

/** A project's own policy. */
export function getProjectPolicy(call: Call, { project }: { readonly project: string }): object {
  return message(call.authorizeInProject("resourcemanager.projects.getIamPolicy", project, RESOURCE_MANAGER).policy);
}

/** Replaces what the mask names of a project's policy. */
export function setProjectPolicy(call: Call, { project: id, policy, updateMask = "bindings,etag" }: SetProjectPolicyRequest): object {
  const project = call.authorizeInProject("resourcemanager.projects.setIamPolicy", id, RESOURCE_MANAGER);
  const mask = updateMask.split(",");
  const { bindings, auditConfigs } = project.policy;
  const wanted = {
    bindings: mask.includes("bindings") ? (policy.bindings ?? []) : bindings,
    auditConfigs: mask.includes("auditConfigs") ? (policy.auditConfigs ?? []) : auditConfigs,
  };
  requireBindings(call.state, wanted.bindings);
  for (const { service, auditLogConfigs } of wanted.auditConfigs ?? []) {
    if (service === "" || auditLogConfigs.length === 0) throw invalidArgument("Audit configs must have a service and at least one audit log config.");
    const unknown = auditLogConfigs.find(({ logType }) => !LOG_TYPES.includes(logType));
    if (unknown !== undefined) throw invalidArgument(`Invalid value for log_type: ${unknown.logType}.`);
  }
  requireEtag(policy, project.policy);
  // Google refuses to leave an organization's project without anybody who can administer it; not played, never needed.
  project.policy = newPolicy(wanted.bindings, wanted.auditConfigs);
  call.save();
  return message(project.policy);
}

/** Who may do what with a service account. */
export function getServiceAccountPolicy(call: Call, request: ServiceAccountRequest): object {
  authorizeAccount(call, "iam.serviceAccounts.getIamPolicy", request);
  return message(accountOf(call, request).policy ?? EMPTY_POLICY);
}

/** Replaces that. */
export function setServiceAccountPolicy(call: Call, request: SetServiceAccountPolicyRequest): object {
  authorizeAccount(call, "iam.serviceAccounts.setIamPolicy", request);
  const account = accountOf(call, request);
  const { bindings = [], auditConfigs = [] } = request.policy;
  if (auditConfigs.length > 0) throw notInSandbox(`audit configs of ${IAM}'s resources`);
  requireBindings(call.state, bindings);
  requireEtag(request.policy, account.policy ?? EMPTY_POLICY);
  account.policy = newPolicy(bindings);
  call.save();
  return message(account.policy);
}

function requireEtag({ etag = "" }: JsonPolicy, current: PolicyRecord): void {
  if (etag !== "" && etag !== current.etag) throw concurrentPolicyChange();
}

function message({ bindings, auditConfigs, etag }: PolicyRecord): object {
  return { version: 1, etag, bindings, ...(auditConfigs === undefined ? {} : { auditConfigs }) };
}
