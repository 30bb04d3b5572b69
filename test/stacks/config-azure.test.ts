import { beforeAll, describe, expect, test } from "@jest/globals";

import { Access } from "../../components/access.js";
import { AzureGrantBy } from "../../components/azure/grant-by.js";
import { parseStackConfig } from "../../stacks/config.js";
import { selfSigned } from "../components/azure/self-signed.js";
import { problemsOf } from "./config-problems.js";

const ENTRA_TENANT = "6f3c1a52-8d0e-4b7a-9c41-2f5d7e8a9b10";
const SUBSCRIPTION = "0d9b4e37-5a1c-4c86-b2f4-93e6a7c8d201";
const CLIENT = "a11ca710-0000-4000-8000-000000000001";

let certificate: string;
beforeAll(async () => {
  ({ certificate } = await selfSigned({ notBefore: "2020-01-01T00:00:00Z", notAfter: "2120-01-01T00:00:00Z" }));
});

function config(members: object, others: Record<string, string> = {}): Record<string, string> {
  return {
    "byok:tenant": "acme",
    "byok:datacenter": "eu",
    "byok:clouds": '["azure"]',
    "byok:azure": JSON.stringify({ entraTenantId: ENTRA_TENANT, subscriptionId: SUBSCRIPTION, certificates: [certificate], ...members }),
    ...others,
  };
}

describe("byok:azure", () => {
  test.each<[what: string, members: object]>([
    ["everything about a new key", { vaultName: "acme-keys", keyName: "AFI", keySize: 4096, rotationPeriodInDays: 90, grantBy: AzureGrantBy.Role, serviceAddresses: ["203.0.113.0/28"] }],
    ["a key that exists, in its vault, with its application", { resourceGroup: "keys", existing: { vault: "Acme-Keys", key: "AFI", application: CLIENT } }],
    ["a new key in a vault that exists", { keyName: "AFI", keySize: 2048, rotationPeriodInDays: 7, existing: { vault: "acme-keys" } }],
    ["a new vault for an application that exists", { location: "northeurope", existing: { application: CLIENT } }],
    ["every address", { serviceAddresses: ["0.0.0.0/0"] }],
  ])("%s reaches the components as it is written", (_what, members) => {
    const { azure } = parseStackConfig(config(members));
    expect(azure).toEqual({ entraTenantId: ENTRA_TENANT, subscriptionId: SUBSCRIPTION, certificates: [certificate], ...members });
  });

  test("the options of every cloud go with it", () => {
    const options = { "byok:access": "suspended", "byok:keyMetadata": "true" };
    expect(parseStackConfig(config({ grantBy: "role" }, options))).toMatchObject({ access: Access.Suspended, keyMetadata: true, azure: { grantBy: "role" } });
  });

  const VAULT_RULE = "must be 3 to 24 characters of a-z, 0-9 and -, beginning with a letter, ending with a letter or digit, without --";
  const KEY_RULE = "must be 1 to 127 characters of A-Z, a-z, 0-9 and -";
  const EXISTING_RULE = "must be an object with vault, key or application, of those that exist";
  const DAYS_RULE = "must be a whole number of days from 7 to 3650";
  const ADDRESSES_RULE = "must be a list of 1 to 1000 addresses such as 203.0.113.8 or 203.0.113.0/28";
  const SPELLING = "is now spelled existing: { vault: NAME, key: NAME }, or existing: { key: NAME } for the vault that this stack would make";
  test.each<[what: string, members: object, problems: string[]]>([
    ["a key's name with an underscore", { keyName: "a_b" }, [`keyName: ${KEY_RULE}`]],
    ["a rotation every week but one day", { rotationPeriodInDays: 6 }, [`rotationPeriodInDays: ${DAYS_RULE}`]],
    ["a rotation as a duration", { rotationPeriodInDays: "P90D" }, [`rotationPeriodInDays: ${DAYS_RULE}`]],
    ["an unknown way to grant", { grantBy: "roles" }, ['grantBy: must be one of accessPolicy, role, not "roles" (did you mean "role"?)']],
    ["addresses as a text", { serviceAddresses: "203.0.113.8" }, [`serviceAddresses: ${ADDRESSES_RULE}`]],
    ["no addresses", { serviceAddresses: [] }, [`serviceAddresses: ${ADDRESSES_RULE}`]],
    ["a private address", { serviceAddresses: ["203.0.113.8", "10.0.0.1"] }, ["serviceAddresses[1]: must be public: name the address that the service comes from on the internet"]],
    ["an address that is no text", { serviceAddresses: [7] }, ["serviceAddresses[0]: must be text"]],
    ["something that exists, without its name", { existing: true }, [`existing: ${EXISTING_RULE}`]],
    ["nothing that exists", { existing: {} }, [`existing: ${EXISTING_RULE}`]],
    ["a group that exists, in the wrong place", { existing: { vault: "acme-keys", resourceGroup: "keys" } }, ["existing.resourceGroup: unknown key; known here: vault, key, application"]],
    ["what exists by wrong names", { existing: { vault: "a_b", key: "c_d", application: "Backup" } }, [`existing.vault: ${VAULT_RULE}`, `existing.key: ${KEY_RULE}`, "existing.application: must be the client id of an application, a GUID"]],
    ["0.1's spelling", { existingKey: true }, [`existingKey: ${SPELLING}`]],
    ["0.1's spelling, switched off", { existingKey: false }, [`existingKey: ${SPELLING}`]],
    [
      "how to create a vault that exists",
      { existing: { vault: "acme-keys" }, vaultName: "acme-keys", location: "westeurope", serviceAddresses: ["203.0.113.8"] },
      ["vaultName", "location", "serviceAddresses"].map((member) => `${member}: says how to create a vault; existing.vault creates none`),
    ],
    [
      "how to create a key that exists",
      { existing: { key: "AFI" }, keyName: "AFI", protectionLevel: "software", keySize: 3072, rotationPeriodInDays: 90 },
      ["keyName", "protectionLevel", "keySize", "rotationPeriodInDays"].map((member) => `${member}: says how to create a key; existing.key creates none`),
    ],
  ])("%s is refused", (_what, members, problems) => {
    expect(problemsOf(config(members))).toEqual(problems.map((problem) => `byok:azure.${problem}`));
  });

  test("a role that reads nothing is refused", () => {
    expect(problemsOf(config({ grantBy: "role" }, { "byok:keyMetadata": "false" }))).toEqual([
      "byok:keyMetadata: cannot be false with grantBy role: no built-in role wraps without reading the key; leave it out, or grant by accessPolicy",
    ]);
  });
});
