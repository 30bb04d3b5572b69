import { describe, expect, test } from "@jest/globals";
import { mapAwsCredentialsError, mapAwsKmsError } from "../../../runtime/master-key/aws-kms-errors.js";
import { ByokError, type ByokErrorCode } from "../../../runtime/master-key/errors.js";
import { shown } from "../support.js";

const DETAILS = { provider: "aws-kms", keyId: "arn:aws:kms:eu-central-1:111122223333:key/k", tenant: "acme" };

/** An error as the SDK throws it: told apart by name; the status is in `$metadata`. */
function answer(name: string, members: { message?: string; status?: number; code?: string } = {}): Error {
  const error = new Error(members.message ?? "said AWS");
  error.name = name;
  return Object.assign(error, {
    ...(members.status === undefined ? {} : { $metadata: { httpStatusCode: members.status } }),
    ...(members.code === undefined ? {} : { code: members.code }),
  });
}

describe("mapAwsKmsError", () => {
  test.each<[string, ByokErrorCode]>([
    ["DisabledException", "KEY_DISABLED"],
    ["KMSInvalidStateException", "KEY_PENDING_DELETION"],
    ["NotFoundException", "KEY_NOT_FOUND"],
    ["AccessDeniedException", "ACCESS_DENIED"],
    ["UnrecognizedClientException", "SERVICE_CREDENTIALS"],
    ["ExpiredTokenException", "SERVICE_CREDENTIALS"],
    ["InvalidClientTokenId", "SERVICE_CREDENTIALS"],
    ["InvalidSignatureException", "SERVICE_CREDENTIALS"],
    ["SignatureDoesNotMatch", "SERVICE_CREDENTIALS"],
    ["IncompleteSignature", "SERVICE_CREDENTIALS"],
    ["RequestExpired", "SERVICE_CREDENTIALS"],
    ["NotAuthorized", "SERVICE_CREDENTIALS"],
    ["OptInRequired", "SERVICE_CREDENTIALS"],
    ["RequestTimeout", "UNAVAILABLE"],
    ["RequestTimeoutException", "UNAVAILABLE"],
    ["MissingAuthenticationToken", "SERVICE_CREDENTIALS"],
    ["MissingAuthenticationTokenException", "SERVICE_CREDENTIALS"],
    ["CredentialsProviderError", "SERVICE_CREDENTIALS"],
    ["TokenProviderError", "SERVICE_CREDENTIALS"],
    ["ThrottlingException", "THROTTLED"],
    ["LimitExceededException", "THROTTLED"],
    ["RequestLimitExceeded", "THROTTLED"],
    ["KMSInternalException", "UNAVAILABLE"],
    ["DependencyTimeoutException", "UNAVAILABLE"],
    ["KeyUnavailableException", "UNAVAILABLE"],
    ["InternalFailure", "UNAVAILABLE"],
    ["ServiceUnavailable", "UNAVAILABLE"],
    ["ServiceUnavailableException", "UNAVAILABLE"],
    ["TimeoutError", "UNAVAILABLE"],
    ["IncorrectKeyException", "WRONG_KEY"],
    ["InvalidCiphertextException", "TAMPERED"],
    ["AbortError", "ABORTED"],
    ["ValidationException", "UNEXPECTED_ANSWER"],
    ["SomethingNew", "UNEXPECTED_ANSWER"],
    // Names come from the wire: members of every object must not be taken for entries of the table.
    ["constructor", "UNEXPECTED_ANSWER"],
    ["toString", "UNEXPECTED_ANSWER"],
    ["__proto__", "UNEXPECTED_ANSWER"],
  ])("%s -> %s", (name, code) => {
    const error = answer(name, { status: 400 });
    const mapped = mapAwsKmsError(error, DETAILS);
    expect(mapped).toBeInstanceOf(ByokError);
    expect(mapped).toMatchObject({ code, ...DETAILS });
    expect(mapped.cause).toBe(error);
    expect(mapped.message).toMatch(new RegExp(`^[A-Z].+ \\(${name}\\)$`));
    expect(mapped.message.length).toBeGreaterThan(`(${name})`.length + 20);
  });

  test("a disabled key that is pending deletion is pending deletion", () => {
    const error = answer("DisabledException", { message: "arn:aws:kms:... is pending deletion." });
    expect(mapAwsKmsError(error, DETAILS).code).toBe("KEY_PENDING_DELETION");
  });

  test.each([
    "ECONNREFUSED",
    "ECONNRESET",
    "ECONNABORTED",
    "ENOTFOUND",
    "EAI_AGAIN",
    "ETIMEDOUT",
    "EPIPE",
    "EHOSTUNREACH",
    "ENETUNREACH",
  ])("network error %s -> UNAVAILABLE", (code) => {
    expect(mapAwsKmsError(answer("Error", { code }), DETAILS).code).toBe("UNAVAILABLE");
  });

  test.each<[string, number, ByokErrorCode]>([
    ["an unknown name with status 500", 500, "UNAVAILABLE"],
    ["an unknown name with status 503", 503, "UNAVAILABLE"],
    ["an unknown name with status 499", 499, "UNEXPECTED_ANSWER"],
    ["an unknown name with status 400", 400, "UNEXPECTED_ANSWER"],
  ])("%s", (_name, status, code) => {
    expect(mapAwsKmsError(answer("NeverHeardOf", { status }), DETAILS).code).toBe(code);
  });

  test("a known name outranks its status: a 5xx denial is still a denial", () => {
    expect(mapAwsKmsError(answer("AccessDeniedException", { status: 500 }), DETAILS).code).toBe("ACCESS_DENIED");
  });

  test.each<[string, unknown]>([
    ["a string", "ThrottlingException"],
    ["undefined", undefined],
    ["an object that is no error", { name: "ThrottlingException" }],
    ["an error with odd metadata", Object.assign(new Error("x"), { $metadata: null, code: 7 })],
    ["an error with an odd status", Object.assign(new Error("x"), { $metadata: { httpStatusCode: "503" } })],
    ["an unknown system error", Object.assign(new Error("x"), { code: "EACCES" })],
  ])("%s is an unexpected answer: no revocation and no grace", (_name, thrown) => {
    expect(mapAwsKmsError(thrown, DETAILS)).toMatchObject({ code: "UNEXPECTED_ANSWER", revocation: false, retryable: false });
  });

  test("a ByokError passes through as it is", () => {
    const error = new ByokError("CONFIG_INVALID", "m");
    expect(mapAwsKmsError(error, DETAILS)).toBe(error);
  });

  test("a JSON error quotes the answer, which may be a key: it does not become the cause", () => {
    let parseError: unknown;
    try {
      JSON.parse('{"Plaintext":"c2VjcmV0IGtleSBieXRlcyBnbyBoZXJlISEh"');
    } catch (error) {
      parseError = Object.assign(error as Error, { $responseBodyText: '{"Plaintext":"c2VjcmV0IGtleSBieXRlcyBnbyBoZXJlISEh"' });
    }
    const mapped = mapAwsKmsError(parseError, DETAILS);
    expect(mapped.code).toBe("UNEXPECTED_ANSWER");
    expect(shown(parseError)).toContain("c2VjcmV0");
    expect(shown(mapped)).not.toContain("c2VjcmV0");
  });
});

