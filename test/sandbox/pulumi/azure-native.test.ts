import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { OTHER_TENANT_DIRECTORY, OTHER_TENANT_SUBSCRIPTION, TENANT_DIRECTORY, TENANT_SUBSCRIPTION } from "../../../sandbox/azure/index.js";
import { azureNativeProvider } from "../../../sandbox/pulumi/azure-native/provider.js";
import { type Properties, textOf, UNKNOWN } from "../../../sandbox/pulumi/values.js";
import { type Fixture, sandboxFixture } from "../fixtures.js";
import { deployment, type Deployment, type Remembered } from "./deployment.js";
import { connectEngine, type Engine, providerPort } from "./engine.js";

const GROUP = "azure-native:resources:ResourceGroup";
const VAULT = "azure-native:keyvault:Vault";
const KEY = "azure-native:keyvault:Key";
const POLICY = "azure-native:keyvault:AccessPolicy";
const CONFIG = { subscriptionId: TENANT_SUBSCRIPTION, tenantId: TENANT_DIRECTORY, environment: "public" };
/** What the SDK adds to a vault's properties. */
const SDK_DEFAULTS = {
  enableRbacAuthorization: false, enableSoftDelete: true, enabledForDeployment: false, enabledForDiskEncryption: false,
  enabledForTemplateDeployment: false, publicNetworkAccess: "enabled", softDeleteRetentionInDays: 90,
};
const SKU = { family: "A", name: "standard" };
const PRINCIPAL = "99999999-9999-4999-8999-999999999999";
const OTHER_PRINCIPAL = "88888888-8888-4888-8888-888888888888";
const CREATED = Date.UTC(2026, 10, 24) / 1000;

let fixture: Fixture;
let engine: Engine;
let stack: Deployment;
let group: Remembered;
let serial = 0;

const connect = (config: Properties): Promise<Engine> => connectEngine(providerPort(fixture.sandbox.environment, "azure-native"), config);

beforeAll(async () => {
  fixture = await sandboxFixture({ pulumi: true, clouds: ["aws", "azure"] });
  engine = await connect(CONFIG);
  stack = deployment(engine);
  group = await stack.create(GROUP, { resourceGroupName: "keys", location: "westeurope" });
});
afterAll(async () => {
  engine.close();
  await fixture.close();
});

