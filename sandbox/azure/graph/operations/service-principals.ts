/**
 * Service principals. Microsoft Graph reference, v1.0: Create, Get, List, Update, Delete servicePrincipal.
 *
 * @module
 */
import { randomUUID } from "node:crypto";

import { z } from "zod";

import { type ApiAnswer } from "../../api.js";
import { type Call } from "../../call.js";
import { GUID } from "../../names.js";
import { type ServicePrincipalRecord } from "../../state.js";
import { applicationOfServicePrincipalMissing, servicePrincipalExists } from "../errors.js";
import { appIdFilter, authorize, body, servicePrincipalOf } from "../graph-call.js";

const writable = {
  accountEnabled: z.boolean().optional(),
  appRoleAssignmentRequired: z.boolean().optional(),
  description: z.string().max(1024).nullish(),
  notes: z.string().max(1024).nullish(),
  tags: z.array(z.string()).optional(),
};

const createSchema = z.strictObject({ ...writable, appId: z.string().regex(GUID, "must be a GUID") });
const updateSchema = z.strictObject(writable);

/** Makes the service principal of an application in the caller's directory. */
export function createServicePrincipal(call: Call): ApiAnswer {
  const directory = authorize(call);
  const { appId: given, accountEnabled, ...properties } = body(call, createSchema);
  const appId = given.toLowerCase();
  const application = call.state.applications.find((one) => one.appId === appId && one.deletedAt === null);
  // An application of another directory can be used only if it is made for several.
  const isUsable = application !== undefined && (application.directory === directory.id || application.signInAudience !== "AzureADMyOrg");
  if (!isUsable) throw applicationOfServicePrincipalMissing(appId);
  const exists = call.state.servicePrincipals.some(
    (one) => one.appId === appId && one.directory === directory.id && one.deletedAt === null,
  );
  if (exists) throw servicePrincipalExists(appId);
  const principal: ServicePrincipalRecord = {
    id: randomUUID(),
    appId,
    directory: directory.id,
    accountEnabled: accountEnabled ?? true,
    properties,
    deletedAt: null,
    ...(call.state.principalDelay === undefined ? {} : { unheardOf: call.state.principalDelay }),
  };
  call.state.servicePrincipals.push(principal);
  call.target = principal.id;
  call.save();
  return { status: 201, body: shown(call, principal) };
}

/** A service principal of the caller's directory. */
export function getServicePrincipal(call: Call): ApiAnswer {
  return { status: 200, body: shown(call, servicePrincipalOf(call, authorize(call))) };
}

/** Those of the caller's directory, or the one with an appId. */
export function listServicePrincipals(call: Call): ApiAnswer {
  const directory = authorize(call);
  const appId = appIdFilter(call);
  const value = call.state.servicePrincipals
    .filter((one) => one.directory === directory.id && one.deletedAt === null && (appId === undefined || one.appId === appId))
    .map((principal) => shown(call, principal));
  return { status: 200, body: { value } };
}

/** Changes what is given. */
export function updateServicePrincipal(call: Call): ApiAnswer {
  const principal = servicePrincipalOf(call, authorize(call));
  const { accountEnabled, ...properties } = body(call, updateSchema);
  principal.accountEnabled = accountEnabled ?? principal.accountEnabled;
  principal.properties = { ...principal.properties, ...properties };
  call.save();
  return { status: 204 };
}

/** Deletes a service principal; what was granted to it stays behind and is good for nobody. */
export function deleteServicePrincipal(call: Call): ApiAnswer {
  const principal = servicePrincipalOf(call, authorize(call));
  principal.deletedAt = call.now;
  call.save();
  return { status: 204 };
}

function shown(call: Call, principal: ServicePrincipalRecord): object {
  const application = call.state.applications.find((one) => one.appId === principal.appId);
  return {
    id: principal.id,
    deletedDateTime: principal.deletedAt === null ? null : new Date(principal.deletedAt).toISOString(),
    accountEnabled: principal.accountEnabled,
    appId: principal.appId,
    appDisplayName: application?.displayName ?? null,
    appOwnerOrganizationId: application?.directory ?? null,
    appRoleAssignmentRequired: false,
    description: null,
    displayName: application?.displayName ?? null,
    notes: null,
    ...principal.properties,
    servicePrincipalNames: [principal.appId],
    servicePrincipalType: "Application",
    signInAudience: application?.signInAudience ?? null,
    tags: principal.properties["tags"] ?? [],
  };
}
