import { describe, expect, test } from "@jest/globals";
import { type CachePolicy, DEFAULT_CACHE_POLICY, resolveCachePolicy, statedBound } from "../../../runtime/secret/cache-policy.js";
import { thrownBy } from "../support.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe("resolveCachePolicy", () => {
  test("defaults: five minutes, 55 of grace, a day", () => {
    expect(resolveCachePolicy()).toEqual({ ttl: 5 * MINUTE, outageGrace: 55 * MINUTE, maxLease: 24 * HOUR });
    expect(resolveCachePolicy({})).toEqual(DEFAULT_CACHE_POLICY);
  });

  test("each member on its own, zero and the longest included", () => {
    expect(resolveCachePolicy({ ttl: 0 })).toEqual({ ...DEFAULT_CACHE_POLICY, ttl: 0 });
    expect(resolveCachePolicy({ outageGrace: 0 })).toEqual({ ...DEFAULT_CACHE_POLICY, outageGrace: 0 });
    const longest = { ttl: 24 * HOUR, outageGrace: 24 * HOUR, maxLease: 7 * 24 * HOUR };
    expect(resolveCachePolicy(longest)).toEqual(longest);
  });

  test.each<[keyof CachePolicy, unknown, string]>([
    ["ttl", -1, "cache.ttl is -1: give milliseconds from 0 to 86400000 (a key is never cached for ever)."],
    ["ttl", Number.NaN, "cache.ttl is NaN: give milliseconds from 0 to 86400000 (a key is never cached for ever)."],
    ["ttl", Number.POSITIVE_INFINITY, "cache.ttl is Infinity: give milliseconds from 0 to 86400000 (a key is never cached for ever)."],
    ["ttl", 86_400_001, "cache.ttl is 86400001: give milliseconds from 0 to 86400000 (a key is never cached for ever)."],
    ["ttl", "60000", "cache.ttl is 60000: give milliseconds from 0 to 86400000 (a key is never cached for ever)."],
    ["ttl", undefined, "cache.ttl is undefined: give milliseconds from 0 to 86400000 (a key is never cached for ever)."],
    ["outageGrace", Number.POSITIVE_INFINITY, "cache.outageGrace is Infinity: give milliseconds from 0 to 86400000 (a key is never cached for ever)."],
    ["maxLease", 604_800_001, "cache.maxLease is 604800001: give milliseconds from 0 to 604800000 (a key is never cached for ever)."],
  ])("refuses %s %p", (name, value, message) => {
    expect(thrownBy(() => resolveCachePolicy({ [name]: value }))).toMatchObject({ code: "CONFIG_INVALID", message });
  });
});

describe("statedBound", () => {
  test.each<[CachePolicy, string, string, string]>([
    [DEFAULT_CACHE_POLICY, "5 min", "1 h", "24 h"],
    [{ ttl: 0, outageGrace: 0, maxLease: 1_500 }, "0 s", "0 s", "1.5 s"],
    [{ ttl: 30_000, outageGrace: 90 * MINUTE, maxLease: 90 * MINUTE }, "30 s", "5430 s", "90 min"],
  ])("%p", (policy, reachable, unreachable, lease) => {
    expect(statedBound(policy)).toBe(
      `After a revocation, new operations stop within ${reachable} while the KMS can be reached and within ${unreachable} while it cannot, ` +
        "plus the time the cloud itself takes to spread the change (AWS: usually seconds, at times a few minutes); " +
        `running operations finish, or end after ${lease}.`,
    );
  });

  const AWS = "AWS: usually seconds, at times a few minutes";
  const GCP = "Google Cloud: removing the grant usually seconds, at times minutes; disabling a key version usually a minute, rarely hours";
  const AZURE = "Azure: usually seconds, a role up to 10 minutes; removing the application or its certificate 10 minutes more";
  test.each<[string[], string]>([
    [["aws-kms"], ` (${AWS})`],
    [["gcp-kms"], ` (${GCP})`],
    [["azure-key-vault", "gcp-kms", "azure-key-vault"], ` (${AZURE}; ${GCP})`],
    [["local"], ""],
  ])("%j: what its clouds take", (providers, clouds) => {
    const text = statedBound(DEFAULT_CACHE_POLICY, providers);
    expect(text).toContain(`plus the time the cloud itself takes to spread the change${clouds}; running operations finish`);
    expect(text.endsWith("and the others serve meanwhile.")).toBe(providers.length > 1);
  });
});
