/**
 * Arguments that are one of an enum's values, for input that TypeScript has not checked.
 *
 * @module
 */

/** True if `value` is a value of the enum. */
export function isOneOf<T extends string>(choices: Readonly<Record<string, T>>, value: unknown): value is T {
  return Object.values(choices).some((choice) => choice === value);
}

/** What a value of the enum must be, in words. */
export function oneOfRule(choices: Readonly<Record<string, string>>): string {
  return `must be one of ${Object.values(choices).join(", ")}`;
}
