import { expect, test } from "@jest/globals";

import { crc32c } from "../../../sandbox/gcp/crc32c.js";

/** RFC 3720, appendix B.4, whose CRCs are written in the order of transmission; the last one is the catalogue's check value. */
test.each<[string, Uint8Array, number]>([
  ["32 bytes of zeroes", Buffer.alloc(32), 0x8a9136aa],
  ["32 bytes of ones", Buffer.alloc(32, 0xff), 0x62a8ab43],
  ["32 bytes of incrementing 00..1f", Buffer.from(Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e],
  ["32 bytes of decrementing 1f..00", Buffer.from(Array.from({ length: 32 }, (_, index) => 31 - index)), 0x113fdb5c],
  ["123456789", Buffer.from("123456789"), 0xe3069283],
  ["nothing", Buffer.alloc(0), 0],
])("%s", (_, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected);
});
