/**
 * The sealed Secret: a public JSON blob with everything needed to reopen one generation of a Secret, given access to the
 * tenant's KMS and the service key. One canonical spelling (member order below, no white space), because stand-alone
 * objects embed it.
 *
 * @module
 */
import { z } from "zod";
import { TENANT_ID } from "../master-key/descriptor.js";
import { ByokError } from "../master-key/errors.js";
import { type GenerationId } from "./derivation.js";
import { base64Bytes, sealedWrapSchema } from "./sealed-wrap.js";

/** At most this many master keys per Secret: three clouds, several regions each. */
const MAX_MASTER_KEYS = 16;

const untaggedSchema = z.strictObject({
  schema: z.literal(1),
  tenant: z.string().regex(TENANT_ID),
  secret: z
    .string()
    .min(1)
    .max(64)
    .refine((id) => id.isWellFormed(), "must be well-formed text"),
  generation: z.int().min(1),
  masterKeys: z.array(sealedWrapSchema).min(1).max(MAX_MASTER_KEYS),
  bindingShare: z.strictObject({
    serviceKey: sealedWrapSchema,
    sealed: base64Bytes(72),
  }),
  bindingId: base64Bytes(16),
  commitment: base64Bytes(32),
});

const identifiersSchema = untaggedSchema.pick({ tenant: true, secret: true, generation: true });

const sealedSecretSchema = untaggedSchema.extend({ tag: base64Bytes(32) });

/**
 * A sealed Secret as JSON: what `createSecret` returns and `Encryptor.open` takes. `masterKeys` holds one wrap of the same
 * share per master key; `bindingShare.serviceKey` wraps a key that seals the binding share (XAES-256-GCM: nonce 24,
 * ciphertext 32, tag 16). Bytes are base64. Nothing in it is secret.
 */
export type SealedSecret = z.input<typeof sealedSecretSchema>;

/** A sealed Secret with its bytes decoded. */
export type SealedGeneration = z.output<typeof sealedSecretSchema>;

/** What the tag of a sealed Secret authenticates: all of it but the tag. */
export type UntaggedGeneration = z.output<typeof untaggedSchema>;

/** Canonical JSON of what the tag authenticates. */
export function untaggedJson(sealed: UntaggedGeneration): string {
  return JSON.stringify(z.encode(untaggedSchema.strip(), sealed));
}

/**
 * Checks that a JSON value is a sealed Secret.
 *
 * @throws {@link ByokError} BAD_HEADER naming what is wrong with it.
 */
export function parseSealedSecret(json: unknown): SealedSecret {
  return encodeSealedSecret(decodeSealedSecret(json));
}

/**
 * Checks that a generation can be sealed at all, before any key is asked.
 *
 * @throws {@link ByokError} CONFIG_INVALID for ids or a number of master keys that a sealed Secret cannot hold.
 */
export function assertSealable(id: GenerationId, masterKeys: number): void {
  const { tenant, secret, generation } = id;
  const parsed = identifiersSchema.safeParse({ tenant, secret, generation });
  if (!parsed.success) {
    throw new ByokError("CONFIG_INVALID", `No Secret can be made with this name:\n${z.prettifyError(parsed.error)}`);
  }
  if (masterKeys < 1 || masterKeys > MAX_MASTER_KEYS) {
    throw new ByokError("CONFIG_INVALID", `A Secret binds 1 to ${MAX_MASTER_KEYS} master keys, not ${masterKeys}.`, { tenant });
  }
}

/** As {@link parseSealedSecret}, with the bytes decoded. */
export function decodeSealedSecret(json: unknown): SealedGeneration {
  const parsed = sealedSecretSchema.safeParse(json);
  if (!parsed.success) {
    throw new ByokError("BAD_HEADER", `Not a sealed Secret:\n${z.prettifyError(parsed.error)}`);
  }
  return parsed.data;
}

/** Back to JSON, members in the canonical order. */
export function encodeSealedSecret(sealed: SealedGeneration): SealedSecret {
  return z.encode(sealedSecretSchema, sealed);
}

/** The canonical spelling as text, without a newline. */
export function serializeSealedSecret(sealed: SealedSecret): string {
  return JSON.stringify(parseSealedSecret(sealed));
}

/** Ids of the master keys that a generation names. */
export function masterKeyIds(sealed: Pick<SealedGeneration, "masterKeys">): string[] {
  return sealed.masterKeys.map(({ keyId }) => keyId);
}
