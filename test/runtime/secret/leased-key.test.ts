import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { LeasedKey } from "../../../runtime/secret/leased-key.js";
import { bytesOf, hex, isWiped, thrownBy } from "../support.js";

const AFTER_LAST = { code: "LEASE_EXPIRED", message: "A key was used after its last release: this is a bug, report it." };

describe("LeasedKey", () => {
  test("lends the very bytes it was given, and wipes them at the last release", () => {
    const bytes = bytesOf("k");
    const key = new LeasedKey(bytes);
    expect(key.use((lent) => lent)).toBe(bytes);
    expect(key.hold()).toBe(key);
    key.release();
    expect(hex(bytes)).toBe(hex(bytesOf("k")));
    key.release();
    expect(isWiped(bytes)).toBe(true);
  });

  test.each<[string, (key: LeasedKey) => unknown]>([
    ["used", (key) => key.use(() => 1)],
    ["held", (key) => key.hold()],
    ["released", (key) => { key.release(); }],
  ])("after its last release it cannot be %s", (_name, act) => {
    const key = new LeasedKey(bytesOf("k"));
    key.release();
    expect(thrownBy(() => act(key))).toMatchObject(AFTER_LAST);
  });

  test("what the borrower returns or throws comes out", () => {
    const key = new LeasedKey(bytesOf("k"));
    expect(key.use((lent) => lent.length)).toBe(32);
    expect(() => key.use(() => { throw new RangeError("x"); })).toThrow(RangeError);
    expect(key.use((lent) => hex(lent))).toBe(hex(bytesOf("k")));
  });

  test("property: wiped exactly when as many releases as holds were made", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 40 }), (holds) => {
        const bytes = bytesOf("k");
        const key = new LeasedKey(bytes);
        let holders = 1;
        for (const hold of holds) {
          if (holders === 0) break;
          if (hold) key.hold();
          else key.release();
          holders += hold ? 1 : -1;
          expect(isWiped(bytes)).toBe(holders === 0);
        }
      }),
    );
  });
});
