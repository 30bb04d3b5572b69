/**
 * Streams of any length in bounded memory: the two directions, side by side.
 *
 * @module
 */
import { Accumulator } from "./accumulator.js";
import { assertBytes, FloeError } from "./errors.js";
import { readFrame, trailing, truncated } from "./framing.js";
import { LENGTH_FIELD_LENGTH, segmentPlaintextLength } from "./params.js";
import { type FloeDecryptor, type FloeEncryptor } from "./sequential.js";

/** Chunks of any size, empty ones included. Each is lent until the next is asked for. */
export type ChunkSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** What both directions yield: bytes. Nothing is returned, and nothing can be sent in. */
export type Chunks = AsyncGenerator<Uint8Array, void, undefined>;

/**
 * Encrypts a stream: yields the header, then one segment at a time. Holds at most one segment's plaintext.
 *
 * The encryptor's keys are wiped when the generator ends, whichever way: at the end of the source, when the source
 * throws, or by `return()` or `throw()`, even before the first `next()` (the source is then left as it was).
 *
 * @param encryptor - fresh from `startEncryption`; this call takes it over.
 * @throws FloeError at once: `STATE` if segments were written with the encryptor already; while reading:
 * `BAD_PARAMETERS` if the source yields something else than bytes, `STATE` past 2^40 segments.
 */
export function encryptChunks(encryptor: FloeEncryptor, source: ChunkSource): Chunks {
  if (encryptor.position !== 0) {
    throw new FloeError("STATE", "this encryptor has written segments already: its header would come too late.");
  }
  return closingAtTheEnd(segmentsOf(encryptor, source), encryptor);
}

async function* segmentsOf(encryptor: FloeEncryptor, source: ChunkSource): Chunks {
  const full = segmentPlaintextLength(encryptor.params);
  const pending = new Accumulator(full);
  let header: Uint8Array | undefined = encryptor.header;
  try {
    for await (const chunk of source) {
      // Inside the loop, so that a reader who stops at the header closes the source too.
      if (header !== undefined) {
        yield header;
        header = undefined;
      }
      assertBytes("every chunk", chunk);
      let rest: Uint8Array = chunk;
      // A full segment stays pending until a later byte proves that it is not the last.
      while (pending.length + rest.length > full) {
        const missing = full - pending.length;
        const piece = rest.subarray(0, missing);
        rest = rest.subarray(missing);
        if (pending.length === 0) {
          yield encryptor.encryptSegment(piece);
        } else {
          pending.append(piece);
          const segment = encryptor.encryptSegment(pending.view);
          pending.clear();
          yield segment;
        }
      }
      pending.append(rest);
    }
    if (header !== undefined) {
      yield header;
    }
    yield encryptor.encryptLastSegment(pending.view);
  } finally {
    pending.wipe();
    encryptor.close();
  }
}

/**
 * Decrypts a stream: yields the plaintext of one segment at a time, each only after its tag was verified, the last one
 * only after the source has ended too. The message is complete only if the generator ends without throwing. Holds at
 * most one segment's ciphertext and one segment's plaintext. An empty plaintext yields nothing.
 *
 * The decryptor's keys are wiped when the generator ends, as with {@link encryptChunks}.
 *
 * @param decryptor - from `startDecryption`; this call takes it over.
 * @param source - what comes after the header.
 * @throws FloeError while reading: `TRUNCATED` if the source ends before the last segment does;
 * `AUTHENTICATION_FAILED` for a segment that does not belong where it is, or bytes after the last; `BAD_PARAMETERS` if
 * the source yields something else than bytes.
 */
export function decryptChunks(decryptor: FloeDecryptor, source: ChunkSource): Chunks {
  return closingAtTheEnd(plaintextsOf(decryptor, source), decryptor);
}

async function* plaintextsOf(decryptor: FloeDecryptor, source: ChunkSource): Chunks {
  const { params } = decryptor;
  const pending = new Accumulator(params.segmentLength);
  let lastPlaintext: Uint8Array | undefined;
  try {
    for await (const chunk of source) {
      assertBytes("every chunk", chunk);
      let rest: Uint8Array = chunk;
      while (rest.length > 0) {
        if (lastPlaintext !== undefined) {
          throw trailing(decryptor.position - 1);
        }
        const start = pending.length === 0 ? rest : pending.view;
        const known = start.length >= LENGTH_FIELD_LENGTH;
        const wanted = known ? readFrame(params, decryptor.position, start).length : LENGTH_FIELD_LENGTH;
        const piece = rest.subarray(0, wanted - pending.length);
        rest = rest.subarray(piece.length);
        const whole = known && pending.length + piece.length === wanted;
        if (!whole || pending.length > 0) {
          pending.append(piece);
        }
        if (whole) {
          const { plaintext, last } = decryptor.decryptSegment(pending.length === 0 ? piece : pending.view);
          pending.clear();
          if (last) {
            lastPlaintext = plaintext;
          } else {
            yield plaintext;
          }
        }
      }
    }
    if (lastPlaintext === undefined) {
      throw truncated(decryptor.position, pending.length);
    }
    const released = lastPlaintext;
    lastPlaintext = undefined;
    if (released.length > 0) {
      yield released;
    }
  } finally {
    lastPlaintext?.fill(0);
    decryptor.close();
  }
}

/**
 * Makes `return()` and `throw()` close the owner of the keys: a generator that was never asked for anything does not
 * run its `finally`.
 */
function closingAtTheEnd(generator: Chunks, owner: { close(): void }): Chunks {
  const endByReturn = generator.return.bind(generator);
  const endByThrow = generator.throw.bind(generator);
  generator.return = (value) => endByReturn(value).finally(() => { owner.close(); });
  generator.throw = (error) => endByThrow(error).finally(() => { owner.close(); });
  return generator;
}
