import { ByokError } from "../master-key/errors.js";
import { type CallOptions, type MasterKey } from "../master-key/master-key.js";
import { openBindingShare, sameBytes } from "./binding-share.js";
import { deriveSecret, sealedSecretTag } from "./derivation.js";
import { type Refusals } from "./refusals.js";
import { shareContext } from "./seal-generation.js";
import { masterKeyIds, type SealedGeneration, untaggedJson } from "./sealed-secret.js";
import { fromSealedWrap, type SealedWrap } from "./sealed-wrap.js";

/** Master keys by {@link MasterKey.id}: only those of configured descriptors are ever in it. */
export type MasterKeys = ReadonlyMap<string, MasterKey>;

/** Options of {@link openGeneration}. */
export interface OpenGenerationOptions extends CallOptions {
  /** This generation as it was opened before: its tag was right then, so its wraps may be offered to the tenant's KMS. */
  readonly openedBefore?: SealedGeneration | undefined;
  /** What the keys refused so far: kept up to date, and not bridged. Without it only what they answer now counts. */
  readonly refusals?: Refusals | undefined;
}

/** What a generation consists of, lent for as long as {@link withOpenGeneration} runs; wiped afterwards. */
export interface OpenedGeneration {
  readonly share: Uint8Array;
  readonly bindingShare: Uint8Array;
  readonly sek: Uint8Array;
}

/**
 * Opens a generation and lends what comes out. The binding share goes first: with it the tag is checked, so that a forged
 * Secret never causes a call to the tenant's KMS. Then every wrap is opened: a revocation by any master key closes the
 * Secret, a transient failure of one is bridged by another unless that one was taken away before, and the commitment has the
 * last word. While the service key is
 * out, the tenant's KMS is asked all the same about a generation opened before: a revocation must not hide behind the
 * service's own outage.
 *
 * @throws {@link ByokError} WRONG_KEY if it names a key that is not configured (nothing is contacted then), TAMPERED if
 * wraps or their set do not fit the commitment, WRONG_BINDING_SHARE, and whatever the keys or `use` throw.
 */
export async function withOpenGeneration<T>(
  sealed: SealedGeneration,
  masterKeys: MasterKeys,
  serviceKey: MasterKey,
  options: OpenGenerationOptions,
  use: (opened: OpenedGeneration) => T | Promise<T>,
): Promise<T> {
  const wraps = configuredWraps(sealed, masterKeys);
  const bindingShare = await openAuthentic(sealed, serviceKey, options).catch(async (error: unknown) => {
    const { openedBefore } = options;
    if (isTransient(error) && openedBefore !== undefined) {
      await assertNotRevoked(configuredWraps(openedBefore, masterKeys), openedBefore, options);
    }
    throw error;
  });
  try {
    const share = await openShare(wraps, sealed, options);
    try {
      const { sek, commitment } = deriveSecret(share, bindingShare, sealed, masterKeyIds(sealed));
      try {
        if (!sameBytes(commitment, sealed.commitment)) throw tampered(sealed, "its wraps do not fit its commitment");
        return await use({ share, bindingShare, sek });
      } finally {
        sek.fill(0);
      }
    } finally {
      share.fill(0);
    }
  } finally {
    bindingShare.fill(0);
  }
}

/** As {@link withOpenGeneration}, and returns the SEK alone, which the caller owns and zeroizes. */
export async function openGeneration(
  sealed: SealedGeneration,
  masterKeys: MasterKeys,
  serviceKey: MasterKey,
  options: OpenGenerationOptions = {},
): Promise<Uint8Array> {
  return withOpenGeneration(sealed, masterKeys, serviceKey, options, ({ sek }) => sek.slice());
}

/**
 * Checks with the service key alone that a generation is as the service sealed it. The tenant's KMS is not asked.
 *
 * @throws {@link ByokError} TAMPERED, WRONG_BINDING_SHARE, and what the service key throws.
 */
export async function assertAuthentic(sealed: SealedGeneration, serviceKey: MasterKey, options: CallOptions = {}): Promise<void> {
  (await openAuthentic(sealed, serviceKey, options)).fill(0);
}

