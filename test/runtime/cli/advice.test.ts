import { describe, expect, test } from "@jest/globals";
import { likelyCauses } from "../../../runtime/cli/advice.js";
import { NotEffectiveYetError } from "../../../runtime/cli/wait.js";
import { BYOK_ERROR_CODES, ByokError, type ByokErrorCode } from "../../../runtime/index.js";

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
      "BYOK_SANDBOX is set but the cloud is meant: unset it.",
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

  test.each([
    ["gcp-kms", "KEY_DISABLED", "gcloud kms keys versions enable"],
    ["gcp-kms", "KEY_PENDING_DELETION", "gcloud kms keys versions restore"],
    ["gcp-kms", "ACCESS_DENIED", "roles/cloudkms.cryptoKeyEncrypterDecrypter"],
    ["azure-key-vault", "APP_REJECTED", "byok credentials list"],
    ["azure-key-vault", "KEY_DISABLED", "byok secret show says which"],
    ["azure-key-vault", "ACCESS_DENIED", "RBAC mode"],
  ] as const)("%s, %s: its own cloud's", (provider, code, words) => {
    expect(likelyCauses(new ByokError(code, "x", { provider }), {}).join("\n")).toContain(words);
  });

  test("every revocation and outage of every cloud that can answer it has causes", () => {
    const none = (["aws-kms", "gcp-kms", "azure-key-vault"] as const).flatMap((provider) =>
      (Object.keys(BYOK_ERROR_CODES) as ByokErrorCode[])
        .filter((code) => BYOK_ERROR_CODES[code].revocation || BYOK_ERROR_CODES[code].retryable)
        .filter((code) => likelyCauses(new ByokError(code, "x", { provider }), {}).length === 0)
        .map((code) => `${provider} ${code}`),
    );
    expect(none).toEqual([
      // AWS answers a deleted key with NotFoundException, and has neither applications nor firewalls of keys.
      "aws-kms KEY_DESTROYED",
      "aws-kms APP_REJECTED",
      "aws-kms NETWORK_BLOCKED",
      // Nothing brings it back: its message says all there is.
      "gcp-kms KEY_DESTROYED",
      "gcp-kms APP_REJECTED",
      // Azure deletes keys softly, which is KEY_NOT_FOUND.
      "azure-key-vault KEY_PENDING_DELETION",
      "azure-key-vault KEY_DESTROYED",
    ]);
  });

  test.each([[new ByokError("CONFIG_INVALID", "x")], [new Error("x")], [undefined]])("%s: none", (error) => {
    expect(likelyCauses(error, {})).toEqual([]);
  });
});
