import { beforeAll, describe, expect, test } from "@jest/globals";
import { KeychainCache } from "../../../runtime/keychain/keychain-cache.js";
import {
  type DataKeyId,
  decodeSealedKeychain,
  newDataKey,
  sealKeychain,
  unwrapDataKey,
  verifyKeychain,
  wrapDataKey,
} from "../../../runtime/keychain/sealed-keychain.js";
import { list } from "../../../runtime/master-key/list-encoding.js";
import { sealNewGeneration } from "../../../runtime/secret/seal-generation.js";
import { encodeSealedSecret, type SealedGeneration } from "../../../runtime/secret/sealed-secret.js";
import { openXaes } from "../../../runtime/xaes/index.js";
import { FakeMasterKey } from "../fake-master-key.js";
import { base64, bytesOf, hex, thrownBy } from "../support.js";

const SEK = bytesOf("sek");
const DATA_KEY = bytesOf("data key");
const ID: DataKeyId = { tenant: "acme", resource: "r", keychain: "k", keyVersion: 1 };
const OF = { secret: "s", generation: 2 };
let secret: SealedGeneration;
let sealed: Uint8Array;
let text: string;

beforeAll(async () => {
  secret = await sealNewGeneration({ tenant: "acme", ...OF }, [new FakeMasterKey("m")], new FakeMasterKey("service"));
  sealed = sealKeychain(SEK, { secret, dataKey: wrapDataKey(SEK, DATA_KEY, ID, OF) });
  text = Buffer.from(sealed).toString();
});

function bytes(of: string): Uint8Array {
  return new TextEncoder().encode(of);
}

describe("a wrapped data key", () => {
  test("is XAES-256-GCM under the AAD of design.md 4.2, and opens to memory of the caller's own", () => {
    const wrapped = wrapDataKey(SEK, DATA_KEY, ID, OF);
    expect(wrapped.epoch).toBe(0);
    expect(wrapped.wrap.length).toBe(72);
    const aad = list("byok/dk/1", "acme", "r", "k", 1, "s", 2, 0);
    expect(hex(openXaes(SEK, aad, wrapped.wrap))).toBe(hex(DATA_KEY));
    const opened = unwrapDataKey(SEK, wrapped, ID, OF);
    opened.fill(0);
    expect(hex(unwrapDataKey(SEK, wrapped, ID, OF))).toBe(hex(DATA_KEY));
  });

  test.each<[string, Partial<DataKeyId>, Partial<typeof OF>, number]>([
    ["tenant", { tenant: "umbrella" }, {}, 0],
    ["resource", { resource: "q" }, {}, 0],
    ["keychain", { keychain: "l" }, {}, 0],
    ["key version", { keyVersion: 2 }, {}, 0],
    ["boundary of resource and keychain", { resource: "rk", keychain: "" }, {}, 0],
    ["Secret", {}, { secret: "t" }, 0],
    ["generation", {}, { generation: 3 }, 0],
    ["epoch", {}, {}, 1],
  ])("does not open under another %s", (_name, id, of, epoch) => {
    const { wrap } = wrapDataKey(SEK, DATA_KEY, ID, OF);
    expect(thrownBy(() => unwrapDataKey(SEK, { epoch, wrap }, { ...ID, ...id }, { ...OF, ...of }))).toMatchObject({ code: "AUTHENTICATION_FAILED" });
  });

  test("does not open under another SEK, altered or cut; the SEK and the key are borrowed", () => {
    const [sek, dataKey] = [SEK.slice(), DATA_KEY.slice()];
    const wrapped = wrapDataKey(sek, dataKey, ID, OF);
    const expected = { code: "AUTHENTICATION_FAILED", tenant: "acme" };
    expect(thrownBy(() => unwrapDataKey(bytesOf("other sek"), wrapped, ID, OF))).toMatchObject(expected);
    for (let at = 0; at < wrapped.wrap.length; at += 1) {
      const wrap = wrapped.wrap.map((byte, index) => (index === at ? byte ^ 0x80 : byte));
      expect(thrownBy(() => unwrapDataKey(sek, { epoch: 0, wrap }, ID, OF))).toMatchObject(expected);
      expect(thrownBy(() => unwrapDataKey(sek, { epoch: 0, wrap: wrapped.wrap.subarray(0, at) }, ID, OF))).toMatchObject(expected);
    }
    expect([hex(sek), hex(dataKey)]).toEqual([hex(SEK), hex(DATA_KEY)]);
  });

  test("data keys are 32 random bytes outside any pool", () => {
    const [a, b] = [newDataKey(), newDataKey()];
    expect([a.length, a.buffer.byteLength]).toEqual([32, 32]);
    expect(hex(a)).not.toBe(hex(b));
  });
});

