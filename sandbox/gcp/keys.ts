/**
 * The life of keys and their versions: states, rotation, destruction. Source: Cloud KMS documentation, "Key version
 * states", "Key rotation", "Destroy and restore key versions"; google/cloud/kms/v1/resources.proto.
 *
 * @module
 */
import { randomBytes } from "node:crypto";

import { versionNotEnabled } from "./errors.js";
import { EMPTY_POLICY } from "./iam/policy.js";
import { versionName } from "./names.js";
import { type CryptoKeyRecord, type GcpState, type ProtectionLevel, type VersionRecord } from "./state.js";

/** Milliseconds of a day. */
export const DAY_MS = 86_400_000;

/** Time between scheduling and destruction unless the key says otherwise (CryptoKey.destroy_scheduled_duration). */
export const DESTROY_SCHEDULED_DURATION = 30 * DAY_MS;

/** A new key, without versions. */
export function newKey(of: {
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly protectionLevel: ProtectionLevel;
  readonly rotationPeriod: number | null;
  readonly nextRotationAt: number | null;
  readonly destroyScheduledDuration: number;
  readonly now: number;
  readonly purpose?: string;
  readonly algorithm?: string;
  readonly importOnly?: boolean;
}): CryptoKeyRecord {
  const { now, ...rest } = of;
  return {
    ...rest,
    cipherId: randomBytes(16).toString("hex"),
    createdAt: now,
    versions: [],
    primary: null,
    policy: EMPTY_POLICY,
  };
}

/** Adds an enabled version, numbered in sequence from 1. */
export function addVersion(key: CryptoKeyRecord, now: number): VersionRecord {
  const version: VersionRecord = {
    id: key.versions.length + 1,
    state: "ENABLED",
    protectionLevel: key.protectionLevel,
    createdAt: now,
    destroyAt: null,
    destroyedAt: null,
    bytes: randomBytes(32).toString("base64"),
  };
  key.versions.push(version);
  return version;
}

/** The version that encrypts; undefined if the key has none yet. */
export function primaryOf(key: CryptoKeyRecord): VersionRecord | undefined {
  return key.versions.find((version) => version.id === key.primary);
}

/**
 * Lets the time pass: destroys versions whose time has come, and rotates keys. Rotation asks for no particular state of
 * the primary version: a key whose versions were all disabled gets an enabled one again when its rotation falls due.
 * ("Destroy and restore key versions" therefore has automatic rotation turned off first, and so does
 * terraform-provider-google before it destroys versions, services/kms/kms_utils.go.)
 *
 * @returns true if anything changed.
 */
export function settle(state: GcpState, now: number): boolean {
  let changed = false;
  for (const key of state.keys) {
    for (const version of key.versions) {
      if (version.state === "DESTROY_SCHEDULED" && version.destroyAt !== null && version.destroyAt <= now) {
        version.state = "DESTROYED";
        version.destroyedAt = version.destroyAt;
        version.destroyAt = null;
        version.bytes = null;
        changed = true;
      }
    }
    while (key.nextRotationAt !== null && key.nextRotationAt <= now) {
      key.primary = addVersion(key, key.nextRotationAt).id;
      key.nextRotationAt = key.rotationPeriod === null ? null : key.nextRotationAt + key.rotationPeriod;
      changed = true;
    }
  }
  return changed;
}

/**
 * Material of a version that may be used.
 *
 * @throws GoogleError FAILED_PRECONDITION unless it is enabled.
 */
export function materialOf(key: CryptoKeyRecord, version: VersionRecord): { readonly id: number; readonly bytes: string } {
  if (version.state !== "ENABLED" || version.bytes === null) throw versionNotEnabled(versionName(key.name, version.id), version.state);
  return { id: version.id, bytes: version.bytes };
}
