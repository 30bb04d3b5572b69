import { describe, expect, test } from "@jest/globals";
import { likelyCauses } from "../../../runtime/cli/advice.js";
import { NotEffectiveYetError } from "../../../runtime/cli/wait.js";
import { ByokError } from "../../../runtime/index.js";

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
      "BYOK_SANDBOX is set but AWS is meant: unset it.",
    ]);
    expect(likelyCauses(new ByokError("UNAVAILABLE", "x", aws), { BYOK_SANDBOX: "" })).toContain("AWS has an incident in that region.");
  });

  test("the sandbox's own answers have AWS's causes", () => {
    const denied = new ByokError("ACCESS_DENIED", "x", aws);
    expect(likelyCauses(denied, { BYOK_SANDBOX: "/s/sandbox.json" })).toEqual(likelyCauses(denied, {}));
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
