/**
 * A multi-Region key of AWS KMS and its replicas, as one master key: they have the same key material and the same key id, so that
 * what one wraps the others unwrap (AWS KMS Developer Guide, "Multi-Region keys in AWS KMS").
 *
 * @module
 */
import { ByokError } from "./errors.js";
import {
  assertSameKey,
  type CallOptions,
  type MasterKey,
  type MasterKeyState,
  type ShareContext,
  type UnwrappedShare,
  type WrappedShare,
} from "./master-key.js";

/**
 * The key itself is asked first, always: its answer, a refusal included, is final. A replica is asked only while the region before it
 * cannot be reached (`UNAVAILABLE`), in the order of the descriptor. If none can, the error is the key's own.
 */
export function withReplicas(primary: MasterKey, replicas: readonly MasterKey[]): MasterKey {
  return replicas.length === 0 ? primary : new ReplicatedKey(primary, replicas);
}

class ReplicatedKey implements MasterKey {
  readonly provider: string;
  readonly id: string;
  readonly tenant: string;
  readonly #keys: readonly [MasterKey, ...MasterKey[]];

  constructor(primary: MasterKey, replicas: readonly MasterKey[]) {
    this.provider = primary.provider;
    this.id = primary.id;
    this.tenant = primary.tenant;
    this.#keys = [primary, ...replicas];
  }

  async wrap(share: Uint8Array, context: ShareContext, options?: CallOptions): Promise<WrappedShare> {
    // A wrap belongs to the key, whichever region made it: the id enters the commitment.
    return this.#first(async (key) => ({ ...(await key.wrap(share, context, options)), keyId: this.id }));
  }

  async unwrap(wrapped: WrappedShare, context: ShareContext, options?: CallOptions): Promise<UnwrappedShare> {
    assertSameKey(this, wrapped);
    return this.#first((key) => key.unwrap({ ...wrapped, keyId: key.id }, context, options));
  }

  async describe(options?: CallOptions): Promise<MasterKeyState> {
    return this.#first((key) => key.describe(options));
  }

  async close(): Promise<void> {
    await Promise.all(this.#keys.map((key) => key.close()));
  }

  async #first<T>(ask: (key: MasterKey) => Promise<T>): Promise<T> {
    const [primary, ...replicas] = this.#keys;
    let first: ByokError;
    try {
      return await ask(primary);
    } catch (error) {
      first = unavailable(error);
    }
    for (const replica of replicas) {
      try {
        return await ask(replica);
      } catch (error) {
        unavailable(error);
      }
    }
    throw first;
  }
}

/** Passes outages on to the next region, and throws everything else. */
function unavailable(error: unknown): ByokError {
  if (error instanceof ByokError && error.code === "UNAVAILABLE") return error;
  throw error;
}
