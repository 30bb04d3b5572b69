/** What the tests of azure-native share: a sandbox, the provider as an engine has it, and what its resources are given. */
import { TENANT_DIRECTORY, TENANT_SUBSCRIPTION } from "../../../../sandbox/azure/index.js";
import { type Properties, textOf } from "../../../../sandbox/pulumi/values.js";
import { type Fixture, sandboxFixture } from "../../fixtures.js";
import { deployment, type Deployment, type Remembered } from "../deployment.js";
import { connectEngine, type Engine, providerPort } from "../engine.js";

export const GROUP = "azure-native:resources:ResourceGroup";
export const VAULT = "azure-native:keyvault:Vault";
export const KEY = "azure-native:keyvault:Key";
export const POLICY = "azure-native:keyvault:AccessPolicy";
export const CONFIG = { subscriptionId: TENANT_SUBSCRIPTION, tenantId: TENANT_DIRECTORY, environment: "public" };
/** What the SDK adds to a vault's properties. */
export const SDK_DEFAULTS = {
  enableRbacAuthorization: false, enableSoftDelete: true, enabledForDeployment: false, enabledForDiskEncryption: false,
  enabledForTemplateDeployment: false, publicNetworkAccess: "enabled", softDeleteRetentionInDays: 90,
};
export const SKU = { family: "A", name: "standard" };
export const PRINCIPAL = "99999999-9999-4999-8999-999999999999";
export const OTHER_PRINCIPAL = "88888888-8888-4888-8888-888888888888";
/** When things are made, in seconds. */
export const CREATED = Date.UTC(2026, 10, 24) / 1000;

/** The group that everything is in. */
export const GROUP_ID = `/subscriptions/${TENANT_SUBSCRIPTION}/resourceGroups/keys`;

export interface AzureNativeFixture {
  readonly fixture: Fixture;
  readonly engine: Engine;
  readonly stack: Deployment;
  connect(config: Properties): Promise<Engine>;
  newVault(properties?: Properties): Promise<{ name: string; vault: Remembered; given: Properties }>;
  close(): Promise<void>;
}

export async function azureNativeFixture(): Promise<AzureNativeFixture> {
  const fixture = await sandboxFixture({ pulumi: true, clouds: ["aws", "azure"] });
  const connect = (config: Properties): Promise<Engine> => connectEngine(providerPort(fixture.sandbox.environment, "azure-native"), config);
  const engine = await connect(CONFIG);
  const stack = deployment(engine);
  await stack.create(GROUP, { resourceGroupName: "keys", location: "westeurope" });
  return {
    fixture,
    engine,
    stack,
    connect,
    newVault: async (properties = {}) => {
      const given = vaultGiven(properties);
      return { name: textOf(given, "vaultName") ?? "", vault: await stack.create(VAULT, given), given };
    },
    close: async () => {
      engine.close();
      await fixture.close();
    },
  };
}

let serial = 0;

/** A vault of a name that no other has. */
export function vaultGiven(properties: Properties = {}, more: Properties = {}): Properties {
  return {
    resourceGroupName: "keys", vaultName: `acme-${++serial}`, location: "westeurope",
    properties: { ...SDK_DEFAULTS, tenantId: TENANT_DIRECTORY, sku: SKU, ...properties }, ...more,
  };
}

export function keyGiven(vaultName: string, properties: Properties = {}, more: Properties = {}): Properties {
  return {
    resourceGroupName: "keys", vaultName, keyName: "backup",
    properties: { kty: "RSA", keySize: 2048, keyOps: ["encrypt", "decrypt", "wrapKey", "unwrapKey"], ...properties }, ...more,
  };
}

export function policyGiven(vaultName: string, keys: string[], objectId = PRINCIPAL): Properties {
  return { resourceGroupName: "keys", vaultName, policy: { tenantId: TENANT_DIRECTORY, objectId, permissions: { keys } } };
}

/** A difference of a value that is there on both sides. */
export function update(property: string, replaces = false): unknown {
  return { property, kind: "update", replaces };
}