describe("a sealed keychain", () => {
  test("is the documented JSON, decodes to what was sealed, and its seal holds", () => {
    const json = JSON.parse(text) as Record<string, unknown>;
    expect(Object.keys(json)).toEqual(["schema", "secret", "dataKey", "seal"]);
    expect(json).toMatchObject({ schema: 1, secret: encodeSealedSecret(secret), dataKey: { epoch: 0 } });
    const keychain = decodeSealedKeychain(sealed);
    expect(keychain.secret).toEqual(secret);
    expect(keychain.seal.length).toBe(40);
    expect(() => { verifyKeychain(SEK, keychain); }).not.toThrow();
    expect(hex(unwrapDataKey(SEK, keychain.dataKey, ID, OF))).toBe(hex(DATA_KEY));
  });

  test("the seal fails under another SEK", () => {
    expect(thrownBy(() => { verifyKeychain(bytesOf("other sek"), decodeSealedKeychain(sealed)); })).toMatchObject({
      code: "TAMPERED",
      message: "The sealed keychain that the object carries was altered.",
      tenant: "acme",
    });
  });

  test("every bit of it counts: any flip is refused while decoding or by the seal", () => {
    for (let at = 0; at < sealed.length; at += 1) {
      for (const bit of [0x01]) {
        const altered = sealed.map((byte, index) => (index === at ? byte ^ bit : byte));
        const error = thrownBy(() => { verifyKeychain(SEK, decodeSealedKeychain(altered)); });
        expect(["BAD_HEADER", "TAMPERED"]).toContain(error.code);
      }
    }
  });

  test("cut it is BAD_HEADER", () => {
    for (let length = 0; length < sealed.length; length += 7) {
      expect(thrownBy(() => decodeSealedKeychain(sealed.subarray(0, length)))).toMatchObject({ code: "BAD_HEADER" });
    }
  });

  test.each<[string, (of: string) => string]>([
    ["white space", (of) => of.replace(":", ": ")],
    ["a newline", (of) => `${of}\n`],
    ["a member twice", (of) => of.replace("{", '{"schema":1,')],
    ["members in another order", (of) => JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(of) as object).reverse()))],
    ["a member too many", (of) => of.replace("{", '{"x":1,')],
    ["another epoch", (of) => of.replace('"epoch":0', '"epoch":1')],
    ["base64 with stray bits", (of) => of.replace(/(.)==","commitment"/, (_all, last: string) => `${String.fromCharCode(last.charCodeAt(0) + 1)}==","commitment"`)],
    ["base64 without its padding", (of) => of.replace('=="}', '"}')],
    ["a member twice inside the Secret", (of) => of.replace('"tenant":"acme"', '"tenant":"acme","tenant":"acme"')],
  ])("another spelling is refused: %s", (_name, change) => {
    expect(change(text)).not.toBe(text);
    expect(thrownBy(() => decodeSealedKeychain(bytes(change(text))))).toMatchObject({ code: "BAD_HEADER" });
  });

  test("another keychain's wrap does not fit under this seal", () => {
    const other = wrapDataKey(SEK, DATA_KEY, ID, OF);
    const swapped = text.replace(/"wrap":"[^"]+"\},"seal"/, `"wrap":"${base64(other.wrap)}"},"seal"`);
    expect(swapped).not.toBe(text);
    expect(thrownBy(() => { verifyKeychain(SEK, decodeSealedKeychain(bytes(swapped))); })).toMatchObject({ code: "TAMPERED" });
  });
});

describe("KeychainCache", () => {
  test("one keychain per resource; each use gives the key in fresh memory, and a keychain that opens to it", () => {
    const cache = new KeychainCache();
    const first = cache.dataKey(SEK, secret, "r");
    const key = hex(first.dataKey);
    first.dataKey.fill(0);
    const second = cache.dataKey(SEK, secret, "r");
    expect(hex(second.dataKey)).toBe(key);
    expect(second.id).toEqual(first.id);
    expect(first.id.keychain).toMatch(/^[0-9a-f]{32}$/);
    const other = cache.dataKey(SEK, secret, "other");
    expect(hex(other.dataKey)).not.toBe(key);
    expect(other.id.keychain).not.toBe(first.id.keychain);
    const keychain = decodeSealedKeychain(first.sealed);
    expect(hex(unwrapDataKey(SEK, keychain.dataKey, { tenant: "acme", resource: "r", ...first.id }, secret))).toBe(key);
  });

  test("keeps wraps only: without the SEK there is no key", () => {
    const cache = new KeychainCache();
    cache.dataKey(SEK, secret, "r");
    expect(thrownBy(() => cache.dataKey(bytesOf("other sek"), secret, "r"))).toMatchObject({ code: "AUTHENTICATION_FAILED" });
  });

  test("beyond 10,000 resources the longest unused is forgotten, not the longest known", () => {
    const cache = new KeychainCache();
    const oldest = cache.dataKey(SEK, secret, "0").id;
    const second = cache.dataKey(SEK, secret, "1").id;
    for (let resource = 2; resource < 10_000; resource += 1) cache.dataKey(SEK, secret, `${resource}`);
    expect(cache.dataKey(SEK, secret, "0").id).toEqual(oldest);
    cache.dataKey(SEK, secret, "one more");
    expect(cache.dataKey(SEK, secret, "0").id).toEqual(oldest);
    expect(cache.dataKey(SEK, secret, "1").id).not.toEqual(second);
  });
});
