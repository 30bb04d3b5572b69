/**
 * What a Pulumi program declares, as the engine would be told it.
 *
 * @module
 */

/**
 * Stands in inputs for a value that only a deployment can tell: Pulumi's own mark of an unknown value on the wire
 * (@pulumi/pulumi/runtime/rpc.js, `unknownValue`).
 */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** How a resource comes into the stack. */
export type DeclaredKind =
  /** Exists only in Pulumi, to hold others together. */
  | "component"
  /** A connection to a cloud's account. */
  | "provider"
  /** Made by `pulumi up`. */
  | "created"
  /** There already: looked at, never changed. */
  | "adopted";

/** One resource of a program. */
export interface DeclaredResource {
  readonly kind: DeclaredKind;
  /** Pulumi's type token, e.g. `aws:kms/key:Key`. */
  readonly type: string;
  readonly name: string;
  /** URN as the engine writes it. */
  readonly urn: string;
  /** URN of the parent; undefined at the root of the stack. */
  readonly parent: string | undefined;
  /** Version of the provider that the SDK asks for; undefined for components. */
  readonly version: string | undefined;
  /** URN of the explicit provider. */
  readonly provider: string | undefined;
  /** Id in its cloud, if the configuration decides it. */
  readonly id: string | undefined;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  readonly ignoreChanges: readonly string[];
  /** Inputs, secrets in the clear, {@link UNKNOWN} where only a deployment can tell. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** By input: URNs of the resources that its value comes from. */
  readonly dependencies: Readonly<Record<string, readonly string[]>>;
  /** What a component hands out, as far as it is known; empty for others. */
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** Everything that a program declares. */
export interface DeclaredProgram {
  /** In the order of their registration. */
  readonly resources: readonly DeclaredResource[];
  /** What the program warned of while it ran. */
  readonly warnings: readonly string[];
}

/** An input that is a known text. */
export function textInput({ inputs }: Pick<DeclaredResource, "inputs">, name: string): string | undefined {
  const value = inputs[name];
  return typeof value === "string" && value !== UNKNOWN ? value : undefined;
}

/** Members of an input that is an object; empty if it is none. */
export function objectIn(values: Readonly<Record<string, unknown>>, name: string): Readonly<Record<string, unknown>> {
  const value = values[name];
  return isObject(value) ? value : {};
}

/** True for what JSON calls an object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The package of a type token, e.g. `aws`; that of a provider's own type is the package that it serves. */
export function packageOf(type: string): string {
  const [first = "", , third = ""] = type.split(":");
  return type.startsWith("pulumi:providers:") ? third : first;
}
