/** @jest-environment ./test/runtime/one-realm-environment.ts */
import { mkdirSync, renameSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "@jest/globals";
import {
  addMasterKeys,
  createSecret,
  describeSecret,
  Encryptor,
  type EncryptorOptions,
  inspectObject,
  type KeyAccess,
  removeMasterKeys,
  renewSecret,
  rewrapSecret,
  type SealedSecret,
} from "../../runtime/index.js";
import { type LocalDescriptor } from "../../runtime/master-key/descriptor.js";
import { createLocalKeyFile } from "../../runtime/master-key/local-key-file.js";
import { FakeClock, refusal, temporaryFolder } from "./support.js";

const folder = temporaryFolder();
let made = 0;
let a: LocalDescriptor;
let b: LocalDescriptor;
let access: KeyAccess;
let onlyA: SealedSecret;
const opened: Encryptor[] = [];

async function localKey(tenant = "acme"): Promise<LocalDescriptor> {
  made += 1;
  const path = join(folder, `${made}.key`);
  await createLocalKeyFile(path);
  return { schema: 1, tenant, datacenter: "eu", grantedTo: "service", provider: "local", path };
}

beforeEach(async () => {
  [a, b] = [await localKey(), await localKey()];
  access = { mode: "development", masterKeys: [a, b], serviceKey: { file: (await localKey("service")).path } };
  onlyA = await createSecret({ ...access, masterKeys: [a], tenant: "acme", secret: "s-1" });
});

afterAll(async () => {
  await Promise.all(opened.map((each) => each.close()));
});

async function open(sealedSecret: SealedSecret, more: Partial<EncryptorOptions> = {}): Promise<Encryptor> {
  const encryptor = await Encryptor.open({ ...access, sealedSecret, cache: { ttl: 0, outageGrace: 0 }, ...more });
  opened.push(encryptor);
  return encryptor;
}

/** An object written under a Secret, as a process does that has it configured. */
async function objectUnder(sealedSecret: SealedSecret, text: string): Promise<Uint8Array> {
  return (await (await open(sealedSecret)).encrypt(Buffer.from(text), { resource: "r" })).ciphertext;
}

const read = async (encryptor: Encryptor, object: Uint8Array): Promise<string> => Buffer.from(await encryptor.decrypt(object)).toString();
const takeAway = (key: LocalDescriptor): void => { renameSync(key.path, `${key.path}.away`); };
const giveBack = (key: LocalDescriptor): void => { renameSync(`${key.path}.away`, key.path); };
const idsOf = (sealed: SealedSecret): string[] => sealed.masterKeys.map(({ keyId }) => keyId);

describe("adding a master key", () => {
  test("objects from before and after open with the new Secret, and with the old one", async () => {
    const before = await objectUnder(onlyA, "before");
    const both = await addMasterKeys({ ...access, sealedSecret: onlyA });
    expect(both).toMatchObject({ tenant: "acme", secret: "s-1", generation: 1, bindingId: onlyA.bindingId });
    expect(idsOf(both)).toEqual([...idsOf(onlyA), expect.stringMatching(/^local:/)]);
    const after = await objectUnder(both, "after");
    for (const sealed of [both, onlyA]) {
      const encryptor = await open(sealed);
      expect([await read(encryptor, before), await read(encryptor, after)]).toEqual(["before", "after"]);
    }
    const [old, young] = [await inspectObject(before), await inspectObject(after)];
    expect([old.masterKeys.length, young.masterKeys.length]).toEqual([1, 2]);
  });

  test("the added key closes objects from before, too, though they do not name it", async () => {
    const before = await objectUnder(onlyA, "before");
    const encryptor = await open(await addMasterKeys({ ...access, sealedSecret: onlyA }));
    takeAway(b);
    expect(await refusal(encryptor.decrypt(before))).toMatchObject({ code: "KEY_NOT_FOUND", revocation: true });
    giveBack(b);
    expect(await read(await open(onlyA), before)).toBe("before");
  });

  test("a process that still has the old Secret opens a newer object with all the keys that it names", async () => {
    const after = await objectUnder(await addMasterKeys({ ...access, sealedSecret: onlyA }), "after");
    const stale = await open(onlyA);
    takeAway(b);
    expect(await refusal(stale.decrypt(after))).toMatchObject({ code: "KEY_NOT_FOUND", revocation: true });
    expect(await refusal((await open(onlyA, { masterKeys: [a] })).decrypt(after))).toMatchObject({ code: "WRONG_KEY" });
  });

  test("old and new objects share one SEK in the cache; a revocation closes both at once", async () => {
    const before = await objectUnder(onlyA, "before");
    const both = await addMasterKeys({ ...access, sealedSecret: onlyA });
    const clock = new FakeClock();
    const warm = await open(both, { clock, cache: { ttl: 60_000, outageGrace: 0 } });
    const { ciphertext: after } = await warm.encrypt(Buffer.from("after"), { resource: "r" });
    takeAway(b); // Within the ttl nobody asks.
    expect(await read(warm, before)).toBe("before");
    clock.advance(60_001);
    for (const object of [before, after]) expect(await refusal(warm.decrypt(object))).toMatchObject({ code: "KEY_NOT_FOUND" });
  });

  test("an outage of either key is bridged by the other", async () => {
    const encryptor = await open(await addMasterKeys({ ...access, sealedSecret: onlyA }));
    for (const key of [a, b]) {
      takeAway(key);
      mkdirSync(key.path, { mode: 0o700 }); // Reading a folder fails, and says nothing about the key.
      const { ciphertext } = await encryptor.encrypt(Buffer.from("x"), { resource: "r" });
      expect(await read(encryptor, ciphertext)).toBe("x");
      rmdirSync(key.path);
      giveBack(key);
    }
  });

  test("a key that was taken away is not bridged until it answers again itself", async () => {
    const clock = new FakeClock();
    const encryptor = await open(await addMasterKeys({ ...access, sealedSecret: onlyA }), { clock });
    const { ciphertext } = await encryptor.encrypt(Buffer.from("x"), { resource: "r" });
    takeAway(b);
    expect(await refusal(encryptor.decrypt(ciphertext))).toMatchObject({ code: "KEY_NOT_FOUND", revocation: true });
    mkdirSync(b.path, { mode: 0o700 }); // Then it cannot be reached: a vault that was deleted vanishes from DNS, too.
    for (let round = 0; round < 4; round += 1) {
      clock.advance(11_000);
      expect(await refusal(encryptor.decrypt(ciphertext))).toMatchObject({ code: "KEY_NOT_FOUND", revocation: true });
    }
    rmdirSync(b.path);
    giveBack(b);
    clock.advance(11_000);
    expect(await refusal(encryptor.decrypt(ciphertext))).toMatchObject({ code: "KEY_NOT_FOUND", message: expect.stringMatching(/twice, 10 s apart/) });
    clock.advance(10_000);
    expect(await read(encryptor, ciphertext)).toBe("x");
    // Given back, its outages are bridged as before.
    takeAway(b);
    mkdirSync(b.path, { mode: 0o700 });
    clock.advance(11_000);
    expect(await read(encryptor, ciphertext)).toBe("x");
    rmdirSync(b.path);
    giveBack(b);
  });

  test("nothing left to add", async () => {
    const both = await addMasterKeys({ ...access, sealedSecret: onlyA });
    expect(await refusal(addMasterKeys({ ...access, sealedSecret: both }))).toMatchObject({
      code: "CONFIG_INVALID",
      message: "Secret s-1 names every configured master key already: there is none to add.",
    });
  });
});

describe("a new generation", () => {
  test("renewed: new shares under the same keys; old objects open with the Secret they carry", async () => {
    const before = await objectUnder(onlyA, "before");
    const renewed = await renewSecret({ ...access, sealedSecret: onlyA });
    expect(renewed).toMatchObject({ secret: "s-1", generation: 2 });
    expect(idsOf(renewed)).toEqual(idsOf(onlyA));
    expect(renewed.bindingId).not.toBe(onlyA.bindingId);
    const encryptor = await open(renewed);
    const { ciphertext: after } = await encryptor.encrypt(Buffer.from("after"), { resource: "r" });
    expect([await read(encryptor, before), await read(encryptor, after)]).toEqual(["before", "after"]);
    expect((await inspectObject(after)).secret).toMatchObject({ generation: 2 });
    // The other way round, a process that was not given the new generation yet.
    expect(await read(await open(onlyA), after)).toBe("after");
  });

  test("a removed key closes what the old generation wrote, and nothing of the new one", async () => {
    const both = await addMasterKeys({ ...access, sealedSecret: onlyA });
    const before = await objectUnder(both, "before");
    const removed = await removeMasterKeys({ ...access, sealedSecret: both, remove: idsOf(both).slice(1) });
    expect(removed).toMatchObject({ generation: 2 });
    expect(idsOf(removed)).toEqual(idsOf(onlyA));
    const encryptor = await open(removed);
    expect(await read(encryptor, before)).toBe("before");
    takeAway(b);
    expect(await refusal(encryptor.decrypt(before))).toMatchObject({ code: "KEY_NOT_FOUND", revocation: true });
    const { ciphertext: after } = await encryptor.encrypt(Buffer.from("after"), { resource: "r" });
    expect(await read(encryptor, after)).toBe("after");
    const without = await open(removed, { masterKeys: [a] });
    expect(await read(without, after)).toBe("after");
    expect(await refusal(without.decrypt(before))).toMatchObject({ code: "WRONG_KEY" });
  });

  test("a key that is gone can be removed, without its descriptor", async () => {
    const both = await addMasterKeys({ ...access, sealedSecret: onlyA });
    takeAway(b);
    const removed = await removeMasterKeys({ ...access, masterKeys: [a], sealedSecret: both, remove: idsOf(both).slice(1) });
    expect((await (await open(removed, { masterKeys: [a] })).encrypt(Buffer.from("x"), { resource: "r" })).ciphertext.length).toBeGreaterThan(0);
  });

  test("an older generation that is configured opens its objects: with keys added to it since", async () => {
    const before = await objectUnder(onlyA, "before");
    const renewed = await renewSecret({ ...access, sealedSecret: onlyA });
    const olderWithB = await addMasterKeys({ ...access, sealedSecret: onlyA });
    const encryptor = await open(renewed, { olderGenerations: [olderWithB] });
    expect(await read(encryptor, before)).toBe("before");
    const without = await open(renewed);
    takeAway(b);
    expect(await refusal(encryptor.decrypt(before))).toMatchObject({ code: "KEY_NOT_FOUND", revocation: true });
    expect(await read(without, before)).toBe("before"); // As the object carries it, without b.
    expect((await encryptor.encrypt(Buffer.from("x"), { resource: "r" })).ciphertext.length).toBeGreaterThan(0);
  });

  test("two renewals of one generation do not mix", async () => {
    const [first, second] = [await renewSecret({ ...access, sealedSecret: onlyA }), await renewSecret({ ...access, sealedSecret: onlyA })];
    const [one, two] = [await objectUnder(first, "one"), await objectUnder(second, "two")];
    for (const sealed of [first, second]) {
      const encryptor = await open(sealed);
      expect([await read(encryptor, one), await read(encryptor, two)]).toEqual(["one", "two"]);
    }
  });

  test.each<[string, (both: SealedSecret) => Promise<unknown>, string, RegExp]>([
    ["removing a key that is not in it", (sealedSecret) => removeMasterKeys({ ...access, sealedSecret, remove: ["local:x"] }), "CONFIG_INVALID", /^Secret s-1 does not name the master key local:x; it names local:[0-9a-f]{32}, local:[0-9a-f]{32}\.$/],
    ["removing nothing", (sealedSecret) => removeMasterKeys({ ...access, sealedSecret, remove: [] }), "CONFIG_INVALID", /^Nothing is removed from Secret s-1: no key to remove was given\.$/],
    ["removing all", (sealedSecret) => removeMasterKeys({ ...access, sealedSecret, remove: idsOf(sealedSecret) }), "CONFIG_INVALID", /^Nothing is removed from Secret s-1: no master key would be left\.$/],
    ["renewing without one of its descriptors", (sealedSecret) => renewSecret({ ...access, masterKeys: [a], sealedSecret }), "WRONG_KEY", /^Secret s-1 names the master key local:/],
    ["renewing a Secret whose generation was altered", (sealedSecret) => renewSecret({ ...access, sealedSecret: { ...sealedSecret, generation: 7 } }), "WRONG_BINDING_SHARE", /the service key does not open it\.$/],
    ["renewing a Secret whose keys were altered", (sealedSecret) => renewSecret({ ...access, sealedSecret: { ...sealedSecret, masterKeys: sealedSecret.masterKeys.slice(1) } }), "TAMPERED", /it is not as the service sealed it/],
    ["what is no sealed Secret", () => renewSecret({ ...access, sealedSecret: {} as SealedSecret }), "BAD_HEADER", /^Not a sealed Secret:/],
    ["another Secret as older generation", async (sealedSecret) => open(sealedSecret, { olderGenerations: [await createSecret({ ...access, tenant: "acme", secret: "s-2" })] }), "SECRET_MISMATCH", /^An older generation belongs to Secret s-2, not s-1\.$/],
    ["a newer one as older generation", async (sealedSecret) => open(sealedSecret, { olderGenerations: [await renewSecret({ ...access, sealedSecret })] }), "CONFIG_INVALID", /^olderGenerations holds generation 2 of Secret s-1, and sealedSecret is generation 1:/],
    ["an older generation whose key is not configured", async (sealedSecret) => {
      const renewed = await removeMasterKeys({ ...access, sealedSecret, remove: idsOf(sealedSecret).slice(1) });
      return open(renewed, { masterKeys: [a], olderGenerations: [sealedSecret] });
    }, "WRONG_KEY", /^Secret s-1 names the master key local:/],
  ])("%s is refused", async (_name, act, code, message) => {
    const both = await addMasterKeys({ ...access, sealedSecret: onlyA });
    expect(await refusal(act(both))).toMatchObject({ code, message: expect.stringMatching(message) as unknown });
  });

  test("a revoked tenant keeps the old generation until it comes back", async () => {
    takeAway(a);
    expect(await refusal(renewSecret({ ...access, masterKeys: [a], sealedSecret: onlyA }))).toMatchObject({ code: "KEY_NOT_FOUND" });
    giveBack(a);
    expect(await renewSecret({ ...access, sealedSecret: onlyA })).toMatchObject({ generation: 2 });
  });
});

describe("rotation that is invisible (local keys, as AWS KMS)", () => {
  test("nothing to re-wrap, and the description says which keys there are", async () => {
    const both = await addMasterKeys({ ...access, sealedSecret: onlyA });
    const { sealedSecret, keys } = await rewrapSecret({ ...access, sealedSecret: both });
    expect(sealedSecret).toEqual(both);
    const [first, second] = idsOf(both);
    const service = both.bindingShare.serviceKey.keyId;
    expect(keys).toEqual([
      { role: "master", provider: "local", keyId: first, outcome: "not-needed" },
      { role: "master", provider: "local", keyId: second, outcome: "not-needed" },
      { role: "service", provider: "local", keyId: service, outcome: "not-needed" },
    ]);
    takeAway(b);
    expect(await refusal(describeSecret({ ...access, sealedSecret: both }))).toMatchObject({ code: "KEY_NOT_FOUND" });
    giveBack(b);
    expect(await describeSecret({ ...access, sealedSecret: both })).toEqual({
      tenant: "acme",
      secret: "s-1",
      generation: 1,
      keys: [
        { role: "master", provider: "local", keyId: first, rewrapDue: false },
        { role: "master", provider: "local", keyId: second, rewrapDue: false },
        { role: "service", provider: "local", keyId: service, rewrapDue: false },
      ],
    });
  });

  test("the bound says that any of several keys counts", async () => {
    expect((await open(onlyA)).statedBound).not.toContain("any of the Secret's master keys");
    const both = await open(await addMasterKeys({ ...access, sealedSecret: onlyA }));
    expect(both.statedBound).toContain("A revocation at any of the Secret's master keys counts; at one that cannot be reached, it counts when that answers again, and the others serve meanwhile.");
  });
});
