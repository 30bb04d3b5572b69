import { beforeAll, describe, expect, test } from "@jest/globals";
import { type MasterKey } from "../../../runtime/master-key/master-key.js";
import {
  assertSealable,
  decodeSealedSecret,
  encodeSealedSecret,
  parseSealedSecret,
  type SealedSecret,
  serializeSealedSecret,
  untaggedJson,
} from "../../../runtime/secret/sealed-secret.js";
import { fromSealedWrap, toSealedWrap } from "../../../runtime/secret/sealed-wrap.js";
import { sealNewGeneration } from "../../../runtime/secret/seal-generation.js";
import { FakeMasterKey } from "../fake-master-key.js";
import { bytesOf, refusal, thrownBy } from "../support.js";

const MEMBERS = ["schema", "tenant", "secret", "generation", "masterKeys", "bindingShare", "bindingId", "commitment", "tag"];
let secret: SealedSecret;

beforeAll(async () => {
  const sealed = await sealNewGeneration(
    { tenant: "acme", secret: "s", generation: 1 },
    [new FakeMasterKey("one"), new FakeMasterKey("two")],
    new FakeMasterKey("service"),
  );
  secret = encodeSealedSecret(sealed);
});

describe("a sealed Secret as JSON", () => {
  test("has the documented members in the canonical order, and lengths that fit", () => {
    expect(Object.keys(secret)).toEqual(MEMBERS);
    expect(Object.keys(secret.bindingShare)).toEqual(["serviceKey", "sealed"]);
    expect(secret.masterKeys.map((wrap) => Object.keys(wrap))).toEqual([["provider", "keyId", "wrap"], ["provider", "keyId", "wrap"]]);
    const { bindingId, commitment, tag } = secret;
    expect([secret.bindingShare.sealed, bindingId, commitment, tag].map((text) => Buffer.from(text, "base64").length)).toEqual([72, 16, 32, 32]);
  });

  test("round trip, and one spelling whatever the order and white space it was given in", () => {
    const text = serializeSealedSecret(secret);
    expect(JSON.parse(text)).toEqual(secret);
    expect(text).toBe(JSON.stringify(secret));
    const reversed = Object.fromEntries(Object.entries(secret).reverse());
    expect(serializeSealedSecret(parseSealedSecret(JSON.parse(JSON.stringify(reversed, null, 2))))).toBe(text);
    expect(encodeSealedSecret(decodeSealedSecret(secret))).toEqual(secret);
  });

  test("the tag covers everything but itself", () => {
    const sealed = decodeSealedSecret(secret);
    const covered = JSON.parse(untaggedJson(sealed)) as object;
    expect(Object.keys(covered)).toEqual(MEMBERS.filter((name) => name !== "tag"));
    expect({ ...covered, tag: secret.tag }).toEqual(secret);
  });

  test.each<[string, (of: SealedSecret) => unknown, string]>([
    ["null", () => null, "✖ Invalid input: expected object, received null"],
    ["another schema", (of) => ({ ...of, schema: 2 }), "✖ Invalid input: expected 1\n  → at schema"],
    ["a member too many", (of) => ({ ...of, note: "" }), '✖ Unrecognized key: "note"'],
    ["a bad tenant", (of) => ({ ...of, tenant: "A" }), "✖ Invalid string: must match pattern /^[a-z0-9-]{3,32}$/\n  → at tenant"],
    ["an empty Secret id", (of) => ({ ...of, secret: "" }), "✖ Too small: expected string to have >=1 characters\n  → at secret"],
    ["a long Secret id", (of) => ({ ...of, secret: "x".repeat(65) }), "✖ Too big: expected string to have <=64 characters\n  → at secret"],
    ["a Secret id that is not text", (of) => ({ ...of, secret: "\ud800" }), "✖ must be well-formed text\n  → at secret"],
    ["generation 0", (of) => ({ ...of, generation: 0 }), "✖ Too small: expected number to be >=1\n  → at generation"],
    ["a fractional generation", (of) => ({ ...of, generation: 1.5 }), "✖ Invalid input: expected int, received number\n  → at generation"],
    ["no master key", (of) => ({ ...of, masterKeys: [] }), "✖ Too small: expected array to have >=1 items\n  → at masterKeys"],
    ["17 master keys", (of) => ({ ...of, masterKeys: Array.from({ length: 17 }, () => of.masterKeys[0]) }), "✖ Too big: expected array to have <=16 items\n  → at masterKeys"],
    ["a wrap with a member too many", (of) => ({ ...of, masterKeys: [{ ...of.masterKeys[0], url: "x" }] }), '✖ Unrecognized key: "url"\n  → at masterKeys[0]'],
    ["a wrap that is no base64", (of) => ({ ...of, masterKeys: [{ ...of.masterKeys[0], wrap: "?" }] }), "✖ Invalid base64-encoded string\n  → at masterKeys[0].wrap"],
    ["a wrap that is too long", (of) => ({ ...of, masterKeys: [{ ...of.masterKeys[0], wrap: "AAAA".repeat(343) }] }), "✖ Too big: expected string to have <=1368 characters\n  → at masterKeys[0].wrap"],
    ["a commitment that is too long", (of) => ({ ...of, commitment: "AAAA".repeat(12) }), "✖ Too big: expected string to have <=44 characters\n  → at commitment"],
    ["no tag", (of) => Object.fromEntries(Object.entries(of).filter(([name]) => name !== "tag")), "✖ Invalid input: expected string, received undefined\n  → at tag"],
  ])("refuses %s", (_name, change, message) => {
    expect(thrownBy(() => parseSealedSecret(change(secret)))).toMatchObject({
      code: "BAD_HEADER",
      message: `Not a sealed Secret:\n${message}`,
    });
  });

  test("a wrap keeps its key version, and has no such member without one", () => {
    const wrap = { provider: "p", keyId: "k", ciphertext: bytesOf("w", 5) };
    expect(toSealedWrap(wrap)).toEqual({ provider: "p", keyId: "k", wrap: bytesOf("w", 5) });
    expect("keyVersion" in toSealedWrap({ ...wrap, keyVersion: undefined })).toBe(false);
    const versioned = { ...wrap, keyVersion: "7" };
    expect(fromSealedWrap(toSealedWrap(versioned))).toEqual(versioned);
  });
});

