import { describe, expect, jest, test } from "@jest/globals";
import fc from "fast-check";

import { nodeEngine } from "../../../runtime/floe/index.js";
import { nobleEngine } from "../../../runtime/floe/noble-engine.js";
import { ENGINES, hex, pattern } from "./support.js";

function bytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}

const anyBytes = fc.uint8Array({ minLength: 0, maxLength: 200 });
const anyKey = fc.uint8Array({ minLength: 32, maxLength: 32 });
const anyIv = fc.uint8Array({ minLength: 12, maxLength: 12 });

describe.each(ENGINES)("%s engine", (_, engine) => {
  // "The Galois/Counter Mode of Operation (GCM)", McGrew and Viega, appendix B, test case 16.
  test("AES-256-GCM answers as published, both ways", () => {
    const key = bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    const iv = bytes("cafebabefacedbaddecaf888");
    const aad = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    const plaintext = bytes(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" +
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
    );
    const sealed =
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a" +
      "bcc9f66276fc6ece0f4e1768cddf8853bb2d551b";
    const out = new Uint8Array(plaintext.length + 16);
    engine.aes256GcmEncrypt(key, iv, aad, plaintext, out);
    expect(hex(out)).toBe(sealed);
    expect(engine.aes256GcmDecrypt(key, iv, aad, out)).toEqual(plaintext);
  });

  // RFC 4231, test cases 1 (short key) and 6 (key longer than a block).
  test.each([
    [
      "0b".repeat(20),
      "Hi There",
      "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
    ],
    [
      "aa".repeat(131),
      "Test Using Larger Than Block-Size Key - Hash Key First",
      "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
    ],
  ])("HMAC-SHA-384 answers as published", (key, message, expected) => {
    expect(hex(engine.hmacSha384(bytes(key), new TextEncoder().encode(message)))).toBe(expected);
  });

  test.each(["sealed", "aad", "iv", "key"] as const)("a changed %s gives undefined, not an exception", (changed) => {
    const given = { key: pattern(32), iv: pattern(12), aad: pattern(9), sealed: new Uint8Array(5 + 16) };
    engine.aes256GcmEncrypt(given.key, given.iv, given.aad, pattern(5), given.sealed);
    given[changed][0] = (given[changed][0] ?? 0) ^ 1;
    expect(engine.aes256GcmDecrypt(given.key, given.iv, given.aad, given.sealed)).toBeUndefined();
  });

  test("a misuse is an exception, not a failed authentication", () => {
    expect(() => engine.aes256GcmDecrypt(pattern(31), pattern(12), pattern(9), pattern(21))).toThrow();
  });

  test("changes none of its inputs and gives plain new memory", () => {
    const inputs = [pattern(32), pattern(12, 1), pattern(9, 2), pattern(33, 3)] as const;
    const sealed = new Uint8Array(33 + 16);
    engine.aes256GcmEncrypt(...inputs, sealed);
    const opened = engine.aes256GcmDecrypt(inputs[0], inputs[1], inputs[2], sealed);
    expect(inputs).toEqual([pattern(32), pattern(12, 1), pattern(9, 2), pattern(33, 3)]);
    for (const output of [opened, engine.hmacSha384(inputs[0], inputs[3]), engine.randomBytes(12)]) {
      expect(Buffer.isBuffer(output)).toBe(false);
      expect(output).toBeInstanceOf(Uint8Array);
    }
  });

  test("equal compares lengths and bytes", () => {
    expect(engine.equal(pattern(32), pattern(32))).toBe(true);
    expect(engine.equal(pattern(32), pattern(32, 1))).toBe(false);
    expect(engine.equal(pattern(32), pattern(31))).toBe(false);
    expect(engine.equal(pattern(0), pattern(0))).toBe(true);
  });

  test("randomBytes gives the length asked for, and never the same twice", () => {
    expect(engine.randomBytes(32)).toHaveLength(32);
    expect(new Set(Array.from({ length: 100 }, () => hex(engine.randomBytes(12)))).size).toBe(100);
  });
});

test("both engines agree on everything", () => {
  fc.assert(
    fc.property(anyKey, anyIv, anyBytes, anyBytes, (key, iv, aad, plaintext) => {
      const outs = [nodeEngine, nobleEngine].map((engine) => {
        const out = new Uint8Array(plaintext.length + 16);
        engine.aes256GcmEncrypt(key, iv, aad, plaintext, out);
        return out;
      });
      const [native = new Uint8Array(), portable = new Uint8Array()] = outs;
      expect(portable).toEqual(native);
      expect(nodeEngine.aes256GcmDecrypt(key, iv, aad, portable)).toEqual(plaintext);
      expect(nobleEngine.aes256GcmDecrypt(key, iv, aad, native)).toEqual(plaintext);
      expect(nobleEngine.hmacSha384(key, aad)).toEqual(nodeEngine.hmacSha384(key, aad));
    }),
  );
});

test("the portable engine and everything beneath the index run where there is no node:crypto", async () => {
  await jest.isolateModulesAsync(async () => {
    jest.doMock("node:crypto", () => {
      throw new Error("no OpenSSL here");
    });
    try {
      const { encryptWhole, decryptWhole } = await import("../../../runtime/floe/whole.js");
      const { floeParams } = await import("../../../runtime/floe/params.js");
      const { nobleEngine: portable } = await import("../../../runtime/floe/noble-engine.js");
      const params = floeParams({ segmentLength: 64 });
      const ciphertext = encryptWhole(params, pattern(32), pattern(3), pattern(100), portable);
      expect(decryptWhole(params, pattern(32), pattern(3), ciphertext, portable)).toEqual(pattern(100));
      await expect(import("../../../runtime/floe/index.js")).rejects.toThrow("no OpenSSL here");
    } finally {
      jest.dontMock("node:crypto");
    }
  });
});
