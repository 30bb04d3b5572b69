import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";

import * as xaes from "../../../runtime/xaes/index.js";
import { sealWithNonce } from "../../../runtime/xaes/deterministic.js";
import { nobleXaesEngine } from "../../../runtime/xaes/noble-engine.js";

const { nodeXaesEngine, openXaes, sealXaes, XaesError } = xaes;
const ENGINES: readonly (readonly [string, xaes.XaesEngine])[] = [["node", nodeXaesEngine], ["noble", nobleXaesEngine]];

const key = Uint8Array.from({ length: 32 }, (_, index) => index + 1);
const aad = Uint8Array.of(1, 2, 3);
const bytes = fc.uint8Array({ maxLength: 300 });
const anyKey = fc.uint8Array({ minLength: 32, maxLength: 32 });

/** Code and message of the XaesError that `action` throws; anything else fails the test. */
function errorOf(action: () => unknown): [string, string] {
  try {
    action();
  } catch (error) {
    if (error instanceof XaesError) {
      return [error.code, error.message];
    }
    throw error;
  }
  throw new Error("expected a XaesError, but nothing was thrown");
}

const REFUSED = ["AUTHENTICATION_FAILED", "the tag does not verify: wrong key, wrong AAD, or changed bytes."];

/** An engine that remembers every buffer that it saw as a key or gave out as key material. */
function recordingEngine(inner: xaes.XaesEngine): { readonly engine: xaes.XaesEngine; readonly secrets: Set<Uint8Array> } {
  const secrets = new Set<Uint8Array>();
  const engine: xaes.XaesEngine = {
    ...inner,
    aes256GcmEncrypt(gcmKey, ...rest) {
      secrets.add(gcmKey);
      inner.aes256GcmEncrypt(gcmKey, ...rest);
    },
    aes256GcmDecrypt(gcmKey, ...rest) {
      secrets.add(gcmKey);
      return inner.aes256GcmDecrypt(gcmKey, ...rest);
    },
    aes256EncryptBlocks(blockKey, blocks) {
      const encrypted = inner.aes256EncryptBlocks(blockKey, blocks);
      secrets.add(blockKey).add(blocks).add(encrypted);
      return encrypted;
    },
  };
  return { engine, secrets };
}

