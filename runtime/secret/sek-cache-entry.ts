/**
 * What the SEK cache knows of one Secret's generation, and the two questions that are asked of it.
 *
 * @module
 */
import { ByokError, type ByokErrorCode } from "../master-key/errors.js";
import { type Instant } from "./clock.js";
import { type LeasedKey } from "./leased-key.js";

/** A key in the cache. */
export interface CachedSek {
  readonly key: LeasedKey;
  /** When the KMS was asked for it. */
  readonly since: Instant;
  /** Age in milliseconds at which a refresh may begin. */
  readonly refreshAfter: number;
  /** Wipes the key when nothing could keep it any longer. */
  expiry: NodeJS.Timeout;
}

/** A request to the KMS that is under way. */
export interface Flight {
  readonly answer: Promise<LeasedKey>;
  /** Begun in a known outage: until it is answered, callers are served from the cache. */
  readonly inOutage: boolean;
  /** Callers that get a hold of their own when the answer comes. */
  waiters: number;
}

/** A revocation that has not been lifted. */
export interface Revocation {
  readonly error: ByokError;
  /** Monotonic time of the first success since; the second one, far enough after it, lifts the revocation. */
  firstSuccess?: number;
}

/** The latest failure since the last success. */
export interface Failure {
  readonly error: unknown;
  /** Monotonic time. */
  readonly at: number;
}

/** Everything known of one Secret's generation. */
export interface SekCacheEntry {
  cached?: CachedSek;
  flight?: Flight;
  revocation?: Revocation;
  failure?: Failure;
  /** True once any failure since the last success earned no grace: the key goes at its ttl, whatever fails next. */
  graceless: boolean;
  /** How often it was revoked: an answer to a request begun under a smaller count is void. */
  revocations: number;
}

/** Takes the key out of an entry; the last one who holds it wipes it. */
export function drop(entry: SekCacheEntry): void {
  if (entry.cached === undefined) return;
  clearTimeout(entry.cached.expiry);
  entry.cached.key.release();
  delete entry.cached;
}

/** The allow-list of failures that keep a key beyond its ttl. */
const EARNS_GRACE: ReadonlySet<ByokErrorCode> = new Set(["THROTTLED", "UNAVAILABLE", "SERVICE_CREDENTIALS"]);

/** True for failures that say nothing about the key. */
export function earnsGrace(error: unknown): boolean {
  return error instanceof ByokError && EARNS_GRACE.has(error.code);
}
