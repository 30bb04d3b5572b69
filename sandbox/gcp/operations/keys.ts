/**
 * Keys: made, shown, listed, changed, never deleted. google/cloud/kms/v1/service.proto and resources.proto.
 *
 * @module
 */
import { type Call } from "../call.js";
import { alreadyExists, invalidArgument, notInSandbox } from "../errors.js";
import { addVersion, DAY_MS, DESTROY_SCHEDULED_DURATION, newKey, primaryOf } from "../keys.js";
import {
  type CreateCryptoKeyRequest, type CryptoKeyMessage, type ListRequest, type NamedRequest, type UpdateCryptoKeyPrimaryVersionRequest,
  type UpdateCryptoKeyRequest,
} from "../messages.js";
import { requireName } from "../names.js";
import { page } from "../page.js";
import { type CryptoKeyRecord, type ProtectionLevel } from "../state.js";
import { toMilliseconds, toSeconds } from "../times.js";
import { requireId } from "./key-rings.js";
import { ALGORITHM, versionMessage } from "./versions.js";

/** Bounds of rotation_period (resources.proto): 24 hours to 876,000 hours. */
const ROTATION_PERIOD = { min: DAY_MS, max: 876_000 * 3_600_000 };
/** Bounds of destroy_scheduled_duration (Cloud KMS documentation, "Destroy and restore key versions"): 24 hours to 120 days. */
const DESTROY_DURATION = { min: DAY_MS, max: 120 * DAY_MS };

/** Purposes of keys that can be made and looked at here, and not used. */
const LOOKED_AT_ONLY = new Set(["ASYMMETRIC_DECRYPT", "ASYMMETRIC_SIGN", "MAC", "RAW_ENCRYPT_DECRYPT"]);

/** Makes a key, with a first version that is its primary unless asked not to. */
export function createCryptoKey(call: Call, request: CreateCryptoKeyRequest): object {
  const parent = requireName(request.parent, "keyRing");
  call.authorize("cloudkms.cryptoKeys.create", parent, call.canonical(parent));
  requireId("crypto_key_id", request.cryptoKeyId);
  const wanted = request.cryptoKey ?? {};
  refuseUnplayed(wanted);
  if (wanted.purpose === undefined || wanted.purpose === "CRYPTO_KEY_PURPOSE_UNSPECIFIED") {
    throw invalidArgument("Request field crypto_key.purpose must be specified.");
  }
  if (wanted.purpose !== "ENCRYPT_DECRYPT") {
    if (!LOOKED_AT_ONLY.has(wanted.purpose)) throw notInSandbox(`keys with purpose ${wanted.purpose}`);
    if (wanted.versionTemplate?.algorithm === undefined) throw invalidArgument("Request field crypto_key.version_template.algorithm must be specified.");
  }
  // Nothing is made inside Cloud KMS then (CryptoKey.import_only).
  if (wanted.importOnly === true && request.skipInitialVersionCreation !== true) {
    throw invalidArgument("Request field skip_initial_version_creation must be true for import_only keys.");
  }
  const { protectionLevel } = readTemplate(wanted);
  const schedule = readSchedule(toMilliseconds(wanted.rotationPeriod), toMilliseconds(wanted.nextRotationTime), call.now);
  const destroyScheduledDuration = toMilliseconds(wanted.destroyScheduledDuration) ?? DESTROY_SCHEDULED_DURATION;
  requireBetween("crypto_key.destroy_scheduled_duration", destroyScheduledDuration, DESTROY_DURATION);
  const labels = readLabels(wanted);

  const ring = call.keyRing(parent);
  const name = `${ring.name}/cryptoKeys/${request.cryptoKeyId}`;
  call.trace.resource = name;
  if (call.state.keys.some((key) => key.name === name)) throw alreadyExists("CryptoKey", name);
  const { purpose, versionTemplate, importOnly } = wanted;
  const odd = {
    ...(purpose === "ENCRYPT_DECRYPT" ? {} : { purpose, algorithm: versionTemplate?.algorithm ?? "" }),
    ...(importOnly === true ? { importOnly } : {}),
  };
  const key = newKey({ ...odd, name, labels, protectionLevel, ...schedule, destroyScheduledDuration, now: call.now });
  if (request.skipInitialVersionCreation !== true) {
    const { id } = addVersion(key, call.now);
    // Keys of other purposes have no primary version (CryptoKey.primary).
    if (key.purpose === undefined) key.primary = id;
  }
  call.state.keys.push(key);
  call.save();
  return keyMessage(key);
}

/** Shows a key and its primary version. */
export function getCryptoKey(call: Call, request: NamedRequest): object {
  const name = requireName(request.name, "cryptoKey");
  call.authorize("cloudkms.cryptoKeys.get", name, call.canonical(name));
  return keyMessage(call.key(name));
}

/** Lists the keys of a key ring. */
export function listCryptoKeys(call: Call, request: ListRequest): object {
  const parent = requireName(request.parent, "keyRing");
  call.authorize("cloudkms.cryptoKeys.list", parent, call.canonical(parent));
  const prefix = `${call.keyRing(parent).name}/cryptoKeys/`;
  const { items, ...rest } = page(call.state.keys.filter(({ name }) => name.startsWith(prefix)), request);
  return { cryptoKeys: items.map(keyMessage), ...rest };
}

