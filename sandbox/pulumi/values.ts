/**
 * Property values between Pulumi and the resource types, free of either's wire format.
 *
 * @module
 */

/** A value that is not known before the deployment has run (previews only). */
export const UNKNOWN: unique symbol = Symbol("unknown");

/** A property value; secrets are marked outside of it. */
export type Value = null | boolean | number | string | typeof UNKNOWN | readonly Value[] | { readonly [name: string]: Value };

/** Properties of a resource by name. */
export type Properties = Readonly<Record<string, Value>>;

/** A string property; undefined if absent, null or unknown. */
export function textOf(properties: Properties, name: string): string | undefined {
  const value = properties[name];
  return typeof value === "string" ? value : undefined;
}

/** A number property; undefined if absent, null or unknown. */
export function numberOf(properties: Properties, name: string): number | undefined {
  const value = properties[name];
  return typeof value === "number" ? value : undefined;
}

/** A boolean property; false if absent, null or unknown. */
export function flagOf(properties: Properties, name: string): boolean {
  return properties[name] === true;
}

/** A map of strings; empty if absent, null or unknown. */
export function textMapOf(properties: Properties, name: string): Record<string, string> {
  const value = properties[name];
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

/** True if a value is unknown or holds an unknown one. */
export function hasUnknown(value: Value): boolean {
  if (value === UNKNOWN) return true;
  if (typeof value !== "object" || value === null) return false;
  return (Array.isArray(value) ? (value as readonly Value[]) : Object.values(value)).some(hasUnknown);
}

/** True if two known values say the same; members of objects in any order. */
export function sameValue(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const left = Object.entries(a);
  const right = new Map<string, Value>(Object.entries(b));
  return (
    Array.isArray(a) === Array.isArray(b) &&
    left.length === right.size &&
    left.every(([name, value]) => right.has(name) && sameValue(value, right.get(name) ?? null))
  );
}

/** A value as text, for messages and comparisons: a string is itself, anything else its JSON. */
export function shown(value: Value): string {
  if (typeof value === "string") return value;
  return typeof value === "symbol" ? "(unknown)" : JSON.stringify(value);
}
