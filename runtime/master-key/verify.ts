/**
 * Does access really work? A live round trip with a random share, a proof that the wrap is bound to its context, whether the
 * key's policy says so too, and a look at the key's state.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { TENANT_ID } from "./descriptor.js";
import { ByokError } from "./errors.js";
import { type CallOptions, type MasterKey, SHARE_LENGTH, type ShareContext, type WrappedShare } from "./master-key.js";

/** One thing that was tried. */
export interface VerifyCheck {
  /**
   * `round-trip`: wrap and unwrap give the same share; `binding`: another context is refused; `tenant-binding`: whether the
   * key's own policy confines the service to this tenant (either is fine; only AWS's policies can); `state`: the key's state.
   */
  readonly name: "round-trip" | "binding" | "tenant-binding" | "state";
  /** False means that backups with this key would not work, or would not be safe. */
  readonly ok: boolean;
  /** What was seen, in plain words. */
  readonly detail: string;
  readonly error?: ByokError;
}

/** What {@link verifyMasterKey} found; `ok` if every check is. */
export interface VerifyReport {
  readonly provider: string;
  readonly keyId: string;
  readonly tenant: string;
  readonly ok: boolean;
  readonly checks: readonly VerifyCheck[];
}

/** Tries a key as the runtime will use it. Never throws for what the KMS answers: that is the report. */
export async function verifyMasterKey(key: MasterKey, options: CallOptions = {}): Promise<VerifyReport> {
  const context: ShareContext = {
    purpose: "share",
    tenant: key.tenant,
    secret: `verify-${randomBytes(8).toString("hex")}`,
    generation: 1,
  };
  const { wrapped, check } = await roundTrip(key, context, options);
  const checks = [
    check,
    ...(wrapped === undefined
      ? []
      : [await binding(key, wrapped, context, options), await tenantBinding(key, context, options)]),
    await state(key, options),
  ];
  return {
    provider: key.provider,
    keyId: key.id,
    tenant: key.tenant,
    ok: checks.every(({ ok }) => ok),
    checks,
  };
}

async function roundTrip(
  key: MasterKey,
  context: ShareContext,
  options: CallOptions,
): Promise<{ check: VerifyCheck; wrapped?: WrappedShare }> {
  const name = "round-trip";
  const share = Uint8Array.from(randomBytes(SHARE_LENGTH));
  try {
    const wrapped = await key.wrap(share, context, options);
    const reopened = await key.unwrap(wrapped, context, options);
    const same = Buffer.compare(reopened.share, share) === 0;
    reopened.share.fill(0);
    if (same) {
      return { wrapped, check: { name, ok: true, detail: "a random share was wrapped and unwrapped" } };
    }
    const error = new ByokError("TAMPERED", "The KMS gave back another share than it was given.", {
      provider: key.provider,
      keyId: key.id,
      tenant: key.tenant,
    });
    return { check: { name, ok: false, detail: error.message, error } };
  } catch (error) {
    return { check: failed(name, error) };
  } finally {
    share.fill(0);
  }
}

async function binding(
  key: MasterKey,
  wrapped: WrappedShare,
  context: ShareContext,
  options: CallOptions,
): Promise<VerifyCheck> {
  const name = "binding";
  try {
    const opened = await key.unwrap(wrapped, { ...context, generation: context.generation + 1 }, options);
    opened.share.fill(0);
    return { name, ok: false, detail: "the KMS opened a wrap under another context: it ignores the context" };
  } catch (error) {
    if (!(error instanceof ByokError)) throw error;
    if (error.code === "TAMPERED" || error.code === "ACCESS_DENIED") {
      return { name, ok: true, detail: `a wrap under another context is refused (${error.code})` };
    }
    return failed(name, error);
  }
}

/**
 * Clouds whose grants cannot be conditioned on a wrap's context: nothing is there to be tried. Sources: IAM documentation,
 * "Attribute reference for IAM Conditions" (no attribute of additional authenticated data); Azure Key Vault, "Assign an
 * access policy" and "Key Vault RBAC" (no conditions on keys, and RSA takes no context).
 */
const WITHOUT_CONDITION: ReadonlyMap<string, string> = new Map([
  ["gcp-kms", "a grant in Google Cloud cannot be confined to a tenant's context: whoever was granted the key may use it for any"],
  ["azure-key-vault", "a grant in Azure cannot be confined to a tenant's context: whoever was granted the key may use it for any"],
]);

/** Tells usage `least` from `console`: only the former's key policy refuses another tenant's encryption context. */
async function tenantBinding(key: MasterKey, context: ShareContext, options: CallOptions): Promise<VerifyCheck> {
  const name = "tenant-binding";
  const never = WITHOUT_CONDITION.get(key.provider);
  if (never !== undefined) return { name, ok: true, detail: `${never}; every wrap is bound to its tenant all the same` };
  const share = Uint8Array.from(randomBytes(SHARE_LENGTH));
  try {
    await key.wrap(share, { ...context, tenant: anotherTenant(key.tenant) }, options);
    const detail = "the key's policy does not confine the service to this tenant (usage `console`); every wrap is bound to its tenant all the same";
    return { name, ok: true, detail };
  } catch (error) {
    if (error instanceof ByokError && error.code === "ACCESS_DENIED") {
      return { name, ok: true, detail: "the key's policy confines the service to this tenant (usage `least`)" };
    }
    return failed(name, error);
  } finally {
    share.fill(0);
  }
}

/** A valid tenant id that is not this one. */
function anotherTenant(tenant: string): string {
  const other = `${tenant}-x`;
  return TENANT_ID.test(other) ? other : "byok-verify";
}

async function state(key: MasterKey, options: CallOptions): Promise<VerifyCheck> {
  const name = "state";
  try {
    const found = await key.describe(options);
    return { name, ok: found.usable, detail: `the key is ${found.state}` };
  } catch (error) {
    if (!(error instanceof ByokError)) throw error;
    if (error.code === "ACCESS_DENIED") {
      return { name, ok: true, detail: "the grant does not cover reading the key's state (not needed for backups)" };
    }
    return failed(name, error);
  }
}

function failed(name: VerifyCheck["name"], error: unknown): VerifyCheck {
  if (!(error instanceof ByokError)) throw error;
  return { name, ok: false, detail: error.message, error };
}
