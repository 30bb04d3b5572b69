/**
 * A second FLOE, written from the specification alone, with big integers and no thought of speed or state: the oracle of
 * the first one.
 */
import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";

export interface ReferenceMessage {
  readonly segmentLength: number;
  readonly rotationMaskBits: bigint;
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  readonly aad: Uint8Array;
}

function i2be(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(length * 2, "0"), "hex");
}

function paramEncode(message: ReferenceMessage): Buffer {
  return Buffer.concat([i2be(0n, 1), i2be(0n, 1), i2be(BigInt(message.segmentLength), 4), i2be(32n, 4)]);
}

/** HKDF-Expand of RFC 5869 in full: T(1) | T(2) | ... */
function hkdfExpand(prk: Uint8Array, info: Uint8Array, length: number): Buffer {
  let output: Buffer = Buffer.alloc(0);
  let block: Buffer = Buffer.alloc(0);
  for (let counter = 1n; output.length < length; counter += 1n) {
    block = createHmac("sha384", prk).update(block).update(info).update(i2be(counter, 1)).digest();
    output = Buffer.concat([output, block]);
  }
  return output.subarray(0, length);
}

function floeKdf(message: ReferenceMessage, key: Uint8Array, purpose: Buffer, length: number): Buffer {
  return hkdfExpand(key, Buffer.concat([paramEncode(message), message.iv, purpose, message.aad]), length);
}

export function referenceHeader(message: ReferenceMessage): Buffer {
  const tag = floeKdf(message, message.key, Buffer.from("HEADER_TAG:"), 32);
  return Buffer.concat([paramEncode(message), message.iv, tag]);
}

export function referenceMessageKey(message: ReferenceMessage): Buffer {
  return floeKdf(message, message.key, Buffer.from("MESSAGE_KEY:"), 48);
}

function aeadKey(message: ReferenceMessage, position: bigint): Buffer {
  const masked = (position >> message.rotationMaskBits) << message.rotationMaskBits;
  return floeKdf(message, referenceMessageKey(message), Buffer.concat([Buffer.from("DEK:"), i2be(masked, 8)]), 32);
}

export function referenceSeal(
  message: ReferenceMessage,
  position: bigint,
  last: boolean,
  nonce: Uint8Array,
  plaintext: Uint8Array,
): Buffer {
  const cipher = createCipheriv("aes-256-gcm", aeadKey(message, position), nonce);
  cipher.setAAD(Buffer.concat([i2be(position, 8), i2be(last ? 1n : 0n, 1)]));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  const field = last ? BigInt(4 + 12 + ciphertext.length + 16) : 0xffffffffn;
  return Buffer.concat([i2be(field, 4), nonce, ciphertext, cipher.getAuthTag()]);
}

export function referenceOpen(message: ReferenceMessage, position: bigint, last: boolean, segment: Uint8Array): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", aeadKey(message, position), segment.subarray(4, 16));
  decipher.setAAD(Buffer.concat([i2be(position, 8), i2be(last ? 1n : 0n, 1)]));
  decipher.setAuthTag(segment.subarray(-16));
  return Buffer.concat([decipher.update(segment.subarray(16, -16)), decipher.final()]);
}

/** Decrypts a whole ciphertext, taking for granted that it is well-formed. */
export function referenceDecrypt(message: Omit<ReferenceMessage, "iv">, ciphertext: Uint8Array): Buffer {
  const complete: ReferenceMessage = { ...message, iv: ciphertext.subarray(10, 42) };
  const body = ciphertext.subarray(74);
  const count = Math.ceil(body.length / message.segmentLength);
  const segments = Array.from({ length: count }, (_, index) =>
    body.subarray(index * message.segmentLength, (index + 1) * message.segmentLength));
  return Buffer.concat(segments.map((segment, index) => referenceOpen(complete, BigInt(index), index === count - 1, segment)));
}
