/**
 * What the resource types share: a table of input properties per type, and check and diff made from it.
 *
 * @module
 */
import { hasUnknown, type Properties, sameValue, shown, UNKNOWN, type Value } from "./values.js";

/** One input property, as the published provider declares it. */
export interface Property {
  readonly type: "string" | "boolean" | "number" | "tags";
  readonly required?: true;
  /** Terraform's ForceNew: another value needs another resource. */
  readonly replaces?: true;
  readonly byDefault?: Value;
  /** Optional and computed: left out, whatever the cloud has is right. */
  readonly computed?: true;
  /** The only value that the sandbox plays; another one is refused. */
  readonly only?: Value;
  /** Says what is wrong with a known value, in the provider's words. */
  readonly problem?: (value: Value) => string | undefined;
  /** True if two values mean the same. */
  readonly same?: (deployed: Value, wanted: Value) => boolean;
}

/** Input properties by name. */
export type PropertyTable = Readonly<Record<string, Property>>;

/** A property that is not acceptable. */
export interface CheckFailure {
  readonly property: string;
  readonly reason: string;
}

/** Result of a check: the inputs with defaults filled in, or what is wrong. */
export interface CheckResult {
  readonly inputs: Properties;
  readonly failures: readonly CheckFailure[];
}

/** One property that differs. */
export interface Difference {
  readonly property: string;
  readonly kind: "add" | "delete" | "update";
  readonly replaces: boolean;
}

/** Checks inputs against a table. What the sandbox does not play is refused, never ignored. */
export function checkInputs(type: string, table: PropertyTable, given: Properties): CheckResult {
  const failures: CheckFailure[] = [];
  const inputs: Record<string, Value> = {};
  const fail = (property: string, reason: string): void => {
    failures.push({ property, reason });
  };
  for (const [name, value] of Object.entries(given)) {
    // `__defaults` is the bridge's own bookkeeping in states that the real provider wrote.
    if (name === "__defaults" || value === null) continue;
    const property = table[name];
    if (property === undefined) {
      fail(name, `the sandbox does not implement the property "${name}" of ${type}`);
      continue;
    }
    const reason = problemOf(name, property, value);
    if (reason === undefined) inputs[name] = value;
    else fail(name, reason);
  }
  for (const [name, property] of Object.entries(table)) {
    if (name in given && given[name] !== null) continue;
    if (property.required === true) fail(name, `Missing required property '${name}'`);
    else if (property.byDefault !== undefined) inputs[name] = property.byDefault;
  }
  return { inputs, failures };
}

function problemOf(name: string, property: Property, value: Value): string | undefined {
  if (hasUnknown(value)) return undefined;
  if (!hasType(property.type, value)) return `"${name}" must be a ${property.type === "tags" ? "map of strings" : property.type}`;
  if (property.only !== undefined && !sameValue(value, property.only)) {
    return `the sandbox implements only ${shown(property.only)} for "${name}", not ${shown(value)}`;
  }
  return property.problem?.(value);
}

function hasType(type: Property["type"], value: Value): boolean {
  if (type !== "tags") return typeof value === type;
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((item) => typeof item === "string")
  );
}

/** Compares what is deployed with what is wanted. An unknown value counts as a change, as in a Terraform plan. */
export function diffInputs(
  table: PropertyTable,
  deployed: Properties,
  wanted: Properties,
  ignored: readonly string[],
): Difference[] {
  return Object.entries(table).flatMap(([name, property]): Difference[] => {
    if (ignored.some((path) => path === name || path.startsWith(`${name}.`) || path.startsWith(`${name}[`))) return [];
    const old = deployed[name] ?? null;
    const now = wanted[name] ?? null;
    if (now === null && (property.computed === true || old === null)) return [];
    if (now !== UNKNOWN && !hasUnknown(now)) {
      if (isEmpty(old) && isEmpty(now)) return [];
      if (old !== null && now !== null && (property.same ?? sameValue)(old, now)) return [];
    }
    const kind = isEmpty(old) ? "add" : now === null ? "delete" : "update";
    return [{ property: name, kind, replaces: property.replaces === true }];
  });
}

/** No tags and an empty map of tags are the same. */
function isEmpty(value: Value): boolean {
  return value === null || (typeof value === "object" && Object.keys(value).length === 0);
}
