import { describe, expect, test } from "@jest/globals";
import { ByokError, type ByokErrorCode } from "../../../runtime/master-key/errors.js";
import { isTransient, mapGcpCredentialsError, mapGcpKmsError } from "../../../runtime/master-key/gcp-kms-errors.js";
import { shown } from "../support.js";

const KEY = "projects/acme-backup/locations/europe-west4/keyRings/r/cryptoKeys/k";
const DETAILS = { provider: "gcp-kms", keyId: KEY, tenant: "acme" };

/** An error as the SDK throws it: status as a number, ErrorInfo's members beside it. */
function answer(code: unknown, members: { message?: string; reason?: string; domain?: string } = {}): Error {
  const { message = "said Google", ...info } = members;
  return Object.assign(new Error(message), { code, ...info });
}

describe("mapGcpKmsError", () => {
  test.each<[number, string, ByokErrorCode]>([
    [1, "gRPC status 1", "UNEXPECTED_ANSWER"],
    [2, "gRPC status 2", "UNEXPECTED_ANSWER"],
    [3, "INVALID_ARGUMENT", "TAMPERED"],
    [4, "DEADLINE_EXCEEDED", "UNAVAILABLE"],
    [5, "NOT_FOUND", "KEY_NOT_FOUND"],
    [6, "gRPC status 6", "UNEXPECTED_ANSWER"],
    [7, "PERMISSION_DENIED", "ACCESS_DENIED"],
    [8, "RESOURCE_EXHAUSTED", "THROTTLED"],
    [9, "FAILED_PRECONDITION", "KEY_DISABLED"],
    [10, "gRPC status 10", "UNEXPECTED_ANSWER"],
    [11, "gRPC status 11", "UNEXPECTED_ANSWER"],
    [12, "gRPC status 12", "UNEXPECTED_ANSWER"],
    [13, "INTERNAL", "UNAVAILABLE"],
    [14, "UNAVAILABLE", "UNAVAILABLE"],
    [15, "gRPC status 15", "UNEXPECTED_ANSWER"],
    [16, "UNAUTHENTICATED", "SERVICE_CREDENTIALS"],
    [99, "gRPC status 99", "UNEXPECTED_ANSWER"],
  ])("status %i, %s -> %s", (status, name, code) => {
    const error = answer(status);
    const mapped = mapGcpKmsError(error, DETAILS);
    expect(mapped).toBeInstanceOf(ByokError);
    expect(mapped).toMatchObject({ code, ...DETAILS });
    expect(mapped.cause).toBe(error);
    expect(mapped.message).toMatch(new RegExp(`^[A-Z].{40,} \\(${name}\\)$`));
  });

  test.each<[string, ByokErrorCode]>([
    ["is not enabled, current state is: DISABLED.", "KEY_DISABLED"],
    ["is not enabled, current state is: DESTROY_SCHEDULED.", "KEY_PENDING_DELETION"],
    ["is not enabled, current state is: DESTROYED.", "KEY_DESTROYED"],
    // States that are none of the tenant's withdrawal, and what is no state at all: closed all the same.
    ["is not enabled, current state is: PENDING_GENERATION.", "KEY_DISABLED"],
    ["is not enabled, current state is: DESTROYED_SOMEHOW.", "KEY_DISABLED"],
    ["is not enabled, current state is: constructor.", "KEY_DISABLED"],
    ["has no primary version", "KEY_DISABLED"],
    ["Google Cloud KMS API has not been used in this project before, or it is disabled.", "KEY_DISABLED"],
  ])("a precondition that fails: %s -> %s", (what, code) => {
    const mapped = mapGcpKmsError(answer(9, { message: `9 FAILED_PRECONDITION: ${KEY}/cryptoKeyVersions/1 ${what}` }), DETAILS);
    expect(mapped).toMatchObject({ code, revocation: true, retryable: false });
  });

  test.each<[string, ByokErrorCode]>([
    ["Decryption failed: verify that 'name' refers to the correct CryptoKey.", "WRONG_KEY"],
    ["Decryption failed: the ciphertext is invalid.", "TAMPERED"],
    ["The checksum in field ciphertext_crc32c did not match the data in field ciphertext.", "TAMPERED"],
  ])("an invalid argument: %s -> %s", (message, code) => {
    expect(mapGcpKmsError(answer(3, { message: `3 INVALID_ARGUMENT: ${message}` }), DETAILS)).toMatchObject({ code, revocation: false, retryable: false });
  });

  test.each<[string, ByokErrorCode]>([
    ["USER_PROJECT_DENIED", "SERVICE_CREDENTIALS"],
    ["ACCESS_TOKEN_SCOPE_INSUFFICIENT", "SERVICE_CREDENTIALS"],
    ["ACCESS_TOKEN_EXPIRED", "SERVICE_CREDENTIALS"],
    ["ACCESS_TOKEN_TYPE_UNSUPPORTED", "SERVICE_CREDENTIALS"],
    ["ACCOUNT_STATE_INVALID", "SERVICE_CREDENTIALS"],
    ["ACCOUNT_TYPE_UNSUPPORTED", "SERVICE_CREDENTIALS"],
    ["CREDENTIALS_MISSING", "SERVICE_CREDENTIALS"],
    ["CREDENTIAL_TYPE_UNSUPPORTED", "SERVICE_CREDENTIALS"],
    ["JWT_TOKEN_INVALID", "SERVICE_CREDENTIALS"],
    ["OVERLOADED_CREDENTIALS", "SERVICE_CREDENTIALS"],
    ["SECURITY_POLICY_VIOLATED", "NETWORK_BLOCKED"],
    ["SERVICE_DISABLED", "ACCESS_DENIED"],
    ["IAM_PERMISSION_DENIED", "ACCESS_DENIED"],
    // May be either side's doing: closed.
    ["CONSUMER_SUSPENDED", "ACCESS_DENIED"],
    ["BILLING_DISABLED", "ACCESS_DENIED"],
    ["constructor", "ACCESS_DENIED"],
  ])("a denial for %s -> %s", (reason, code) => {
    const mapped = mapGcpKmsError(answer(7, { reason, domain: "googleapis.com" }), DETAILS);
    expect(mapped).toMatchObject({ code, revocation: code !== "SERVICE_CREDENTIALS" });
    expect(mapped.message).toMatch(new RegExp(` \\(PERMISSION_DENIED, ${reason}\\)$`));
  });

  test("a reason of another domain is another reason", () => {
    expect(mapGcpKmsError(answer(7, { reason: "USER_PROJECT_DENIED", domain: "cloudkms.googleapis.com" }), DETAILS).code).toBe("ACCESS_DENIED");
  });

  test.each<[string, unknown]>([
    ["a string", "PERMISSION_DENIED"],
    ["undefined", undefined],
    ["an object that is no error", { code: 7 }],
    ["an error whose status is text", answer("7")],
    ["an error without a status", new Error("x")],
  ])("%s is an unexpected answer: no revocation and no grace", (_name, thrown) => {
    expect(mapGcpKmsError(thrown, DETAILS)).toMatchObject({ code: "UNEXPECTED_ANSWER", revocation: false, retryable: false });
  });

  test("a ByokError passes through as it is", () => {
    const error = new ByokError("CONFIG_INVALID", "m");
    expect(mapGcpKmsError(error, DETAILS)).toBe(error);
  });

  test("only a broken connection is worth another try", () => {
    expect(Array.from({ length: 17 }, (_, status) => status).filter((status) => isTransient(answer(status)))).toEqual([14]);
  });
});

