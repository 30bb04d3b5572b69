import { beforeAll, describe, expect, test } from "@jest/globals";

import { type AzureTenantKeyArgs } from "../../../components/azure/index.js";
import { ProtectionLevel } from "../../../components/protection-level.js";
import { Datacenter } from "../../../components/regions.js";
import { masterKeyDescriptorSchema } from "../../../runtime/master-key/descriptor.js";
import { deploy } from "../recorded-deployment.js";

const ENTRA_TENANT = "6f3c1a52-8d0e-4b7a-9c41-2f5d7e8a9b10";
const SUBSCRIPTION = "0d9b4e37-5a1c-4c86-b2f4-93e6a7c8d201";
const VAULT = "byok-acme-eu-mbdtyv";
const APPLICATION = {
  clientId: "a11ca710-0000-4000-8000-000000000001",
  servicePrincipalId: "0b1ec710-0000-4000-8000-000000000002",
  certificateThumbprint: "0123456789ABCDEF0123456789ABCDEF01234567",
  certificateNotAfter: "2028-12-31T12:34:56Z",
};
const ARGS: AzureTenantKeyArgs = {
  tenant: "acme",
  datacenter: Datacenter.Eu,
  entraTenantId: ENTRA_TENANT,
  subscriptionId: SUBSCRIPTION,
  application: APPLICATION,
};
const GRANT = {
  policy: {
    tenantId: ENTRA_TENANT,
    objectId: APPLICATION.servicePrincipalId,
    permissions: { keys: ["encrypt", "decrypt"] },
  },
};

function deployKey(args: AzureTenantKeyArgs, options: { preview?: boolean; opts?: object } = {}) {
  return deploy(async () => {
    const { Provider } = await import("@pulumi/azure-native/provider.js");
    const { AzureTenantKey } = await import("../../../components/azure/index.js");
    const provider = new Provider("tenant", { subscriptionId: SUBSCRIPTION, tenantId: ENTRA_TENANT });
    return { descriptor: new AzureTenantKey("k", args, { provider, ...options.opts }).descriptor };
  }, options);
}

