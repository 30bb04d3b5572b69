/**
 * The binding share: 32 random bytes per (Secret, generation), sealed by the service key. Without it no SEK can be
 * derived, whatever the tenant's KMS gives away.
 *
 * @module
 */
import { timingSafeEqual } from "node:crypto";
import { ByokError } from "../master-key/errors.js";
import { list } from "../master-key/list-encoding.js";
import { type CallOptions, type MasterKey, type ShareContext } from "../master-key/master-key.js";
import { bindingId, type GenerationId, KEY_LENGTH } from "./derivation.js";
import { type SealedGeneration } from "./sealed-secret.js";
import { openForService, sealForService, type SealBinding } from "./service-seal.js";

/** The part of a sealed Secret that the service key protects. */
export type SealedBindingShare = Pick<SealedGeneration, "bindingShare" | "bindingId">;

/**
 * Seals a binding share under a fresh key that the service key wraps. The share is borrowed.
 *
 * @throws {@link ByokError} the service key's own errors, as SERVICE_CREDENTIALS where they would read as a tenant's
 * revocation.
 */
export async function sealBindingShare(
  bindingShare: Uint8Array,
  serviceKey: MasterKey,
  id: GenerationId,
  options: CallOptions = {},
): Promise<SealedBindingShare> {
  return {
    bindingShare: await sealForService(bindingShare, serviceKey, sealBinding(id), options),
    bindingId: Uint8Array.from(bindingId(bindingShare)),
  };
}

/**
 * Opens a binding share; the caller owns it and zeroizes it.
 *
 * @throws {@link ByokError} WRONG_BINDING_SHARE if it was sealed by another service key, for another generation, or is
 * not the one that `bindingId` names; the service key's own errors otherwise, as SERVICE_CREDENTIALS where they would
 * read as a tenant's revocation.
 */
export async function openBindingShare(
  sealed: SealedBindingShare,
  serviceKey: MasterKey,
  id: GenerationId,
  options: CallOptions = {},
): Promise<Uint8Array> {
  const bindingShare = await openForService(
    sealed.bindingShare,
    serviceKey,
    sealBinding(id),
    (why, cause) => wrongBindingShare(id, why, cause),
    options,
  );
  if (bindingShare.length === KEY_LENGTH && sameBytes(bindingId(bindingShare), sealed.bindingId)) return bindingShare;
  bindingShare.fill(0);
  throw wrongBindingShare(id, "it is not the one this generation was made with");
}

/** Constant-time comparison of two byte strings; lengths are public. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The context under which the service key wraps the key that seals a binding share. */
export function serviceKeyContext(id: GenerationId): ShareContext {
  return { purpose: "binding", tenant: id.tenant, secret: id.secret, generation: id.generation };
}

function sealBinding(id: GenerationId): SealBinding {
  return { context: serviceKeyContext(id), aad: list("byok/binding-seal/1", id.tenant, id.secret, id.generation) };
}

function wrongBindingShare(id: GenerationId, why: string, cause?: unknown): ByokError {
  return new ByokError("WRONG_BINDING_SHARE", `The binding share of Secret ${id.secret} is refused: ${why}.`, {
    tenant: id.tenant,
    cause,
  });
}
