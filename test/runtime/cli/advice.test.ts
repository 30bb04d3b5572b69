import { describe, expect, test } from "@jest/globals";
import { likelyCauses } from "../../../runtime/cli/advice.js";
import { NotEffectiveYetError } from "../../../runtime/cli/wait.js";
import { ByokError, type ByokErrorCode } from "../../../runtime/index.js";

const aws = { provider: "aws-kms" };

describe("likely causes", () => {
  test("an AWS KMS that does not answer", () => {
    const causes = likelyCauses(new ByokError("UNAVAILABLE", "x", aws), {});
    expect(causes).toContain("AWS has an incident in that region.");
    expect(causes.join()).not.toContain("sandbox");
  });

  test("a sandbox that does not answer is not running; AWS has no part in it", () => {
    expect(likelyCauses(new ByokError("UNAVAILABLE", "x", aws), { BYOK_SANDBOX: "/s/sandbox.json" })).toEqual([
      "The sandbox is not running: start it with `byok sandbox start`, and set BYOK_SANDBOX to what it prints.",
      "BYOK_SANDBOX is set but the cloud itself is meant: unset it.",
    ]);
    expect(likelyCauses(new ByokError("UNAVAILABLE", "x", aws), { BYOK_SANDBOX: "" })).toContain("AWS has an incident in that region.");
  });

  test("the sandbox's own answers have AWS's causes", () => {
    const denied = new ByokError("ACCESS_DENIED", "x", aws);
    expect(likelyCauses(denied, { BYOK_SANDBOX: "/s/sandbox.json" })).toEqual(likelyCauses(denied, {}));
  });

  test.each<[string, ByokErrorCode[]]>([
    ["gcp-kms", ["ACCESS_DENIED", "KEY_NOT_FOUND", "KEY_DISABLED", "KEY_PENDING_DELETION", "NETWORK_BLOCKED", "SERVICE_CREDENTIALS", "UNAVAILABLE", "THROTTLED"]],
    ["azure-key-vault", ["ACCESS_DENIED", "APP_REJECTED", "KEY_NOT_FOUND", "KEY_DISABLED", "NETWORK_BLOCKED", "SERVICE_CREDENTIALS", "UNAVAILABLE", "THROTTLED"]],
  ])("%s: causes of its own for every code it can answer that somebody can do something about", (provider, codes) => {
    for (const code of codes) {
      const causes = likelyCauses(new ByokError(code, "x", { provider }), {});
      expect(causes.length).toBeGreaterThan(0);
      expect(causes.join(" ")).not.toMatch(/AWS|aws |CloudTrail|key policy/);
      for (const cause of causes) expect(cause).toMatch(/^[A-Za-z].{20,}[.`]$/);
    }
    expect(likelyCauses(new ByokError("UNAVAILABLE", "x", { provider }), { BYOK_SANDBOX: "/s/sandbox.json" })[0]).toContain("The sandbox is not running");
  });

  test("a certificate that was not uploaded yet is the first thing to think of when Entra rejects the application", () => {
    expect(likelyCauses(new ByokError("APP_REJECTED", "x", { provider: "azure-key-vault" }), {})[0]).toBe(
      "The tenant has not uploaded the service's certificate to the application yet: hand over what `byok credentials create` or `rotate` printed.",
    );
  });

  test("a denial after a teardown: the new key opens nothing old", () => {
    expect(likelyCauses(new ByokError("ACCESS_DENIED", "x", aws), {})).toContain(
      "The tenant's stack was destroyed and deployed again: `pulumi up` then makes a new key, which opens nothing old. The old key was retained: its key policy has to name this service again.",
    );
  });

  test("a wait that ran out has the causes of its last answer", () => {
    const last = new ByokError("KEY_NOT_FOUND", "x", { provider: "local" });
    expect(likelyCauses(new NotEffectiveYetError(1000, last), {})).toEqual(likelyCauses(last, {}));
  });

  test.each([[new ByokError("CONFIG_INVALID", "x")], [new Error("x")], [undefined]])("%s: none", (error) => {
    expect(likelyCauses(error, {})).toEqual([]);
  });
});
