import { FLOE_1M, type ChunkSource } from "../floe/index.js";
import { encodeSealedSecret, type SealedSecret } from "../secret/sealed-secret.js";
import { ByteReader } from "./byte-reader.js";
import { type ObjectIdentity } from "./identity.js";
import { readObjectHeader } from "./object-header.js";
import { decodeSealedKeychain } from "./sealed-keychain.js";

/** What anybody can see of an object, without a key. None of it is authenticated. */
export interface ObjectInspection {
  /** Version of the object's layout. */
  readonly format: 1;
  readonly identity: ObjectIdentity;
  /** The Secret that opens the object; null if its keychain lives in a store. */
  readonly secret: Pick<SealedSecret, "tenant" | "secret" | "generation"> | null;
  /** Master keys that the Secret names. */
  readonly masterKeys: readonly { readonly provider: string; readonly keyId: string; readonly keyVersion?: string }[];
  /** Who sealed the binding share. */
  readonly serviceKey: { readonly provider: string; readonly keyId: string } | null;
  /** Bytes before FLOE's header. */
  readonly sealedKeychainLength: number;
  /** Encrypted segment length that the header names; objects are written with one size. */
  readonly segmentLength: number;
  readonly supportedSegmentLength: number;
  /** Hex; commits to key, identity and IV. */
  readonly headerTag: string;
}

/**
 * Reads an object's header. Needs no key and contacts nothing.
 *
 * @throws ByokError BAD_HEADER or TRUNCATED.
 */
export async function inspectObject(source: ChunkSource | Uint8Array): Promise<ObjectInspection> {
  const reader = new ByteReader(source instanceof Uint8Array ? [source] : source);
  try {
    const { identity, sealedKeychain, floeHeader } = await readObjectHeader(reader);
    const secret = sealedKeychain.length === 0 ? null : encodeSealedSecret(decodeSealedKeychain(sealedKeychain).secret);
    return {
      format: 1,
      identity,
      secret:
        secret === null ? null : { tenant: secret.tenant, secret: secret.secret, generation: secret.generation },
      masterKeys: (secret?.masterKeys ?? []).map(({ provider, keyId, keyVersion }) => ({
        provider,
        keyId,
        ...(keyVersion === undefined ? {} : { keyVersion }),
      })),
      serviceKey:
        secret === null
          ? null
          : { provider: secret.bindingShare.serviceKey.provider, keyId: secret.bindingShare.serviceKey.keyId },
      sealedKeychainLength: sealedKeychain.length,
      segmentLength: Buffer.from(floeHeader).readUInt32BE(2),
      supportedSegmentLength: FLOE_1M.segmentLength,
      headerTag: Buffer.from(floeHeader.subarray(-32)).toString("hex"),
    };
  } finally {
    await reader.close();
  }
}
