import { randomBytes } from "node:crypto";
import { ByokError } from "../master-key/errors.js";
import { type CallOptions, type MasterKey, type ShareContext, type WrappedShare } from "../master-key/master-key.js";
import { sealBindingShare, sameBytes } from "./binding-share.js";
import { deriveSecret, type GenerationId, KEY_LENGTH, sealedSecretTag } from "./derivation.js";
import { lentToAll } from "./lent-to-all.js";
import { assertSealable, type SealedGeneration, untaggedJson, type UntaggedGeneration } from "./sealed-secret.js";
import { fromSealedWrap, toSealedWrap } from "./sealed-wrap.js";

/** The context under which master keys wrap the share of a generation. */
export function shareContext(id: GenerationId): ShareContext {
  return { purpose: "share", tenant: id.tenant, secret: id.secret, generation: id.generation };
}

/**
 * Makes one generation of a Secret: new shares, wrapped by every master key and sealed by the service key. Each wrap is
 * opened again before it is trusted, so a Secret that could never be reopened is not handed out.
 *
 * @throws {@link ByokError} CONFIG_INVALID for ids or keys that no sealed Secret can hold, TENANT_MISMATCH if a master key is registered to another tenant; whatever the keys throw.
 */
export async function sealNewGeneration(
  id: GenerationId,
  masterKeys: readonly MasterKey[],
  serviceKey: MasterKey,
  options: CallOptions = {},
): Promise<SealedGeneration> {
  assertTenant(id, masterKeys);
  assertSealable(id, masterKeys.length);
  const share = Uint8Array.from(randomBytes(KEY_LENGTH));
  const bindingShare = Uint8Array.from(randomBytes(KEY_LENGTH));
  try {
    const wraps = await lentToAll(masterKeys.map((key) => wrapVerified(key, share, id, options)));
    const binding = await sealBindingShare(bindingShare, serviceKey, id, options);
    const { sek, commitment } = deriveSecret(
      share,
      bindingShare,
      id,
      masterKeys.map((key) => key.id),
    );
    sek.fill(0);
    const untagged: UntaggedGeneration = {
      schema: 1,
      tenant: id.tenant,
      secret: id.secret,
      generation: id.generation,
      masterKeys: wraps.map(toSealedWrap),
      ...binding,
      commitment: Uint8Array.from(commitment),
    };
    return tagged(untagged, bindingShare);
  } finally {
    share.fill(0);
    bindingShare.fill(0);
  }
}

/** Completes a sealed Secret with its tag. The binding share is borrowed. */
export function tagged(untagged: UntaggedGeneration, bindingShare: Uint8Array): SealedGeneration {
  return { ...untagged, tag: Uint8Array.from(sealedSecretTag(bindingShare, untaggedJson(untagged))) };
}

/**
 * Wraps a share and opens the wrap again before it is trusted. The share is borrowed.
 *
 * @throws {@link ByokError} TAMPERED if the KMS gives back another share; whatever the key throws.
 */
export async function wrapVerified(
  key: MasterKey,
  share: Uint8Array,
  id: GenerationId,
  options: CallOptions,
): Promise<WrappedShare> {
  const wrapped = await key.wrap(share, shareContext(id), options);
  const reopened = await key.unwrap(fromSealedWrap(toSealedWrap(wrapped)), shareContext(id), options);
  const same = sameBytes(reopened.share, share);
  reopened.share.fill(0);
  if (same) return wrapped;
  throw new ByokError("TAMPERED", "The KMS gave back another share than it was given: nothing was saved.", {
    provider: key.provider,
    keyId: key.id,
    tenant: id.tenant,
  });
}

/**
 * Refuses master keys that are registered to another tenant.
 *
 * @throws {@link ByokError} TENANT_MISMATCH.
 */
export function assertTenant(id: GenerationId, masterKeys: readonly MasterKey[]): void {
  for (const key of masterKeys) {
    if (key.tenant === id.tenant) continue;
    throw new ByokError("TENANT_MISMATCH", `The key ${key.id} is registered to tenant ${key.tenant}, not ${id.tenant}.`, {
      provider: key.provider,
      keyId: key.id,
      tenant: id.tenant,
    });
  }
}
