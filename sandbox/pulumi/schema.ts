/**
 * What the resource types share: a table of input properties per type, and check and diff made from it.
 *
 * @module
 */
import { hasUnknown, type Properties, sameValue, shown, UNKNOWN, type Value } from "./values.js";

/** One input property, as the published provider declares it. */
export interface Property {
  /** `tags` is a map of strings; `object` has `members`, `list` has `items`. */
  readonly type: "string" | "boolean" | "number" | "tags" | "object" | "list";
  /** Of an object: its members, checked and compared one by one. */
  readonly members?: PropertyTable;
  /** Of a list: what each item is. Lists are compared as a whole. */
  readonly items?: Property;
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

const TYPE_IN_WORDS: Readonly<Record<Property["type"], string>> = {
  string: "a string",
  boolean: "a boolean",
  number: "a number",
  tags: "a map of strings",
  object: "an object",
  list: "a list",
};

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
    if (reason !== undefined) {
      fail(name, reason);
      continue;
    }
    const within = checkWithin(type, name, property, value);
    failures.push(...within.failures);
    inputs[name] = within.value;
  }
  for (const [name, property] of Object.entries(table)) {
    if (name in given && given[name] !== null) continue;
    if (property.required === true) fail(name, `Missing required property '${name}'`);
    else if (property.byDefault !== undefined) inputs[name] = property.byDefault;
  }
  return { inputs, failures };
}

/** A value with what is inside it checked, and what is wrong there. */
interface Within {
  readonly value: Value;
  readonly failures: readonly CheckFailure[];
}

/** Checks what is inside an object or a list; failures and messages name the way there. */
function checkWithin(
  type: string,
  path: string,
  property: Property,
  value: Value,
): Within {
  if (isObject(value) && property.members !== undefined) {
    const { inputs, failures } = checkInputs(`${type}.${path}`, property.members, value);
    return { value: inputs, failures: failures.map((failure) => ({ ...failure, property: `${path}.${failure.property}` })) };
  }
  const { items } = property;
  if (!isList(value) || items === undefined) return { value, failures: [] };
  const checked = value.map((item, index): Within => {
    const at = `${path}[${index}]`;
    const reason = problemOf(at, items, item);
    return reason === undefined ? checkWithin(type, at, items, item) : { value: item, failures: [{ property: at, reason }] };
  });
  return { value: checked.map((item) => item.value), failures: checked.flatMap((item) => item.failures) };
}

function problemOf(name: string, property: Property, value: Value): string | undefined {
  if (value === UNKNOWN || (hasUnknown(value) && property.members === undefined && property.items === undefined)) return undefined;
  if (!hasType(property.type, value)) return `"${name}" must be ${TYPE_IN_WORDS[property.type]}`;
  if (property.only !== undefined && !sameValue(value, property.only)) {
    return `the sandbox implements only ${shown(property.only)} for "${name}", not ${shown(value)}`;
  }
  return property.problem?.(value);
}

function hasType(type: Property["type"], value: Value): boolean {
  switch (type) {
    case "tags":
      return isObject(value) && Object.values(value).every((item) => typeof item === "string");
    case "object":
      return isObject(value);
    case "list":
      return isList(value);
    default:
      return typeof value === type;
  }
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

function isObject(value: Value): value is Properties {
  return typeof value === "object" && value !== null && !isList(value);
}

/** Compares what is deployed with what is wanted. An unknown value counts as a change, as in a Terraform plan. */
export function diffInputs(
  table: PropertyTable,
  deployed: Properties,
  wanted: Properties,
  ignored: readonly string[],
): Difference[] {
  return Object.entries(table).flatMap(([name, property]): Difference[] => {
    // A path into an object with members leaves its other members to be compared.
    const nested = property.members !== undefined;
    if (ignored.some((path) => path === name || (!nested && path.startsWith(`${name}.`)) || path.startsWith(`${name}[`))) return [];
    const old = deployed[name] ?? null;
    const now = wanted[name] ?? null;
    if (now === null && (property.computed === true || old === null)) return [];
    if (!hasUnknown(now)) {
      if (isEmpty(old) && isEmpty(now)) return [];
      if (old !== null && now !== null && (property.same ?? sameValue)(old, now)) return [];
    }
    if (property.members !== undefined && isObject(old) && isObject(now)) {
      const within = ignored.filter((path) => path.startsWith(`${name}.`)).map((path) => path.slice(name.length + 1));
      return diffInputs(property.members, old, now, within).map((difference) => ({
        ...difference,
        property: `${name}.${difference.property}`,
        replaces: difference.replaces || property.replaces === true,
      }));
    }
    const kind = isEmpty(old) ? "add" : now === null ? "delete" : "update";
    return [{ property: name, kind, replaces: property.replaces === true }];
  });
}

/** No tags and an empty map of tags are the same. */
function isEmpty(value: Value): boolean {
  return value === null || (typeof value === "object" && Object.keys(value).length === 0);
}
