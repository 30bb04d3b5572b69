import { describe, expect, test } from "@jest/globals";
import { elapsedSince, instant, keyAgeSince, systemClock } from "../../../runtime/secret/clock.js";
import { FakeClock } from "../support.js";

describe("time since", () => {
  test.each<[string, number, number, number, number?]>([
    ["nothing", 0, 0, 0],
    ["time on both clocks", 60_000, 0, 60_000],
    ["a machine that slept: the wall clock went on alone", 1_000, 3_600_000, 3_601_000],
    ["a wall clock set forward by an hour: keys age", 0, 3_600_000, 3_600_000],
    ["a wall clock that is a little behind: within tolerance", 60_000, -5_000, 60_000],
    ["a wall clock that is more behind: nobody can tell", 60_000, -5_001, 60_000, Number.POSITIVE_INFINITY],
    ["a wall clock set back by a year", 0, -31_536_000_000, 0, Number.POSITIVE_INFINITY],
  ])("%s", (_name, passed, jump, elapsed, keyAge = elapsed) => {
    const clock = new FakeClock();
    const since = instant(clock);
    clock.advance(passed);
    clock.jumpWall(jump);
    expect(elapsedSince(since, clock)).toBe(elapsed);
    expect(keyAgeSince(since, clock)).toBe(keyAge);
  });

  test("the system's clocks: monotonic never goes back, wall is the time of day", () => {
    const first = systemClock.monotonic();
    expect(systemClock.monotonic()).toBeGreaterThanOrEqual(first);
    expect(Math.abs(systemClock.wall() - Date.now())).toBeLessThan(1_000);
    expect(elapsedSince(instant(systemClock), systemClock)).toBeGreaterThanOrEqual(0);
  });
});
