import { X509Certificate } from "node:crypto";

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { type AzureDeployer, OTHER_TENANT_DIRECTORY, TENANT_DIRECTORY } from "../../../sandbox/azure/index.js";
import { type AzureFixture, azureFixture, type CertificatePair, DAY, selfSigned, service, START } from "./fixtures.js";

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

let fixture: AzureFixture;
let deployer: AzureDeployer;
let stranger: AzureDeployer;
let pair: CertificatePair;
let key: string;

beforeAll(async () => {
  fixture = await azureFixture();
  stranger = fixture.running.sandbox.signIn({ entraTenantId: OTHER_TENANT_DIRECTORY });
  deployer = fixture.running.sandbox.signIn({ entraTenantId: TENANT_DIRECTORY });
  pair = await selfSigned("app");
  key = new X509Certificate(pair.certificate).raw.toString("base64");
});
afterAll(() => fixture.close());

interface Shown {
  readonly id: string;
  readonly appId: string;
  readonly keyCredentials: { readonly keyId: string }[];
}
async function ask(method: string, path: string, body?: object, token = deployer.tokens.graph): Promise<{ status: number; body: unknown }> {
  const { status, body: answer } = await fixture.fetch(method, `https://graph.microsoft.com/v1.0${path}`, { token, body });
  return { status, body: answer };
}
async function create(body: object = {}): Promise<Shown> {
  const { status, body: answer } = await ask("POST", "/applications", { displayName: "app", ...body });
  expect(status).toBe(201);
  return answer as Shown;
}
const get = async (id: string): Promise<Shown> => (await ask("GET", `/applications/${id}`)).body as Shown;
const error = (status: number, code: string, message: string): object => ({
  status, body: { error: { code, message, innerError: { date: expect.any(String), "request-id": expect.any(String), "client-request-id": expect.any(String) } } },
});

describe("applications", () => {
  test("made, shown, changed, listed", async () => {
    const application = await create({ displayName: "backup", signInAudience: "AzureADMyOrg" });
    expect(application).toMatchObject({
      id: expect.stringMatching(GUID), appId: expect.stringMatching(GUID), displayName: "backup", signInAudience: "AzureADMyOrg",
      createdDateTime: new Date(START).toISOString(), deletedDateTime: null, keyCredentials: [], passwordCredentials: [], identifierUris: [], tags: [],
    });
    await expect(ask("PATCH", `/applications/${application.id}`, { displayName: "new", notes: "n" })).resolves.toEqual({ status: 204, body: undefined });
    await expect(get(application.id)).resolves.toMatchObject({ displayName: "new", notes: "n", signInAudience: "AzureADMyOrg" });
    await expect(ask("GET", `/applications?$filter=appId eq '${application.appId}'`.replaceAll(" ", "%20"))).resolves.toMatchObject({ status: 200, body: { value: [{ id: application.id }] } });
  });

  test("unless told, anybody may sign in", async () => {
    await expect(create()).resolves.toMatchObject({ signInAudience: "AzureADandPersonalMicrosoftAccount" });
  });

  test("deleted and restored", async () => {
    const { id } = await create();
    await expect(ask("DELETE", `/applications/${id}`)).resolves.toMatchObject({ status: 204 });
    await expect(ask("GET", `/applications/${id}`)).resolves.toEqual(
      error(404, "Request_ResourceNotFound", `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`),
    );
    await expect(ask("POST", `/directory/deletedItems/${id}/restore`)).resolves.toMatchObject({ status: 200, body: { id, deletedDateTime: null } });
    await ask("DELETE", `/applications/${id}`);
    fixture.advance(30 * DAY);
    await expect(ask("POST", `/directory/deletedItems/${id}/restore`)).resolves.toMatchObject({ status: 404 });
    fixture.advance(-30 * DAY);
  });

  test.each<[string, object, number, string]>([
    ["no name", { displayName: undefined }, 400, "displayName: Invalid input: expected string, received undefined"],
    ["an audience", { signInAudience: "Everybody" }, 400, 'signInAudience: Invalid option: expected one of "AzureADMyOrg"|"AzureADMultipleOrgs"|"AzureADandPersonalMicrosoftAccount"|"PersonalMicrosoftAccount"'],
    ["what is not played", { web: {} }, 501, 'The sandbox does not implement the member "web" of Add application.'],
  ])("refused: %s", async (_, body, status, message) => {
    await expect(ask("POST", "/applications", { displayName: "x", ...body })).resolves.toMatchObject({ status, body: { error: { message } } });
  });
});