describe("AzureTenantKey", () => {
  test("registers exactly group, vault, key and policy, each with its own protection", async () => {
    const { registrations, warnings } = await deployKey(ARGS);
    const common = { custom: true, parent: "k", provider: "tenant" };

    expect(registrations.map(({ type, name }) => `${type} ${name}`)).toEqual([
      "pulumi:pulumi:Stack byok-stack",
      "pulumi:providers:azure-native tenant",
      "pulumi-byok:index:AzureTenantKey k",
      "azure-native:resources:ResourceGroup k-group",
      "azure-native:keyvault:Vault k-vault",
      "azure-native:keyvault:Key k-key",
      "azure-native:keyvault:AccessPolicy k-policy",
    ]);
    expect(registrations.slice(3)).toEqual([
      {
        ...common,
        type: "azure-native:resources:ResourceGroup",
        name: "k-group",
        protect: true,
        retainOnDelete: true,
        ignoreChanges: [],
        replaceOnChanges: [],
        inputs: { resourceGroupName: "byok-acme-eu", location: "westeurope" },
      },
      {
        ...common,
        type: "azure-native:keyvault:Vault",
        name: "k-vault",
        protect: true,
        retainOnDelete: true,
        ignoreChanges: ["properties.networkAcls", "properties.publicNetworkAccess"],
        replaceOnChanges: [],
        inputs: {
          resourceGroupName: "byok-acme-eu",
          vaultName: VAULT,
          location: "westeurope",
          properties: {
            tenantId: ENTRA_TENANT,
            sku: { family: "A", name: "standard" },
            enableRbacAuthorization: false,
            enableSoftDelete: true,
            softDeleteRetentionInDays: 90,
            enablePurgeProtection: true,
            // Azure's defaults, which the SDK writes out.
            enabledForDeployment: false,
            enabledForDiskEncryption: false,
            enabledForTemplateDeployment: false,
            publicNetworkAccess: "enabled",
          },
        },
      },
      {
        ...common,
        type: "azure-native:keyvault:Key",
        name: "k-key",
        protect: true,
        retainOnDelete: true,
        ignoreChanges: ["properties.attributes", "properties.rotationPolicy"],
        replaceOnChanges: ["properties.kty", "properties.keySize", "properties.keyOps"],
        inputs: {
          resourceGroupName: "byok-acme-eu",
          vaultName: VAULT,
          keyName: "byok-acme-eu",
          properties: { kty: "RSA", keySize: 3072, keyOps: ["encrypt", "decrypt", "wrapKey", "unwrapKey"] },
        },
      },
      {
        ...common,
        type: "azure-native:keyvault:AccessPolicy",
        name: "k-policy",
        protect: false,
        retainOnDelete: false,
        ignoreChanges: [],
        replaceOnChanges: ["policy.objectId"],
        inputs: { resourceGroupName: "byok-acme-eu", vaultName: VAULT, ...GRANT },
      },
    ]);
    expect(warnings).toEqual([]);
  });

  test("children keep their own protection whatever the component is given", async () => {
    const { registrations } = await deployKey(ARGS, { opts: { protect: true, retainOnDelete: true } });
    expect(registrations.slice(3).map(({ name, protect, retainOnDelete }) => [name, protect, retainOnDelete])).toEqual([
      ["k-group", true, true],
      ["k-vault", true, true],
      ["k-key", true, true],
      ["k-policy", false, false],
    ]);
  });

  test("registers its outputs once, last: the descriptor exactly as the runtime reads it, with a versionless identifier", async () => {
    const { outputs, secretOutputs } = await deployKey(ARGS);
    const descriptor = {
      schema: 1,
      tenant: "acme",
      datacenter: "eu",
      provider: "azure-key-vault",
      grantedTo: APPLICATION.servicePrincipalId,
      keyUri: `https://${VAULT}.vault.azure.net/keys/byok-acme-eu`,
      entraTenantId: ENTRA_TENANT,
      clientId: APPLICATION.clientId,
      certificateThumbprint: APPLICATION.certificateThumbprint,
      certificateNotAfter: APPLICATION.certificateNotAfter,
      operation: "encrypt",
    };
    expect(masterKeyDescriptorSchema.parse(descriptor)).toEqual(descriptor);
    expect(outputs).toEqual([
      ["k", { descriptor }],
      ["byok-stack", { descriptor }],
    ]);
    expect(secretOutputs).toEqual([]);
  });

  test("overrides reach the resources; ids in upper case come out in lower case", async () => {
    const { registrations, outputs } = await deployKey({
      ...ARGS,
      entraTenantId: ENTRA_TENANT.toUpperCase(),
      subscriptionId: SUBSCRIPTION.toUpperCase(),
      location: "northeurope",
      vaultName: "acme-vault",
      keyName: "AFI",
      protectionLevel: ProtectionLevel.Hsm,
      keySize: 4096,
      tags: { Owner: "Security" },
    });
    const [group, vault, key, policy] = registrations.slice(3).map(({ inputs }) => inputs);
    expect(group).toEqual({ resourceGroupName: "byok-acme-eu", location: "northeurope", tags: { Owner: "Security" } });
    expect(vault).toMatchObject({
      vaultName: "acme-vault",
      location: "northeurope",
      properties: { tenantId: ENTRA_TENANT, sku: { family: "A", name: "premium" } },
      tags: { Owner: "Security" },
    });
    expect(key).toMatchObject({
      vaultName: "acme-vault",
      keyName: "AFI",
      properties: { kty: "RSA-HSM", keySize: 4096 },
      tags: { Owner: "Security" },
    });
    expect(policy).toEqual({ resourceGroupName: "byok-acme-eu", vaultName: "acme-vault", ...GRANT });
    expect(outputs.at(-1)?.[1]).toMatchObject({
      descriptor: { keyUri: "https://acme-vault.vault.azure.net/keys/AFI", entraTenantId: ENTRA_TENANT },
    });
  });

  test("an existing resource group is used as it is", async () => {
    const { registrations } = await deployKey({ ...ARGS, resourceGroup: "Keys_(prod)" });
    expect(registrations.slice(3).map(({ name, inputs }) => [name, (inputs as { resourceGroupName: string }).resourceGroupName])).toEqual([
      ["k-vault", "Keys_(prod)"],
      ["k-key", "Keys_(prod)"],
      ["k-policy", "Keys_(prod)"],
    ]);
  });

  test.each([
    [{}, "byok-acme-eu"],
    [{ resourceGroup: "keys" }, "keys"],
  ])("an existing key, %j, is read, and nothing but the grant is created", async (where, group) => {
    const { registrations, readings, outputs } = await deployKey({ ...ARGS, ...where, existingKey: true });
    expect(readings).toEqual([
      {
        type: "azure-native:keyvault:Key",
        name: "k-key",
        id: `/subscriptions/${SUBSCRIPTION}/resourceGroups/${group}/providers/Microsoft.KeyVault/vaults/${VAULT}/keys/byok-acme-eu`,
        parent: "k",
        provider: "tenant",
      },
    ]);
    expect(registrations.slice(3).map(({ name, inputs }) => [name, inputs])).toEqual([
      ["k-policy", { resourceGroupName: group, vaultName: VAULT, ...GRANT }],
    ]);
    expect(outputs.at(-1)?.[1]).toMatchObject({
      descriptor: { keyUri: `https://${VAULT}.vault.azure.net/keys/byok-acme-eu` },
    });
  });

  test("a region outside the residency, when allowed, is said to be one", async () => {
    const { registrations, warnings } = await deployKey({
      ...ARGS,
      datacenter: Datacenter.Uk,
      location: "norwayeast",
      allowCrossRegion: true,
    });
    expect(registrations[4]?.inputs).toMatchObject({ location: "norwayeast" });
    expect(warnings).toEqual(["k: the key is in norwayeast, which is outside the residency of uk, which is uksouth, ukwest"]);
  });
});

