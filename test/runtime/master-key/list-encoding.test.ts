import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { list, type ListField } from "../../../runtime/master-key/list-encoding.js";
import { hex, thrownBy } from "../support.js";

describe("list", () => {
  test.each<[string, ListField[], string]>([
    ["nothing", [], ""],
    ["one empty field", [""], "0000"],
    ["two empty fields", ["", new Uint8Array(0)], "00000000"],
    ["text", ["byok"], "000462796f6b"],
    ["text beyond ASCII, as UTF-8", ["é€😀"], "0009c3a9e282acf09f9880"],
    ["no normalization: e and a combining accent", ["e\u0301"], "000365cc81"],
    ["zero", [0], "000130"],
    ["an integer, as decimal text", [1_048_576], "000731303438353736"],
    ["the largest safe integer", [Number.MAX_SAFE_INTEGER], "001039303037313939323534373430393931"],
    ["bytes as they are", [Uint8Array.of(0xff, 0x00, 0x80)], "0003ff0080"],
    ["a view on a part of a buffer", [Uint8Array.of(9, 1, 2, 9).subarray(1, 3)], "00020102"],
    ["several kinds in order", ["a", 7, Uint8Array.of(1)], "000161000137000101"],
  ])("encodes %s", (_name, fields, expected) => {
    expect(hex(list(...fields))).toBe(expected);
  });

  test.each<[string, ListField, string]>([
    ["a lone high surrogate", "a\ud83d", "An id holds a lone surrogate, which has no UTF-8 form: use well-formed text."],
    ["a lone low surrogate", "\ude00b", "An id holds a lone surrogate, which has no UTF-8 form: use well-formed text."],
    ["a negative number", -1, "-1 is not a non-negative integer."],
    ["a fraction", 1.5, "1.5 is not a non-negative integer."],
    ["not a number", Number.NaN, "NaN is not a non-negative integer."],
    ["an integer that is not safe", 2 ** 53, "9007199254740992 is not a non-negative integer."],
    ["65,536 bytes", new Uint8Array(65_536), "A field of 65536 bytes is longer than 65,535 bytes: shorten it."],
    ["text of 65,536 UTF-8 bytes", "é".repeat(32_768), "A field of 65536 bytes is longer than 65,535 bytes: shorten it."],
  ])("refuses %s", (_name, field, message) => {
    expect(thrownBy(() => list("before", field))).toMatchObject({ code: "CONFIG_INVALID", message });
  });

  test("takes a field of exactly 65,535 bytes", () => {
    const encoded = list(new Uint8Array(65_535).fill(7), "z");
    expect(encoded.length).toBe(2 + 65_535 + 3);
    expect(hex(encoded.subarray(0, 3))).toBe("ffff07");
    expect(hex(encoded.subarray(-3))).toBe("00017a");
  });

  const field = fc.oneof(fc.string({ unit: "grapheme", maxLength: 6 }), fc.uint8Array({ maxLength: 6 }), fc.nat());
  const fields = fc.array(field, { maxLength: 6 });

  /** An independent reading of the format: what was encoded comes back, field by field. */
  function read(encoded: Uint8Array): string[] {
    const bytes = Buffer.from(encoded);
    const found: string[] = [];
    for (let offset = 0; offset < bytes.length; ) {
      const length = bytes.readUInt16BE(offset);
      expect(offset + 2 + length).toBeLessThanOrEqual(bytes.length);
      found.push(bytes.subarray(offset + 2, offset + 2 + length).toString("hex"));
      offset += 2 + length;
    }
    return found;
  }

  function normalized(given: readonly ListField[]): string[] {
    return given.map((each) => Buffer.from(typeof each === "object" ? each : new TextEncoder().encode(String(each))).toString("hex"));
  }

  test("property: every list can be read back, so no two lists meet", () => {
    fc.assert(
      fc.property(fields, (given) => {
        expect(read(list(...given))).toEqual(normalized(given));
      }),
    );
  });

  test("property: moving a boundary between fields changes the encoding", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 12 }), fc.nat(), fc.nat(), (bytes, first, second) => {
        const [a, b] = [first % (bytes.length + 1), second % (bytes.length + 1)];
        fc.pre(a !== b);
        expect(hex(list(bytes.subarray(0, a), bytes.subarray(a)))).not.toBe(hex(list(bytes.subarray(0, b), bytes.subarray(b))));
      }),
    );
  });
});
