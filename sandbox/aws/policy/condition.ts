/**
 * Conditions of policies. Semantics: IAM JSON policy reference, "Condition operators", "Multivalued context keys" and
 * "Conditions with multiple context keys or values"; keys: AWS KMS Developer Guide, "Condition keys for AWS KMS".
 *
 * @module
 */
import { malformedPolicy, notInSandbox } from "../errors.js";
import { matchesAddress, matchesArn, matchesPattern } from "./pattern.js";

/** One line of a Condition block: an operator, a context key and the values it is compared with. */
export interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

/** All conditions of a statement; every one must hold. */
export type ConditionBlock = readonly Condition[];

/** The context of a request: values by lower-case context key. An absent key is absent, not empty. */
export type ConditionContext = ReadonlyMap<string, readonly string[]>;

interface Comparison {
  /** True for the Not... forms: they hold if no value matches, also when the key is absent. */
  readonly negated: boolean;
  /** May stand behind ForAllValues: or ForAnyValue:. */
  readonly forSets: boolean;
  matches(expected: string, actual: string): boolean;
}

const equal = (expected: string, actual: string): boolean => expected === actual;
const equalIgnoringCase = (expected: string, actual: string): boolean =>
  expected.toLowerCase() === actual.toLowerCase();

const COMPARISONS = new Map<string, Comparison>([
  ["StringEquals", { negated: false, forSets: true, matches: equal }],
  ["StringNotEquals", { negated: true, forSets: true, matches: equal }],
  ["StringEqualsIgnoreCase", { negated: false, forSets: true, matches: equalIgnoringCase }],
  ["StringLike", { negated: false, forSets: true, matches: matchesPattern }],
  ["StringNotLike", { negated: true, forSets: true, matches: matchesPattern }],
  ["Bool", { negated: false, forSets: false, matches: equalIgnoringCase }],
  ["ArnEquals", { negated: false, forSets: false, matches: matchesArn }],
  ["ArnLike", { negated: false, forSets: false, matches: matchesArn }],
  ["IpAddress", { negated: false, forSets: false, matches: matchesAddress }],
  ["NotIpAddress", { negated: true, forSets: false, matches: matchesAddress }],
]);

/** Keys that every request carries, or that only requests through AWS services and grants carry (never the sandbox's). */
const SINGLE_VALUED_KEYS = new Set([
  "kms:calleraccount",
  "kms:viaservice",
  "kms:grantisforawsresource",
  "aws:principalarn",
  "aws:principalaccount",
  "aws:sourceip",
  "aws:resourceaccount",
]);
const ENCRYPTION_CONTEXT_KEYS = "kms:encryptioncontextkeys";
const ENCRYPTION_CONTEXT = "kms:encryptioncontext:";

interface Operator {
  readonly set: "ForAllValues" | "ForAnyValue" | undefined;
  readonly ifExists: boolean;
  /** Undefined for Null, which asks whether the key is there at all. */
  readonly comparison: Comparison | undefined;
}

/**
 * Refuses a condition that the sandbox cannot evaluate.
 *
 * @throws KmsError UnsupportedOperationException for an unknown operator or key or a policy variable,
 * MalformedPolicyDocumentException for one that contradicts itself.
 */
export function checkConditionOperator(condition: Condition): void {
  const operator = parseOperator(condition.operator);
  const key = condition.key.toLowerCase();
  const isSetKey = key === ENCRYPTION_CONTEXT_KEYS;
  if (!isSetKey && !SINGLE_VALUED_KEYS.has(key) && !(key.startsWith(ENCRYPTION_CONTEXT) && key.length > ENCRYPTION_CONTEXT.length)) {
    throw notInSandbox(`the condition key ${condition.key}`);
  }
  if (isSetKey && operator.set === undefined && operator.comparison !== undefined) {
    // IAM leaves a multivalued key without a set operator undefined.
    throw malformedPolicy(`${condition.key} needs ForAllValues: or ForAnyValue: before ${condition.operator}.`);
  }
  for (const value of condition.values) {
    if (value.includes("${")) throw notInSandbox("policy variables");
    if (operator.comparison === undefined && value !== "true" && value !== "false") {
      throw malformedPolicy("Null is compared with true or false.");
    }
  }
}

/** True if every condition holds for the request. The block must have passed {@link checkConditionOperator}. */
export function conditionsHold(block: ConditionBlock, context: ConditionContext): boolean {
  return block.every((condition) => conditionHolds(condition, context));
}

function conditionHolds(condition: Condition, context: ConditionContext): boolean {
  const { set, ifExists, comparison } = parseOperator(condition.operator);
  const actual = context.get(condition.key.toLowerCase());
  if (comparison === undefined) return condition.values.some((value) => (value === "true") === (actual === undefined));
  if (actual === undefined) {
    if (ifExists || set === "ForAllValues") return true;
    return set === undefined && comparison.negated;
  }
  const holds = (value: string): boolean =>
    condition.values.some((expected) => comparison.matches(expected, value)) !== comparison.negated;
  if (set === "ForAllValues") return actual.every(holds);
  if (set === "ForAnyValue") return actual.some(holds);
  return comparison.negated ? actual.every(holds) : actual.some(holds);
}

function parseOperator(text: string): Operator {
  const match = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(text);
  const name = match?.[2] ?? "";
  const set = match?.[1] as Operator["set"];
  const ifExists = match?.[3] !== undefined;
  if (name === "Null" && set === undefined && !ifExists) return { set, ifExists, comparison: undefined };
  const comparison = COMPARISONS.get(name);
  if (comparison === undefined || (set !== undefined && !comparison.forSets)) {
    throw notInSandbox(`the condition operator ${text}`);
  }
  return { set, ifExists, comparison };
}
