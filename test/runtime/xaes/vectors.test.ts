import { createHash } from "node:crypto";

import { describe, expect, test } from "@jest/globals";
import { shake128 } from "@noble/hashes/sha3.js";

import { deriveMessageKey } from "../../../runtime/xaes/derive.js";
import { openWithNonce, sealWithNonce } from "../../../runtime/xaes/deterministic.js";
import { nodeXaesEngine, openXaes, type XaesEngine } from "../../../runtime/xaes/index.js";
import { nobleXaesEngine } from "../../../runtime/xaes/noble-engine.js";

const ENGINES: readonly (readonly [string, XaesEngine])[] = [["node", nodeXaesEngine], ["noble", nobleXaesEngine]];

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function seal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array, engine: XaesEngine): Uint8Array {
  const out = new Uint8Array(plaintext.length + 16);
  sealWithNonce(key, nonce, aad, plaintext, out, engine);
  return out;
}

describe.each(ENGINES)("c2sp.org/XAES-256-GCM, test vectors, on %s", (_, engine) => {
  const nonce = ascii("ABCDEFGHIJKLMNOPQRSTUVWX");
  const plaintext = ascii("XAES-256-GCM");

  test.each([
    {
      name: "the first bit of L is 0",
      key: new Uint8Array(32).fill(1),
      derived: "c8612c9ed53fe43e8e005b828a1631a0bbcb6ab2f46514ec4f439fcfd0fa969b",
      aad: ascii(""),
      ciphertext: "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271",
    },
    {
      name: "the first bit of L is 1",
      key: new Uint8Array(32).fill(3),
      derived: "e9c621d4cdd9b11b00a6427ad7e559aeedd66b3857646677748f8ca796cb3fd8",
      aad: ascii("c2sp.org/XAES-256-GCM"),
      ciphertext: "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d",
    },
  ])("$name", ({ key, derived, aad, ciphertext }) => {
    const message = deriveMessageKey(key, nonce, engine);
    expect([hex(message.key), hex(message.nonce)]).toEqual([derived, "4d4e4f505152535455565758"]);
    const sealed = seal(key, nonce, aad, plaintext, engine);
    expect(hex(sealed)).toBe(ciphertext);
    expect(openWithNonce(key, nonce, aad, sealed, engine)).toEqual(plaintext);
    expect(openXaes(key, aad, Uint8Array.from(Buffer.concat([nonce, sealed])), engine)).toEqual(plaintext);
  });
});

/** One round's input, as the specification's struct reads it from the stream. */
interface Round {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly plaintext: Uint8Array;
  readonly aad: Uint8Array;
}

function* rounds(count: number): Generator<Round, void, undefined> {
  const stream = shake128.create({});
  const vector = (): Uint8Array => stream.xof(stream.xof(1)[0] ?? 0);
  for (let round = 0; round < count; round += 1) {
    yield { key: stream.xof(32), nonce: stream.xof(24), plaintext: vector(), aad: vector() };
  }
}

describe("c2sp.org/XAES-256-GCM, accumulated randomized test", () => {
  const ACCUMULATED_10_000 = "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939";

  test("the stream is the specification's", () => {
    expect(hex(shake128.create({}).xof(16))).toBe("7f9c2ba4e88f827d616045507605853e");
  });

  test.each(ENGINES)("10,000 rounds on %s", (_, engine) => {
    const accumulated = createHash("shake128", { outputLength: 32 });
    for (const { key, nonce, plaintext, aad } of rounds(10_000)) {
      accumulated.update(seal(key, nonce, aad, plaintext, engine));
    }
    expect(accumulated.digest("hex")).toBe(ACCUMULATED_10_000);
  });

  // Opening has no published hash; 500 rounds are enough to see it undo what the full test has just fixed.
  test("500 rounds on either engine open on the other", () => {
    let round = 0;
    for (const { key, nonce, plaintext, aad } of rounds(500)) {
      const native = seal(key, nonce, aad, plaintext, nodeXaesEngine);
      const portable = seal(key, nonce, aad, plaintext, nobleXaesEngine);
      expect(openWithNonce(key, nonce, aad, native, nobleXaesEngine)).toEqual(plaintext);
      expect(openWithNonce(key, nonce, aad, portable, nodeXaesEngine)).toEqual(plaintext);
      round += 1;
    }
    expect(round).toBe(500);
  });
});
