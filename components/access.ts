/**
 * The switch between a service that may use the key and one that may not.
 *
 * @module
 */

/** Whether the service may use the key. */
export enum Access {
  /** The grant is there. */
  Granted = "granted",
  /** The grant, and nothing else, is withdrawn; the key stays as it is, and `granted` gives access back. */
  Suspended = "suspended",
}

/** What an access must be, in words. */
export const ACCESS_RULE = `must be one of ${Object.values(Access).join(", ")}`;

/** True if `value` is one of the two; for input that TypeScript has not checked. */
export function isAccess(value: unknown): value is Access {
  return Object.values(Access).some((access) => access === value);
}
