/**
 * `azure-native:keyvault:Vault`. Source: @pulumi/azure-native (keyvault/vault.d.ts, types/input.d.ts); pulumi-azure-native,
 * provider/pkg/provider/crud/crud.go (sub-resources that the program does not name are maintained).
 *
 * Nothing within `properties` replaces a vault. The defaults are the SDK's, which sends them; Azure refuses some changes.
 *
 * @module
 */
import { type Deployed, type ResourceType } from "../resource-type.js";
import { type Property } from "../schema.js";
import { type Properties, textOf, type Value } from "../values.js";
import { ACCESS_POLICY } from "./access-policy.js";
import { API_VERSIONS, type AzureNativeContext, get, mustGet, objectOf, pick, put, remove, requireAbsent } from "./context.js";
import { apiVersion, LOCATION, locationOf, nameGiven, PATH, pathOf, vaultIdOf } from "./names.js";

const VERSION = API_VERSIONS.keyvault;
const OUTPUTS = ["location", "name", "properties", "systemData", "tags", "type"];

const RULE: Property = { type: "object", members: { value: { type: "string", required: true } } };

const PROPERTIES: Record<string, Property> = {
  accessPolicies: { type: "list", items: ACCESS_POLICY },
  createMode: { type: "string" },
  enablePurgeProtection: { type: "boolean" },
  enableRbacAuthorization: { type: "boolean" },
  enableSoftDelete: { type: "boolean" },
  enabledForDeployment: { type: "boolean" },
  enabledForDiskEncryption: { type: "boolean" },
  enabledForTemplateDeployment: { type: "boolean" },
  networkAcls: {
    type: "object",
    members: {
      bypass: { type: "string" },
      defaultAction: { type: "string" },
      ipRules: { type: "list", items: RULE },
      // Networks of their own are not played.
      virtualNetworkRules: { type: "list", only: [] },
    },
  },
  publicNetworkAccess: { type: "string" },
  sku: {
    type: "object",
    required: true,
    members: { family: { type: "string", required: true }, name: { type: "string", required: true } },
  },
  softDeleteRetentionInDays: { type: "number" },
  tenantId: { type: "string", required: true },
};

/** What may be asked but is never shown. */
const WRITE_ONLY = ["createMode"];

/** A vault. */
export const vaultType: ResourceType<AzureNativeContext> = {
  token: "azure-native:keyvault:Vault",
  inputs: {
    azureApiVersion: apiVersion(VERSION),
    location: LOCATION,
    properties: { type: "object", required: true, members: PROPERTIES },
    resourceGroupName: { ...PATH.resourceGroupName, required: true },
    tags: { type: "tags" },
    vaultName: PATH.vaultName,
  },
  computed: ["location", "name", "systemData", "type"],
  stable: [],

  check: (inputs) => nameGiven(inputs, "vaultName"),

  inputsIn({ id, state, before }) {
    const properties = pick(
      objectOf(state, "properties"),
      Object.keys(PROPERTIES).filter((name) => !WRITE_ONLY.includes(name)),
    );
    // Policies that the program did not name are resources of their own, or somebody else's.
    if (before !== undefined && objectOf(before, "properties")["accessPolicies"] === undefined) delete properties["accessPolicies"];
    return { ...pick(state, ["azureApiVersion", "location", "tags"]), ...pathOf(id), properties };
  },

  async create(context, inputs) {
    const id = vaultIdOf(context, inputs);
    await requireAbsent(context, id, VERSION);
    return write(context, id, inputs, []);
  },

  async read(context, id) {
    const found = await get(context, id, VERSION);
    return found === undefined ? undefined : deployedOf(found);
  },

  async update(context, id, deployed, inputs) {
    const isNamed = objectOf(inputs, "properties")["accessPolicies"] !== undefined;
    const found = isNamed ? undefined : await get(context, id, VERSION);
    return write(
      context,
      id,
      { ...pick(deployed, ["location"]), ...inputs },
      objectOf(found ?? {}, "properties")["accessPolicies"] ?? [],
    );
  },

  async delete(context, id) {
    await remove(context, id, VERSION);
  },
};

/** The function getVault. */
export async function readVault(context: AzureNativeContext, args: Properties): Promise<Properties> {
  const { id, state } = deployedOf(await mustGet(context, vaultIdOf(context, args), VERSION));
  return { ...state, id };
}

async function write(context: AzureNativeContext, id: string, inputs: Properties, accessPolicies: Value): Promise<Deployed> {
  const properties: Properties = { accessPolicies, ...objectOf(inputs, "properties") };
  return deployedOf(await put(context, id, VERSION, { ...pick(inputs, ["tags"]), location: await locationOf(context, inputs), properties }));
}

function deployedOf(found: Properties): Deployed {
  return { id: textOf(found, "id") ?? "", state: { azureApiVersion: VERSION, ...pick(found, OUTPUTS) } };
}
