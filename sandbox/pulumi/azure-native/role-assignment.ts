/**
 * `azure-native:authorization:RoleAssignment`. Source: @pulumi/azure-native/authorization/roleAssignment.d.ts;
 * pulumi-azure-native, provider/pkg/gen/replacement.go (principalId and scope replace) and
 * provider/pkg/resources/customresources/custom_roleassignment.go (reading).
 *
 * @module
 */
import { type Deployed, type ResourceType } from "../resource-type.js";
import { type Properties, textOf } from "../values.js";
import { API_VERSIONS, type AzureNativeContext, get, objectOf, pick, put, remove, requireAbsent } from "./context.js";
import { apiVersion, nameGiven } from "./names.js";

const VERSION = API_VERSIONS.authorization;
const PROPERTIES = ["principalId", "principalType", "roleDefinitionId", "scope", "createdOn"];
/** Parts of the path, which ARM's answer shows otherwise. */
const INPUTS = ["principalId", "principalType", "roleDefinitionId", "scope"];

/** A role that somebody has at a scope. */
export const roleAssignmentType: ResourceType<AzureNativeContext> = {
  token: "azure-native:authorization:RoleAssignment",
  inputs: {
    azureApiVersion: apiVersion(VERSION),
    principalId: { type: "string", required: true, replaces: true },
    principalType: { type: "string" },
    roleAssignmentName: { type: "string", replaces: true },
    roleDefinitionId: { type: "string", required: true },
    scope: { type: "string", required: true, replaces: true },
  },
  computed: ["createdBy", "createdOn", "name", "type", "updatedBy", "updatedOn"],
  stable: [],

  check: (inputs) => nameGiven(inputs, "roleAssignmentName"),

  inputsIn: ({ id, state }) => ({ ...pick(state, ["azureApiVersion", ...INPUTS]), roleAssignmentName: id.slice(id.lastIndexOf("/") + 1) }),

  async create(context, inputs) {
    const id = assignmentId(inputs);
    await requireAbsent(context, id, VERSION);
    return write(context, id, inputs);
  },

  async read(context, id) {
    const found = await get(context, id, VERSION);
    return found === undefined ? undefined : deployedOf(found);
  },

  update: async (context, id, _, inputs) => write(context, id, inputs),

  async delete(context, id) {
    await remove(context, id, VERSION);
  },
};

/** The function getRoleAssignment: an assignment by its name. */
export async function readRoleAssignment(context: AzureNativeContext, args: Properties): Promise<Properties> {
  const id = assignmentId(args);
  const found = await get(context, id, VERSION);
  if (found === undefined) throw new Error(`Status=404 Code="RoleAssignmentNotFound" Message="The role assignment '${id}' is not found."`);
  const { state } = deployedOf(found);
  return { ...state, id };
}

function assignmentId(inputs: Properties): string {
  const scope = (textOf(inputs, "scope") ?? "").replace(/^\//, "");
  return `/${scope}/providers/Microsoft.Authorization/roleAssignments/${textOf(inputs, "roleAssignmentName") ?? ""}`;
}

async function write(context: AzureNativeContext, id: string, inputs: Properties): Promise<Deployed> {
  const properties = pick(inputs, ["principalId", "principalType", "roleDefinitionId"]);
  return deployedOf(await put(context, id, VERSION, { properties }));
}

function deployedOf(found: Properties): Deployed {
  return {
    id: textOf(found, "id") ?? "",
    state: { azureApiVersion: VERSION, ...pick(found, ["name", "type"]), ...pick(objectOf(found, "properties"), PROPERTIES) },
  };
}
