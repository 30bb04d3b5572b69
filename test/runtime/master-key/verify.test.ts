import { describe, expect, test } from "@jest/globals";
import { ByokError, type ByokErrorCode } from "../../../runtime/master-key/errors.js";
import { type MasterKeyState, type ShareContext, type UnwrappedShare, type WrappedShare } from "../../../runtime/master-key/master-key.js";
import { verifyMasterKey } from "../../../runtime/master-key/verify.js";
import { FakeMasterKey } from "../fake-master-key.js";
import { bytesOf } from "../support.js";

class UnboundKey extends FakeMasterKey {
  override async unwrap(wrapped: WrappedShare, context: ShareContext): Promise<UnwrappedShare> {
    return super.unwrap(wrapped, { ...context, generation: 1 });
  }
}

class OpaqueKey extends FakeMasterKey {
  override async describe(): Promise<MasterKeyState> {
    throw new ByokError("ACCESS_DENIED", "no looking");
  }
}

class DescribedKey extends FakeMasterKey {
  described: MasterKeyState = { usable: true, state: "Enabled" };
  override async describe(): Promise<MasterKeyState> {
    return this.described;
  }
}

/** Confined to its tenant, or out for another. */
class PolicedKey extends FakeMasterKey {
  readonly tenants: string[] = [];
  constructor(tenant: string, readonly code: ByokErrorCode) {
    super("policed", { tenant });
  }
  override async wrap(share: Uint8Array, context: ShareContext): Promise<WrappedShare> {
    if (context.tenant !== this.tenant) {
      this.tenants.push(context.tenant);
      throw new ByokError(this.code, `says ${this.code}`);
    }
    return super.wrap(share, context);
  }
}

/** Refuses another context with a code of its own. */
class RefusingKey extends FakeMasterKey {
  constructor(name: string, readonly code: ByokErrorCode) {
    super(name);
  }
  override async unwrap(wrapped: WrappedShare, context: ShareContext): Promise<UnwrappedShare> {
    if (context.generation !== 1) throw new ByokError(this.code, `says ${this.code}`);
    return super.unwrap(wrapped, context);
  }
}

const ROUND_TRIP = { name: "round-trip", ok: true, detail: "a random share was wrapped and unwrapped" };
const BOUND = { name: "binding", ok: true, detail: "a wrap under another context is refused (TAMPERED)" };
const CONSOLE = {
  name: "tenant-binding",
  ok: true,
  detail: "the key's policy does not confine the service to this tenant (usage `console`); every wrap is bound to its tenant all the same",
};
const LEAST = { name: "tenant-binding", ok: true, detail: "the key's policy confines the service to this tenant (usage `least`)" };
const STATE = { name: "state", ok: true, detail: "the key is Enabled" };

