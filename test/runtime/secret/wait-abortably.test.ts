import { describe, expect, test } from "@jest/globals";
import { waitAbortably } from "../../../runtime/secret/wait-abortably.js";
import { deferred, refusal, settled } from "../support.js";

function recorder(): { readonly disposed: string[]; dispose: (value: string) => void } {
  const disposed: string[] = [];
  return { disposed, dispose: (value) => disposed.push(value) };
}

describe("waitAbortably", () => {
  test("without a signal it is the promise", async () => {
    const { disposed, dispose } = recorder();
    expect(await waitAbortably(Promise.resolve("v"), undefined, dispose)).toBe("v");
    const error = new Error("x");
    await expect(waitAbortably(Promise.reject(error), undefined, dispose)).rejects.toBe(error);
    expect(disposed).toEqual([]);
  });

  test("with a signal that stays silent, the value or the error comes through, and no listener stays behind", async () => {
    const { disposed, dispose } = recorder();
    const { signal } = new AbortController();
    let listeners = 0;
    const counting = Object.assign(Object.create(signal) as AbortSignal, {
      addEventListener: () => { listeners += 1; },
      removeEventListener: () => { listeners -= 1; },
    });
    Object.defineProperty(counting, "aborted", { value: false });
    expect(await waitAbortably(Promise.resolve("v"), counting, dispose)).toBe("v");
    const error = new Error("x");
    await expect(waitAbortably(Promise.reject(error), counting, dispose)).rejects.toBe(error);
    expect(listeners).toBe(0);
    expect(disposed).toEqual([]);
  });

  test("an abort ends the wait at once; the value that comes later is disposed of", async () => {
    const { disposed, dispose } = recorder();
    const shared = deferred<string>();
    const controller = new AbortController();
    const waiting = refusal(waitAbortably(shared.promise, controller.signal, dispose));
    const reason = new Error("enough");
    controller.abort(reason);
    const error = await waiting;
    expect(error).toMatchObject({ code: "ABORTED", message: "The caller gave up." });
    expect(error.cause).toBe(reason);
    shared.resolve("late");
    await settled();
    expect(disposed).toEqual(["late"]);
  });

  test("a rejection that comes after the abort disturbs nobody", async () => {
    const { disposed, dispose } = recorder();
    const shared = deferred<string>();
    const controller = new AbortController();
    const waiting = refusal(waitAbortably(shared.promise, controller.signal, dispose));
    controller.abort();
    expect(await waiting).toMatchObject({ code: "ABORTED" });
    const unhandled: unknown[] = [];
    const listen = (reason: unknown): void => { unhandled.push(reason); };
    process.on("unhandledRejection", listen);
    shared.reject(new Error("late"));
    await new Promise((resolve) => { setImmediate(resolve); });
    process.off("unhandledRejection", listen);
    expect(unhandled).toEqual([]);
    expect(disposed).toEqual([]);
  });

  test("a signal that was aborted before wins over a value that is there already, which is disposed of", async () => {
    const { disposed, dispose } = recorder();
    expect(await refusal(waitAbortably(Promise.resolve("v"), AbortSignal.abort(), dispose))).toMatchObject({ code: "ABORTED" });
    await settled();
    expect(disposed).toEqual(["v"]);
  });

  test("an abort after the value came changes nothing: it is not disposed of under its owner", async () => {
    const { disposed, dispose } = recorder();
    const controller = new AbortController();
    expect(await waitAbortably(Promise.resolve("v"), controller.signal, dispose)).toBe("v");
    controller.abort();
    await settled();
    expect(disposed).toEqual([]);
  });

  test("value and abort in the same turn: either the caller has it or it is disposed of, never both or neither", async () => {
    for (const abortFirst of [true, false]) {
      const { disposed, dispose } = recorder();
      const shared = deferred<string>();
      const controller = new AbortController();
      const waiting = waitAbortably(shared.promise, controller.signal, dispose).then((value) => [value], () => []);
      if (abortFirst) controller.abort();
      shared.resolve("v");
      if (!abortFirst) controller.abort();
      const got = await waiting;
      await settled();
      expect([...got, ...disposed]).toEqual(["v"]);
    }
  });
});
