/**
 * Random schedules against the SEK cache: callers, answers, revocations, aborts, sweeps and jumping clocks in any order.
 * Whatever happens, these hold:
 *
 * 1. a key that is lent is whole: not wiped, not of another Secret, not changed while it is lent;
 * 2. a key older than ttl is lent only if nothing but outages was answered since, and never at ttl + grace or later
 *    (those who waited for the very answer that brought it get it in any case);
 * 3. after a revocation nothing is lent before two successes, at least ten seconds apart, of requests begun after it;
 * 4. there is at most one request per Secret under way;
 * 5. in the end every buffer the cache was given is wiped, and every caller has an answer.
 */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { ByokError, type ByokErrorCode } from "../../../runtime/master-key/errors.js";
import { SekCache } from "../../../runtime/secret/sek-cache.js";
import { type Deferred, deferred, FakeClock, isWiped, settled } from "../support.js";

const TTL = 60_000;
const GRACE = 90_000;
const IDS = ["acme", "umbrella"] as const;
type Id = (typeof IDS)[number];

const CODES = ["UNAVAILABLE", "THROTTLED", "SERVICE_CREDENTIALS", "UNEXPECTED_ANSWER", "TAMPERED", "KEY_DISABLED", "ACCESS_DENIED"] as const;
const OUTAGES: ReadonlySet<ByokErrorCode> = new Set(["UNAVAILABLE", "THROTTLED", "SERVICE_CREDENTIALS"]);

type Action =
  | { readonly do: "call"; readonly id: Id; readonly abortable: boolean; readonly inside: "none" | "revoke" | "sweep" }
  | { readonly do: "answer"; readonly id: Id; readonly code?: (typeof CODES)[number] }
  | { readonly do: "advance"; readonly by: number }
  | { readonly do: "jump"; readonly by: number }
  | { readonly do: "revoke"; readonly id: Id }
  | { readonly do: "abort" }
  | { readonly do: "sweep" };

const id = fc.constantFrom(...IDS);
const call = fc.record(
  { do: fc.constant("call" as const), id, abortable: fc.boolean(), inside: fc.constantFrom("none", "none", "none", "none", "revoke", "sweep") },
);
const success = fc.record({ do: fc.constant("answer" as const), id });
const failure = fc.record({ do: fc.constant("answer" as const), id, code: fc.constantFrom(...CODES) });
const advance = fc.record({
  do: fc.constant("advance" as const),
  by: fc.constantFrom(1, 999, 1_000, 5_000, 9_999, 10_000, 29_999, 30_000, TTL * 0.75, TTL - 1, TTL, GRACE, TTL + GRACE - 1),
});
const jump = fc.record({ do: fc.constant("jump" as const), by: fc.constantFrom(-10_000, -5_000, 10_000, TTL, TTL + GRACE) });
const schedule = fc.array(
  fc.oneof(
    { weight: 10, arbitrary: call },
    { weight: 7, arbitrary: success },
    { weight: 4, arbitrary: failure },
    { weight: 6, arbitrary: advance },
    { weight: 1, arbitrary: jump },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("revoke" as const), id }) },
    { weight: 1, arbitrary: fc.constant({ do: "abort" as const }) },
    { weight: 1, arbitrary: fc.constant({ do: "sweep" as const }) },
  ),
  { minLength: 20, maxLength: 80, size: "max" },
) as fc.Arbitrary<Action[]>;

interface Load {
  readonly id: Id;
  readonly answer: Deferred<Uint8Array>;
  readonly began: { readonly step: number; readonly monotonic: number; readonly wall: number };
  readonly revocations: number;
  settledAt?: number;
}

interface Success {
  readonly load: Load;
  readonly monotonic: number;
}

/** What the model knows of a Secret. */
interface Known {
  /** Revocations so far; a load begun under a smaller count is void. */
  revocations: number;
  /** Successes since the last revocation, of loads begun after it. */
  successes: Success[];
  /** Failures: when they came, and whether they earn grace. */
  failures: { readonly step: number; readonly outage: boolean }[];
  open: Load | undefined;
}

class World {
  readonly clock = new FakeClock();
  readonly cache = new SekCache({ policy: { ttl: TTL, outageGrace: GRACE, maxLease: 1 }, clock: this.clock, random: () => 0.5 });
  readonly buffers = new Map<number, { readonly load: Load; readonly bytes: Uint8Array }>();
  readonly callers: Promise<unknown>[] = [];
  readonly controllers: AbortController[] = [];
  lends = 0;
  step = 0;
  /** Revoked from within an operation: others that the same answer served finish too, so it counts from the next step. */
  readonly #revokedInside = new Set<Id>();
  readonly #known: Record<Id, Known> = { acme: fresh(), umbrella: fresh() };

