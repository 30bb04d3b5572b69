/**
 * How a Secret's key comes out of its two shares. HKDF is RFC 5869 with SHA-384; `list(...)` is the unambiguous encoding.
 *
 *     PRK        = HKDF-Extract(salt = binding share, ikm = share)
 *     SEK        = HKDF-Expand(PRK, list("byok/sek/1", tenant, secret, generation), 32)
 *     commitment = HKDF-Expand(PRK, list("byok/commit/1", tenant, secret, generation, SHA-384(list(sorted key ids))), 32)
 *     PRK'       = HKDF-Extract(salt = 48 zero bytes, ikm = binding share)
 *     bindingId  = HKDF-Expand(PRK', list("byok/binding-id/1"), 16)
 *     tag        = HKDF-Expand(PRK', list("byok/secret-tag/1", SHA-384(the sealed Secret's other members)), 32)
 *
 * Both shares are exactly 32 bytes. The commitment is what an RSA wrap lacks: nobody without the binding share can make
 * shares that fit it, and it names the exact set of master keys. The tag lets the service refuse a forged Secret before it
 * troubles the tenant's KMS.
 *
 * @module
 */
import { createHash, createHmac } from "node:crypto";
import { list } from "../master-key/list-encoding.js";

/** AES-256 throughout: the length of a SEK, of a data key and of a share. */
export const KEY_LENGTH = 32;

const HASH = "sha384";
const HASH_LENGTH = 48;
const COMMITMENT_LENGTH = 32;
const BINDING_ID_LENGTH = 16;
const TAG_LENGTH = 32;

/** Which Secret, and which of its generations. */
export interface GenerationId {
  readonly tenant: string;
  readonly secret: string;
  readonly generation: number;
}

/** What the two shares of a generation yield. The caller owns both and zeroizes the SEK. */
export interface DerivedSecret {
  readonly sek: Uint8Array;
  readonly commitment: Uint8Array;
}

/** Derives SEK and commitment. The shares are borrowed. */
export function deriveSecret(
  share: Uint8Array,
  bindingShare: Uint8Array,
  id: GenerationId,
  masterKeyIds: readonly string[],
): DerivedSecret {
  const prk = extract(bindingShare, share);
  try {
    const keySet = createHash(HASH)
      .update(list(...[...masterKeyIds].sort()))
      .digest();
    return {
      sek: expand(prk, list("byok/sek/1", id.tenant, id.secret, id.generation), KEY_LENGTH),
      commitment: expand(
        prk,
        list("byok/commit/1", id.tenant, id.secret, id.generation, keySet),
        COMMITMENT_LENGTH,
      ),
    };
  } finally {
    prk.fill(0);
  }
}

/** Names a binding share without telling it, so that a wrong one is told from a tampered wrap. The share is borrowed. */
export function bindingId(bindingShare: Uint8Array): Uint8Array {
  return expandBindingShare(bindingShare, list("byok/binding-id/1"), BINDING_ID_LENGTH);
}

/** Authenticates a sealed Secret, given as canonical JSON without its tag. The share is borrowed. */
export function sealedSecretTag(bindingShare: Uint8Array, untaggedJson: string): Uint8Array {
  const digest = createHash(HASH).update(untaggedJson).digest();
  return expandBindingShare(bindingShare, list("byok/secret-tag/1", digest), TAG_LENGTH);
}

function expandBindingShare(bindingShare: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const prk = extract(new Uint8Array(HASH_LENGTH), bindingShare);
  try {
    return expand(prk, info, length);
  } finally {
    prk.fill(0);
  }
}

/** HKDF-Extract, RFC 5869 section 2.2. */
function extract(salt: Uint8Array, inputKey: Uint8Array): Uint8Array {
  return createHmac(HASH, salt).update(inputKey).digest();
}

/**
 * HKDF-Expand, RFC 5869 section 2.3, for outputs of at most one hash: T(1) = HMAC(PRK, info | 0x01). Node's own `hkdf`
 * always extracts first, which would not be this construction.
 */
function expand(prk: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const block = createHmac(HASH, prk).update(info).update(Uint8Array.of(1)).digest();
  const output = Uint8Array.from(block.subarray(0, length));
  block.fill(0);
  return output;
}