describe("mapGcpCredentialsError", () => {
  test.each<[string, object, ByokErrorCode]>([
    ["a token service that denies", { status: 400, code: "400" }, "SERVICE_CREDENTIALS"],
    ["a token service that forbids", { status: 403 }, "SERVICE_CREDENTIALS"],
    ["a token service that limits", { status: 429 }, "THROTTLED"],
    ["a token service that is out", { status: 503 }, "UNAVAILABLE"],
    ["a network that is out", { code: "ENOTFOUND" }, "UNAVAILABLE"],
    ["a key file that is missing", { code: "ENOENT" }, "SERVICE_CREDENTIALS"],
    ["no credentials at all", {}, "SERVICE_CREDENTIALS"],
    // What would be the tenant's doing in an answer of KMS is none of it here.
    ["a gRPC status", { code: 7 }, "SERVICE_CREDENTIALS"],
  ])("%s -> %#", (_name, members, code) => {
    const mapped = mapGcpCredentialsError(Object.assign(new Error("said the token service"), members), DETAILS);
    expect(mapped).toMatchObject({ code, revocation: false, retryable: true, ...DETAILS });
    expect(mapped.message).toBe(
      "The service's own Google credentials cannot be used: said the token service. Check the credentials of this machine; the tenant has nothing to do with it.",
    );
    expect(mapped.cause).toMatchObject({ message: "said the token service", ...members });
  });

  test("a ByokError passes through as it is", () => {
    const error = new ByokError("ABORTED", "m");
    expect(mapGcpCredentialsError(error, DETAILS)).toBe(error);
  });

  test("the request of a token, and a key file that does not parse, are in no error", () => {
    const request = { config: { data: { refresh_token: "s3cr3t-token" }, headers: { authorization: "s3cr3t-token" } } };
    const refused = mapGcpCredentialsError(Object.assign(new Error("invalid_grant"), request), DETAILS);
    expect(shown(refused)).not.toContain("s3cr3t-token");
    let quoting: unknown;
    try {
      JSON.parse("s3cr3t-token");
    } catch (error) {
      quoting = error;
    }
    expect(shown(quoting)).toContain("s3cr3t");
    expect(shown(mapGcpCredentialsError(quoting, DETAILS))).not.toContain("s3cr3t");
  });
});