describe("certificates", () => {
  const credential = (given: object = {}): object => ({ type: "AsymmetricX509Cert", usage: "Verify", key, ...given });

  test("registered for the certificate's own time unless told, shown without the certificate", async () => {
    const { keyCredentials } = await create({ keyCredentials: [credential(), credential({ displayName: "d", endDateTime: "2026-12-01T00:00:00Z" })] });
    const customKeyIdentifier = Buffer.from(new X509Certificate(pair.certificate).fingerprint.replaceAll(":", ""), "hex").toString("base64");
    const common = { customKeyIdentifier, key: null, keyId: expect.stringMatching(GUID), startDateTime: "2026-11-23T00:00:00Z", type: "AsymmetricX509Cert", usage: "Verify" };
    expect(keyCredentials).toEqual([
      { ...common, displayName: "CN=app", endDateTime: "2027-11-24T00:00:00Z" },
      { ...common, displayName: "d", endDateTime: "2026-12-01T00:00:00Z" },
    ]);
  });

  test("a list replaces the list; one without a key is kept by its id", async () => {
    const { id, keyCredentials: [first] } = await create({ keyCredentials: [credential(), credential()] });
    const patch = (keyCredentials: object[]): Promise<unknown> => ask("PATCH", `/applications/${id}`, { keyCredentials });
    await expect(patch([{ keyId: first?.keyId }, credential({ displayName: "new" })])).resolves.toMatchObject({ status: 204 });
    await expect(get(id)).resolves.toMatchObject({ keyCredentials: [{ keyId: first?.keyId }, { displayName: "new" }] });
    await expect(patch([{ keyId: "33333333-3333-4333-8333-333333333333" }])).resolves.toEqual(error(400, "Request_BadRequest", "A key credential needs a key."));
    await expect(patch([])).resolves.toMatchObject({ status: 204 });
    await expect(get(id)).resolves.toMatchObject({ keyCredentials: [] });
  });

  test.each<[string, object, string, string]>([
    ["outlives its certificate", { endDateTime: "2027-11-24T00:00:01Z" }, "KeyCredentialsInvalidEndDate", "Key credential end date is invalid."],
    ["begins before it", { startDateTime: "2026-11-22T00:00:00Z" }, "KeyCredentialsInvalidEndDate", "Key credential end date is invalid."],
    ["ends before it begins", { startDateTime: "2026-12-01T00:00:00Z", endDateTime: "2026-11-30T00:00:00Z" }, "KeyCredentialsInvalidEndDate", "Key credential end date is invalid."],
    ["is no certificate", { key: "AAAA" }, "Request_BadRequest", "The value of the key credential is not a valid X.509 certificate."],
    ["has no type", { type: undefined }, "Request_BadRequest", "A key credential needs a type and a usage."],
  ])("refused: one that %s", async (_, given, code, message) => {
    await expect(ask("POST", "/applications", { displayName: "x", keyCredentials: [credential(given)] })).resolves.toEqual(error(400, code, message));
  });
});

