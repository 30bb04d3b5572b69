import { beforeEach, describe, expect, test } from "@jest/globals";
import { ByokError } from "../../../runtime/master-key/errors.js";
import { openGeneration } from "../../../runtime/secret/open-generation.js";
import { type RewrappedGeneration, rewrapGeneration } from "../../../runtime/secret/rewrap-generation.js";
import { sealNewGeneration } from "../../../runtime/secret/seal-generation.js";
import { type SealedGeneration } from "../../../runtime/secret/sealed-secret.js";
import { FakeMasterKey, type FakeVersions } from "../fake-master-key.js";
import { bytesOf, hex, isWiped, refusal } from "../support.js";

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
  service = new FakeMasterKey("service", { versions: "told" });
  sealed = await sealNewGeneration(ID, [plain, told, seen], service);
  for (const key of [plain, told, seen, service]) key.lent.length = 0;
});

const keys = (): ReadonlyMap<string, FakeMasterKey> => new Map([plain, told, seen].map((key) => [key.id, key]));
const open = (of: SealedGeneration): Promise<Uint8Array> => openGeneration(of, keys(), service);
const rewrap = (of = sealed): Promise<RewrappedGeneration> => rewrapGeneration(of, keys(), service);
const versions = (of: SealedGeneration): (string | undefined)[] => [...of.masterKeys, of.bindingShare.serviceKey].map(({ keyVersion }) => keyVersion);

