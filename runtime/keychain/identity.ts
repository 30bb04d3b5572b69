/**
 * What an object says of itself: ids only. Names and paths belong in the payload, where they are encrypted. One canonical
 * encoding: a strict schema, re-serialised and compared byte by byte.
 *
 * @module
 */
import { z } from "zod";
import { TENANT_ID } from "../master-key/descriptor.js";
import { ByokError } from "../master-key/errors.js";

/** Longest id in UTF-8 bytes. */
export const MAX_ID_LENGTH = 256;

const id = z
  .string()
  .min(1, "must not be empty")
  .refine((text) => text.isWellFormed(), "must be well-formed text")
  .refine((text) => Buffer.byteLength(text) <= MAX_ID_LENGTH, `must have at most ${MAX_ID_LENGTH} bytes`);

const identitySchema = z.strictObject({
  tenant: z.string().regex(TENANT_ID, "must be 3 to 32 characters of a-z, 0-9 and -"),
  resource: id,
  object: id,
  keychain: id,
  keyVersion: z.int().min(1),
});

/**
 * Identity of an object. `object` is unique per backup version; `keychain` and `keyVersion` name the data key.
 */
export type ObjectIdentity = z.infer<typeof identitySchema>;

/**
 * Encodes an identity.
 *
 * @throws {@link ByokError} CONFIG_INVALID naming the id that is empty, too long or not well-formed.
 */
export function encodeIdentity(identity: ObjectIdentity): Uint8Array {
  const parsed = identitySchema.safeParse(identity);
  if (!parsed.success) {
    throw new ByokError("CONFIG_INVALID", `Not an object's identity:\n${z.prettifyError(parsed.error)}`);
  }
  // zod returns the members in the schema's order, which is what makes the encoding canonical.
  return Uint8Array.from(Buffer.from(JSON.stringify(parsed.data), "utf8"));
}

/**
 * Decodes an identity.
 *
 * @throws {@link ByokError} BAD_HEADER for anything but the canonical encoding of a valid identity.
 */
export function decodeIdentity(bytes: Uint8Array): ObjectIdentity {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    throw new ByokError("BAD_HEADER", "The object's identity is not JSON: it is damaged.", { cause: error });
  }
  const parsed = identitySchema.safeParse(json);
  if (!parsed.success) {
    throw new ByokError("BAD_HEADER", `The object's identity is damaged:\n${z.prettifyError(parsed.error)}`);
  }
  if (Buffer.compare(encodeIdentity(parsed.data), bytes) !== 0) {
    throw new ByokError("BAD_HEADER", "The object's identity is not in its canonical encoding: it was altered.");
  }
  return parsed.data;
}
