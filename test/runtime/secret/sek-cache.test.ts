import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { ByokError, type ByokErrorCode } from "../../../runtime/master-key/errors.js";
import { type CachePolicy } from "../../../runtime/secret/cache-policy.js";
import { CONFIRMATION_INTERVAL, NEGATIVE_TTL, OUTAGE_MEMORY, SekCache } from "../../../runtime/secret/sek-cache.js";
import { type Deferred, deferred, FakeClock, isWiped, refusal, settled } from "../support.js";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const TTL = 5 * MINUTE;
const GRACE = 55 * MINUTE;

/** A KMS whose answers the test gives one by one, and the cache in front of it. The nth load answers with bytes of n. */
class Bench {
  readonly clock = new FakeClock();
  readonly cache: SekCache;
  readonly seks: Uint8Array[] = [];
  readonly #loads: Deferred<Uint8Array>[] = [];
  #answered = 0;

  constructor(policy: Partial<CachePolicy> = {}, random = 0.5) {
    this.cache = new SekCache({
      policy: { ttl: TTL, outageGrace: GRACE, maxLease: 1, ...policy },
      clock: this.clock,
      random: () => random,
    });
  }

  /** How often the KMS was asked. */
  get asked(): number {
    return this.#loads.length;
  }

  readonly load = (): Promise<Uint8Array> => {
    const load = deferred<Uint8Array>();
    this.#loads.push(load);
    return load.promise;
  };

  /** An operation: gives the number of the load whose key it was lent. */
  use(id = "acme", signal?: AbortSignal): Promise<number> {
    return this.cache.withSek(id, this.load, numberOf, signal);
  }

  /** Answers the oldest open load. */
  async succeed(): Promise<void> {
    await settled();
    const sek = new Uint8Array(32).fill(this.#answered + 1);
    this.seks.push(sek);
    this.#next().resolve(sek);
    await settled();
  }

  async fail(error: ByokErrorCode | Error): Promise<void> {
    await settled();
    this.#next().reject(error instanceof Error ? error : new ByokError(error, `the KMS says ${error}`, { provider: "fake", keyId: "k", tenant: "acme" }));
    await settled();
  }

  /** An operation on a cold Secret that succeeds. */
  async warm(id = "acme"): Promise<number> {
    const using = this.use(id);
    await this.succeed();
    return using;
  }

  /** An operation that asks the KMS, which fails. */
  async failing(code: ByokErrorCode, id = "acme"): Promise<ByokError> {
    const using = refusal(this.use(id));
    await this.fail(code);
    return using;
  }

  #next(): Deferred<Uint8Array> {
    const load = this.#loads[this.#answered];
    if (load === undefined) throw new Error("the KMS was not asked");
    this.#answered += 1;
    return load;
  }
}

function numberOf(sek: Uint8Array): number {
  const first = sek[0] ?? 0;
  if (sek.length !== 32 || first === 0 || !sek.every((byte) => byte === first)) throw new Error("an operation was lent a broken key");
  return first;
}

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => {
  bench.cache.clear();
});

describe("ttl", () => {
  test("a key serves until its ttl is over, then the KMS is asked again and the old key is wiped", async () => {
    bench = new Bench({ outageGrace: 0 });
    expect(await bench.warm()).toBe(1);
    bench.clock.advance(TTL * 0.69);
    expect(await bench.use()).toBe(1);
    expect(bench.asked).toBe(1);
    bench.clock.advance(TTL * 0.31);
    expect(await bench.warm()).toBe(2);
    expect(bench.seks.map(isWiped)).toEqual([true, false]);
  });

  test("the age counts from when the KMS was asked, not from when it answered", async () => {
    bench = new Bench({ outageGrace: 0 });
    const first = bench.use();
    await settled();
    bench.clock.advance(TTL - 1);
    await bench.succeed();
    expect(await first).toBe(1);
    bench.clock.advance(1);
    expect(await bench.warm()).toBe(2);
  });

  test("ttl 0, grace 0: every operation asks the KMS, nothing is kept, every key is wiped", async () => {
    bench = new Bench({ ttl: 0, outageGrace: 0 });
    expect([await bench.warm(), await bench.warm(), await bench.warm()]).toEqual([1, 2, 3]);
    expect(bench.asked).toBe(3);
    expect(bench.seks.every(isWiped)).toBe(true);
  });

  test("ttl 0, grace 0: those that wait for the same answer share it", async () => {
    bench = new Bench({ ttl: 0, outageGrace: 0 });
    const both = Promise.all([bench.use(), bench.use()]);
    await bench.succeed();
    expect(await both).toEqual([1, 1]);
    expect(bench.seks.every(isWiped)).toBe(true);
  });

  test("ttl 0 with grace: the KMS is asked each time, and an outage is bridged", async () => {
    bench = new Bench({ ttl: 0 });
    expect([await bench.warm(), await bench.warm()]).toEqual([1, 2]);
    const bridged = bench.use();
    await bench.fail("UNAVAILABLE");
    expect(await bridged).toBe(2);
  });

  test.each<[string, number]>([
    ["set forward by the ttl and grace", TTL + GRACE],
    ["set back by six seconds", -6 * SECOND],
  ])("the wall clock %s: the key goes, and no outage brings it back", async (_name, jump) => {
    await bench.warm();
    bench.clock.jumpWall(jump);
    expect(await bench.failing("UNAVAILABLE")).toMatchObject({ code: "UNAVAILABLE" });
    expect(bench.seks.map(isWiped)).toEqual([true]);
  });
});

