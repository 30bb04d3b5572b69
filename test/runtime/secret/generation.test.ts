import { beforeEach, describe, expect, test } from "@jest/globals";
import { type ByokErrorCode } from "../../../runtime/master-key/errors.js";
import { openBindingShare, sameBytes, sealBindingShare } from "../../../runtime/secret/binding-share.js";
import { deriveSecret, sealedSecretTag } from "../../../runtime/secret/derivation.js";
import { assertConfigured, openGeneration } from "../../../runtime/secret/open-generation.js";
import { sealNewGeneration } from "../../../runtime/secret/seal-generation.js";
import { type SealedGeneration, untaggedJson } from "../../../runtime/secret/sealed-secret.js";
import { FakeMasterKey } from "../fake-master-key.js";
import { bytesOf, hex, isWiped, refusal, thrownBy } from "../support.js";

const ID = { tenant: "acme", secret: "s-1", generation: 2 };
let one: FakeMasterKey;
let two: FakeMasterKey;
let three: FakeMasterKey;
let service: FakeMasterKey;
let sealed: SealedGeneration;

beforeEach(async () => {
  [one, two, three, service] = [new FakeMasterKey("1"), new FakeMasterKey("2"), new FakeMasterKey("3"), new FakeMasterKey("service")];
  sealed = await sealNewGeneration(ID, [one, two, three], service);
  for (const key of [one, two, three, service]) {
    Object.assign(key.calls, { wrap: 0, unwrap: 0 });
    key.lent.length = 0;
  }
});

function open(of: SealedGeneration, keys: FakeMasterKey[] = [one, two, three]): Promise<Uint8Array> {
  return openGeneration(of, new Map(keys.map((key) => [key.id, key])), service);
}

function tenantCalls(): number {
  return one.calls.unwrap + two.calls.unwrap + three.calls.unwrap;
}

function flip(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return bytes.map((byte, index) => (index === 3 ? byte ^ 1 : byte));
}

/** What an insider with the service key can do: change a Secret and tag it again. */
async function retagged(change: Partial<SealedGeneration>): Promise<SealedGeneration> {
  const changed = { ...sealed, ...change };
  const bindingShare = await openBindingShare(sealed, service, ID);
  service.calls.unwrap = 0;
  return { ...changed, tag: Uint8Array.from(sealedSecretTag(bindingShare, untaggedJson(changed))) };
}

describe("sealing a generation", () => {
  test("every master key wraps the share, and each wrap was opened once before it is trusted", async () => {
    const keys = [new FakeMasterKey("a"), new FakeMasterKey("b")];
    const made = await sealNewGeneration(ID, keys, service);
    expect(made).toMatchObject({ schema: 1, ...ID });
    expect(made.masterKeys.map(({ keyId }) => keyId)).toEqual(["fake:a", "fake:b"]);
    expect(keys.map(({ calls }) => calls)).toEqual([{ wrap: 1, unwrap: 1 }, { wrap: 1, unwrap: 1 }]);
    expect(made.bindingShare.serviceKey.keyId).toBe("fake:service");
  });

  test("two generations share nothing", async () => {
    const other = await sealNewGeneration(ID, [one, two, three], service);
    expect(hex(await open(other))).not.toBe(hex(await open(sealed)));
    for (const member of ["bindingId", "commitment", "tag"] as const) expect(hex(other[member])).not.toBe(hex(sealed[member]));
  });

  test("a KMS that gives back another share is caught before anything is handed out", async () => {
    two.instead = bytesOf("not the share");
    expect(await refusal(sealNewGeneration(ID, [one, two], service))).toMatchObject({
      code: "TAMPERED",
      message: "The KMS gave back another share than it was given: nothing was saved.",
      keyId: "fake:2",
      tenant: "acme",
    });
  });

  test("another tenant's key is refused, and nobody was asked", async () => {
    const foreign = new FakeMasterKey("foreign", { tenant: "umbrella" });
    expect(await refusal(sealNewGeneration(ID, [one, foreign], service))).toMatchObject({
      code: "TENANT_MISMATCH",
      message: "The key fake:foreign is registered to tenant umbrella, not acme.",
    });
    expect([one, foreign, service].map(({ calls }) => calls.wrap)).toEqual([0, 0, 0]);
  });

  test.each<ByokErrorCode>(["ACCESS_DENIED", "KEY_DISABLED", "KEY_NOT_FOUND"])(
    "the service key answers %s: the operator's problem, never the tenant's denial",
    async (code) => {
      service.fail(code);
      const error = await refusal(sealNewGeneration(ID, [one], service));
      expect(error).toMatchObject({
        code: "SERVICE_CREDENTIALS",
        revocation: false,
        message: `The service key fake:service is refused (${code}): the operator of the service has to restore it.`,
        keyId: "fake:service",
        tenant: "acme",
      });
      expect(error.cause).toBe(service.failure);
    },
  );

  test("the service key is out: passed on", async () => {
    service.fail("THROTTLED");
    expect(await refusal(sealNewGeneration(ID, [one], service))).toBe(service.failure);
  });

  test("the shares that were lent to check the wraps are wiped", async () => {
    await sealNewGeneration(ID, [one, two], service);
    expect([...one.lent, ...two.lent].length).toBe(2);
    expect([...one.lent, ...two.lent].every(isWiped)).toBe(true);
  });
});