describe.each(ENGINES)("XAES-256-GCM on %s", (_, engine) => {
  const other = engine === nodeXaesEngine ? nobleXaesEngine : nodeXaesEngine;

  test("what is sealed on one engine opens on both", () => {
    fc.assert(
      fc.property(anyKey, bytes, bytes, (someKey, someAad, plaintext) => {
        const sealed = sealXaes(someKey, someAad, plaintext, engine);
        expect(sealed).toHaveLength(24 + plaintext.length + 16);
        expect(openXaes(someKey, someAad, sealed, engine)).toEqual(plaintext);
        expect(openXaes(someKey, someAad, sealed, other)).toEqual(plaintext);
      }),
    );
  });

  test("is nonce, ciphertext and tag under that nonce", () => {
    const plaintext = Uint8Array.of(9, 8, 7);
    const sealed = sealXaes(key, aad, plaintext, engine);
    const body = new Uint8Array(3 + 16);
    sealWithNonce(key, sealed.subarray(0, 24), aad, plaintext, body, other);
    expect(sealed.subarray(24)).toEqual(body);
  });

  test("draws a fresh nonce each time", () => {
    const nonces = Array.from({ length: 100 }, () => Buffer.from(sealXaes(key, aad, aad, engine).subarray(0, 24)).toString("hex"));
    expect(new Set(nonces).size).toBe(100);
  });

  test("every flipped bit is refused", () => {
    const sealed = sealXaes(key, aad, Uint8Array.of(1, 2, 3, 4, 5), engine);
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = sealed.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect([bit, ...errorOf(() => openXaes(key, aad, changed, engine))]).toEqual([bit, ...REFUSED]);
    }
  });

  test("any other key, AAD or length is refused", () => {
    fc.assert(
      fc.property(anyKey, bytes, bytes, fc.uint8Array({ minLength: 1, maxLength: 50 }), (someKey, someAad, plaintext, more) => {
        const sealed = sealXaes(key, aad, plaintext, engine);
        fc.pre(Buffer.compare(someKey, key) !== 0 && Buffer.compare(someAad, aad) !== 0);
        expect(errorOf(() => openXaes(someKey, aad, sealed, engine))).toEqual(REFUSED);
        expect(errorOf(() => openXaes(key, someAad, sealed, engine))).toEqual(REFUSED);
        expect(errorOf(() => openXaes(key, aad, Buffer.concat([sealed, more]), engine))).toEqual(REFUSED);
        if (plaintext.length > 0) {
          expect(errorOf(() => openXaes(key, aad, sealed.subarray(0, -1), engine))).toEqual(REFUSED);
        }
      }),
      { numRuns: 50 },
    );
  });

  test.each([0, 1, 24, 39])("%d bytes cannot be a sealed text", (length) => {
    expect(errorOf(() => openXaes(key, aad, new Uint8Array(length), engine))).toEqual([
      "BAD_LENGTH",
      `sealed must be 40 to 1073741864 bytes long, not ${length}.`,
    ]);
  });

  test.each([0, 16, 31, 33])("a key of %d bytes is refused both ways", (length) => {
    const expected = ["BAD_LENGTH", `key must be 32 bytes long, not ${length}.`];
    expect(errorOf(() => sealXaes(new Uint8Array(length), aad, aad, engine))).toEqual(expected);
    expect(errorOf(() => openXaes(new Uint8Array(length), aad, new Uint8Array(40), engine))).toEqual(expected);
  });

  test("wipes what it derives, also when it refuses, and changes nothing that it was lent", () => {
    const lent = { key: key.slice(), aad: aad.slice(), plaintext: Uint8Array.of(4, 5, 6) };
    const { engine: recording, secrets } = recordingEngine(engine);
    const sealed = sealXaes(lent.key, lent.aad, lent.plaintext, recording);
    const before = sealed.slice();
    openXaes(lent.key, lent.aad, sealed, recording);
    expect(errorOf(() => openXaes(lent.key, Uint8Array.of(1), sealed, recording))).toEqual(REFUSED);
    // The lent key; per call two inputs and two outputs of the block cipher, of which one is the message key.
    expect(secrets.size).toBe(1 + 3 * 4);
    expect([...secrets].filter((secret) => secret.some((byte) => byte !== 0))).toEqual([lent.key]);
    expect(lent).toEqual({ key, aad, plaintext: Uint8Array.of(4, 5, 6) });
    expect(sealed).toEqual(before);
  });
});

const text = "x".repeat(48) as unknown as Uint8Array;
const huge = (length: number): Uint8Array => new Uint8Array(length); // Never touched, so never really there.

test.each<[string, () => unknown, string]>([
  ["key", () => sealXaes(text.slice(0, 32), aad, aad), "key must be a Uint8Array."],
  ["aad", () => sealXaes(key, text, aad), "aad must be a Uint8Array."],
  ["plaintext", () => sealXaes(key, aad, text), "plaintext must be a Uint8Array."],
  ["sealed", () => openXaes(key, aad, text), "sealed must be a Uint8Array."],
  ["long plaintext", () => sealXaes(key, aad, huge(2 ** 30 + 1)), "plaintext must be 0 to 1073741824 bytes long, not 1073741825."],
  ["long sealed", () => openXaes(key, aad, huge(2 ** 30 + 41)), "sealed must be 40 to 1073741864 bytes long, not 1073741865."],
])("bad argument: %s", (_, action, message) => {
  expect(errorOf(action)).toEqual(["BAD_LENGTH", message]);
});

test("a nonce of another length is refused", () => {
  const out = new Uint8Array(16);
  expect(errorOf(() => { sealWithNonce(key, new Uint8Array(12), aad, new Uint8Array(0), out, nodeXaesEngine); })).toEqual([
    "BAD_LENGTH",
    "nonce must be 24 bytes long, not 12.",
  ]);
});

test("the index does not offer a nonce of the caller's", () => {
  expect(Object.keys(xaes).sort()).toEqual([
    "XAES_KEY_LENGTH",
    "XAES_MAX_PLAINTEXT_LENGTH",
    "XAES_OVERHEAD",
    "XaesError",
    "nodeXaesEngine",
    "openXaes",
    "sealXaes",
  ]);
});
