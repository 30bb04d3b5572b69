/**
 * Entra as applications and MSAL see it: metadata and the token endpoint. Sources: Microsoft identity platform, "OAuth 2.0
 * client credentials flow" (second case, access token request with a certificate), "OpenID Connect on the Microsoft
 * identity platform"; metadata as in the recordings of azure-sdk-for-js.
 *
 * @module
 */
import { type ApiAnswer, type ApiRequest, matchPath } from "../api.js";
import { type Call, type Operation } from "../call.js";
import { LOGIN_HOST } from "../names.js";
import { type ApplicationRecord, type DirectoryRecord, type ServicePrincipalRecord } from "../state.js";
import { findResource, issueToken, TOKEN_LIFETIME, tokenKeySet } from "../tokens.js";
import { verifyAssertion } from "./assertion.js";
import {
  applicationDisabled,
  applicationNotFound,
  credentialMissing,
  grantNotSupported,
  invalidSecret,
  notInSandbox,
  parameterMissing,
  resourceNotFound,
  scopeWithoutDefault,
  servicePrincipalMissing,
  tenantNotFound,
} from "./errors.js";

const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

type Route = readonly [method: string, pattern: string, name: string, run: (call: Call) => ApiAnswer];

const ROUTES: readonly Route[] = [
  ["GET", "common/discovery/instance", "InstanceDiscovery", instanceDiscovery],
  ["GET", "common/discovery/keys", "Keys", keys],
  ["GET", ":tenant/discovery/v2.0/keys", "Keys", keys],
  ["GET", ":tenant/v2.0/.well-known/openid-configuration", "OpenIdConfiguration", openIdConfiguration],
  ["POST", ":tenant/oauth2/v2.0/token", "SignIn", token],
];

/** Names of Entra's operations. */
export const ENTRA_OPERATIONS: readonly string[] = [...new Set(ROUTES.map(([, , name]) => name))];

/**
 * The operation that a request to Entra asks for.
 *
 * @throws EntraError for what the sandbox does not play.
 */
export function routeEntra(request: ApiRequest): Operation {
  for (const [method, pattern, name, run] of ROUTES) {
    const parameters = request.method === method ? matchPath(pattern, request.path) : undefined;
    if (parameters === undefined) continue;
    const clientId = name === "SignIn" ? formOf(request).get("client_id") : null;
    return { plane: "entra", name, parameters, target: clientId ?? parameters["tenant"] ?? "common", run };
  }
  throw notInSandbox(`${request.method} /${request.path.join("/")} of Entra`);
}

function formOf(request: ApiRequest): URLSearchParams {
  return new URLSearchParams(request.body.toString("utf8"));
}

/** A directory by its id or domain. */
function directoryOf(call: Call, error: "invalid_tenant" | "invalid_request"): DirectoryRecord {
  const tenant = call.parameter("tenant").toLowerCase();
  const found = call.state.directories.find(({ id, domain }) => id === tenant || domain === tenant);
  if (found === undefined) throw tenantNotFound(call.parameter("tenant"), error);
  return found;
}

function instanceDiscovery(call: Call): ApiAnswer {
  const wanted = call.request.query.get("authorization_endpoint") ?? "";
  const tenant = URL.canParse(wanted) ? (new URL(wanted).pathname.split("/")[1] ?? "common") : "common";
  return {
    status: 200,
    body: {
      tenant_discovery_endpoint: `https://${LOGIN_HOST}/${tenant}/v2.0/.well-known/openid-configuration`,
      "api-version": "1.1",
      metadata: [
        {
          preferred_network: LOGIN_HOST,
          preferred_cache: "login.windows.net",
          aliases: [LOGIN_HOST, "login.windows.net", "login.microsoft.com", "sts.windows.net"],
        },
      ],
    },
  };
}

function keys(call: Call): ApiAnswer {
  return { status: 200, body: tokenKeySet(call.state) };
}

