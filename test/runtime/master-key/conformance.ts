/**
 * What every provider of master keys promises, in executable form: the contract of {@link MasterKey}. A provider's test
 * brings a fixture that can play its tenant; the suite does the rest.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type ByokErrorCode } from "../../../runtime/master-key/errors.js";
import { type MasterKey, type MasterKeyState, SHARE_LENGTH, type ShareContext, type WrappedShare } from "../../../runtime/master-key/master-key.js";
import { asByokError, bytesOf, hex, refusal, shown, spellings } from "../support.js";

/** A provider with two keys of one tenant, and somebody who can take the first one away. */
export interface ProviderFixture {
  /** Opens the first key anew. */
  openKey(): Promise<MasterKey>;
  /** Another key of the same provider. */
  openOtherKey(): Promise<MasterKey>;
  /** Ways to take the first key away, and what an operation then says. */
  readonly revocations: Readonly<Record<string, Revocation>>;
  /** Makes a newer version of the second key; undefined where a key has no versions. */
  readonly rotateOtherKey?: () => Promise<void>;
  close(): Promise<void>;
}

/** One way to take a key away. */
export interface Revocation {
  readonly code: ByokErrorCode;
  /** True where the provider goes on wrapping with such a key: a wrap proves nothing until it was opened. */
  readonly stillWraps?: true;
  revoke(): Promise<void>;
  restore(): Promise<void>;
}

/** Facts of a provider that the suite needs before anything is started. What differs between providers is written here. */
export interface ProviderFacts {
  readonly provider: string;
  /** Tells suites of one provider apart. */
  readonly variant?: string;
  readonly tenant: string;
  /** Names of the fixture's revocations. */
  readonly revocations: readonly string[];
  /** What {@link MasterKey.describe} says of a usable key; ACCESS_DENIED where the grant to use it does not cover looking. */
  readonly described: MasterKeyState | "ACCESS_DENIED";
  /** What an altered wrap is: TAMPERED, or another code where the alteration can make it look like another key's. */
  readonly alteredWrap?: readonly ByokErrorCode[];
  /**
   * What another key's wrap is that claims to be this one's: WRONG_KEY or TAMPERED, or another code where the provider
   * looks for the version that the wrap names first. (Which version it is, a Secret's tag protects: runtime/secret.)
   */
  readonly foreignWrap?: readonly ByokErrorCode[];
  /**
   * How a newer key version shows: not at all, or in the `keyVersion` of the next wrap, and where `unwrap` too, in
   * `newestVersion` of what an older wrap gives.
   */
  readonly rotation: "invisible" | "shows in wraps" | "shows in wraps and unwraps";
  start(): Promise<ProviderFixture>;
}

const CONTEXT: ShareContext = { purpose: "share", tenant: "acme", secret: "s-1", generation: 3 };

