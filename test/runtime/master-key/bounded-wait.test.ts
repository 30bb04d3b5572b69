import { describe, expect, test } from "@jest/globals";
import { pause, unlessAborted, withinTime } from "../../../runtime/master-key/bounded-wait.js";
import { ByokError } from "../../../runtime/master-key/errors.js";
import { deferred, refusal, settled } from "../support.js";

const DETAILS = { provider: "p", keyId: "k", tenant: "acme" };
const late = (): ByokError => new ByokError("UNAVAILABLE", "late");

describe("unlessAborted", () => {
  test("without a signal, and with one that does not fire: what the promise says", async () => {
    const { signal } = new AbortController();
    for (const given of [undefined, signal]) {
      await expect(unlessAborted(Promise.resolve(7), given, DETAILS)).resolves.toBe(7);
      const failure = new Error("x");
      await expect(unlessAborted(Promise.reject(failure), given, DETAILS)).rejects.toBe(failure);
    }
  });

  test.each(["before", "meanwhile"])("a signal that fires %s ends the wait; what comes afterwards is disposed of", async (when) => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const work = deferred<number>();
    const disposed: number[] = [];
    if (when === "before") controller.abort(reason);
    const waiting = refusal(unlessAborted(work.promise, controller.signal, DETAILS, (value) => disposed.push(value)));
    controller.abort(reason);
    const error = await waiting;
    expect(error).toMatchObject({ code: "ABORTED", ...DETAILS });
    expect(error.cause).toBe(reason);
    expect(disposed).toEqual([]);
    work.resolve(7);
    await settled();
    expect(disposed).toEqual([7]);
  });

  test("a value that came in time is not disposed of, and a failure after the end is nobody's", async () => {
    const controller = new AbortController();
    const disposed: number[] = [];
    expect(await unlessAborted(Promise.resolve(7), controller.signal, DETAILS, (value) => disposed.push(value))).toBe(7);
    controller.abort();
    const work = deferred<number>();
    const waiting = refusal(unlessAborted(work.promise, controller.signal, DETAILS));
    await waiting;
    work.reject(new Error("too late to matter"));
    await settled();
    expect(disposed).toEqual([]);
  });
});

describe("withinTime", () => {
  test("what the promise says, if it says it in time", async () => {
    await expect(withinTime(Promise.resolve(7), 10_000, late)).resolves.toBe(7);
    const failure = new Error("x");
    await expect(withinTime(Promise.reject(failure), 10_000, late)).rejects.toBe(failure);
  });

  test("the error for being late otherwise", async () => {
    expect(await refusal(withinTime(new Promise(() => undefined), 1, late))).toMatchObject({ message: "late" });
  });

  test("for a caller who gave up no timer runs on", async () => {
    const controller = new AbortController();
    let asked = false;
    const watching = (): ByokError => {
      asked = true;
      return late();
    };
    void withinTime(new Promise(() => undefined), 1, watching, controller.signal);
    void withinTime(new Promise(() => undefined), 1, watching, AbortSignal.abort());
    controller.abort();
    await refusal(withinTime(new Promise(() => undefined), 5, late));
    expect(asked).toBe(false);
  });
});

describe("pause", () => {
  test("ends early, and quietly, when the signal fires or has fired", async () => {
    const controller = new AbortController();
    const pausing = pause(1_000_000, controller.signal);
    controller.abort();
    await pausing;
    await pause(1_000_000, controller.signal);
  });

  test("ends by itself otherwise", async () => {
    await pause(1, undefined);
    await pause(1, new AbortController().signal);
  });
});
