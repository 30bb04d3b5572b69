import { describe, expect, test } from "@jest/globals";

import { AZURE_GUID_PATTERN, AZURE_RESOURCE_GROUP_PATTERN, AZURE_VAULT_NAME_PATTERN } from "../../../components/azure/identity.js";
import { AZURE_GUID, AZURE_KEY_URI } from "../../../runtime/master-key/descriptor.js";

describe("vault names", () => {
  test.each([
    ["abc", true],
    ["a-1", true],
    ["a".repeat(24), true],
    ["ab", false],
    ["a".repeat(25), false],
    ["1ab", false],
    ["ab-", false],
    ["a--b", false],
    ["Abc", false],
    ["a_b", false],
    ["abc\n", false],
  ])("%j: %s, as in the descriptor", (name, valid) => {
    expect(AZURE_VAULT_NAME_PATTERN.test(name)).toBe(valid);
    expect(AZURE_KEY_URI.test(`https://${name}.vault.azure.net/keys/k`)).toBe(valid);
  });
});

test.each([
  ["6f3c1a52-8d0e-4b7a-9c41-2f5d7e8a9b10", true],
  ["6F3C1A52-8D0E-4B7A-9C41-2F5D7E8A9B10", true],
  ["{6f3c1a52-8d0e-4b7a-9c41-2f5d7e8a9b10}", false],
  ["6f3c1a528d0e4b7a9c412f5d7e8a9b10", false],
  ["acme.onmicrosoft.com", false],
])("id %j: %s, in lower case as in the descriptor", (id, valid) => {
  expect(AZURE_GUID_PATTERN.test(id)).toBe(valid);
  expect(AZURE_GUID.test(id.toLowerCase())).toBe(valid);
});

test.each([
  ["keys", true],
  ["Keys_(prod).1", true],
  ["k", true],
  ["k".repeat(90), true],
  ["k".repeat(91), false],
  ["keys.", false],
  ["", false],
  ["my keys", false],
])("resource group %j: %s", (name, valid) => {
  expect(AZURE_RESOURCE_GROUP_PATTERN.test(name)).toBe(valid);
});
