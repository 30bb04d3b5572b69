/**
 * CRC-32C (Castagnoli), the checksum that Google Cloud KMS verifies and returns. Node has CRC-32 only (another polynomial),
 * and the SDK brings neither; the packages that offer it are native or not kept up, for what a table does in ten lines.
 * It finds bytes that were damaged on the way; it is no protection against anybody.
 *
 * Source: RFC 3720, sections 12.1 and B.4 (test vectors).
 *
 * @module
 */

/** The polynomial 0x1EDC6F41, bits reversed. */
const POLYNOMIAL = 0x82f63b78;

/** What each byte does to the checksum. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit += 1) remainder = (remainder & 1) === 1 ? (remainder >>> 1) ^ POLYNOMIAL : remainder >>> 1;
  return remainder;
});

/** Checksum of bytes, an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array): number {
  let checksum = 0xffffffff;
  for (const byte of bytes) checksum = (TABLE[(checksum ^ byte) & 0xff] ?? 0) ^ (checksum >>> 8);
  return (checksum ^ 0xffffffff) >>> 0;
}
