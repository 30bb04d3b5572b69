import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";

import {
  type ChunkSource,
  decrypt,
  decryptChunks,
  encrypt,
  encryptChunks,
  type FloeDecryptor,
  type FloeEncryptor,
  floeParams,
  startDecryption,
  startEncryption,
} from "../../../runtime/floe/index.js";
import { collect, cut, ENGINES, failureOf, hex, join, pattern, recordingEngine, unwiped } from "./support.js";

const params = floeParams({ segmentLength: 40 });
const FULL = 8;
const key = pattern(32, 1);
const aad = pattern(7, 2);

async function* slowly(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for (const chunk of chunks) {
    await Promise.resolve();
    yield chunk;
  }
}

/** Lends the same memory again and again, and scribbles over it before each loan. */
function* reusing(bytes: Uint8Array, size: number): Generator<Uint8Array, void, undefined> {
  const memory = new Uint8Array(size);
  for (const piece of cut(bytes, [size])) {
    memory.fill(0xee);
    memory.set(piece);
    yield memory.subarray(0, piece.length);
  }
  memory.fill(0xee);
}

describe.each(ENGINES)("streams on %s", (_, engine) => {
  const start = (): FloeEncryptor => startEncryption(params, key, aad, engine);
  const reader = (ciphertext: Uint8Array): FloeDecryptor =>
    startDecryption(params, key, aad, ciphertext.subarray(0, 74), engine);

  test.each([
    [0, [74, 32]],
    [1, [74, 33]],
    [FULL - 1, [74, 39]],
    [FULL, [74, 40]],
    [FULL + 1, [74, 40, 33]],
    [2 * FULL, [74, 40, 40]],
    [2 * FULL + 1, [74, 40, 40, 33]],
    [4 * FULL, [74, 40, 40, 40, 40]],
  ])("%d bytes become chunks of %j, whatever the chunks that came in", async (length, expected) => {
    for (const size of [1, 3, FULL - 1, FULL, FULL + 1, 3 * FULL, 1000]) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of encryptChunks(start(), cut(pattern(length), [size]))) {
        chunks.push(chunk);
      }
      expect(chunks.map((chunk) => chunk.length)).toEqual(expected);
      expect(decrypt(params, key, aad, join(chunks), engine)).toEqual(pattern(length));
    }
  });

  test("every chunking gives the same plaintext, both ways, and agrees with the whole buffer", async () => {
    const sizes = fc.array(fc.nat({ max: 100 }), { minLength: 1, maxLength: 6 }).filter((some) => some.some((size) => size > 0));
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), sizes, sizes, async (plaintext, inSizes, outSizes) => {
        const streamed = await collect(encryptChunks(start(), slowly(cut(plaintext, inSizes))));
        expect(decrypt(params, key, aad, streamed, engine)).toEqual(plaintext);
        const whole = encrypt(params, key, aad, plaintext, engine);
        expect(await collect(decryptChunks(reader(whole), slowly(cut(whole.subarray(74), outSizes))))).toEqual(plaintext);
      }),
    );
  });

  test("each decrypted chunk is one segment's plaintext; an empty one yields nothing", async () => {
    for (const [length, expected] of [[0, []], [FULL, [8]], [2 * FULL + 1, [8, 8, 1]]] as const) {
      const ciphertext = encrypt(params, key, aad, pattern(length), engine);
      const sizes: number[] = [];
      for await (const chunk of decryptChunks(reader(ciphertext), [ciphertext.subarray(74)])) {
        sizes.push(chunk.length);
      }
      expect(sizes).toEqual(expected);
    }
  });

  test.each([1, 5, 8, 13, 40, 41, 95])("a source that reuses its memory, %d bytes at a time", async (size) => {
    const ciphertext = await collect(encryptChunks(start(), reusing(pattern(100), size)));
    expect(decrypt(params, key, aad, ciphertext, engine)).toEqual(pattern(100));
    expect(await collect(decryptChunks(reader(ciphertext), reusing(ciphertext.subarray(74), size)))).toEqual(pattern(100));
  });

  test("crosses rotation windows", async () => {
    const rotating = floeParams({ segmentLength: 40, rotationMaskBits: 1 });
    const encryptor = startEncryption(rotating, key, aad, engine);
    const ciphertext = await collect(encryptChunks(encryptor, cut(pattern(100), [33])));
    const decryptor = startDecryption(rotating, key, aad, ciphertext.subarray(0, 74), engine);
    expect(await collect(decryptChunks(decryptor, cut(ciphertext.subarray(74), [33])))).toEqual(pattern(100));
  });
});