const vaultGiven = (properties: Properties = {}, more: Properties = {}): Properties => ({
  resourceGroupName: "keys", vaultName: `acme-${++serial}`, location: "westeurope",
  properties: { ...SDK_DEFAULTS, tenantId: TENANT_DIRECTORY, sku: SKU, ...properties }, ...more,
});
const newVault = async (properties: Properties = {}): Promise<{ name: string; vault: Remembered; given: Properties }> => {
  const given = vaultGiven(properties);
  const vault = await stack.create(VAULT, given);
  return { name: textOf(given, "vaultName") ?? "", vault, given };
};
const keyGiven = (vaultName: string, properties: Properties = {}, more: Properties = {}): Properties => ({
  resourceGroupName: "keys", vaultName, keyName: "backup",
  properties: { kty: "RSA", keySize: 2048, keyOps: ["encrypt", "decrypt", "wrapKey", "unwrapKey"], ...properties }, ...more,
});
const policyGiven = (vaultName: string, keys: string[], objectId = PRINCIPAL): Properties => ({
  resourceGroupName: "keys", vaultName, policy: { tenantId: TENANT_DIRECTORY, objectId, permissions: { keys } },
});
const update = (property: string, replaces = false): unknown => ({ property, kind: "update", replaces });

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
    const located = await connect({ ...CONFIG, location: "uksouth" });
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
    const { vault, given, name } = await newVault({ enablePurgeProtection: true });
    expect(vault.state).toEqual({
      azureApiVersion: "2024-11-01", location: "westeurope", name, tags: {}, type: "Microsoft.KeyVault/vaults",
      systemData: { createdAt: "2026-11-24T00:00:00.000Z" },
      properties: {
        ...SDK_DEFAULTS, publicNetworkAccess: "Enabled", enablePurgeProtection: true, sku: SKU, tenantId: TENANT_DIRECTORY,
        accessPolicies: [], provisioningState: "Succeeded", vaultUri: `https://${name}.vault.azure.net/`,
      },
    });
    expect(vault.id).toBe(`${group.id}/providers/Microsoft.KeyVault/vaults/${name}`);
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
    const { vault, given } = await newVault({ enablePurgeProtection: true });
    const wanted = { ...given, properties: { ...(given["properties"] as Properties), ...properties } };
    await expect(stack.changes(VAULT, vault, wanted)).resolves.toEqual([difference]);
    await expect(stack.update(VAULT, vault, wanted)).rejects.toThrow(message);
  });

  test("keeps the policies of others if its program names none, and takes them away if it names some", async () => {
    const { name, vault, given } = await newVault();
    await stack.create(POLICY, policyGiven(name, ["get"]));
    const tagged = await stack.update(VAULT, vault, { ...given, tags: { a: "1" } });
    expect(tagged.state).toMatchObject({ properties: { accessPolicies: [{ objectId: PRINCIPAL }] } });
    // A policy that is a resource of its own is no drift of the vault.
    const seen = await stack.refreshed(VAULT, vault);
    await expect(stack.changes(VAULT, seen, { ...given, tags: { a: "1" } })).resolves.toEqual([]);

    const own = await newVault({ accessPolicies: [{ tenantId: TENANT_DIRECTORY, objectId: PRINCIPAL, permissions: { keys: ["get"] } }] });
    await stack.create(POLICY, policyGiven(own.name, ["get"], OTHER_PRINCIPAL));
    const drifted = await stack.refreshed(VAULT, own.vault);
    await expect(stack.changes(VAULT, drifted, own.given)).resolves.toEqual([update("properties.accessPolicies")]);
    const restored = await stack.update(VAULT, drifted, own.given);
    expect((restored.state["properties"] as Properties)["accessPolicies"]).toHaveLength(1);
  });

  test("with a closed firewall is a difference, unless the program looks away", async () => {
    const { name, vault, given } = await newVault();
    fixture.sandbox.azure.firewall({ vault: name, closed: true });
    const closed = await stack.refreshed(VAULT, vault);
    expect(closed.inputs).toMatchObject({ properties: { networkAcls: { defaultAction: "Deny" } } });
    await expect(stack.changes(VAULT, closed, given)).resolves.toEqual([{ property: "properties.networkAcls", kind: "delete", replaces: false }]);
    await expect(stack.changes(VAULT, closed, given, ["properties.networkAcls", "properties.publicNetworkAccess"])).resolves.toEqual([]);
  });

  test("is soft-deleted: its name stays taken, and it can be recovered", async () => {
    const { vault, given } = await newVault();
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
    const { name, vault } = await newVault();
    const found = await stack.import(VAULT, vault.id);
    expect(found?.inputs).toEqual({
      azureApiVersion: "2024-11-01", location: "westeurope", tags: {}, resourceGroupName: "keys", vaultName: name,
      properties: { ...SDK_DEFAULTS, publicNetworkAccess: "Enabled", sku: SKU, tenantId: TENANT_DIRECTORY, accessPolicies: [] },
    });
  });
});

describe("a key", () => {
  test("has flat outputs, with the API's names put in the SDK's", async () => {
    const { name, vault } = await newVault();
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
    const { name } = await newVault();
    const key = await stack.create(KEY, keyGiven(name));
    await expect(stack.create(KEY, keyGiven(name))).rejects.toThrow(`cannot create already existing resource '${key.id}'`);
    const found = await stack.import(KEY, key.id);
    expect(found).toMatchObject({
      state: { keyUri: `https://${name}.vault.azure.net/keys/backup` },
      inputs: { keyName: "backup", vaultName: name, resourceGroupName: "keys", properties: { kty: "RSA", keySize: 2048, attributes: { enabled: true } } },
    });
  });

  test("is never changed: an update is asked for, and changes nothing", async () => {
    const { name } = await newVault();
    const key = await stack.create(KEY, keyGiven(name));
    const wanted = keyGiven(name, { keySize: 4096, keyOps: ["sign"] });
    const differences = await stack.changes(KEY, key, wanted);
    expect(differences).toEqual([update("properties.keyOps"), update("properties.keySize")]);
    const updated = await stack.update(KEY, key, wanted);
    expect(updated.state).toEqual(key.state);
    await expect(stack.changes(KEY, updated, wanted)).resolves.toEqual([]);
  });

  test.each(["vaultName", "keyName", "resourceGroupName"])("another %s is another key", async (property) => {
    const { name } = await newVault();
    const key = await stack.create(KEY, keyGiven(name));
    await expect(stack.changes(KEY, key, { ...keyGiven(name), [property]: "another" })).resolves.toEqual([update(property, true)]);
  });

  test("that the tenant disables or rotates is no difference", async () => {
    const { name } = await newVault();
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
    const { name } = await newVault();
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
    const { name, vault } = await newVault();
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
    const { name } = await newVault();
    const { id } = await stack.create(POLICY, policyGiven(name, ["get"]));
    await expect(stack.create(POLICY, policyGiven(name, ["encrypt"]))).rejects.toThrow(`cannot create already existing resource "${id}"`);
  });

  test("of another principal is an update that finds nothing to update; asked to be replaced, it is", async () => {
    const { name, vault } = await newVault();
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
    const { name } = await newVault();
    const key = await stack.create(KEY, keyGiven(name));
    const policy = await stack.create(POLICY, policyGiven(name, ["encrypt", "decrypt"]));
    fixture.sandbox.azure.revoke(textOf(key.state, "keyUri") ?? "", "grant");
    await expect(stack.refresh(POLICY, policy)).resolves.toBeUndefined();
  });

  test("of older versions has an id without the principal", async () => {
    const { name, vault } = await newVault();
    const policy = await stack.create(POLICY, policyGiven(name, ["get"]));
    const old = { ...policy, id: `${vault.id}/accessPolicy` };
    await expect(stack.refreshed(POLICY, old)).resolves.toMatchObject({ id: old.id, state: policy.state });
  });

  test("needs its vault", async () => {
    await expect(stack.create(POLICY, policyGiven("not-there", ["get"]))).rejects.toThrow(
      `PUT https://management.azure.com${group.id}/providers/Microsoft.KeyVault/vaults/not-there/accessPolicies/replace\n${"-".repeat(80)}\nRESPONSE 404: 404 Not Found\nERROR CODE: ResourceNotFound\n`,
    );
  });
});

