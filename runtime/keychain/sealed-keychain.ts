/**
 * A data key and its wrap under a Secret's SEK, and the sealed keychain that stand-alone objects embed:
 * `{"schema":1,"secret":<sealed Secret>,"dataKey":{"epoch":0,"wrap":"<base64>"},"seal":"<base64>"}`.
 *
 * The seal authenticates all the rest under the SEK (XAES-256-GCM of nothing, with the keychain's hash as AAD). Wraps inside
 * are opened only when they are needed; the seal makes an altered one known even when they are not.
 *
 * @module
 */
import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import { ByokError } from "../master-key/errors.js";
import { list } from "../master-key/list-encoding.js";
import { KEY_LENGTH } from "../secret/derivation.js";
import { decodeSealedSecret, type SealedGeneration, encodeSealedSecret } from "../secret/sealed-secret.js";
import { base64Bytes } from "../secret/sealed-wrap.js";
import { openXaes, sealXaes, XaesError } from "../xaes/index.js";
import { type ObjectIdentity } from "./identity.js";

/** Stand-alone objects belong to no switch: their epoch is always 0. */
export const STAND_ALONE_EPOCH = 0;

/** A data key wrapped under a SEK: XAES-256-GCM, nonce 24 | ciphertext 32 | tag 16. */
export interface WrappedDataKey {
  readonly epoch: number;
  readonly wrap: Uint8Array;
}

/** A data key with the Secret whose SEK wraps it: all that an object needs to be opened without a database. */
export interface Keychain {
  readonly secret: SealedGeneration;
  readonly dataKey: WrappedDataKey;
}

/** A keychain as an object carries it. */
export interface SealedKeychain extends Keychain {
  readonly seal: Uint8Array;
}

/** Which data key of which keychain. */
export type DataKeyId = Pick<ObjectIdentity, "tenant" | "resource" | "keychain" | "keyVersion">;

const WRAP_LENGTH = 24 + KEY_LENGTH + 16;
const SEAL_LENGTH = 24 + 16;

const sealedKeychainSchema = z.strictObject({
  schema: z.literal(1),
  secret: z.unknown(),
  dataKey: z.strictObject({ epoch: z.literal(STAND_ALONE_EPOCH), wrap: base64Bytes(WRAP_LENGTH) }),
  seal: base64Bytes(SEAL_LENGTH),
});

/** Makes a new data key; the caller owns it and zeroizes it. */
export function newDataKey(): Uint8Array {
  return Uint8Array.from(randomBytes(KEY_LENGTH));
}

/** Wraps a data key under a SEK. Both are borrowed. */
export function wrapDataKey(
  sek: Uint8Array,
  dataKey: Uint8Array,
  id: DataKeyId,
  secret: Pick<SealedGeneration, "secret" | "generation">,
): WrappedDataKey {
  const wrap = sealXaes(sek, dataKeyAad(id, secret, STAND_ALONE_EPOCH), dataKey);
  return { epoch: STAND_ALONE_EPOCH, wrap: Uint8Array.from(wrap) };
}

/**
 * Unwraps a data key; the caller owns it and zeroizes it. The SEK is borrowed.
 *
 * @throws {@link ByokError} AUTHENTICATION_FAILED if the wrap was altered or belongs to another tenant, resource,
 * keychain, key version, Secret, generation or epoch.
 */
export function unwrapDataKey(
  sek: Uint8Array,
  wrapped: WrappedDataKey,
  id: DataKeyId,
  secret: Pick<SealedGeneration, "secret" | "generation">,
): Uint8Array {
  try {
    const dataKey = openXaes(sek, dataKeyAad(id, secret, wrapped.epoch), wrapped.wrap);
    if (dataKey.length === KEY_LENGTH) return dataKey;
    dataKey.fill(0);
  } catch (error) {
    if (!(error instanceof XaesError)) throw error;
  }
  throw new ByokError(
    "AUTHENTICATION_FAILED",
    "The object's data key does not open under this Secret: its header was altered, or belongs to another object.",
    { tenant: id.tenant },
  );
}

function dataKeyAad(id: DataKeyId, secret: Pick<SealedGeneration, "secret" | "generation">, epoch: number): Uint8Array {
  return list(
    "byok/dk/1",
    id.tenant,
    id.resource,
    id.keychain,
    id.keyVersion,
    secret.secret,
    secret.generation,
    epoch,
  );
}

/** Encodes a keychain for an object and seals it under the SEK, which is borrowed. */
export function sealKeychain(sek: Uint8Array, keychain: Keychain): Uint8Array {
  const unsealed = toJson(keychain);
  const seal = sealXaes(sek, keychainAad(unsealed), new Uint8Array(0));
  return Uint8Array.from(Buffer.from(JSON.stringify({ ...unsealed, seal: base64(seal) }), "utf8"));
}

/**
 * Checks the seal of a decoded keychain under the SEK, which is borrowed.
 *
 * @throws {@link ByokError} TAMPERED if anything in it was altered.
 */
export function verifyKeychain(sek: Uint8Array, keychain: SealedKeychain): void {
  try {
    openXaes(sek, keychainAad(toJson(keychain)), keychain.seal);
  } catch (error) {
    if (!(error instanceof XaesError)) throw error;
    throw new ByokError("TAMPERED", "The sealed keychain that the object carries was altered.", {
      tenant: keychain.secret.tenant,
      cause: error,
    });
  }
}

/**
 * Decodes a sealed keychain. That authenticates nothing: {@link verifyKeychain} does.
 *
 * @throws {@link ByokError} BAD_HEADER if it is damaged, or is spelled in any but the one canonical way.
 */
export function decodeSealedKeychain(bytes: Uint8Array): SealedKeychain {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    throw new ByokError("BAD_HEADER", "The object's sealed keychain is not JSON: it is damaged.", { cause: error });
  }
  const parsed = sealedKeychainSchema.safeParse(json);
  if (!parsed.success) {
    throw new ByokError("BAD_HEADER", `The object's sealed keychain is damaged:\n${z.prettifyError(parsed.error)}`);
  }
  const { secret, dataKey, seal } = parsed.data;
  const keychain = { secret: decodeSealedSecret(secret), dataKey, seal };
  const canonical = JSON.stringify({ ...toJson(keychain), seal: base64(seal) });
  if (Buffer.compare(Buffer.from(canonical, "utf8"), bytes) !== 0) {
    throw new ByokError("BAD_HEADER", "The object's sealed keychain is not in its canonical encoding: it was altered.");
  }
  return keychain;
}

function toJson(keychain: Keychain): Record<string, unknown> {
  return {
    schema: 1,
    secret: encodeSealedSecret(keychain.secret),
    dataKey: { epoch: keychain.dataKey.epoch, wrap: base64(keychain.dataKey.wrap) },
  };
}

function keychainAad(unsealed: Record<string, unknown>): Uint8Array {
  return list("byok/keychain/1", createHash("sha384").update(JSON.stringify(unsealed)).digest());
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