describe("opening a generation", () => {
  test("gives the SEK that both shares derive, 32 bytes, and wipes everything else that passed by", async () => {
    const sek = await open(sealed);
    const expected = deriveSecret(
      (await one.unwrap({ provider: "fake", keyId: one.id, ciphertext: wrapOf(0) }, { purpose: "share", ...ID })).share,
      await openBindingShare(sealed, service, ID),
      ID,
      ["fake:1", "fake:2", "fake:3"],
    );
    expect(hex(sek)).toBe(hex(expected.sek));
    expect(hex(sealed.commitment)).toBe(hex(expected.commitment));
    expect(one.lent.slice(0, 1).concat(two.lent, three.lent, service.lent).map(isWiped)).toEqual(Array(5).fill(true));
  });

  function wrapOf(index: number): Uint8Array {
    const wrap = sealed.masterKeys[index];
    if (wrap === undefined) throw new Error("no such wrap");
    return wrap.wrap;
  }

  test("asks every master key, each once", async () => {
    await open(sealed);
    expect([one, two, three, service].map(({ calls }) => calls.unwrap)).toEqual([1, 1, 1, 1]);
  });

  const REVOCATIONS: ByokErrorCode[] = [
    "KEY_DISABLED",
    "KEY_PENDING_DELETION",
    "KEY_DESTROYED",
    "KEY_NOT_FOUND",
    "ACCESS_DENIED",
    "APP_REJECTED",
    "NETWORK_BLOCKED",
  ];
  test.each(REVOCATIONS)("revokeOn any: one key's %s closes the Secret, whatever the others say", async (code) => {
    two.fail(code);
    expect(await refusal(open(sealed))).toBe(two.failure);
    one.fail("UNAVAILABLE");
    three.fail("UNEXPECTED_ANSWER");
    expect(await refusal(open(sealed))).toBe(two.failure);
    expect([...one.lent, ...three.lent].every(isWiped)).toBe(true);
  });

  test.each<ByokErrorCode>(["THROTTLED", "UNAVAILABLE", "SERVICE_CREDENTIALS"])("%s of some is bridged by another", async (code) => {
    const sek = hex(await open(sealed));
    one.fail(code);
    two.fail(code);
    expect(hex(await open(sealed))).toBe(sek);
  });

  test("a transient failure of all is a transient failure", async () => {
    one.fail("THROTTLED");
    two.fail("UNAVAILABLE");
    three.fail("UNAVAILABLE");
    expect(await refusal(open(sealed))).toBe(one.failure);
  });

  test.each<ByokErrorCode>(["UNEXPECTED_ANSWER", "TAMPERED", "WRONG_KEY", "ABORTED", "CONFIG_INVALID"])(
    "%s of one is decisive: it is neither bridged nor hidden by an outage",
    async (code) => {
      three.fail(code);
      expect(await refusal(open(sealed))).toBe(three.failure);
      one.fail("UNAVAILABLE");
      expect(await refusal(open(sealed))).toBe(three.failure);
    },
  );

  test("what is no ByokError is decisive too", async () => {
    two.failure = new TypeError("a bug");
    await expect(open(sealed)).rejects.toBe(two.failure);
  });

  test("different shares are TAMPERED, also while another key is out: no outage's grace for a Secret known to be wrong", async () => {
    two.instead = bytesOf("another share");
    const expected = { code: "TAMPERED", message: "Secret s-1 is refused: its master keys hold different shares. Restore it from a good copy.", tenant: "acme" };
    expect(await refusal(open(sealed))).toMatchObject(expected);
    three.fail("UNAVAILABLE");
    expect(await refusal(open(sealed))).toMatchObject(expected);
    expect([...one.lent, ...two.lent, ...three.lent].every(isWiped)).toBe(true);
  });

  test("one forged share that nobody contradicts does not fit the commitment", async () => {
    for (const key of [one, two, three]) key.instead = bytesOf("the same forgery everywhere");
    expect(await refusal(open(sealed))).toMatchObject({
      code: "TAMPERED",
      message: "Secret s-1 is refused: its wraps do not fit its commitment. Restore it from a good copy.",
    });
  });

  test.each<[string, (of: SealedGeneration) => SealedGeneration]>([
    ["one wrap deleted", (of) => ({ ...of, masterKeys: of.masterKeys.slice(1) })],
    ["two wraps exchanged", (of) => ({ ...of, masterKeys: [...of.masterKeys].reverse() })],
    ["a wrap altered", (of) => ({ ...of, masterKeys: of.masterKeys.map((wrap) => ({ ...wrap, wrap: flip(wrap.wrap) })) })],
    ["a wrap doubled", (of) => ({ ...of, masterKeys: of.masterKeys.concat(of.masterKeys.slice(0, 1)) })],
    ["a key version slipped in", (of) => ({ ...of, masterKeys: of.masterKeys.map((wrap) => ({ ...wrap, keyVersion: "1" })) })],
    ["another commitment", (of) => ({ ...of, commitment: flip(of.commitment) })],
    ["another tag", (of) => ({ ...of, tag: flip(of.tag) })],
    ["an empty tag", (of) => ({ ...of, tag: new Uint8Array(0) })],
  ])("%s: refused before the tenant's KMS is troubled", async (_name, change) => {
    expect(await refusal(open(change(sealed)))).toMatchObject({
      code: "TAMPERED",
      message: "Secret s-1 is refused: it is not as the service sealed it. Restore it from a good copy.",
      tenant: "acme",
    });
    expect(tenantCalls()).toBe(0);
    expect(service.lent.every(isWiped)).toBe(true);
  });

  test.each<[string, () => Promise<SealedGeneration>]>([
    ["a wrap deleted and the Secret validly tagged again", () => retagged({ masterKeys: sealed.masterKeys.slice(1) })],
    ["a commitment replaced and the Secret validly tagged again", () => retagged({ commitment: flip(sealed.commitment) })],
    ["a commitment cut and the Secret validly tagged again", () => retagged({ commitment: sealed.commitment.slice(0, 31) })],
  ])("%s: the commitment refuses it", async (_name, forge) => {
    expect(await refusal(open(await forge()))).toMatchObject({
      code: "TAMPERED",
      message: "Secret s-1 is refused: its wraps do not fit its commitment. Restore it from a good copy.",
    });
  });

  test("renamed and validly tagged again: its wraps do not open under another name", async () => {
    for (const change of [{ tenant: "acme" as const, secret: "s-2" }, { generation: 3 }]) {
      expect(await refusal(open(await retagged(change)))).toMatchObject({ code: "WRONG_BINDING_SHARE" });
      expect(tenantCalls()).toBe(0);
    }
  });

  test("a key that is not configured: nothing and nobody is contacted", async () => {
    expect(await refusal(open(sealed, [one, two]))).toMatchObject({
      code: "WRONG_KEY",
      message:
        "Secret s-1 names the master key fake:3, which no configured descriptor has. Key ids found in files are never contacted: add the descriptor if the key is right.",
      keyId: "fake:3",
      tenant: "acme",
    });
    expect([tenantCalls(), service.calls.unwrap]).toEqual([0, 0]);
  });

  test("the same id at another provider is not configured", () => {
    const elsewhere = new FakeMasterKey("3", { provider: "other" });
    expect(thrownBy(() => { assertConfigured(sealed, new Map([one, two, elsewhere].map((key) => [key.id, key]))); })).toMatchObject({ code: "WRONG_KEY" });
  });

  test("another tenant's Secret is refused, and nobody is contacted", async () => {
    expect(await refusal(open({ ...sealed, tenant: "umbrella" }))).toMatchObject({
      code: "TENANT_MISMATCH",
      message: "The Secret belongs to tenant umbrella, the key to acme.",
    });
    expect([tenantCalls(), service.calls.unwrap]).toEqual([0, 0]);
  });

  test("more configured keys than the Secret names are not asked", async () => {
    const extra = new FakeMasterKey("extra");
    await open(sealed, [one, two, three, extra]);
    expect(extra.calls.unwrap).toBe(0);
  });
});