/** Opens the binding share and checks the tag with it; the caller owns it. */
async function openAuthentic(sealed: SealedGeneration, serviceKey: MasterKey, options: CallOptions): Promise<Uint8Array> {
  const bindingShare = await openBindingShare(sealed, serviceKey, sealed, options);
  if (sameBytes(sealedSecretTag(bindingShare, untaggedJson(sealed)), sealed.tag)) return bindingShare;
  bindingShare.fill(0);
  throw tampered(sealed, "it is not as the service sealed it");
}

/**
 * Checks, without contacting anything, that every key a Secret names is configured and the tenant's own.
 *
 * @throws {@link ByokError} WRONG_KEY or TENANT_MISMATCH.
 */
export function assertConfigured(sealed: SealedGeneration, masterKeys: MasterKeys): void {
  configuredWraps(sealed, masterKeys);
}

/** A wrap, and the open key that made it. */
interface ConfiguredWrap {
  readonly wrap: SealedWrap;
  readonly key: MasterKey;
}

function configuredWraps(sealed: SealedGeneration, masterKeys: MasterKeys): ConfiguredWrap[] {
  return sealed.masterKeys.map((wrap) => ({ wrap, key: configuredKey(wrap, masterKeys, sealed) }));
}

/** Throws the first revocation that any of the master keys answers with; what else they answer does not matter here. */
async function assertNotRevoked(
  wraps: readonly ConfiguredWrap[],
  sealed: SealedGeneration,
  options: OpenGenerationOptions,
): Promise<void> {
  const { shares, failures } = await unwrapAll(wraps, sealed, options);
  for (const share of shares) share.fill(0);
  const revocation = failures.find(isRevocation);
  if (revocation !== undefined) throw revocation;
}

async function openShare(
  wraps: readonly ConfiguredWrap[],
  sealed: SealedGeneration,
  options: OpenGenerationOptions,
): Promise<Uint8Array> {
  const { shares, failures, standing } = await unwrapAll(wraps, sealed, options);
  const [first, ...others] = shares;
  const agreed = first !== undefined && others.every((share) => sameBytes(share, first));
  const decisive = failures.find(isRevocation) ?? failures.find((failure) => !isTransient(failure));
  for (const share of others) share.fill(0);
  if (first !== undefined && decisive === undefined && agreed && standing === undefined) return first;
  first?.fill(0);
  // Before the transient failures: they would earn grace for a Secret that is known to be wrong.
  if (decisive === undefined && first !== undefined) throw agreed && standing !== undefined ? standing : tampered(sealed, "its master keys hold different shares");
  throw decisive ?? failures[0];
}

/** What the master keys answered. */
interface Answers {
  /** The caller owns them. */
  readonly shares: Uint8Array[];
  readonly failures: unknown[];
  /** What a key that is out had refused before. */
  readonly standing: ByokError | undefined;
}

/** Asks every master key. */
async function unwrapAll(wraps: readonly ConfiguredWrap[], sealed: SealedGeneration, options: OpenGenerationOptions): Promise<Answers> {
  const { refusals, signal } = options;
  const shares: Uint8Array[] = [];
  const failures: unknown[] = [];
  const answers = await Promise.allSettled(
    wraps.map(({ wrap, key }) => key.unwrap(fromSealedWrap(wrap), shareContext(sealed), { signal })),
  );
  let standing: ByokError | undefined;
  for (const [index, { wrap }] of wraps.entries()) {
    const answer = answers[index];
    if (answer?.status === "fulfilled") {
      shares.push(answer.value.share);
      refusals?.opened(wrap);
    } else {
      const reason: unknown = answer?.reason;
      failures.push(reason);
      if (isRevocation(reason)) refusals?.refused(wrap, reason);
      else if (isTransient(reason)) standing ??= refusals?.standing(wrap, reason);
    }
  }
  return { shares, failures, standing };
}

function isRevocation(error: unknown): error is ByokError {
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