describe("assertSealable, before any key is asked", () => {
  const good = { tenant: "acme", secret: "s", generation: 1 };

  test.each<[string, object, number, string]>([
    ["an empty id", { secret: "" }, 1, "No Secret can be made with this name:\n✖ Too small: expected string to have >=1 characters\n  → at secret"],
    ["an id of 65 characters", { secret: "x".repeat(65) }, 1, "No Secret can be made with this name:\n✖ Too big: expected string to have <=64 characters\n  → at secret"],
    ["an id that is not text", { secret: "a\udc00" }, 1, "No Secret can be made with this name:\n✖ must be well-formed text\n  → at secret"],
    ["a bad generation", { generation: 0 }, 1, "No Secret can be made with this name:\n✖ Too small: expected number to be >=1\n  → at generation"],
    ["no key", {}, 0, "A Secret binds 1 to 16 master keys, not 0."],
    ["17 keys", {}, 17, "A Secret binds 1 to 16 master keys, not 17."],
  ])("refuses %s", (_name, change, keys, message) => {
    expect(thrownBy(() => { assertSealable({ ...good, ...change }, keys); })).toMatchObject({ code: "CONFIG_INVALID", message });
  });

  test("sealing refuses the same, and asks nobody", async () => {
    const [master, service] = [new FakeMasterKey("m"), new FakeMasterKey("s")];
    expect(await refusal(sealNewGeneration({ ...good, secret: "x".repeat(65) }, [master], service))).toMatchObject({ code: "CONFIG_INVALID" });
    const keys: MasterKey[] = Array.from({ length: 17 }, (_, index) => new FakeMasterKey(`k${index}`));
    expect(await refusal(sealNewGeneration(good, keys, service))).toMatchObject({ code: "CONFIG_INVALID" });
    expect([master.calls, service.calls]).toEqual([{ wrap: 0, unwrap: 0 }, { wrap: 0, unwrap: 0 }]);
  });
});
