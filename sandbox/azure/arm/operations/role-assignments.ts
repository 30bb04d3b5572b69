/**
 * Role assignments. ARM REST reference, Role Assignments: Create, Get, Delete, at any scope below a subscription.
 *
 * @module
 */
import { z } from "zod";

import { type ApiAnswer } from "../../api.js";
import { type Call } from "../../call.js";
import { GUID } from "../../names.js";
import { roleDefinition } from "../../roles.js";
import { type DirectoryRecord, type RoleAssignmentRecord } from "../../state.js";
import { authorize, body, extensionScope } from "../arm-call.js";
import { badRequest, principalNotFound, resourceNotFound, roleAssignmentExists, roleNotFound } from "../errors.js";

const ACTION = "Microsoft.Authorization/roleAssignments";

const schema = z.strictObject({
  properties: z.strictObject({
    roleDefinitionId: z.string(),
    principalId: z.string().regex(GUID, "must be a GUID"),
    principalType: z.enum(["User", "Group", "ServicePrincipal"]).nullish(),
    description: z.string().nullish(),
  }),
});

/** Assigns a role. Assignments cannot be changed; the same one again is answered with what there is. */
export function putRoleAssignment(call: Call): ApiAnswer {
  const scope = extensionScope(call);
  const directory = authorize(call, `${ACTION}/write`, scope);
  const name = call.parameter("assignment").toLowerCase();
  if (!GUID.test(name)) throw badRequest(`The role assignment ID '${call.parameter("assignment")}' is not valid. The role assignment ID must be a GUID.`);
  const { roleDefinitionId, principalId, principalType } = body(call, schema).properties;
  const role = roleDefinitionId.slice(roleDefinitionId.lastIndexOf("/") + 1);
  const definition = roleDefinition(role);
  if (definition === undefined) throw roleNotFound(role);
  if (!isInDirectory(call, directory, principalId.toLowerCase(), principalType ?? undefined)) throw principalNotFound(principalId, directory.id);
  const assignment: RoleAssignmentRecord = {
    name,
    scope,
    role: definition.id,
    principalId: principalId.toLowerCase(),
    ...(principalType == null ? {} : { principalType }),
    createdAt: call.now,
  };
  const same = call.state.roleAssignments.find(
    (other) => other.scope.toLowerCase() === scope.toLowerCase() && other.role === assignment.role && other.principalId === assignment.principalId,
  );
  if (same !== undefined) {
    if (same.name !== name) throw roleAssignmentExists();
    return { status: 201, body: shown(same) };
  }
  if (call.state.roleAssignments.some((other) => other.name === name)) throw roleAssignmentExists();
  call.state.roleAssignments.push(assignment);
  call.save();
  return { status: 201, body: shown(assignment) };
}

/** An assignment. */
export function getRoleAssignment(call: Call): ApiAnswer {
  authorize(call, `${ACTION}/read`, extensionScope(call));
  const found = find(call);
  if (found === undefined) throw resourceNotFound(ACTION, call.parameter("assignment"), call.parameter("resourceGroup"));
  return { status: 200, body: shown(found) };
}

/** Takes a role away. */
export function deleteRoleAssignment(call: Call): ApiAnswer {
  authorize(call, `${ACTION}/delete`, extensionScope(call));
  const found = find(call);
  if (found === undefined) return { status: 204 };
  const { roleAssignments } = call.state;
  roleAssignments.splice(roleAssignments.indexOf(found), 1);
  call.save();
  return { status: 200, body: shown(found) };
}

function find(call: Call): RoleAssignmentRecord | undefined {
  const [name, scope] = [call.parameter("assignment").toLowerCase(), extensionScope(call).toLowerCase()];
  return call.state.roleAssignments.find((assignment) => assignment.name === name && assignment.scope.toLowerCase() === scope);
}

/** Whoever says what kind of principal it is spares ARM the look that may come too early ("Assign Azure roles using the REST API"). */
function isInDirectory(call: Call, directory: DirectoryRecord, objectId: string, type: string | undefined): boolean {
  if (directory.administrator.objectId === objectId) return true;
  const found = call.state.servicePrincipals.find(
    (principal) => principal.id === objectId && principal.directory === directory.id && principal.deletedAt === null,
  );
  if (found === undefined) return false;
  if (type !== undefined || found.unheardOf === undefined || found.unheardOf === 0) return true;
  found.unheardOf--;
  call.save();
  return false;
}

function shown(assignment: RoleAssignmentRecord): object {
  const subscription = assignment.scope.split("/").slice(0, 3).join("/");
  return {
    id: `${assignment.scope}/providers/${ACTION}/${assignment.name}`,
    name: assignment.name,
    type: ACTION,
    properties: {
      roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${assignment.role}`,
      principalId: assignment.principalId,
      principalType: assignment.principalType ?? "ServicePrincipal",
      scope: assignment.scope,
      createdOn: new Date(assignment.createdAt).toISOString(),
    },
  };
}
