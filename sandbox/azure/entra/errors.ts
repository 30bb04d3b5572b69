/**
 * What Entra answers when it refuses: `{ "error", "error_description", "error_codes", "timestamp", "trace_id",
 * "correlation_id", "error_uri" }` (Microsoft identity platform, "Authentication and authorization error codes"; JSON as in
 * microsoftgraph/windowsupdates-webapplication-sample#6). The description carries ids and time again; since 2024 they follow
 * after a space (AzureAD/microsoft-authentication-library-for-java#984), before that after line breaks.
 *
 * @module
 */
import { randomUUID } from "node:crypto";

import { ApiError, type ApiRequest } from "../api.js";

/** OAuth's own word for an error (RFC 6749, 5.2, and Microsoft's additions). */
export type OAuthError =
  | "invalid_client"
  | "invalid_request"
  | "invalid_resource"
  | "invalid_scope"
  | "invalid_tenant"
  | "unauthorized_client"
  | "unsupported_grant_type"
  | "temporarily_unavailable";

/** An error answer of Entra. */
export class EntraError extends ApiError {
  /** Entra's clock, which is the world's: assertions and tokens live by it. */
  readonly #time = `${new Date().toISOString().slice(0, 19).replace("T", " ")}Z`;
  readonly #traceId = randomUUID();

  constructor(
    readonly error: OAuthError,
    /** Number after AADSTS. */
    readonly number: number,
    message: string,
    // 401 where the client's proof of itself is bad (RFC 6749, 5.2).
    status: number = error === "invalid_client" ? 401 : 400,
  ) {
    super(status, `AADSTS${number}`, message);
  }

  override body(request: ApiRequest): object {
    const correlationId = request.correlationId ?? this.#traceId;
    return {
      error: this.error,
      error_description: `AADSTS${this.number}: ${this.message} Trace ID: ${this.#traceId} Correlation ID: ${correlationId} Timestamp: ${this.#time}`,
      error_codes: [this.number],
      timestamp: this.#time,
      trace_id: this.#traceId,
      correlation_id: correlationId,
      error_uri: `https://login.microsoftonline.com/error?code=${this.number}`,
    };
  }
}

/** What the sandbox does not play. */
export function notInSandbox(what: string): EntraError {
  return new EntraError("invalid_request", 0, `The sandbox does not implement ${what}.`, 501);
}

/** No such directory; "invalid_tenant" for the metadata (Azure/azure-cli#22145), "invalid_request" for tokens. */
export function tenantNotFound(tenant: string, error: "invalid_tenant" | "invalid_request"): EntraError {
  return new EntraError(
    error,
    90002,
    `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`,
  );
}

/** A parameter is missing (reference of error codes). */
export function parameterMissing(name: string): EntraError {
  return new EntraError("invalid_request", 900144, `The request body must contain the following parameter: '${name}'.`);
}

/** Neither secret nor assertion (reference of error codes). */
export function credentialMissing(): EntraError {
  return new EntraError("invalid_client", 7000216, "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.");
}

/** The application is not in the directory, or was deleted (IdentityServer/CrossVersionIntegrationTests#4 and many). */
export function applicationNotFound(clientId: string, directory: string): EntraError {
  return new EntraError(
    "unauthorized_client",
    700016,
    `Application with identifier '${clientId}' was not found in the directory '${directory}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
  );
}

/** The application has no service principal in its directory. */
export function servicePrincipalMissing(clientId: string, directory: string): EntraError {
  return new EntraError(
    "unauthorized_client",
    7000229,
    `The client application '${clientId}' is missing service principal in the tenant '${directory}'. See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119`,
  );
}

/** The service principal is switched off (reference of error codes: UnauthorizedClientApplicationDisabled). */
export function applicationDisabled(clientId: string, name: string): EntraError {
  return new EntraError("unauthorized_client", 7000112, `Application '${clientId}'(${name}) is disabled.`);
}

/** A client secret, which no application of the sandbox has (reference of error codes). */
export function invalidSecret(clientId: string): EntraError {
  return new EntraError(
    "invalid_client",
    7000215,
    `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${clientId}'.`,
  );
}

/** What of a key Entra shows. */
export interface ShownKey {
  /** SHA-1 of the certificate, upper-case hex; absent if the assertion named it otherwise. */
  readonly thumbprint: string | undefined;
  readonly found?: { readonly startAt: number; readonly endAt: number } | undefined;
}

