import { describe, expect, test } from "@jest/globals";
import { attempt, CallsUnderWay } from "../../../runtime/master-key/calls.js";

const { signal } = new AbortController();
const broken = new Error("broken");
const final = new Error("final");
const isTransient = (error: unknown): boolean => error === broken;

/** Fails with these, then succeeds. */
function failing(...errors: readonly Error[]): { send: (left: number) => Promise<string>; tried: number[] } {
  const left = [...errors];
  const tried: number[] = [];
  return {
    tried,
    async send(time) {
      tried.push(time);
      const error = left.shift();
      if (error !== undefined) throw error;
      return "done";
    },
  };
}

describe("attempt", () => {
  test.each<[string, Error[], string | Error, number]>([
    ["no failure", [], "done", 1],
    ["one that passes", [broken], "done", 2],
    ["two that pass", [broken, broken], "done", 3],
    ["three", [broken, broken, broken], broken, 3],
    ["one that does not pass", [final], final, 1],
    ["one that passes and one that does not", [broken, final], final, 2],
  ])("%s", async (_name, errors, outcome, tries) => {
    const { send, tried } = failing(...errors);
    const made = attempt(send, { timeout: 60_000, signal, isTransient });
    if (typeof outcome === "string") await expect(made).resolves.toBe(outcome);
    else await expect(made).rejects.toBe(outcome);
    expect(tried).toHaveLength(tries);
    // Each try has what is left of the whole time.
    expect(tried).toEqual([...tried].sort((a, b) => b - a));
    expect(tried[0]).toBeLessThanOrEqual(60_000);
  });

  test("no try begins that has no time left", async () => {
    const { send, tried } = failing(broken, broken);
    await expect(attempt(send, { timeout: 10, signal, isTransient })).rejects.toBe(broken);
    expect(tried).toHaveLength(1);
  });

  test("nobody waits for another try who gave up", async () => {
    const controller = new AbortController();
    const { send, tried } = failing(broken, broken);
    const made = attempt(
      async (left) => {
        controller.abort();
        return send(left);
      },
      { timeout: 60_000, signal: controller.signal, isTransient },
    );
    await expect(made).rejects.toBe(broken);
    expect(tried).toHaveLength(1);
  });
});

describe("calls under way", () => {
  test("each ends with its caller's reason, all with the key", async () => {
    const calls = new CallsUnderWay();
    const reason = new Error("enough");
    const controller = new AbortController();
    const ended = (of: AbortSignal | undefined): Promise<unknown> =>
      calls.run(
        of,
        (own) =>
          new Promise((resolve) => {
            own.addEventListener("abort", () => {
              resolve(own.reason);
            });
          }),
      );
    const [first, second, third] = [ended(controller.signal), ended(undefined), ended(new AbortController().signal)];
    controller.abort(reason);
    expect(await first).toBe(reason);
    calls.end();
    expect(await second).toEqual(new Error("The key was closed."));
    expect(await third).toEqual(new Error("The key was closed."));
  });

  test("a caller who gave up before begins nothing that goes on", async () => {
    const reason = new Error("enough");
    const seen = await new CallsUnderWay().run(AbortSignal.abort(reason), async (own): Promise<unknown> => ({ aborted: own.aborted, reason: own.reason as unknown }));
    expect(seen).toEqual({ aborted: true, reason });
  });
});
