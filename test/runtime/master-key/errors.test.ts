import { describe, expect, test } from "@jest/globals";
import { BYOK_ERROR_CODES, ByokError, type ByokErrorCode } from "../../../runtime/master-key/errors.js";

/** design.md 4.4, and the local codes beside it: [revocation, retryable]. */
const TABLE: Readonly<Record<ByokErrorCode, readonly [boolean, boolean]>> = {
  KEY_DISABLED: [true, false],
  KEY_PENDING_DELETION: [true, false],
  KEY_DESTROYED: [true, false],
  KEY_NOT_FOUND: [true, false],
  ACCESS_DENIED: [true, false],
  SERVICE_CREDENTIALS: [false, true],
  APP_REJECTED: [true, false],
  NETWORK_BLOCKED: [true, false],
  THROTTLED: [false, true],
  UNAVAILABLE: [false, true],
  WRONG_KEY: [false, false],
  TAMPERED: [false, false],
  BAD_HEADER: [false, false],
  TRUNCATED: [false, false],
  AUTHENTICATION_FAILED: [false, false],
  WRONG_BINDING_SHARE: [false, false],
  ROLLED_BACK: [false, false],
  SECRET_DELETED: [false, false],
  TENANT_MISMATCH: [false, false],
  CONFIG_INVALID: [false, false],
  UNEXPECTED_ANSWER: [false, false],
  RESOURCE_MISMATCH: [false, false],
  OBJECT_MISMATCH: [false, false],
  SECRET_MISMATCH: [false, false],
  LEASE_EXPIRED: [false, false],
  ABORTED: [false, false],
};

describe("ByokError", () => {
  test("has the codes of the table and no others", () => {
    expect(Object.keys(BYOK_ERROR_CODES).sort()).toEqual(Object.keys(TABLE).sort());
  });

  test.each(Object.entries(TABLE) as [ByokErrorCode, readonly [boolean, boolean]][])(
    "%s means what the table says",
    (code, [revocation, retryable]) => {
      expect(new ByokError(code, "what to do next")).toMatchObject({ name: "ByokError", code, revocation, retryable });
    },
  );

  test("carries where it belongs and its cause", () => {
    const cause = new Error("root");
    const error = new ByokError("KEY_DISABLED", "enable it", { provider: "aws-kms", keyId: "k", tenant: "acme", cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ message: "enable it", provider: "aws-kms", keyId: "k", tenant: "acme" });
    expect(error.cause).toBe(cause);
    expect("cause" in new ByokError("ABORTED", "m")).toBe(false);
  });

  test("as JSON: the contract of --json, without the cause and without members that are not there", () => {
    const cause = new Error("verbose");
    expect(JSON.parse(JSON.stringify(new ByokError("THROTTLED", "later", { provider: "aws-kms", keyId: "k", tenant: "t", cause })))).toEqual({
      name: "ByokError",
      code: "THROTTLED",
      message: "later",
      revocation: false,
      retryable: true,
      provider: "aws-kms",
      keyId: "k",
      tenant: "t",
    });
    expect(JSON.parse(JSON.stringify(new ByokError("ABORTED", "gone")))).toEqual({
      name: "ByokError",
      code: "ABORTED",
      message: "gone",
      revocation: false,
      retryable: false,
    });
  });
});
