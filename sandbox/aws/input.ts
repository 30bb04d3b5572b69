/**
 * Members of a request, checked as KMS checks them. Limits: AWS KMS API Reference, per operation.
 *
 * @module
 */
import { constraint, KmsError, notInSandbox, validation } from "./errors.js";

interface TextLimits {
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: RegExp;
}

/** Reads one request; every operation names the members it knows, and a member it does not know is refused. */
export class Input {
  private constructor(
    private readonly operation: string,
    private readonly members: Readonly<Record<string, unknown>>,
  ) {}

  /** @throws KmsError SerializationException if the body is not a JSON object. */
  static parse(operation: string, body: Buffer): Input {
    let value: unknown;
    try {
      value = body.length === 0 ? {} : JSON.parse(body.toString("utf8"));
    } catch {
      throw new KmsError("SerializationException", "The request body is not valid JSON.");
    }
    return Input.of(operation, value);
  }

  /** The same for a value that is in hand. */
  static of(operation: string, value: unknown): Input {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new KmsError("SerializationException", "The request body is not a JSON object.");
    }
    return new Input(operation, value as Record<string, unknown>);
  }

  /**
   * Refuses members outside a list; an empty list or `false` asks for nothing and passes.
   *
   * @throws KmsError UnsupportedOperationException.
   */
  only(...known: readonly string[]): void {
    for (const [name, value] of Object.entries(this.members)) {
      const asksNothing = value === null || value === false || (Array.isArray(value) && value.length === 0);
      if (!known.includes(name) && !asksNothing) throw notInSandbox(`${this.operation}.${name}`);
    }
  }

  text(name: string, limits: TextLimits = {}): string {
    const value = this.optionalText(name, limits);
    if (value === undefined) throw constraint(camel(name), null, "Member must not be null");
    return value;
  }

  optionalText(name: string, limits: TextLimits = {}): string | undefined {
    const value = this.members[name] ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value !== "string") throw wrongType(name, "a string");
    if (limits.min !== undefined && value.length < limits.min) {
      throw constraint(camel(name), value, `Member must have length greater than or equal to ${limits.min}`);
    }
    if (limits.max !== undefined && value.length > limits.max) {
      throw constraint(camel(name), value, `Member must have length less than or equal to ${limits.max}`);
    }
    if (limits.pattern !== undefined && !limits.pattern.test(value)) {
      throw constraint(camel(name), value, `Member must satisfy regular expression pattern: ${limits.pattern.source}`);
    }
    return value;
  }

  /** A value of a short list, with its default. */
  choice(name: string, allowed: readonly string[], byDefault: string): string {
    const value = this.optionalText(name) ?? byDefault;
    if (!allowed.includes(value)) {
      throw constraint(camel(name), value, `Member must satisfy enum value set: [${allowed.join(", ")}]`);
    }
    return value;
  }

  optionalInteger(name: string, min: number, max: number): number | undefined {
    const value = this.members[name] ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value !== "number" || !Number.isInteger(value)) throw wrongType(name, "an integer");
    if (value < min) throw constraint(camel(name), value, `Member must have value greater than or equal to ${min}`);
    if (value > max) throw constraint(camel(name), value, `Member must have value less than or equal to ${max}`);
    return value;
  }

  flag(name: string): boolean {
    const value = this.members[name] ?? false;
    if (typeof value !== "boolean") throw wrongType(name, "a boolean");
    return value;
  }

  /** Bytes, base64 on the wire. */
  blob(name: string, min: number, max: number): Buffer {
    const value = this.members[name] ?? undefined;
    if (value === undefined) throw constraint(camel(name), null, "Member must not be null");
    if (typeof value !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) throw wrongType(name, "base64");
    const bytes = Buffer.from(value, "base64");
    if (bytes.length < min) {
      throw constraint(camel(name), undefined, `Member must have length greater than or equal to ${min}`);
    }
    if (bytes.length > max) {
      throw constraint(camel(name), undefined, `Member must have length less than or equal to ${max}`);
    }
    return bytes;
  }

  /** A map of strings; empty if absent. */
  stringMap(name: string): Record<string, string> {
    const value = this.members[name] ?? {};
    if (typeof value !== "object" || Array.isArray(value)) throw wrongType(name, "a map of strings");
    // A null prototype: a context key named __proto__ is a key like any other.
    const copy = Object.create(null) as Record<string, string>;
    for (const [key, item] of Object.entries(value)) {
      if (typeof item !== "string") throw wrongType(name, "a map of strings");
      copy[key] = item;
    }
    return copy;
  }

  /** A map of strings; undefined if absent or empty. */
  optionalStringMap(name: string): Record<string, string> | undefined {
    const map = this.stringMap(name);
    return Object.keys(map).length === 0 ? undefined : { ...map };
  }

  /** An object, whose members are read in the same way; undefined if absent. */
  object(name: string): Input | undefined {
    const value = this.members[name] ?? undefined;
    return value === undefined ? undefined : Input.of(`${this.operation}.${name}`, value);
  }

  /** An object as it is; empty if absent. */
  value(name: string): Readonly<Record<string, unknown>> {
    const value = this.members[name] ?? {};
    if (typeof value !== "object" || Array.isArray(value)) throw wrongType(name, "an object");
    return value as Readonly<Record<string, unknown>>;
  }

  /** A list of objects; empty if absent. */
  objects(name: string): Record<string, unknown>[] {
    const value = this.members[name] ?? [];
    if (!Array.isArray(value) || value.some((item) => typeof item !== "object" || item === null)) {
      throw wrongType(name, "a list of objects");
    }
    return value as Record<string, unknown>[];
  }

  /** A list of strings; empty if absent. */
  strings(name: string): string[] {
    const value = this.members[name] ?? [];
    if (!Array.isArray(value) || value.some((item) => typeof item !== "string")) throw wrongType(name, "a list of strings");
    return value as string[];
  }
}

/** KMS names members in its messages with a small first letter. */
function camel(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

function wrongType(name: string, what: string): KmsError {
  return validation(`${name} must be ${what}.`);
}

/** One page of a list. The marker is the position of the next item, opaque to the caller. */
export function page<T>(
  items: readonly T[],
  input: Input,
  limits: { readonly byDefault: number; readonly max: number },
): { readonly items: T[]; readonly tail: { readonly Truncated: boolean; readonly NextMarker?: string } } {
  const limit = input.optionalInteger("Limit", 1, limits.max) ?? limits.byDefault;
  const marker = input.optionalText("Marker", { min: 1, max: 1024 });
  const start = marker === undefined ? 0 : Number(Buffer.from(marker, "base64url").toString("utf8"));
  if (!Number.isInteger(start) || start < 0) {
    throw new KmsError("InvalidMarkerException", "The marker in the request is not valid.");
  }
  const end = start + limit;
  return {
    items: items.slice(start, end),
    tail:
      end < items.length
        ? { Truncated: true, NextMarker: Buffer.from(String(end)).toString("base64url") }
        : { Truncated: false },
  };
}
