import { beforeEach, describe, expect, test } from "@jest/globals";
import { ByokError, type ByokErrorCode } from "../../../runtime/master-key/errors.js";
import { type KeyVersions, keyVersionsOf } from "../../../runtime/secret/key-versions.js";
import { sealNewGeneration } from "../../../runtime/secret/seal-generation.js";
import { type SealedGeneration } from "../../../runtime/secret/sealed-secret.js";
import { FakeMasterKey } from "../fake-master-key.js";
import { isWiped, refusal } from "../support.js";

const ID = { tenant: "acme", secret: "s-1", generation: 1 };
let plain: FakeMasterKey;
let told: FakeMasterKey;
let seen: FakeMasterKey;
let service: FakeMasterKey;
let sealed: SealedGeneration;

beforeEach(async () => {
  plain = new FakeMasterKey("plain");
  told = new FakeMasterKey("told", { versions: "told" });
  seen = new FakeMasterKey("seen", { versions: "seen" });
  service = new FakeMasterKey("service", { versions: "seen" });
  sealed = await sealNewGeneration(ID, [plain, told, seen], service);
  for (const key of [plain, told, seen, service]) {
    Object.assign(key.calls, { wrap: 0, unwrap: 0 });
    key.lent.length = 0;
  }
});

const versions = (of = sealed, keys = [plain, told, seen]): Promise<KeyVersions[]> =>
  keyVersionsOf(of, new Map(keys.map((key) => [key.id, key])), service);

describe("the versions of a generation's keys", () => {
  test("as made: each key's version is the current one, and only who does not tell is asked for a wrap", async () => {
    expect(await versions()).toEqual([
      { role: "master", provider: "fake", keyId: "fake:plain", rewrapDue: false },
      { role: "master", provider: "fake", keyId: "fake:told", keyVersion: "fake:told/1", currentVersion: "fake:told/1", rewrapDue: false },
      { role: "master", provider: "fake", keyId: "fake:seen", keyVersion: "fake:seen/1", currentVersion: "fake:seen/1", rewrapDue: false },
      { role: "service", provider: "fake", keyId: "fake:service", keyVersion: "fake:service/1", currentVersion: "fake:service/1", rewrapDue: false },
    ]);
    expect([plain, told, seen, service].map(({ calls }) => calls.wrap)).toEqual([0, 0, 1, 1]);
  });

  test("rotated: the wrap's version, the current one, and a re-wrap is due", async () => {
    for (const key of [plain, told, seen, service]) key.rotate();
    expect((await versions()).map(({ keyVersion, currentVersion, rewrapDue }) => [keyVersion, currentVersion, rewrapDue])).toEqual([
      [undefined, undefined, false],
      ["fake:told/1", "fake:told/2", true],
      ["fake:seen/1", "fake:seen/2", true],
      ["fake:service/1", "fake:service/2", true],
    ]);
  });

  test.each<ByokErrorCode>(["KEY_DISABLED", "UNAVAILABLE"])("a key that says %s is told with it, and stops nothing", async (code) => {
    told.fail(code);
    expect((await versions()).map(({ error, currentVersion }) => [error, currentVersion])).toEqual([
      [undefined, undefined],
      [told.failure, undefined],
      [undefined, "fake:seen/1"],
      [undefined, "fake:service/1"],
    ]);
  });

  test("a key that only refuses wraps", async () => {
    seen.wrapFailure = new ByokError("ACCESS_DENIED", "no wraps");
    service.wrapFailure = new ByokError("ACCESS_DENIED", "no wraps");
    const [, , third, fourth] = await versions();
    expect(third).toEqual({ role: "master", provider: "fake", keyId: "fake:seen", keyVersion: "fake:seen/1", rewrapDue: false, error: seen.wrapFailure });
    expect(fourth?.error).toMatchObject({ code: "SERVICE_CREDENTIALS", revocation: false });
  });

  test("a version that was destroyed too early", async () => {
    told.rotate();
    told.destroy(1);
    expect((await versions())[1]).toMatchObject({ keyVersion: "fake:told/1", rewrapDue: false, error: { code: "KEY_DESTROYED" } });
  });

  test("a forged Secret, or a service key that is out: no tenant's key is asked", async () => {
    expect(await refusal(versions({ ...sealed, generation: 2 }))).toMatchObject({ code: "WRONG_BINDING_SHARE" });
    expect(await refusal(versions({ ...sealed, masterKeys: sealed.masterKeys.slice(1) }))).toMatchObject({ code: "TAMPERED" });
    expect(await refusal(versions(sealed, [plain, told]))).toMatchObject({ code: "WRONG_KEY", keyId: "fake:seen" });
    service.fail("ACCESS_DENIED");
    expect(await refusal(versions())).toMatchObject({ code: "SERVICE_CREDENTIALS" });
    expect([plain, told, seen].map(({ calls }) => calls)).toEqual(Array(3).fill({ wrap: 0, unwrap: 0 }));
  });

  test("an interrupt ends it; every share that was lent is wiped", async () => {
    await versions();
    for (const key of [plain, told, seen, service]) expect(key.lent.map(isWiped)).not.toContain(false);
    told.fail("ABORTED");
    expect(await refusal(versions())).toBe(told.failure);
  });
});
