import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { OTHER_TENANT_DIRECTORY, TENANT_DIRECTORY, TENANT_SUBSCRIPTION } from "../../../../sandbox/azure/index.js";
import { type Properties } from "../../../../sandbox/pulumi/values.js";
import { type Fixture } from "../../fixtures.js";
import { deployment, type Deployment } from "../deployment.js";
import {
  type AzureNativeFixture, azureNativeFixture, CONFIG, GROUP, GROUP_ID, OTHER_PRINCIPAL, POLICY, policyGiven, PRINCIPAL, SDK_DEFAULTS, SKU, update, VAULT, vaultGiven,
} from "./fixture.js";

let shared: AzureNativeFixture;
let fixture: Fixture;
let stack: Deployment;
beforeAll(async () => {
  shared = await azureNativeFixture();
  ({ fixture, stack } = shared);
});
afterAll(() => shared.close());

describe("a resource group", () => {
  test("is made, stays as it is, changes its tags, and goes with what is in it", async () => {
    const given = { resourceGroupName: "of-its-own", location: "West Europe", tags: { a: "1" } };
    const one = await stack.create(GROUP, given);
    expect(one).toEqual({
      id: `/subscriptions/${TENANT_SUBSCRIPTION}/resourceGroups/of-its-own`,
      inputs: { ...given, azureApiVersion: "2024-03-01" },
      state: {
        azureApiVersion: "2024-03-01", location: "westeurope", name: "of-its-own", tags: { a: "1" },
        type: "Microsoft.Resources/resourceGroups", properties: { provisioningState: "Succeeded" },
      },
    });
    await expect(stack.changes(GROUP, one, given)).resolves.toEqual([]);
    await expect(stack.changes(GROUP, one, { ...given, location: "westeurope" })).resolves.toEqual([]);
    await expect(stack.changes(GROUP, one, { ...given, location: "northeurope" })).resolves.toEqual([update("location", true)]);
    await expect(stack.changes(GROUP, one, { ...given, resourceGroupName: "other" })).resolves.toEqual([update("resourceGroupName", true)]);
    await expect(stack.changes(GROUP, one, { ...given, tags: { b: "2" } })).resolves.toEqual([update("tags")]);
    const changed = await stack.update(GROUP, one, { ...given, tags: { b: "2" } });
    expect(changed.state["tags"]).toEqual({ b: "2" });

    const vault = await stack.create(VAULT, vaultGiven({}, { resourceGroupName: "of-its-own" }));
    await stack.delete(GROUP, changed);
    await stack.delete(GROUP, changed);
    await expect(stack.refresh(GROUP, changed)).resolves.toBeUndefined();
    await expect(stack.refresh(VAULT, vault)).resolves.toBeUndefined();
  });

  test("that exists is not taken over", async () => {
    await expect(stack.create(GROUP, { resourceGroupName: "KEYS", location: "westeurope" })).rejects.toThrow(
      `cannot create already existing resource '/subscriptions/${TENANT_SUBSCRIPTION}/resourceGroups/KEYS'`,
    );
  });

  test("is in the provider's location, or nowhere", async () => {
    const located = await shared.connect({ ...CONFIG, location: "uksouth" });
    const one = await deployment(located).create(GROUP, { resourceGroupName: "located" });
    expect(one.state["location"]).toBe("uksouth");
    await expect(deployment(located).changes(GROUP, one, { resourceGroupName: "located" })).resolves.toEqual([]);
    located.close();
    await expect(stack.create(GROUP, { resourceGroupName: "nowhere" })).rejects.toThrow(
      "missing required property 'location'. Either set it explicitly or configure it with 'pulumi config set azure-native:location <value>'.",
    );
  });
});

