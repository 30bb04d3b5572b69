import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { textOf } from "../../../../sandbox/pulumi/values.js";
import { type Fixture } from "../../fixtures.js";
import { type Deployment } from "../deployment.js";
import {
  azureNativeFixture, type AzureNativeFixture, CREATED, GROUP_ID, KEY, keyGiven, OTHER_PRINCIPAL, POLICY, policyGiven, PRINCIPAL, update, VAULT,
} from "./fixture.js";

let shared: AzureNativeFixture;
let fixture: Fixture;
let stack: Deployment;
beforeAll(async () => {
  shared = await azureNativeFixture();
  ({ fixture, stack } = shared);
});
afterAll(() => shared.close());

describe("a key", () => {
  test("has flat outputs, with the API's names put in the SDK's", async () => {
    const { name, vault } = await shared.newVault();
    const given = keyGiven(name, { attributes: { notBefore: CREATED, expires: CREATED + 3600, exportable: false } }, { tags: { a: "1" } });
    const key = await stack.create(KEY, given);
    expect(key).toEqual({
      id: `${vault.id}/keys/backup`,
      inputs: { ...given, azureApiVersion: "2024-11-01" },
      state: {
        azureApiVersion: "2024-11-01", kty: "RSA", keySize: 2048, keyOps: ["encrypt", "decrypt", "wrapKey", "unwrapKey"],
        attributes: {
          enabled: true, exportable: false, notBefore: CREATED, expires: CREATED + 3600, created: CREATED, updated: CREATED,
          recoveryLevel: "Recoverable+Purgeable",
        },
        keyUri: `https://${name}.vault.azure.net/keys/backup`,
        keyUriWithVersion: expect.stringMatching(new RegExp(`^https://${name}\\.vault\\.azure\\.net/keys/backup/[0-9a-f]{32}$`)),
        location: "westeurope", name: "backup", tags: { a: "1" }, type: "Microsoft.KeyVault/vaults/keys",
      },
    });
    await expect(stack.changes(KEY, key, given)).resolves.toEqual([]);
  });

  test("that exists is not taken over, but may be got or imported", async () => {
    const { name } = await shared.newVault();
    const key = await stack.create(KEY, keyGiven(name));
    await expect(stack.create(KEY, keyGiven(name))).rejects.toThrow(`cannot create already existing resource '${key.id}'`);
    const found = await stack.import(KEY, key.id);
    expect(found).toMatchObject({
      state: { keyUri: `https://${name}.vault.azure.net/keys/backup` },
      inputs: { keyName: "backup", vaultName: name, resourceGroupName: "keys", properties: { kty: "RSA", keySize: 2048, attributes: { enabled: true } } },
    });
  });

  test("is never changed: an update is asked for, and changes nothing", async () => {
    const { name } = await shared.newVault();
    const key = await stack.create(KEY, keyGiven(name));
    const wanted = keyGiven(name, { keySize: 4096, keyOps: ["sign"] });
    const differences = await stack.changes(KEY, key, wanted);
    expect(differences).toEqual([update("properties.keyOps"), update("properties.keySize")]);
    const updated = await stack.update(KEY, key, wanted);
    expect(updated.state).toEqual(key.state);
    await expect(stack.changes(KEY, updated, wanted)).resolves.toEqual([]);
  });

  test.each(["vaultName", "keyName", "resourceGroupName"])("another %s is another key", async (property) => {
    const { name } = await shared.newVault();
    const key = await stack.create(KEY, keyGiven(name));
    await expect(stack.changes(KEY, key, { ...keyGiven(name), [property]: "another" })).resolves.toEqual([update(property, true)]);
  });

  test("that the tenant disables or rotates is no difference", async () => {
    const { name } = await shared.newVault();
    const key = await stack.create(KEY, keyGiven(name));
    const keyId = textOf(key.state, "keyUri") ?? "";
    fixture.sandbox.azure.revoke(keyId, "disable");
    const disabled = await stack.refreshed(KEY, key);
    expect(disabled.state).toMatchObject({ attributes: { enabled: false } });
    await expect(stack.changes(KEY, disabled, keyGiven(name))).resolves.toEqual([]);
    fixture.sandbox.azure.restore(keyId);
    fixture.sandbox.azure.rotate(keyId);
    const rotated = await stack.refreshed(KEY, disabled);
    expect(rotated.state["keyUriWithVersion"]).not.toBe(key.state["keyUriWithVersion"]);
    expect(rotated.state["keyUri"]).toBe(keyId);
    await expect(stack.changes(KEY, rotated, keyGiven(name))).resolves.toEqual([]);
  });

  test("is deleted through its vault, which asks for a right there", async () => {
    const { name } = await shared.newVault();
    const key = await stack.create(KEY, keyGiven(name));
    const { objectId } = fixture.sandbox.azure.deployer();
    await expect(stack.delete(KEY, key)).rejects.toThrow(
      `DELETE https://${name}.vault.azure.net/keys/backup\n${"-".repeat(80)}\nRESPONSE 403: 403 Forbidden\nERROR CODE: Forbidden\n`,
    );
    await stack.create(POLICY, policyGiven(name, ["delete"], objectId));
    await stack.delete(KEY, key);
    await stack.delete(KEY, key);
    await expect(stack.refresh(KEY, key)).resolves.toBeUndefined();
    await expect(stack.create(KEY, keyGiven(name))).rejects.toThrow(
      'Status=409 Code="Conflict" Message="Key backup is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the key can only be recovered or purged."',
    );
  });
});

