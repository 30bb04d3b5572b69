import { describe, expect, test } from "@jest/globals";
import { type Clock, NotEffectiveYetError, parseWait, retryNote, waitUntilEffective } from "../../../runtime/cli/wait.js";
import { ByokError, type ByokErrorCode } from "../../../runtime/index.js";

/** A clock that only sleeping moves. */
function fakeClock(): Clock & { readonly slept: number[] } {
  let time = 5;
  const slept: number[] = [];
  return {
    slept,
    now: () => time,
    sleep: async (milliseconds) => {
      slept.push(milliseconds);
      time += milliseconds;
    },
  };
}

function failing(codes: readonly ByokErrorCode[]): () => Promise<string> {
  let attempt = 0;
  return async () => {
    const code = codes[attempt];
    attempt += 1;
    if (code === undefined) return `worked at attempt ${attempt}`;
    throw new ByokError(code, `answer ${attempt}`);
  };
}

const forEver = (code: ByokErrorCode) => async (): Promise<never> => {
  throw new ByokError(code, "still");
};

describe("parseWait", () => {
  test.each([
    ["10m", 600_000],
    ["90s", 90_000],
    ["1.5h", 5_400_000],
    ["250ms", 250],
    ["0s", 0],
    ["1d", 86_400_000],
  ])("%s is %d ms", (text, milliseconds) => {
    expect(parseWait(text)).toBe(milliseconds);
  });

  test.each(["", "10", "m", "ten minutes", "-5m", "10 m", "10M", "1e3s", "25h", "2d", "Infinity", "NaNs", "10m5s", "1w"])(
    "%j is refused",
    (text) => {
      expect(() => parseWait(text)).toThrow(
        expect.objectContaining({
          code: "CONFIG_INVALID",
          message: `--wait ${JSON.stringify(text)} is no duration up to a day: write 90s, 10m or 1h.`,
        }),
      );
    },
  );
});

describe("retryNote", () => {
  test.each([
    ["ACCESS_DENIED", "not effective yet"],
    ["KEY_NOT_FOUND", "not effective yet"],
    ["UNAVAILABLE", "not reachable"],
    ["THROTTLED", "not possible yet"],
    ["SERVICE_CREDENTIALS", "not possible yet"],
  ] as const)("%s is %s", (code, words) => {
    expect(retryNote(new ByokError(code, "x"), 2000.4, 60_000)).toBe(`byok: ${words} (${code}); trying again in 2s, for 1m more`);
  });
});

describe("waitUntilEffective", () => {
  const signal = new AbortController().signal;

  test("waits through denials and outages, with doubling delays", async () => {
    const clock = fakeClock();
    const answers: string[] = [];
    const result = await waitUntilEffective(failing(["ACCESS_DENIED", "KEY_NOT_FOUND", "THROTTLED", "ACCESS_DENIED"]), {
      waitMs: 60_000,
      clock,
      signal,
      onRetry: (error, delay, left) => answers.push(`${error.code} ${delay} ${left}`),
    });
    expect(result).toBe("worked at attempt 5");
    expect(clock.slept).toEqual([1000, 2000, 4000, 8000]);
    expect(answers).toEqual(["ACCESS_DENIED 1000 60000", "KEY_NOT_FOUND 2000 59000", "THROTTLED 4000 57000", "ACCESS_DENIED 8000 53000"]);
  });

  test("a denial that outlasts the wait is not effective yet, and the last try is at the very end", async () => {
    const clock = fakeClock();
    const result = waitUntilEffective(forEver("ACCESS_DENIED"), { waitMs: 40_000, clock, signal });
    await expect(result).rejects.toBeInstanceOf(NotEffectiveYetError);
    await expect(result).rejects.toMatchObject({
      code: "NOT_EFFECTIVE_YET",
      message: "Not effective yet: after 40s of waiting the answer is still ACCESS_DENIED: still",
    });
    expect(clock.slept).toEqual([1000, 2000, 4000, 8000, 15000, 10000]);
  });

  test("an outage that outlasts the wait stays an outage", async () => {
    const result = waitUntilEffective(forEver("UNAVAILABLE"), { waitMs: 5000, clock: fakeClock(), signal });
    await expect(result).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  test.each(["KEY_DESTROYED", "CONFIG_INVALID", "WRONG_KEY", "TAMPERED"] as const)("%s is not waited for", async (code) => {
    const clock = fakeClock();
    await expect(waitUntilEffective(forEver(code), { waitMs: 60_000, clock, signal })).rejects.toMatchObject({ code });
    expect(clock.slept).toEqual([]);
  });

  test("without --wait there is one try, and a denial is a denial", async () => {
    const clock = fakeClock();
    const result = waitUntilEffective(forEver("ACCESS_DENIED"), { waitMs: 0, clock, signal });
    await expect(result).rejects.toMatchObject({ name: "ByokError", code: "ACCESS_DENIED" });
    expect(clock.slept).toEqual([]);
  });

  test("an interrupt ends the wait", async () => {
    const stop = new AbortController();
    const clock = { ...fakeClock(), sleep: async () => { stop.abort(); } };
    const result = waitUntilEffective(forEver("ACCESS_DENIED"), { waitMs: 60_000, clock, signal: stop.signal });
    await expect(result).rejects.toMatchObject({ code: "ABORTED" });
  });
});