describe("release of plaintext", () => {
  test("the last segment's waits for the end of the source", async () => {
    const ciphertext = encrypt(params, key, aad, pattern(2 * FULL));
    const steps: string[] = [];
    function* source(): Generator<Uint8Array, void, undefined> {
      yield ciphertext.subarray(74);
      steps.push("end of source");
    }
    for await (const plaintext of decryptChunks(startDecryption(params, key, aad, ciphertext.subarray(0, 74)), source())) {
      steps.push(hex(plaintext));
    }
    expect(steps).toEqual([hex(pattern(16).subarray(0, 8)), "end of source", hex(pattern(16).subarray(8))]);
  });

  test.each([
    ["bytes after the last segment", [pattern(1)], "AUTHENTICATION_FAILED", 1, "it is the last one, yet more bytes follow."],
    ["bytes after it in a later chunk", [pattern(0), pattern(9)], "AUTHENTICATION_FAILED", 1, "it is the last one, yet more bytes follow."],
  ])("%s: the last segment's is held back", async (_, more, code, segment, text) => {
    const ciphertext = encrypt(params, key, aad, pattern(2 * FULL));
    const decryptor = startDecryption(params, key, aad, ciphertext.subarray(0, 74));
    const { released, error } = await failureOf(decryptChunks(decryptor, [ciphertext.subarray(74), ...more]));
    expect([error.code, error.segment, error.message]).toEqual([code, segment, `segment ${segment}: ${text}`]);
    expect(hex(released)).toBe(hex(pattern(16).subarray(0, 8)));
  });

  test.each([
    [0, 0, 0],
    [3, 0, 3],
    [40, 1, 0],
    [41, 1, 1],
    [79, 1, 39],
  ])("a body cut to %d bytes says so in segment %d after %d bytes", async (length, segment, bytes) => {
    const ciphertext = encrypt(params, key, aad, pattern(2 * FULL));
    const decryptor = startDecryption(params, key, aad, ciphertext.subarray(0, 74));
    const { released, error } = await failureOf(decryptChunks(decryptor, [ciphertext.subarray(74, 74 + length)]));
    expect([error.code, error.message]).toEqual([
      "TRUNCATED",
      `segment ${segment}: the ciphertext ends after ${bytes} bytes of it: it was cut.`,
    ]);
    expect(released).toHaveLength(segment * FULL);
  });

  test("a length that nobody writes is refused before its bytes are waited for", async () => {
    const { header } = startEncryption(params, key, aad);
    let asked = 0;
    function* source(): Generator<Uint8Array, void, undefined> {
      for (;;) {
        asked += 1;
        yield Uint8Array.of(0, 0, 0, 41);
      }
    }
    const { error } = await failureOf(decryptChunks(startDecryption(params, key, aad, header), source()));
    expect([error.code, error.message]).toEqual(["AUTHENTICATION_FAILED", "segment 0: no encryptor writes 41 as its length."]);
    expect(asked).toBe(1);
  });
});

describe("memory", () => {
  test("never runs ahead of its reader by more than a segment and a chunk", async () => {
    const wide = floeParams({ segmentLength: 4096 + 32 });
    const chunk = pattern(1000);
    let taken = 0;
    function* source(): Generator<Uint8Array, void, undefined> {
      for (let count = 0; count < 5000; count += 1) {
        taken += chunk.length;
        yield chunk;
      }
    }
    let given = 0;
    let ahead = 0;
    const encryptor = startEncryption(wide, key, aad);
    const ciphertexts = encryptChunks(encryptor, source());
    await ciphertexts.next();
    const decryptor = startDecryption(wide, key, aad, encryptor.header);
    for await (const plaintext of decryptChunks(decryptor, ciphertexts)) {
      given += plaintext.length;
      ahead = Math.max(ahead, taken - given);
    }
    expect(given).toBe(5_000_000);
    // The last plaintext is held until the end of the source, hence one more segment than the encryptor's own.
    expect(ahead).toBeLessThanOrEqual(2 * 4096 + 1000);
    expect(ahead).toBeGreaterThan(0);
  });
});