describe("re-wrapping a generation", () => {
  test("nothing was rotated: the Secret as it was, byte for byte", async () => {
    const { sealed: same, keys: outcomes } = await rewrap();
    expect(same).toBe(sealed);
    expect(outcomes).toEqual([
      { role: "master", provider: "fake", keyId: "fake:plain", outcome: "not-needed" },
      { role: "master", provider: "fake", keyId: "fake:told", from: "fake:told/1", outcome: "current" },
      { role: "master", provider: "fake", keyId: "fake:seen", from: "fake:seen/1", outcome: "current" },
      { role: "service", provider: "fake", keyId: "fake:service", from: "fake:service/1", outcome: "current" },
    ]);
  });

  test.each<FakeVersions>(["told", "seen"])("a rotated key (%s): its wrap is of the newest version, the others' as they were; the old version may go", async (which) => {
    const sek = hex(await open(sealed));
    const rotated = which === "told" ? told : seen;
    rotated.rotate();
    rotated.rotate();
    const { sealed: changed, keys: outcomes } = await rewrap();
    expect(outcomes.filter(({ outcome }) => outcome === "rewrapped")).toEqual([
      { role: "master", provider: "fake", keyId: rotated.id, from: rotated.version(1), to: rotated.version(3), outcome: "rewrapped" },
    ]);
    expect(changed).toMatchObject({ ...ID, bindingShare: sealed.bindingShare, bindingId: sealed.bindingId, commitment: sealed.commitment });
    changed.masterKeys.forEach((wrap, index) => {
      if (wrap.keyId !== rotated.id) expect(wrap).toEqual(sealed.masterKeys[index]);
    });
    rotated.destroy(1);
    rotated.destroy(2);
    expect(hex(await open(changed))).toBe(sek);
    expect(await refusal(open(sealed))).toMatchObject({ code: "KEY_DESTROYED", keyId: rotated.id });
  });

  test("the service key was rotated: the binding share is sealed anew, the same one", async () => {
    const sek = hex(await open(sealed));
    service.rotate();
    const { sealed: changed } = await rewrap();
    expect(versions(changed)).toEqual([undefined, "fake:told/1", "fake:seen/1", "fake:service/2"]);
    expect(hex(changed.bindingId)).toBe(hex(sealed.bindingId));
    expect(hex(changed.bindingShare.sealed)).not.toBe(hex(sealed.bindingShare.sealed));
    service.destroy(1);
    expect(hex(await open(changed))).toBe(sek);
  });

  test("everything was rotated: one run follows them all", async () => {
    for (const key of [told, seen, service]) key.rotate();
    const { sealed: changed } = await rewrap();
    expect(versions(changed)).toEqual([undefined, "fake:told/2", "fake:seen/2", "fake:service/2"]);
    for (const key of [told, seen, service]) key.destroy(1);
    expect(hex(await open(changed))).toHaveLength(64);
    expect((await rewrap(changed)).sealed).toBe(changed);
  });

  test.each(["UNAVAILABLE", "ACCESS_DENIED", "THROTTLED"] as const)("a key that refuses the new wrap (%s) keeps its old one, and the others go on", async (code) => {
    for (const key of [told, seen, service]) key.rotate();
    const error = new ByokError(code, "no wraps", { keyId: told.id });
    told.wrapFailure = error;
    const { sealed: changed, keys: outcomes } = await rewrap();
    expect(versions(changed)).toEqual([undefined, "fake:told/1", "fake:seen/2", "fake:service/2"]);
    expect(outcomes.find(({ keyId }) => keyId === told.id)).toEqual({ role: "master", provider: "fake", keyId: told.id, from: "fake:told/1", outcome: "kept", error });
    expect(hex(await open(changed))).toBe(hex(await open(sealed)));
  });

  test("the service key refuses: its old seal stays, and it is the operator's problem", async () => {
    for (const key of [told, service]) key.rotate();
    service.wrapFailure = new ByokError("ACCESS_DENIED", "no wraps", { keyId: service.id });
    const { sealed: changed, keys: outcomes } = await rewrap();
    expect(versions(changed)).toEqual([undefined, "fake:told/2", "fake:seen/1", "fake:service/1"]);
    expect(outcomes.at(-1)).toMatchObject({ role: "service", outcome: "kept", error: { code: "SERVICE_CREDENTIALS", revocation: false } });
  });

  test("a new wrap that opens to another share is not kept", async () => {
    seen.rotate();
    const unwrap = seen.unwrap.bind(seen);
    seen.unwrap = async (wrapped, context) =>
      wrapped.keyVersion === seen.version(2) ? { share: bytesOf("another share") } : unwrap(wrapped, context);
    const { sealed: same, keys: outcomes } = await rewrap();
    expect(same).toBe(sealed);
    expect(outcomes[2]).toMatchObject({ outcome: "kept", error: { code: "TAMPERED", message: "The KMS gave back another share than it was given: nothing was saved." } });
  });

  test("a key that is out keeps its old wrap, while another one opens the Secret", async () => {
    for (const key of [told, seen]) key.rotate();
    told.fail("UNAVAILABLE");
    const { sealed: changed, keys: outcomes } = await rewrap();
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["not-needed", "kept", "rewrapped", "current"]);
    told.fail(undefined);
    expect(hex(await open(changed))).toBe(hex(await open(sealed)));
  });

  test("a revoked or forged Secret is not re-wrapped", async () => {
    for (const key of [told, seen]) key.rotate();
    seen.fail("KEY_DISABLED");
    const before = told.calls.wrap;
    expect(await refusal(rewrap())).toBe(seen.failure);
    seen.fail(undefined);
    expect(await refusal(rewrap({ ...sealed, masterKeys: [...sealed.masterKeys].reverse() }))).toMatchObject({ code: "TAMPERED" });
    expect(told.calls.wrap).toBe(before);
  });

  test("an interrupt and a bug are no refusals to note down", async () => {
    told.wrapFailure = new ByokError("ABORTED", "The caller gave up.");
    expect(await refusal(rewrap())).toBe(told.wrapFailure);
    told.wrapFailure = new TypeError("a bug");
    await expect(rewrap()).rejects.toBe(told.wrapFailure);
  });

  test("every share that was lent is wiped", async () => {
    for (const key of [told, seen, service]) key.rotate();
    await rewrap();
    for (const key of [plain, told, seen, service]) {
      expect(key.lent.length).toBeGreaterThan(1);
      expect(key.lent.every(isWiped)).toBe(true);
    }
  });
});
