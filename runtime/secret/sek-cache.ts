/**
 * The SEKs of opened Secrets, in memory, for a limited time (docs/cache.md tells the whole behaviour).
 *
 * - One entry per (tenant, commitment); nothing is shared between tenants or Secrets.
 * - A miss is single-flight: however many callers wait, the KMS is asked once. One caller's abort fails nobody else.
 * - A refresh runs ahead of expiry, so that busy callers never wait for the KMS.
 * - A revocation drops the key at once and is remembered: an answer to a request that began before it is thrown away, and
 *   afterwards the Secret opens only on two successes at least ten seconds apart.
 * - THROTTLED, UNAVAILABLE and SERVICE_CREDENTIALS keep a key for `outageGrace` beyond its ttl; nothing else does.
 *
 * @module
 */
import { ByokError, type ByokErrorCode } from "../master-key/errors.js";
import { type CachePolicy } from "./cache-policy.js";
import { type Clock, elapsedSince, type Instant, instant, systemClock } from "./clock.js";
import { LeasedKey } from "./leased-key.js";
import { assertNotAborted, waitAbortably } from "./wait-abortably.js";

/** After a revocation, two successes this far apart (ms) open a Secret again. */
export const CONFIRMATION_INTERVAL = 10_000;

/** A failure answers further callers for this long (ms), so that a refused key is not asked in a loop. */
export const NEGATIVE_TTL = 1_000;

/**
 * A failure that earns grace counts as an outage for this long (ms): callers are served at once and the KMS is asked in the
 * background, so that an outage does not cost every caller the KMS's time-out.
 */
const OUTAGE_MEMORY = 30_000;

/** Entries without a key are forgotten beyond this number, so that forged objects cannot fill the memory. */
const MAX_ENTRIES = 1_000;

/** A refresh begins when this share of the ttl has passed, at the earliest and at the latest (jitter in between). */
const REFRESH_AHEAD = { from: 0.7, to: 0.9 } as const;

const EARNS_GRACE: ReadonlySet<ByokErrorCode> = new Set(["THROTTLED", "UNAVAILABLE", "SERVICE_CREDENTIALS"]);

/** Asks the KMS for a SEK. The cache owns what it returns. */
export type LoadSek = () => Promise<Uint8Array>;

/** What makes the cache testable. */
export interface SekCacheOptions {
  readonly policy: CachePolicy;
  readonly clock?: Clock;
  /** Jitter source, [0, 1). */
  readonly random?: () => number;
}

interface CachedSek {
  readonly key: LeasedKey;
  readonly since: Instant;
  readonly refreshAfter: number;
  expiry: NodeJS.Timeout;
}

interface Flight {
  readonly answer: Promise<LeasedKey>;
  /** Callers that get a hold of their own when the answer comes. */
  waiters: number;
}

interface Revocation {
  readonly error: ByokError;
  /** Monotonic time of the first success since; the second one, far enough after it, lifts the revocation. */
  firstSuccess?: number;
}

interface Failure {
  readonly error: unknown;
  /** Monotonic time. */
  readonly at: number;
}

/** Everything known of one Secret's generation. */
interface Entry {
  cached?: CachedSek;
  flight?: Flight;
  revocation?: Revocation;
  failure?: Failure;
  revocations: number;
}

/** See the module's comment. */
export class SekCache {
  readonly #entries = new Map<string, Entry>();
  readonly #policy: CachePolicy;
  readonly #clock: Clock;
  readonly #random: () => number;

  constructor(options: SekCacheOptions) {
    this.#policy = options.policy;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
  }

  /**
   * Lends a Secret's key to a synchronous function, loading it if need be.
   *
   * @param id tenant and commitment, encoded so that no two pairs meet.
   * @throws what `load` throws, or the revocation that closed the Secret; ABORTED if `signal` has fired or fires while waiting.
   */
  async withSek<T>(id: string, load: LoadSek, use: (sek: Uint8Array) => T, signal?: AbortSignal): Promise<T> {
    const lease = await this.#acquire(id, load, signal);
    try {
      return lease.use(use);
    } finally {
      lease.release();
    }
  }

