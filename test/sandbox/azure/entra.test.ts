import { constants, createHash, randomUUID, sign, X509Certificate } from "node:crypto";

import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";

import { OTHER_TENANT_DIRECTORY, TENANT_DIRECTORY } from "../../../sandbox/azure/index.js";
import { type Application, type AzureFixture, azureFixture, type CertificatePair, DAY, selfSigned, service, type Service, START } from "./fixtures.js";

const LOGIN = "https://login.microsoftonline.com";
const SCOPE = "https://vault.azure.net/.default";
const VAULT = "acme-entra";

let fixture: AzureFixture;
let caller: Service;
let stranger: CertificatePair;

beforeAll(async () => {
  fixture = await azureFixture();
  fixture.running.sandbox.createVault({ name: VAULT });
  caller = await service(fixture, VAULT, "get");
  stranger = await selfSigned("stranger");
});
afterAll(() => fixture.close());
afterEach(() => {
  jest.restoreAllMocks();
});

const seconds = (): number => Math.floor(Date.now() / 1000);
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const thumbprint = (pem: string): string => new X509Certificate(pem).fingerprint.replaceAll(":", "");

/** A client assertion as MSAL makes it; parts can be made wrong. */
function assertion(
  { certificate, privateKey, clientId, entraTenantId }: Application,
  { claims = {}, alg = "PS256", x5t = "x5t#S256" }: { claims?: object; alg?: "PS256" | "RS256"; x5t?: "x5t" | "x5t#S256" | "none" } = {},
): string {
  const der = new X509Certificate(certificate).raw;
  const hash = createHash(x5t === "x5t" ? "sha1" : "sha256").update(der).digest("base64url");
  const header = encode({ alg, typ: "JWT", ...(x5t === "none" ? {} : { [x5t]: hash }) });
  const payload = encode({
    aud: `${LOGIN}/${entraTenantId}/oauth2/v2.0/token`, iss: clientId, sub: clientId, jti: randomUUID(), nbf: seconds(), exp: seconds() + 600, ...claims,
  });
  const padding = alg === "PS256" ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : {};
  return `${header}.${payload}.${sign("sha256", Buffer.from(`${header}.${payload}`), { key: privateKey, ...padding }).toString("base64url")}`;
}

const form = (application: Application, given: Record<string, string> = {}): Record<string, string> => ({
  client_id: application.clientId, scope: SCOPE, grant_type: "client_credentials",
  client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", client_assertion: assertion(application), ...given,
});
const signIn = (body: Record<string, string>, tenant = TENANT_DIRECTORY): ReturnType<AzureFixture["fetch"]> =>
  fixture.fetch("POST", `${LOGIN}/${tenant}/oauth2/v2.0/token`, { form: body });

/** What Entra answers: all of it, with the ids and times checked and taken out. */
async function refused(body: Record<string, string>, tenant?: string): Promise<{ status: number; error: unknown; description: string; code: unknown }> {
  const { status, body: answer } = await signIn(body, tenant);
  const { error, error_description: description, error_codes, timestamp, trace_id, correlation_id, error_uri } = answer as Record<string, string>;
  const [code] = error_codes as unknown as number[];
  expect(answer).toEqual({ error, error_description: description, error_codes: [code], timestamp, trace_id, correlation_id, error_uri });
  expect(timestamp).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/);
  expect(error_uri).toBe(`${LOGIN}/error?code=${String(code)}`);
  const tail = ` Trace ID: ${trace_id ?? ""} Correlation ID: ${correlation_id ?? ""} Timestamp: ${timestamp ?? ""}`;
  const text = description ?? "";
  expect(text.endsWith(tail)).toBe(true);
  return { status, error, description: text.slice(0, -tail.length), code };
}

const configuredKeys = (clientId: string): string =>
  `Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id '${clientId}'. Review the documentation at https://docs.microsoft.com/en-us/graph/deployments to determine the corresponding service endpoint and https://docs.microsoft.com/en-us/graph/api/application-get?view=graph-rest-1.0&tabs=http to build a query request URL, such as 'https://graph.microsoft.com/beta/applications/${clientId}']`;