describe("refresh ahead of expiry", () => {
  test.each<[number, number]>([
    [0, 0.7],
    [0.5, 0.8],
    [0.999_999, 0.9],
  ])("with jitter %f it begins at %f of the ttl, in the background", async (random, share) => {
    bench = new Bench({}, random);
    await bench.warm();
    bench.clock.advance(TTL * share - SECOND);
    expect(await bench.use()).toBe(1);
    await settled();
    expect(bench.asked).toBe(1);
    bench.clock.advance(2 * SECOND);
    expect(await Promise.all([bench.use(), bench.use(), bench.use()])).toEqual([1, 1, 1]);
    expect(bench.asked).toBe(2);
    await bench.succeed();
    expect(await bench.use()).toBe(2);
    expect(bench.seks.map(isWiped)).toEqual([true, false]);
  });

  test("while it is under way nobody waits; past the ttl callers wait for the very same request", async () => {
    await bench.warm();
    bench.clock.advance(TTL * 0.95);
    expect(await bench.use()).toBe(1);
    bench.clock.advance(TTL * 0.05);
    const waiting = bench.use();
    await settled();
    expect(bench.asked).toBe(2);
    await bench.succeed();
    expect(await waiting).toBe(2);
  });

  test("a failure that is no revocation leaves the key until its ttl, and is not repeated within a second", async () => {
    await bench.warm();
    bench.clock.advance(TTL * 0.95);
    expect(await bench.use()).toBe(1);
    await bench.fail("UNEXPECTED_ANSWER");
    bench.clock.advance(NEGATIVE_TTL - 1);
    expect(await bench.use()).toBe(1);
    expect(bench.asked).toBe(2);
    bench.clock.advance(1);
    expect(await bench.use()).toBe(1);
    await settled();
    expect(bench.asked).toBe(3);
  });

  test("a revocation drops the key at once, long before its ttl", async () => {
    await bench.warm();
    bench.clock.advance(TTL * 0.95);
    expect(await bench.use()).toBe(1);
    await bench.fail("KEY_DISABLED");
    expect(bench.seks.map(isWiped)).toEqual([true]);
    expect(await refusal(bench.use())).toMatchObject({ code: "KEY_DISABLED" });
    expect(bench.asked).toBe(2);
  });
});

