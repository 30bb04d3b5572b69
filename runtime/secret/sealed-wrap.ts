/**
 * A wrap of 32 bytes as it stands in the JSON of sealed Secrets and application credentials.
 *
 * @module
 */
import { z } from "zod";
import { type WrappedShare } from "../master-key/master-key.js";

/** Base64 with padding (RFC 4648 section 4) of at most `max` bytes, as bytes. */
export function base64Bytes(max: number): z.ZodCodec<z.ZodBase64, z.ZodCustom<Uint8Array<ArrayBuffer>>> {
  return z.codec(z.base64().max(Math.ceil(max / 3) * 4), z.instanceof(Uint8Array), {
    decode: (text) => Uint8Array.from(Buffer.from(text, "base64")),
    encode: (bytes) => Buffer.from(bytes).toString("base64"),
  });
}

/** A wrap of 32 bytes: AWS makes about 150 bytes of them, RSA-4096 makes 512. */
const MAX_WRAP_LENGTH = 1024;

/** Schema of {@link SealedWrap} as JSON. */
export const sealedWrapSchema = z.strictObject({
  provider: z.string().min(1).max(64),
  keyId: z.string().min(1).max(1024),
  keyVersion: z.string().max(1024).optional(),
  wrap: base64Bytes(MAX_WRAP_LENGTH),
});

/** One wrap, its bytes decoded. */
export type SealedWrap = z.output<typeof sealedWrapSchema>;

/** A provider's wrap in that spelling. */
export function toSealedWrap(wrapped: WrappedShare): SealedWrap {
  return {
    provider: wrapped.provider,
    keyId: wrapped.keyId,
    ...(wrapped.keyVersion === undefined ? {} : { keyVersion: wrapped.keyVersion }),
    wrap: Uint8Array.from(wrapped.ciphertext),
  };
}

/** Back to what a provider takes. */
export function fromSealedWrap(sealed: SealedWrap): WrappedShare {
  return { provider: sealed.provider, keyId: sealed.keyId, keyVersion: sealed.keyVersion, ciphertext: sealed.wrap };
}
