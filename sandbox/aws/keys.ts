/**
 * The life of a key: states, rotation, deletion. Source: AWS KMS Developer Guide, "Key states of AWS KMS keys",
 * "Rotate AWS KMS keys", "Delete an AWS KMS key".
 *
 * @module
 */
import { randomBytes, randomUUID } from "node:crypto";

import { keyArn } from "./arn.js";
import { keyDisabled, keyPendingDeletion, keyPendingImport } from "./errors.js";
import { type AwsState, type KeyMaterial, type KeyRecord } from "./state.js";

/** Milliseconds of a day. */
export const DAY_MS = 86_400_000;

/** The states a key of the sandbox can be in (of the KeyState values that KMS has). */
export type KeyState = "Enabled" | "Disabled" | "PendingDeletion" | "PendingImport";

/** State of a key, as DescribeKey shows it. */
export function stateOf(key: KeyRecord): KeyState {
  if (key.deletion !== null) return "PendingDeletion";
  if (key.origin === "EXTERNAL") return "PendingImport";
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
  /** True for the primary key of a multi-Region set. */
  readonly multiRegion?: boolean;
  readonly spec?: string;
  readonly usage?: string;
  readonly origin?: string;
}): KeyRecord {
  return {
    id: of.multiRegion === true ? `mrk-${randomBytes(16).toString("hex")}` : randomUUID(),
    account: of.account,
    region: of.region,
    createdAt: of.now,
    ...(of.multiRegion === true ? { primaryRegion: of.region } : {}),
    ...(of.spec === undefined ? {} : { spec: of.spec }),
    ...(of.usage === undefined ? {} : { usage: of.usage }),
    ...(of.origin === undefined ? {} : { origin: of.origin }),
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

/** The keys of a key's multi-Region set, itself included; itself alone for any other. */
export function relatedKeys(state: AwsState, key: KeyRecord): KeyRecord[] {
  return state.keys.filter((other) => other.id === key.id && other.account === key.account);
}

/** True for a key that was replicated from another Region. */
export function isReplica(key: KeyRecord): boolean {
  return key.primaryRegion !== undefined && key.primaryRegion !== key.region;
}

/** Adds material to a key and its replicas: they are interchangeable (Developer Guide, "Shared properties of multi-Region keys"). */
export function addMaterial(state: AwsState, key: KeyRecord, material: KeyMaterial): void {
  for (const related of relatedKeys(state, key)) related.materials.push(material);
}

/** What the state knows a key by: the keys of a multi-Region set share their id. */
export function memoryOf(key: KeyRecord): string {
  return key.primaryRegion === undefined ? key.id : keyArn(key);
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
      for (const alias of state.aliases.filter((candidate) => isOf(key, candidate, candidate.targetKeyId))) {
        state.aliases.splice(state.aliases.indexOf(alias), 1);
      }
      for (const grant of state.grants.filter((candidate) => isOf(key, candidate, candidate.keyId))) {
        state.grants.splice(state.grants.indexOf(grant), 1);
      }
      Reflect.deleteProperty(state.revocations, memoryOf(key));
      changed = true;
    } else if (stateOf(key) === "Enabled" && key.rotation !== null) {
      while (key.rotation.nextAt <= now) {
        addMaterial(state, key, newMaterial("AUTOMATIC", key.rotation.nextAt));
        key.rotation.nextAt += key.rotation.periodInDays * DAY_MS;
        changed = true;
      }
    }
  }
  return changed;
}

/** Enables a key; a rotation that fell due meanwhile happens now, once. */
export function enable(state: AwsState, key: KeyRecord, now: number): void {
  key.enabled = true;
  if (key.rotation !== null && key.rotation.nextAt <= now) {
    addMaterial(state, key, newMaterial("AUTOMATIC", now));
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
  if (key.origin === "EXTERNAL") throw keyPendingImport(keyArn(key));
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

/** True if something with a place of its own is about this key. */
export function isOf(key: KeyRecord, { account, region }: { readonly account: string; readonly region: string }, keyId: string): boolean {
  return keyId === key.id && account === key.account && region === key.region;
}
