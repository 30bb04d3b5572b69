import { describe, expect, test } from "@jest/globals";

import {
  decrypt,
  encrypt,
  type FloeEngine,
  floeParams,
  nodeEngine,
  startDecryption,
  startEncryption,
} from "../../../runtime/floe/index.js";
import { beginDecryption, beginEncryption } from "../../../runtime/floe/message.js";
import { FloeDecryptor, FloeEncryptor } from "../../../runtime/floe/sequential.js";
import { codeOf, ENGINES, errorOf, join, pattern, recordingEngine, unwiped } from "./support.js";

const params = floeParams({ segmentLength: 40 });
const key = pattern(32, 1);
const aad = pattern(7, 2);

/** Three segments: 8, 8 and 3 bytes of plaintext. */
function message(engine: FloeEngine = nodeEngine): { header: Uint8Array; segments: [Uint8Array, Uint8Array, Uint8Array] } {
  const ciphertext = encrypt(params, key, aad, pattern(19), engine);
  return {
    header: ciphertext.slice(0, 74),
    segments: [ciphertext.slice(74, 114), ciphertext.slice(114, 154), ciphertext.slice(154)],
  };
}

describe.each(ENGINES)("segment by segment on %s", (_, engine) => {
  test("writes what decrypt reads, and counts", () => {
    const encryptor = startEncryption(params, key, aad, engine);
    expect(encryptor.header).toHaveLength(74);
    expect(encryptor.headerTag).toEqual(encryptor.header.slice(42));
    expect(encryptor.position).toBe(0);
    const segments = [
      encryptor.encryptSegment(pattern(8)),
      encryptor.encryptSegment(pattern(8, 8)),
      encryptor.encryptLastSegment(pattern(3, 16)),
    ];
    expect(segments.map((segment) => segment.length)).toEqual([40, 40, 35]);
    expect(encryptor.position).toBe(3);
    expect(decrypt(params, key, aad, join([encryptor.header, ...segments]), engine)).toEqual(
      join([pattern(8), pattern(8, 8), pattern(3, 16)]),
    );
  });

  test("reads what encrypt writes, and tells the last", () => {
    const { header, segments } = message(engine);
    const decryptor = startDecryption(params, key, aad, header, engine);
    expect(decryptor.headerTag).toEqual(header.slice(42));
    const whole = pattern(19);
    expect(segments.map((segment) => decryptor.decryptSegment(segment))).toEqual([
      { plaintext: whole.slice(0, 8), last: false },
      { plaintext: whole.slice(8, 16), last: false },
      { plaintext: whole.slice(16), last: true },
    ]);
    expect(decryptor.position).toBe(3);
  });

  test("a full and an empty last segment", () => {
    for (const plaintext of [pattern(8), pattern(0)]) {
      const encryptor = startEncryption(params, key, aad, engine);
      const segment = encryptor.encryptLastSegment(plaintext);
      const decryptor = startDecryption(params, key, aad, encryptor.header, engine);
      expect(decryptor.decryptSegment(segment)).toEqual({ plaintext, last: true });
    }
  });
});