describe("the binding share", () => {
  const share = bytesOf("binding share");

  test("round trip; the share is borrowed, the opened one belongs to the caller", async () => {
    const lent = share.slice();
    const made = await sealBindingShare(lent, service, ID);
    expect(hex(lent)).toBe(hex(share));
    expect(hex(await openBindingShare(made, service, ID))).toBe(hex(share));
    expect(made.bindingShare.sealed.length).toBe(72);
    expect(service.lent.every(isWiped)).toBe(true);
  });

  test("another service key: refused by name, not asked", async () => {
    const other = new FakeMasterKey("another service");
    expect(await refusal(openBindingShare(sealed, other, ID))).toMatchObject({
      code: "WRONG_BINDING_SHARE",
      message: "The binding share of Secret s-1 is refused: it was sealed by another service key: give the one that made it.",
      tenant: "acme",
    });
    expect(other.calls.unwrap).toBe(0);
  });

  test.each<[string, object]>([
    ["tenant", { tenant: "umbrella" }],
    ["Secret", { secret: "s-2" }],
    ["generation", { generation: 3 }],
  ])("sealed for another %s: refused", async (_name, change) => {
    const error = await refusal(openBindingShare(sealed, service, { ...ID, ...change }));
    expect(error).toMatchObject({ code: "WRONG_BINDING_SHARE" });
    expect(error.message).toMatch(/: the service key does not open it\.$/);
    expect(error.cause).toMatchObject({ code: "TAMPERED" });
  });

  test.each<[string, (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>]>([
    ["altered", flip],
    ["cut", (bytes) => bytes.slice(0, -1)],
    ["empty", () => new Uint8Array(0)],
  ])("its seal %s: refused", async (_name, change) => {
    const { bindingShare } = sealed;
    const forged = { ...sealed, bindingShare: { ...bindingShare, sealed: change(bindingShare.sealed) } };
    const error = await refusal(openBindingShare(forged, service, ID));
    expect(error).toMatchObject({ code: "WRONG_BINDING_SHARE", message: "The binding share of Secret s-1 is refused: its seal does not open under the service key." });
    expect(service.lent.every(isWiped)).toBe(true);
  });

  test("another generation's binding share under this one's id: refused", async () => {
    const other = await sealBindingShare(bytesOf("another binding share"), service, ID);
    expect(await refusal(openBindingShare({ ...other, bindingId: sealed.bindingId }, service, ID))).toMatchObject({
      code: "WRONG_BINDING_SHARE",
      message: "The binding share of Secret s-1 is refused: it is not the one this generation was made with.",
    });
  });

  test("a share of another length cannot pass", async () => {
    const short = await sealBindingShare(share.slice(0, 31), service, ID);
    expect(await refusal(openBindingShare(short, service, ID))).toMatchObject({ code: "WRONG_BINDING_SHARE" });
  });

  test.each<ByokErrorCode>(["KEY_DISABLED", "KEY_NOT_FOUND", "ACCESS_DENIED", "KEY_DESTROYED", "KEY_PENDING_DELETION"])(
    "the service key answers %s: the operator's problem, never the tenant's revocation",
    async (code) => {
      service.fail(code);
      const error = await refusal(open(sealed));
      expect(error).toMatchObject({
        code: "SERVICE_CREDENTIALS",
        revocation: false,
        retryable: true,
        message: `The service key fake:service is refused (${code}): the operator of the service has to restore it.`,
        keyId: "fake:service",
        tenant: "acme",
      });
      expect(error.cause).toBe(service.failure);
      expect(tenantCalls()).toBe(0);
    },
  );

  test.each<ByokErrorCode>(["UNAVAILABLE", "THROTTLED", "UNEXPECTED_ANSWER", "CONFIG_INVALID"])("the service key answers %s: passed on", async (code) => {
    service.fail(code);
    expect(await refusal(open(sealed))).toBe(service.failure);
  });

  describe("the service key is out, but the generation was opened before", () => {
    const again = (openedBefore: SealedGeneration, of = sealed): Promise<Uint8Array> =>
      openGeneration(of, new Map([one, two, three].map((key) => [key.id, key])), service, { openedBefore });

    test.each<ByokErrorCode>(["UNAVAILABLE", "THROTTLED", "SERVICE_CREDENTIALS", "ACCESS_DENIED"])("%s: a tenant's revocation wins", async (code) => {
      service.fail(code);
      one.fail("UNAVAILABLE");
      two.fail("KEY_DISABLED");
      expect(await refusal(again(sealed))).toBe(two.failure);
      expect(three.lent.length).toBe(1);
      expect(three.lent.every(isWiped)).toBe(true);
    });

    test("no revocation: the service key's own error, and the shares that came are wiped", async () => {
      service.fail("UNAVAILABLE");
      one.fail("TAMPERED");
      expect(await refusal(again(sealed))).toBe(service.failure);
      expect([...two.lent, ...three.lent].map(isWiped)).toEqual([true, true]);
    });

    test("what it was opened as is asked about, never a forgery in its place", async () => {
      service.fail("UNAVAILABLE");
      const forged = { ...sealed, masterKeys: sealed.masterKeys.map((wrap) => ({ ...wrap, wrap: flip(wrap.wrap) })) };
      expect(await refusal(again(sealed, forged))).toBe(service.failure);
      expect([one, two, three].map(({ lent }) => lent.length)).toEqual([1, 1, 1]);
    });

    test("a final refusal of the service key asks nobody", async () => {
      service.fail("UNEXPECTED_ANSWER");
      expect(await refusal(again(sealed))).toBe(service.failure);
      expect(tenantCalls()).toBe(0);
    });

    test("never opened before: the tenant's KMS is not troubled", async () => {
      service.fail("UNAVAILABLE");
      two.fail("KEY_DISABLED");
      expect(await refusal(open(sealed))).toBe(service.failure);
      expect(tenantCalls()).toBe(0);
    });
  });

  test("compares bytes by value and length", () => {
    expect(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 0))).toBe(false);
    expect(sameBytes(new Uint8Array(0), new Uint8Array(0))).toBe(true);
  });
});
