/**
 * Following the rotation of a KMS key. A wrap stays on the key version that made it, so each newer version calls for a
 * wrap of the same share by it, before the older version may go.
 *
 * @module
 */
import { ByokError } from "../master-key/errors.js";
import { type CallOptions, type MasterKey } from "../master-key/master-key.js";
import { assertOpensAs } from "./add-master-keys.js";
import { openBindingShare, sameBytes, type SealedBindingShare, sealBindingShare } from "./binding-share.js";
import { lentToAll } from "./lent-to-all.js";
import { type MasterKeys, withOpenGeneration } from "./open-generation.js";
import { tagged, wrapVerified } from "./seal-generation.js";
import { type SealedGeneration } from "./sealed-secret.js";
import { type SealedWrap, toSealedWrap } from "./sealed-wrap.js";

/** What became of one key's wrap. */
export interface RewrappedKey {
  /** A tenant's master key, or the service key that seals the binding share. */
  readonly role: "master" | "service";
  readonly provider: string;
  readonly keyId: string;
  /**
   * `rewrapped`: it is on another version now; `current`: it was on the version that the KMS wraps with; `not-needed`: the
   * provider keeps its old versions itself and shows none (AWS KMS, local); `kept`: wrapping anew failed, the old wrap stands.
   */
  readonly outcome: "rewrapped" | "current" | "not-needed" | "kept";
  /** Version of the wrap as it was. */
  readonly from?: string;
  /** Version of the wrap as it is; only with `rewrapped`. */
  readonly to?: string;
  /** Why the old wrap was kept. */
  readonly error?: ByokError;
}

/** A generation on current key versions, as far as `keys` says. */
export interface RewrappedGeneration {
  readonly sealed: SealedGeneration;
  readonly keys: readonly RewrappedKey[];
}

/**
 * Wraps the share of a generation anew with every master key that shows versions, and seals the binding share anew if the
 * service key does. A new wrap replaces the old one only if another version made it and it opens to the same bytes;
 * otherwise, and whenever wrapping fails, the old one stays. Shares, SEK and commitment remain.
 *
 * @throws {@link ByokError} as {@link withOpenGeneration} does: a revoked Secret is not re-wrapped.
 */
export async function rewrapGeneration(
  sealed: SealedGeneration,
  masterKeys: MasterKeys,
  serviceKey: MasterKey,
  options: CallOptions = {},
): Promise<RewrappedGeneration> {
  return withOpenGeneration(sealed, masterKeys, serviceKey, options, async ({ share, bindingShare, sek }) => {
    const masters = await lentToAll(
      sealed.masterKeys.map((old) =>
        rewrap(old, "master", old, async () => {
          const key = masterKeys.get(old.keyId);
          // Not reached: opening the generation has asked every key it names.
          if (key === undefined) throw new ByokError("WRONG_KEY", `No descriptor has the key ${old.keyId}.`, { keyId: old.keyId });
          const wrap = toSealedWrap(await wrapVerified(key, share, sealed, options));
          return { wrap, result: wrap };
        }),
      ),
    );
    const { bindingShare: oldBinding, bindingId } = sealed;
    const binding = await rewrap<SealedBindingShare>(oldBinding.serviceKey, "service", { bindingShare: oldBinding, bindingId }, async () => {
      const result = await sealVerified(bindingShare, serviceKey, sealed, options);
      return { wrap: result.bindingShare.serviceKey, result };
    });
    const keys = [...masters, binding].map(({ key }) => key);
    if (!keys.some(({ outcome }) => outcome === "rewrapped")) return { sealed, keys };
    const changed = tagged(
      { ...sealed, ...binding.result, masterKeys: masters.map(({ result }) => result) },
      bindingShare,
    );
    await assertOpensAs(changed, sek, masterKeys, serviceKey, options);
    return { sealed: changed, keys };
  });
}

/** A new wrap, and what it belongs to. */
interface Renewal<T> {
  readonly wrap: SealedWrap;
  readonly result: T;
}

/** Renews one wrap if another version would make it now; `unchanged` is the result otherwise. */
async function rewrap<T>(
  old: SealedWrap,
  role: RewrappedKey["role"],
  unchanged: T,
  renew: () => Promise<Renewal<T>>,
): Promise<{ key: RewrappedKey; result: T }> {
  const { provider, keyId, keyVersion: from } = old;
  if (from === undefined) return { key: { role, provider, keyId, outcome: "not-needed" }, result: unchanged };
  const key = { role, provider, keyId, from };
  try {
    const { wrap, result } = await renew();
    const to = wrap.keyVersion;
    if (to === undefined || to === from) return { key: { ...key, outcome: "current" }, result: unchanged };
    return { key: { ...key, to, outcome: "rewrapped" }, result };
  } catch (error) {
    if (!(error instanceof ByokError) || error.code === "ABORTED") throw error;
    return { key: { ...key, outcome: "kept", error }, result: unchanged };
  }
}

async function sealVerified(
  bindingShare: Uint8Array,
  serviceKey: MasterKey,
  sealed: SealedGeneration,
  options: CallOptions,
): Promise<SealedBindingShare> {
  const resealed = await sealBindingShare(bindingShare, serviceKey, sealed, options);
  const reopened = await openBindingShare(resealed, serviceKey, sealed, options);
  const same = sameBytes(reopened, bindingShare);
  reopened.fill(0);
  if (same) return resealed;
  throw new ByokError("TAMPERED", "The service key gave back another binding share than it was given: nothing was saved.", {
    provider: serviceKey.provider,
    keyId: serviceKey.id,
    tenant: sealed.tenant,
  });
}
