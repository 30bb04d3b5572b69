import { describe, expect, test } from "@jest/globals";

import { exitCodeOf } from "../../runtime/cli/exit-codes.js";
import { BYOK_ERROR_CODES, ByokError, type ByokErrorCode } from "../../runtime/master-key/errors.js";
import { README } from "./readme.js";

/** code -> [revocation, retryable, exit code], as the README's table has them. */
function documentedCodes(): Map<string, [string, string, string]> {
  const rows = README.split("\n").filter((line) => /^\| [A-Z_]{4,}[A-Z_, ]* \| (yes|no) \|/.test(line));
  return new Map(
    rows.flatMap((row) => {
      const [codes = "", revocation = "", retryable = "", exit = ""] = row.split("|").slice(1).map((cell) => cell.trim());
      return codes.split(", ").map((code): [string, [string, string, string]] => [code, [revocation, retryable, exit]]);
    }),
  );
}

describe("the README's table of errors is the code's", () => {
  test("names every code once and no other", () => {
    expect([...documentedCodes().keys()].sort()).toEqual(Object.keys(BYOK_ERROR_CODES).sort());
  });

  test.each(Object.keys(BYOK_ERROR_CODES) as ByokErrorCode[])("%s", (code) => {
    const error = new ByokError(code, "x");
    const yesNo = (value: boolean): string => (value ? "yes" : "no");
    expect(documentedCodes().get(code)).toEqual([yesNo(error.revocation), yesNo(error.retryable), String(exitCodeOf(error))]);
  });
});