describe("an encryptor", () => {
  test.each([0, 7, 9])("refuses %d bytes where 8 belong, and can go on", (length) => {
    const encryptor = startEncryption(params, key, aad);
    const error = errorOf(() => encryptor.encryptSegment(pattern(length)));
    expect(error.code).toBe("STATE");
    expect(error.message).toBe(`segment 0: every segment but the last takes exactly 8 bytes of plaintext, not ${length}.`);
    const segments = [encryptor.encryptSegment(pattern(8)), encryptor.encryptLastSegment(pattern(0))];
    expect(decrypt(params, key, aad, join([encryptor.header, ...segments]))).toEqual(pattern(8));
  });

  test("refuses a last segment that is too long", () => {
    const encryptor = startEncryption(params, key, aad);
    const error = errorOf(() => encryptor.encryptLastSegment(pattern(9)));
    expect(error.code).toBe("STATE");
    expect(error.message).toBe("segment 0: the last segment takes at most 8 bytes of plaintext, not 9.");
  });

  test.each([
    ["the last segment", "saw its last segment", (encryptor: FloeEncryptor) => { encryptor.encryptLastSegment(pattern(1)); }],
    ["close", "was closed", (encryptor: FloeEncryptor) => { encryptor.close(); }],
    ["both", "saw its last segment", (encryptor: FloeEncryptor) => {
      encryptor.encryptLastSegment(pattern(1));
      encryptor.close();
      encryptor.close();
    }],
  ])("refuses everything after %s", (_, why, end) => {
    const encryptor = startEncryption(params, key, aad);
    end(encryptor);
    for (const action of [
      () => encryptor.encryptSegment(pattern(8)),
      () => encryptor.encryptLastSegment(pattern(0)),
    ]) {
      const error = errorOf(action);
      expect([error.code, error.message]).toEqual([
        "STATE",
        `this encryptor ${why} and takes no more; start again.`,
      ]);
    }
  });

  test("refuses a segment where only the last one fits", () => {
    const { header, cipher } = beginEncryption(params, key, aad, nodeEngine);
    const encryptor = new FloeEncryptor(header, cipher, 3);
    const segments = [encryptor.encryptSegment(pattern(8)), encryptor.encryptSegment(pattern(8))];
    expect(codeOf(() => encryptor.encryptSegment(pattern(8)))).toBe("STATE");
    segments.push(encryptor.encryptLastSegment(pattern(8)));
    expect(decrypt(params, key, aad, join([header, ...segments]))).toHaveLength(24);
  });

  test("keeps its AAD when the caller reuses the buffer", () => {
    const lent = aad.slice();
    const encryptor = startEncryption(params, key, lent);
    lent.fill(0);
    const segment = encryptor.encryptLastSegment(pattern(3));
    expect(decrypt(params, key, aad, join([encryptor.header, segment]))).toEqual(pattern(3));
  });
});