describe("service principals", () => {
  const post = (appId: string, token?: string): ReturnType<typeof ask> => ask("POST", "/servicePrincipals", { appId }, token);

  test("made, shown, switched off, removed", async () => {
    const { appId } = await create({ displayName: "backup", signInAudience: "AzureADMyOrg" });
    const { status, body } = await post(appId);
    expect(status).toBe(201);
    const { id } = body as Shown;
    expect(body).toMatchObject({
      id: expect.stringMatching(GUID), appId, accountEnabled: true, displayName: "backup", appOwnerOrganizationId: TENANT_DIRECTORY,
      servicePrincipalType: "Application", servicePrincipalNames: [appId], signInAudience: "AzureADMyOrg",
    });
    await expect(post(appId)).resolves.toEqual(
      error(409, "Request_MultipleObjectsWithSameKeyValue", `The service principal cannot be created, updated, or restored because the service principal name ${appId} is already in use.`),
    );
    await expect(ask("PATCH", `/servicePrincipals/${id}`, { accountEnabled: false })).resolves.toMatchObject({ status: 204 });
    await expect(ask("GET", `/servicePrincipals/${id}`)).resolves.toMatchObject({ body: { accountEnabled: false } });
    await expect(ask("DELETE", `/servicePrincipals/${id}`)).resolves.toMatchObject({ status: 204 });
    await expect(ask("GET", `/servicePrincipals/${id}`)).resolves.toMatchObject({ status: 404 });
    await expect(post(appId)).resolves.toMatchObject({ status: 201 });
  });

  test("of an application of one directory only, in that one only", async () => {
    const single = await create({ signInAudience: "AzureADMyOrg" });
    const several = await create({ signInAudience: "AzureADMultipleOrgs" });
    await expect(post(single.appId, stranger.tokens.graph)).resolves.toEqual(
      error(400, "Request_BadRequest", `The appId '${single.appId}' of the service principal does not reference a valid application object.`),
    );
    await expect(post(several.appId, stranger.tokens.graph)).resolves.toMatchObject({ status: 201, body: { appOwnerOrganizationId: TENANT_DIRECTORY } });
  });

  test("gone with its application", async () => {
    const { id, appId } = await create();
    const { body } = await post(appId);
    await ask("DELETE", `/applications/${id}`);
    await expect(ask("GET", `/servicePrincipals/${(body as Shown).id}`)).resolves.toMatchObject({ status: 404 });
  });
});

describe("rights", () => {
  test("an administrator sees its own directory only", async () => {
    const { id } = await create();
    await expect(ask("GET", `/applications/${id}`, undefined, stranger.tokens.graph)).resolves.toMatchObject({ status: 404 });
    await expect(ask("DELETE", `/applications/${id}`, undefined, stranger.tokens.graph)).resolves.toMatchObject({ status: 404 });
  });

  test("applications have no rights here", async () => {
    fixture.running.sandbox.createVault({ name: "acme-graph" });
    const { credential } = await service(fixture, "acme-graph");
    const token = (await credential.getToken("https://graph.microsoft.com/.default"))?.token ?? "";
    await expect(ask("GET", "/applications", undefined, token)).resolves.toEqual(
      error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    );
  });

  test.each([
    ["none", undefined, "Access token is empty."],
    ["for ARM", "arm", "Access token validation failure. Invalid audience."],
    ["nonsense", "x", "IDX14100: JWT is not well formed, there are no dots (.)."],
  ])("a token: %s", async (_, which, message) => {
    const token = which === "arm" ? deployer.tokens.arm : which;
    const answer = await fixture.fetch("GET", "https://graph.microsoft.com/v1.0/applications", token === undefined ? {} : { token });
    expect(answer).toMatchObject({ status: 401, body: { error: { code: "InvalidAuthenticationToken", message } } });
  });

  test("what is not played is said", async () => {
    await expect(ask("GET", "/users")).resolves.toMatchObject({ status: 501, body: { error: { message: "The sandbox does not implement GET /v1.0/users of Microsoft Graph." } } });
    await expect(ask("GET", "/applications?$filter=displayName%20eq%20'x'")).resolves.toMatchObject({ status: 501 });
  });
});
