/**
 * IAM policies of key rings and keys. google/iam/v1/iam_policy.proto; IAM documentation, "Allow policies".
 *
 * @module
 */
import { type Call } from "../call.js";
import { concurrentPolicyChange, invalidArgument, notInSandbox } from "../errors.js";
import { newPolicy, type PolicyRecord } from "../iam/policy.js";
import { ROLE_NAMES } from "../iam/roles.js";
import { type GetIamPolicyRequest, type PolicyMessage, type SetIamPolicyRequest, type TestIamPermissionsRequest } from "../messages.js";
import { requireName } from "../names.js";
import { type GcpState } from "../state.js";

/** The policy of a key ring or key; its own, without what it inherits. */
export function getIamPolicy(call: Call, request: GetIamPolicyRequest): object {
  return policyMessage(holder(call, request.resource, "getIamPolicy").policy);
}

/** Replaces the policy, if the etag that came with the new one, if any, is still the old one's. */
export function setIamPolicy(call: Call, request: SetIamPolicyRequest): object {
  const target = holder(call, request.resource, "setIamPolicy");
  const { policy } = request;
  if (policy === null || policy === undefined) throw invalidArgument("Request field policy must be specified.");
  if ((policy.auditConfigs ?? []).length > 0 || (request.updateMask?.paths ?? []).length > 0) throw notInSandbox("audit_configs");
  const { bindings = [], etag = new Uint8Array() } = policy;
  requireBindings(call.state, bindings);
  if (etag.length > 0 && Buffer.from(etag).toString("base64") !== target.policy.etag) throw concurrentPolicyChange();
  target.policy = newPolicy(bindings);
  call.save();
  return policyMessage(target.policy);
}

/** Those of some permissions that the caller has; needs no permission itself. */
export function testIamPermissions(call: Call, request: TestIamPermissionsRequest): object {
  const name = requireName(request.resource, "keyRing", "cryptoKey");
  call.trace.resource = call.canonical(name);
  return { permissions: request.permissions.filter((permission) => call.may(permission, name)) };
}

/** @throws GoogleError for bindings that Google would refuse, or that the sandbox does not play. */
export function requireBindings(state: GcpState, bindings: NonNullable<PolicyMessage["bindings"]>): void {
  for (const { role, members, condition } of bindings) {
    if (condition !== null && condition !== undefined) throw notInSandbox("conditions in policies");
    if (!ROLE_NAMES.includes(role)) throw notInSandbox(`the role ${role}`);
    for (const member of members) requireMember(state, member);
  }
}

function holder(call: Call, resource: string, action: "getIamPolicy" | "setIamPolicy"): { policy: PolicyRecord } {
  const name = requireName(resource, "keyRing", "cryptoKey");
  const collection = name.kind === "keyRing" ? "keyRings" : "cryptoKeys";
  call.authorize(`cloudkms.${collection}.${action}`, name, call.canonical(name));
  return name.kind === "keyRing" ? call.keyRing(name) : call.key(name);
}

function policyMessage({ bindings, etag }: PolicyRecord): PolicyMessage {
  // A policy that was never set has no version either (answers of Google's APIs).
  return { version: bindings.length === 0 ? 0 : 1, bindings, etag: Buffer.from(etag, "base64") };
}

/** `Service account X does not exist.` and its likes (IAM documentation, "Troubleshoot"; answers in many logs). */
function requireMember(state: GcpState, member: string): void {
  if (member === "allUsers" || member === "allAuthenticatedUsers") return;
  const [kind, id] = splitOnce(member);
  switch (kind) {
    case "serviceAccount":
      if (!state.accounts.some(({ email }) => email === id)) throw invalidArgument(`Service account ${id} does not exist.`);
      return;
    case "user":
      throw invalidArgument(`User ${id} does not exist.`);
    case "group":
      throw invalidArgument(`Group ${id} does not exist.`);
    case "domain":
      throw invalidArgument(`Domain ${id} does not exist.`);
    default:
      throw notInSandbox(`principals like ${member}`);
  }
}

function splitOnce(member: string): [string, string] {
  const at = member.indexOf(":");
  return at < 0 ? [member, ""] : [member.slice(0, at), member.slice(at + 1)];
}
