/**
 * Policy documents: parsed and checked as a whole before anything is decided with them. What the sandbox cannot
 * evaluate is refused here, when the policy is set, and so can never count as true later.
 * Grammar: IAM JSON policy reference, "Grammar of the IAM JSON policy language".
 *
 * @module
 */
import { malformedPolicy, notInSandbox } from "../errors.js";
import { checkConditionOperator, type ConditionBlock } from "./condition.js";

/** One statement. Key policies name principals, identity policies do not. */
export interface Statement {
  readonly sid: string | undefined;
  readonly effect: "Allow" | "Deny";
  /** Principals of type AWS, as written; `*` for anybody. Empty in identity policies and for AWS services only. */
  readonly principals: readonly string[];
  readonly actions: readonly string[];
  /** True if the statement says NotAction: it is about every action that is not listed. */
  readonly exceptActions: boolean;
  readonly resources: readonly string[];
  readonly conditions: ConditionBlock;
}

/** A parsed policy. */
export interface PolicyDocument {
  readonly statements: readonly Statement[];
}

/** Which grammar applies: key policies must have principals, identity policies must not. */
export type PolicyKind = "key" | "identity";

const STATEMENT_MEMBERS = new Set(["Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "Condition"]);
const UNSUPPORTED_MEMBERS = new Set(["NotPrincipal", "NotResource"]);

/**
 * Parses a policy.
 *
 * @throws KmsError MalformedPolicyDocumentException if it is no policy, UnsupportedOperationException for a part of the
 * language that the sandbox does not evaluate.
 */
export function parsePolicy(text: string, kind: PolicyKind): PolicyDocument {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformedPolicy("Policy is not valid JSON.");
  }
  const document = asObject(value, "The policy");
  for (const member of Object.keys(document)) {
    if (!["Version", "Id", "Statement"].includes(member)) throw malformedPolicy(`Unknown policy member ${member}.`);
  }
  const version = document["Version"];
  if (version !== undefined && version !== "2012-10-17" && version !== "2008-10-17") {
    throw malformedPolicy("Version must be 2012-10-17 or 2008-10-17.");
  }
  const listed = document["Statement"];
  const statements = Array.isArray(listed) ? (listed as unknown[]) : [listed];
  if (listed === undefined || statements.length === 0) throw malformedPolicy("The policy has no statement.");
  return { statements: statements.map((statement) => parseStatement(statement, kind)) };
}

function parseStatement(value: unknown, kind: PolicyKind): Statement {
  const statement = asObject(value, "A statement");
  for (const member of Object.keys(statement)) {
    if (UNSUPPORTED_MEMBERS.has(member)) throw notInSandbox(`the policy element ${member}`);
    if (!STATEMENT_MEMBERS.has(member)) throw malformedPolicy(`Unknown statement member ${member}.`);
  }
  const effect = statement["Effect"];
  if (effect !== "Allow" && effect !== "Deny") throw malformedPolicy("Effect must be Allow or Deny.");
  const sid = statement["Sid"];
  if (sid !== undefined && typeof sid !== "string") throw malformedPolicy("Sid must be a string.");
  if ((statement["Action"] === undefined) === (statement["NotAction"] === undefined)) {
    throw malformedPolicy("A statement has either Action or NotAction.");
  }
  if ((statement["Principal"] === undefined) !== (kind === "identity")) {
    throw malformedPolicy(
      kind === "key" ? "A statement of a key policy names a Principal." : "An identity policy names no Principal.",
    );
  }
  return {
    sid,
    effect,
    principals: kind === "key" ? parsePrincipals(statement["Principal"]) : [],
    actions: asStrings(statement["Action"] ?? statement["NotAction"], "Action"),
    exceptActions: statement["NotAction"] !== undefined,
    resources: asStrings(statement["Resource"], "Resource"),
    conditions: parseConditions(statement["Condition"]),
  };
}

function parsePrincipals(value: unknown): string[] {
  if (value === "*") return ["*"];
  const principals = asObject(value, "Principal");
  const found: string[] = [];
  for (const [type, names] of Object.entries(principals)) {
    // An AWS service is never a caller of the sandbox, so such a principal matches nobody.
    if (type === "AWS") found.push(...asStrings(names, "Principal"));
    else if (type === "Service") asStrings(names, "Principal");
    else throw notInSandbox(`principals of type ${type}`);
  }
  return found;
}

function parseConditions(value: unknown): ConditionBlock {
  if (value === undefined) return [];
  const block: ConditionBlock[number][] = [];
  for (const [operator, keys] of Object.entries(asObject(value, "Condition"))) {
    for (const [key, values] of Object.entries(asObject(keys, `Condition ${operator}`))) {
      const condition = { operator, key, values: asStrings(values, `Condition ${operator} ${key}`) };
      checkConditionOperator(condition);
      block.push(condition);
    }
  }
  return block;
}

function asObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw malformedPolicy(`${what} must be a JSON object.`);
  }
  return value as Record<string, unknown>;
}

/** A string or a list of them; booleans and numbers are written as strings too (the grammar allows both spellings). */
function asStrings(value: unknown, what: string): string[] {
  const list = Array.isArray(value) ? (value as unknown[]) : [value];
  if (list.length === 0) throw malformedPolicy(`${what} must not be empty.`);
  return list.map((item) => {
    if (typeof item === "boolean" || typeof item === "number") return String(item);
    if (typeof item !== "string") throw malformedPolicy(`${what} must be a string or a list of strings.`);
    return item;
  });
}
