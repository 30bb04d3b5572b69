/**
 * Which versions of KMS keys a generation stands on, and whether the KMS has gone on to newer ones.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { ByokError } from "../master-key/errors.js";
import { type CallOptions, type MasterKey, type ShareContext, type WrappedShare } from "../master-key/master-key.js";
import { serviceKeyContext } from "./binding-share.js";
import { KEY_LENGTH } from "./derivation.js";
import { assertAuthentic, assertConfigured, type MasterKeys } from "./open-generation.js";
import { shareContext } from "./seal-generation.js";
import { type SealedGeneration } from "./sealed-secret.js";
import { fromSealedWrap } from "./sealed-wrap.js";
import { neverTenantsRevocation } from "./service-seal.js";

/** The versions of one key, as its wrap and its KMS tell them. */
export interface KeyVersions {
  /** A tenant's master key, or the service key that seals the binding share. */
  readonly role: "master" | "service";
  readonly provider: string;
  readonly keyId: string;
  /** Version that made the wrap, and is needed to open it. Absent where rotation is invisible (AWS KMS, local). */
  readonly keyVersion?: string;
  /** Version that the KMS wraps with now. Absent where rotation is invisible, or where the KMS did not tell (`error`). */
  readonly currentVersion?: string;
  /** True if they differ. */
  readonly rewrapDue: boolean;
  /** Why the wrap does not open now, or why the current version is not known. */
  readonly error?: ByokError;
}

/**
 * Asks every key of a generation: opens its wrap, and wraps random bytes (which are thrown away) where only that tells
 * the current version. What one key refuses is told with it and stops nothing.
 *
 * @throws {@link ByokError} TAMPERED, WRONG_BINDING_SHARE, WRONG_KEY, TENANT_MISMATCH, ABORTED, and what the service key
 * throws: without it nothing says that the generation is authentic, and no tenant's KMS is troubled.
 */
export async function keyVersionsOf(
  sealed: SealedGeneration,
  masterKeys: MasterKeys,
  serviceKey: MasterKey,
  options: CallOptions = {},
): Promise<KeyVersions[]> {
  assertConfigured(sealed, masterKeys);
  await assertAuthentic(sealed, serviceKey, options);
  const wraps = sealed.masterKeys.flatMap((wrap) => {
    const key = masterKeys.get(wrap.keyId);
    return key === undefined ? [] : [{ role: "master" as const, key, wrapped: fromSealedWrap(wrap), context: shareContext(sealed) }];
  });
  const binding = fromSealedWrap(sealed.bindingShare.serviceKey);
  return Promise.all(
    [...wraps, { role: "service" as const, key: serviceKey, wrapped: binding, context: serviceKeyContext(sealed) }].map(
      ({ role, key, wrapped, context }) => versionsOf(role, key, wrapped, context, options),
    ),
  );
}

async function versionsOf(
  role: KeyVersions["role"],
  key: MasterKey,
  wrapped: WrappedShare,
  context: ShareContext,
  options: CallOptions,
): Promise<KeyVersions> {
  const { provider, keyId, keyVersion } = wrapped;
  const known = { role, provider, keyId, ...(keyVersion === undefined ? {} : { keyVersion }) };
  try {
    const { share, newestVersion } = await key.unwrap(wrapped, context, options);
    share.fill(0);
    if (keyVersion === undefined) return { ...known, rewrapDue: false };
    const currentVersion = newestVersion === true ? keyVersion : await probe(key, context, options);
    if (currentVersion === undefined) return { ...known, rewrapDue: false };
    return { ...known, currentVersion, rewrapDue: currentVersion !== keyVersion };
  } catch (thrown) {
    const error = role === "service" ? neverTenantsRevocation(thrown, key, context) : thrown;
    if (!(error instanceof ByokError) || error.code === "ABORTED") throw error;
    return { ...known, rewrapDue: false, error };
  }
}

/** The version that a wrap is made with now. */
async function probe(key: MasterKey, context: ShareContext, options: CallOptions): Promise<string | undefined> {
  const bytes = Uint8Array.from(randomBytes(KEY_LENGTH));
  try {
    return (await key.wrap(bytes, context, options)).keyVersion;
  } finally {
    bytes.fill(0);
  }
}
