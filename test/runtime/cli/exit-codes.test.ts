import { describe, expect, test } from "@jest/globals";
import { EXIT_CODES, exitCodeHelp, exitCodeOf } from "../../../runtime/cli/exit-codes.js";
import { FileError } from "../../../runtime/cli/file-error.js";
import { NotEffectiveYetError } from "../../../runtime/cli/wait.js";
import { BYOK_ERROR_CODES, ByokError, type ByokErrorCode } from "../../../runtime/index.js";

const codes = Object.keys(BYOK_ERROR_CODES) as ByokErrorCode[];

describe("exit codes", () => {
  test.each(codes.filter((code) => BYOK_ERROR_CODES[code].revocation))("%s is a revocation: 3", (code) => {
    expect(exitCodeOf(new ByokError(code, "x"))).toBe(3);
  });

  test.each(codes.filter((code) => BYOK_ERROR_CODES[code].retryable))("%s is retryable: 4", (code) => {
    expect(exitCodeOf(new ByokError(code, "x"))).toBe(4);
  });

  test.each([
    ["CONFIG_INVALID", 2],
    ["SECRET_DELETED", 3],
    ["LEASE_EXPIRED", 4],
    ["TAMPERED", 5],
    ["AUTHENTICATION_FAILED", 5],
    ["TRUNCATED", 5],
    ["BAD_HEADER", 5],
    ["WRONG_KEY", 5],
    ["WRONG_BINDING_SHARE", 5],
    ["ROLLED_BACK", 5],
    ["TENANT_MISMATCH", 5],
    ["RESOURCE_MISMATCH", 5],
    ["OBJECT_MISMATCH", 5],
    ["SECRET_MISMATCH", 5],
    ["UNEXPECTED_ANSWER", 1],
    ["ABORTED", 130],
  ] as const)("%s: %d", (code, exit) => {
    expect(exitCodeOf(new ByokError(code, "x"))).toBe(exit);
  });

  test("errors that are not the runtime's", () => {
    expect(exitCodeOf(new FileError("DISK_FULL", "x"))).toBe(6);
    expect(exitCodeOf(new NotEffectiveYetError(1000, new ByokError("ACCESS_DENIED", "x")))).toBe(4);
    expect(exitCodeOf(new TypeError("x"))).toBe(1);
    expect(exitCodeOf("x")).toBe(1);
  });

  test("the help lists every code", () => {
    for (const [code, meaning] of Object.entries(EXIT_CODES)) {
      expect(exitCodeHelp()).toMatch(new RegExp(`^ +${code}  ${meaning}$`, "m"));
    }
  });
});
