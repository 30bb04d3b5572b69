import { describe, expect, test } from "@jest/globals";
import { type EntraAnswer, mapAzureKeyVaultError, mapEntraError, rejectsCertificate } from "../../../runtime/master-key/azure-key-vault-errors.js";
import { ByokError, type ByokErrorCode } from "../../../runtime/master-key/errors.js";
import { shown } from "../support.js";

const DETAILS = { provider: "azure-key-vault", keyId: "https://acme.vault.azure.net/keys/backup", tenant: "acme" };

/** An error as the SDK throws it. */
function answer(statusCode: number | undefined, code?: string, inner?: string, name = "RestError"): Error {
  const error = Object.assign(new Error("said Azure"), { statusCode, code });
  error.name = name;
  return inner === undefined ? error : Object.assign(error, { details: { error: { code, innerError: { code: inner } } } });
}

describe("mapAzureKeyVaultError", () => {
  test.each<[number, string, string | undefined, ByokErrorCode]>([
    [401, "Unauthorized", undefined, "ACCESS_DENIED"],
    [403, "Forbidden", "KeyDisabled", "KEY_DISABLED"],
    [403, "Forbidden", "KeyExpired", "KEY_DISABLED"],
    [403, "Forbidden", "KeyNotYetValid", "KEY_DISABLED"],
    [403, "Forbidden", "ForbiddenByFirewall", "NETWORK_BLOCKED"],
    [403, "Forbidden", "ForbiddenByConnection", "NETWORK_BLOCKED"],
    [403, "Forbidden", "AccessDenied", "ACCESS_DENIED"],
    [403, "Forbidden", "ForbiddenByPolicy", "ACCESS_DENIED"],
    [403, "Forbidden", "ForbiddenByRbac", "ACCESS_DENIED"],
    [403, "Forbidden", "KeyOperationForbidden", "ACCESS_DENIED"],
    // What is forbidden for an unknown reason is closed.
    [403, "Forbidden", "SomethingNew", "ACCESS_DENIED"],
    [403, "Forbidden", "constructor", "ACCESS_DENIED"],
    [403, "Forbidden", undefined, "ACCESS_DENIED"],
    [404, "KeyNotFound", undefined, "KEY_NOT_FOUND"],
    [429, "Throttled", undefined, "THROTTLED"],
    [408, "RequestTimeout", undefined, "UNAVAILABLE"],
    [500, "InternalServerError", undefined, "UNAVAILABLE"],
    [503, "ServiceUnavailable", undefined, "UNAVAILABLE"],
    [501, "NotImplemented", undefined, "UNEXPECTED_ANSWER"],
    [307, "TemporaryRedirect", undefined, "UNEXPECTED_ANSWER"],
    [409, "Conflict", undefined, "UNEXPECTED_ANSWER"],
  ])("%i %s %s -> %s", (status, code, inner, expected) => {
    for (const operation of ["wrap", "unwrap", "describe"] as const) {
      const mapped = mapAzureKeyVaultError(answer(status, code, inner), operation, DETAILS);
      expect(mapped).toBeInstanceOf(ByokError);
      expect(mapped).toMatchObject({ code: expected, ...DETAILS });
      expect(mapped.message).toMatch(new RegExp(`^[A-Z].{30,} \\(${[status, code, ...(inner === undefined ? [] : [inner])].join(", ")}\\)$`));
      expect(mapped.cause).toMatchObject({ name: "RestError", message: "said Azure", statusCode: status, code });
    }
  });

  test("a bad parameter is a bad wrap when one is opened, and unknown otherwise", () => {
    const bad = answer(400, "BadParameter");
    expect(mapAzureKeyVaultError(bad, "unwrap", DETAILS)).toMatchObject({ code: "TAMPERED", revocation: false, retryable: false });
    expect(mapAzureKeyVaultError(bad, "wrap", DETAILS)).toMatchObject({ code: "UNEXPECTED_ANSWER" });
    expect(mapAzureKeyVaultError(bad, "describe", DETAILS)).toMatchObject({ code: "UNEXPECTED_ANSWER" });
  });

  test.each(["ECONNREFUSED", "ENOTFOUND", "ECONNRESET", "CERT_HAS_EXPIRED", "REQUEST_SEND_ERROR"])("no answer (%s) -> UNAVAILABLE", (code) => {
    expect(mapAzureKeyVaultError(answer(undefined, code), "unwrap", DETAILS)).toMatchObject({ code: "UNAVAILABLE", revocation: false, retryable: true });
  });

  test("an abort is the caller's", () => {
    expect(mapAzureKeyVaultError(answer(undefined, undefined, undefined, "AbortError"), "wrap", DETAILS).code).toBe("ABORTED");
  });

  test.each<[string, unknown]>([
    ["a code-less error of the SDK itself", new Error("Key k expired at 2026-01-01")],
    ["an error of another kind with a status", answer(403, "Forbidden", undefined, "Error")],
    ["a string", "Forbidden"],
    ["undefined", undefined],
  ])("%s is an unexpected answer: no revocation and no grace", (_name, thrown) => {
    expect(mapAzureKeyVaultError(thrown, "unwrap", DETAILS)).toMatchObject({ code: "UNEXPECTED_ANSWER", revocation: false, retryable: false });
  });

  test("a ByokError passes through as it is", () => {
    const error = new ByokError("APP_REJECTED", "m");
    expect(mapAzureKeyVaultError(error, "wrap", DETAILS)).toBe(error);
  });

  test("what the SDK quotes or carries along is in no error", () => {
    const unparsed = Object.assign(answer(200, "PARSE_ERROR"), { message: 'occurred while parsing the response body - {"value":"c2hhcmU' });
    expect(mapAzureKeyVaultError(unparsed, "unwrap", DETAILS).code).toBe("UNEXPECTED_ANSWER");
    expect(shown(mapAzureKeyVaultError(unparsed, "unwrap", DETAILS))).not.toContain("c2hhcmU");
    const carrying = Object.assign(answer(503, "ServiceUnavailable"), { request: { body: '{"value":"c2hhcmU"}' } });
    expect(shown(carrying)).toContain("c2hhcmU");
    expect(shown(mapAzureKeyVaultError(carrying, "wrap", DETAILS))).not.toContain("c2hhcmU");
  });
});

