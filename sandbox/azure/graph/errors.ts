/**
 * What Microsoft Graph answers when it refuses: `{ "error": { "code", "message", "innerError": { "date", "request-id",
 * "client-request-id" } } }` ("Microsoft Graph error responses and resource types"). A message without a source is our own
 * wording.
 *
 * @module
 */
import { randomUUID } from "node:crypto";

import { ApiError, type ApiRequest } from "../api.js";

/** An error answer of Graph. */
export class GraphError extends ApiError {
  override body(request: ApiRequest): object {
    const requestId = randomUUID();
    return {
      error: {
        code: this.code,
        message: this.message,
        innerError: {
          date: new Date().toISOString().slice(0, 19),
          "request-id": requestId,
          "client-request-id": request.correlationId ?? requestId,
        },
      },
    };
  }
}

/** What the sandbox does not play. */
export function notInSandbox(what: string): GraphError {
  return new GraphError(501, "notImplemented", `The sandbox does not implement ${what}.`);
}

/** A request that is not acceptable. */
export function badRequest(message: string): GraphError {
  return new GraphError(400, "Request_BadRequest", message);
}

/** No object of that id, or it is in another directory. */
export function objectNotFound(id: string): GraphError {
  return new GraphError(
    404,
    "Request_ResourceNotFound",
    `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
  );
}

/** A service principal of an application that does not exist, or not for this directory (terraform-provider-azuread#4 and others). */
export function applicationOfServicePrincipalMissing(appId: string): GraphError {
  return new GraphError(400, "Request_BadRequest", `The appId '${appId}' of the service principal does not reference a valid application object.`);
}

/** One service principal per application and directory. */
export function servicePrincipalExists(appId: string): GraphError {
  return new GraphError(
    409,
    "Request_MultipleObjectsWithSameKeyValue",
    `The service principal cannot be created, updated, or restored because the service principal name ${appId} is already in use.`,
  );
}

/** A credential that outlives its certificate, or ends before it begins (Graph known issues; hashicorp/terraform-provider-azuread). */
export function credentialEndsTooLate(): GraphError {
  return new GraphError(400, "KeyCredentialsInvalidEndDate", "Key credential end date is invalid.");
}

/** The caller may not administer the directory. */
export function privilegesMissing(): GraphError {
  return new GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
}

/** 401, in one of Graph's words for it. */
export function tokenRefused(message: string): GraphError {
  return new GraphError(401, "InvalidAuthenticationToken", message);
}