  /** Drops a Secret's key at once, as a revocation answer does. For answers that reached the process another way. */
  revoke(id: string, error: ByokError): void {
    this.#revoke(this.#entry(id), error);
  }

  /** Drops every key but one, as {@link SekCache.revoke} does: for caches whose entries all depend on the same keys. */
  revokeOthers(id: string, error: ByokError): void {
    for (const [other, entry] of this.#entries) {
      if (other !== id) this.#revoke(entry, error);
    }
  }

  /** Wipes what no outage could keep any longer. Runs by itself when the time has come. */
  sweep(): void {
    for (const entry of this.#entries.values()) {
      if (this.#age(entry) >= this.#longestAge) drop(entry);
    }
  }

  /** Drops every key. Callers that hold one finish with it. */
  clear(): void {
    for (const entry of this.#entries.values()) {
      entry.revocations += 1; // An answer still under way must not bring a key back.
      drop(entry);
    }
    this.#entries.clear();
  }

  get #longestAge(): number {
    return this.#policy.ttl + this.#policy.outageGrace;
  }

  async #acquire(id: string, load: LoadSek, signal?: AbortSignal): Promise<LeasedKey> {
    assertNotAborted(signal);
    const entry = this.#entry(id);
    const age = this.#age(entry);
    // A failure since the last success that earns no grace: the key goes at its ttl, whatever fails next.
    const graceless = entry.failure !== undefined && !earnsGrace(entry.failure.error);
    if (age >= (graceless ? this.#policy.ttl : this.#longestAge)) drop(entry);
    const { cached } = entry;
    if (cached !== undefined && age < this.#policy.ttl) {
      if (age >= cached.refreshAfter && !this.#failedWithin(entry, NEGATIVE_TTL)) this.#refresh(entry, load);
      return cached.key.hold();
    }
    if (cached !== undefined && earnsGrace(entry.failure?.error) && this.#failedWithin(entry, OUTAGE_MEMORY)) {
      if (!this.#failedWithin(entry, NEGATIVE_TTL)) this.#refresh(entry, load);
      return cached.key.hold();
    }
    if (this.#failedWithin(entry, NEGATIVE_TTL)) throw entry.failure?.error;
    this.#assertConfirmable(entry);
    try {
      return await this.#join(entry, load, signal);
    } catch (error) {
      // A revocation, or a ttl that ran out for another reason, has dropped the key: then there is nothing to fall back on.
      if (entry.cached === undefined || !earnsGrace(error)) throw error;
      // The failure took its time: the key may have come to its end meanwhile.
      if (this.#age(entry) >= this.#longestAge) {
        drop(entry);
        throw error;
      }
      return entry.cached.key.hold();
    }
  }

  #refresh(entry: Entry, load: LoadSek): void {
    if (entry.flight !== undefined) return;
    this.#flight(entry, load).answer.catch(() => {
      // The failure is on the entry: the next caller past the ttl sees it, a revocation has already dropped the key.
    });
  }

  async #join(entry: Entry, load: LoadSek, signal?: AbortSignal): Promise<LeasedKey> {
    const flight = entry.flight ?? this.#flight(entry, load);
    flight.waiters += 1;
    return waitAbortably(flight.answer, signal, (lease) => {
      lease.release();
    });
  }

  #flight(entry: Entry, load: LoadSek): Flight {
    const flight: Flight = { answer: this.#load(entry, load, () => flight.waiters), waiters: 0 };
    entry.flight = flight;
    return flight;
  }