const FOUND = "Found key 'Start=11/23/2026 00:00:00, End=11/24/2027 00:00:00'";

describe("signing in", () => {
  test.each([["PS256", "x5t#S256"], ["RS256", "x5t"], ["PS256", "x5t"], ["RS256", "x5t#S256"]] as const)("with %s, named by %s", async (alg, x5t) => {
    const answer = await signIn(form(caller.application, { client_assertion: assertion(caller.application, { alg, x5t }) }));
    expect(answer).toMatchObject({ status: 200, body: { token_type: "Bearer", expires_in: 3599, ext_expires_in: 3599, access_token: expect.any(String) } });
  });

  test.each(["/v2.0", "/", "/oauth2/token"])("an assertion for the audience %s is taken as well", async (path) => {
    const client_assertion = assertion(caller.application, { claims: { aud: `${LOGIN}/${TENANT_DIRECTORY}${path}` } });
    await expect(signIn(form(caller.application, { client_assertion }))).resolves.toMatchObject({ status: 200 });
  });

  test("by domain as well as by id; with the OpenID scopes that MSAL adds", async () => {
    await expect(signIn(form(caller.application, { scope: `${SCOPE} openid profile offline_access` }), "acme.onmicrosoft.com")).resolves.toMatchObject({ status: 200 });
  });

  test.each([
    ["https://management.azure.com/.default", "https://management.azure.com"],
    ["https://management.core.windows.net//.default", "https://management.azure.com"],
    ["https://graph.microsoft.com/.default", "https://graph.microsoft.com"],
    ["cfa8b339-82a2-471a-a3c9-0fc0be7a4093/.default", "https://vault.azure.net"],
  ])("for %s the audience is %s", async (scope, aud) => {
    const { body } = await signIn(form(caller.application, { scope }));
    const [, payload = ""] = (body as { access_token: string }).access_token.split(".");
    expect(JSON.parse(Buffer.from(payload, "base64url").toString())).toMatchObject({ aud });
  });

  test("the official credential signs in, twice with a fresh one, and says what Entra said when it may not", async () => {
    await expect(fixture.credential(caller.application).getToken(SCOPE)).resolves.toMatchObject({ token: expect.any(String) });
    const other = { ...caller.application, ...stranger };
    await expect(fixture.credential(other).getToken(SCOPE)).rejects.toThrow("AADSTS700027: The certificate with identifier used to sign the client assertion is not registered on application.");
  });

  test("metadata", async () => {
    const configuration = await fixture.fetch("GET", `${LOGIN}/${TENANT_DIRECTORY}/v2.0/.well-known/openid-configuration`);
    expect(configuration.body).toMatchObject({
      issuer: `${LOGIN}/${TENANT_DIRECTORY}/v2.0`, token_endpoint: `${LOGIN}/${TENANT_DIRECTORY}/oauth2/v2.0/token`,
    });
    const discovery = await fixture.fetch("GET", `${LOGIN}/common/discovery/instance?api-version=1.1&authorization_endpoint=${LOGIN}/${TENANT_DIRECTORY}/oauth2/v2.0/authorize`);
    expect(discovery.body).toMatchObject({ tenant_discovery_endpoint: `${LOGIN}/${TENANT_DIRECTORY}/v2.0/.well-known/openid-configuration` });
    const nobody = await fixture.fetch("GET", `${LOGIN}/nobody/v2.0/.well-known/openid-configuration`);
    expect(nobody).toMatchObject({ status: 400, body: { error: "invalid_tenant", error_codes: [90002] } });
  });
});

