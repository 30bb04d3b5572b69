import { ByokError } from "../master-key/errors.js";
import { type CallOptions, type MasterKey } from "../master-key/master-key.js";
import { openBindingShare, sameBytes } from "./binding-share.js";
import { shareContext } from "./seal-generation.js";
import { deriveSecret, sealedSecretTag } from "./derivation.js";
import { fromSealedWrap, type SealedGeneration, type SealedWrap, untaggedJson } from "./sealed-secret.js";

/** Master keys by {@link MasterKey.id}: only those of configured descriptors are ever in it. */
export type MasterKeys = ReadonlyMap<string, MasterKey>;

/**
 * Opens a generation and returns its SEK, which the caller owns. The binding share goes first: with it the tag is
 * checked, so that a forged Secret never causes a call to the tenant's KMS. Then every wrap is opened: a revocation by any
 * master key closes the Secret, a transient failure of one is bridged by another, and the commitment has the last word.
 *
 * @throws {@link ByokError} WRONG_KEY if it names a key that is not configured (nothing is contacted then), TAMPERED if
 * wraps or their set do not fit the commitment, WRONG_BINDING_SHARE, and whatever the keys throw.
 */
export async function openGeneration(
  sealed: SealedGeneration,
  masterKeys: MasterKeys,
  serviceKey: MasterKey,
  options: CallOptions = {},
): Promise<Uint8Array> {
  const wraps = sealed.masterKeys.map((wrap) => ({ wrap, key: configuredKey(wrap, masterKeys, sealed) }));
  const bindingShare = await openBindingShare(sealed, serviceKey, sealed, options);
  try {
    if (!sameBytes(sealedSecretTag(bindingShare, untaggedJson(sealed)), sealed.tag)) {
      throw tampered(sealed, "it is not as the service sealed it");
    }
    const share = await openShare(wraps, sealed, options);
    try {
      const derived = deriveSecret(
        share,
        bindingShare,
        sealed,
        sealed.masterKeys.map((wrap) => wrap.keyId),
      );
      if (sameBytes(derived.commitment, sealed.commitment)) return derived.sek;
      derived.sek.fill(0);
      throw tampered(sealed, "its wraps do not fit its commitment");
    } finally {
      share.fill(0);
    }
  } finally {
    bindingShare.fill(0);
  }
}

/**
 * Checks, without contacting anything, that every key a Secret names is configured and the tenant's own.
 *
 * @throws {@link ByokError} WRONG_KEY or TENANT_MISMATCH.
 */
export function assertConfigured(sealed: SealedGeneration, masterKeys: MasterKeys): void {
  for (const wrap of sealed.masterKeys) configuredKey(wrap, masterKeys, sealed);
}

async function openShare(
  wraps: readonly { wrap: SealedWrap; key: MasterKey }[],
  sealed: SealedGeneration,
  options: CallOptions,
): Promise<Uint8Array> {
  const answers = await Promise.allSettled(
    wraps.map(({ wrap, key }) => key.unwrap(fromSealedWrap(wrap), shareContext(sealed), options)),
  );
  const shares = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value.share] : []));
  const failures = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason as unknown] : []));
  const [first, ...others] = shares;
  const agreed = first !== undefined && others.every((share) => sameBytes(share, first));
  const decisive = failures.find(isRevocation) ?? failures.find((failure) => !isTransient(failure));
  for (const share of others) share.fill(0);
  if (first !== undefined && decisive === undefined && agreed) return first;
  first?.fill(0);
  // Before the transient failures: they would earn grace for a Secret that is known to be wrong.
  if (decisive === undefined && first !== undefined) throw tampered(sealed, "its master keys hold different shares");
  throw decisive ?? failures[0];
}

function isRevocation(error: unknown): boolean {
  return error instanceof ByokError && error.revocation;
}

function isTransient(error: unknown): boolean {
  return error instanceof ByokError && error.retryable;
}

function configuredKey(wrap: SealedWrap, masterKeys: MasterKeys, sealed: SealedGeneration): MasterKey {
  const key = masterKeys.get(wrap.keyId);
  if (key === undefined || key.provider !== wrap.provider) {
    throw new ByokError(
      "WRONG_KEY",
      `Secret ${sealed.secret} names the master key ${wrap.keyId}, which no configured descriptor has. Key ids found in files are never contacted: add the descriptor if the key is right.`,
      { provider: wrap.provider, keyId: wrap.keyId, tenant: sealed.tenant },
    );
  }
  if (key.tenant !== sealed.tenant) {
    throw new ByokError("TENANT_MISMATCH", `The Secret belongs to tenant ${sealed.tenant}, the key to ${key.tenant}.`, {
      provider: key.provider,
      keyId: key.id,
      tenant: sealed.tenant,
    });
  }
  return key;
}

function tampered(sealed: SealedGeneration, why: string): ByokError {
  return new ByokError("TAMPERED", `Secret ${sealed.secret} is refused: ${why}. Restore it from a good copy.`, {
    tenant: sealed.tenant,
  });
}
