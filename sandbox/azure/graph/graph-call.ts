/**
 * What every operation of Graph begins with: which directory, and whether the caller administers it.
 *
 * @module
 */
import { type z } from "zod";

import { type Call } from "../call.js";
import { type ApplicationRecord, type DirectoryRecord, type ServicePrincipalRecord } from "../state.js";
import { GRAPH_RESOURCE, TokenRefused, verifyToken } from "../tokens.js";
import { badRequest, notInSandbox, objectNotFound, privilegesMissing, tokenRefused } from "./errors.js";

/**
 * The caller's directory. Only its administrator is let in: applications of the sandbox are never granted Graph permissions.
 *
 * @throws GraphError 401 or 403.
 */
export function authorize(call: Call): DirectoryRecord {
  const { state, request } = call;
  try {
    call.principal = verifyToken(state, request.authorization, GRAPH_RESOURCE, state.directories.map(({ id }) => id));
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
    throw tokenRefused(WORDS[error.problem]);
  }
  const { directory: id, objectId } = call.principal;
  const directory = state.directories.find((candidate) => candidate.id === id);
  if (directory?.administrator.objectId !== objectId) throw privilegesMissing();
  return directory;
}

/** "Resolve Microsoft Graph authorization errors"; messages as users report them. */
const WORDS = {
  missing: "Access token is empty.",
  malformed: "IDX14100: JWT is not well formed, there are no dots (.).",
  signature: "Signature is invalid.",
  audience: "Access token validation failure. Invalid audience.",
  issuer: "Access token validation failure. Invalid issuer.",
  expired: "Lifetime validation failed, the token is expired.",
} as const;

/** The application under `:id`, in the caller's directory. */
export function applicationOf(call: Call, directory: DirectoryRecord, deleted = false): ApplicationRecord {
  const id = call.parameter("id").toLowerCase();
  const found = call.state.applications.find(
    (one) => one.id === id && one.directory === directory.id && (one.deletedAt !== null) === deleted,
  );
  if (found === undefined) throw objectNotFound(call.parameter("id"));
  return found;
}

/** The service principal under `:id`, in the caller's directory. */
export function servicePrincipalOf(call: Call, directory: DirectoryRecord): ServicePrincipalRecord {
  const id = call.parameter("id").toLowerCase();
  const found = call.state.servicePrincipals.find(
    (one) => one.id === id && one.directory === directory.id && one.deletedAt === null,
  );
  if (found === undefined) throw objectNotFound(call.parameter("id"));
  return found;
}

/** The body, in Graph's way of refusing. */
export function body<Schema extends z.ZodType>(call: Call, schema: Schema): z.infer<Schema> {
  return call.json(schema, { malformed: badRequest, notPlayed: notInSandbox });
}

/**
 * The one filter there is: `appId eq 'GUID'`.
 *
 * @returns undefined if none is asked for.
 */
export function appIdFilter(call: Call): string | undefined {
  const filter = call.request.query.get("$filter");
  if (filter === null) return undefined;
  const appId = /^appId eq '([0-9a-f-]{36})'$/i.exec(filter)?.[1];
  if (appId === undefined) throw notInSandbox(`the filter "${filter}"`);
  return appId.toLowerCase();
}