describe("AzureTenantKey refuses, before it registers anything", () => {
  const plain = (value: unknown) => value as AzureTenantKeyArgs;
  const GUID_RULE = "must be a GUID such as 6f3c1a52-8d0e-4b7a-9c41-2f5d7e8a9b10";
  const LOCATION_RULE = "must be the name of an Azure region such as westeurope";
  const VAULT_RULE =
    "must be 3 to 24 characters of a-z, 0-9 and -, beginning with a letter, ending with a letter or digit, without --";
  const GROUP_RULE =
    "must be the name of a resource group, not its id: 1 to 90 characters of A-Z, a-z, 0-9, ., _, (, ) and -, not ending with .";
  const CREATES_NONE = "says how to create a key; existingKey creates none";

  const rows: [what: string, args: AzureTenantKeyArgs, problems: string[]][] = [
    ["an upper-case tenant", { ...ARGS, tenant: "Acme" }, ["tenant: must be 3 to 32 characters of a-z, 0-9 and -"]],
    ["an unknown datacenter", plain({ ...ARGS, datacenter: "mars" }), ["datacenter: must be one of usa, eu, uk, au, ca"]],
    ["a domain for a directory", { ...ARGS, entraTenantId: "acme.onmicrosoft.com" }, [`entraTenantId: ${GUID_RULE}`]],
    ["no directory", plain({ ...ARGS, entraTenantId: undefined }), [`entraTenantId: ${GUID_RULE}`]],
    ["a name for a subscription", { ...ARGS, subscriptionId: "Pay-As-You-Go" }, [`subscriptionId: ${GUID_RULE}`]],
    ["a resource group's id", { ...ARGS, resourceGroup: "/subscriptions/x/resourceGroups/y" }, [`resourceGroup: ${GROUP_RULE}`]],
    ["a resource group that ends with a dot", { ...ARGS, resourceGroup: "keys." }, [`resourceGroup: ${GROUP_RULE}`]],
    ["an upper-case vault", { ...ARGS, vaultName: "Acme" }, [`vaultName: ${VAULT_RULE}`]],
    ["a long vault", { ...ARGS, vaultName: "a".repeat(25) }, [`vaultName: ${VAULT_RULE}`]],
    ["a vault with two hyphens in a row", { ...ARGS, vaultName: "a--b" }, [`vaultName: ${VAULT_RULE}`]],
    ["a vault that begins with a digit", { ...ARGS, vaultName: "1abc" }, [`vaultName: ${VAULT_RULE}`]],
    ["an underscore in a key's name", { ...ARGS, keyName: "a_b" }, ["keyName: must be 1 to 127 characters of A-Z, a-z, 0-9 and -"]],
    ["a display name for a region", { ...ARGS, location: "West Europe" }, [`location: ${LOCATION_RULE}`]],
    [
      "a region outside the residency",
      { ...ARGS, datacenter: Datacenter.Ca, location: "eastus" },
      ["location: is outside the residency of ca, which is canadacentral, canadaeast"],
    ],
    ["an unknown protection level", plain({ ...ARGS, protectionLevel: "premium" }), ["protectionLevel: must be one of software, hsm"]],
    ["an odd key size", { ...ARGS, keySize: 1024 }, ["keySize: must be one of 2048, 3072, 4096 (bits)"]],
    [
      "tags that Azure refuses",
      { ...ARGS, tags: { "a/b": "c", owner: "x".repeat(257) } },
      [
        "tags.a/b: names of tags are 1 to 512 characters, none of <>%&\\?/, values up to 256",
        "tags.owner: names of tags are 1 to 512 characters, none of <>%&\\?/, values up to 256",
      ],
    ],
    [
      "how to create what exists",
      { ...ARGS, existingKey: true, location: "eastus", protectionLevel: ProtectionLevel.Hsm, keySize: 2048, tags: {} },
      [`location: ${CREATES_NONE}`, `protectionLevel: ${CREATES_NONE}`, `keySize: ${CREATES_NONE}`, `tags: ${CREATES_NONE}`],
    ],
    [
      "several mistakes, all at once",
      { ...ARGS, tenant: "", entraTenantId: "x", vaultName: "x", location: "EU", keySize: 3000 },
      [
        "tenant: must be 3 to 32 characters of a-z, 0-9 and -",
        `entraTenantId: ${GUID_RULE}`,
        `vaultName: ${VAULT_RULE}`,
        `location: ${LOCATION_RULE}`,
        "keySize: must be one of 2048, 3072, 4096 (bits)",
      ],
    ],
  ];

  const refusals = new Map<string, { problems: readonly string[]; message: string }>();
  let registered: string[];

  beforeAll(async () => {
    const { registrations } = await deploy(async () => {
      const { AzureTenantKey, InvalidArgsError } = await import("../../../components/azure/index.js");
      for (const [what, args] of rows) {
        try {
          new AzureTenantKey("k", args);
        } catch (error) {
          if (!(error instanceof InvalidArgsError)) throw error;
          refusals.set(what, { problems: error.problems, message: error.message });
        }
      }
      return {};
    });
    registered = registrations.map(({ type }) => type);
  });

  test.each(rows)("%s", (what, _args, problems) => {
    const message = `AzureTenantKey k:${problems.map((line) => `\n  ${line}`).join("")}`;
    expect(refusals.get(what)).toEqual({ problems, message });
  });

  test("and indeed nothing was registered", () => {
    expect(registered).toEqual(["pulumi:pulumi:Stack"]);
  });
});
