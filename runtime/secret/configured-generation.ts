import { ByokError } from "../master-key/errors.js";
import { masterKeyIds, type SealedGeneration } from "./sealed-secret.js";

/**
 * Which of the configured sealed Secrets opens what embeds another copy of one. A configured Secret of the same generation
 * has the same SEK, and is preferred where it names every master key that the embedded one does: its wraps may be on newer
 * key versions, and a master key added since closes older objects, too. Otherwise (undefined) the embedded one opens it,
 * with every key that it names; that it is genuine is checked as for any Secret.
 *
 * Both are of one Secret of one tenant.
 */
export function configuredGeneration(
  embedded: SealedGeneration,
  configured: readonly SealedGeneration[],
): SealedGeneration | undefined {
  return configured.find(
    (candidate) =>
      isSameGeneration(candidate, embedded) && (sameBytes(candidate.commitment, embedded.commitment) || namesMore(candidate, embedded)),
  );
}

/**
 * An older generation is one of the same Secret, made before.
 *
 * @throws {@link ByokError} TENANT_MISMATCH, SECRET_MISMATCH, CONFIG_INVALID.
 */
export function assertOlderGeneration(older: SealedGeneration, secret: SealedGeneration): void {
  assertSameSecret(older, secret, "An older generation");
  if (older.generation <= secret.generation && !isSameGeneration(older, secret)) return;
  throw new ByokError(
    "CONFIG_INVALID",
    `olderGenerations holds generation ${older.generation} of Secret ${secret.secret}, and sealedSecret is generation ${secret.generation}: give the newest as sealedSecret, and each older one once.`,
    { tenant: secret.tenant },
  );
}

/**
 * Checks that what was found is of the Secret at hand, any generation.
 *
 * @param what begins the message.
 * @throws {@link ByokError} TENANT_MISMATCH, SECRET_MISMATCH.
 */
export function assertSameSecret(found: SealedGeneration, { tenant, secret }: SealedGeneration, what: string): void {
  if (found.tenant !== tenant) {
    throw new ByokError("TENANT_MISMATCH", `${what} belongs to tenant ${found.tenant}, not ${tenant}.`, { tenant });
  }
  if (found.secret !== secret) {
    throw new ByokError("SECRET_MISMATCH", `${what} belongs to Secret ${found.secret}, not ${secret}.`, { tenant });
  }
}

/**
 * True for two states of one generation. Not by the number alone: two Secrets made under one id, or renewed twice from the
 * same one, share it and nothing else. An id that was forged only picks which Secret refuses the object.
 */
function isSameGeneration(a: SealedGeneration, b: SealedGeneration): boolean {
  return a.generation === b.generation && sameBytes(a.bindingId, b.bindingId);
}

/** True if `a` names all the master keys of `b`, and others. Equal sets have equal commitments: none is derived twice. */
function namesMore(a: SealedGeneration, b: SealedGeneration): boolean {
  const ids = new Set(masterKeyIds(a));
  return ids.size > b.masterKeys.length && masterKeyIds(b).every((id) => ids.has(id));
}

/** All of it is public: no need for constant time. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