describe("mapEntraError", () => {
  const aadsts = (number: number, status = 401, error = "invalid_client"): EntraAnswer => ({
    status,
    body: JSON.stringify({ error, error_description: `AADSTS${number}: x`, error_codes: [number] }),
  });

  test.each<[string, EntraAnswer, ByokErrorCode, string]>([
    ["the certificate is not registered", aadsts(700027), "APP_REJECTED", "AADSTS700027"],
    ["the application is gone", aadsts(700016, 400, "unauthorized_client"), "APP_REJECTED", "AADSTS700016"],
    ["the application is disabled", aadsts(7000112, 400, "unauthorized_client"), "APP_REJECTED", "AADSTS7000112"],
    ["its service principal is gone", aadsts(7000229, 400, "unauthorized_client"), "APP_REJECTED", "AADSTS7000229"],
    ["the directory is gone", aadsts(90002, 400, "invalid_request"), "APP_REJECTED", "AADSTS90002"],
    ["conditional access blocks it", aadsts(53003, 400, "access_denied"), "APP_REJECTED", "AADSTS53003"],
    ["a reason that nobody has heard of", aadsts(999999), "APP_REJECTED", "AADSTS999999"],
    ["the clocks differ", aadsts(700024), "UNAVAILABLE", "AADSTS700024"],
    ["a transient error", aadsts(90033, 400, "invalid_grant"), "UNAVAILABLE", "AADSTS90033"],
    ["one that OAuth calls transient", aadsts(12345, 400, "temporarily_unavailable"), "UNAVAILABLE", "AADSTS12345"],
    ["too many requests", aadsts(50196, 400), "THROTTLED", "AADSTS50196"],
    ["too many requests, by status", { status: 429, body: "" }, "THROTTLED", "status 429"],
    ["an outage", { status: 503, body: "<html>" }, "UNAVAILABLE", "status 503"],
    ["an outage that names a rejection", aadsts(700027, 500), "UNAVAILABLE", "AADSTS700027"],
    ["no answer", {}, "UNAVAILABLE", "no answer"],
    ["a network that fails", { failure: Object.assign(new Error("x"), { code: "ENOTFOUND" }) }, "UNAVAILABLE", "no answer"],
    ["a page of somebody else's", { status: 403, body: "<html>" }, "UNEXPECTED_ANSWER", "status 403"],
    ["an answer that is none", { status: 200, body: "[]" }, "UNEXPECTED_ANSWER", "status 200"],
  ])("%s -> %#", (_name, given, code, what) => {
    const mapped = mapEntraError(new Error("said MSAL"), given, "0123ABCD", DETAILS);
    expect(mapped).toMatchObject({ code, ...DETAILS, cause: { message: "said MSAL" } });
    expect(mapped.message).toMatch(new RegExp(`^Entra .{10,} \\(certificate 0123ABCD: ${what}\\)$`));
  });

  test("another certificate is tried where the certificate is what is wrong", () => {
    expect([700027, 7000222, 7000215, 50012, 700030, 700016, 7000112, 90033, 53003].filter((number) => rejectsCertificate(aadsts(number)))).toEqual([
      700027, 7000222, 7000215, 50012, 700030,
    ]);
    expect(rejectsCertificate({})).toBe(false);
  });

  test("a refusal of our own passes through, from either place", () => {
    const own = new ByokError("CONFIG_INVALID", "m");
    expect(mapEntraError(own, {}, "x", DETAILS)).toBe(own);
    expect(mapEntraError(new Error("network_error"), { failure: own }, "x", DETAILS)).toBe(own);
  });

  test("no assertion is in an error", () => {
    const error = Object.assign(new Error("said MSAL"), { request: { body: "client_assertion=s3cr3t" } });
    expect(shown(mapEntraError(error, aadsts(700027), "x", DETAILS))).not.toContain("s3cr3t");
  });
});
