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