describe("an access policy", () => {
  test("is one principal's, made, changed and taken away beside those of others", async () => {
    const { name, vault } = await shared.newVault();
    const other = await stack.create(POLICY, policyGiven(name, ["get"], OTHER_PRINCIPAL));
    const given = policyGiven(name, ["encrypt", "decrypt"]);
    const policy = await stack.create(POLICY, given);
    expect(policy).toEqual({ id: `${vault.id}/accessPolicy/${PRINCIPAL}`, inputs: given, state: given });
    await expect(stack.changes(POLICY, policy, given)).resolves.toEqual([]);
    await expect(stack.changes(POLICY, policy, policyGiven(name, ["decrypt"]))).resolves.toEqual([update("policy.permissions.keys")]);
    const changed = await stack.update(POLICY, policy, policyGiven(name, ["decrypt"]));
    expect(changed.state).toMatchObject({ policy: { permissions: { keys: ["decrypt"] } } });

    await stack.delete(POLICY, changed);
    await stack.delete(POLICY, changed);
    await expect(stack.refresh(POLICY, changed)).resolves.toBeUndefined();
    await expect(stack.refreshed(POLICY, other)).resolves.toMatchObject({ state: other.state });
  });

  test("that exists is not taken over", async () => {
    const { name } = await shared.newVault();
    const { id } = await stack.create(POLICY, policyGiven(name, ["get"]));
    await expect(stack.create(POLICY, policyGiven(name, ["encrypt"]))).rejects.toThrow(`cannot create already existing resource "${id}"`);
  });

  test("of another principal is an update that finds nothing to update; asked to be replaced, it is", async () => {
    const { name, vault } = await shared.newVault();
    const policy = await stack.create(POLICY, policyGiven(name, ["get"]));
    const wanted = policyGiven(name, ["get"], OTHER_PRINCIPAL);
    // What a program's replaceOnChanges goes by.
    await expect(stack.changes(POLICY, policy, wanted)).resolves.toEqual([update("policy.objectId")]);
    await expect(stack.update(POLICY, policy, wanted)).rejects.toThrow(`access policy for ${OTHER_PRINCIPAL} does not exist`);
    await stack.create(POLICY, wanted);
    await stack.delete(POLICY, policy);
    const { state } = await stack.refreshed(VAULT, vault);
    expect(state).toMatchObject({ properties: { accessPolicies: [{ objectId: OTHER_PRINCIPAL, permissions: { keys: ["get"] } }] } });
  });

  test("that the tenant withdraws is gone", async () => {
    const { name } = await shared.newVault();
    const key = await stack.create(KEY, keyGiven(name));
    const policy = await stack.create(POLICY, policyGiven(name, ["encrypt", "decrypt"]));
    fixture.sandbox.azure.revoke(textOf(key.state, "keyUri") ?? "", "grant");
    await expect(stack.refresh(POLICY, policy)).resolves.toBeUndefined();
  });

  test("of older versions has an id without the principal", async () => {
    const { name, vault } = await shared.newVault();
    const policy = await stack.create(POLICY, policyGiven(name, ["get"]));
    const old = { ...policy, id: `${vault.id}/accessPolicy` };
    await expect(stack.refreshed(POLICY, old)).resolves.toMatchObject({ id: old.id, state: policy.state });
  });

  test("needs its vault", async () => {
    await expect(stack.create(POLICY, policyGiven("not-there", ["get"]))).rejects.toThrow(
      `PUT https://management.azure.com${GROUP_ID}/providers/Microsoft.KeyVault/vaults/not-there/accessPolicies/replace\n${"-".repeat(80)}\nRESPONSE 404: 404 Not Found\nERROR CODE: ResourceNotFound\n`,
    );
  });
});