/** Changes labels and the rotation schedule. */
export function updateCryptoKey(call: Call, request: UpdateCryptoKeyRequest): object {
  const { cryptoKey: wanted } = request;
  const name = requireName(wanted.name ?? "", "cryptoKey");
  call.authorize("cloudkms.cryptoKeys.update", name, call.canonical(name));
  const { paths } = request.updateMask;
  if (paths.length === 0) throw invalidArgument("Request field update_mask must be specified.");
  const key = call.key(name);
  let { rotationPeriod, nextRotationAt, labels } = key;
  for (const path of paths) {
    switch (path) {
      case "rotation_period":
        rotationPeriod = toMilliseconds(wanted.rotationPeriod);
        break;
      case "next_rotation_time":
        nextRotationAt = toMilliseconds(wanted.nextRotationTime);
        break;
      case "labels":
        labels = readLabels(wanted);
        break;
      case "version_template":
      case "version_template.algorithm":
        if (readTemplate(wanted).protectionLevel !== key.protectionLevel) {
          throw invalidArgument("Request field crypto_key.version_template.protection_level is immutable.");
        }
        break;
      default:
        throw invalidArgument(`Request field update_mask names '${path}', which cannot be updated.`);
    }
  }
  const schedule = readSchedule(rotationPeriod, nextRotationAt, paths.includes("next_rotation_time") ? call.now : undefined);
  Object.assign(key, { ...schedule, labels });
  call.save();
  return keyMessage(key);
}

/** Makes a version the primary one, in whatever state it is ("Key version states"). */
export function updateCryptoKeyPrimaryVersion(call: Call, request: UpdateCryptoKeyPrimaryVersionRequest): object {
  const name = requireName(request.name, "cryptoKey");
  call.authorize("cloudkms.cryptoKeys.update", name, call.canonical(name));
  const { key, version } = call.version({ ...name, version: request.cryptoKeyVersionId });
  key.primary = version.id;
  call.save();
  return keyMessage(key);
}

function keyMessage(key: CryptoKeyRecord): object {
  const primary = primaryOf(key);
  return {
    name: key.name,
    primary: primary === undefined ? null : versionMessage(key, primary),
    purpose: key.purpose ?? "ENCRYPT_DECRYPT",
    importOnly: key.importOnly ?? false,
    createTime: toSeconds(key.createdAt),
    ...(key.nextRotationAt === null ? {} : { nextRotationTime: toSeconds(key.nextRotationAt) }),
    ...(key.rotationPeriod === null ? {} : { rotationPeriod: toSeconds(key.rotationPeriod) }),
    versionTemplate: { protectionLevel: key.protectionLevel, algorithm: key.algorithm ?? ALGORITHM },
    labels: key.labels,
    destroyScheduledDuration: toSeconds(key.destroyScheduledDuration),
  };
}

function refuseUnplayed(wanted: CryptoKeyMessage): void {
  if ((wanted.cryptoKeyBackend ?? "") !== "") throw notInSandbox("crypto_key_backend");
  if ((wanted.keyAccessJustificationsPolicy ?? null) !== null) throw notInSandbox("key_access_justifications_policy");
}

function readTemplate({ purpose, versionTemplate }: CryptoKeyMessage): { readonly protectionLevel: ProtectionLevel } {
  const { algorithm = ALGORITHM, protectionLevel: level = "SOFTWARE" } = versionTemplate ?? {};
  if (!LOOKED_AT_ONLY.has(purpose ?? "") && algorithm !== ALGORITHM && algorithm !== "CRYPTO_KEY_VERSION_ALGORITHM_UNSPECIFIED") throw notInSandbox(`algorithm ${algorithm}`);
  if (level === "PROTECTION_LEVEL_UNSPECIFIED") return { protectionLevel: "SOFTWARE" };
  if (level !== "SOFTWARE" && level !== "HSM") throw notInSandbox(`protection level ${level}`);
  return { protectionLevel: level };
}

/** @param now to compare a new time with; undefined if the time is not new. */
function readSchedule(
  rotationPeriod: number | null,
  nextRotationAt: number | null,
  now: number | undefined,
): { readonly rotationPeriod: number | null; readonly nextRotationAt: number | null } {
  if (rotationPeriod !== null) {
    requireBetween("crypto_key.rotation_period", rotationPeriod, ROTATION_PERIOD);
    // "If rotation_period is set, next_rotation_time must also be set" (resources.proto).
    if (nextRotationAt === null) throw invalidArgument("Request field crypto_key.next_rotation_time must be specified with rotation_period.");
  }
  if (nextRotationAt !== null && now !== undefined && nextRotationAt <= now) {
    throw invalidArgument("Request field crypto_key.next_rotation_time must be in the future.");
  }
  return { rotationPeriod, nextRotationAt };
}

function requireBetween(field: string, milliseconds: number, { min, max }: { readonly min: number; readonly max: number }): void {
  if (milliseconds < min || milliseconds > max) {
    throw invalidArgument(`Request field ${field} must be at least ${min / 1000}s, but not more than ${max / 1000}s. Provided value was ${milliseconds / 1000}s.`);
  }
}

/** Labels: 64 at most, keys begin with a lower-case letter, up to 63 characters (Cloud KMS documentation, "Labeling keys"). */
function readLabels({ labels = {} }: CryptoKeyMessage): Record<string, string> {
  const entries = Object.entries(labels);
  const bad = entries.find(([key, value]) => !/^\p{Ll}[\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u.test(key) || !/^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u.test(value));
  if (bad !== undefined) throw invalidArgument(`Label '${bad[0]}' with value '${bad[1]}' is not valid.`);
  if (entries.length > 64) throw invalidArgument("A resource has 64 labels at most.");
  return { ...labels };
}
