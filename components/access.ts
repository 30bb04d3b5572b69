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

/** True if the service may use the key; it may unless it is said that it may not. */
export function isGranted(access: Access | undefined): boolean {
  return access !== Access.Suspended;
}