  async #load(entry: Entry, load: LoadSek, waiters: () => number): Promise<LeasedKey> {
    const began = instant(this.#clock);
    const revocations = entry.revocations;
    let sek: Uint8Array;
    try {
      // Asynchronous even where `load` throws at once: the flight must be on the entry before it is taken off.
      sek = await Promise.resolve().then(load);
    } catch (error) {
      delete entry.flight;
      entry.failure = { error, at: this.#clock.monotonic() };
      if (error instanceof ByokError && error.revocation) this.#revoke(entry, error);
      else if (!earnsGrace(error) && this.#age(entry) >= this.#policy.ttl) drop(entry);
      throw error;
    }
    delete entry.flight;
    const key = new LeasedKey(sek);
    try {
      this.#assertOpen(entry, revocations);
      this.#install(entry, key, began);
      for (let waiter = 0; waiter < waiters(); waiter += 1) key.hold();
      return key;
    } finally {
      key.release();
    }
  }

  /** Throws unless an answer to a request that began at revocation count `revocations` may be used. */
  #assertOpen(entry: Entry, revocations: number): void {
    const { revocation } = entry;
    if (entry.revocations !== revocations) {
      throw revocation?.error ?? new ByokError("UNAVAILABLE", "The cache was cleared while the KMS was asked: try again.");
    }
    if (revocation === undefined) return;
    revocation.firstSuccess ??= this.#clock.monotonic();
    this.#assertConfirmable(entry);
    delete entry.revocation;
  }

  /** Throws while a first success after a revocation still has to be confirmed by a later one. */
  #assertConfirmable({ revocation }: Entry): void {
    if (revocation?.firstSuccess === undefined) return;
    const wait = CONFIRMATION_INTERVAL - (this.#clock.monotonic() - revocation.firstSuccess);
    if (wait <= 0) return;
    const { code, provider, keyId, tenant } = revocation.error;
    throw new ByokError(
      code,
      `The KMS answers again after a revocation; it must do so twice, ${CONFIRMATION_INTERVAL / 1000} s apart. Try again in ${Math.ceil(wait / 1000)} s.`,
      { provider, keyId, tenant, cause: revocation.error },
    );
  }

  #install(entry: Entry, key: LeasedKey, began: Instant): void {
    drop(entry);
    delete entry.failure;
    if (this.#longestAge === 0) return;
    const { from, to } = REFRESH_AHEAD;
    // The age counts from when the KMS was asked, not from when its answer arrived.
    entry.cached = {
      key: key.hold(),
      since: began,
      refreshAfter: this.#policy.ttl * (from + (to - from) * this.#random()),
      expiry: this.#wipeAfter(entry, this.#longestAge),
    };
  }

  /** Timers may fire a little early, and stand still while the machine sleeps: what is left to wait is waited again. */
  #wipeAfter(entry: Entry, time: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.sweep();
      if (entry.cached === undefined) return;
      entry.cached.expiry = this.#wipeAfter(entry, Math.max(1, this.#longestAge - this.#age(entry)));
    }, time).unref();
  }

  #revoke(entry: Entry, error: ByokError): void {
    entry.revocations += 1;
    entry.revocation = { error };
    drop(entry);
  }

  #failedWithin(entry: Entry, time: number): boolean {
    return entry.failure !== undefined && this.#clock.monotonic() - entry.failure.at < time;
  }

  #age(entry: Entry): number {
    return entry.cached === undefined ? Number.POSITIVE_INFINITY : elapsedSince(entry.cached.since, this.#clock);
  }

  #entry(id: string): Entry {
    let entry = this.#entries.get(id);
    if (entry === undefined) {
      if (this.#entries.size >= MAX_ENTRIES) this.#forgetIdle();
      entry = { revocations: 0 };
      this.#entries.set(id, entry);
    }
    return entry;
  }

  #forgetIdle(): void {
    for (const [id, { cached, flight, revocation }] of this.#entries) {
      if (cached === undefined && flight === undefined && revocation === undefined) this.#entries.delete(id);
    }
  }
}

function drop(entry: Entry): void {
  if (entry.cached === undefined) return;
  clearTimeout(entry.cached.expiry);
  entry.cached.key.release();
  delete entry.cached;
}

function earnsGrace(error: unknown): boolean {
  return error instanceof ByokError && EARNS_GRACE.has(error.code);
}