  async perform(action: Action): Promise<void> {
    this.step += 1;
    switch (action.do) {
      case "call":
        this.#call(action);
        break;
      case "answer":
        this.#answer(action.id, action.code);
        break;
      case "advance":
        this.clock.advance(action.by);
        break;
      case "jump":
        this.clock.jumpWall(action.by);
        break;
      case "revoke":
        this.#revoke(action.id);
        break;
      case "abort":
        this.controllers.shift()?.abort();
        break;
      case "sweep":
        this.cache.sweep();
        break;
    }
    await settled();
    for (const of of this.#revokedInside) this.#countRevocation(of);
    this.#revokedInside.clear();
  }

  /** Ends everything, and checks what must hold then. */
  async finish(): Promise<void> {
    this.cache.clear();
    for (const of of IDS) if (this.#known[of].open !== undefined) this.#answer(of, undefined);
    await settled();
    const waiting = Symbol("waiting");
    const pause = new Promise<symbol>((resolve) => { setImmediate(() => { resolve(waiting); }); });
    expect(await Promise.race([Promise.all(this.callers), pause])).not.toBe(waiting);
    for (const { bytes } of this.buffers.values()) expect(isWiped(bytes)).toBe(true);
  }

  #call(action: Extract<Action, { do: "call" }>): void {
    const { id: of, abortable, inside } = action;
    const began = this.step;
    const controller = abortable ? new AbortController() : undefined;
    if (controller !== undefined) this.controllers.push(controller);
    const use = (sek: Uint8Array): void => {
      this.#checkLend(of, sek, began);
      if (inside === "revoke") {
        this.#revokedInside.add(of);
        this.cache.revoke(of, new ByokError("KEY_DISABLED", "told from within"));
      }
      if (inside === "sweep") this.cache.sweep();
      this.#checkWhole(of, sek);
      this.lends += 1;
    };
    // A violated invariant surfaces as what it is: only the cache's own errors are an answer.
    const caller = this.cache.withSek(of, () => this.#load(of), use, controller?.signal).catch((error: unknown) => {
      if (!(error instanceof ByokError)) throw error;
      if (error.code === "LEASE_EXPIRED") throw error;
    });
    caller.catch(() => undefined);
    this.callers.push(caller);
  }

  #load(of: Id): Promise<Uint8Array> {
    const known = this.#known[of];
    if (known.open !== undefined) throw new Error("a second request while one is under way");
    const began = { step: this.step, monotonic: this.clock.monotonic(), wall: this.clock.wall() };
    known.open = { id: of, answer: deferred(), began, revocations: known.revocations };
    return known.open.answer.promise;
  }

  #answer(of: Id, code: ByokErrorCode | undefined): void {
    const known = this.#known[of];
    const load = known.open;
    if (load === undefined) return;
    known.open = undefined;
    load.settledAt = this.step;
    if (code === undefined) {
      const number = this.buffers.size + 1;
      const bytes = bytesFor(of, number);
      this.buffers.set(number, { load, bytes });
      if (load.revocations === known.revocations) known.successes.push({ load, monotonic: this.clock.monotonic() });
      load.answer.resolve(bytes);
      return;
    }
    const error = new ByokError(code, "m");
    known.failures.push({ step: this.step, outage: OUTAGES.has(code) });
    if (error.revocation) this.#countRevocation(of);
    load.answer.reject(error);
  }

  #revoke(of: Id): void {
    this.#countRevocation(of);
    this.cache.revoke(of, new ByokError("ACCESS_DENIED", "told by another way"));
  }

  #countRevocation(of: Id): void {
    const known = this.#known[of];
    known.revocations += 1;
    known.successes = [];
  }

  #checkWhole(of: Id, sek: Uint8Array): { readonly load: Load } {
    const buffer = this.buffers.get(sek[1] ?? 0);
    if (buffer === undefined || Buffer.compare(sek, bytesFor(of, sek[1] ?? 0)) !== 0) {
      throw new Error(`step ${this.step}: an operation on ${of} was lent ${Buffer.from(sek).toString("hex")}`);
    }
    return buffer;
  }

  #checkLend(of: Id, sek: Uint8Array, calledAt: number): void {
    const { load } = this.#checkWhole(of, sek);
    const known = this.#known[of];
    if (known.revocations > 0) {
      const { successes } = known;
      const confirmed = successes.some((first) => successes.some(({ monotonic }) => monotonic - first.monotonic >= 10_000));
      if (load.revocations !== known.revocations || !confirmed) throw new Error(`step ${this.step}: lent after a revocation`);
    }
    const waited = calledAt <= (load.settledAt ?? 0);
    if (waited) return;
    const monotonic = this.clock.monotonic() - load.began.monotonic;
    const wall = this.clock.wall() - load.began.wall;
    const age = Math.max(monotonic, wall);
    if (age >= TTL + GRACE) throw new Error(`step ${this.step}: lent at an age of ${age}`);
    if (wall < monotonic - 5_000) throw new Error(`step ${this.step}: lent although the wall clock was set back`);
    if (age < TTL) return;
    const since = known.failures.filter(({ step }) => step > (load.settledAt ?? 0));
    if (since.length === 0 || !since.every(({ outage }) => outage)) throw new Error(`step ${this.step}: lent past its ttl without an outage`);
  }
}

function fresh(): Known {
  return { revocations: 0, successes: [], failures: [], open: undefined };
}

/** A key that tells whose it is and which one. */
function bytesFor(of: Id, number: number): Uint8Array {
  return new Uint8Array(32).fill(IDS.indexOf(of) + 1).fill(number, 1, 2).fill(0xa5, 2);
}

describe("the SEK cache, whatever happens", () => {
  test("keeps its promises", async () => {
    let lends = 0;
    await fc.assert(
      fc.asyncProperty(schedule, async (actions) => {
        const world = new World();
        for (const action of actions) await world.perform(action);
        await world.finish();
        lends += world.lends;
      }),
      { numRuns: 600 },
    );
    // The schedules must get somewhere, or they prove nothing.
    expect(lends).toBeGreaterThan(2_000);
  }, 60_000);
});