function openIdConfiguration(call: Call): ApiAnswer {
  const { id } = directoryOf(call, "invalid_tenant");
  const authority = `https://${LOGIN_HOST}/${id}`;
  return {
    status: 200,
    body: {
      token_endpoint: `${authority}/oauth2/v2.0/token`,
      token_endpoint_auth_methods_supported: ["client_secret_post", "private_key_jwt", "client_secret_basic"],
      jwks_uri: `${authority}/discovery/v2.0/keys`,
      response_modes_supported: ["query", "fragment", "form_post"],
      subject_types_supported: ["pairwise"],
      id_token_signing_alg_values_supported: ["RS256"],
      response_types_supported: ["code", "id_token", "code id_token", "id_token token"],
      scopes_supported: ["openid", "profile", "email", "offline_access"],
      issuer: `${authority}/v2.0`,
      request_uri_parameter_supported: false,
      authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
      end_session_endpoint: `${authority}/oauth2/v2.0/logout`,
      tenant_region_scope: "EU",
      cloud_instance_name: "microsoftonline.com",
      msgraph_host: "graph.microsoft.com",
    },
  };
}

/**
 * Signs an application in. Tokens that were given out stay good until they expire, whatever happens to the application
 * meanwhile: continuous access evaluation of workload identities is Graph's alone ("Continuous access evaluation for
 * workload identities").
 */
function token(call: Call): ApiAnswer {
  const directory = directoryOf(call, "invalid_request");
  const form = formOf(call.request);
  const grant = required(form, "grant_type");
  if (grant !== "client_credentials") throw grantNotSupported(grant);
  const clientId = required(form, "client_id").toLowerCase();
  const scope = required(form, "scope");
  const { application, servicePrincipal } = applicationIn(call, directory, clientId);
  if (form.has("client_secret")) throw invalidSecret(clientId);
  const assertion = form.get("client_assertion");
  if (assertion === null) throw credentialMissing();
  if (required(form, "client_assertion_type") !== JWT_BEARER) throw notInSandbox("that client_assertion_type");
  verifyAssertion(assertion, application, directory.id, call.now);
  const principal = { directory: directory.id, objectId: servicePrincipal.id, appId: application.appId };
  call.principal = principal;

  // MSAL adds the OpenID scopes; they ask for nothing here.
  const [wanted = "", ...others] = scope.split(" ").filter((one) => !["openid", "profile", "offline_access"].includes(one));
  if (!wanted.endsWith("/.default") || others.length > 0) throw scopeWithoutDefault(scope);
  const name = wanted.slice(0, -"/.default".length);
  const resource = findResource(name);
  if (resource === undefined) throw resourceNotFound(name, directory.displayName);
  return {
    status: 200,
    body: {
      token_type: "Bearer",
      expires_in: TOKEN_LIFETIME,
      ext_expires_in: TOKEN_LIFETIME,
      access_token: issueToken(call.state, principal, resource),
    },
    headers: { "Cache-Control": "no-store, no-cache", Pragma: "no-cache" },
  };
}

function required(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (value === null || value === "") throw parameterMissing(name);
  return value;
}

function applicationIn(
  call: Call,
  directory: DirectoryRecord,
  clientId: string,
): { readonly application: ApplicationRecord; readonly servicePrincipal: ServicePrincipalRecord } {
  const { applications, servicePrincipals } = call.state;
  const application = applications.find((candidate) => candidate.appId === clientId && candidate.deletedAt === null);
  const servicePrincipal = servicePrincipals.find(
    (candidate) => candidate.appId === clientId && candidate.directory === directory.id && candidate.deletedAt === null,
  );
  if (application === undefined || (servicePrincipal === undefined && application.directory !== directory.id)) {
    throw applicationNotFound(clientId, directory.displayName);
  }
  if (servicePrincipal === undefined) throw servicePrincipalMissing(clientId, directory.id);
  if (!servicePrincipal.accountEnabled) throw applicationDisabled(clientId, application.displayName);
  return { application, servicePrincipal };
}
