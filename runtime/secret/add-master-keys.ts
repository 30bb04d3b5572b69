import { ByokError } from "../master-key/errors.js";
import { type CallOptions, type MasterKey } from "../master-key/master-key.js";
import { sameBytes } from "./binding-share.js";
import { deriveSecret } from "./derivation.js";
import { lentToAll } from "./lent-to-all.js";
import { type MasterKeys, openGeneration, withOpenGeneration } from "./open-generation.js";
import { assertTenant, tagged, wrapVerified } from "./seal-generation.js";
import {
  assertSealable,
  decodeSealedSecret,
  encodeSealedSecret,
  masterKeyIds,
  type SealedGeneration,
} from "./sealed-secret.js";
import { toSealedWrap } from "./sealed-wrap.js";

/**
 * Wraps the share of a generation with more master keys: same shares, same SEK, another commitment. From then on a
 * revocation by any of the added keys closes the generation for whoever opens it with the result.
 *
 * @param added keys of `masterKeys` that the generation does not name yet.
 * @throws {@link ByokError} CONFIG_INVALID for too many keys or one that is named already, TENANT_MISMATCH; as
 * {@link withOpenGeneration} does; whatever the added keys throw.
 */
export async function addMasterKeysToGeneration(
  sealed: SealedGeneration,
  added: readonly MasterKey[],
  masterKeys: MasterKeys,
  serviceKey: MasterKey,
  options: CallOptions = {},
): Promise<SealedGeneration> {
  const named = new Set(masterKeyIds(sealed));
  const twice = added.find(({ id }) => named.has(id));
  if (twice !== undefined) {
    throw new ByokError("CONFIG_INVALID", `Secret ${sealed.secret} names the master key ${twice.id} already.`, {
      provider: twice.provider,
      keyId: twice.id,
      tenant: sealed.tenant,
    });
  }
  assertTenant(sealed, added);
  assertSealable(sealed, named.size + added.length);
  return withOpenGeneration(sealed, masterKeys, serviceKey, options, async ({ share, bindingShare, sek }) => {
    const wraps = await lentToAll(added.map((key) => wrapVerified(key, share, sealed, options)));
    const keys = [...sealed.masterKeys, ...wraps.map(toSealedWrap)];
    const derived = deriveSecret(share, bindingShare, sealed, masterKeyIds({ masterKeys: keys }));
    derived.sek.fill(0);
    const changed = tagged({ ...sealed, masterKeys: keys, commitment: Uint8Array.from(derived.commitment) }, bindingShare);
    await assertOpensAs(changed, sek, masterKeys, serviceKey, options);
    return changed;
  });
}

/**
 * Opens a changed generation, exactly as it will be read again, and compares its SEK. Both are borrowed.
 *
 * @throws {@link ByokError} as {@link openGeneration} does; TAMPERED for another SEK.
 */
export async function assertOpensAs(
  changed: SealedGeneration,
  sek: Uint8Array,
  masterKeys: MasterKeys,
  serviceKey: MasterKey,
  options: CallOptions,
): Promise<void> {
  const reread = decodeSealedSecret(JSON.parse(JSON.stringify(encodeSealedSecret(changed))));
  const opened = await openGeneration(reread, masterKeys, serviceKey, options);
  const same = sameBytes(opened, sek);
  opened.fill(0);
  if (same) return;
  throw new ByokError("TAMPERED", `The changed Secret ${changed.secret} does not open as it did before: nothing was saved.`, {
    tenant: changed.tenant,
  });
}
