import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";

import { decrypt, encrypt, floeParams } from "../../../runtime/floe/index.js";
import { SegmentCipher } from "../../../runtime/floe/segment-cipher.js";
import { referenceDecrypt, referenceHeader, referenceMessageKey, referenceOpen, referenceSeal } from "./reference.js";
import { codeOf, ENGINES, errorOf, hex, join, pattern, recordingEngine } from "./support.js";

const message = { segmentLength: 48, rotationMaskBits: 20n, key: pattern(32, 1), iv: pattern(32, 2), aad: pattern(5, 3) };
const params = floeParams({ segmentLength: 48 });
const prefix = Uint8Array.from(referenceHeader(message).subarray(0, 42));

describe.each(ENGINES)("one segment on %s", (_, engine) => {
  const cipher = (): SegmentCipher =>
    new SegmentCipher(engine, params, { prefix, aad: message.aad }, Uint8Array.from(referenceMessageKey(message)));

  // Around the windows' borders, around 2^32 (where bit operations would go wrong), and the highest.
  const positions = [0, 1, 2 ** 20 - 1, 2 ** 20, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 2 ** 20 + 3, 2 ** 40 - 1];

  test.each(positions)("at position %d agrees with the specification, both ways", (position) => {
    for (const [last, plaintext] of [[false, pattern(16)], [true, pattern(16)], [true, pattern(3)], [true, pattern(0)]] as const) {
      const segment = new Uint8Array(plaintext.length + 32);
      cipher().seal(position, last, plaintext, segment);
      expect(hex(referenceOpen(message, BigInt(position), last, segment))).toBe(hex(plaintext));
      const theirs = Uint8Array.from(referenceSeal(message, BigInt(position), last, pattern(12, 9), plaintext));
      expect(cipher().open(position, last, theirs)).toEqual(plaintext);
    }
  });

  test("opens at its own position and as what it is only", () => {
    const segment = new Uint8Array(48);
    cipher().seal(5, false, pattern(16), segment);
    for (const [position, last] of [[4, false], [6, false], [5, true], [5 + 2 ** 32, false]] as const) {
      const error = errorOf(() => cipher().open(position, last, segment));
      expect([error.code, error.segment]).toEqual(["AUTHENTICATION_FAILED", position]);
    }
  });

  test("refuses both ways after close", () => {
    const closed = cipher();
    closed.close();
    closed.close();
    expect(codeOf(() => { closed.seal(0, true, pattern(0), new Uint8Array(32)); })).toBe("STATE");
    expect(codeOf(() => closed.open(0, true, new Uint8Array(32)))).toBe("STATE");
  });

  test("whole messages agree with the specification, rotation included", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 33, max: 80 }),
        fc.integer({ min: 0, max: 4 }),
        fc.uint8Array({ maxLength: 300 }),
        fc.uint8Array({ maxLength: 40 }),
        (segmentLength, rotationMaskBits, plaintext, aad) => {
          const some = { segmentLength, rotationMaskBits: BigInt(rotationMaskBits), key: message.key, aad };
          const someParams = floeParams({ segmentLength, rotationMaskBits });
          const ciphertext = encrypt(someParams, message.key, aad, plaintext, engine);
          expect(hex(referenceDecrypt(some, ciphertext))).toBe(hex(plaintext));
        },
      ),
    );
  });

  test("reads what the specification allows and nobody here writes: an empty last segment after full ones", () => {
    const theirs = join([
      referenceHeader(message),
      referenceSeal(message, 0n, false, pattern(12, 8), pattern(16)),
      referenceSeal(message, 1n, true, pattern(12, 9), pattern(0)),
    ]);
    expect(decrypt(params, message.key, message.aad, theirs, engine)).toEqual(pattern(16));
  });
});

describe("AEAD keys", () => {
  test.each([
    [0, [1, 1, 1, 1, 1, 1]],
    [1, [2, 2, 2]],
    [2, [4, 2]],
    [20, [6]],
  ])("under a mask of %d bits, serve windows of these lengths: %j", (rotationMaskBits, windows) => {
    const { engine, gcmKeys } = recordingEngine();
    const some = floeParams({ segmentLength: 40, rotationMaskBits });
    const ciphertext = encrypt(some, message.key, message.aad, pattern(48), engine);
    const lengths = new Map<string, number>();
    for (const key of gcmKeys) {
      lengths.set(key, (lengths.get(key) ?? 0) + 1);
    }
    expect([...lengths.values()]).toEqual(windows);
    gcmKeys.length = 0;
    expect(decrypt(some, message.key, message.aad, ciphertext, engine)).toEqual(pattern(48));
    expect(new Set(gcmKeys).size).toBe(windows.length);
  });

  test("are derived once per window", () => {
    const { engine, gcmKeys, hmacCalls } = recordingEngine();
    encrypt(floeParams({ segmentLength: 40, rotationMaskBits: 2 }), message.key, message.aad, pattern(48), engine);
    expect(gcmKeys).toHaveLength(6);
    expect(hmacCalls()).toBe(4); // Header tag, message key, and an AEAD key for each of two windows.
  });
});
