/** Time as the cache sees it; tests bring their own. Both in milliseconds. */
export interface Clock {
  /** Never goes back; may stand still while the machine sleeps. */
  monotonic(): number;
  /** The time of day; may jump. */
  wall(): number;
}

/** The machine's own clocks. */
export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
};

/** A point in time on both clocks. */
export interface Instant {
  readonly monotonic: number;
  readonly wall: number;
}

/** Reads both clocks. */
export function instant(clock: Clock): Instant {
  return { monotonic: clock.monotonic(), wall: clock.wall() };
}

/** The wall clock may differ from the monotonic one by this much (ms) before it counts as set back. */
const WALL_TOLERANCE = 5_000;

/** Milliseconds since `since`, the longer of both clocks: a machine that slept has aged what it holds. */
export function elapsedSince(since: Instant, clock: Clock): number {
  return Math.max(clock.monotonic() - since.monotonic, clock.wall() - since.wall);
}

/**
 * As {@link elapsedSince}, for cached keys: infinite if the wall clock was set back, because then nobody can tell, and
 * asking the KMS again costs little.
 */
export function keyAgeSince(since: Instant, clock: Clock): number {
  const monotonic = clock.monotonic() - since.monotonic;
  const wall = clock.wall() - since.wall;
  return wall < monotonic - WALL_TOLERANCE ? Number.POSITIVE_INFINITY : elapsedSince(since, clock);
}
