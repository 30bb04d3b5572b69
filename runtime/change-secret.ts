/**
 * A Secret's life after {@link createSecret}. Every function takes a sealed Secret and returns another one, opened once
 * before it is handed out; whoever keeps the file replaces it, atomically.
 *
 * - Adding a master key and following a key's rotation stay within the generation: the same SEK, so the new sealed Secret
 *   takes the old one's place, for old objects too.
 * - Removing a master key and renewing make a new generation: another SEK for new objects. Objects of the old generation
 *   open with the sealed Secret they carry, or with the old file as one of `Encryptor.open({ olderGenerations })`.
 *
 * @module
 */
import { type KeyAccess, openAccess } from "./key-access.js";
import { ByokError } from "./master-key/errors.js";
import { type MasterKey } from "./master-key/master-key.js";
import { addMasterKeysToGeneration } from "./secret/add-master-keys.js";
import { assertAuthentic, assertConfigured, type MasterKeys, openGeneration } from "./secret/open-generation.js";
import { type RewrappedKey, rewrapGeneration } from "./secret/rewrap-generation.js";
import { sealNewGeneration } from "./secret/seal-generation.js";
import { decodeSealedSecret, encodeSealedSecret, masterKeyIds, type SealedGeneration, type SealedSecret } from "./secret/sealed-secret.js";

/** Options of every function here. */
export interface ChangeSecretOptions extends KeyAccess {
  /** The Secret as it is: what {@link createSecret} or one of these functions returned. */
  readonly sealedSecret: SealedSecret;
  readonly signal?: AbortSignal;
}

/** Options of {@link removeMasterKeys}. */
export interface RemoveMasterKeysOptions extends ChangeSecretOptions {
  /** Ids of the keys to leave out, as they stand in the sealed Secret. Their descriptors may be missing. */
  readonly remove: readonly string[];
}

/** What {@link rewrapSecret} did. */
export interface RewrappedSecret {
  /** The Secret to keep from now on; the one given, if no key had a newer version. */
  readonly sealedSecret: SealedSecret;
  /** Every key of the Secret, the service key last. Look for `kept`: their old versions are still needed. */
  readonly keys: readonly RewrappedKey[];
}

/**
 * Adds every configured master key that the Secret does not name yet. From then on a revocation by an added key closes
 * the Secret wherever the result is configured, for objects written before as well. A copy of the old sealed Secret goes on
 * opening without the added key: {@link renewSecret} and a switch of the objects end that.
 *
 * @throws {@link ByokError} CONFIG_INVALID if no key is left to add or they are too many, BAD_HEADER, and as
 * {@link Encryptor} operations do.
 */
export async function addMasterKeys(options: ChangeSecretOptions): Promise<SealedSecret> {
  return change(options, async (sealed, masterKeys, serviceKey) => {
    const named = new Set(masterKeyIds(sealed));
    const added = [...masterKeys.values()].filter(({ id }) => !named.has(id));
    if (added.length === 0) {
      throw new ByokError("CONFIG_INVALID", `Secret ${sealed.secret} names every configured master key already: there is none to add.`, {
        tenant: sealed.tenant,
      });
    }
    return addMasterKeysToGeneration(sealed, added, masterKeys, serviceKey, options);
  });
}

/**
 * Makes the Secret's next generation without some of its master keys. The removed keys are not asked: they may be gone.
 * Objects of the old generation need them as before, and with them they go.
 *
 * @throws {@link ByokError} CONFIG_INVALID for a key that the Secret does not name or if none would be left, and as
 * {@link renewSecret} does.
 */
export async function removeMasterKeys(options: RemoveMasterKeysOptions): Promise<SealedSecret> {
  return change(options, async (sealed, masterKeys, serviceKey) => {
    const named = masterKeyIds(sealed);
    const unknown = options.remove.find((id) => !named.includes(id));
    if (unknown !== undefined) {
      throw new ByokError("CONFIG_INVALID", `Secret ${sealed.secret} does not name the master key ${unknown}; it names ${named.join(", ")}.`, {
        keyId: unknown,
        tenant: sealed.tenant,
      });
    }
    const kept = sealed.masterKeys.filter(({ keyId }) => !options.remove.includes(keyId));
    if (kept.length === named.length || kept.length === 0) {
      const why = kept.length === 0 ? "no master key would be left" : "no key to remove was given";
      throw new ByokError("CONFIG_INVALID", `Nothing is removed from Secret ${sealed.secret}: ${why}.`, { tenant: sealed.tenant });
    }
    return nextGeneration(sealed, kept, masterKeys, serviceKey, options);
  });
}

/**
 * Makes the Secret's next generation with the same master keys: new shares, new SEK. The tenant's keys must work; the old
 * generation is not opened.
 *
 * @throws {@link ByokError} BAD_HEADER, TAMPERED, WRONG_BINDING_SHARE, WRONG_KEY, and whatever the keys throw.
 */
export async function renewSecret(options: ChangeSecretOptions): Promise<SealedSecret> {
  return change(options, (sealed, masterKeys, serviceKey) =>
    nextGeneration(sealed, sealed.masterKeys, masterKeys, serviceKey, options),
  );
}

/**
 * Follows the rotation of the Secret's keys: wraps the same share with the version that each KMS wraps with now, and
 * opens every new wrap before it replaces the old one. Objects that were written before open with the result; running
 * processes keep the Secret they were opened with until they are given this one.
 *
 * @throws {@link ByokError} BAD_HEADER, and as opening the Secret does. A key that only refuses the new wrap keeps the old
 * one and is told as `kept`.
 */
export async function rewrapSecret(options: ChangeSecretOptions): Promise<RewrappedSecret> {
  let keys: readonly RewrappedKey[] = [];
  const sealedSecret = await change(options, async (sealed, masterKeys, serviceKey) => {
    const rewrapped = await rewrapGeneration(sealed, masterKeys, serviceKey, options);
    keys = rewrapped.keys;
    return rewrapped.sealed;
  });
  return { sealedSecret, keys };
}

async function change(
  options: ChangeSecretOptions,
  work: (sealed: SealedGeneration, masterKeys: MasterKeys, serviceKey: MasterKey) => Promise<SealedGeneration>,
): Promise<SealedSecret> {
  const sealed = decodeSealedSecret(options.sealedSecret);
  const access = await openAccess(options);
  try {
    return encodeSealedSecret(await work(sealed, access.masterKeys, access.serviceKey));
  } finally {
    await access.close();
  }
}

async function nextGeneration(
  sealed: SealedGeneration,
  kept: SealedGeneration["masterKeys"],
  masterKeys: MasterKeys,
  serviceKey: MasterKey,
  { signal }: ChangeSecretOptions,
): Promise<SealedGeneration> {
  assertConfigured({ ...sealed, masterKeys: kept }, masterKeys);
  // Its name, generation and keys are carried on: they must be what the service sealed.
  await assertAuthentic(sealed, serviceKey, { signal });
  const keys = kept.flatMap(({ keyId }) => masterKeys.get(keyId) ?? []);
  const next = await sealNewGeneration({ ...sealed, generation: sealed.generation + 1 }, keys, serviceKey, { signal });
  (await openGeneration(decodeSealedSecret(encodeSealedSecret(next)), masterKeys, serviceKey, { signal })).fill(0);
  return next;
}