/** No certificate of that thumbprint is registered (keycloak/keycloak#19425). */
export function certificateNotRegistered(clientId: string, key: ShownKey): EntraError {
  return invalidAssertion(
    "The certificate with identifier used to sign the client assertion is not registered on application.",
    "The key was not found.",
    clientId,
    key,
  );
}

/** Registered, but its time is over. */
export function certificateExpired(clientId: string, key: ShownKey): EntraError {
  return invalidAssertion("Client assertion contains an invalid signature.", "The key used is expired.", clientId, key);
}

/** Registered, but its time has not come. Words after those of an expired one: no report of it was found. */
export function certificateNotYetValid(clientId: string, key: ShownKey): EntraError {
  return invalidAssertion("Client assertion contains an invalid signature.", "The key used is not yet valid.", clientId, key);
}

/** Registered, and another key signed (Azure/azure-sdk-for-java#25109, microsoftgraph/msgraph-sdk-php#1585). */
export function signatureMismatch(clientId: string, key: ShownKey): EntraError {
  return invalidAssertion(
    "Client assertion contains an invalid signature.",
    "Key was found, but use of the key to verify the signature failed.",
    clientId,
    key,
  );
}

/** All of AADSTS700027's forms (Azure/azure-sdk-for-net#29007, pnp/cli-microsoft365#1621). */
function invalidAssertion(what: string, reason: string, clientId: string, { thumbprint, found }: ShownKey): EntraError {
  const parts = [
    `Reason - ${reason}`,
    ...(thumbprint === undefined ? [] : [`Thumbprint of key used by client: '${thumbprint}'`]),
    ...(found === undefined ? [] : [`Found key 'Start=${shownTime(found.startAt)}, End=${shownTime(found.endAt)}'`]),
    `Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id '${clientId}'. Review the documentation at https://docs.microsoft.com/en-us/graph/deployments to determine the corresponding service endpoint and https://docs.microsoft.com/en-us/graph/api/application-get?view=graph-rest-1.0&tabs=http to build a query request URL, such as 'https://graph.microsoft.com/beta/applications/${clientId}'`,
  ];
  return new EntraError("invalid_client", 700027, `${what} [${parts.join(", ")}].`);
}

/** Past its expiry or before its beginning: mostly the client's clock (AzureAD/microsoft-authentication-library-for-java#984). */
export function assertionOutOfTime(now: number, notBefore: number, expires: number): EntraError {
  return new EntraError(
    "invalid_client",
    700024,
    `Client assertion is not within its valid time range. Current time: ${preciseTime(now)}, assertion valid from ${preciseTime(notBefore)}, expiry time of assertion ${preciseTime(expires)}. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .`,
  );
}

/** Made for somebody else (reference of error codes: 700023). */
export function assertionAudience(): EntraError {
  return new EntraError(
    "invalid_client",
    700023,
    "Client assertion audience claim does not match Realm issuer. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
  );
}

/** Issuer or subject is another application (reference of error codes: 700021). */
export function assertionClient(): EntraError {
  return new EntraError(
    "invalid_client",
    700021,
    "Client assertion application identifier doesn't match 'client_id' parameter. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
  );
}

/** No JWT (reference of error codes: 50027). */
export function assertionMalformed(): EntraError {
  return new EntraError("invalid_client", 50027, "JWT token is invalid or malformed.");
}

/** A scope without `/.default` (reference of error codes: 1002012). */
export function scopeWithoutDefault(scope: string): EntraError {
  return new EntraError(
    "invalid_scope",
    1002012,
    `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
  );
}

/** A resource that is not there (reference of error codes: 500011). */
export function resourceNotFound(resource: string, directory: string): EntraError {
  return new EntraError(
    "invalid_resource",
    500011,
    `The resource principal named ${resource} was not found in the tenant named ${directory}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.`,
  );
}

/** Another grant (RFC 6749; reference of error codes: 70003). */
export function grantNotSupported(grant: string): EntraError {
  return new EntraError("unsupported_grant_type", 70003, `The app requested an unsupported grant type '${grant}'.`);
}

/** `11/24/2026 00:00:00`. */
function shownTime(time: number): string {
  const [date = "", clock = ""] = new Date(time).toISOString().slice(0, 19).split("T");
  const [year = "", month = "", day = ""] = date.split("-");
  return `${month}/${day}/${year} ${clock}`;
}

/** Seven digits of a second, as .NET writes them. */
function preciseTime(time: number): string {
  return new Date(time).toISOString().replace("Z", "0000Z");
}