/** Runs the suite against a provider. */
export function masterKeyConformance(facts: ProviderFacts): void {
  describe(`MasterKey contract: ${[facts.provider, ...(facts.variant === undefined ? [] : [facts.variant])].join(", ")}`, () => {
    const share = bytesOf("conformance share");
    let fixture: ProviderFixture;
    let key: MasterKey;
    let wrapped: WrappedShare;

    beforeAll(async () => {
      fixture = await facts.start();
      key = await fixture.openKey();
      wrapped = await key.wrap(share, CONTEXT);
    });

    afterAll(async () => {
      await key.close();
      await fixture.close();
    });

    /** What every refusal shows and what none does. */
    function expectDetails(error: unknown): void {
      expect(error).toMatchObject({ provider: facts.provider, keyId: key.id, tenant: facts.tenant });
      for (const spelling of spellings(share)) expect(shown(error)).not.toContain(spelling);
    }

    test("has a provider, a tenant, and an id that opening again does not change", async () => {
      expect(key).toMatchObject({ provider: facts.provider, tenant: facts.tenant });
      expect(key.id.length).toBeGreaterThan(8);
      const again = await fixture.openKey();
      expect(again.id).toBe(key.id);
      const other = await fixture.openOtherKey();
      expect(other.id).not.toBe(key.id);
      await Promise.all([again.close(), other.close()]);
    });

    test("wraps and unwraps: the same share, in fresh memory of its own", async () => {
      const first = await key.unwrap(wrapped, CONTEXT);
      const second = await key.unwrap(wrapped, CONTEXT);
      expect(hex(first.share)).toBe(hex(share));
      first.share.fill(0);
      expect(hex(second.share)).toBe(hex(share));
      expect(second.share.buffer.byteLength).toBe(SHARE_LENGTH);
    });

    test("a wrap names its provider and key, and holds no share", () => {
      expect(wrapped).toMatchObject({ provider: facts.provider, keyId: key.id });
      expect(hex(wrapped.ciphertext)).not.toContain(hex(share));
      expect(wrapped.ciphertext.length).toBeGreaterThan(SHARE_LENGTH);
    });

    test("wrapping twice gives two wraps, and both open, also by a key opened anew", async () => {
      const second = await key.wrap(share, CONTEXT);
      expect(hex(second.ciphertext)).not.toBe(hex(wrapped.ciphertext));
      const again = await fixture.openKey();
      for (const each of [wrapped, second]) expect(hex((await again.unwrap(each, CONTEXT)).share)).toBe(hex(share));
      await again.close();
    });

    test("borrows its inputs and leaves them as they are", async () => {
      const lent = Uint8Array.from(share);
      const made = await key.wrap(lent, CONTEXT);
      expect(hex(lent)).toBe(hex(share));
      const before = hex(made.ciphertext);
      await key.unwrap(made, CONTEXT);
      expect(hex(made.ciphertext)).toBe(before);
    });

    test.each([0, 1, 16, 31, 33, 64])("refuses to wrap %i bytes", async (length) => {
      expect(await refusal(key.wrap(bytesOf("wrong length", length), CONTEXT))).toMatchObject({
        code: "TAMPERED",
        message: `A share has 32 bytes, this one has ${length}.`,
        provider: facts.provider,
        keyId: key.id,
      });
    });

    test.each<[string, Partial<ShareContext>]>([
      ["purpose", { purpose: "binding" }],
      ["tenant", { tenant: "umbrella" }],
      ["secret", { secret: "s-2" }],
      ["generation", { generation: 4 }],
      ["where secret and generation meet", { secret: "s-", generation: 13 }],
    ])("binds a wrap to its context: %s", async (_name, change) => {
      const error = await refusal(key.unwrap(wrapped, { ...CONTEXT, ...change }));
      expect(error).toMatchObject({ code: "TAMPERED", revocation: false, retryable: false });
      expectDetails(error);
    });

    test("binds the other purpose as well", async () => {
      const binding = await key.wrap(share, { ...CONTEXT, purpose: "binding" });
      expect(hex((await key.unwrap(binding, { ...CONTEXT, purpose: "binding" })).share)).toBe(hex(share));
      expect(await refusal(key.unwrap(binding, CONTEXT))).toMatchObject({ code: "TAMPERED" });
    });

    test.each<[string, (bytes: Uint8Array) => Uint8Array]>([
      ["its first byte changed", (bytes) => flipped(bytes, 0)],
      ["its middle changed", (bytes) => flipped(bytes, bytes.length >> 1)],
      ["its last byte changed", (bytes) => flipped(bytes, bytes.length - 1)],
      ["its end cut off", (bytes) => bytes.slice(0, -1)],
      ["a byte more", (bytes) => Uint8Array.from([...bytes, 0])],
      ["nothing but a byte", () => Uint8Array.of(1)],
    ])("refuses a wrap with %s", async (_name, change) => {
      const error = await refusal(key.unwrap({ ...wrapped, ciphertext: change(wrapped.ciphertext) }, CONTEXT));
      expect(facts.alteredWrap ?? ["TAMPERED"]).toContain(error.code);
      expect(error).toMatchObject({ revocation: false, retryable: false });
      expectDetails(error);
    });

    test("refuses a wrap that names another key or provider, without trying it", async () => {
      for (const other of [{ keyId: `${key.id}0` }, { provider: "elsewhere" }]) {
        const error = await refusal(key.unwrap({ ...wrapped, ...other }, CONTEXT));
        expect(error).toMatchObject({ code: "WRONG_KEY", revocation: false });
        expectDetails(error);
      }
    });

    test("refuses another key's wrap that claims to be its own", async () => {
      const other = await fixture.openOtherKey();
      const foreign = await other.wrap(share, CONTEXT);
      await other.close();
      const error = await refusal(key.unwrap({ ...foreign, keyId: key.id }, CONTEXT));
      expect(facts.foreignWrap ?? ["WRONG_KEY", "TAMPERED"]).toContain(error.code);
      if (facts.foreignWrap === undefined) expect(error.revocation).toBe(false);
      expectDetails(error);
    });

    test("gives up when its caller does", async () => {
      const signal = AbortSignal.abort(new Error("enough"));
      for (const call of [
        () => key.wrap(share, CONTEXT, { signal }),
        () => key.unwrap(wrapped, CONTEXT, { signal }),
        () => key.describe({ signal }),
      ]) {
        const error = await refusal(call());
        expect(error).toMatchObject({ code: "ABORTED", revocation: false, retryable: false });
        expect(error.cause).toBeDefined();
        expectDetails(error);
      }
    });

    test("describes a key that can be used", async () => {
      if (facts.described === "ACCESS_DENIED") expect(await refusal(key.describe())).toMatchObject({ code: "ACCESS_DENIED" });
      else expect(await key.describe()).toEqual(facts.described);
    });

    test(`a newer version of the key: ${facts.rotation}; older wraps open all the same`, async () => {
      const other = await fixture.openOtherKey();
      const older = await other.wrap(share, CONTEXT);
      await fixture.rotateOtherKey?.();
      const newer = await other.wrap(share, CONTEXT);
      const opened = await Promise.all([older, newer].map((each) => other.unwrap(each, CONTEXT)));
      expect(opened.map((each) => hex(each.share))).toEqual([hex(share), hex(share)]);
      expect(older.keyVersion !== newer.keyVersion).toBe(facts.rotation !== "invisible");
      expect(opened.map(({ newestVersion }) => newestVersion)).toEqual(
        facts.rotation === "shows in wraps and unwraps" ? [false, true] : [undefined, undefined],
      );
      await other.close();
    });

    test.each(facts.revocations)("taken away by %s: a revocation; given back: works, without being opened again", async (name) => {
      const revocation = fixture.revocations[name];
      if (revocation === undefined) throw new Error(`the fixture has no revocation "${name}"`);
      await revocation.revoke();
      try {
        const unwrap = (): Promise<unknown> => key.unwrap(wrapped, CONTEXT);
        // Where the provider still wraps, opening the new wrap is what fails.
        const wrap = async (): Promise<unknown> => {
          const made = await key.wrap(share, CONTEXT);
          if (revocation.stillWraps !== true) throw new Error("a key that was taken away still wraps");
          return key.unwrap(made, CONTEXT);
        };
        for (const call of [unwrap, wrap]) {
          const error = await refusal(call());
          expect(error).toMatchObject({ code: revocation.code, revocation: true, retryable: false });
          expect(error.cause).toBeDefined();
          expectDetails(error);
        }
        // Looking may still be allowed; what it shows is then not a usable key.
        const looked = await key.describe().then(({ usable }) => usable, (error: unknown) => error);
        if (typeof looked === "boolean") expect(looked).toBe(false);
        else {
          const { code, revocation: revoked } = asByokError(looked);
          expect([revocation.code, ...(facts.described === "ACCESS_DENIED" ? [facts.described] : [])]).toContain(code);
          expect(revoked).toBe(true);
        }
      } finally {
        await revocation.restore();
      }
      expect(hex((await key.unwrap(wrapped, CONTEXT)).share)).toBe(hex(share));
      if (facts.described !== "ACCESS_DENIED") expect(await key.describe()).toMatchObject({ usable: true });
    });

    test("serves many at once, also as the first thing it does", async () => {
      const contexts = Array.from({ length: 16 }, (_, index) => ({ ...CONTEXT, generation: index + 1 }));
      const wrapper = await fixture.openKey();
      const wraps = await Promise.all(contexts.map((context) => wrapper.wrap(share, context)));
      const unwrapper = await fixture.openKey();
      const opened = await Promise.all(
        contexts.map((context, index) => {
          const wrap = wraps[index];
          if (wrap === undefined) throw new Error("a wrap is missing");
          return unwrapper.unwrap(wrap, context);
        }),
      );
      for (const { share: found } of opened) expect(hex(found)).toBe(hex(share));
      await Promise.all([wrapper.close(), unwrapper.close()]);
    });
  });
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, index) => (index === at ? byte ^ 0x01 : byte));
}