describe("a vault", () => {
  test("as the component makes it", async () => {
    const { vault, given, name } = await shared.newVault({ enablePurgeProtection: true });
    expect(vault.state).toEqual({
      azureApiVersion: "2024-11-01", location: "westeurope", name, tags: {}, type: "Microsoft.KeyVault/vaults",
      systemData: { createdAt: "2026-11-24T00:00:00.000Z" },
      properties: {
        ...SDK_DEFAULTS, publicNetworkAccess: "Enabled", enablePurgeProtection: true, sku: SKU, tenantId: TENANT_DIRECTORY,
        accessPolicies: [], provisioningState: "Succeeded", vaultUri: `https://${name}.vault.azure.net/`,
      },
    });
    expect(vault.id).toBe(`${GROUP_ID}/providers/Microsoft.KeyVault/vaults/${name}`);
    await expect(stack.changes(VAULT, vault, given)).resolves.toEqual([]);
    const again = await stack.refreshed(VAULT, vault);
    expect(again.inputs).toEqual(vault.inputs);
    await expect(stack.changes(VAULT, again, given)).resolves.toEqual([]);
  });

  test("is where its group is, unless somebody says otherwise", async () => {
    const given = vaultGiven({}, { location: null });
    const vault = await stack.create(VAULT, given);
    expect(vault.state["location"]).toBe("westeurope");
    await expect(stack.changes(VAULT, vault, given)).resolves.toEqual([]);
  });

  test.each<[string, Properties, unknown, string]>([
    [
      "another retention", { softDeleteRetentionInDays: 30 }, update("properties.softDeleteRetentionInDays"),
      'Status=400 Code="BadRequest" Message="The property "softDeleteRetentionInDays" has been set already and it can\'t be modified."',
    ],
    [
      "purge protection off", { enablePurgeProtection: false }, update("properties.enablePurgeProtection"),
      'Status=400 Code="BadRequest" Message="The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is an irreversible action."',
    ],
    [
      "another directory", { tenantId: OTHER_TENANT_DIRECTORY }, update("properties.tenantId"),
      `Status=400 Code="BadRequest" Message="The tenant '${OTHER_TENANT_DIRECTORY}' is not the one of subscription '${TENANT_SUBSCRIPTION}'; the sandbox keeps vaults in their subscription's directory."`,
    ],
  ])("%s is an update, which Azure refuses", async (_, properties, difference, message) => {
    const { vault, given } = await shared.newVault({ enablePurgeProtection: true });
    const wanted = { ...given, properties: { ...(given["properties"] as Properties), ...properties } };
    await expect(stack.changes(VAULT, vault, wanted)).resolves.toEqual([difference]);
    await expect(stack.update(VAULT, vault, wanted)).rejects.toThrow(message);
  });

  test("keeps the policies of others if its program names none, and takes them away if it names some", async () => {
    const { name, vault, given } = await shared.newVault();
    await stack.create(POLICY, policyGiven(name, ["get"]));
    const tagged = await stack.update(VAULT, vault, { ...given, tags: { a: "1" } });
    expect(tagged.state).toMatchObject({ properties: { accessPolicies: [{ objectId: PRINCIPAL }] } });
    // A policy that is a resource of its own is no drift of the vault.
    const seen = await stack.refreshed(VAULT, vault);
    await expect(stack.changes(VAULT, seen, { ...given, tags: { a: "1" } })).resolves.toEqual([]);

    const own = await shared.newVault({ accessPolicies: [{ tenantId: TENANT_DIRECTORY, objectId: PRINCIPAL, permissions: { keys: ["get"] } }] });
    await stack.create(POLICY, policyGiven(own.name, ["get"], OTHER_PRINCIPAL));
    const drifted = await stack.refreshed(VAULT, own.vault);
    await expect(stack.changes(VAULT, drifted, own.given)).resolves.toEqual([update("properties.accessPolicies")]);
    const restored = await stack.update(VAULT, drifted, own.given);
    expect((restored.state["properties"] as Properties)["accessPolicies"]).toHaveLength(1);
  });

  test("with a closed firewall is a difference, unless the program looks away", async () => {
    const { name, vault, given } = await shared.newVault();
    fixture.sandbox.azure.firewall({ vault: name, closed: true });
    const closed = await stack.refreshed(VAULT, vault);
    expect(closed.inputs).toMatchObject({ properties: { networkAcls: { defaultAction: "Deny" } } });
    await expect(stack.changes(VAULT, closed, given)).resolves.toEqual([{ property: "properties.networkAcls", kind: "delete", replaces: false }]);
    await expect(stack.changes(VAULT, closed, given, ["properties.networkAcls", "properties.publicNetworkAccess"])).resolves.toEqual([]);
  });

  test("is soft-deleted: its name stays taken, and it can be recovered", async () => {
    const { vault, given } = await shared.newVault();
    await stack.delete(VAULT, vault);
    await stack.delete(VAULT, vault);
    await expect(stack.refresh(VAULT, vault)).resolves.toBeUndefined();
    await expect(stack.create(VAULT, given)).rejects.toThrow(
      'Status=409 Code="ConflictError" Message="A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete."',
    );
    const recovering = { ...given, properties: { ...(given["properties"] as Properties), createMode: "recover" } };
    const recovered = await stack.create(VAULT, recovering);
    expect(recovered).toMatchObject({ id: vault.id, inputs: { properties: { createMode: "recover" } } });
    expect(recovered.state["properties"]).not.toHaveProperty("createMode");
    await expect(stack.changes(VAULT, await stack.refreshed(VAULT, recovered), recovering)).resolves.toEqual([]);
  });

  test("is imported with all that its state shows", async () => {
    const { name, vault } = await shared.newVault();
    const found = await stack.import(VAULT, vault.id);
    expect(found?.inputs).toEqual({
      azureApiVersion: "2024-11-01", location: "westeurope", tags: {}, resourceGroupName: "keys", vaultName: name,
      properties: { ...SDK_DEFAULTS, publicNetworkAccess: "Enabled", sku: SKU, tenantId: TENANT_DIRECTORY, accessPolicies: [] },
    });
  });
});
