import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { OTHER_TENANT_DIRECTORY, OTHER_TENANT_SUBSCRIPTION, TENANT_DIRECTORY } from "../../../../sandbox/azure/index.js";
import { azureNativeProvider } from "../../../../sandbox/pulumi/azure-native/provider.js";
import { type Properties, UNKNOWN } from "../../../../sandbox/pulumi/values.js";
import { type Fixture, sandboxFixture } from "../../fixtures.js";
import { deployment, type Deployment } from "../deployment.js";
import { connectEngine, providerPort } from "../engine.js";
import {
  azureNativeFixture, type AzureNativeFixture, CONFIG, GROUP, KEY, keyGiven, POLICY, policyGiven, PRINCIPAL, SKU, update, VAULT, vaultGiven,
} from "./fixture.js";

let shared: AzureNativeFixture;
let fixture: Fixture;
let stack: Deployment;
beforeAll(async () => {
  shared = await azureNativeFixture();
  ({ fixture, stack } = shared);
});
afterAll(() => shared.close());

describe("previews", () => {
  test("of a creation know what is given", async () => {
    const preview = await shared.engine.preview(KEY, keyGiven("some-vault"));
    expect(preview).toMatchObject({ keyName: "backup", keyUri: UNKNOWN, keyUriWithVersion: UNKNOWN, name: UNKNOWN, attributes: UNKNOWN });
  });

  test("of an update know name and location, and nothing else that Azure says", async () => {
    const { name } = await shared.newVault();
    const key = await stack.create(KEY, keyGiven(name));
    await expect(shared.engine.wire?.previewUpdate(KEY, key.id, key.state, key.inputs)).resolves.toMatchObject({
      name: "backup", location: "westeurope", keyUri: UNKNOWN, attributes: UNKNOWN, properties: key.inputs["properties"],
    });
  });

  test("of an unknown principal is a change", async () => {
    const { name } = await shared.newVault();
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
  ["a release policy", KEY, keyGiven("v-1", { releasePolicy: {} }), `the sandbox does not implement the property "releasePolicy" of ${KEY}.properties`],
  ["an exportable key", KEY, keyGiven("v-1", { attributes: { exportable: true } }), 'the sandbox implements only false for "exportable", not true'],
  ["a key without a vault", KEY, { ...keyGiven("v-1"), vaultName: null }, "Missing required property 'vaultName'"],
  ["a policy without permissions", POLICY, { ...policyGiven("v-1", []), policy: { tenantId: TENANT_DIRECTORY, objectId: PRINCIPAL } }, "Missing required property 'permissions'"],
])("check refuses %s", async (_, token, given, reason) => {
  await expect(stack.refusals(token, given)).resolves.toEqual([reason]);
});

test("a key that the vault's tier or the sandbox does not have is ARM's to refuse", async () => {
  const { name } = await shared.newVault();
  await expect(stack.create(KEY, keyGiven(name, { kty: "RSA-HSM" }))).rejects.toThrow("Keys of type RSA-HSM need a vault with the SKU premium.");
  await expect(stack.create(KEY, keyGiven(name, { kty: "EC" }))).rejects.toThrow(
    'Status=501 Code="NotImplemented" Message="The sandbox does not implement keys of type EC."',
  );
});

test("a premium vault makes an HSM key", async () => {
  const { name } = await shared.newVault({ sku: { family: "A", name: "premium" } });
  const { state } = await stack.create(KEY, keyGiven(name, { kty: "RSA-HSM" }));
  expect(state["kty"]).toBe("RSA-HSM");
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
    await expect(shared.connect(config)).rejects.toThrow(message);
  });

  test("of another tenant's subscription is refused by ARM, before anything is made", async () => {
    const stranger = await shared.connect({ subscriptionId: OTHER_TENANT_SUBSCRIPTION });
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
      const other = await shared.connect({ useMsi: "false", disablePulumiPartnerId: "true" });
      const { objectId } = fixture.sandbox.azure.deployer();
      await expect(other.wire?.invoke("azure-native:authorization:getClientConfig")).resolves.toEqual({
        clientId: "04b07795-8ddb-461a-bbee-02f9e1bf7b46", objectId, subscriptionId: OTHER_TENANT_SUBSCRIPTION, tenantId: OTHER_TENANT_DIRECTORY,
      });
      await expect(other.wire?.invoke("azure-native:keyvault:getSecret")).rejects.toThrow(
        "the sandbox does not implement the function azure-native:keyvault:getSecret",
      );
      other.close();
    } finally {
      fixture.sandbox.azure.signIn({ entraTenantId: TENANT_DIRECTORY });
    }
  });

  test("needs an engine that tells the last inputs", async () => {
    const { vault, given } = await shared.newVault();
    await expect(shared.engine.diff(VAULT, vault.id, vault.state, given, [])).rejects.toThrow(
      `${VAULT}: this Pulumi does not tell providers the inputs of the last deployment; update it`,
    );
  });

  test("tells what ARM answers while it fails", async () => {
    fixture.sandbox.azure.injectFault({ operation: "Microsoft.KeyVault/vaults/write", error: "ServiceUnavailable" });
    try {
      await expect(shared.newVault()).rejects.toThrow('Status=503 Code="ServiceUnavailable" Message="The service is temporarily unavailable."');
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
