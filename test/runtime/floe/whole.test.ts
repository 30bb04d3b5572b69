import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";

import {
  decrypt,
  decryptChunks,
  encrypt,
  FLOE_1M,
  type FloeEngine,
  floeParams,
  nodeEngine,
  startDecryption,
} from "../../../runtime/floe/index.js";
import { nobleEngine } from "../../../runtime/floe/noble-engine.js";
import { asFloeError, codeOf, cut, ENGINES, errorOf, failureOf, hex, join, pattern, recordingEngine, unwiped } from "./support.js";

const SEGMENT = 40;
const FULL = SEGMENT - 32;
const HEADER = 74;
const params = floeParams({ segmentLength: SEGMENT });
const key = pattern(32, 1);
const aad = pattern(7, 2);

describe.each(ENGINES)("whole buffers on %s", (_, engine) => {
  const other = engine === nodeEngine ? nobleEngine : nodeEngine;

  test.each([0, 1, FULL - 1, FULL, FULL + 1, 2 * FULL, 2 * FULL + 1, 5 * FULL, 100 * FULL + 3])(
    "%d bytes come back, on either engine",
    (length) => {
      const ciphertext = encrypt(params, key, aad, pattern(length), engine);
      expect(decrypt(params, key, aad, ciphertext, engine)).toEqual(pattern(length));
      expect(decrypt(params, key, aad, ciphertext, other)).toEqual(pattern(length));
    },
  );

  test("any plaintext, AAD, segment length and rotation come back, on either engine", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 500 }),
        fc.uint8Array({ maxLength: 100 }),
        fc.integer({ min: 33, max: 150 }),
        fc.integer({ min: 0, max: 20 }),
        (plaintext, someAad, segmentLength, rotationMaskBits) => {
          const some = floeParams({ segmentLength, rotationMaskBits });
          const ciphertext = encrypt(some, key, someAad, plaintext, engine);
          expect(decrypt(some, key, someAad, ciphertext, other)).toEqual(plaintext);
        },
      ),
    );
  });

  test("changes nothing that it was lent", () => {
    const lent = [key.slice(), aad.slice(), pattern(50)] as const;
    const ciphertext = encrypt(params, ...lent, engine);
    const before = hex(ciphertext);
    decrypt(params, lent[0], lent[1], ciphertext, engine);
    expect(lent).toEqual([key, aad, pattern(50)]);
    expect(hex(ciphertext)).toBe(before);
  });

  test("works on views into larger memory", () => {
    const view = pattern(100).subarray(3, 53);
    const ciphertext = encrypt(params, key, aad, view, engine);
    const moved = join([pattern(5), ciphertext]).subarray(5);
    expect(decrypt(params, key, aad, moved, engine)).toEqual(view.slice());
  });
});

test("the published parameters, around the border of a segment", () => {
  const full = 1024 * 1024 - 32;
  for (const length of [full - 1, full, full + 1, 2 * full + 5]) {
    const plaintext = Uint8Array.from(Buffer.alloc(length, "0123456789abcdef!"));
    const ciphertext = encrypt(FLOE_1M, key, aad, plaintext);
    expect(Buffer.compare(decrypt(FLOE_1M, key, aad, ciphertext), plaintext)).toBe(0);
  }
});

test("the published parameters on noble read what node wrote", () => {
  const plaintext = pattern(1024 * 1024 + 77);
  const ciphertext = encrypt(FLOE_1M, key, aad, plaintext, nodeEngine);
  expect(Buffer.compare(decrypt(FLOE_1M, key, aad, ciphertext, nobleEngine), plaintext)).toBe(0);
});

describe("memory", () => {
  test("keys are wiped at the end, both ways", () => {
    const { engine, secrets } = recordingEngine();
    const ciphertext = encrypt(params, key, aad, pattern(20), engine);
    expect(secrets.size).toBeGreaterThan(4);
    expect(unwiped(secrets, key)).toBe(0);
    decrypt(params, key, aad, ciphertext, engine);
    expect(unwiped(secrets, key)).toBe(0);
  });

  test("the copies of single segments' plaintext are wiped, whether decryption succeeds or not", () => {
    const ciphertext = encrypt(params, key, aad, pattern(20));
    for (const length of [ciphertext.length, ciphertext.length - 1]) {
      const { engine, plaintexts } = recordingEngine();
      try {
        expect(decrypt(params, key, aad, ciphertext.subarray(0, length), engine)).toEqual(pattern(20));
      } catch (error) {
        expect(asFloeError(error).code).toBe("TRUNCATED");
      }
      expect(plaintexts).toHaveLength(length === ciphertext.length ? 3 : 2);
      expect(plaintexts.flatMap((plaintext) => [...plaintext]).every((byte) => byte === 0)).toBe(true);
    }
  });

  test("a failing engine leaves no keys either", () => {
    const { engine, secrets } = recordingEngine();
    const broken: FloeEngine = {
      ...engine,
      aes256GcmEncrypt(...given) {
        engine.aes256GcmEncrypt(...given);
        throw new Error("engine broke");
      },
    };
    expect(() => encrypt(params, key, aad, pattern(20), broken)).toThrow("engine broke");
    expect(secrets.size).toBeGreaterThan(4);
    expect(unwiped(secrets, key)).toBe(0);
  });
});

