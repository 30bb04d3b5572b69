/**
 * The layout of an object (docs/object-format.md):
 *
 *     "BYOK" 0x01 | u16 n | identity, n bytes | u16 m | sealed keychain, m bytes | FLOE header, 74 bytes | FLOE segments
 *
 * Integers are big-endian. The FLOE AAD covers everything up to and including the identity, and the caller's context; the
 * sealed keychain stays outside, so that it can be replaced without touching data.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { FLOE_HEADER_LENGTH } from "../floe/index.js";
import { ByokError } from "../master-key/errors.js";
import { list } from "../master-key/list-encoding.js";
import { type ByteReader } from "./byte-reader.js";
import { decodeIdentity, encodeIdentity, type ObjectIdentity } from "./identity.js";

/** "BYOK" and the format's version, 1. */
const MAGIC = Uint8Array.of(0x42, 0x59, 0x4f, 0x4b, 0x01);

const LENGTH_SIZE = 2;
const MAX_LENGTH = 0xffff;

/** Everything before the segments. */
export interface ObjectHeader {
  readonly identity: ObjectIdentity;
  /** Empty when the keychain lives in a store. */
  readonly sealedKeychain: Uint8Array;
  readonly floeHeader: Uint8Array;
}

/**
 * Encodes what stands before FLOE's own header.
 *
 * @throws {@link ByokError} CONFIG_INVALID if identity or keychain do not fit their length fields.
 */
export function encodeObjectPrefix(identity: ObjectIdentity, sealedKeychain: Uint8Array): Uint8Array {
  const identityBytes = encodeIdentity(identity);
  return Buffer.concat([
    MAGIC,
    lengthOf(identityBytes, "identity"),
    identityBytes,
    lengthOf(sealedKeychain, "sealed keychain"),
    sealedKeychain,
  ]);
}

/**
 * Reads an object's header and leaves the reader at the first segment.
 *
 * @throws {@link ByokError} BAD_HEADER if this is no object or a damaged one, TRUNCATED if it ends before its data.
 */
export async function readObjectHeader(reader: ByteReader): Promise<ObjectHeader> {
  const magic = await read(reader, MAGIC.length);
  if (Buffer.compare(magic, MAGIC) !== 0) {
    throw new ByokError("BAD_HEADER", "This is not an encrypted object of byok (version 1).");
  }
  const identity = decodeIdentity(await readField(reader));
  const sealedKeychain = await readField(reader);
  const floeHeader = await read(reader, FLOE_HEADER_LENGTH);
  return { identity, sealedKeychain, floeHeader };
}

/**
 * FLOE's additional data for an object: SHA-384 of its public identity and the caller's context.
 *
 * @throws {@link ByokError} CONFIG_INVALID if the context is over 65,535 bytes.
 */
export function objectAad(identity: ObjectIdentity, context: Uint8Array): Uint8Array {
  const identityBytes = encodeIdentity(identity);
  const covered = Buffer.concat([MAGIC, lengthOf(identityBytes, "identity"), identityBytes]);
  return createHash("sha384").update(list("byok/obj/1", covered, context)).digest();
}

function lengthOf(field: Uint8Array, name: string): Uint8Array {
  if (field.length > MAX_LENGTH) {
    throw new ByokError("CONFIG_INVALID", `The ${name} has ${field.length} bytes; an object has room for ${MAX_LENGTH}.`);
  }
  return Uint8Array.of(field.length >>> 8, field.length & 0xff);
}

async function readField(reader: ByteReader): Promise<Uint8Array> {
  const [high = 0, low = 0] = await read(reader, LENGTH_SIZE);
  return read(reader, (high << 8) | low);
}

async function read(reader: ByteReader, length: number): Promise<Uint8Array> {
  const bytes = await reader.read(length);
  if (bytes.length === length) return bytes;
  throw new ByokError("TRUNCATED", "The object ends inside its header: it was cut off, or is no object at all.");
}
