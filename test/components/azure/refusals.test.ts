import { describe, expect, test } from "@jest/globals";

import { keyTagsWarning, refuseKeyChanges, refuseVaultChanges } from "../../../components/azure/key-changes.js";
import { assignedRoleAdvice, MOST_TRIES_AGAIN, takenNameAdvice, triesAgain } from "../../../components/azure/refusals.js";
import { resourceNotFound } from "../../../sandbox/azure/arm/errors.js";
import { principalNotFound, roleAssignmentExists, vaultIsDeleted, vaultNameTaken } from "../../../sandbox/azure/arm/errors.js";

const PLACE = { vaultName: "acme-vault", keyName: "AFI", location: "westeurope" };
/** As azure-native prints a refusal of ARM's. */
const printed = ({ status, code, message }: { status: number; code: string; message: string }) => `Status=${status} Code="${code}" Message="${message}"`;

describe("changes of a key that Azure would ignore", () => {
  const KEY = { properties: { kty: "RSA", keySize: 3072, keyOps: ["encrypt"], rotationPolicy: { lifetimeActions: [] } }, tags: { a: "1" } };
  const changed = (properties: object) => ({ ...KEY, properties: { ...KEY.properties, ...properties } });

  test.each<[what: string, properties: object, problem: RegExp]>([
    ["the type", { kty: "RSA-HSM" }, /\n {2}protectionLevel: the protection level of a key that exists cannot be changed; make a new key beside it/],
    ["the size", { keySize: 4096 }, /\n {2}keySize: the size of/],
    ["the operations", { keyOps: ["wrapKey"] }, /\n {2}keyOps: the list of operations of/],
    ["the rotation", { rotationPolicy: undefined }, /\n {2}rotationPeriodInDays: is only taken when a key is made; .*az keyvault key rotation-policy update --vault-name acme-vault --name AFI/],
  ])("%s", (_what, properties, problem) => {
    expect(() => {
      refuseKeyChanges("k", PLACE, KEY, changed(properties));
    }).toThrow(problem);
  });

  test("all at once; none, nothing", () => {
    expect(() => {
      refuseKeyChanges("k", PLACE, KEY, changed({ kty: "RSA-HSM", keySize: 4096 }));
    }).toThrow(expect.objectContaining({ name: "InvalidArgsError", problems: [expect.stringMatching(/^protectionLevel/), expect.stringMatching(/^keySize/)] }));
    refuseKeyChanges("k", PLACE, KEY, { ...KEY, tags: { b: "2" } });
  });

  test("other tags are told of; the same, or none and an empty map, are not", () => {
    expect(keyTagsWarning(PLACE, KEY, { ...KEY, tags: { b: "2" } })).toContain("az keyvault key set-attributes --vault-name acme-vault --name AFI --tags NAME=VALUE");
    expect(keyTagsWarning(PLACE, KEY, KEY)).toBeUndefined();
    expect(keyTagsWarning(PLACE, { properties: {} }, { properties: {}, tags: {} })).toBeUndefined();
  });

  test("another tier of the vault is another protection level", () => {
    const standard = { properties: { sku: { name: "standard" }, enableRbacAuthorization: false } };
    refuseVaultChanges("k", standard, { properties: { ...standard.properties, enableRbacAuthorization: true } });
    expect(() => {
      refuseVaultChanges("k", standard, { properties: { ...standard.properties, sku: { name: "premium" } } });
    }).toThrow(/protectionLevel: /);
  });
});

describe("advice, by Azure's own words", () => {
  test.each<[what: string, refusal: string, advice: RegExp | undefined]>([
    ["a deleted vault of one's own", printed(vaultIsDeleted()), /az keyvault recover --name acme-vault --location westeurope, and adopt it \(existing: \{ vault: acme-vault, key: NAME \}\), or choose another vaultName/],
    ["a vault of somebody", printed(vaultNameTaken("acme-vault")), /unique in all of Azure.*choose another vaultName/],
    ["a deleted key", 'Code="Conflict" Message="Key AFI is currently in a deleted but recoverable state, and its name cannot be reused"', /az keyvault key recover --vault-name acme-vault --name AFI/],
    ["something that exists", "cannot create already existing resource '/subscriptions/x'", /adopt it: existing: \{ vault \}/],
    ["anything else", printed(resourceNotFound("Microsoft.KeyVault/vaults", "v", "g")), undefined],
  ])("%s", (_what, refusal, advice) => {
    const given = takenNameAdvice(refusal, PLACE);
    if (advice === undefined) expect(given).toBeUndefined();
    else expect(given).toMatch(advice);
  });

  test("a role that is there by another assignment", () => {
    const of = { scope: "/subscriptions/s", role: "r" };
    expect(assignedRoleAdvice(printed(roleAssignmentExists()), of)).toContain("az role assignment delete --assignee CLIENT_ID --role r --scope /subscriptions/s");
    expect(assignedRoleAdvice(printed(vaultIsDeleted()), of)).toBeUndefined();
  });
});

describe("trying again", () => {
  const unknown = printed(principalNotFound("0b1ec710-0000-4000-8000-000000000002", "6f3c1a52-8d0e-4b7a-9c41-2f5d7e8a9b10"));

  async function waits(refusals: readonly string[]): Promise<readonly [again: boolean, waited: readonly number[]]> {
    const waited: number[] = [];
    const again = await triesAgain(refusals, (milliseconds) => {
      waited.push(milliseconds);
      return Promise.resolve();
    });
    return [again, waited];
  }

  test("while the principal is not known, longer every time, and not for ever", async () => {
    const many = (count: number): string[] => Array.from({ length: count }, () => unknown);
    expect(await waits(many(1))).toEqual([true, [500]]);
    expect(await waits(many(2))).toEqual([true, [1000]]);
    expect(await waits(many(MOST_TRIES_AGAIN))).toEqual([true, [32_000]]);
    expect(await waits(many(MOST_TRIES_AGAIN + 1))).toEqual([false, []]);
  });

  test("of anything else, not at all", async () => {
    expect(await waits([printed(vaultIsDeleted()), unknown])).toEqual([false, []]);
    expect(await waits([])).toEqual([false, []]);
  });
});