describe("grace", () => {
  test.each<ByokErrorCode>(["THROTTLED", "UNAVAILABLE", "SERVICE_CREDENTIALS"])("%s keeps the key up to ttl + grace, and no longer", async (code) => {
    await bench.warm();
    bench.clock.advance(TTL);
    const bridged = bench.use();
    await bench.fail(code);
    expect(await bridged).toBe(1);
    bench.clock.advance(GRACE - 1);
    const late = bench.use();
    await bench.fail(code);
    expect(await late).toBe(1);
    bench.clock.advance(1);
    expect(await refusal(bench.use())).toMatchObject({ code });
    bench.clock.advance(NEGATIVE_TTL);
    expect(await bench.failing(code)).toMatchObject({ code });
    expect(bench.seks.map(isWiped)).toEqual([true]);
  });

  test.each<ByokErrorCode>([
    "UNEXPECTED_ANSWER",
    "TAMPERED",
    "WRONG_KEY",
    "WRONG_BINDING_SHARE",
    "CONFIG_INVALID",
    "ABORTED",
    "BAD_HEADER",
    "TENANT_MISMATCH",
    "SECRET_DELETED",
    "ROLLED_BACK",
  ])("%s earns none: the key goes at its ttl", async (code) => {
    await bench.warm();
    bench.clock.advance(TTL);
    expect(await bench.failing(code)).toMatchObject({ code });
    expect(bench.seks.map(isWiped)).toEqual([true]);
  });

  test("neither does what is no ByokError", async () => {
    await bench.warm();
    bench.clock.advance(TTL);
    const using = bench.use();
    const bug = new TypeError("a bug");
    const outcome = using.catch((error: unknown) => error);
    await bench.fail(bug);
    expect(await outcome).toBe(bug);
    expect(bench.seks.map(isWiped)).toEqual([true]);
  });

  test("an answer that earned none is not forgotten because the next one would have", async () => {
    await bench.warm();
    bench.clock.advance(TTL * 0.95);
    await bench.use();
    await bench.fail("UNEXPECTED_ANSWER");
    bench.clock.advance(TTL * 0.05);
    expect(await bench.failing("UNAVAILABLE")).toMatchObject({ code: "UNAVAILABLE" });
    expect(bench.seks.map(isWiped)).toEqual([true]);
  });

  test("grace 0: an outage is felt at the ttl", async () => {
    bench = new Bench({ outageGrace: 0 });
    await bench.warm();
    bench.clock.advance(TTL);
    expect(await bench.failing("UNAVAILABLE")).toMatchObject({ code: "UNAVAILABLE" });
  });

  test("a failure that took longer than what was left of the grace comes too late", async () => {
    await bench.warm();
    bench.clock.advance(TTL + GRACE - 1);
    const using = refusal(bench.use());
    await settled();
    bench.clock.advance(10 * SECOND);
    await bench.fail("UNAVAILABLE");
    expect(await using).toMatchObject({ code: "UNAVAILABLE" });
    expect(bench.seks.map(isWiped)).toEqual([true]);
  });

  test("nor because a whole outage followed it: the key goes at its ttl", async () => {
    await bench.warm();
    bench.clock.advance(220 * SECOND);
    expect(await bench.use()).toBe(1);
    bench.clock.advance(20 * SECOND); // Past the earliest refresh, at 0.8 of the ttl.
    await bench.use();
    await bench.fail("UNEXPECTED_ANSWER");
    bench.clock.advance(20 * SECOND);
    expect(await bench.use()).toBe(1);
    await bench.fail("THROTTLED");
    bench.clock.advance(41 * SECOND);
    expect(await bench.failing("THROTTLED")).toMatchObject({ code: "THROTTLED" });
    expect(bench.seks.map(isWiped)).toEqual([true]);
  });

  test("a success makes up for it", async () => {
    await bench.warm();
    bench.clock.advance(TTL * 0.9);
    await bench.use();
    await bench.fail("UNEXPECTED_ANSWER");
    bench.clock.advance(NEGATIVE_TTL);
    await bench.use();
    await bench.succeed();
    bench.clock.advance(TTL);
    const bridged = bench.use();
    await bench.fail("UNAVAILABLE");
    expect(await bridged).toBe(3);
  });

  test("sweep knows of it too", async () => {
    await bench.warm();
    bench.clock.advance(TTL * 0.9);
    await bench.use();
    await bench.fail("UNEXPECTED_ANSWER");
    bench.clock.advance(TTL * 0.1);
    bench.cache.sweep();
    expect(bench.seks.map(isWiped)).toEqual([true]);
  });

  test("a blip just before the ttl hides a revocation for no more than five seconds", async () => {
    await bench.warm();
    bench.clock.advance(TTL - 1);
    await bench.use();
    await bench.fail("THROTTLED");
    expect(OUTAGE_MEMORY).toBe(5 * SECOND);
    bench.clock.advance(OUTAGE_MEMORY);
    expect(await bench.failing("KEY_DISABLED")).toMatchObject({ code: "KEY_DISABLED" });
  });

  test("a KMS that hangs in a known outage makes nobody wait until that request is answered", async () => {
    await bench.warm();
    bench.clock.advance(TTL);
    const first = bench.use();
    await bench.fail("UNAVAILABLE");
    await first;
    bench.clock.advance(NEGATIVE_TTL);
    expect(await bench.use()).toBe(1);
    bench.clock.advance(30 * SECOND);
    expect(await bench.use()).toBe(1);
    expect(bench.asked).toBe(3);
    await bench.fail("UNAVAILABLE");
    expect(await bench.use()).toBe(1);
  });

  test("an outage is remembered for a while: callers are served at once, one request a second looks whether it is over", async () => {
    await bench.warm();
    bench.clock.advance(TTL);
    const first = bench.use();
    await bench.fail("UNAVAILABLE");
    expect(await first).toBe(1);
    expect(await Promise.all([bench.use(), bench.use()])).toEqual([1, 1]);
    expect(bench.asked).toBe(2);
    bench.clock.advance(NEGATIVE_TTL);
    expect(await Promise.all([bench.use(), bench.use()])).toEqual([1, 1]);
    await settled();
    expect(bench.asked).toBe(3);
    await bench.succeed();
    expect(await bench.use()).toBe(3);
    expect(bench.seks.map(isWiped)).toEqual([true, false]);
  });

  test("after five seconds without news a caller waits for the KMS again", async () => {
    await bench.warm();
    bench.clock.advance(TTL);
    const first = bench.use();
    await bench.fail("UNAVAILABLE");
    await first;
    bench.clock.advance(OUTAGE_MEMORY);
    const waiting = bench.use();
    let over = false;
    void waiting.then(() => { over = true; });
    await settled();
    expect(over).toBe(false);
    await bench.succeed();
    expect(await waiting).toBe(3);
  });

  test("a revocation that turns up during an outage ends the grace at once", async () => {
    await bench.warm();
    bench.clock.advance(TTL);
    const first = bench.use();
    await bench.fail("UNAVAILABLE");
    await first;
    bench.clock.advance(NEGATIVE_TTL);
    expect(await bench.use()).toBe(1);
    await bench.fail("ACCESS_DENIED");
    expect(await refusal(bench.use())).toMatchObject({ code: "ACCESS_DENIED" });
    expect(bench.seks.map(isWiped)).toEqual([true]);
  });
});