describe("verifyMasterKey", () => {
  test("a good key passes every check", async () => {
    const key = new FakeMasterKey("good");
    expect(await verifyMasterKey(key)).toEqual({
      provider: "fake",
      keyId: "fake:good",
      tenant: "acme",
      ok: true,
      checks: [ROUND_TRIP, BOUND, CONSOLE, STATE],
    });
    expect(key.calls).toEqual({ wrap: 2, unwrap: 2 });
  });

  test.each([
    ["gcp-kms", "a grant in Google Cloud cannot be confined to a tenant's context: whoever was granted the key may use it for any; every wrap is bound to its tenant all the same"],
    ["azure-key-vault", "a grant in Azure cannot be confined to a tenant's context: whoever was granted the key may use it for any; every wrap is bound to its tenant all the same"],
  ])("%s: whether the grant is confined to the tenant is said, not tried", async (provider, detail) => {
    const key = new FakeMasterKey("cloud", { provider });
    expect(await verifyMasterKey(key)).toMatchObject({ ok: true, checks: [ROUND_TRIP, BOUND, { name: "tenant-binding", ok: true, detail }, STATE] });
    expect(key.calls).toEqual({ wrap: 1, unwrap: 2 });
  });

  test.each<ByokErrorCode>(["ACCESS_DENIED", "KEY_DISABLED", "UNAVAILABLE", "UNEXPECTED_ANSWER"])(
    "a key that answers %s fails, with the error and without guessing about its binding",
    async (code) => {
      const key = new DescribedKey("denied");
      key.fail(code);
      const report = await verifyMasterKey(key);
      expect(report.ok).toBe(false);
      expect(report.checks).toEqual([{ name: "round-trip", ok: false, detail: `fake:denied says ${code}`, error: key.failure }, STATE]);
    },
  );

  test("a KMS that gives back another share fails", async () => {
    const key = new FakeMasterKey("liar");
    key.instead = bytesOf("another share");
    const report = await verifyMasterKey(key);
    expect(report.ok).toBe(false);
    expect(report.checks[0]).toMatchObject({
      name: "round-trip",
      ok: false,
      detail: "The KMS gave back another share than it was given.",
      error: { code: "TAMPERED", keyId: "fake:liar", tenant: "acme" },
    });
  });

  test("a KMS that ignores the context fails", async () => {
    const report = await verifyMasterKey(new UnboundKey("unbound"));
    expect(report.ok).toBe(false);
    expect(report.checks).toEqual([
      ROUND_TRIP,
      { name: "binding", ok: false, detail: "the KMS opened a wrap under another context: it ignores the context" },
      CONSOLE,
      STATE,
    ]);
  });

  test("another context may be refused by policy too, but an outage proves nothing", async () => {
    expect(await verifyMasterKey(new RefusingKey("policy", "ACCESS_DENIED"))).toMatchObject({
      ok: true,
      checks: [ROUND_TRIP, { name: "binding", ok: true, detail: "a wrap under another context is refused (ACCESS_DENIED)" }, CONSOLE, STATE],
    });
    expect(await verifyMasterKey(new RefusingKey("down", "UNAVAILABLE"))).toMatchObject({
      ok: false,
      checks: [ROUND_TRIP, { name: "binding", ok: false, detail: "says UNAVAILABLE", error: { code: "UNAVAILABLE" } }, CONSOLE, STATE],
    });
  });

  test.each([
    ["acme", "acme-x"],
    ["a".repeat(30), `${"a".repeat(30)}-x`],
    ["a".repeat(31), "byok-verify"],
    ["byok-verify", "byok-verify-x"],
  ])("a key that is confined to %s says so: asked with %s", async (tenant, other) => {
    const key = new PolicedKey(tenant, "ACCESS_DENIED");
    expect(await verifyMasterKey(key)).toMatchObject({ ok: true, checks: [ROUND_TRIP, BOUND, LEAST, STATE] });
    expect(key.tenants).toEqual([other]);
  });

  test("an outage says nothing about the policy", async () => {
    expect(await verifyMasterKey(new PolicedKey("acme", "UNAVAILABLE"))).toMatchObject({
      ok: false,
      checks: [ROUND_TRIP, BOUND, { name: "tenant-binding", ok: false, error: { code: "UNAVAILABLE" } }, STATE],
    });
  });

  test("not being allowed to look at the state is fine; a state that is not usable is not", async () => {
    expect((await verifyMasterKey(new OpaqueKey("opaque"))).checks[3]).toEqual({
      name: "state",
      ok: true,
      detail: "the grant does not cover reading the key's state (not needed for backups)",
    });
    const disabled = new DescribedKey("disabled");
    disabled.described = { usable: false, state: "Disabled" };
    expect(await verifyMasterKey(disabled)).toMatchObject({ ok: false, checks: [{}, {}, {}, { name: "state", ok: false, detail: "the key is Disabled" }] });
  });

  test("what is no answer of a KMS is thrown, not reported", async () => {
    const key = new FakeMasterKey("broken");
    key.failure = new TypeError("a bug");
    await expect(verifyMasterKey(key)).rejects.toBe(key.failure);
  });
});
