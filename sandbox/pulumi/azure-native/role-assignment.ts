/**
 * `azure-native:authorization:RoleAssignment`. Source: @pulumi/azure-native/authorization/roleAssignment.d.ts;
 * pulumi-azure-native, provider/pkg/gen/replacement.go (principalId and scope replace) and
 * provider/pkg/resources/customresources/custom_roleassignment.go (reading).
 *
 * @module
 */
import { type Properties } from "../values.js";
import { armType, onResource } from "./arm-type.js";
import { API_VERSIONS, type AzureNativeContext } from "./context.js";

const PATH = onResource("Microsoft.Authorization/roleAssignments", "scope", "roleAssignmentName");

/** A role that somebody has at a scope. */
export const roleAssignmentType = armType({
  token: "azure-native:authorization:RoleAssignment",
  version: API_VERSIONS.authorization,
  path: { scope: { type: "string", required: true, replaces: true }, roleAssignmentName: { type: "string", replaces: true } },
  properties: {
    principalId: { type: "string", required: true, replaces: true },
    principalType: { type: "string" },
    roleDefinitionId: { type: "string", required: true },
  },
  // ARM shows the scope among the properties, and takes it in the path.
  computed: ["createdBy", "createdOn", "scope", "updatedBy", "updatedOn"],
  ...PATH,
});

/** The function getRoleAssignment: an assignment by its name. */
export async function readRoleAssignment(context: AzureNativeContext, args: Properties): Promise<Properties> {
  const id = PATH.id(context, args);
  const found = await roleAssignmentType.read(context, id, {});
  if (found === undefined) throw new Error(`Status=404 Code="RoleAssignmentNotFound" Message="The role assignment '${id}' is not found."`);
  return { ...found.state, id };
}