describe("failures", () => {
  test.each<ByokErrorCode>(["UNAVAILABLE", "KEY_DISABLED", "UNEXPECTED_ANSWER"])("%s on a cold Secret answers others for a second without asking", async (code) => {
    expect(await bench.failing(code)).toMatchObject({ code });
    bench.clock.advance(NEGATIVE_TTL - 1);
    expect(await refusal(bench.use())).toMatchObject({ code });
    expect(bench.asked).toBe(1);
    bench.clock.advance(1);
    void bench.use().catch(() => undefined);
    await settled();
    expect(bench.asked).toBe(2);
    await bench.fail(code);
  });

  test("a load that throws at once fails its callers, and the next one is asked afresh", async () => {
    const bug = new RangeError("at once");
    const throwing = (): never => {
      throw bug;
    };
    await expect(Promise.allSettled([bench.cache.withSek("acme", throwing, numberOf), bench.cache.withSek("acme", throwing, numberOf)])).resolves.toEqual([
      { status: "rejected", reason: bug },
      { status: "rejected", reason: bug },
    ]);
    bench.clock.advance(NEGATIVE_TTL);
    expect(await bench.warm()).toBe(1);
  });

  test("what an operation throws comes out, and its lease ends", async () => {
    bench = new Bench({ ttl: 0, outageGrace: 0 });
    const mine = new Error("mine");
    const using = bench.cache.withSek("acme", bench.load, () => { throw mine; }).catch((error: unknown) => error);
    await bench.succeed();
    expect(await using).toBe(mine);
    expect(bench.seks.map(isWiped)).toEqual([true]);
  });
});

