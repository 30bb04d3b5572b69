import { beforeAll, describe, expect, test } from "@jest/globals";

import { type AzureTenantKeyArgs } from "../../../components/azure/index.js";
import { ProtectionLevel } from "../../../components/protection-level.js";
import { Datacenter } from "../../../components/regions.js";
import { masterKeyDescriptorSchema } from "../../../runtime/master-key/descriptor.js";
import { Access } from "../../../components/access.js";
import { AzureGrantBy } from "../../../components/azure/grant-by.js";
import { type Existing } from "../fitting.js";
import { type Calls, deploy } from "../recorded-deployment.js";
import { APPLICATION, ENTRA_TENANT, SUBSCRIPTION } from "./found.js";

const VAULT = "byok-acme-eu-mbdtyv";
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

function deployKey(args: AzureTenantKeyArgs, options: { preview?: boolean; opts?: object; existing?: Existing; calls?: Calls } = {}) {
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
        replaceOnChanges: ["properties.sku"],
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
        ignoreChanges: ["properties.attributes"],
        replaceOnChanges: ["properties.kty", "properties.keySize", "properties.keyOps", "properties.rotationPolicy"],
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

  const childrenOf = ({ registrations }: Awaited<ReturnType<typeof deployKey>>) => registrations.slice(3).map(({ name }) => name);

  test("suspended, nothing but the grant is missing, and the descriptor is the same", async () => {
    const granted = await deployKey(ARGS);
    const suspended = await deployKey({ ...ARGS, access: Access.Suspended });
    expect(childrenOf(granted)).toEqual([...childrenOf(suspended), "k-policy"]);
    expect(suspended.registrations).toEqual(granted.registrations.slice(0, -1));
    expect(suspended.outputs).toEqual(granted.outputs);
    expect(await deployKey({ ...ARGS, access: Access.Granted })).toEqual(granted);
    const byRole = { ...ARGS, grantBy: AzureGrantBy.Role };
    const [role, none] = [await deployKey(byRole), await deployKey({ ...byRole, access: Access.Suspended })];
    expect(none.registrations).toEqual(role.registrations.slice(0, -1));
    expect(none.outputs).toEqual(role.outputs);
  });

  test("by role: the smallest one, at the key alone, in a vault that goes by roles; the runtime is told to wrap", async () => {
    const { registrations, outputs } = await deployKey({ ...ARGS, grantBy: AzureGrantBy.Role });
    const key = `/subscriptions/${SUBSCRIPTION}/resourceGroups/byok-acme-eu/providers/Microsoft.KeyVault/vaults/${VAULT}/keys/byok-acme-eu`;
    expect(registrations[4]).toMatchObject({ name: "k-vault", inputs: { properties: { enableRbacAuthorization: true } } });
    expect(registrations.slice(6)).toEqual([
      {
        custom: true,
        parent: "k",
        provider: "tenant",
        type: "azure-native:authorization:RoleAssignment",
        name: "k-role",
        protect: false,
        retainOnDelete: false,
        ignoreChanges: [],
        replaceOnChanges: [],
        inputs: {
          // The same in every run.
          roleAssignmentName: "ce9ac036-86f5-82df-869f-acc5544c751f",
          scope: key,
          roleDefinitionId: `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/e147488a-f6f5-4113-8e2d-b22465e65bf6`,
          principalId: APPLICATION.servicePrincipalId,
          principalType: "ServicePrincipal",
        },
      },
    ]);
    expect(outputs.at(-1)?.[1]).toMatchObject({ descriptor: { operation: "wrap" } });
    const withMetadata = await deployKey({ ...ARGS, grantBy: AzureGrantBy.Role, keyMetadata: true });
    expect(withMetadata.registrations).toEqual(registrations);
  });

  test("metadata: the permission to look at keys, and no other", async () => {
    const { registrations } = await deployKey({ ...ARGS, keyMetadata: true });
    expect(registrations[6]?.inputs).toMatchObject({ policy: { permissions: { keys: ["encrypt", "decrypt", "get"] } } });
    const without = await deployKey({ ...ARGS, keyMetadata: false });
    expect(without.registrations[6]?.inputs).toMatchObject(GRANT);
  });

  test("the service's addresses are all that the firewall lets in; then the rules are ours", async () => {
    const { registrations } = await deployKey({ ...ARGS, serviceAddresses: ["203.0.113.8", "198.51.100.0/24"] });
    expect(registrations[4]).toMatchObject({
      ignoreChanges: ["properties.publicNetworkAccess"],
      inputs: {
        properties: {
          networkAcls: {
            bypass: "None",
            defaultAction: "Deny",
            ipRules: [{ value: "203.0.113.8/32" }, { value: "198.51.100.0/24" }],
            virtualNetworkRules: [],
          },
        },
      },
    });
    const open = await deployKey({ ...ARGS, serviceAddresses: ["0.0.0.0/0"] });
    expect(open.registrations[4]?.inputs).toMatchObject({ properties: { networkAcls: { defaultAction: "Allow", ipRules: [] } } });
  });

  test("a rotation policy makes new versions, and lets none expire", async () => {
    const { registrations } = await deployKey({ ...ARGS, rotationPeriodInDays: 90 });
    expect(registrations[5]?.inputs).toMatchObject({ properties: { kty: "RSA", keySize: 3072 } });
    expect((registrations[5]?.inputs as { properties: { rotationPolicy: unknown } }).properties.rotationPolicy).toEqual({
      lifetimeActions: [{ action: { type: "rotate" }, trigger: { timeAfterCreate: "P90D" } }],
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
  const NO_KEY = "says how to create a key; existing.key creates none";
  const ADDRESS_RULE = "must be an IPv4 address or CIDR range such as 203.0.113.0/28; Azure Key Vault takes no IPv6";
  const PUBLIC_RULE = "must be public: name the address that the service comes from on the internet";

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
      "how to create a key that exists",
      {
        ...ARGS, existing: { key: "AFI" }, location: "eastus", vaultName: "acme-vault", serviceAddresses: ["203.0.113.8"], keyName: "AFI",
        protectionLevel: ProtectionLevel.Hsm, keySize: 2048, rotationPeriodInDays: 90, tags: {},
      },
      [
        ...["vaultName", "location", "serviceAddresses"].map((name) => `${name}: says how to create a vault; existing.key creates none`),
        ...["keyName", "protectionLevel", "keySize", "rotationPeriodInDays", "tags"].map((name) => `${name}: ${NO_KEY}`),
      ],
    ],
    [
      "how to create a vault that exists",
      { ...ARGS, existing: { vault: "acme-vault" }, location: "westeurope", vaultName: "acme-vault", serviceAddresses: ["203.0.113.8"] },
      ["vaultName", "location", "serviceAddresses"].map((name) => `${name}: says how to create a vault; existing.vault creates none`),
    ],
    ["nothing that exists", { ...ARGS, existing: {} }, ["existing: must name a vault, a key, or both"]],
    ["what exists by wrong names", { ...ARGS, existing: { vault: "a_b", key: "c_d" } }, [`existing.vault: ${VAULT_RULE}`, "existing.key: must be 1 to 127 characters of A-Z, a-z, 0-9 and -"]],
    [
      "0.1's spelling of what exists",
      plain({ ...ARGS, existingKey: true }),
      ["existingKey: is now spelled existing: { vault: NAME, key: NAME }, or existing: { key: NAME } for the vault that this stack would make"],
    ],
    ["an unknown way to grant", plain({ ...ARGS, grantBy: "grant" }), ["grantBy: must be one of accessPolicy, role"]],
    [
      "a role that reads nothing",
      { ...ARGS, grantBy: AzureGrantBy.Role, keyMetadata: false },
      ["keyMetadata: cannot be false with grantBy role: no built-in role wraps without reading the key; leave it out, or grant by accessPolicy"],
    ],
    ["a rotation every six days", { ...ARGS, rotationPeriodInDays: 6 }, ["rotationPeriodInDays: must be a whole number of days from 7 to 3650"]],
    ["no addresses", { ...ARGS, serviceAddresses: [] }, ["serviceAddresses: must be a list of 1 to 1000 addresses such as 203.0.113.8 or 203.0.113.0/28"]],
    [
      "addresses that Azure, or nobody, takes",
      plain({
        ...ARGS,
        serviceAddresses: ["::1", "203.0.113.8/33", 7, "10.1.2.3", "172.16.0.0/12", "203.0.113.9/28", "203.0.113.8", "203.0.113.8", "127.0.0.1", "8.0.0.0/6", "1.2.3.0/24/24"],
      }),
      [
        `serviceAddresses[0]: ${ADDRESS_RULE}`,
        `serviceAddresses[1]: ${ADDRESS_RULE}`,
        `serviceAddresses[2]: ${ADDRESS_RULE}`,
        `serviceAddresses[3]: ${PUBLIC_RULE}`,
        `serviceAddresses[4]: ${PUBLIC_RULE}`,
        "serviceAddresses[5]: is no range: one of that size begins at 203.0.113.0/28",
        "serviceAddresses[7]: is there twice",
        `serviceAddresses[8]: ${PUBLIC_RULE}`,
        `serviceAddresses[9]: ${PUBLIC_RULE}`,
        `serviceAddresses[10]: ${ADDRESS_RULE}`,
      ],
    ],
    [
      "every address among others",
      { ...ARGS, serviceAddresses: ["203.0.113.8", "0.0.0.0/0"] },
      ["serviceAddresses[1]: is every address; name it alone, or leave it out"],
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
