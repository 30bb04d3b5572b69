import { describe, expect, test } from "@jest/globals";

import { impersonation } from "../../../runtime/cli/keys.js";

describe("BYOK_GCP_IMPERSONATE", () => {
  test.each([
    [undefined, {}],
    ["", {}],
    ["grantee", { credentials: { "gcp-kms": { impersonateGrantee: true } } }],
  ])("%s", (value, expected) => {
    expect(impersonation({ BYOK_GCP_IMPERSONATE: value })).toEqual(expected);
  });

  test("any other word is refused", () => {
    expect(() => impersonation({ BYOK_GCP_IMPERSONATE: "yes" })).toThrow('BYOK_GCP_IMPERSONATE must be grantee, or unset, not "yes".');
  });
});
