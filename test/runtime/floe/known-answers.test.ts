import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

import { describe, expect, test } from "@jest/globals";

import { decrypt, decryptChunks, floeParams, plaintextLength, startDecryption } from "../../../runtime/floe/index.js";
import { collect, cut, ENGINES, hex } from "./support.js";

/** Lent by the team, not part of the repository (Apache-2.0, Snowflake); its README.md says what each file is. */
const FOLDER = path.resolve(__dirname, "../../../../shared/floe-kats");
const KEY = new Uint8Array(32);
const AAD = new TextEncoder().encode("This is AAD");
const ANSWERS = ["cpp", "go"].flatMap((author) => [
  { name: `${author}_GCM256_IV256_64`, params: floeParams({ segmentLength: 64 }) },
  { name: `${author}_GCM256_IV256_4K`, params: floeParams({ segmentLength: 4096 }) },
  { name: `${author}_rotation`, params: floeParams({ segmentLength: 40, rotationMaskBits: 2 }) },
]);

function read(name: string): Uint8Array {
  const text = readFileSync(path.join(FOLDER, name), "latin1").trim();
  const bytes = Buffer.from(text, "hex");
  expect(bytes.length * 2).toBe(text.length);
  return bytes;
}

if (existsSync(FOLDER)) {
  describe.each(ENGINES)("known answers on %s", (_, engine) => {
    test.each(ANSWERS)("$name, whole", ({ name, params }) => {
      const ciphertext = read(`${name}_ct.txt`);
      const plaintext = read(`${name}_pt.txt`);
      expect(hex(decrypt(params, KEY, AAD, ciphertext, engine))).toBe(hex(plaintext));
      expect(plaintextLength(params, ciphertext.length)).toBe(plaintext.length);
    });

    test.each(ANSWERS)("$name, streamed", async ({ name, params }) => {
      const ciphertext = read(`${name}_ct.txt`);
      const decryptor = startDecryption(params, KEY, AAD, ciphertext.subarray(0, 74), engine);
      const streamed = await collect(decryptChunks(decryptor, cut(ciphertext.subarray(74), [1, 7, 64, 3])));
      expect(hex(streamed)).toBe(hex(read(`${name}_pt.txt`)));
    });

    test("the rotation answer needs its rotation: under the standard mask it fails at the first new key", () => {
      const ciphertext = read("go_rotation_ct.txt");
      expect(() => decrypt(floeParams({ segmentLength: 40 }), KEY, AAD, ciphertext, engine)).toThrow(
        expect.objectContaining({ code: "AUTHENTICATION_FAILED", segment: 4 }),
      );
    });
  });
} else {
  test.skip("FLOE's known answers: skipped: ../shared/floe-kats absent", () => undefined);
}
