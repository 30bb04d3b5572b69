/**
 * Where a key's material is kept.
 *
 * @module
 */

/** Software or hardware; the clouds' own words for it are in their components. */
export enum ProtectionLevel {
  /** Kept and used in software that the cloud runs (FIPS 140 level 1). */
  Software = "software",
  /** Kept and used in a hardware security module of the cloud's; dearer, and slower. */
  Hsm = "hsm",
}

/** What a `protectionLevel` must be, in words. */
export const PROTECTION_LEVEL_RULE = `must be one of ${Object.values(ProtectionLevel).join(", ")}`;

/** True if `value` is a protection level; for input that TypeScript has not checked. */
export function isProtectionLevel(value: unknown): value is ProtectionLevel {
  return Object.values(ProtectionLevel).some((level) => level === value);
}
