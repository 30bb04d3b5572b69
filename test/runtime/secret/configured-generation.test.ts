import { describe, expect, test } from "@jest/globals";
import { assertOlderGeneration, configuredGeneration } from "../../../runtime/secret/configured-generation.js";
import { type SealedGeneration } from "../../../runtime/secret/sealed-secret.js";
import { bytesOf, thrownBy } from "../support.js";

/** A state of a generation: its commitment follows from its shares and its set of keys, as the real one does. */
function state(generation: number, keys: string, shares = `shares of ${generation}`, tag = "tag"): SealedGeneration {
  const wrap = (keyId: string): SealedGeneration["masterKeys"][number] => ({ provider: "fake", keyId, wrap: bytes(`${keyId} ${tag}`) });
  return {
    schema: 1,
    tenant: "acme",
    secret: "s-1",
    generation,
    masterKeys: keys.split(",").map(wrap),
    bindingShare: { serviceKey: wrap("service"), sealed: bytes(shares, 72) },
    bindingId: bytes(shares, 16),
    commitment: bytes(`${shares} ${keys.split(",").sort().join()}`),
    tag: bytes(`${shares} ${keys} ${tag}`),
  };
}

function bytes(seed: string, length = 32): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytesOf(seed, length));
}

describe("which configured Secret opens an object", () => {
  const A = state(1, "A");
  const AB = state(1, "A,B");
  const next = state(2, "A");
  test.each<[string, SealedGeneration, SealedGeneration[], SealedGeneration | undefined]>([
    ["its own", A, [A], A],
    ["a re-wrapped one", A, [state(1, "A", undefined, "re-wrapped")], state(1, "A", undefined, "re-wrapped")],
    ["one with a key added since", A, [AB], AB],
    ["one with its keys in another order and one more", state(1, "B,A"), [state(1, "C,A,B")], state(1, "C,A,B")],
    ["its own rather than an older generation", next, [next, A], next],
    ["an older generation", A, [next, A], A],
    ["an older generation with a key added since", A, [next, AB], AB],
    ["none of a later generation", A, [next], undefined],
    ["none that was configured before a key was added: the object's own names them all", AB, [A], undefined],
    ["none with another key added: each names what the other lacks", AB, [state(1, "A,C")], undefined],
    ["none of the same number with other shares", A, [state(1, "A", "made again")], undefined],
    ["none of the same number with other shares and more keys", A, [state(1, "A,B", "made again")], undefined],
    ["none of the same set with another commitment: one of the two is forged", A, [{ ...A, commitment: bytes("forged") }], undefined],
    ["none that names as many keys by naming one twice", AB, [state(1, "A,A,C")], undefined],
  ])("%s", (_name, embedded, configured, expected) => {
    expect(configuredGeneration(embedded, configured)).toEqual(expected);
  });
});

describe("older generations", () => {
  const current = state(3, "A");
  test.each([state(1, "A"), state(2, "A,B"), state(3, "A", "the other renewal of generation 2")])("generation $generation is fine", (older) => {
    expect(() => { assertOlderGeneration(older, current); }).not.toThrow();
  });

  const twice = "and sealedSecret is generation 3: give the newest as sealedSecret, and each older one once.";
  test.each<[string, SealedGeneration, string, string]>([
    ["another tenant's", { ...state(1, "A"), tenant: "umbrella" }, "TENANT_MISMATCH", "An older generation belongs to tenant umbrella, not acme."],
    ["another Secret's", { ...state(1, "A"), secret: "s-2" }, "SECRET_MISMATCH", "An older generation belongs to Secret s-2, not s-1."],
    ["a newer one", state(4, "A"), "CONFIG_INVALID", `olderGenerations holds generation 4 of Secret s-1, ${twice}`],
    ["the same one", state(3, "A,B"), "CONFIG_INVALID", `olderGenerations holds generation 3 of Secret s-1, ${twice}`],
  ])("%s is refused", (_name, older, code, message) => {
    expect(thrownBy(() => { assertOlderGeneration(older, current); })).toMatchObject({ code, message, tenant: "acme" });
  });
});