describe("revocation", () => {
  /** Revoked, and the first success after it has come. */
  async function reopening(): Promise<void> {
    await bench.warm();
    bench.clock.advance(TTL);
    await bench.failing("KEY_DISABLED");
    bench.clock.advance(NEGATIVE_TTL);
    const first = refusal(bench.use());
    await bench.succeed();
    expect(await first).toMatchObject({
      code: "KEY_DISABLED",
      message: "The KMS answers again after a revocation; it must do so twice, 10 s apart. Try again in 10 s.",
      provider: "fake",
      keyId: "k",
      tenant: "acme",
      cause: { message: "the KMS says KEY_DISABLED" },
    });
    expect(bench.seks.every(isWiped)).toBe(true);
  }

  test("a Secret opens again on two successes ten seconds apart, and does not ask in between", async () => {
    await reopening();
    const { asked } = bench;
    bench.clock.advance(CONFIRMATION_INTERVAL - 1_500);
    expect(await refusal(bench.use())).toMatchObject({ code: "KEY_DISABLED", message: expect.stringMatching(/Try again in 2 s\.$/) });
    bench.clock.advance(1_499);
    expect(await refusal(bench.use())).toMatchObject({ code: "KEY_DISABLED" });
    expect(bench.asked).toBe(asked);
    bench.clock.advance(1);
    expect(await bench.warm()).toBe(4);
    expect(await bench.use()).toBe(4);
  });

  test("a wall clock that jumps does not shorten the ten seconds", async () => {
    await reopening();
    bench.clock.jumpWall(60 * MINUTE);
    expect(await refusal(bench.use())).toMatchObject({ code: "KEY_DISABLED" });
  });

  test("a revocation in between starts the count again", async () => {
    await reopening();
    bench.clock.advance(CONFIRMATION_INTERVAL);
    expect(await bench.failing("ACCESS_DENIED")).toMatchObject({ code: "ACCESS_DENIED" });
    bench.clock.advance(NEGATIVE_TTL);
    const again = refusal(bench.use());
    await bench.succeed();
    expect(await again).toMatchObject({ code: "ACCESS_DENIED" });
    bench.clock.advance(CONFIRMATION_INTERVAL);
    expect(await bench.warm()).toBe(6);
  });

  test("an outage in between neither counts nor starts it again", async () => {
    await reopening();
    bench.clock.advance(CONFIRMATION_INTERVAL);
    expect(await bench.failing("UNAVAILABLE")).toMatchObject({ code: "UNAVAILABLE" });
    bench.clock.advance(NEGATIVE_TTL);
    expect(await bench.warm()).toBe(5);
  });

  test("an answer to a request that began before a revocation is thrown away and wiped", async () => {
    const early = refusal(bench.use());
    await settled();
    bench.cache.revoke("acme", new ByokError("ACCESS_DENIED", "told by the store"));
    await bench.succeed();
    expect(await early).toMatchObject({ code: "ACCESS_DENIED", message: "told by the store" });
    expect(bench.seks.map(isWiped)).toEqual([true]);
    // It does not count as one of the two successes either.
    const first = refusal(bench.use());
    await bench.succeed();
    expect(await first).toMatchObject({ code: "ACCESS_DENIED" });
    bench.clock.advance(CONFIRMATION_INTERVAL);
    expect(await bench.warm()).toBe(3);
  });

  test("the same for a refresh: the key stays away", async () => {
    await bench.warm();
    bench.clock.advance(TTL * 0.95);
    expect(await bench.use()).toBe(1);
    bench.cache.revoke("acme", new ByokError("KEY_DISABLED", "told by the store"));
    expect(bench.seks.map(isWiped)).toEqual([true]);
    await bench.succeed();
    expect(bench.seks.every(isWiped)).toBe(true);
    void bench.use().catch(() => undefined);
    await settled();
    expect(bench.asked).toBe(3);
    await bench.succeed();
    expect(bench.seks.every(isWiped)).toBe(true);
  });

  test("told by another way, a Secret that was never seen is closed as well", async () => {
    bench.cache.revoke("acme", new ByokError("KEY_DISABLED", "m"));
    const first = refusal(bench.use());
    await bench.succeed();
    expect(await first).toMatchObject({ code: "KEY_DISABLED" });
  });

  test("it closes one Secret, not its neighbour", async () => {
    await bench.warm("acme");
    expect(await bench.warm("umbrella")).toBe(2);
    bench.cache.revoke("acme", new ByokError("KEY_DISABLED", "m"));
    expect(bench.seks.map(isWiped)).toEqual([true, false]);
    expect(await bench.use("umbrella")).toBe(2);
  });

  test("an operation that holds the key finishes with it", async () => {
    const using = bench.cache.withSek("acme", bench.load, (sek) => {
      bench.cache.revoke("acme", new ByokError("KEY_DISABLED", "m"));
      bench.cache.sweep();
      return numberOf(sek);
    });
    await bench.succeed();
    expect(await using).toBe(1);
    expect(bench.seks.map(isWiped)).toEqual([true]);
  });
});