describe("refusals", () => {
  test("no such directory", async () => {
    await expect(refused(form(caller.application), "33333333-3333-4333-8333-333333333333")).resolves.toEqual({
      status: 400, error: "invalid_request", code: 90002,
      description: "AADSTS90002: Tenant '33333333-3333-4333-8333-333333333333' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.",
    });
  });

  test.each([
    ["unknown", "33333333-3333-4333-8333-333333333333", TENANT_DIRECTORY, "Acme"],
    ["of another directory", undefined, OTHER_TENANT_DIRECTORY, "Globex"],
  ])("the application is %s", async (_, given, tenant, directory) => {
    const clientId = given ?? caller.application.clientId;
    await expect(refused(form({ ...caller.application, clientId }), tenant)).resolves.toEqual({
      status: 400, error: "unauthorized_client", code: 700016,
      description: `AADSTS700016: Application with identifier '${clientId}' was not found in the directory '${directory}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
    });
  });

  test("a certificate that is not registered", async () => {
    const { clientId } = caller.application;
    await expect(refused(form({ ...caller.application, ...stranger }))).resolves.toEqual({
      status: 401, error: "invalid_client", code: 700027,
      description: `AADSTS700027: The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found., ${configuredKeys(clientId)}.`,
    });
    const client_assertion = assertion({ ...caller.application, ...stranger }, { x5t: "x5t" });
    await expect(refused(form(caller.application, { client_assertion }))).resolves.toMatchObject({
      description: `AADSTS700027: The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found., Thumbprint of key used by client: '${thumbprint(stranger.certificate)}', ${configuredKeys(clientId)}.`,
    });
  });

  test("another key than the certificate's", async () => {
    const { clientId, certificate } = caller.application;
    await expect(refused(form({ ...caller.application, privateKey: stranger.privateKey }))).resolves.toEqual({
      status: 401, error: "invalid_client", code: 700027,
      description: `AADSTS700027: Client assertion contains an invalid signature. [Reason - Key was found, but use of the key to verify the signature failed., Thumbprint of key used by client: '${thumbprint(certificate)}', ${FOUND}, ${configuredKeys(clientId)}.`,
    });
  });

  test("an expired certificate, and one whose time has not come", async () => {
    const other = await azureFixture();
    try {
      other.running.sandbox.createVault({ name: VAULT });
      const late = await service(other, VAULT, "get");
      const { clientId, certificate } = late.application;
      const post = (): ReturnType<AzureFixture["fetch"]> => other.fetch("POST", `${LOGIN}/${TENANT_DIRECTORY}/oauth2/v2.0/token`, { form: form(late.application) });
      other.advance(365 * DAY - 1);
      await expect(post()).resolves.toMatchObject({ status: 200 });
      other.advance(1);
      const { status, body } = await post();
      expect(status).toBe(401);
      expect((body as { error_description: string }).error_description).toContain(
        `AADSTS700027: Client assertion contains an invalid signature. [Reason - The key used is expired., Thumbprint of key used by client: '${thumbprint(certificate)}', ${FOUND}, ${configuredKeys(clientId)}.`,
      );
      other.advance(-367 * DAY);
      expect(((await post()).body as { error_description: string }).error_description).toContain("[Reason - The key used is not yet valid.,");
    } finally {
      await other.close();
    }
  });

  test("a client whose clock is wrong", async () => {
    const exp = seconds() - 301;
    jest.spyOn(Date, "now").mockReturnValue((seconds() + 0.5) * 1000);
    const client_assertion = assertion(caller.application, { claims: { exp, nbf: exp - 600 } });
    const time = (at: number, part = "0000000"): string => `${new Date(at * 1000).toISOString().slice(0, 19)}.${part}Z`;
    await expect(refused(form(caller.application, { client_assertion }))).resolves.toEqual({
      status: 401, error: "invalid_client", code: 700024,
      description: `AADSTS700024: Client assertion is not within its valid time range. Current time: ${time(seconds(), "5000000")}, assertion valid from ${time(exp - 600)}, expiry time of assertion ${time(exp)}. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .`,
    });
    const early = assertion(caller.application, { claims: { nbf: seconds() + 302, exp: seconds() + 900 } });
    await expect(refused(form(caller.application, { client_assertion: early }))).resolves.toMatchObject({ code: 700024 });
    const skewed = assertion(caller.application, { claims: { nbf: seconds() + 290, exp: seconds() + 900 } });
    await expect(signIn(form(caller.application, { client_assertion: skewed }))).resolves.toMatchObject({ status: 200 });
  });

  test.each<[string, () => Record<string, string>, number, string, number, string]>([
    ["an assertion for somebody else", () => ({ client_assertion: assertion(caller.application, { claims: { aud: `${LOGIN}/${OTHER_TENANT_DIRECTORY}/v2.0` } }) }), 401, "invalid_client", 700023, "Client assertion audience claim does not match Realm issuer. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials ."],
    ["an assertion of somebody else", () => ({ client_assertion: assertion(caller.application, { claims: { iss: "x" } }) }), 401, "invalid_client", 700021, "Client assertion application identifier doesn't match 'client_id' parameter. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials ."],
    ["an assertion about somebody else", () => ({ client_assertion: assertion(caller.application, { claims: { sub: "x" } }) }), 401, "invalid_client", 700021, "Client assertion application identifier doesn't match 'client_id' parameter. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials ."],
    ["no assertion", () => ({ client_assertion: "x.y.z" }), 401, "invalid_client", 50027, "JWT token is invalid or malformed."],
    ["a client secret", () => ({ client_secret: "s" }), 401, "invalid_client", 7000215, "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app 'CLIENT'."],
    ["a scope without .default", () => ({ scope: "https://vault.azure.net" }), 400, "invalid_scope", 1002012, "The provided value for scope https://vault.azure.net is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."],
    ["a resource there is not", () => ({ scope: "https://example.com/.default" }), 400, "invalid_resource", 500011, "The resource principal named https://example.com was not found in the tenant named Acme. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant."],
    ["another grant", () => ({ grant_type: "password" }), 400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type 'password'."],
    ["an empty client id", () => ({ client_id: "" }), 400, "invalid_request", 900144, "The request body must contain the following parameter: 'client_id'."],
  ])("%s", async (_, given, status, error, code, text) => {
    await expect(refused(form(caller.application, given()))).resolves.toEqual({
      status, error, code, description: `AADSTS${code}: ${text.replace("CLIENT", caller.application.clientId)}`,
    });
  });

  test("neither secret nor assertion", async () => {
    const without = Object.fromEntries(Object.entries(form(caller.application)).filter(([name]) => name !== "client_assertion"));
    await expect(refused(without)).resolves.toMatchObject({ status: 401, code: 7000216 });
  });

  test("not verified: an assertion without a thumbprint names no key", async () => {
    const client_assertion = assertion(caller.application, { x5t: "none" });
    await expect(refused(form(caller.application, { client_assertion }))).resolves.toMatchObject({ code: 700027, status: 401 });
  });
});

describe("what the tenant does to the application", () => {
  let own: Service;
  beforeAll(async () => {
    own = await service(fixture, VAULT, "get");
  });

  test("two certificates overlap; either signs in, and one can go", async () => {
    const { sandbox } = fixture.running;
    const [first, second] = [await selfSigned("first"), await selfSigned("second", 700)];
    const { clientId } = sandbox.registerApplication({ displayName: "two", certificates: [first.certificate, second.certificate] });
    const holders = [first, second].map((pair) => ({ ...own.application, clientId, ...pair }));
    for (const holder of holders) await expect(signIn(form(holder))).resolves.toMatchObject({ status: 200 });
    expect(sandbox.removeCertificate({ clientId, thumbprint: thumbprint(first.certificate).toLowerCase() }).certificates).toEqual([
      { thumbprint: thumbprint(second.certificate), notBefore: new Date(START - DAY).toISOString(), notAfter: new Date(START + 700 * DAY).toISOString() },
    ]);
    const [gone, left] = holders;
    await expect(refused(form(gone ?? own.application))).resolves.toMatchObject({ code: 700027 });
    await expect(signIn(form(left ?? own.application))).resolves.toMatchObject({ status: 200 });
    sandbox.removeCertificate({ clientId });
    expect(() => sandbox.removeCertificate({ clientId })).toThrow(`The application ${clientId} has no certificate. It has none.`);
  });

  test("a certificate expires: signing in ends, a token lives on", async () => {
    const { sandbox } = fixture.running;
    const token = (await own.credential.getToken(SCOPE))?.token ?? "";
    const { certificates } = sandbox.expireCertificate({ clientId: own.application.clientId });
    expect(certificates).toMatchObject([{ thumbprint: thumbprint(own.application.certificate), notAfter: new Date(fixture.now()).toISOString() }]);
    await expect(refused(form(own.application))).resolves.toMatchObject({ code: 700027, description: expect.stringContaining("[Reason - The key used is expired.,") });
    const answer = await fixture.fetch("GET", `https://${VAULT}.vault.azure.net/keys/x?api-version=7.5`, { token });
    expect(answer).toMatchObject({ status: 404, body: { error: { code: "KeyNotFound" } } });
  });

  test("an expired certificate that is registered once more signs in again", async () => {
    const { sandbox } = fixture.running;
    const { application } = await service(fixture, VAULT);
    sandbox.expireCertificate({ clientId: application.clientId });
    const { tokens } = sandbox.deployer();
    const found = await fixture.fetch("GET", `https://graph.microsoft.com/v1.0/applications?$filter=appId eq '${application.clientId}'`, { token: tokens.graph });
    const { value: [registered] } = found.body as { value: { id: string; keyCredentials: object[] }[] };
    const key = Buffer.from(application.certificate).toString("base64");
    const keyCredentials = [...(registered?.keyCredentials ?? []), { type: "AsymmetricX509Cert", usage: "Verify", key }];
    const url = `https://graph.microsoft.com/v1.0/applications/${registered?.id ?? ""}`;
    await expect(fixture.fetch("PATCH", url, { token: tokens.graph, body: { keyCredentials } })).resolves.toMatchObject({ status: 204 });
    await expect(signIn(form(application))).resolves.toMatchObject({ status: 200 });
  });

  test("an application is deleted and restored, with its service principal", async () => {
    const { sandbox } = fixture.running;
    const { clientId } = caller.application;
    expect(sandbox.deleteApplication({ clientId })).toMatchObject({ deleted: true });
    await expect(refused(form(caller.application))).resolves.toMatchObject({ code: 700016 });
    expect(sandbox.restoreApplication({ clientId })).toMatchObject({ deleted: false, servicePrincipalId: caller.servicePrincipalId });
    await expect(signIn(form(caller.application))).resolves.toMatchObject({ status: 200 });
    expect(() => sandbox.restoreApplication({ clientId })).toThrow(`The sandbox has no deleted application ${clientId}. It has none.`);
  });

  test.each([
    ["disabled", { accountEnabled: false }, 7000112],
    ["gone", undefined, 7000229],
  ])("the service principal is %s", async (_, body, code) => {
    const { tokens } = fixture.running.sandbox.deployer();
    const other = await service(fixture, VAULT);
    const url = `https://graph.microsoft.com/v1.0/servicePrincipals/${other.servicePrincipalId}`;
    await fixture.fetch(body === undefined ? "DELETE" : "PATCH", url, { token: tokens.graph, body });
    await expect(refused(form(other.application))).resolves.toMatchObject({ status: 400, error: "unauthorized_client", code });
  });

  test("a transient failure of Entra is not a refusal of the application", async () => {
    fixture.running.sandbox.injectFault({ operation: "SignIn", error: "ServiceUnavailable", times: 1 });
    await expect(refused(form(caller.application))).resolves.toMatchObject({ status: 503, error: "temporarily_unavailable", code: 90033 });
  });
});
