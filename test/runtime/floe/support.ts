/** What the tests of runtime/floe share: both engines, an engine that remembers keys, chunked sources, error codes. */
import { FloeError, type FloeEngine, type FloeErrorCode, nodeEngine } from "../../../runtime/floe/index.js";
import { nobleEngine } from "../../../runtime/floe/noble-engine.js";

export const ENGINES: readonly (readonly [string, FloeEngine])[] = [
  ["node", nodeEngine],
  ["noble", nobleEngine],
];

/** Bytes that differ from their neighbours, so that a wrong offset shows. */
export function pattern(length: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8) * 7 + seed) & 0xff);
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export function join(chunks: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(chunks));
}

/** Cuts bytes into chunks of the given sizes, over and over; the last chunk takes what is left. */
export function* cut(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array, void, undefined> {
  let from = 0;
  for (let turn = 0; from < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    yield bytes.slice(from, from + size);
    from += size;
  }
}

export async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) {
    chunks.push(chunk);
  }
  return join(chunks);
}

/** The code (and segment) of the FloeError that `action` throws; anything else that happens fails the test. */
export function errorOf(action: () => unknown): FloeError {
  try {
    action();
  } catch (error) {
    return asFloeError(error);
  }
  throw new Error("expected a FloeError, but nothing was thrown");
}

export function codeOf(action: () => unknown): FloeErrorCode {
  return errorOf(action).code;
}

export function asFloeError(error: unknown): FloeError {
  if (error instanceof FloeError) {
    return error;
  }
  throw error;
}

/** Drains a generator that must fail: what it released before, and its error. */
export async function failureOf(
  source: AsyncIterable<Uint8Array>,
): Promise<{ readonly released: Uint8Array; readonly error: FloeError }> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of source) {
      chunks.push(chunk);
    }
  } catch (error) {
    return { released: join(chunks), error: asFloeError(error) };
  }
  throw new Error("expected a FloeError, but the stream ended well");
}

/**
 * An engine that remembers every buffer that it saw as a key or gave out as key material, each GCM call's key, and the
 * memory of every plaintext that it was given or gave.
 */
export function recordingEngine(inner: FloeEngine = nodeEngine): {
  readonly engine: FloeEngine;
  readonly secrets: Set<Uint8Array>;
  readonly gcmKeys: string[];
  readonly plaintexts: Uint8Array[];
  readonly hmacCalls: () => number;
} {
  const secrets = new Set<Uint8Array>();
  const gcmKeys: string[] = [];
  const plaintexts: Uint8Array[] = [];
  let hmacCalls = 0;
  const saw = (key: Uint8Array): void => {
    secrets.add(key);
    gcmKeys.push(hex(key));
  };
  const engine: FloeEngine = {
    ...inner,
    aes256GcmEncrypt(key, iv, aad, plaintext, out) {
      saw(key);
      plaintexts.push(plaintext);
      inner.aes256GcmEncrypt(key, iv, aad, plaintext, out);
    },
    aes256GcmDecrypt(key, iv, aad, sealed) {
      saw(key);
      const plaintext = inner.aes256GcmDecrypt(key, iv, aad, sealed);
      if (plaintext !== undefined) {
        plaintexts.push(plaintext);
      }
      return plaintext;
    },
    hmacSha384(key, message) {
      secrets.add(key);
      hmacCalls += 1;
      const output = inner.hmacSha384(key, message);
      secrets.add(output);
      return output;
    },
  };
  return { engine, secrets, gcmKeys, plaintexts, hmacCalls: () => hmacCalls };
}

/** How many of the remembered secrets, the lent key aside, are still in memory; two views of one memory are one. */
export function unwiped(secrets: ReadonlySet<Uint8Array>, lent: Uint8Array): number {
  const left = [...secrets].filter((secret) => secret !== lent && secret.some((byte) => byte !== 0));
  return new Set(left.map((secret) => secret.buffer)).size;
}
