import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha384 } from "@noble/hashes/sha2.js";
import { bindingId, deriveSecret, sealedSecretTag } from "../../../runtime/secret/derivation.js";
import { bytesOf, hex } from "../support.js";

const SHARE = bytesOf("share");
const BINDING_SHARE = bytesOf("binding share");
const ID = { tenant: "acme", secret: "5ec2e7", generation: 7 };
const KEYS = ["local:bb", "arn:aws:kms:eu-central-1:111122223333:key/k", "local:aa"];

/** The list encoding and HKDF again, written from design.md 4.2 and RFC 5869 with another library. */
const independent = {
  list(...fields: (string | number | Uint8Array)[]): Uint8Array {
    return Uint8Array.from(
      fields.flatMap((field) => {
        const bytes = typeof field === "object" ? [...field] : [...new TextEncoder().encode(`${field}`)];
        return [bytes.length >> 8, bytes.length & 0xff, ...bytes];
      }),
    );
  },
  secret(share: Uint8Array, bindingShare: Uint8Array, id: typeof ID, keys: readonly string[]) {
    const prk = extract(sha384, share, bindingShare);
    const keySet = sha384(this.list(...[...keys].sort()));
    return {
      sek: hex(expand(sha384, prk, this.list("byok/sek/1", id.tenant, id.secret, id.generation), 32)),
      commitment: hex(expand(sha384, prk, this.list("byok/commit/1", id.tenant, id.secret, id.generation, keySet), 32)),
    };
  },
  fromBindingShare(bindingShare: Uint8Array, info: Uint8Array, length: number): string {
    return hex(expand(sha384, extract(sha384, bindingShare), info, length));
  },
};

function derived(share = SHARE, bindingShare = BINDING_SHARE, id = ID, keys: readonly string[] = KEYS): { sek: string; commitment: string } {
  const { sek, commitment } = deriveSecret(share, bindingShare, id, keys);
  return { sek: hex(sek), commitment: hex(commitment) };
}

describe("deriveSecret", () => {
  // Computed once with Python's hmac and hashlib.
  test("fixed answers: changing them would lose every Secret there is", () => {
    expect(derived()).toEqual({ sek: "67791952f005e8f5293e9ae3890bf68128302a217f4c536257bdf214e0cf6109", commitment: "1aec980c6bf802543386afefe16de56149e47092714d1865456bb42f2caa51a6" });
    expect(hex(bindingId(BINDING_SHARE))).toBe("b32d50bbc96cb6505133359be8c90cb9");
    expect(hex(sealedSecretTag(BINDING_SHARE, '{"schema":1}'))).toBe("851caa459024ac4b08b6cd45225da8b6d4515ab387b050fc1ea436096a4b7839");
  });

  test("property: agrees with an independent implementation", () => {
    const share = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const id = fc.record({ tenant: fc.stringMatching(/^[a-z0-9-]{3,32}$/), secret: fc.string({ unit: "grapheme", maxLength: 20 }), generation: fc.nat() });
    const keys = fc.uniqueArray(fc.string({ unit: "grapheme", maxLength: 20 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(share, share, id, keys, (share, bindingShare, id, keys) => {
        expect(derived(share, bindingShare, id, keys)).toEqual(independent.secret(share, bindingShare, id, keys));
      }),
    );
  });

  test("the order of the master keys means nothing", () => {
    expect(derived(SHARE, BINDING_SHARE, ID, [...KEYS].reverse())).toEqual(derived());
  });

  test.each<[string, () => ReturnType<typeof derived>]>([
    ["share", () => derived(bytesOf("other"))],
    ["binding share", () => derived(SHARE, bytesOf("other"))],
    ["both, exchanged", () => derived(BINDING_SHARE, SHARE)],
    ["tenant", () => derived(SHARE, BINDING_SHARE, { ...ID, tenant: "acm" })],
    ["secret", () => derived(SHARE, BINDING_SHARE, { ...ID, secret: "x" })],
    ["generation", () => derived(SHARE, BINDING_SHARE, { ...ID, generation: 8 })],
    ["boundary of tenant and secret", () => derived(SHARE, BINDING_SHARE, { ...ID, tenant: "acme5", secret: "ec2e7" })],
  ])("another %s gives another SEK and another commitment", (_name, other) => {
    expect(other().sek).not.toBe(derived().sek);
    expect(other().commitment).not.toBe(derived().commitment);
  });

  test.each<[string, readonly string[]]>([
    ["one less", KEYS.slice(1)],
    ["one more", [...KEYS, "local:cc"]],
    ["one twice", [...KEYS, "local:aa"]],
    ["another one", [...KEYS.slice(1), "local:bc"]],
    ["two run together", [`${KEYS[0] ?? ""}${KEYS[1] ?? ""}`, "local:aa"]],
  ])("the commitment names the exact set of master keys: %s", (_name, keys) => {
    expect(derived(SHARE, BINDING_SHARE, ID, keys).commitment).not.toBe(derived().commitment);
    // The SEK stays: adding a key re-wraps the same share.
    expect(derived(SHARE, BINDING_SHARE, ID, keys).sek).toBe(derived().sek);
  });

  test("borrows shares and keys", () => {
    const [share, bindingShare, keys] = [SHARE.slice(), BINDING_SHARE.slice(), [...KEYS]];
    deriveSecret(share, bindingShare, ID, keys);
    bindingId(bindingShare);
    sealedSecretTag(bindingShare, "{}");
    expect([hex(share), hex(bindingShare), keys]).toEqual([hex(SHARE), hex(BINDING_SHARE), KEYS]);
  });

  test("SEK and commitment lie in memory of their own, outside any pool", () => {
    const { sek, commitment } = deriveSecret(SHARE, BINDING_SHARE, ID, KEYS);
    expect([sek.length, sek.buffer.byteLength, commitment.length, commitment.buffer.byteLength]).toEqual([32, 32, 32, 32]);
  });
});

describe("what the binding share alone yields", () => {
  test("property: id and tag agree with an independent implementation", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.string({ unit: "grapheme" }), (share, json) => {
        expect(hex(bindingId(share))).toBe(independent.fromBindingShare(share, independent.list("byok/binding-id/1"), 16));
        const digest = sha384(new TextEncoder().encode(json));
        expect(hex(sealedSecretTag(share, json))).toBe(independent.fromBindingShare(share, independent.list("byok/secret-tag/1", digest), 32));
      }),
    );
  });

  test("the id tells nothing of the SEK: it does not depend on the share", () => {
    expect(hex(bindingId(BINDING_SHARE))).not.toBe(hex(bindingId(SHARE)));
    expect(derived().sek).not.toContain(hex(bindingId(BINDING_SHARE)));
  });
});
