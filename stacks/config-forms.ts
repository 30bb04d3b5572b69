/**
 * Building blocks of the configuration's schemas. Messages complete the sentence "KEY: ...".
 *
 * @module
 */
import { z } from "zod";

import { ProtectionLevel } from "../components/protection-level.js";
import { suggestion } from "./did-you-mean.js";

/** Text of one form, required. */
export function text(pattern: RegExp, rule: string): z.ZodString {
  return z.string({ error: requiredOr(rule) }).regex(pattern, rule);
}

/** One of the values of an enum, required. */
export function choice<T extends Readonly<Record<string, string>>>(values: T) {
  return z.enum(values, { error: ({ input }) => oneOf("must be one of", Object.values(values), input) });
}

/** A whole number within bounds, required. */
export function days(lowest: number, highest: number): z.ZodNumber {
  const rule = `must be a whole number of days from ${lowest} to ${highest}`;
  return z.number({ error: requiredOr(rule) }).int(rule).min(lowest, rule).max(highest, rule);
}

/** true or false, in YAML's own spelling. */
export const yesOrNo = z.boolean({ error: "must be true or false" });

/** At the top of the namespace Pulumi hands true and false over as text. */
export const yesOrNoText = z.enum(["true", "false"], { error: "must be true or false" }).transform((value) => value === "true");

/** `protectionLevel` of a cloud that has several. */
export const protectionLevelSchema = choice(ProtectionLevel);

/** `pulumi config set --path` writes digits as a number, harmless unless a leading zero went lost. */
export function numberAsText(value: unknown): unknown {
  return typeof value === "number" ? String(value) : value;
}

/** Error of a value of the wrong type: absent values have a message of their own. */
export function requiredOr(rule: string): (issue: { readonly input?: unknown }) => string {
  return ({ input }) => (input === undefined ? "is required" : rule);
}

/** `must be one of a, b, not "c" (did you mean "b"?)`. */
export function oneOf(rule: string, choices: readonly string[], input: unknown): string {
  if (input === undefined) return "is required";
  const typed = typeof input === "string" ? `, not "${input}"${suggestion(input, choices)}` : "";
  return `${rule} ${choices.join(", ")}${typed}`;
}

/** An object without the members that are undefined: absent and undefined are different things to the components. */
export function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