describe("mapAwsCredentialsError", () => {
  test.each<[string, object, ByokErrorCode]>([
    ["AccessDenied", { status: 403 }, "SERVICE_CREDENTIALS"],
    ["AccessDeniedException", { status: 400 }, "SERVICE_CREDENTIALS"],
    ["NotFoundException", { status: 404 }, "SERVICE_CREDENTIALS"],
    ["DisabledException", {}, "SERVICE_CREDENTIALS"],
    ["CredentialsProviderError", {}, "SERVICE_CREDENTIALS"],
    ["Error", {}, "SERVICE_CREDENTIALS"],
    ["AbortError", {}, "SERVICE_CREDENTIALS"],
    ["ThrottlingException", { status: 400 }, "THROTTLED"],
    ["TimeoutError", {}, "UNAVAILABLE"],
    ["NeverHeardOf", { status: 503 }, "UNAVAILABLE"],
    ["Error", { code: "ECONNREFUSED" }, "UNAVAILABLE"],
  ])("%s %j -> %s: never a revocation", (name, members, code) => {
    const error = answer(name, members);
    const mapped = mapAwsCredentialsError(error, DETAILS);
    expect(mapped).toMatchObject({ code, revocation: false, retryable: true, ...DETAILS });
    expect(mapped.cause).toBe(error);
  });

  test.each(["a string", undefined])("%p is a failure of the credentials too", (thrown) => {
    expect(mapAwsCredentialsError(thrown, DETAILS)).toMatchObject({ code: "SERVICE_CREDENTIALS" });
  });

  test("a ByokError passes through as it is", () => {
    const error = new ByokError("ABORTED", "m");
    expect(mapAwsCredentialsError(error, DETAILS)).toBe(error);
  });
});