describe("a decryptor", () => {
  const changed = (segment: Uint8Array): Uint8Array => {
    const copy = segment.slice();
    copy[20] = (copy[20] ?? 0) ^ 1;
    return copy;
  };
  const withField = (segment: Uint8Array, field: number): Uint8Array => {
    const copy = segment.slice();
    new DataView(copy.buffer).setUint32(0, field);
    return copy;
  };

  test.each<[string, (m: ReturnType<typeof message>) => Uint8Array, string, string]>([
    ["nothing", () => pattern(0), "TRUNCATED", "the ciphertext ends after 0 bytes of it: it was cut."],
    ["3 bytes", (m) => m.segments[0].slice(0, 3), "TRUNCATED", "the ciphertext ends after 3 bytes of it: it was cut."],
    ["a cut segment", (m) => m.segments[0].slice(0, 39), "TRUNCATED", "the ciphertext ends after 39 bytes of it: it was cut."],
    ["a cut last segment", (m) => m.segments[2].slice(0, 34), "TRUNCATED", "the ciphertext ends after 34 bytes of it: it was cut."],
    ["a length below 32", (m) => withField(m.segments[2], 31), "AUTHENTICATION_FAILED", "no encryptor writes 31 as its length."],
    ["a length above a segment's", (m) => withField(m.segments[2], 41), "AUTHENTICATION_FAILED", "no encryptor writes 41 as its length."],
    ["a length below its own", (m) => withField(m.segments[2], 34), "AUTHENTICATION_FAILED", "it is the last one, yet more bytes follow."],
    ["a changed segment", (m) => changed(m.segments[0]), "AUTHENTICATION_FAILED", "its tag does not verify: it was changed or moved."],
    ["the second segment first", (m) => m.segments[1], "AUTHENTICATION_FAILED", "its tag does not verify: it was changed or moved."],
    ["the last segment first", (m) => m.segments[2], "AUTHENTICATION_FAILED", "its tag does not verify: it was changed or moved."],
    ["a full segment called last", (m) => withField(m.segments[0], 40), "AUTHENTICATION_FAILED", "its tag does not verify: it was changed or moved."],
    ["two segments at once", (m) => join([m.segments[0], m.segments[1]]), "STATE", "give one segment at a time: 40 bytes, not 80."],
  ])("refuses %s, and everything after it", (_, make, code, text) => {
    const given = message();
    const { engine, secrets } = recordingEngine();
    const decryptor = startDecryption(params, key, aad, given.header, engine);
    const error = errorOf(() => decryptor.decryptSegment(make(given)));
    expect([error.code, error.segment, error.message]).toEqual([code, 0, `segment 0: ${text}`]);
    expect(unwiped(secrets, key)).toBe(0);
    const after = errorOf(() => decryptor.decryptSegment(given.segments[0]));
    expect([after.code, after.message]).toEqual(["STATE", "this decryptor refused a segment and takes no more; start again."]);
    expect(decryptor.position).toBe(0);
  });

  test.each([
    ["the last segment", "saw its last segment", 3],
    ["close", "was closed", 1],
  ])("refuses everything after %s", (_, why, count) => {
    const { header, segments } = message();
    const decryptor = startDecryption(params, key, aad, header);
    for (const segment of segments.slice(0, count)) {
      decryptor.decryptSegment(segment);
    }
    decryptor.close();
    const error = errorOf(() => decryptor.decryptSegment(segments[1]));
    expect([error.code, error.message]).toEqual(["STATE", `this decryptor ${why} and takes no more; start again.`]);
  });

  test("an engine's own failure is passed on, and final", () => {
    const { header, segments } = message();
    const broken: FloeEngine = { ...nodeEngine, aes256GcmDecrypt: () => { throw new Error("engine broke"); } };
    const decryptor = startDecryption(params, key, aad, header, broken);
    expect(() => decryptor.decryptSegment(segments[0])).toThrow("engine broke");
    expect(codeOf(() => decryptor.decryptSegment(segments[0]))).toBe("STATE");
  });

  test("refuses a message with more segments than there can be", () => {
    const { header, segments } = message();
    const decryptor = new FloeDecryptor(header, beginDecryption(params, key, aad, header, nodeEngine), 2);
    decryptor.decryptSegment(segments[0]);
    const error = errorOf(() => decryptor.decryptSegment(segments[1]));
    expect([error.code, error.segment]).toEqual(["AUTHENTICATION_FAILED", 1]);
    expect(error.message).toBe("segment 1: the message goes on past its highest possible segment.");
  });

  test("keeps its AAD and header when the caller reuses the buffers", () => {
    const { header, segments } = message();
    const lentAad = aad.slice();
    const lentHeader = header.slice();
    const decryptor = startDecryption(params, key, lentAad, lentHeader);
    lentAad.fill(0);
    lentHeader.fill(0);
    expect(decryptor.decryptSegment(segments[0]).plaintext).toEqual(pattern(8));
    expect(decryptor.headerTag).toEqual(header.slice(42));
  });
});

describe("startDecryption", () => {
  const { header } = message();
  const flipped = (at: number): Uint8Array => {
    const copy = header.slice();
    copy[at] = (copy[at] ?? 0) ^ 0x80;
    return copy;
  };

  test.each([0, 73, 75])("refuses a header of %d bytes", (length) => {
    const error = errorOf(() => startDecryption(params, key, aad, pattern(length)));
    expect([error.code, error.message]).toEqual(["BAD_HEADER", `a FLOE header is 74 bytes long, not ${length}.`]);
  });

  test("every flipped parameter byte is BAD_HEADER, before any key is used", () => {
    const { engine, secrets } = recordingEngine();
    for (let at = 0; at < 10; at += 1) {
      expect(codeOf(() => startDecryption(params, key, aad, flipped(at), engine))).toBe("BAD_HEADER");
    }
    expect(secrets.size).toBe(0);
  });

  test("every flipped byte of IV and tag is AUTHENTICATION_FAILED", () => {
    for (let at = 10; at < 74; at += 1) {
      expect(codeOf(() => startDecryption(params, key, aad, flipped(at)))).toBe("AUTHENTICATION_FAILED");
    }
  });

  test.each([
    ["another key", () => startDecryption(params, pattern(32, 9), aad, header), "AUTHENTICATION_FAILED"],
    ["another AAD", () => startDecryption(params, key, pattern(7, 9), header), "AUTHENTICATION_FAILED"],
    ["no AAD", () => startDecryption(params, key, pattern(0), header), "AUTHENTICATION_FAILED"],
    ["another segment length", () => startDecryption(floeParams({ segmentLength: 41 }), key, aad, header), "BAD_HEADER"],
  ])("refuses %s", (_, action, code) => {
    expect(codeOf(action)).toBe(code);
  });

  test("compares the header's tag with the engine's constant-time comparison", () => {
    const compared: [number, number][] = [];
    const engine: FloeEngine = {
      ...nodeEngine,
      equal: (left, right) => {
        compared.push([left.length, right.length]);
        return nodeEngine.equal(left, right);
      },
    };
    startDecryption(params, key, aad, header, engine).close();
    expect(compared).toEqual([[10, 10], [32, 32]]);
  });
});

