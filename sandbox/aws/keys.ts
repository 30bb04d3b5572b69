/**
 * The life of a key: states, rotation, deletion. Source: AWS KMS Developer Guide, "Key states of AWS KMS keys",
 * "Rotate AWS KMS keys", "Delete an AWS KMS key".
 *
 * @module
 */
import { randomBytes, randomUUID } from "node:crypto";

import { keyArn } from "./arn.js";
import { keyDisabled, keyPendingDeletion } from "./errors.js";
import { type AwsState, type KeyMaterial, type KeyRecord } from "./state.js";

/** Milliseconds of a day. */
export const DAY_MS = 86_400_000;

/** The states a key of the sandbox can be in (of the KeyState values that KMS has). */
export type KeyState = "Enabled" | "Disabled" | "PendingDeletion";

/** State of a key, as DescribeKey shows it. */
export function stateOf(key: KeyRecord): KeyState {
  if (key.deletion !== null) return "PendingDeletion";
  return key.enabled ? "Enabled" : "Disabled";
}

/** A new, enabled key with its first material. */
export function newKey(of: {
  readonly account: string;
  readonly region: string;
  readonly description: string;
  readonly policy: string;
  readonly tags: Record<string, string>;
  readonly now: number;
}): KeyRecord {
  return {
    id: randomUUID(),
    account: of.account,
    region: of.region,
    createdAt: of.now,
    description: of.description,
    enabled: true,
    deletion: null,
    policy: of.policy,
    rotation: null,
    materials: [newMaterial("INITIAL", of.now)],
    tags: of.tags,
  };
}

/** Fresh key material. */
export function newMaterial(origin: KeyMaterial["origin"], now: number): KeyMaterial {
  return { id: randomBytes(32).toString("hex"), bytes: randomBytes(32).toString("base64"), since: now, origin };
}

/** The material that encrypts. */
export function currentMaterial(key: KeyRecord): KeyMaterial {
  const last = key.materials.at(-1);
  if (last === undefined) throw new Error(`key ${key.id} has no material`);
  return last;
}

/**
 * Lets the time pass: deletes keys whose window is over (with their aliases) and rotates enabled keys whose turn has
 * come. A disabled key is not rotated until it is enabled again (Developer Guide, "How key rotation works").
 *
 * @returns true if anything changed.
 */
export function settle(state: AwsState, now: number): boolean {
  let changed = false;
  for (const key of [...state.keys]) {
    if (key.deletion !== null && key.deletion.at <= now) {
      state.keys.splice(state.keys.indexOf(key), 1);
      for (const alias of state.aliases.filter((candidate) => candidate.targetKeyId === key.id)) {
        state.aliases.splice(state.aliases.indexOf(alias), 1);
      }
      Reflect.deleteProperty(state.revocations, key.id);
      changed = true;
    } else if (stateOf(key) === "Enabled" && key.rotation !== null) {
      while (key.rotation.nextAt <= now) {
        key.materials.push(newMaterial("AUTOMATIC", key.rotation.nextAt));
        key.rotation.nextAt += key.rotation.periodInDays * DAY_MS;
        changed = true;
      }
    }
  }
  return changed;
}

/** Enables a key; a rotation that fell due meanwhile happens now, once. */
export function enable(key: KeyRecord, now: number): void {
  key.enabled = true;
  if (key.rotation !== null && key.rotation.nextAt <= now) {
    key.materials.push(newMaterial("AUTOMATIC", now));
    key.rotation.nextAt = now + key.rotation.periodInDays * DAY_MS;
  }
}

/**
 * Most operations need an enabled key.
 *
 * @throws KmsError DisabledException or KMSInvalidStateException.
 */
export function requireEnabled(key: KeyRecord): void {
  requireNotPendingDeletion(key);
  if (!key.enabled) throw keyDisabled(keyArn(key));
}

/**
 * Some operations take a disabled key, but none that is pending deletion.
 *
 * @throws KmsError KMSInvalidStateException.
 */
export function requireNotPendingDeletion(key: KeyRecord): void {
  if (key.deletion !== null) throw keyPendingDeletion(keyArn(key));
}
