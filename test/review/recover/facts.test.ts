import { describe, expect, test } from "@jest/globals";

import { factsOfDescriptors, fillIn, findingCommand, missingIn, parseGivenId } from "../../../review/recover/facts.js";
import { type MasterKeyDescriptor } from "../../../runtime/index.js";
import { declared } from "../declared.js";

const KEY_ID = "11111111-2222-4333-8444-555555555555";
const CLIENT = "a11ca710-0000-4000-8000-000000000001";
const OBJECT = "0b1ec710-0000-4000-8000-000000000002";

const key = declared("aws:kms/key:Key", "k", { region: "eu-central-1" });
const alias = declared("aws:kms/alias:Alias", "a", { name: "alias/x" }, { dependencies: { targetKeyId: ["urn:k"] } });
const otherKey = declared("aws:kms/key:Key", "other");
const application = declared("azuread:index/application:Application", "app", { displayName: "byok-acme-eu" });
const principal = declared("azuread:index/servicePrincipal:ServicePrincipal", "sp", { clientId: "<client id of app>" }, { dependencies: { clientId: ["urn:app"] } });
const grant = declared("aws:kms/grant:Grant", "g", { keyId: "<id of k>" });

const common = { schema: 1, tenant: "acme", datacenter: "eu" } as const;
const aws: MasterKeyDescriptor = { ...common, provider: "aws-kms", grantedTo: "arn:aws:iam::201720642051:root", keyArn: `arn:aws:kms:eu-central-1:111122223333:key/${KEY_ID}`, aliasName: "alias/x" };
const azure: MasterKeyDescriptor = { ...common, provider: "azure-key-vault", grantedTo: OBJECT, keyUri: "https://v.vault.azure.net/keys/k", entraTenantId: OBJECT, clientId: CLIENT, certificateThumbprint: "A".repeat(40), certificateNotAfter: "2030-01-01T00:00:00Z", operation: "encrypt" };

describe("what descriptors tell", () => {
  test.each([
    ["the key of the alias", [otherKey, key, alias], { "id of k": KEY_ID }],
    ["the only key", [key], { "id of k": KEY_ID }],
    ["none of several without an alias", [key, otherKey], {}],
    ["client and object id", [application, principal], { "object id of sp": OBJECT, "client id of app": CLIENT }],
    ["nothing that is adopted", [{ ...application, kind: "adopted" as const }, { ...principal, kind: "adopted" as const }], {}],
  ])("%s", (_, resources, expected) => {
    expect(Object.fromEntries(factsOfDescriptors(resources, [aws, azure]))).toEqual(expected);
  });
});

describe("--id", () => {
  test.each([
    [`k=arn:aws:kms:eu-central-1:111122223333:key/${KEY_ID}`, ["id of k", KEY_ID]],
    [`app=/applications/${OBJECT}`, ["object id of app", OBJECT]],
    [`sp=${OBJECT}`, ["object id of sp", OBJECT]],
    ["g=abc=", ["id of g", "abc="]],
  ])("%s", (text, expected) => {
    expect(parseGivenId(text, [key, application, principal, grant])).toEqual(expected);
  });

  test.each([
    ["k", /must be NAME=ID/],
    ["k= ", /must be NAME=ID/],
    ["=x", /must be NAME=ID/],
    ["z=1", /the stack makes no z; it makes k, a/],
  ])("%s is refused", (text, message) => {
    expect(() => parseGivenId(text, [key, alias])).toThrow(message);
  });
});

describe("what finds the rest", () => {
  test.each<[string, string | undefined]>([
    ["id of k", "aws kms describe-key --key-id alias/x --region eu-central-1 --query KeyMetadata.KeyId --output text"],
    ["object id of app", 'az ad app list --display-name byok-acme-eu --query "[].id" --output tsv'],
    ["object id of sp", 'az ad sp list --display-name byok-acme-eu --query "[].id" --output tsv'],
    ["id of g", 'aws kms list-grants --key-id <id of k> --query "Grants[].[Name,GrantId]" --output text'],
    ["id of a", undefined],
    ["id of nothing", undefined],
  ])("%s", (words, command) => {
    expect(findingCommand(words, [key, alias, application, principal, grant], new Map())).toBe(command);
  });

  test("with the client id, from a descriptor, it is exact", () => {
    const facts = new Map([["client id of app", CLIENT]]);
    expect(findingCommand("object id of app", [application], facts)).toBe(`az ad app show --id ${CLIENT} --query id --output tsv`);
    expect(findingCommand("object id of sp", [application, principal], facts)).toBe(`az ad sp show --id ${CLIENT} --query id --output tsv`);
  });
});

test("ids are filled in where something is known", () => {
  const filled = fillIn("<id of k>:<id of g>", new Map([["id of k", "1"]]));
  expect([filled, missingIn(filled)]).toEqual(["1:<id of g>", ["id of g"]]);
});
