/**
 * Property values in Pulumi's wire format: google.protobuf.Struct with sentinels. Source: Pulumi's protocol documentation
 * ("Property values", sdk/go/common/resource/properties.go and plugin/rpc.go) and @pulumi/pulumi/runtime/rpc.js.
 *
 * @module
 */
import { type JavaScriptValue, type Struct } from "google-protobuf/google/protobuf/struct_pb.js";

import { type Properties, UNKNOWN, type Value } from "./values.js";

/** Stands for a value that is not known yet. */
const UNKNOWN_SENTINEL = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
/** Member that marks an object as something special. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** Properties, and the names of those that are or contain secrets. */
export interface Unmarshalled {
  readonly properties: Properties;
  readonly secrets: ReadonlySet<string>;
}

/** Reads a struct; a missing one is empty. Throws for assets, archives and resource references: no property takes one. */
export function unmarshal(struct: Struct | undefined): Unmarshalled {
  return unmarshalObject(struct?.toJavaScript() ?? {});
}

/** The same for an object that was a struct. */
export function unmarshalObject(object: Readonly<Record<string, unknown>>): Unmarshalled {
  const secrets = new Set<string>();
  // Not by assignment, which `__proto__` as a name would turn into something else.
  const properties = Object.fromEntries(
    Object.entries(object).map(([name, value]): [string, Value] => [name, fromWire(value, () => secrets.add(name))]),
  );
  return { properties, secrets };
}

/** Writes properties; those named stay secret. */
export function marshal(
  properties: Properties,
  secrets: ReadonlySet<string> = new Set(),
): Record<string, JavaScriptValue> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]): [string, JavaScriptValue] => [
      name,
      secrets.has(name) ? { [SIGNATURE]: SECRET, value: toWire(value) } : toWire(value),
    ]),
  );
}

function fromWire(value: unknown, onSecret: () => void): Value {
  if (value === UNKNOWN_SENTINEL) return UNKNOWN;
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean" || typeof value === "number" || typeof value === "string") return value;
  if (Array.isArray(value)) return value.map((item) => fromWire(item, onSecret));
  if (typeof value !== "object") throw new Error(`a property cannot be a ${typeof value}`);
  const object = value as Record<string, unknown>;
  switch (object[SIGNATURE]) {
    case undefined:
      return Object.fromEntries(Object.entries(object).map(([name, item]) => [name, fromWire(item, onSecret)]));
    case SECRET:
      onSecret();
      return fromWire(object["value"], onSecret);
    case OUTPUT:
      if (object["secret"] === true) onSecret();
      return "value" in object ? fromWire(object["value"], onSecret) : UNKNOWN;
    default:
      throw new Error("the sandbox's resources take no assets, archives or resource references");
  }
}

function toWire(value: Value): JavaScriptValue {
  if (value === UNKNOWN) return UNKNOWN_SENTINEL;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return (value as readonly Value[]).map(toWire);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, toWire(item)]));
}