describe("previews", () => {
  test("of a creation know what is given", async () => {
    const preview = await engine.preview(KEY, keyGiven("some-vault"));
    expect(preview).toMatchObject({ keyName: "backup", keyUri: UNKNOWN, keyUriWithVersion: UNKNOWN, name: UNKNOWN, attributes: UNKNOWN });
  });

  test("of an update know name and location, and nothing else that Azure says", async () => {
    const { name } = await newVault();
    const key = await stack.create(KEY, keyGiven(name));
    await expect(engine.wire?.previewUpdate(KEY, key.id, key.state, key.inputs)).resolves.toMatchObject({
      name: "backup", location: "westeurope", keyUri: UNKNOWN, attributes: UNKNOWN, properties: key.inputs["properties"],
    });
  });

  test("of an unknown principal is a change", async () => {
    const { name } = await newVault();
    const policy = await stack.create(POLICY, policyGiven(name, ["get"]));
    const wanted: Properties = { ...policyGiven(name, ["get"]), policy: { tenantId: TENANT_DIRECTORY, objectId: UNKNOWN, permissions: { keys: ["get"] } } };
    await expect(stack.changes(POLICY, policy, wanted)).resolves.toEqual([update("policy.objectId")]);
  });
});

test.each<[string, string, Properties, string]>([
  ["a group without a name", GROUP, { location: "westeurope" }, "the sandbox makes up no names: it needs a resourceGroupName"],
  ["a name that is too long", GROUP, { resourceGroupName: "x".repeat(91) }, "'resourceGroupName' is too long (91): at most 90 characters allowed"],
  ["an empty name", GROUP, { resourceGroupName: "" }, "'resourceGroupName' is too short (0): at least 1 characters required"],
  ["a manager", GROUP, { resourceGroupName: "x", managedBy: "y" }, `the sandbox does not implement the property "managedBy" of ${GROUP}`],
  ["a vault without a name", VAULT, { resourceGroupName: "keys", properties: { sku: SKU, tenantId: TENANT_DIRECTORY } }, "the sandbox makes up no names: it needs a vaultName"],
  ["a vault's name", VAULT, vaultGiven({}, { vaultName: "a_b" }), "'vaultName' does not match expression '^[a-zA-Z0-9-]{3,24}$'"],
  ["no sku", VAULT, vaultGiven({ sku: null }), "Missing required property 'sku'"],
  ["virtual networks", VAULT, vaultGiven({ networkAcls: { virtualNetworkRules: [{ id: "x" }] } }), 'the sandbox implements only [] for "virtualNetworkRules", not [{"id":"x"}]'],
  ["a rotation policy", KEY, keyGiven("v-1", { rotationPolicy: {} }), `the sandbox does not implement the property "rotationPolicy" of ${KEY}.properties`],
  ["an exportable key", KEY, keyGiven("v-1", { attributes: { exportable: true } }), 'the sandbox implements only false for "exportable", not true'],
  ["a key without a vault", KEY, { ...keyGiven("v-1"), vaultName: null }, "Missing required property 'vaultName'"],
  ["a policy without permissions", POLICY, { ...policyGiven("v-1", []), policy: { tenantId: TENANT_DIRECTORY, objectId: PRINCIPAL } }, "Missing required property 'permissions'"],
])("check refuses %s", async (_, token, given, reason) => {
  await expect(stack.refusals(token, given)).resolves.toEqual([reason]);
});

