/**
 * Versions of keys: made, shown, listed, enabled, disabled, destroyed, restored. google/cloud/kms/v1/service.proto; which
 * state leads where: Cloud KMS documentation, "Key version states".
 *
 * @module
 */
import { type Call } from "../call.js";
import { invalidArgument, wrongVersionState } from "../errors.js";
import { addVersion } from "../keys.js";
import { type CreateCryptoKeyVersionRequest, type ListRequest, type NamedRequest, type UpdateCryptoKeyVersionRequest } from "../messages.js";
import { requireName, versionName } from "../names.js";
import { page } from "../page.js";
import { type CryptoKeyRecord, type VersionRecord } from "../state.js";
import { toSeconds } from "../times.js";

/** The one algorithm of ENCRYPT_DECRYPT keys. */
export const ALGORITHM = "GOOGLE_SYMMETRIC_ENCRYPTION";

/** Makes a version. It does not become the primary one by that, not even the first. */
export function createCryptoKeyVersion(call: Call, request: CreateCryptoKeyVersionRequest): object {
  const parent = requireName(request.parent, "cryptoKey");
  call.authorize("cloudkms.cryptoKeyVersions.create", parent, call.canonical(parent));
  const state = request.cryptoKeyVersion?.state ?? "ENABLED";
  if (!["ENABLED", "DISABLED", "CRYPTO_KEY_VERSION_STATE_UNSPECIFIED"].includes(state)) {
    throw invalidArgument(`Request field crypto_key_version.state must be ENABLED or DISABLED. Provided value was '${state}'.`);
  }
  const key = call.key(parent);
  const version = addVersion(key, call.now);
  if (state === "DISABLED") version.state = "DISABLED";
  call.trace.resource = versionName(key.name, version.id);
  call.save();
  return versionMessage(key, version);
}

/** Shows a version. */
export function getCryptoKeyVersion(call: Call, request: NamedRequest): object {
  const name = requireName(request.name, "version");
  call.authorize("cloudkms.cryptoKeyVersions.get", name, call.canonical(name));
  const { key, version } = call.version(name);
  return versionMessage(key, version);
}

/** Lists a key's versions, oldest first. */
export function listCryptoKeyVersions(call: Call, request: ListRequest): object {
  const parent = requireName(request.parent, "cryptoKey");
  call.authorize("cloudkms.cryptoKeyVersions.list", parent, call.canonical(parent));
  const key = call.key(parent);
  const { items, ...rest } = page(key.versions, request);
  return { cryptoKeyVersions: items.map((version) => versionMessage(key, version)), ...rest };
}

/** Enables or disables a version. */
export function updateCryptoKeyVersion(call: Call, request: UpdateCryptoKeyVersionRequest): object {
  const { cryptoKeyVersion: wanted } = request;
  const name = requireName(wanted.name ?? "", "version");
  call.authorize("cloudkms.cryptoKeyVersions.update", name, call.canonical(name));
  const [path, ...others] = request.updateMask.paths;
  if (path !== "state" || others.length > 0) throw invalidArgument("Request field update_mask must name 'state' and nothing else.");
  const { state } = wanted;
  if (state !== "ENABLED" && state !== "DISABLED") {
    throw invalidArgument(`Request field crypto_key_version.state must be ENABLED or DISABLED. Provided value was '${state ?? ""}'.`);
  }
  const { key, version } = call.version(name);
  if (version.state !== "ENABLED" && version.state !== "DISABLED") {
    throw wrongVersionState(versionName(key.name, version.id), version.state, state === "ENABLED" ? "enabled" : "disabled");
  }
  version.state = state;
  call.save();
  return versionMessage(key, version);
}

/** Schedules a version's destruction, after the key's destroy_scheduled_duration. */
export function destroyCryptoKeyVersion(call: Call, request: NamedRequest): object {
  const name = requireName(request.name, "version");
  call.authorize("cloudkms.cryptoKeyVersions.destroy", name, call.canonical(name));
  const { key, version } = call.version(name);
  if (version.state !== "ENABLED" && version.state !== "DISABLED") {
    throw wrongVersionState(versionName(key.name, version.id), version.state, "destroyed");
  }
  version.state = "DESTROY_SCHEDULED";
  version.destroyAt = call.now + key.destroyScheduledDuration;
  call.save();
  return versionMessage(key, version);
}

/** Takes a scheduled destruction back; the version is disabled then. */
export function restoreCryptoKeyVersion(call: Call, request: NamedRequest): object {
  const name = requireName(request.name, "version");
  call.authorize("cloudkms.cryptoKeyVersions.restore", name, call.canonical(name));
  const { key, version } = call.version(name);
  if (version.state !== "DESTROY_SCHEDULED") throw wrongVersionState(versionName(key.name, version.id), version.state, "restored");
  version.state = "DISABLED";
  version.destroyAt = null;
  call.save();
  return versionMessage(key, version);
}

/** A version as messages show it; software keys are generated at once. */
export function versionMessage(key: CryptoKeyRecord, version: VersionRecord): object {
  return {
    name: versionName(key.name, version.id),
    state: version.state,
    protectionLevel: version.protectionLevel,
    algorithm: ALGORITHM,
    createTime: toSeconds(version.createdAt),
    generateTime: toSeconds(version.createdAt),
    ...(version.destroyAt === null ? {} : { destroyTime: toSeconds(version.destroyAt) }),
    ...(version.destroyedAt === null ? {} : { destroyEventTime: toSeconds(version.destroyedAt) }),
  };
}
