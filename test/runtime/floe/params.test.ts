import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";

import {
  ciphertextLength,
  encrypt,
  FLOE_1M,
  FLOE_HEADER_LENGTH,
  floeParams,
  plaintextLength,
} from "../../../runtime/floe/index.js";
import { MAX_SEGMENTS } from "../../../runtime/floe/params.js";
import { codeOf, ENGINES, errorOf, hex, pattern } from "./support.js";
import { referenceHeader } from "./reference.js";

describe("floeParams", () => {
  test("completes, freezes, and names the published set", () => {
    expect(floeParams({ segmentLength: 64 })).toEqual({ segmentLength: 64, rotationMaskBits: 20 });
    expect(FLOE_1M).toEqual({ segmentLength: 1_048_576, rotationMaskBits: 20 });
    expect(Object.isFrozen(FLOE_1M)).toBe(true);
  });

  test.each([33, 64 * 1024 * 1024])("takes segments of %d bytes", (segmentLength) => {
    expect(floeParams({ segmentLength }).segmentLength).toBe(segmentLength);
  });

  test.each([32, 64 * 1024 * 1024 + 1, 0, -1, 40.5, NaN, Infinity])("refuses segments of %d bytes", (segmentLength) => {
    const error = errorOf(() => floeParams({ segmentLength }));
    expect(error.code).toBe("BAD_PARAMETERS");
    expect(error.message).toBe(`segmentLength must be a whole number from 33 to 67108864, not ${segmentLength}.`);
  });

  test.each([-1, 21, 0.5, NaN])("refuses a rotation mask of %d bits", (rotationMaskBits) => {
    const error = errorOf(() => floeParams({ segmentLength: 64, rotationMaskBits }));
    expect(error.code).toBe("BAD_PARAMETERS");
    expect(error.message).toBe(`rotationMaskBits must be a whole number from 0 to 20, not ${rotationMaskBits}.`);
  });

  test("hand-made parameters are checked where they are used", () => {
    const params = { segmentLength: 16, rotationMaskBits: 20 };
    expect(codeOf(() => encrypt(params, pattern(32), pattern(0), pattern(1)))).toBe("BAD_PARAMETERS");
    expect(codeOf(() => plaintextLength(params, 106))).toBe("BAD_PARAMETERS");
    expect(codeOf(() => ciphertextLength(params, 1))).toBe("BAD_PARAMETERS");
  });
});

describe.each(ENGINES)("header on %s", (_, engine) => {
  test.each([33, 40, 4096, 1_048_576])("with segments of %d bytes is what the specification says", (segmentLength) => {
    const key = pattern(32, 1);
    const aad = pattern(2000, 2); // More than the 1,024 bytes of info that Node's own hkdf takes.
    const header = encrypt(floeParams({ segmentLength }), key, aad, pattern(0), engine).subarray(0, FLOE_HEADER_LENGTH);
    const view = new DataView(header.buffer, header.byteOffset, header.length);
    expect(FLOE_HEADER_LENGTH).toBe(74);
    expect([view.getUint8(0), view.getUint8(1), view.getUint32(2), view.getUint32(6)]).toEqual([0, 0, segmentLength, 32]);
    const iv = header.subarray(10, 42);
    expect(hex(header)).toBe(hex(referenceHeader({ segmentLength, rotationMaskBits: 20n, key, iv, aad })));
  });

  test("has a fresh IV each time", () => {
    const ivs = Array.from({ length: 20 }, () => hex(encrypt(FLOE_1M, pattern(32), pattern(0), pattern(0), engine).subarray(10, 42)));
    expect(new Set(ivs).size).toBe(20);
  });
});

describe("lengths", () => {
  const params = floeParams({ segmentLength: 40 });

  test.each([
    [0, 106],
    [1, 107],
    [7, 113],
    [8, 114],
    [9, 74 + 40 + 33],
    [16, 74 + 80],
    [17, 74 + 80 + 33],
  ])("%d bytes of plaintext are %d of ciphertext, and back", (plaintext, ciphertext) => {
    expect(ciphertextLength(params, plaintext)).toBe(ciphertext);
    expect(plaintextLength(params, ciphertext)).toBe(plaintext);
  });

  test("an empty last segment after full ones is legal to read, though never written", () => {
    expect(plaintextLength(params, 74 + 80 + 32)).toBe(16);
  });

  test.each([0, 73, 74, 74 + 31, 74 + 40 + 1, 74 + 80 + 31])("no ciphertext is %d bytes long", (length) => {
    expect(codeOf(() => plaintextLength(params, length))).toBe("TRUNCATED");
  });

  test.each([-1, 0.5, NaN, 2 ** 53])("%d is no length", (length) => {
    expect(codeOf(() => plaintextLength(params, length))).toBe("BAD_PARAMETERS");
    expect(codeOf(() => ciphertextLength(params, length))).toBe("BAD_PARAMETERS");
  });

  test("2^40 segments are the most", () => {
    const most = MAX_SEGMENTS * 8;
    expect(MAX_SEGMENTS).toBe(1_099_511_627_776);
    expect(plaintextLength(params, ciphertextLength(params, most))).toBe(most);
    expect(codeOf(() => ciphertextLength(params, most + 1))).toBe("BAD_PARAMETERS");
    expect(codeOf(() => plaintextLength(params, 74 + MAX_SEGMENTS * 40 + 33))).toBe("BAD_PARAMETERS");
  });

  test("what numbers cannot hold exactly is refused", () => {
    expect(codeOf(() => ciphertextLength(FLOE_1M, Number.MAX_SAFE_INTEGER))).toBe("BAD_PARAMETERS");
  });

  test("are each other's inverse, and what encrypt does", () => {
    fc.assert(
      fc.property(fc.integer({ min: 33, max: 200 }), fc.integer({ min: 0, max: 2000 }), (segmentLength, length) => {
        const some = floeParams({ segmentLength });
        expect(plaintextLength(some, ciphertextLength(some, length))).toBe(length);
        expect(encrypt(some, pattern(32), pattern(3), pattern(length)).length).toBe(ciphertextLength(some, length));
      }),
    );
  });
});
