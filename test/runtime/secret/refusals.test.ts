import { describe, expect, test } from "@jest/globals";
import { ByokError, type ByokErrorCode } from "../../../runtime/master-key/errors.js";
import { concerns, Refusals } from "../../../runtime/secret/refusals.js";
import { FakeClock } from "../support.js";

const OF_A_VERSION: ByokErrorCode[] = ["KEY_DISABLED", "KEY_PENDING_DELETION", "KEY_DESTROYED", "KEY_NOT_FOUND"];
const OF_THE_KEY: ByokErrorCode[] = ["ACCESS_DENIED", "APP_REJECTED", "NETWORK_BLOCKED"];
const V1 = { provider: "gcp-kms", keyId: "k", keyVersion: "k/1" };
const V2 = { ...V1, keyVersion: "k/2" };
const OTHER = { provider: "gcp-kms", keyId: "other", keyVersion: "k/1" };
const WITHOUT = { provider: "aws-kms", keyId: "k" };
const error = (code: ByokErrorCode): ByokError => new ByokError(code, "said the KMS", { provider: "gcp-kms", keyId: "k", tenant: "acme" });
const outage = error("UNAVAILABLE");

describe("what a refusal is said of", () => {
  test.each(OF_A_VERSION)("%s: the version that was asked, and a key that shows none", (code) => {
    expect([V1, V2, OTHER].map((wrap) => concerns(error(code), V1, wrap))).toEqual([true, false, false]);
    expect(concerns(error(code), WITHOUT, { ...WITHOUT })).toBe(true);
  });
  test.each(OF_THE_KEY)("%s: the key, whatever the version", (code) => {
    expect([V1, V2, OTHER, WITHOUT].map((wrap) => concerns(error(code), V1, wrap))).toEqual([true, true, false, false]);
  });
});

describe("a refusal stands", () => {
  test.each<[ByokErrorCode, boolean]>([...OF_A_VERSION.map((code): [ByokErrorCode, boolean] => [code, false]), ...OF_THE_KEY.map((code): [ByokErrorCode, boolean] => [code, true])])(
    "%s while the key is out (for its other versions: %p)",
    (code, ofAll) => {
      const refusals = new Refusals(new FakeClock());
      expect(refusals.standing(V1, outage)).toBeUndefined();
      refusals.refused(V1, error(code));
      const standing = refusals.standing(V1, outage);
      expect(standing).toMatchObject({ code, revocation: true, provider: "gcp-kms", keyId: "k", tenant: "acme", cause: outage });
      expect(standing?.message).toBe(
        `The master key k was taken away (${code}) and cannot be reached since. The Secret stays closed until that key answers again itself.`,
      );
      expect(refusals.standing(V2, outage) !== undefined).toBe(ofAll);
      expect(refusals.standing(OTHER, outage)).toBeUndefined();
    },
  );

  test("until the key opened a wrap twice, ten seconds apart; a refusal in between begins it anew", () => {
    const clock = new FakeClock();
    const refusals = new Refusals(clock);
    const stands = (): boolean => refusals.standing(V1, outage) !== undefined;
    refusals.refused(V1, error("ACCESS_DENIED"));
    refusals.opened(V1);
    clock.advance(9_999);
    refusals.opened(V1);
    expect(stands()).toBe(true);
    refusals.refused(V1, error("ACCESS_DENIED"));
    clock.advance(1);
    refusals.opened(V1);
    expect(stands()).toBe(true);
    clock.advance(10_000);
    expect(stands()).toBe(true);
    refusals.opened(OTHER);
    expect(stands()).toBe(true);
    refusals.opened(V1);
    expect(stands()).toBe(false);
  });
});
