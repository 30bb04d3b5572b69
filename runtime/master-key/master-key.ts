/**
 * What every provider of master keys does, and nothing more: wrap and unwrap 32 bytes under a context, say what state
 * the key is in. The conformance suite (test/runtime/master-key/conformance.ts) is the contract in executable form.
 *
 * @module
 */
import { ByokError } from "./errors.js";
import { list } from "./list-encoding.js";

/** Length of what a master key wraps: a share, or the key that seals a binding share. */
export const SHARE_LENGTH = 32;

/**
 * What a wrap is bound to. `purpose` keeps the uses apart: `share` for a tenant's master key; `binding` and `credentials`
 * (of applications in the tenant's directory; `secret` is then the credentials' id) for the service key.
 */
export interface ShareContext {
  readonly purpose: "share" | "binding" | "credentials";
  readonly tenant: string;
  readonly secret: string;
  readonly generation: number;
}

/** A share, wrapped by one master key. Public. */
export interface WrappedShare {
  /** Provider of the master key, e.g. `aws-kms`. */
  readonly provider: string;
  /** {@link MasterKey.id} of the key that made the wrap. */
  readonly keyId: string;
  /** The key version that made it, where the provider tells; the wrap opens with that version only. */
  readonly keyVersion?: string | undefined;
  /** Opaque to us. */
  readonly ciphertext: Uint8Array;
}

/** An unwrapped share. The caller owns the bytes and zeroizes them. */
export interface UnwrappedShare {
  readonly share: Uint8Array;
  /** False if the provider said that a newer key version exists; undefined where rotation is invisible (AWS, local). */
  readonly newestVersion?: boolean | undefined;
}

/** What a provider tells of a key without using it. */
export interface MasterKeyState {
  /** True if the key can be used right now. */
  readonly usable: boolean;
  /** The provider's own word for the state, e.g. `Enabled`, `PendingDeletion`. */
  readonly state: string;
}

/** Options of every call to a provider. */
export interface CallOptions {
  /** Ends the call with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
}

/** A key inside a KMS. It never leaves it. All methods throw {@link ByokError} and nothing else. */
export interface MasterKey {
  readonly provider: string;
  /** Canonical id: it enters the commitment, so it never depends on how a descriptor was spelled. */
  readonly id: string;
  /** Tenant that the key is registered to. */
  readonly tenant: string;
  /** Wraps exactly {@link SHARE_LENGTH} bytes. The input is borrowed. */
  wrap(share: Uint8Array, context: ShareContext, options?: CallOptions): Promise<WrappedShare>;
  /** Unwraps what {@link MasterKey.wrap} made under the same context. */
  unwrap(wrapped: WrappedShare, context: ShareContext, options?: CallOptions): Promise<UnwrappedShare>;
  /** The key's state; ACCESS_DENIED where the grant does not cover looking (which says nothing about use). */
  describe(options?: CallOptions): Promise<MasterKeyState>;
  /** Closes connections. The object is not used afterwards. */
  close(): Promise<void>;
}

/** The context as bytes, for providers whose wraps take additional authenticated data. */
export function shareContextBytes(context: ShareContext): Uint8Array {
  return list(`byok/${context.purpose}/1`, context.tenant, context.secret, context.generation);
}

/** Guards {@link MasterKey.wrap} and the answer of an unwrap: exactly 32 bytes, or a clear error. */
export function assertShareLength(share: Uint8Array, details: { provider: string; keyId: string }): void {
  if (share.length !== SHARE_LENGTH) {
    throw new ByokError("TAMPERED", `A share has ${SHARE_LENGTH} bytes, this one has ${share.length}.`, details);
  }
}

/** Guards {@link MasterKey.unwrap}: a wrap is only ever offered to the key that made it. */
export function assertSameKey(key: MasterKey, wrapped: WrappedShare): void {
  if (wrapped.provider !== key.provider || wrapped.keyId !== key.id) {
    throw new ByokError("WRONG_KEY", "This wrap was made by another master key: offer it to the key it names.", {
      provider: key.provider,
      keyId: key.id,
      tenant: key.tenant,
    });
  }
}
