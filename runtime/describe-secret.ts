import { type KeyAccess, openAccess } from "./key-access.js";
import { type KeyVersions, keyVersionsOf } from "./secret/key-versions.js";
import { decodeSealedSecret, type SealedSecret } from "./secret/sealed-secret.js";

/** Options of {@link describeSecret}. */
export interface DescribeSecretOptions extends KeyAccess {
  readonly sealedSecret: SealedSecret;
  readonly signal?: AbortSignal;
}

/** An authentic sealed Secret, and the versions of its keys. */
export interface SecretDescription {
  readonly tenant: string;
  readonly secret: string;
  readonly generation: number;
  /** The tenant's master keys in the Secret's order, then the service key. */
  readonly keys: readonly KeyVersions[];
}

/**
 * Tells which key versions a Secret stands on, which ones its KMSs wrap with now, and so whether {@link rewrapSecret} is
 * due. Opens every wrap once; wraps random bytes, which are thrown away, where only that tells the current version.
 *
 * A version other than a key's `keyVersion` is not needed by this sealed Secret. It may be destroyed once no other sealed
 * Secret under the key, no older copy of this one (running processes included), and no object of an older generation of it
 * names that version; objects of this generation open with the configured sealed Secret, whatever they carry.
 *
 * @throws {@link ByokError} BAD_HEADER, TAMPERED, WRONG_BINDING_SHARE, WRONG_KEY, TENANT_MISMATCH, CONFIG_INVALID, and
 * what the service key throws. What a tenant's key refuses is part of the answer.
 */
export async function describeSecret(options: DescribeSecretOptions): Promise<SecretDescription> {
  const sealed = decodeSealedSecret(options.sealedSecret);
  const access = await openAccess(options);
  try {
    const keys = await keyVersionsOf(sealed, access.masterKeys, access.serviceKey, { signal: options.signal });
    const { tenant, secret, generation } = sealed;
    return { tenant, secret, generation, keys };
  } finally {
    await access.close();
  }
}