describe("callers", () => {
  test("200 cold ones cost one request, and each has the key", async () => {
    const all = Promise.all(Array.from({ length: 200 }, () => bench.use()));
    await bench.succeed();
    expect(new Set(await all)).toEqual(new Set([1]));
    expect(bench.asked).toBe(1);
    expect(bench.seks.map(isWiped)).toEqual([false]);
  });

  test("200 cold ones of a failing KMS cost one request, and each has the error", async () => {
    const all = Promise.all(Array.from({ length: 200 }, () => refusal(bench.use())));
    await bench.fail("KEY_DISABLED");
    expect(new Set((await all).map(({ code }) => code))).toEqual(new Set(["KEY_DISABLED"]));
    expect(bench.asked).toBe(1);
  });

  test.each([0, 1, 2])("number %i of three gives up: the others do not notice, and its hold is given back", async (which) => {
    bench = new Bench({ ttl: 0, outageGrace: 0 });
    const controller = new AbortController();
    const outcomes = Promise.allSettled([0, 1, 2].map((index) => bench.use("acme", index === which ? controller.signal : undefined)));
    await settled();
    controller.abort(new Error("enough"));
    await settled();
    await bench.succeed();
    const codes = (await outcomes).map((outcome) => (outcome.status === "fulfilled" ? outcome.value : (outcome.reason as ByokError).code));
    expect(codes).toEqual([0, 1, 2].map((index) => (index === which ? "ABORTED" : 1)));
    expect(bench.seks.map(isWiped)).toEqual([true]);
  });

  test("all of them give up: the answer is kept for the next one", async () => {
    const controller = new AbortController();
    const gone = [refusal(bench.use("acme", controller.signal)), refusal(bench.use("acme", controller.signal))];
    await settled();
    controller.abort();
    expect((await Promise.all(gone)).map(({ code }) => code)).toEqual(["ABORTED", "ABORTED"]);
    await bench.succeed();
    expect(await bench.use()).toBe(1);
    expect(bench.asked).toBe(1);
    bench.cache.clear();
    expect(bench.seks.map(isWiped)).toEqual([true]);
  });

  test("all of them give up, and the KMS then fails: nobody is left to be told", async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown): void => { unhandled.push(reason); };
    process.on("unhandledRejection", listen);
    const controller = new AbortController();
    const gone = refusal(bench.use("acme", controller.signal));
    await settled();
    controller.abort();
    await gone;
    await bench.fail("UNAVAILABLE");
    await new Promise((resolve) => { setImmediate(resolve); });
    process.off("unhandledRejection", listen);
    expect(unhandled).toEqual([]);
  });

  test("one that gave up before it came gets nothing, and the KMS is not asked for it", async () => {
    expect(await refusal(bench.use("acme", AbortSignal.abort()))).toMatchObject({ code: "ABORTED" });
    await settled();
    expect(bench.asked).toBe(0);
    await bench.warm();
    expect(await refusal(bench.use("acme", AbortSignal.abort()))).toMatchObject({ code: "ABORTED" });
  });

  test("two Secrets never share: keys, requests and failures are each one's own", async () => {
    const both = Promise.all([bench.use("acme"), bench.use("umbrella")]);
    await settled();
    expect(bench.asked).toBe(2);
    await bench.succeed();
    await bench.succeed();
    expect(await both).toEqual([1, 2]);
    expect([await bench.use("umbrella"), await bench.use("acme")]).toEqual([2, 1]);
    expect(await bench.failing("KEY_DISABLED", "third")).toMatchObject({ code: "KEY_DISABLED" });
    expect([await bench.use("umbrella"), await bench.use("acme")]).toEqual([2, 1]);
  });

  test("one Secret's slow KMS delays no other", async () => {
    const slow = bench.use("slow");
    await settled();
    const using = bench.cache.withSek("quick", () => Promise.resolve(new Uint8Array(32).fill(99)), numberOf);
    expect(await using).toBe(99);
    await bench.succeed();
    expect(await slow).toBe(1);
  });
});

