/** Short, so that the run shows revocation within seconds; the default is five minutes and 55 of grace. Milliseconds. */
export const CACHE = { ttl: 3_000, outageGrace: 2_000 };

/** What a KMS call and a try may take on top of the cache's own bound, on a busy machine. Milliseconds. */
const SLACK = 2_000;

/** When new operations must stop. The KMS can be reached all the time here, so that grace has no part in it. */
export const BOUND = {
  milliseconds: CACHE.ttl + SLACK,
  /** How it is made up. */
  words: `${CACHE.ttl / 1000} s ttl + ${SLACK / 1000} s for the try itself`,
};
