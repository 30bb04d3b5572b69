import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decodeIdentity, encodeIdentity, type ObjectIdentity } from "../../../runtime/keychain/identity.js";
import { thrownBy } from "../support.js";

const IDENTITY: ObjectIdentity = { tenant: "acme", resource: "r", object: "o", keychain: "k", keyVersion: 1 };
const TEXT = '{"tenant":"acme","resource":"r","object":"o","keychain":"k","keyVersion":1}';

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

const id = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 60 })
  .filter((text) => text.isWellFormed() && Buffer.byteLength(text) <= 256);
const identity = fc.record({
  tenant: fc.stringMatching(/^[a-z0-9-]{3,32}$/),
  resource: id,
  object: id,
  keychain: id,
  keyVersion: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
});

describe("identity", () => {
  test("has one encoding: this one", () => {
    expect(Buffer.from(encodeIdentity(IDENTITY)).toString()).toBe(TEXT);
    const { tenant, ...others } = IDENTITY;
    expect(Buffer.from(encodeIdentity({ ...others, tenant })).toString()).toBe(TEXT);
    expect(decodeIdentity(bytes(TEXT))).toEqual(IDENTITY);
  });

  test("property: round trip, and different identities have different encodings", () => {
    fc.assert(
      fc.property(identity, identity, (a, b) => {
        expect(decodeIdentity(encodeIdentity(a))).toEqual(a);
        expect(Buffer.compare(encodeIdentity(a), encodeIdentity(b)) === 0).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });

  test("property: whatever bytes are accepted are the canonical ones", () => {
    fc.assert(
      fc.property(identity, fc.nat(), fc.integer({ min: 1, max: 255 }), (given, at, change) => {
        const encoded = encodeIdentity(given);
        const altered = encoded.map((byte, index) => (index === at % encoded.length ? byte ^ change : byte));
        let decoded: ObjectIdentity;
        try {
          decoded = decodeIdentity(altered);
        } catch (error) {
          expect(error).toMatchObject({ code: "BAD_HEADER" });
          return;
        }
        expect(Buffer.compare(encodeIdentity(decoded), altered)).toBe(0);
        expect(decoded).not.toEqual(given);
      }),
      { numRuns: 500 },
    );
  });

  test.each<[string, string]>([
    ["white space", TEXT.replace(":", ": ")],
    ["a newline at the end", `${TEXT}\n`],
    ["members in another order", '{"resource":"r","tenant":"acme","object":"o","keychain":"k","keyVersion":1}'],
    ["a member twice", TEXT.replace("{", '{"tenant":"other",')],
    ["an escaped letter", TEXT.replace('"r"', String.raw`"\u0072"`)],
    ["an escaped slash", TEXT.replace('"r"', String.raw`"\/"`)],
    ["a number with a fraction", TEXT.replace(":1}", ":1.0}")],
    ["a number with an exponent", TEXT.replace(":1}", ":1e0}")],
    ["a byte order mark", `\ufeff${TEXT}`],
  ])("refuses another spelling: %s", (_name, text) => {
    expect(thrownBy(() => decodeIdentity(bytes(text)))).toMatchObject({ code: "BAD_HEADER" });
  });

  test.each<[string, Uint8Array]>([
    ["nothing", new Uint8Array(0)],
    ["no JSON", bytes("{")],
    ["a list", bytes("[]")],
    ["null", bytes("null")],
    ["bytes that are no UTF-8", Uint8Array.from([...bytes(TEXT.slice(0, 20)), 0xff, ...bytes(TEXT.slice(20))])],
    ["a lone surrogate, escaped", bytes(TEXT.replace('"r"', String.raw`"\ud800"`))],
    ["a member too many", bytes(TEXT.replace("}", ',"name":"x"}'))],
    ["__proto__", bytes(TEXT.replace("}", ',"__proto__":{}}'))],
    ["a member too few", bytes(TEXT.replace(',"object":"o"', ""))],
    ["an empty id", bytes(TEXT.replace('"r"', '""'))],
    ["an id of 257 bytes", bytes(TEXT.replace('"r"', `"${"r".repeat(257)}"`))],
    ["a tenant out of its alphabet", bytes(TEXT.replace("acme", "Acme"))],
    ["key version 0", bytes(TEXT.replace(":1}", ":0}"))],
    ["a key version that is text", bytes(TEXT.replace(":1}", ':"1"}'))],
    ["a key version beyond what is exact", bytes(TEXT.replace(":1}", ":9007199254740993}"))],
  ])("refuses %s", (_name, encoded) => {
    expect(thrownBy(() => decodeIdentity(encoded))).toMatchObject({ code: "BAD_HEADER" });
  });

  test.each<[string, Partial<ObjectIdentity>, string]>([
    ["an empty resource", { resource: "" }, "✖ must not be empty\n  → at resource"],
    ["an object id of 257 bytes", { object: "x".repeat(257) }, "✖ must have at most 256 bytes\n  → at object"],
    ["86 three-byte characters", { resource: "€".repeat(86) }, "✖ must have at most 256 bytes\n  → at resource"],
    ["a lone surrogate", { resource: "\ud83d" }, "✖ must be well-formed text\n  → at resource"],
    ["a bad tenant", { tenant: "A" }, "✖ must be 3 to 32 characters of a-z, 0-9 and -\n  → at tenant"],
  ])("does not encode %s, and says which member it is", (_name, change, message) => {
    expect(thrownBy(() => encodeIdentity({ ...IDENTITY, ...change }))).toMatchObject({
      code: "CONFIG_INVALID",
      message: `Not an object's identity:\n${message}`,
    });
  });

  test("takes ids of exactly 256 bytes", () => {
    const long = { ...IDENTITY, resource: "x".repeat(256), object: `${"é".repeat(127)}ab` };
    expect(decodeIdentity(encodeIdentity(long))).toEqual(long);
  });
});
