import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";

import { Accumulator } from "../../../runtime/floe/accumulator.js";
import { join, pattern } from "./support.js";

describe("Accumulator", () => {
  test("holds what was appended since the last clear", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.uint8Array({ maxLength: 3000 })), { maxLength: 20 }), (steps) => {
        const accumulator = new Accumulator(100_000);
        let expected: Uint8Array[] = [];
        for (const step of steps) {
          if (step === null) {
            accumulator.clear();
            expected = [];
          } else {
            accumulator.append(step);
            expected.push(step);
          }
          expect(accumulator.view).toEqual(join(expected));
          expect(accumulator.length).toBe(accumulator.view.length);
        }
      }),
    );
  });

  test("a MiB byte by byte is copied a bounded number of times, and never allocates past the limit", () => {
    const limit = 1024 * 1024;
    const accumulator = new Accumulator(limit);
    const memories = new Set<ArrayBufferLike>();
    const byte = Uint8Array.of(1);
    for (let count = 0; count < limit; count += 1) {
      accumulator.append(byte);
      memories.add(accumulator.view.buffer);
    }
    const sizes = [...memories].map((memory) => memory.byteLength);
    expect(sizes).toEqual([4096, 8192, 16384, 32768, 65536, 131072, 262144, 524288, 1048576]);
  });

  test("wipes outgrown memory at once and the rest on demand", () => {
    const accumulator = new Accumulator(10_000);
    accumulator.append(pattern(4096, 1));
    const outgrown = accumulator.view;
    accumulator.append(pattern(10, 1));
    expect(outgrown.every((byte) => byte === 0)).toBe(true);
    const current = accumulator.view;
    expect(current.some((byte) => byte !== 0)).toBe(true);
    accumulator.clear();
    accumulator.wipe();
    expect(current.every((byte) => byte === 0)).toBe(true);
    expect(accumulator.length).toBe(0);
  });
});