test("a key kept by hardware is ARM's to refuse", async () => {
  const { name } = await newVault();
  await expect(stack.create(KEY, keyGiven(name, { kty: "RSA-HSM" }))).rejects.toThrow(
    'Status=501 Code="NotImplemented" Message="The sandbox does not implement keys of type RSA-HSM."',
  );
});

describe("the provider", () => {
  test.each<[string, Properties, string]>([
    [
      "another directory than the administrator's", { tenantId: OTHER_TENANT_DIRECTORY },
      `is signed in to the directory ${TENANT_DIRECTORY}, not to ${OTHER_TENANT_DIRECTORY}: sign in there, or correct tenantId`,
    ],
    ["credentials of its own", { clientId: "x" }, 'the sandbox does not implement the provider setting "clientId"'],
    ["a managed identity", { useMsi: "true" }, 'the sandbox does not implement true for the provider setting "useMsi"'],
    ["another cloud", { environment: "china" }, 'the sandbox does not implement china for the provider setting "environment"'],
  ])("does not take %s", async (_, config, message) => {
    await expect(connect(config)).rejects.toThrow(message);
  });

  test("of another tenant's subscription is refused by ARM, before anything is made", async () => {
    const stranger = await connect({ subscriptionId: OTHER_TENANT_SUBSCRIPTION });
    const before = fixture.sandbox.azure.status().vaults.length;
    await expect(deployment(stranger).create(GROUP, { resourceGroupName: "x", location: "westeurope" })).rejects.toThrow(
      `cannot check existence of resource '/subscriptions/${OTHER_TENANT_SUBSCRIPTION}/resourceGroups/x': status code 401, {"error":{"code":"InvalidAuthenticationTokenTenant","message":"The access token is from the wrong issuer 'https://sts.windows.net/${TENANT_DIRECTORY}/'.`,
    );
    expect(fixture.sandbox.azure.status().vaults).toHaveLength(before);
    stranger.close();
  });

  test("is whoever signs in next", async () => {
    fixture.sandbox.azure.signIn({ entraTenantId: OTHER_TENANT_DIRECTORY });
    try {
      const other = await connect({ useMsi: "false", disablePulumiPartnerId: "true" });
      const { objectId } = fixture.sandbox.azure.deployer();
      await expect(other.wire?.invoke("azure-native:authorization:getClientConfig")).resolves.toEqual({
        clientId: "04b07795-8ddb-461a-bbee-02f9e1bf7b46", objectId, subscriptionId: OTHER_TENANT_SUBSCRIPTION, tenantId: OTHER_TENANT_DIRECTORY,
      });
      await expect(other.wire?.invoke("azure-native:keyvault:getVault")).rejects.toThrow(
        "the sandbox does not implement the function azure-native:keyvault:getVault",
      );
      other.close();
    } finally {
      fixture.sandbox.azure.signIn({ entraTenantId: TENANT_DIRECTORY });
    }
  });

  test("needs an engine that tells the last inputs", async () => {
    const { vault, given } = await newVault();
    await expect(engine.diff(VAULT, vault.id, vault.state, given, [])).rejects.toThrow(
      `${VAULT}: this Pulumi does not tell providers the inputs of the last deployment; update it`,
    );
  });

  test("tells what ARM answers while it fails", async () => {
    fixture.sandbox.azure.injectFault({ operation: "Microsoft.KeyVault/vaults/write", error: "ServiceUnavailable" });
    try {
      await expect(newVault()).rejects.toThrow('Status=503 Code="ServiceUnavailable" Message="The service is temporarily unavailable."');
    } finally {
      fixture.sandbox.azure.clearFaults();
    }
  });
});

test("the old one goes first whatever replaces it, since names are chosen", () => {
  expect(azureNativeProvider.deletesFirst(GROUP, ["location"])).toBe(true);
  expect(azureNativeProvider.deletesFirst(KEY, ["keyName"])).toBe(true);
});

test("a sandbox without Azure says so", async () => {
  const without = await sandboxFixture({ pulumi: true });
  try {
    await expect(connectEngine(providerPort(without.sandbox.environment, "azure-native"), CONFIG)).rejects.toThrow(
      "the sandbox runs without azure: start it with azure among its clouds",
    );
  } finally {
    await without.close();
  }
});
