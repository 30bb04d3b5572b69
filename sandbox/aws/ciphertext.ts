/**
 * The ciphertext blob. AWS documents it as opaque, self-describing and authenticated; this layout is the sandbox's own:
 *
 *     version 0x01 (1) | key id (16) | key material id (32) | header MAC (16) | nonce (12) | AES-256-GCM text | tag (16)
 *
 * The header MAC keeps a damaged header from being taken for another key: KMS answers both kinds of damage with
 * InvalidCiphertextException.
 *
 * @module
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

import { invalidCiphertext } from "./errors.js";
import { type KeyMaterial, type KeyRecord } from "./state.js";

/** Encryption context: both names and values are case-sensitive, the order does not count. */
export type EncryptionContext = Readonly<Record<string, string>>;

/** What a blob says about itself, once its header is authenticated. */
export interface BlobHeader {
  /** As {@link blobKeyId}. */
  readonly keyId: string;
  readonly materialId: string;
}

/** The 32 hex digits of a key's id: the same for all keys of a multi-Region set, whose blobs are interchangeable. */
export function blobKeyId({ id }: { readonly id: string }): string {
  return id.replace(/^mrk-/, "").replaceAll("-", "");
}

const VERSION = 1;
const HEADER = 1 + 16 + 32;
const MAC = 16;
const NONCE = 12;
const TAG = 16;

/** Encrypts under one version of a key's material. */
export function sealBlob(
  blobKey: string,
  key: KeyRecord,
  material: KeyMaterial,
  plaintext: Uint8Array,
  context: EncryptionContext,
): Buffer {
  const header = Buffer.concat([
    Buffer.of(VERSION),
    Buffer.from(blobKeyId(key), "hex"),
    Buffer.from(material.id, "hex"),
  ]);
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv("aes-256-gcm", Buffer.from(material.bytes, "base64"), nonce);
  cipher.setAAD(Buffer.concat([header, canonicalContext(context)]));
  const text = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([header, headerMac(blobKey, header), nonce, text, cipher.getAuthTag()]);
}

/**
 * Reads which key a blob belongs to.
 *
 * @throws KmsError InvalidCiphertextException if no Encrypt of this sandbox made the header.
 */
export function readBlobHeader(blobKey: string, blob: Uint8Array): BlobHeader {
  if (blob.length < HEADER + MAC + NONCE + TAG || blob[0] !== VERSION) throw invalidCiphertext();
  const header = Buffer.from(blob.subarray(0, HEADER));
  if (!timingSafeEqual(headerMac(blobKey, header), blob.subarray(HEADER, HEADER + MAC))) throw invalidCiphertext();
  return {
    keyId: header.toString("hex", 1, 17),
    materialId: header.toString("hex", 17),
  };
}

/**
 * Decrypts a blob whose header {@link readBlobHeader} accepted.
 *
 * @throws KmsError InvalidCiphertextException for a damaged blob and for another encryption context alike.
 */
export function openBlob(material: KeyMaterial, blob: Uint8Array, context: EncryptionContext): Buffer {
  const nonceAt = HEADER + MAC;
  const decipher = createDecipheriv(
    "aes-256-gcm",
    Buffer.from(material.bytes, "base64"),
    blob.subarray(nonceAt, nonceAt + NONCE),
    { authTagLength: TAG },
  );
  decipher.setAAD(Buffer.concat([blob.subarray(0, HEADER), canonicalContext(context)]));
  decipher.setAuthTag(blob.subarray(blob.length - TAG));
  try {
    return Buffer.concat([decipher.update(blob.subarray(nonceAt + NONCE, blob.length - TAG)), decipher.final()]);
  } catch {
    throw invalidCiphertext();
  }
}

function headerMac(blobKey: string, header: Buffer): Buffer {
  return createHmac("sha256", Buffer.from(blobKey, "base64")).update(header).digest().subarray(0, MAC);
}

/** Pairs sorted by name, every string preceded by its length: no two contexts share an encoding. */
function canonicalContext(context: EncryptionContext): Buffer {
  const parts: Buffer[] = [];
  const pairs = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const text of pairs.flat()) {
    const bytes = Buffer.from(text, "utf8");
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}