describe("keys are wiped and the source is closed", () => {
  function watched(chunks: Iterable<Uint8Array>): { readonly source: ChunkSource; closed: () => boolean } {
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        yield* chunks;
      } finally {
        closed = true;
      }
    }
    return { source: source(), closed: () => closed };
  }

  const ciphertext = encrypt(params, key, aad, pattern(100));
  const directions = [
    ["encryptChunks", (engine: ReturnType<typeof recordingEngine>["engine"], source: ChunkSource) =>
      encryptChunks(startEncryption(params, key, aad, engine), source), pattern(100)],
    ["decryptChunks", (engine: ReturnType<typeof recordingEngine>["engine"], source: ChunkSource) =>
      decryptChunks(startDecryption(params, key, aad, ciphertext.subarray(0, 74), engine), source), ciphertext.subarray(74)],
  ] as const;

  describe.each(directions)("%s", (_, open, input) => {
    test("at the end", async () => {
      const { engine, secrets } = recordingEngine();
      await collect(open(engine, [input]));
      expect(secrets.size).toBeGreaterThan(4);
      expect(unwiped(secrets, key)).toBe(0);
    });

    test.each([1, 2, 3])("when the reader stops after %d chunks", async (count) => {
      const { engine, secrets } = recordingEngine();
      const { source, closed } = watched(cut(input, [20]));
      let seen = 0;
      for await (const chunk of open(engine, source)) {
        expect(chunk.length).toBeGreaterThan(0);
        expect(unwiped(secrets, key)).toBeGreaterThan(0);
        seen += 1;
        if (seen === count) {
          break;
        }
      }
      expect(closed()).toBe(true);
      expect(unwiped(secrets, key)).toBe(0);
    });

    test("by throw()", async () => {
      const { engine, secrets } = recordingEngine();
      const { source, closed } = watched(cut(input, [20]));
      const generator = open(engine, source);
      await generator.next();
      expect(unwiped(secrets, key)).toBeGreaterThan(0);
      await expect(generator.throw(new Error("reader broke"))).rejects.toThrow("reader broke");
      expect(closed()).toBe(true);
      expect(unwiped(secrets, key)).toBe(0);
    });

    test.each(["return", "throw"] as const)("by %s() before the first chunk", async (how) => {
      const { engine, secrets } = recordingEngine();
      const generator = open(engine, [input]);
      expect(unwiped(secrets, key)).toBe(1);
      if (how === "return") {
        expect(await generator.return()).toEqual({ value: undefined, done: true });
      } else {
        await expect(generator.throw(new Error("reader broke"))).rejects.toThrow("reader broke");
      }
      expect(unwiped(secrets, key)).toBe(0);
      expect(await generator.next()).toEqual({ value: undefined, done: true });
    });

    test("when the source breaks, whose error is passed on", async () => {
      const { engine, secrets } = recordingEngine();
      function* source(): Generator<Uint8Array, void, undefined> {
        yield input.subarray(0, 90);
        throw new Error("disk broke");
      }
      await expect(collect(open(engine, source()))).rejects.toThrow("disk broke");
      expect(unwiped(secrets, key)).toBe(0);
    });

    test("when the source yields text", async () => {
      const { engine, secrets } = recordingEngine();
      const { error } = await failureOf(open(engine, ["text"] as unknown as ChunkSource));
      expect([error.code, error.message]).toEqual(["BAD_PARAMETERS", "every chunk must be a Uint8Array."]);
      expect(unwiped(secrets, key)).toBe(0);
    });
  });

  test("plaintext gathered from small chunks is wiped at the end, what was lent is not", async () => {
    const { engine, plaintexts } = recordingEngine();
    const lent = pattern(3, 1);
    const chunks = Array.from({ length: 9 }, () => lent);
    const gathered: [number, string][] = [];
    for await (const chunk of encryptChunks(startEncryption(params, key, aad, engine), chunks)) {
      gathered.push([chunk.length, hex(plaintexts.at(-1) ?? pattern(0))]);
    }
    expect(gathered.slice(0, 2)).toEqual([[74, ""], [40, hex(join(chunks).subarray(0, FULL))]]);
    expect(plaintexts).toHaveLength(4);
    expect(plaintexts.flatMap((plaintext) => [...plaintext]).every((byte) => byte === 0)).toBe(true);
    expect(lent).toEqual(pattern(3, 1));
  });

  test("a last plaintext that is held back and never released is wiped", async () => {
    const { engine, plaintexts } = recordingEngine();
    const decryptor = startDecryption(params, key, aad, ciphertext.subarray(0, 74), engine);
    await failureOf(decryptChunks(decryptor, [ciphertext.subarray(74), pattern(1)]));
    expect(plaintexts).toHaveLength(13);
    const [last = pattern(1), ...released] = plaintexts.toReversed();
    expect(last).toEqual(new Uint8Array(4));
    expect(hex(join(released.toReversed()))).toBe(hex(pattern(100).subarray(0, 96)));
  });

  test("an encryptor that has written segments is refused", () => {
    const encryptor = startEncryption(params, key, aad);
    encryptor.encryptSegment(pattern(8));
    expect(() => encryptChunks(encryptor, [])).toThrow(expect.objectContaining({ code: "STATE" }));
  });

  test("a closed encryptor gives no last segment", async () => {
    const encryptor = startEncryption(params, key, aad);
    encryptor.close();
    const { error } = await failureOf(encryptChunks(encryptor, []));
    expect(error.code).toBe("STATE");
  });
});
