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
import { ByokError } from "../master-key/errors.js";
import { type CachePolicy } from "./cache-policy.js";
import { type Clock, type Instant, instant, keyAgeSince, systemClock } from "./clock.js";
import { LeasedKey } from "./leased-key.js";
import { drop, earnsGrace, type Flight, type SekCacheEntry } from "./sek-cache-entry.js";
import { assertNotAborted, waitAbortably } from "./wait-abortably.js";

/** After a revocation, two successes this far apart (ms) open a Secret again. */
export const CONFIRMATION_INTERVAL = 10_000;

/** A failure answers further callers for this long (ms), so that a refused key is not asked in a loop. */
export const NEGATIVE_TTL = 1_000;

/**
 * A failure that earns grace counts as an outage for this long (ms), and until a request begun meanwhile is answered:
 * callers are served at once and the KMS is asked in the background, so that an outage does not cost every caller the KMS's
 * time-out. Short, because a failure just before the ttl also delays by as much the first caller who waits for an answer.
 */
export const OUTAGE_MEMORY = 5_000;

/** Entries without a key are forgotten beyond this number, so that forged objects cannot fill the memory. */
const MAX_ENTRIES = 1_000;

/** A refresh begins when this share of the ttl has passed, at the earliest and at the latest (jitter in between). */
const REFRESH_AHEAD = { from: 0.7, to: 0.9 } as const;

/** Asks the KMS for a SEK. The cache owns what it returns. */
export type LoadSek = () => Promise<Uint8Array>;

/** What makes the cache testable. */
export interface SekCacheOptions {
  readonly policy: CachePolicy;
  readonly clock?: Clock;
  /** Jitter source, [0, 1). */
  readonly random?: () => number;
}

/** See the module's comment. */
export class SekCache {
  readonly #entries = new Map<string, SekCacheEntry>();
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

  /** Wipes what no outage could keep any longer. Runs by itself when the time has come. */
  sweep(): void {
    for (const entry of this.#entries.values()) this.#dropIfOver(entry);
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
    this.#dropIfOver(entry);
    const age = this.#age(entry);
    const { cached } = entry;
    if (cached !== undefined && age < this.#policy.ttl) {
      if (age >= cached.refreshAfter && !this.#failedWithin(entry, NEGATIVE_TTL)) this.#refresh(entry, load);
      return cached.key.hold();
    }
    if (cached !== undefined && this.#inOutage(entry)) {
      if (!this.#failedWithin(entry, NEGATIVE_TTL)) this.#refresh(entry, load);
      return cached.key.hold();
    }
    if (this.#failedWithin(entry, NEGATIVE_TTL)) throw entry.failure?.error;
    this.#assertConfirmable(entry);
    try {
      return await this.#join(entry, load, signal);
    } catch (error) {
      // A revocation has dropped the key, or it came to its end meanwhile: then there is nothing to fall back on.
      this.#dropIfOver(entry);
      if (entry.cached === undefined || !earnsGrace(error)) throw error;
      return entry.cached.key.hold();
    }
  }

  #refresh(entry: SekCacheEntry, load: LoadSek): void {
    if (entry.flight !== undefined) return;
    this.#flight(entry, load).answer.catch(() => {
      // The failure is on the entry: the next caller past the ttl sees it, a revocation has already dropped the key.
    });
  }

  async #join(entry: SekCacheEntry, load: LoadSek, signal?: AbortSignal): Promise<LeasedKey> {
    const flight = entry.flight ?? this.#flight(entry, load);
    flight.waiters += 1;
    return waitAbortably(flight.answer, signal, (lease) => {
      lease.release();
    });
  }

  #flight(entry: SekCacheEntry, load: LoadSek): Flight {
    const flight: Flight = {
      answer: this.#load(entry, load, () => flight.waiters),
      inOutage: this.#inOutage(entry),
      waiters: 0,
    };
    entry.flight = flight;
    return flight;
  }

  async #load(entry: SekCacheEntry, load: LoadSek, waiters: () => number): Promise<LeasedKey> {
    const began = instant(this.#clock);
    const revocations = entry.revocations;
    let sek: Uint8Array;
    try {
      // Asynchronous even where `load` throws at once: the flight must be on the entry before it is taken off.
      sek = await Promise.resolve().then(load);
    } catch (error) {
      delete entry.flight;
      entry.failure = { error, at: this.#clock.monotonic() };
      entry.graceless ||= !earnsGrace(error);
      if (error instanceof ByokError && error.revocation) this.#revoke(entry, error);
      else this.#dropIfOver(entry);
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
  #assertOpen(entry: SekCacheEntry, revocations: number): void {
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
  #assertConfirmable({ revocation }: SekCacheEntry): void {
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

  #install(entry: SekCacheEntry, key: LeasedKey, began: Instant): void {
    drop(entry);
    delete entry.failure;
    entry.graceless = false;
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
  #wipeAfter(entry: SekCacheEntry, time: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.sweep();
      if (entry.cached === undefined) return;
      entry.cached.expiry = this.#wipeAfter(entry, Math.max(1, this.#longestAge - this.#age(entry)));
    }, time).unref();
  }

  #revoke(entry: SekCacheEntry, error: ByokError): void {
    entry.revocations += 1;
    entry.revocation = { error };
    drop(entry);
  }

  /** The key goes at ttl + grace, or at its ttl if any failure since the last success earned no grace. */
  #dropIfOver(entry: SekCacheEntry): void {
    if (this.#age(entry) >= (entry.graceless ? this.#policy.ttl : this.#longestAge)) drop(entry);
  }

  #inOutage(entry: SekCacheEntry): boolean {
    if (!earnsGrace(entry.failure?.error)) return false;
    return entry.flight?.inOutage === true || this.#failedWithin(entry, OUTAGE_MEMORY);
  }

  #failedWithin(entry: SekCacheEntry, time: number): boolean {
    return entry.failure !== undefined && this.#clock.monotonic() - entry.failure.at < time;
  }

  #age(entry: SekCacheEntry): number {
    return entry.cached === undefined ? Number.POSITIVE_INFINITY : keyAgeSince(entry.cached.since, this.#clock);
  }

  #entry(id: string): SekCacheEntry {
    let entry = this.#entries.get(id);
    if (entry === undefined) {
      if (this.#entries.size >= MAX_ENTRIES) this.#forgetIdle();
      entry = { graceless: false, revocations: 0 };
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
