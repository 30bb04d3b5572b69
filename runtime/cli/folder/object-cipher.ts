/**
 * What folders need of an Encryptor: streams in, streams out.
 *
 * @module
 */

/** What an object is bound to beside its tenant. */
export interface ObjectBinding {
  readonly object?: string;
  readonly context?: Uint8Array;
  readonly signal?: AbortSignal;
}

/** The part of an `Encryptor` that folders use; tests put something behind it that fails on purpose. */
export interface ObjectCipher {
  encryptStream(
    source: AsyncIterable<Uint8Array>,
    binding: ObjectBinding & { readonly resource: string },
  ): Promise<{ readonly object: string; readonly headerTag: Uint8Array; readonly stream: AsyncIterable<Uint8Array> }>;
  decryptStream(
    source: AsyncIterable<Uint8Array>,
    binding: ObjectBinding & { readonly resource?: string; readonly headerTag?: Uint8Array },
  ): Promise<{
    readonly identity: { readonly resource: string; readonly object: string };
    readonly stream: AsyncIterable<Uint8Array>;
  }>;
}

/** Files worked on at the same time: keeps two cores and a disk busy, with a few segments in memory. */
export const PARALLEL_FILES = 4;
