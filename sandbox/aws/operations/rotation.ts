/**
 * Rotation of key material. AWS KMS API Reference, pages of the same names; Developer Guide, "Rotate AWS KMS keys".
 *
 * @module
 */
import { keyArn } from "../arn.js";
import { type Call } from "../call.js";
import { KmsError } from "../errors.js";
import { page } from "../input.js";
import { addMaterial, currentMaterial, DAY_MS, isReplica, newMaterial, relatedKeys, requireEnabled, requireNotPendingDeletion, stateOf } from "../keys.js";
import { type KeyRecord } from "../state.js";
import { ownKey } from "./own-key.js";

/** RotateKeyOnDemand can be used this often per key (API_RotateKeyOnDemand). */
const MAX_ON_DEMAND = 25;

/** Turns automatic rotation on, every 365 days unless a period of 90 to 2,560 is given. */
export function enableKeyRotation(call: Call): object {
  call.input.only("KeyId", "RotationPeriodInDays");
  const periodInDays = call.input.optionalInteger("RotationPeriodInDays", 90, 2560) ?? 365;
  const key = ownKey(call, "kms:EnableKeyRotation");
  requireEnabled(key);
  requirePrimary(key);
  key.rotation = { periodInDays, nextAt: call.now + periodInDays * DAY_MS };
  call.save();
  return {};
}

/** Turns automatic rotation off; material that exists stays. */
export function disableKeyRotation(call: Call): object {
  call.input.only("KeyId");
  const key = ownKey(call, "kms:DisableKeyRotation");
  requireEnabled(key);
  requirePrimary(key);
  key.rotation = null;
  call.save();
  return {};
}

/** Shows whether and when. A key pending deletion is not rotated and says so. */
export function getKeyRotationStatus(call: Call): object {
  call.input.only("KeyId");
  const key = call.key(
    call.input.text("KeyId", { min: 1, max: 2048 }),
    { aliases: false, crossAccount: true },
    { action: "kms:GetKeyRotationStatus" },
  );
  // A replica shows what its primary key does.
  const { rotation: own } = relatedKeys(call.state, key).find((related) => !isReplica(related)) ?? key;
  const rotation = stateOf(key) === "PendingDeletion" ? null : own;
  return {
    KeyId: keyArn(key),
    KeyRotationEnabled: rotation !== null,
    ...(rotation === null
      ? {}
      : { RotationPeriodInDays: rotation.periodInDays, NextRotationDate: rotation.nextAt / 1000 }),
  };
}

/** Rotates now; the automatic schedule stays as it is. KMS takes a moment for this, the sandbox none. */
export function rotateKeyOnDemand(call: Call): object {
  call.input.only("KeyId");
  const key = ownKey(call, "kms:RotateKeyOnDemand");
  requireEnabled(key);
  requirePrimary(key);
  if (key.materials.filter((material) => material.origin === "ON_DEMAND").length >= MAX_ON_DEMAND) {
    throw new KmsError("LimitExceededException", `${keyArn(key)} reached its limit of ${MAX_ON_DEMAND} on-demand rotations.`);
  }
  addMaterial(call.state, key, newMaterial("ON_DEMAND", call.now));
  call.save();
  return { KeyId: keyArn(key) };
}

/** Lists completed rotations, oldest first; with ALL_KEY_MATERIAL the first material too. */
export function listKeyRotations(call: Call): object {
  call.input.only("KeyId", "Limit", "Marker", "IncludeKeyMaterial");
  const include = call.input.choice("IncludeKeyMaterial", ["ALL_KEY_MATERIAL", "ROTATIONS_ONLY"], "ROTATIONS_ONLY");
  const key = ownKey(call, "kms:ListKeyRotations");
  requireNotPendingDeletion(key);
  const listed = key.materials.filter((material) => include === "ALL_KEY_MATERIAL" || material.origin !== "INITIAL");
  const { items, tail } = page(listed, call.input, { byDefault: 100, max: 1000 });
  return {
    Rotations: items.map((material) => ({
      KeyId: keyArn(key),
      KeyMaterialId: material.id,
      KeyMaterialState: material === currentMaterial(key) ? "CURRENT" : "NON_CURRENT",
      ...(material.origin === "INITIAL" ? {} : { RotationDate: material.since / 1000, RotationType: material.origin }),
    })),
    ...tail,
  };
}

/** Only the primary key of a multi-Region set is rotated (Developer Guide, "Shared properties of multi-Region keys"). */
function requirePrimary(key: KeyRecord): void {
  if (isReplica(key)) throw new KmsError("UnsupportedOperationException", `${keyArn(key)} is a replica key: its primary key is rotated.`);
}
