import { describe, expect, test } from "@jest/globals";

import { type CloudKeyStatus, type CloudProvider, type TenantCloud } from "../../sandbox/cloud.js";
import { Tenants } from "../../sandbox/tenants.js";

/** A cloud with keys that notes what it is asked. */
function cloud(provider: CloudProvider, keyIds: readonly string[], asked: string[]): TenantCloud {
  const status = (keyId: string): CloudKeyStatus => ({
    provider, keyId, state: "Enabled", grantedTo: [], versions: [], revoked: false, notes: [],
  });
  const note = (what: string) => (keyId: string, ...rest: unknown[]): CloudKeyStatus => {
    asked.push([provider, what, keyId, ...rest].join(" "));
    return status(keyId);
  };
  return {
    provider,
    keys: () => keyIds.map(status),
    revoke: note("revoke"),
    restore: note("restore"),
    rotate: note("rotate"),
    scheduleDeletion: note("scheduleDeletion"),
    disableVersion: note("disableVersion"),
    destroyVersion: note("destroyVersion"),
  };
}

describe("acts go to the cloud that has the key", () => {
  test.each<[string, (tenants: Tenants) => CloudKeyStatus, string]>([
    ["revoke", (tenants) => tenants.revoke({ key: "g", by: "grant" }), "gcp-kms revoke g grant"],
    ["restore", (tenants) => tenants.restore({ key: "a" }), "aws-kms restore a"],
    ["rotate", (tenants) => tenants.rotate({ key: "g" }), "gcp-kms rotate g"],
    ["scheduleDeletion", (tenants) => tenants.scheduleDeletion({ key: "a", days: 9 }), "aws-kms scheduleDeletion a 9"],
    ["disableVersion", (tenants) => tenants.disableVersion({ key: "g", version: "3" }), "gcp-kms disableVersion g 3"],
    ["destroyVersion", (tenants) => tenants.destroyVersion({ key: "g", version: "3" }), "gcp-kms destroyVersion g 3"],
  ])("%s", (_, act, asked) => {
    const log: string[] = [];
    const result = act(new Tenants([cloud("aws-kms", ["a"], log), cloud("gcp-kms", ["g"], log)]));
    expect(log).toEqual([asked]);
    expect(result).toMatchObject({ provider: asked.split(" ")[0], keyId: asked.split(" ")[2] });
  });

  test("the only key needs no name, whichever cloud has it", () => {
    const log: string[] = [];
    new Tenants([cloud("aws-kms", [], log), cloud("gcp-kms", ["g"], log)]).rotate({});
    expect(log).toEqual(["gcp-kms rotate g"]);
  });

  test.each<[string, string[], string | undefined, string]>([
    ["no keys", [], undefined, "The sandbox has no keys yet. Deploy a stack to it first."],
    ["no keys, one named", [], "x", "There is no key x in the sandbox. The sandbox has no keys."],
    ["several keys", ["g", "h"], undefined, "The sandbox has 2 keys. Name one with --key:\n  g (Enabled)\n  h (Enabled)"],
    ["another key", ["g"], "x", "There is no key x in the sandbox. Its keys:\n  g (Enabled)"],
  ])("%s is refused and nothing is done", (_, keyIds, key, message) => {
    const log: string[] = [];
    expect(() => new Tenants([cloud("gcp-kms", keyIds, log)]).revoke({ key, by: "disable" })).toThrow(message);
    expect(log).toEqual([]);
  });
});
