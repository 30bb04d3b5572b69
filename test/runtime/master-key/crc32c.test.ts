import { describe, expect, test } from "@jest/globals";
import { crc32c } from "../../../runtime/master-key/crc32c.js";

/** The SCSI read command of RFC 3720, B.4. */
const READ_COMMAND = Uint8Array.from(
  Buffer.from("01c00000000000000000000000000000140000000000040000000014000000182800000000000000" + "0200000000000000", "hex"),
);

describe("crc32c", () => {
  // RFC 3720, B.4; the RFC prints the checksums as they are sent, least significant byte first.
  test.each<[string, Uint8Array, string]>([
    ["32 bytes of zeros", new Uint8Array(32), "aa36918a"],
    ["32 bytes of ones", new Uint8Array(32).fill(0xff), "43aba862"],
    ["32 bytes that rise", Uint8Array.from({ length: 32 }, (_, index) => index), "4e79dd46"],
    ["32 bytes that fall", Uint8Array.from({ length: 32 }, (_, index) => 31 - index), "5cdb3f11"],
    ["an iSCSI read command", READ_COMMAND, "563a96d9"],
  ])("%s: RFC 3720", (_name, bytes, sent) => {
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32LE(crc32c(bytes));
    expect(checksum.toString("hex")).toBe(sent);
  });

  test("the check value of the CRC catalogues, and nothing at all", () => {
    expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(0))).toBe(0);
  });

  test("every single bit counts", () => {
    const bytes = Uint8Array.from({ length: 64 }, (_, index) => index * 7);
    const seen = new Set([crc32c(bytes)]);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      seen.add(crc32c(bytes.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))));
    }
    expect(seen.size).toBe(1 + bytes.length * 8);
  });
});
