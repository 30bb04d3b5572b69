/**
 * Who may do what. Order: AWS KMS Developer Guide, "Troubleshooting AWS KMS permissions" (the flowchart) and "Key
 * policies"; IAM User Guide, "Cross-account policy evaluation logic".
 *
 * 1. An explicit Deny anywhere ends it.
 * 2. Within the key's account, a key policy that allows the caller itself is enough; one that allows the account hands
 *    the question to the caller's identity policies.
 * 3. From another account, the key policy and the caller's identity policies must both allow it.
 * 4. A grant to the caller itself is enough, in any account; one to its account hands the question to its identity policies.
 *    EBS encryption across accounts is built on that: a grant lets in a service-linked role without a policy for the key
 *    (Auto Scaling User Guide, "Required AWS KMS key policy for use with encrypted volumes").
 *
 * @module
 */
import { parsePrincipal } from "../arn.js";
import { type EncryptionContext } from "../ciphertext.js";
import { type GrantRecord } from "../state.js";
import { conditionsHold, type ConditionContext } from "./condition.js";
import { type PolicyDocument, type Statement } from "./document.js";
import { matchesAction, matchesPattern } from "./pattern.js";

/** Who calls. */
export interface Caller {
  /** What messages and logs show: the user's ARN, or the assumed-role session's. */
  readonly arn: string;
  /** aws:PrincipalArn: the user's ARN, or the role's for a session. */
  readonly principalArn: string;
  readonly account: string;
  /** Where its requests come from: aws:SourceIp. */
  readonly address: string;
  readonly policies: readonly PolicyDocument[];
}

/** One question about one key. */
export interface KeyAccessRequest {
  readonly caller: Caller;
  /** e.g. `kms:Encrypt`. */
  readonly action: string;
  readonly keyArn: string;
  readonly keyAccount: string;
  readonly keyPolicy: PolicyDocument;
  /** Grants on the key. Default: none. */
  readonly grants?: readonly GrantRecord[];
  readonly encryptionContext?: EncryptionContext | undefined;
  readonly context: ConditionContext;
}

/** Why a request was denied, in the words AWS's messages distinguish. */
export type DenialReason =
  | "explicit-deny-resource"
  | "explicit-deny-identity"
  | "no-resource-allow"
  | "no-identity-allow";

/** The answer; `reason` says which policy is in the way. */
export type Decision = { readonly allowed: true } | { readonly allowed: false; readonly reason: DenialReason };

const ALLOWED: Decision = { allowed: true };
const denied = (reason: DenialReason): Decision => ({ allowed: false, reason });

/** Decides about an operation on a key. */
export function evaluateKeyAccess(request: KeyAccessRequest): Decision {
  const { caller, action, keyArn, context } = request;
  const aboutThis = request.keyPolicy.statements.filter((statement) => applies(statement, action, keyArn, context));
  const matched = aboutThis.map((statement) => ({ statement, match: matchPrincipals(statement.principals, caller) }));
  if (matched.some(({ statement, match }) => statement.effect === "Deny" && match !== "none")) {
    return denied("explicit-deny-resource");
  }
  const identity = evaluateIdentityAccess({ caller, action, resource: keyArn, context });
  if (!identity.allowed && identity.reason === "explicit-deny-identity") return identity;

  const grantees = (request.grants ?? []).filter((grant) => grantAllows(grant, request)).map((grant) => matchPrincipals([grant.grantee], caller));
  if (grantees.includes("caller") || (grantees.includes("account") && identity.allowed)) return ALLOWED;

  const allows = matched.filter(({ statement, match }) => statement.effect === "Allow" && match !== "none");
  if (allows.length === 0) return denied("no-resource-allow");
  const named = allows.some(({ match }) => match === "caller");
  if (named && caller.account === request.keyAccount) return ALLOWED;
  return identity;
}

/** Constraints apply to operations that take an encryption context: not to DescribeKey (AWS KMS API Reference, GrantConstraints). */
function grantAllows({ operations, constraints }: GrantRecord, { action, encryptionContext = {} }: KeyAccessRequest): boolean {
  const operation = action.slice("kms:".length);
  if (!operations.includes(operation)) return false;
  if (operation === "DescribeKey") return true;
  const { equals, subset } = constraints;
  const contains = (pairs: EncryptionContext): boolean => Object.entries(pairs).every(([name, value]) => encryptionContext[name] === value);
  if (subset !== undefined && !contains(subset)) return false;
  return equals === undefined || (contains(equals) && Object.keys(equals).length === Object.keys(encryptionContext).length);
}

/** One question that only identity policies answer, e.g. CreateKey on `*`. */
export interface IdentityAccessRequest {
  readonly caller: Caller;
  readonly action: string;
  readonly resource: string;
  readonly context: ConditionContext;
}

/** Decides about an operation by the caller's identity policies alone. */
export function evaluateIdentityAccess(request: IdentityAccessRequest): Decision {
  const aboutThis = request.caller.policies
    .flatMap((policy) => policy.statements)
    .filter((statement) => applies(statement, request.action, request.resource, request.context));
  if (aboutThis.some((statement) => statement.effect === "Deny")) return denied("explicit-deny-identity");
  return aboutThis.length > 0 ? ALLOWED : denied("no-identity-allow");
}

function applies(statement: Statement, action: string, resource: string, context: ConditionContext): boolean {
  const listed = statement.actions.some((pattern) => matchesAction(pattern, action));
  return (
    listed !== statement.exceptActions &&
    statement.resources.some((pattern) => matchesPattern(pattern, resource)) &&
    conditionsHold(statement.conditions, context)
  );
}

/** `caller`: named itself, or anybody is; `account`: only the account is named, which delegates to identity policies. */
type PrincipalMatch = "caller" | "account" | "none";

function matchPrincipals(principals: readonly string[], caller: Caller): PrincipalMatch {
  let best: PrincipalMatch = "none";
  for (const principal of principals) {
    if (principal === "*" || principal === caller.arn || principal === caller.principalArn) return "caller";
    const parsed = parsePrincipal(principal);
    if (parsed?.kind === "account" && parsed.account === caller.account) best = "account";
  }
  return best;
}
