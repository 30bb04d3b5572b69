/**
 * What the service keeps for itself, sealed by the service key: XAES-256-GCM under a fresh random key, which the service
 * key wraps. So the service key may live in any KMS, and what is sealed may be longer than a KMS takes.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { ByokError } from "../master-key/errors.js";
import { type CallOptions, type MasterKey, type ShareContext } from "../master-key/master-key.js";
import { openXaes, sealXaes, XaesError } from "../xaes/index.js";
import { KEY_LENGTH } from "./derivation.js";
import { fromSealedWrap, type SealedWrap, toSealedWrap } from "./sealed-wrap.js";

/** Bytes sealed by the service key. Public. */
export interface ServiceSealed {
  /** The sealing key, wrapped by the service key. */
  readonly serviceKey: SealedWrap;
  /** XAES-256-GCM: nonce 24 | ciphertext | tag 16. */
  readonly sealed: Uint8Array<ArrayBuffer>;
}

/** What a seal is bound to. */
export interface SealBinding {
  /** What the service key's KMS sees of it. */
  readonly context: ShareContext;
  /** Additional data of the seal itself. */
  readonly aad: Uint8Array;
}

/**
 * Seals bytes, which are borrowed.
 *
 * @throws {@link ByokError} the service key's own errors, as SERVICE_CREDENTIALS where they would read as a tenant's
 * revocation.
 */
export async function sealForService(
  plaintext: Uint8Array,
  serviceKey: MasterKey,
  { context, aad }: SealBinding,
  options: CallOptions = {},
): Promise<ServiceSealed> {
  const sealingKey = Uint8Array.from(randomBytes(KEY_LENGTH));
  try {
    const wrapped = await serviceKey.wrap(sealingKey, context, options);
    return { serviceKey: toSealedWrap(wrapped), sealed: Uint8Array.from(sealXaes(sealingKey, aad, plaintext)) };
  } catch (error) {
    throw neverTenantsRevocation(error, serviceKey, context);
  } finally {
    sealingKey.fill(0);
  }
}

/**
 * Opens what {@link sealForService} made; the caller owns the bytes and zeroizes them.
 *
 * @param refused makes the error for what does not open under this service key, from the reason in words.
 * @throws what `refused` makes; the service key's own errors, as SERVICE_CREDENTIALS where they would read as a tenant's
 * revocation.
 */
export async function openForService(
  { serviceKey: wrap, sealed }: ServiceSealed,
  serviceKey: MasterKey,
  { context, aad }: SealBinding,
  refused: (why: string, cause?: unknown) => ByokError,
  options: CallOptions = {},
): Promise<Uint8Array> {
  if (wrap.provider !== serviceKey.provider || wrap.keyId !== serviceKey.id) {
    throw refused("it was sealed by another service key: give the one that made it");
  }
  let sealingKey: Uint8Array;
  try {
    sealingKey = (await serviceKey.unwrap(fromSealedWrap(wrap), context, options)).share;
  } catch (error) {
    if (error instanceof ByokError && (error.code === "TAMPERED" || error.code === "WRONG_KEY")) {
      throw refused("the service key does not open it", error);
    }
    throw neverTenantsRevocation(error, serviceKey, context);
  }
  try {
    return openXaes(sealingKey, aad, sealed);
  } catch (error) {
    if (!(error instanceof XaesError)) throw error;
    throw refused("its seal does not open under the service key", error);
  } finally {
    sealingKey.fill(0);
  }
}

/** The service lost its own key: an operator's problem that must never look like the tenant's decision. */
export function neverTenantsRevocation(error: unknown, serviceKey: MasterKey, { tenant }: { readonly tenant: string }): unknown {
  if (!(error instanceof ByokError) || !error.revocation) return error;
  return new ByokError(
    "SERVICE_CREDENTIALS",
    `The service key ${serviceKey.id} is refused (${error.code}): the operator of the service has to restore it.`,
    { provider: serviceKey.provider, keyId: serviceKey.id, tenant, cause: error },
  );
}
