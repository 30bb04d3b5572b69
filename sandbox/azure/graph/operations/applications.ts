/**
 * Applications. Microsoft Graph reference, v1.0: Create, Get, List, Update, Delete application, Restore deleted item.
 *
 * @module
 */
import { randomUUID } from "node:crypto";

import { z } from "zod";

import { type ApiAnswer } from "../../api.js";
import { type Call } from "../../call.js";
import { type ApplicationRecord } from "../../state.js";
import { appIdFilter, applicationOf, authorize, body } from "../graph-call.js";
import { keyCredentials, keyCredentialSchema, shownKeyCredential } from "../key-credentials.js";

/** Who may sign in (reference, `application`, property `signInAudience`), and what Graph takes unless told. */
export const SIGN_IN_AUDIENCES = [
  "AzureADMyOrg",
  "AzureADMultipleOrgs",
  "AzureADandPersonalMicrosoftAccount",
  "PersonalMicrosoftAccount",
] as const;
const DEFAULT_AUDIENCE = "AzureADandPersonalMicrosoftAccount";

const writable = {
  signInAudience: z.enum(SIGN_IN_AUDIENCES).optional(),
  description: z.string().max(1024).nullish(),
  notes: z.string().max(1024).nullish(),
  tags: z.array(z.string()).optional(),
  identifierUris: z.array(z.string()).optional(),
  keyCredentials: z.array(keyCredentialSchema).optional(),
};

const createSchema = z.strictObject({ ...writable, displayName: z.string().min(1).max(256) });
const updateSchema = z.strictObject({ ...writable, displayName: z.string().min(1).max(256).optional() });

/** Makes an application in the caller's directory. It signs in nowhere until it has a service principal there. */
export function createApplication(call: Call): ApiAnswer {
  const directory = authorize(call);
  const { displayName, signInAudience, keyCredentials: credentials, ...properties } = body(call, createSchema);
  const application: ApplicationRecord = {
    id: randomUUID(),
    appId: randomUUID(),
    directory: directory.id,
    createdAt: call.now,
    displayName,
    signInAudience: signInAudience ?? DEFAULT_AUDIENCE,
    properties,
    keyCredentials: keyCredentials(credentials ?? [], []),
    deletedAt: null,
  };
  call.state.applications.push(application);
  call.target = application.id;
  call.save();
  return { status: 201, body: shown(application) };
}

/** An application of the caller's directory. */
export function getApplication(call: Call): ApiAnswer {
  return { status: 200, body: shown(applicationOf(call, authorize(call))) };
}

/** Those of the caller's directory, or the one with an appId. */
export function listApplications(call: Call): ApiAnswer {
  const directory = authorize(call);
  const appId = appIdFilter(call);
  const value = call.state.applications
    .filter((one) => one.directory === directory.id && one.deletedAt === null && (appId === undefined || one.appId === appId))
    .map(shown);
  return { status: 200, body: { value } };
}

/** Changes what is given; `keyCredentials` replaces them all. */
export function updateApplication(call: Call): ApiAnswer {
  const application = applicationOf(call, authorize(call));
  const { displayName, signInAudience, keyCredentials: credentials, ...properties } = body(call, updateSchema);
  if (credentials !== undefined) application.keyCredentials = keyCredentials(credentials, application.keyCredentials);
  application.displayName = displayName ?? application.displayName;
  application.signInAudience = signInAudience ?? application.signInAudience;
  application.properties = { ...application.properties, ...properties };
  call.save();
  return { status: 204 };
}

/** Deletes an application, and its service principal in the same directory; both can be restored for 30 days. */
export function deleteApplication(call: Call): ApiAnswer {
  const application = applicationOf(call, authorize(call));
  application.deletedAt = call.now;
  for (const principal of principalsOf(call, application)) principal.deletedAt ??= call.now;
  call.save();
  return { status: 204 };
}

/** Restores a deleted application with its service principal. */
export function restoreApplication(call: Call): ApiAnswer {
  const application = applicationOf(call, authorize(call), true);
  const { deletedAt } = application;
  application.deletedAt = null;
  for (const principal of principalsOf(call, application)) {
    if (principal.deletedAt === deletedAt) principal.deletedAt = null;
  }
  call.save();
  return { status: 200, body: shown(application) };
}

function principalsOf(call: Call, application: ApplicationRecord): AzureServicePrincipals {
  return call.state.servicePrincipals.filter(
    (principal) => principal.appId === application.appId && principal.directory === application.directory,
  );
}

type AzureServicePrincipals = Call["state"]["servicePrincipals"];

function shown(application: ApplicationRecord): object {
  return {
    id: application.id,
    deletedDateTime: application.deletedAt === null ? null : new Date(application.deletedAt).toISOString(),
    appId: application.appId,
    createdDateTime: new Date(application.createdAt).toISOString(),
    displayName: application.displayName,
    description: null,
    notes: null,
    tags: [],
    identifierUris: [],
    ...application.properties,
    signInAudience: application.signInAudience,
    keyCredentials: application.keyCredentials.map(shownKeyCredential),
    passwordCredentials: [],
  };
}