describe("bad arguments are refused by name", () => {
  const notBytes = "x".repeat(32) as unknown as Uint8Array;
  const { header, segments } = message();
  test.each<[string, () => unknown, string]>([
    ["short key", () => startEncryption(params, pattern(31), aad), "key must be 32 bytes long, not 31."],
    ["long key", () => startDecryption(params, pattern(33), aad, header), "key must be 32 bytes long, not 33."],
    ["key as text", () => startEncryption(params, notBytes, aad), "key must be a Uint8Array."],
    ["AAD as text", () => startEncryption(params, key, notBytes), "aad must be a Uint8Array."],
    ["header as text", () => startDecryption(params, key, aad, notBytes), "header must be a Uint8Array."],
    ["plaintext as text", () => startEncryption(params, key, aad).encryptLastSegment(notBytes), "plaintext must be a Uint8Array."],
    ["whole plaintext as text", () => encrypt(params, key, aad, notBytes), "plaintext must be a Uint8Array."],
    ["whole ciphertext as text", () => decrypt(params, key, aad, notBytes), "ciphertext must be a Uint8Array."],
    ["segment as text", () => startDecryption(params, key, aad, header).decryptSegment(notBytes), "segment must be a Uint8Array."],
  ])("%s", (_, action, text) => {
    const error = errorOf(action);
    expect([error.code, error.message]).toEqual(["BAD_PARAMETERS", text]);
    expect(segments).toHaveLength(3);
  });
});

describe("keys", () => {
  test("derived ones are wiped at the end, the lent one is untouched", () => {
    const lent = key.slice();
    const encrypting = recordingEngine();
    const encryptor = startEncryption(floeParams({ segmentLength: 40, rotationMaskBits: 0 }), lent, aad, encrypting.engine);
    const segments = [encryptor.encryptSegment(pattern(8)), encryptor.encryptSegment(pattern(8))];
    expect(unwiped(encrypting.secrets, lent)).toBe(2); // The message key and the current AEAD key, no older one.
    segments.push(encryptor.encryptLastSegment(pattern(1)));
    expect(unwiped(encrypting.secrets, lent)).toBe(0);

    const decrypting = recordingEngine();
    const decryptor = startDecryption(encryptor.params, lent, aad, encryptor.header, decrypting.engine);
    for (const segment of segments) {
      decryptor.decryptSegment(segment);
    }
    expect(decrypting.secrets.size).toBeGreaterThan(6);
    expect(unwiped(decrypting.secrets, lent)).toBe(0);
    expect(lent).toEqual(key);
  });

  test("derived ones are wiped by close", () => {
    const encrypting = recordingEngine();
    const encryptor = startEncryption(params, key, aad, encrypting.engine);
    encryptor.encryptSegment(pattern(8));
    expect(unwiped(encrypting.secrets, key)).toBe(2);
    encryptor.close();
    expect(unwiped(encrypting.secrets, key)).toBe(0);

    const decrypting = recordingEngine();
    const { header, segments } = message();
    const decryptor = startDecryption(params, key, aad, header, decrypting.engine);
    decryptor.decryptSegment(segments[0]);
    expect(unwiped(decrypting.secrets, key)).toBe(2);
    decryptor.close();
    expect(unwiped(decrypting.secrets, key)).toBe(0);
  });

  test("the lent key may be wiped as soon as the message has begun", () => {
    const lent = key.slice();
    const encryptor = startEncryption(params, lent, aad);
    lent.fill(0);
    const ciphertext = join([encryptor.header, encryptor.encryptLastSegment(pattern(5))]);
    expect(decrypt(params, key, aad, ciphertext)).toEqual(pattern(5));
  });
});