describe("wiping", () => {
  test("sweep wipes what no outage could keep, and nothing younger", async () => {
    await bench.warm("old");
    bench.clock.advance(10 * MINUTE);
    await bench.warm("young");
    bench.clock.advance(TTL + GRACE - 10 * MINUTE - 1);
    bench.cache.sweep();
    expect(bench.seks.map(isWiped)).toEqual([false, false]);
    bench.clock.advance(1);
    bench.cache.sweep();
    expect(bench.seks.map(isWiped)).toEqual([true, false]);
  });

  test("clear wipes everything; an answer under way brings nothing back", async () => {
    await bench.warm("acme");
    const waiting = refusal(bench.use("umbrella"));
    await settled();
    bench.cache.clear();
    expect(bench.seks.map(isWiped)).toEqual([true]);
    await bench.succeed();
    expect(await waiting).toMatchObject({ code: "UNAVAILABLE", message: "The cache was cleared while the KMS was asked: try again." });
    expect(bench.seks.every(isWiped)).toBe(true);
    expect(await bench.warm("umbrella")).toBe(3);
  });

  test("clear while an operation holds the key: it finishes with it", async () => {
    const using = bench.cache.withSek("acme", bench.load, (sek) => {
      bench.cache.clear();
      return numberOf(sek);
    });
    await bench.succeed();
    expect(await using).toBe(1);
    expect(bench.seks.map(isWiped)).toEqual([true]);
  });

  test("forged Secrets cannot fill the memory, and do not push out real ones", async () => {
    await bench.warm("real");
    bench.cache.revoke("revoked", new ByokError("KEY_DISABLED", "m"));
    for (let forged = 0; forged < 1_100; forged += 1) {
      await refusal(bench.cache.withSek(`forged ${forged}`, () => Promise.reject(new ByokError("TAMPERED", "m")), numberOf));
    }
    // The first ones are forgotten: their failure is not remembered within its second any more.
    let asked = 0;
    await refusal(bench.cache.withSek("forged 0", () => { asked += 1; return Promise.reject(new ByokError("TAMPERED", "m")); }, numberOf));
    expect(asked).toBe(1);
    expect(await bench.use("real")).toBe(1);
    const revoked = refusal(bench.use("revoked"));
    await bench.succeed();
    expect(await revoked).toMatchObject({ code: "KEY_DISABLED" });
  });
});

describe("the timer", () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    bench.cache.clear();
    jest.useRealTimers();
  });

  function pass(milliseconds: number): void {
    bench.clock.advance(milliseconds);
    jest.advanceTimersByTime(milliseconds);
  }

  test("wipes an idle key at ttl + grace without anybody asking", async () => {
    await bench.warm();
    pass(TTL + GRACE - 1);
    expect(bench.seks.map(isWiped)).toEqual([false]);
    pass(1);
    expect(bench.seks.map(isWiped)).toEqual([true]);
    expect(jest.getTimerCount()).toBe(0);
  });

  test("one that fires too early, or after a machine slept, waits for the rest", async () => {
    await bench.warm();
    jest.advanceTimersByTime(TTL + GRACE); // The clock did not move.
    expect(bench.seks.map(isWiped)).toEqual([false]);
    bench.clock.advance(TTL + GRACE - 1);
    jest.advanceTimersByTime(TTL + GRACE);
    expect(bench.seks.map(isWiped)).toEqual([false]);
    pass(1);
    expect(bench.seks.map(isWiped)).toEqual([true]);
  });

  test("is taken back with its key: a refreshed or dropped key leaves none behind", async () => {
    await bench.warm();
    for (let refresh = 0; refresh < 3; refresh += 1) {
      pass(TTL);
      await bench.warm();
    }
    expect(jest.getTimerCount()).toBe(1);
    bench.cache.revoke("acme", new ByokError("KEY_DISABLED", "m"));
    expect(jest.getTimerCount()).toBe(0);
  });

  test("there is none for keys that are not kept", async () => {
    bench = new Bench({ ttl: 0, outageGrace: 0 });
    await bench.warm();
    expect(jest.getTimerCount()).toBe(0);
  });
});

test("the timer keeps no process alive", async () => {
  const spy = jest.spyOn(globalThis, "setTimeout");
  await bench.warm();
  const timer = spy.mock.results.map(({ value }) => value as NodeJS.Timeout).at(-1);
  spy.mockRestore();
  expect(timer?.hasRef()).toBe(false);
});
