import { beforeEach, describe, expect, test } from "@jest/globals";
import { type ByokErrorCode } from "../../../runtime/master-key/errors.js";
import { addMasterKeysToGeneration } from "../../../runtime/secret/add-master-keys.js";
import { openGeneration } from "../../../runtime/secret/open-generation.js";
import { sealNewGeneration } from "../../../runtime/secret/seal-generation.js";
import { type SealedGeneration } from "../../../runtime/secret/sealed-secret.js";
import { FakeMasterKey } from "../fake-master-key.js";
import { bytesOf, hex, isWiped, refusal } from "../support.js";

const ID = { tenant: "acme", secret: "s-1", generation: 2 };
let one: FakeMasterKey;
let two: FakeMasterKey;
let three: FakeMasterKey;
let service: FakeMasterKey;
let sealed: SealedGeneration;

beforeEach(async () => {
  [one, two, three, service] = [new FakeMasterKey("1"), new FakeMasterKey("2"), new FakeMasterKey("3"), new FakeMasterKey("service")];
  sealed = await sealNewGeneration(ID, [one], service);
  for (const key of [one, two, three, service]) key.lent.length = 0;
});

function keysOf(...keys: FakeMasterKey[]): ReadonlyMap<string, FakeMasterKey> {
  return new Map(keys.map((key) => [key.id, key]));
}

function add(added: FakeMasterKey[], to = sealed, all = [one, two, three]): Promise<SealedGeneration> {
  return addMasterKeysToGeneration(to, added, keysOf(...all), service);
}

const open = (of: SealedGeneration): Promise<Uint8Array> => openGeneration(of, keysOf(one, two, three), service);

describe("adding master keys to a generation", () => {
  test("same generation, same SEK, same binding share, and the old wraps as they were; another commitment and tag", async () => {
    const changed = await add([two, three]);
    expect(hex(await open(changed))).toBe(hex(await open(sealed)));
    expect(changed).toMatchObject({ ...ID, bindingShare: sealed.bindingShare, bindingId: sealed.bindingId });
    expect(changed.masterKeys.map(({ keyId }) => keyId)).toEqual(["fake:1", "fake:2", "fake:3"]);
    expect(changed.masterKeys[0]).toEqual(sealed.masterKeys[0]);
    for (const member of ["commitment", "tag"] as const) expect(hex(changed[member])).not.toBe(hex(sealed[member]));
  });

  test("one after the other gives the same commitment as both at once: it is the set that counts", async () => {
    const [both, oneByOne, otherWay] = [await add([two, three]), await add([three], await add([two])), await add([two], await add([three]))];
    expect([oneByOne, otherWay].map(({ commitment }) => hex(commitment))).toEqual([hex(both.commitment), hex(both.commitment)]);
  });

  test("from then on the added key closes the Secret, and bridges the first one's outage", async () => {
    const changed = await add([two]);
    two.fail("KEY_DISABLED");
    expect(await refusal(open(changed))).toBe(two.failure);
    two.fail(undefined);
    one.fail("UNAVAILABLE");
    expect(hex(await open(changed))).toHaveLength(64);
  });

  test("added during an outage of one of its keys, as long as another one opens it", async () => {
    const changed = await add([two]);
    one.fail("THROTTLED");
    const more = await add([three], changed);
    one.fail(undefined);
    expect(hex(await open(more))).toBe(hex(await open(sealed)));
  });

  test("the added wrap is left out, or the old set's commitment put back: refused", async () => {
    const changed = await add([two]);
    for (const forged of [{ ...changed, masterKeys: sealed.masterKeys }, { ...changed, commitment: sealed.commitment }, { ...sealed, masterKeys: changed.masterKeys }]) {
      expect(await refusal(open(forged))).toMatchObject({ code: "TAMPERED", message: "Secret s-1 is refused: it is not as the service sealed it. Restore it from a good copy." });
    }
  });

  test("every share that was lent is wiped", async () => {
    await add([two]);
    expect([one, two, service].map(({ lent }) => lent.map(isWiped))).toEqual([[true, true], [true, true], [true, true]]);
  });

  test.each<[string, () => Promise<unknown>, string, string]>([
    ["a key that is in it", () => add([one]), "CONFIG_INVALID", "Secret s-1 names the master key fake:1 already."],
    ["another tenant's key", () => add([new FakeMasterKey("9", { tenant: "umbrella" })]), "TENANT_MISMATCH", "The key fake:9 is registered to tenant umbrella, not acme."],
    ["a seventeenth key", () => add(Array.from({ length: 16 }, (_, index) => new FakeMasterKey(`n${index}`))), "CONFIG_INVALID", "A Secret binds 1 to 16 master keys, not 17."],
  ])("%s is refused, and nobody was asked", async (_name, act, code, message) => {
    for (const key of [one, service]) key.calls.unwrap = 0;
    expect(await refusal(act())).toMatchObject({ code, message });
    expect([one.calls.unwrap, service.calls.unwrap]).toEqual([0, 0]);
  });

  test("a forged Secret is refused before any tenant's key is asked", async () => {
    one.calls.unwrap = 0;
    expect(await refusal(add([two], { ...sealed, tag: bytesOf("forged") as Uint8Array<ArrayBuffer> }))).toMatchObject({ code: "TAMPERED" });
    expect([one.calls.unwrap, two.calls.wrap]).toEqual([0, 0]);
  });

  test.each<ByokErrorCode>(["KEY_DISABLED", "UNAVAILABLE", "ACCESS_DENIED"])("the added key, or the only one before it, says %s: nothing is changed", async (code) => {
    two.fail(code);
    expect(await refusal(add([two]))).toBe(two.failure);
    two.fail(undefined);
    one.fail(code);
    expect(await refusal(add([two]))).toBe(one.failure);
  });

  test("an added key that gives back another share is caught", async () => {
    two.instead = bytesOf("not the share");
    expect(await refusal(add([two]))).toMatchObject({ code: "TAMPERED", keyId: "fake:2", message: "The KMS gave back another share than it was given: nothing was saved." });
  });
});