describe("wrong key, AAD or parameters", () => {
  const ciphertext = encrypt(params, key, aad, pattern(20));
  test.each([
    ["key", () => decrypt(params, pattern(32, 9), aad, ciphertext), "AUTHENTICATION_FAILED"],
    ["AAD", () => decrypt(params, key, pattern(7, 9), ciphertext), "AUTHENTICATION_FAILED"],
    ["longer AAD", () => decrypt(params, key, join([aad, pattern(1)]), ciphertext), "AUTHENTICATION_FAILED"],
    ["segment length", () => decrypt(floeParams({ segmentLength: 48 }), key, aad, ciphertext), "BAD_HEADER"],
  ])("%s", (_, action, code) => {
    expect(codeOf(action)).toBe(code);
  });
});

/** Every way to change a ciphertext that the properties below try, and the code that must come of it. */
interface Attack {
  readonly name: string;
  readonly ciphertext: Uint8Array;
  readonly code: string;
  /** How many segments are in their place before the damage; what a stream may release, at most. */
  readonly intact: number;
}

const AUTHENTICATION_FAILED = "AUTHENTICATION_FAILED";

function segmentsOf(ciphertext: Uint8Array): Uint8Array[] {
  return [...cut(ciphertext.subarray(HEADER), [SEGMENT])];
}

function flip(ciphertext: Uint8Array, bit: number): Attack {
  const at = bit >> 3;
  const changed = ciphertext.slice();
  changed[at] = (changed[at] ?? 0) ^ (1 << (bit & 7));
  const name = `bit ${bit}`;
  if (at < HEADER) {
    return { name, ciphertext: changed, code: at < 10 ? "BAD_HEADER" : AUTHENTICATION_FAILED, intact: 0 };
  }
  const intact = Math.floor((at - HEADER) / SEGMENT);
  const start = HEADER + intact * SEGMENT;
  const available = ciphertext.length - start;
  const claimed = new DataView(changed.buffer).getUint32(start);
  // A last segment that claims to be longer than it is looks like one that was cut.
  const looksCut = available <= SEGMENT && at - start < 4 && claimed > available && claimed <= SEGMENT;
  return { name, ciphertext: changed, code: looksCut ? "TRUNCATED" : AUTHENTICATION_FAILED, intact };
}

function cutTo(ciphertext: Uint8Array, length: number): Attack {
  const intact = Math.max(0, Math.floor((length - HEADER) / SEGMENT));
  return { name: `cut to ${length}`, ciphertext: ciphertext.slice(0, length), code: "TRUNCATED", intact };
}

function extend(ciphertext: Uint8Array, tail: Uint8Array): Attack {
  const intact = segmentsOf(ciphertext).length - 1;
  return { name: `extended by ${tail.length}`, ciphertext: join([ciphertext, tail]), code: AUTHENTICATION_FAILED, intact };
}

/** Puts other segments in the place of these; `intact` is found by comparing. */
function rearrange(name: string, ciphertext: Uint8Array, segments: readonly Uint8Array[], code = AUTHENTICATION_FAILED): Attack {
  const original = segmentsOf(ciphertext).map(hex);
  const changed = segments.map(hex);
  const firstChange = changed.findIndex((segment, index) => segment !== original[index]);
  const intact = firstChange === -1 ? Math.min(changed.length, original.length - 1) : firstChange;
  return { name, ciphertext: join([ciphertext.subarray(0, HEADER), ...segments]), code, intact: Math.min(intact, original.length - 1) };
}

/** What came of decrypting an attack; compared in one piece, since thousands are. */
interface Outcome {
  readonly name: string;
  readonly code: string;
  readonly segment: number | undefined;
  readonly released: string;
  readonly keysLeft: number;
}

