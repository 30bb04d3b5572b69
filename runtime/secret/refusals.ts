/**
 * Which master keys were taken away and have not answered again themselves. In a Secret of several keys the others serve
 * while one is out; of a key that was taken away, an outage is no answer (a vault that was deleted vanishes from DNS, too), so
 * that it is not bridged until the key has given itself back.
 *
 * @module
 */
import { ByokError, type ByokErrorCode } from "../master-key/errors.js";
import { list } from "../master-key/list-encoding.js";
import { type Clock } from "./clock.js";
import { type SealedWrap } from "./sealed-wrap.js";
import { CONFIRMATION_INTERVAL } from "./sek-cache.js";

type Wrap = Pick<SealedWrap, "provider" | "keyId" | "keyVersion">;

/** Said of the version that made a wrap; other versions of the key have states of their own. */
const OF_A_VERSION: ReadonlySet<ByokErrorCode> = new Set(["KEY_DISABLED", "KEY_PENDING_DELETION", "KEY_DESTROYED", "KEY_NOT_FOUND"]);

interface Refusal {
  readonly error: ByokError;
  /** Monotonic time of the key's first success since. */
  firstSuccess?: number;
}

/** True if what a key answered to opening `asked` is said of `other`, too. */
export function concerns(error: ByokError, asked: Wrap, other: Wrap): boolean {
  return scopeOf(error.code, asked) === scopeOf(error.code, other);
}

/** See the module's comment. */
export class Refusals {
  readonly #refusals = new Map<string, Refusal>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A key refused to open a wrap: a revocation. */
  refused(wrap: Wrap, error: ByokError): void {
    this.#refusals.set(scopeOf(error.code, wrap), { error });
  }

  /** A key opened a wrap: twice, far enough apart, lifts what it refused. */
  opened(wrap: Wrap): void {
    for (const scope of scopesOf(wrap)) {
      const refusal = this.#refusals.get(scope);
      if (refusal === undefined) continue;
      const now = this.#clock.monotonic();
      refusal.firstSuccess ??= now;
      if (now - refusal.firstSuccess >= CONFIRMATION_INTERVAL) this.#refusals.delete(scope);
    }
  }

  /** The refusal that stands for a wrap whose key does not answer, as the error to end with. */
  standing(wrap: Wrap, outage: unknown): ByokError | undefined {
    const [refusal] = scopesOf(wrap).flatMap((scope) => this.#refusals.get(scope) ?? []);
    if (refusal === undefined) return undefined;
    const { code, provider, keyId, tenant } = refusal.error;
    const message = `The master key ${wrap.keyId} was taken away (${code}) and cannot be reached since. The Secret stays closed until that key answers again itself.`;
    return new ByokError(code, message, { provider, keyId, tenant, cause: outage });
  }
}

function scopeOf(code: ByokErrorCode, wrap: Wrap): string {
  const [ofKey, ofVersion] = scopesOf(wrap);
  return OF_A_VERSION.has(code) ? ofVersion : ofKey;
}

/** The key, and the version of it. */
function scopesOf({ provider, keyId, keyVersion }: Wrap): [ofKey: string, ofVersion: string] {
  const scope = (...parts: string[]): string => Buffer.from(list(...parts)).toString("base64");
  return [scope(provider, keyId), scope(provider, keyId, keyVersion ?? "")];
}
