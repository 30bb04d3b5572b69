import { randomBytes } from "node:crypto";
import { type SealedGeneration } from "../secret/sealed-secret.js";
import { newDataKey, sealKeychain, unwrapDataKey, wrapDataKey, type WrappedDataKey } from "./sealed-keychain.js";

/** Beyond this many resources the longest unused keychain is forgotten; its resource gets a new one next time. */
const MAX_KEYCHAINS = 10_000;

const FIRST_KEY_VERSION = 1;
const ID_LENGTH = 16;

/** A data key ready for use, with the names it goes by. The caller owns `dataKey` and zeroizes it. */
export interface UsableDataKey {
  readonly id: { readonly keychain: string; readonly keyVersion: number };
  readonly dataKey: Uint8Array;
  /** The sealed keychain to embed. */
  readonly sealed: Uint8Array;
}

interface KnownKeychain {
  readonly keychain: string;
  readonly wrapped: WrappedDataKey;
  readonly sealed: Uint8Array;
}

/**
 * One keychain per resource, as long as this process lives. Only wraps are kept: every use needs the SEK, so a revocation
 * reaches them all.
 */
export class KeychainCache {
  readonly #keychains = new Map<string, KnownKeychain>();

  /** The resource's data key under a Secret, made on first use. The SEK is borrowed. */
  dataKey(sek: Uint8Array, secret: SealedGeneration, resource: string): UsableDataKey {
    const known = this.#keychains.get(resource);
    const usable = known === undefined ? create(sek, secret, resource) : open(known, sek, secret, resource);
    // Re-inserting keeps the map in order of use.
    this.#keychains.delete(resource);
    this.#keychains.set(resource, usable.known);
    if (this.#keychains.size > MAX_KEYCHAINS) {
      const [longestUnused] = this.#keychains.keys();
      if (longestUnused !== undefined) this.#keychains.delete(longestUnused);
    }
    const { keychain, sealed } = usable.known;
    return { id: { keychain, keyVersion: FIRST_KEY_VERSION }, dataKey: usable.dataKey, sealed };
  }
}

interface Usable {
  readonly known: KnownKeychain;
  readonly dataKey: Uint8Array;
}

function create(sek: Uint8Array, secret: SealedGeneration, resource: string): Usable {
  const keychain = randomBytes(ID_LENGTH).toString("hex");
  const dataKey = newDataKey();
  const id = { tenant: secret.tenant, resource, keychain, keyVersion: FIRST_KEY_VERSION };
  const wrapped = wrapDataKey(sek, dataKey, id, secret);
  const sealed = sealKeychain(sek, { secret, dataKey: wrapped });
  return { known: { keychain, wrapped, sealed }, dataKey };
}

function open(known: KnownKeychain, sek: Uint8Array, secret: SealedGeneration, resource: string): Usable {
  const id = { tenant: secret.tenant, resource, keychain: known.keychain, keyVersion: FIRST_KEY_VERSION };
  return { known, dataKey: unwrapDataKey(sek, known.wrapped, id, secret) };
}