async function expectRefused(
  attack: Attack,
  plaintext: Uint8Array,
  sizes: readonly number[],
  engine: FloeEngine,
): Promise<void> {
  const { name } = attack;
  const recording = recordingEngine(engine);
  const whole = errorOf(() => decrypt(params, key, aad, attack.ciphertext, recording.engine));
  const outcome: Outcome = {
    name,
    code: whole.code,
    segment: whole.segment,
    released: "",
    keysLeft: unwiped(recording.secrets, key),
  };
  expect(outcome).toEqual({ ...outcome, code: attack.code, keysLeft: 0 });
  if (attack.ciphertext.length < HEADER) {
    return; // There is no header to begin a stream with.
  }

  const { released, error } = await failureOf(streamOf(attack.ciphertext, sizes, recording.engine));
  expect({
    name,
    code: error.code,
    segment: error.segment,
    released: hex(released),
    keysLeft: unwiped(recording.secrets, key),
    // Only whole segments before the damage may be released, and they are the true ones.
  }).toEqual({ ...outcome, released: hex(plaintext.subarray(0, attack.intact * FULL)) });
}

async function* streamOf(
  ciphertext: Uint8Array,
  sizes: readonly number[],
  engine: FloeEngine,
): AsyncGenerator<Uint8Array, void, undefined> {
  const decryptor = startDecryption(params, key, aad, ciphertext.subarray(0, HEADER), engine);
  yield* decryptChunks(decryptor, cut(ciphertext.subarray(HEADER), sizes));
}

describe("changed ciphertexts are refused alike as a buffer and as a stream, without a byte of a failing segment", () => {
  const lengths = [0, 1, FULL - 1, FULL, FULL + 1, 3 * FULL, 3 * FULL + 5];
  const chunkSizes = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 });

  test("every bit of header and length fields, and one of every other byte", async () => {
    const plaintext = pattern(FULL + 3);
    const ciphertext = encrypt(params, key, aad, plaintext);
    for (let bit = 0; bit < ciphertext.length * 8; bit += 1) {
      const at = bit >> 3;
      if (at >= HEADER && (at - HEADER) % SEGMENT >= 4 && (bit & 7) !== (at & 7)) {
        continue;
      }
      await expectRefused(flip(ciphertext, bit), plaintext, [16], nodeEngine);
    }
  });

  test.each(lengths)("every cut of a message of %d bytes", async (length) => {
    const plaintext = pattern(length);
    const ciphertext = encrypt(params, key, aad, plaintext);
    for (let to = 0; to < ciphertext.length; to += 1) {
      await expectRefused(cutTo(ciphertext, to), plaintext, [7], nodeEngine);
    }
  });

  test.each(ENGINES)("any flip, cut or extension, in any chunks, on %s", async (_, engine) => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 60 }),
        fc.nat(),
        fc.uint8Array({ minLength: 1, maxLength: 2 * SEGMENT }),
        chunkSizes,
        async (length, where, tail, sizes) => {
          const plaintext = pattern(length);
          const ciphertext = encrypt(params, key, aad, plaintext, engine);
          await expectRefused(flip(ciphertext, where % (ciphertext.length * 8)), plaintext, sizes, engine);
          await expectRefused(cutTo(ciphertext, where % ciphertext.length), plaintext, sizes, engine);
          await expectRefused(extend(ciphertext, tail), plaintext, sizes, engine);
        },
      ),
    );
  });

  test.each(ENGINES)("any two segments swapped, any one repeated, left out or taken from another message, on %s", async (_, engine) => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 6 }),
        fc.integer({ min: 1, max: FULL }),
        fc.nat(),
        fc.nat(),
        chunkSizes,
        async (count, tail, first, second, sizes) => {
          const plaintext = pattern((count - 1) * FULL + tail);
          const ciphertext = encrypt(params, key, aad, plaintext, engine);
          const theirs = encrypt(params, key, aad, plaintext, engine); // Same key, AAD and plaintext; another IV.
          const own = segmentsOf(ciphertext);
          const foreign = segmentsOf(theirs);
          const a = first % count;
          const b = (a + 1 + (second % (count - 1))) % count;
          const pick = (from: readonly Uint8Array[], index: number): Uint8Array => from[index] ?? pattern(0);

          const swapped = own.with(a, pick(own, b)).with(b, pick(own, a));
          await expectRefused(rearrange(`swap ${a} and ${b}`, ciphertext, swapped), plaintext, sizes, engine);
          const repeated = own.toSpliced(a, 0, pick(own, a));
          await expectRefused(rearrange(`repeat ${a}`, ciphertext, repeated), plaintext, sizes, engine);
          const code = a === count - 1 ? "TRUNCATED" : AUTHENTICATION_FAILED;
          await expectRefused(rearrange(`leave out ${a}`, ciphertext, own.toSpliced(a, 1), code), plaintext, sizes, engine);
          const spliced = own.with(a, pick(foreign, a));
          await expectRefused(rearrange(`splice ${a}`, ciphertext, spliced), plaintext, sizes, engine);
          const headed = join([theirs.subarray(0, HEADER), ...own]);
          await expectRefused(
            { name: "another header", ciphertext: headed, code: AUTHENTICATION_FAILED, intact: 0 },
            plaintext,
            sizes,
            engine,
          );
        },
      ),
    );
  });
});
