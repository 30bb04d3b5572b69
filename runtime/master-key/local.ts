/**
 * Master keys in a local file: wraps are XAES-256-GCM under the file's key. The file is read at every call, so that
 * removing it has the effect that disabling a key has in a cloud.
 *
 * @module
 */
import { createHmac } from "node:crypto";
import { openXaes, sealXaes, XaesError } from "../xaes/index.js";
import { type LocalDescriptor } from "./descriptor.js";
import { ByokError } from "./errors.js";
import { readLocalKeyFile } from "./local-key-file.js";
import {
  assertSameKey,
  assertShareLength,
  type CallOptions,
  type MasterKey,
  type MasterKeyState,
  type ShareContext,
  shareContextBytes,
  type UnwrappedShare,
  type WrappedShare,
} from "./master-key.js";

const PROVIDER = "local";

/**
 * Opens a local key. Its id is a fingerprint of the key, so that moving the file changes nothing.
 *
 * @throws {@link ByokError} as {@link readLocalKeyFile} does.
 */
export async function openLocalKey(descriptor: LocalDescriptor): Promise<MasterKey> {
  const key = await readLocalKeyFile(descriptor.path);
  try {
    return new LocalKey(descriptor, fingerprint(key));
  } finally {
    key.fill(0);
  }
}

/** Names a key without telling it: HMAC-SHA-384 of a fixed label under the key, first 16 bytes. */
function fingerprint(key: Uint8Array): string {
  return `local:${createHmac("sha384", key).update("byok/local-key-id/1").digest().subarray(0, 16).toString("hex")}`;
}

class LocalKey implements MasterKey {
  readonly provider = PROVIDER;
  readonly id: string;
  readonly tenant: string;
  readonly #path: string;
  readonly #details: { provider: string; keyId: string; tenant: string };

  constructor(descriptor: LocalDescriptor, id: string) {
    this.id = id;
    this.tenant = descriptor.tenant;
    this.#path = descriptor.path;
    this.#details = { provider: PROVIDER, keyId: id, tenant: descriptor.tenant };
  }

  async wrap(share: Uint8Array, context: ShareContext, options: CallOptions = {}): Promise<WrappedShare> {
    assertShareLength(share, this.#details);
    const ciphertext = await this.#withKey(options, (key) => sealXaes(key, shareContextBytes(context), share));
    return { provider: PROVIDER, keyId: this.id, ciphertext };
  }

  async unwrap(wrapped: WrappedShare, context: ShareContext, options: CallOptions = {}): Promise<UnwrappedShare> {
    assertSameKey(this, wrapped);
    const share = await this.#withKey(options, (key) => openXaes(key, shareContextBytes(context), wrapped.ciphertext));
    assertShareLength(share, this.#details);
    return { share };
  }

  async describe(options: CallOptions = {}): Promise<MasterKeyState> {
    return this.#withKey(options, () => ({ usable: true, state: "Enabled" }));
  }

  async close(): Promise<void> {
    // Nothing is held open between calls.
  }

  async #withKey<T>(options: CallOptions, use: (key: Uint8Array) => T): Promise<T> {
    if (options.signal?.aborted === true) {
      throw new ByokError("ABORTED", "The caller gave up.", { ...this.#details, cause: options.signal.reason });
    }
    const key = await readLocalKeyFile(this.#path, this.#details);
    try {
      if (fingerprint(key) !== this.id) {
        throw new ByokError("WRONG_KEY", `${this.#path} holds another key than before: put the old one back.`, this.#details);
      }
      return use(key);
    } catch (error) {
      if (!(error instanceof XaesError)) throw error;
      throw new ByokError("TAMPERED", "The wrap was altered, or belongs to another tenant, Secret or generation.", {
        ...this.#details,
        cause: error,
      });
    } finally {
      key.fill(0);
    }
  }
}
