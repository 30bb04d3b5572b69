/**
 * `azure-native:resources:ResourceGroup`. Source: @pulumi/azure-native/resources/resourceGroup.d.ts; pulumi-azure-native,
 * provider/pkg/gen/replacement.go (its location replaces).
 *
 * @module
 */
import { type Deployed, type ResourceType } from "../resource-type.js";
import { type Properties, textOf } from "../values.js";
import { API_VERSIONS, type AzureNativeContext, get, mustGet, pick, put, remove, requireAbsent } from "./context.js";
import { apiVersion, groupId, LOCATION, locationOf, nameGiven, PATH } from "./names.js";

const VERSION = API_VERSIONS.resources;
const OUTPUTS = ["location", "name", "properties", "tags", "type"];

/** A resource group; deleting it deletes what is in it. */
export const resourceGroupType: ResourceType<AzureNativeContext> = {
  token: "azure-native:resources:ResourceGroup",
  inputs: {
    azureApiVersion: apiVersion(VERSION),
    location: { ...LOCATION, replaces: true },
    resourceGroupName: PATH.resourceGroupName,
    tags: { type: "tags" },
  },
  computed: ["location", "name", "properties", "type"],
  stable: [],

  check: (inputs) => nameGiven(inputs, "resourceGroupName"),

  inputsIn: ({ id, state }) => ({
    ...pick(state, ["azureApiVersion", "location", "tags"]),
    resourceGroupName: decodeURIComponent(id.slice(id.lastIndexOf("/") + 1)),
  }),

  async create(context, inputs) {
    const id = groupId(context, textOf(inputs, "resourceGroupName") ?? "");
    await requireAbsent(context, id, VERSION);
    return write(context, id, { location: textOf(inputs, "location") ?? context.location ?? (await locationOf(context, {})), ...pick(inputs, ["tags"]) });
  },

  async read(context, id) {
    const found = await get(context, id, VERSION);
    return found === undefined ? undefined : deployedOf(found);
  },

  async update(context, id, deployed, inputs) {
    return write(context, id, { location: deployed["location"] ?? null, ...pick(inputs, ["location", "tags"]) });
  },

  async delete(context, id) {
    await remove(context, id, VERSION);
  },
};

/**
 * `azure-native:resources:getResourceGroup`.
 *
 * @throws Error with ARM's words if it is not there, or not for the deployer to see
 */
export async function getResourceGroup(context: AzureNativeContext, args: Properties): Promise<Properties> {
  const found = await mustGet(context, groupId(context, textOf(args, "resourceGroupName") ?? ""), VERSION);
  return { ...deployedOf(found).state, id: textOf(found, "id") ?? "" };
}

async function write(context: AzureNativeContext, id: string, body: Properties): Promise<Deployed> {
  return deployedOf(await put(context, id, VERSION, body));
}

function deployedOf(found: Properties): Deployed {
  return { id: textOf(found, "id") ?? "", state: { azureApiVersion: VERSION, ...pick(found, OUTPUTS) } };
}
