/**
 * `list(...)`: the unambiguous encoding behind every derivation, AAD and context of this package. Each field is preceded
 * by its length as u16 big-endian, so that no two different lists encode to the same bytes.
 *
 * @module
 */
import { ByokError } from "./errors.js";

/** A field: bytes as they are, text as UTF-8, a non-negative integer as decimal text. */
export type ListField = Uint8Array | string | number;

const MAX_FIELD_LENGTH = 0xffff;

/**
 * Encodes fields unambiguously.
 *
 * @throws {@link ByokError} CONFIG_INVALID for text with lone surrogates (it has no UTF-8 form), a number that is not a
 * non-negative safe integer, or a field over 65,535 bytes.
 */
export function list(...fields: readonly ListField[]): Uint8Array {
  const encoded = fields.map(encodeField);
  const out = new Uint8Array(encoded.reduce((length, field) => length + 2 + field.length, 0));
  const view = new DataView(out.buffer);
  let offset = 0;
  for (const field of encoded) {
    view.setUint16(offset, field.length);
    out.set(field, offset + 2);
    offset += 2 + field.length;
  }
  return out;
}

function encodeField(field: ListField): Uint8Array {
  const bytes = typeof field === "object" ? field : Buffer.from(fieldText(field), "utf8");
  if (bytes.length > MAX_FIELD_LENGTH) {
    throw new ByokError("CONFIG_INVALID", `A field of ${bytes.length} bytes is longer than 65,535 bytes: shorten it.`);
  }
  return bytes;
}

function fieldText(field: string | number): string {
  if (typeof field === "number") {
    if (!Number.isSafeInteger(field) || field < 0) {
      throw new ByokError("CONFIG_INVALID", `${field} is not a non-negative integer.`);
    }
    return String(field);
  }
  if (!field.isWellFormed()) {
    throw new ByokError("CONFIG_INVALID", "An id holds a lone surrogate, which has no UTF-8 form: use well-formed text.");
  }
  return field;
}
