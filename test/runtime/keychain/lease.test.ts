import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { beforeEach, describe, expect, test } from "@jest/globals";
import { FloeError } from "../../../runtime/floe/index.js";
import { leased, type LeaseOptions } from "../../../runtime/keychain/lease.js";
import { collect, FakeClock, hex, refusal } from "../support.js";

const MAX_LEASE = 60_000;
let clock: FakeClock;
let ended: string[];

beforeEach(() => {
  clock = new FakeClock();
  ended = [];
});

/** A stream of two chunks that tells how it ended. `between` runs before the second. */
function inner(between: () => unknown = () => undefined): AsyncGenerator<Uint8Array, void, undefined> {
  const generator = (async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield Uint8Array.of(1);
      await between();
      yield Uint8Array.of(2);
    } finally {
      ended.push("finally");
    }
  })();
  const end = generator.return.bind(generator);
  generator.return = (value) => {
    ended.push("return");
    return end(value);
  };
  return generator;
}

function lease(options: Partial<LeaseOptions> = {}, between?: () => unknown): AsyncGenerator<Uint8Array, void, undefined> {
  return leased(inner(between), {
    clock,
    maxLease: MAX_LEASE,
    onEnd: async () => {
      ended.push("onEnd");
    },
    ...options,
  });
}

describe("leased", () => {
  test("hands everything on, the first chunk before the rest, and ends the stream", async () => {
    expect(hex(await collect(lease({ first: Uint8Array.of(0) })))).toBe("000102");
    expect(ended).toEqual(["finally", "return", "onEnd"]);
  });

  test("a lease of exactly maxLease is good", async () => {
    expect(hex(await collect(lease({}, () => { clock.advance(MAX_LEASE); })))).toBe("0102");
  });

  test.each<[string, () => void]>([
    ["runs out", () => { clock.advance(MAX_LEASE + 1); }],
    ["runs out while the machine sleeps", () => { clock.jumpWall(MAX_LEASE + 1); }],
    ["runs out after the wall clock was set back", () => { clock.jumpWall(-3_600_000); clock.advance(MAX_LEASE + 1); }],
  ])("a lease that %s ends the stream before the chunk that was late", async (_name, pass) => {
    const stream = lease({}, pass);
    expect(await stream.next()).toEqual({ done: false, value: Uint8Array.of(1) });
    expect(await refusal(stream.next())).toMatchObject({
      code: "LEASE_EXPIRED",
      message: "The operation ran longer than its lease of 60 s: start it again.",
    });
    expect(ended).toEqual(["return", "finally", "onEnd"]);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  test("a wall clock that is set back ends no running lease", async () => {
    expect(hex(await collect(lease({}, () => { clock.jumpWall(-3_600_000); })))).toBe("0102");
  });

  test("a consumer that takes its time is told as well", async () => {
    const stream = lease();
    await stream.next();
    clock.advance(MAX_LEASE + 1);
    expect(await refusal(stream.next())).toMatchObject({ code: "LEASE_EXPIRED" });
    expect(ended).toContain("finally");
  });

  test("an abort ends the stream, also one that comes while a chunk is fetched", async () => {
    for (const early of [true, false]) {
      ended = [];
      const controller = new AbortController();
      const reason = new Error("enough");
      const stream = lease({ signal: controller.signal }, () => { if (!early) controller.abort(reason); });
      await stream.next();
      if (early) controller.abort(reason);
      const error = await refusal(stream.next());
      expect(error).toMatchObject({ code: "ABORTED", message: "The caller gave up." });
      expect(error.cause).toBe(reason);
      expect(ended.slice(-1)).toEqual(["onEnd"]);
      expect(ended).toContain("finally");
    }
  });

  test("a signal aborted beforehand: nothing but the end", async () => {
    expect(await refusal(lease({ signal: AbortSignal.abort() }).next())).toMatchObject({ code: "ABORTED" });
    expect(ended).toEqual(["return", "onEnd"]);
  });

  test.each<[string, (stream: AsyncGenerator<Uint8Array, void, undefined>) => Promise<unknown>]>([
    ["return", (stream) => stream.return()],
    ["throw", (stream) => stream.throw(new Error("x")).catch(() => undefined)],
  ])("%s before the first chunk tells the stream, which wipes its keys", async (_name, end) => {
    const stream = lease();
    await end(stream);
    expect(ended.slice(0, 2)).toEqual(["return", "onEnd"]);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  test("so does leaving the loop early", async () => {
    for await (const chunk of lease()) {
      expect(hex(chunk)).toBe("01");
      break;
    }
    expect(ended).toContain("finally");
    expect(ended).toContain("onEnd");
  });

  test.each([undefined, new Error("disk full")])("so does a Node stream that is destroyed before it was read (%p)", async (error) => {
    const stream = Readable.from(lease());
    const end = finished(stream).catch(() => undefined);
    stream.destroy(error);
    await end;
    await new Promise((resolve) => { setImmediate(resolve); });
    expect(ended).toContain("return");
    expect(ended).toContain("onEnd");
  });

  test.each<[ConstructorParameters<typeof FloeError>[0], string]>([
    ["BAD_HEADER", "BAD_HEADER"],
    ["TRUNCATED", "TRUNCATED"],
    ["AUTHENTICATION_FAILED", "AUTHENTICATION_FAILED"],
    ["BAD_PARAMETERS", "CONFIG_INVALID"],
  ])("FLOE's %s comes out as the ByokError %s, with its cause", async (code, expected) => {
    const floe = new FloeError(code, "said FLOE", 3);
    const stream = lease({}, () => { throw floe; });
    await stream.next();
    const error = await refusal(stream.next());
    expect(error).toMatchObject({ code: expected });
    expect(error.message).toContain("segment 3: said FLOE");
    expect(error.cause).toBe(floe);
  });

  test("what the source throws comes out as it is", async () => {
    const mine = new Error("disk on fire");
    const stream = lease({}, () => { throw mine; });
    await stream.next();
    await expect(stream.next()).rejects.toBe(mine);
  });
});
