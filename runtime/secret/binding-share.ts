/**
 * The binding share: 32 random bytes per (Secret, generation), sealed by the service key. Without it no SEK can be
 * derived, whatever the tenant's KMS gives away.
 *
 * @module
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { list } from "../master-key/list-encoding.js";
import { ByokError } from "../master-key/errors.js";
import { type CallOptions, type MasterKey, type ShareContext, type WrappedShare } from "../master-key/master-key.js";
import { openXaes, sealXaes, XaesError } from "../xaes/index.js";
import { bindingId, type GenerationId, KEY_LENGTH } from "./derivation.js";
import { fromSealedWrap, type SealedGeneration, toSealedWrap } from "./sealed-secret.js";

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
  const sealingKey = Uint8Array.from(randomBytes(KEY_LENGTH));
  try {
    const wrapped = await wrapSealingKey(sealingKey, serviceKey, id, options);
    return {
      bindingShare: {
        serviceKey: toSealedWrap(wrapped),
        sealed: Uint8Array.from(sealXaes(sealingKey, sealAad(id), bindingShare)),
      },
      bindingId: Uint8Array.from(bindingId(bindingShare)),
    };
  } finally {
    sealingKey.fill(0);
  }
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
  const wrapped = fromSealedWrap(sealed.bindingShare.serviceKey);
  if (wrapped.provider !== serviceKey.provider || wrapped.keyId !== serviceKey.id) {
    throw wrongBindingShare(id, "it was sealed by another service key: give the one that made this Secret");
  }
  const sealingKey = await unwrapSealingKey(sealed, serviceKey, id, options);
  let bindingShare: Uint8Array;
  try {
    bindingShare = openXaes(sealingKey, sealAad(id), sealed.bindingShare.sealed);
  } catch (error) {
    if (!(error instanceof XaesError)) throw error;
    throw wrongBindingShare(id, "its seal does not open under the service key", error);
  } finally {
    sealingKey.fill(0);
  }
  const found = bindingId(bindingShare);
  if (bindingShare.length !== KEY_LENGTH || !sameBytes(found, sealed.bindingId)) {
    bindingShare.fill(0);
    throw wrongBindingShare(id, "it is not the one this generation was made with");
  }
  return bindingShare;
}

async function wrapSealingKey(
  sealingKey: Uint8Array,
  serviceKey: MasterKey,
  id: GenerationId,
  options: CallOptions,
): Promise<WrappedShare> {
  try {
    return await serviceKey.wrap(sealingKey, serviceKeyContext(id), options);
  } catch (error) {
    throw neverTenantsRevocation(error, serviceKey, id);
  }
}

async function unwrapSealingKey(
  sealed: SealedBindingShare,
  serviceKey: MasterKey,
  id: GenerationId,
  options: CallOptions,
): Promise<Uint8Array> {
  try {
    const wrapped = fromSealedWrap(sealed.bindingShare.serviceKey);
    return (await serviceKey.unwrap(wrapped, serviceKeyContext(id), options)).share;
  } catch (error) {
    if (error instanceof ByokError && (error.code === "TAMPERED" || error.code === "WRONG_KEY")) {
      throw wrongBindingShare(id, "the service key does not open it", error);
    }
    throw neverTenantsRevocation(error, serviceKey, id);
  }
}

/** The service lost its own key: an operator's problem that must never look like the tenant's decision. */
export function neverTenantsRevocation(error: unknown, serviceKey: MasterKey, id: Pick<GenerationId, "tenant">): unknown {
  if (!(error instanceof ByokError) || !error.revocation) return error;
  return new ByokError(
    "SERVICE_CREDENTIALS",
    `The service key ${serviceKey.id} is refused (${error.code}): the operator of the service has to restore it.`,
    { provider: serviceKey.provider, keyId: serviceKey.id, tenant: id.tenant, cause: error },
  );
}

/** Constant-time comparison of two byte strings; lengths are public. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The context under which the service key wraps the key that seals a binding share. */
export function serviceKeyContext(id: GenerationId): ShareContext {
  return { purpose: "binding", tenant: id.tenant, secret: id.secret, generation: id.generation };
}

function sealAad(id: GenerationId): Uint8Array {
  return list("byok/binding-seal/1", id.tenant, id.secret, id.generation);
}

function wrongBindingShare(id: GenerationId, why: string, cause?: unknown): ByokError {
  return new ByokError("WRONG_BINDING_SHARE", `The binding share of Secret ${id.secret} is refused: ${why}.`, {
    tenant: id.tenant,
    cause,
  });
}
