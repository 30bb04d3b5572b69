import { createHash, X509Certificate } from "node:crypto";

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { OTHER_TENANT_DIRECTORY, TENANT_DIRECTORY } from "../../../../sandbox/azure/index.js";
import { type Properties, textOf } from "../../../../sandbox/pulumi/values.js";
import { selfSigned } from "../../azure/fixtures.js";
import { type Fixture, sandboxFixture } from "../../fixtures.js";
import { deployment, type Deployment, type Remembered } from "../deployment.js";
import { connectEngine, type Engine, providerPort } from "../engine.js";

const APPLICATION = "azuread:index/application:Application";
const PRINCIPAL = "azuread:index/servicePrincipal:ServicePrincipal";
const CERTIFICATE = "azuread:index/applicationCertificate:ApplicationCertificate";
const GUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const NO_FEATURES = { customSingleSignOn: false, enterprise: false, gallery: false, hide: false };
const NO_OLD_FEATURES = { customSingleSignOnApp: false, enterpriseApplication: false, galleryApplication: false, visibleToUsers: true };
const UNKNOWN_GUID = "99999999-9999-4999-8999-999999999999";

let fixture: Fixture;
let engine: Engine;
let stack: Deployment;
let pem: string;
let otherPem: string;

const connect = (config: Properties): Promise<Engine> => connectEngine(providerPort(fixture.sandbox.environment, "azuread"), config);

beforeAll(async () => {
  fixture = await sandboxFixture({ pulumi: true, clouds: ["aws", "azure"] });
  engine = await connect({ tenantId: TENANT_DIRECTORY, environment: "public", useMsi: "false" });
  stack = deployment(engine);
  [pem, otherPem] = (await Promise.all([selfSigned("service"), selfSigned("service")])).map(({ certificate }) => certificate) as [string, string];
});
afterAll(async () => {
  engine.close();
  await fixture.close();
});

const update = (property: string, replaces = false): unknown => ({ property, kind: "update", replaces });
const newApplication = (): Promise<Remembered> => stack.create(APPLICATION, { displayName: "byok" });
const thumbprint = (text: string): string => createHash("sha1").update(new X509Certificate(text).raw).digest("hex").toUpperCase();
const clientIdOf = ({ state }: Remembered): string => textOf(state, "clientId") ?? "";
const certificatesOf = (application: Remembered): string[] =>
  fixture.sandbox.azure
    .status()
    .applications.filter(({ clientId }) => clientId === clientIdOf(application))
    .flatMap(({ certificates }) => certificates.map((one) => one.thumbprint));

describe("an application", () => {
  test("is of one directory unless it says otherwise", async () => {
    const application = await newApplication();
    expect(application).toEqual({
      id: expect.stringMatching(new RegExp(`^/applications/${GUID}$`)),
      inputs: { displayName: "byok", preventDuplicateNames: false, signInAudience: "AzureADMyOrg" },
      state: {
        appRoleIds: {}, clientId: expect.stringMatching(new RegExp(`^${GUID}$`)), disabledByMicrosoft: "", displayName: "byok",
        featureTags: [NO_FEATURES], identifierUris: [], logoUrl: "", oauth2PermissionScopeIds: {}, objectId: application.id.slice("/applications/".length),
        owners: [], preventDuplicateNames: false, publisherDomain: "", signInAudience: "AzureADMyOrg", tags: [], templateId: "",
      },
    });
    await expect(stack.changes(APPLICATION, application, { displayName: "byok" })).resolves.toEqual([]);
    await expect(stack.changes(APPLICATION, application, { displayName: "byok", notes: "n" })).resolves.toEqual([
      { property: "notes", kind: "add", replaces: false },
    ]);
  });

  test("changes in place, and keeps its ids", async () => {
    const given = { displayName: "before", description: "d", notes: "n", tags: ["a", "HideApp"], identifierUris: ["api://x"] };
    const application = await stack.create(APPLICATION, given);
    expect(application.state).toMatchObject({ ...given, featureTags: [{ ...NO_FEATURES, hide: true }] });
    await expect(stack.changes(APPLICATION, application, { ...given, tags: ["HideApp", "a"] })).resolves.toEqual([]);
    const wanted = { displayName: "after", signInAudience: "AzureADMultipleOrgs", tags: [] };
    const differences = await stack.changes(APPLICATION, application, wanted);
    expect(differences).toEqual([
      { property: "description", kind: "delete", replaces: false },
      update("displayName"),
      { property: "identifierUris", kind: "delete", replaces: false },
      { property: "notes", kind: "delete", replaces: false },
      update("signInAudience"),
      update("tags"),
    ]);
    const updated = await stack.update(APPLICATION, application, wanted);
    expect(updated.state).toMatchObject({ ...wanted, clientId: application.state["clientId"], objectId: application.state["objectId"] });
    expect(updated.state).not.toHaveProperty("description");
    await expect(stack.changes(APPLICATION, updated, wanted)).resolves.toEqual([]);
  });

  test("that the tenant deletes is gone; deleting it once more fails", async () => {
    const application = await newApplication();
    fixture.sandbox.azure.deleteApplication({ clientId: clientIdOf(application) });
    await expect(stack.refresh(APPLICATION, application)).resolves.toBeUndefined();
    const said = `unexpected status 404 (404 Not Found) with error: Request_ResourceNotFound: Resource '${textOf(application.state, "objectId")}' does not exist or one of its queried reference-property objects are not present.`;
    await expect(stack.delete(APPLICATION, application)).rejects.toThrow(`deleting Application (Application: "${textOf(application.state, "objectId")}"): ${said}`);
  });
});

describe("a service principal", () => {
  test("is what its application is in the directory", async () => {
    const application = await newApplication();
    const clientId = clientIdOf(application);
    const principal = await stack.create(PRINCIPAL, { clientId });
    expect(principal).toEqual({
      id: expect.stringMatching(new RegExp(`^/servicePrincipals/${GUID}$`)),
      inputs: { clientId, accountEnabled: true, appRoleAssignmentRequired: false },
      state: {
        accountEnabled: true, alternativeNames: [], appRoleAssignmentRequired: false, appRoleIds: {}, appRoles: [],
        applicationTenantId: TENANT_DIRECTORY, clientId, displayName: "byok", featureTags: [NO_FEATURES], features: [NO_OLD_FEATURES],
        homepageUrl: "", logoutUrl: "", notificationEmailAddresses: [], oauth2PermissionScopeIds: {}, oauth2PermissionScopes: [],
        objectId: principal.id.slice("/servicePrincipals/".length), owners: [], redirectUris: [], samlMetadataUrl: "",
        servicePrincipalNames: [], signInAudience: "AzureADMyOrg", tags: [], type: "Application",
      },
    });
    await expect(stack.changes(PRINCIPAL, principal, { clientId })).resolves.toEqual([]);
    await expect(stack.changes(PRINCIPAL, principal, { clientId: UNKNOWN_GUID })).resolves.toEqual([update("clientId", true)]);

    const disabled = await stack.update(PRINCIPAL, principal, { clientId, accountEnabled: false, notes: "n" });
    expect(disabled.state).toMatchObject({ accountEnabled: false, notes: "n", objectId: principal.state["objectId"] });
    const drifted = await stack.refreshed(PRINCIPAL, disabled);
    await expect(stack.changes(PRINCIPAL, drifted, { clientId, notes: "n" })).resolves.toEqual([update("accountEnabled")]);
    await expect(stack.changes(PRINCIPAL, drifted, { clientId, notes: "n" }, ["accountEnabled"])).resolves.toEqual([]);
    await stack.delete(PRINCIPAL, drifted);
    await expect(stack.refresh(PRINCIPAL, drifted)).resolves.toBeUndefined();
  });

  test("that exists is taken over only if that is wanted", async () => {
    const clientId = clientIdOf(await newApplication());
    const there = await stack.create(PRINCIPAL, { clientId });
    await expect(stack.create(PRINCIPAL, { clientId })).rejects.toThrow(
      `A resource with the ID "${textOf(there.state, "objectId")}" already exists: To be managed via Terraform, this resource needs to be imported into the State. Please see the resource documentation for "azuread_service_principal" for more information.`,
    );
    const adopted = await stack.create(PRINCIPAL, { clientId, useExisting: true, description: "ours" });
    expect(adopted).toMatchObject({ id: there.id, state: { description: "ours", useExisting: true } });
    await stack.delete(PRINCIPAL, adopted);
    await stack.delete(PRINCIPAL, adopted);
    await expect(stack.delete(PRINCIPAL, there)).rejects.toThrow(`Deleting Service Principal (Service Principal: "${textOf(there.state, "objectId")}"): unexpected status 404`);
  });

  test("needs an application", async () => {
    await expect(stack.create(PRINCIPAL, { clientId: UNKNOWN_GUID })).rejects.toThrow(
      `Could not create service principal: unexpected status 400 (400 Bad Request) with error: Request_BadRequest: The appId '${UNKNOWN_GUID}' of the service principal does not reference a valid application object.`,
    );
  });
});

describe("a certificate", () => {
  const given = (application: Remembered, value = pem, more: Properties = {}): Properties => ({
    applicationId: application.id, type: "AsymmetricX509Cert", encoding: "pem", value, endDate: "2027-11-24T00:00:00Z", ...more,
  });

  test("as the component uploads it", async () => {
    const application = await newApplication();
    const certificate = await stack.create(CERTIFICATE, given(application));
    const keyId = textOf(certificate.state, "keyId") ?? "";
    expect(certificate.id).toBe(`${textOf(application.state, "objectId")}/certificate/${keyId}`);
    expect(certificate.state).toEqual({ ...given(application), keyId, startDate: "2026-11-23T00:00:00Z" });
    expect(certificatesOf(application)).toEqual([thumbprint(pem)]);
    await expect(stack.changes(CERTIFICATE, certificate, given(application))).resolves.toEqual([]);
    const again = await stack.refreshed(CERTIFICATE, certificate);
    expect(again).toEqual(certificate);
  });

  test.each<[string, (der: Buffer) => string]>([
    ["base64", (der) => der.toString("base64")],
    ["hex", (der) => `${der.toString("hex")}\n`],
  ])("may be given in %s", async (encoding, encode) => {
    const application = await newApplication();
    const value = encode(new X509Certificate(pem).raw);
    const certificate = await stack.create(CERTIFICATE, given(application, value, { encoding }));
    expect(certificate.state).toMatchObject({ encoding, value });
    expect(certificatesOf(application)).toEqual([thumbprint(pem)]);
  });

  test("comes beside others, even at once, and goes alone", async () => {
    const application = await newApplication();
    const [one] = await Promise.all([stack.create(CERTIFICATE, given(application)), stack.create(CERTIFICATE, given(application, otherPem))]);
    expect(certificatesOf(application).sort()).toEqual([thumbprint(pem), thumbprint(otherPem)].sort());
    await stack.delete(CERTIFICATE, one);
    await stack.delete(CERTIFICATE, one);
    await expect(stack.refresh(CERTIFICATE, one)).resolves.toBeUndefined();
    expect(certificatesOf(application)).toEqual([thumbprint(otherPem)]);
  });

  test.each<[string, Properties]>([
    ["applicationId", { applicationId: `/applications/${UNKNOWN_GUID}` }],
    ["encoding", { encoding: "hex" }],
    ["endDate", { endDate: "2027-01-01T00:00:00Z" }],
    ["keyId", { keyId: UNKNOWN_GUID }],
    ["startDate", { startDate: "2026-12-01T00:00:00Z" }],
    ["value", { value: "another" }],
  ])("of another %s is another one", async (property, more) => {
    const application = await newApplication();
    const certificate = await stack.create(CERTIFICATE, given(application));
    await expect(stack.changes(CERTIFICATE, certificate, given(application, pem, more))).resolves.toEqual([update(property, true)]);
  });

  test("that the tenant lets expire is gone, and comes back beside the expired one", async () => {
    const application = await newApplication();
    const certificate = await stack.create(CERTIFICATE, given(application));
    // Registered anew, with another id: Graph changes no credential.
    fixture.sandbox.azure.expireCertificate({ clientId: clientIdOf(application) });
    await expect(stack.refresh(CERTIFICATE, certificate)).resolves.toBeUndefined();
    await stack.create(CERTIFICATE, given(application));
    expect(certificatesOf(application)).toEqual([thumbprint(pem), thumbprint(pem)]);
  });

  test("that the tenant removes is gone", async () => {
    const application = await newApplication();
    const certificate = await stack.create(CERTIFICATE, given(application));
    fixture.sandbox.azure.removeCertificate({ clientId: clientIdOf(application) });
    await expect(stack.refresh(CERTIFICATE, certificate)).resolves.toBeUndefined();
  });

  test("cannot be read without its application", async () => {
    const application = await newApplication();
    const certificate = await stack.create(CERTIFICATE, given(application));
    fixture.sandbox.azure.deleteApplication({ clientId: clientIdOf(application) });
    await expect(stack.refresh(CERTIFICATE, certificate)).rejects.toThrow(
      `Retrieving Application (Application: "${textOf(application.state, "objectId")}"): unexpected status 404 (404 Not Found) with error: Request_ResourceNotFound: `,
    );
  });

  test("of an id that is taken already exists", async () => {
    const application = await newApplication();
    const { id } = await stack.create(CERTIFICATE, given(application, pem, { keyId: UNKNOWN_GUID }));
    await expect(stack.create(CERTIFICATE, given(application, otherPem, { keyId: UNKNOWN_GUID }))).rejects.toThrow(`A resource with the ID "${id}" already exists: `);
  });

  test.each<[string, Properties, string]>([
    ["an end after its own", { endDate: "2027-11-25T00:00:00Z" }, "error: KeyCredentialsInvalidEndDate: Key credential end date is invalid."],
    ["no certificate", { value: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" }, "error: Request_BadRequest: The value of the key credential is not a valid X.509 certificate."],
  ])("with %s is refused by Graph", async (_, more, message) => {
    const application = await newApplication();
    await expect(stack.create(CERTIFICATE, given(application, pem, more))).rejects.toThrow(
      `Adding certificate for Application (Application: "${textOf(application.state, "objectId")}"): unexpected status 400 (400 Bad Request) with ${message}`,
    );
    expect(certificatesOf(application)).toEqual([]);
  });

  test("has a value that stays secret on the wire", async () => {
    const application = await newApplication();
    const { value, ...rest } = given(application) as Record<string, string>;
    const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: value ?? "" };
    const made = await engine.raw?.create(CERTIFICATE, { ...rest, value: secret });
    expect(made?.properties["value"]).toEqual(secret);
  });
});

test.each<[string, string, Properties, string]>([
  ["an application without a name", APPLICATION, { displayName: "" }, 'expected "displayName" to not be an empty string, got '],
  ["an audience", APPLICATION, { displayName: "x", signInAudience: "all" }, 'expected signInAudience to be one of ["AzureADMyOrg" "AzureADMultipleOrgs" "AzureADandPersonalMicrosoftAccount" "PersonalMicrosoftAccount"], got all'],
  ["a search by name", APPLICATION, { displayName: "x", preventDuplicateNames: true }, 'the sandbox implements only false for "preventDuplicateNames", not true'],
  ["a password", APPLICATION, { displayName: "x", password: {} }, `the sandbox does not implement the property "password" of ${APPLICATION}`],
  ["a client id", PRINCIPAL, { clientId: "x" }, 'expected "clientId" to be a valid UUID, got x'],
  ["an application's id", CERTIFICATE, { applicationId: UNKNOWN_GUID, value: "x" }, `parsing "${UNKNOWN_GUID}": expected the id of the resource, /applications/GUID`],
  ["an encoding", CERTIFICATE, { applicationId: `/applications/${UNKNOWN_GUID}`, value: "x", encoding: "der" }, 'expected encoding to be one of ["base64" "hex" "pem"], got der'],
  ["a date", CERTIFICATE, { applicationId: `/applications/${UNKNOWN_GUID}`, value: "x", endDate: "2027-11-24" }, 'expected "endDate" to be a valid RFC3339 date, got "2027-11-24"'],
  ["a symmetric key", CERTIFICATE, { applicationId: `/applications/${UNKNOWN_GUID}`, value: "x", type: "Symmetric" }, 'the sandbox implements only AsymmetricX509Cert for "type", not Symmetric'],
])("check refuses %s", async (_, token, given, reason) => {
  await expect(stack.refusals(token, given)).resolves.toEqual([reason]);
});

describe("the provider", () => {
  test.each<[string, Properties, string]>([
    ["another directory than the administrator's", { tenantId: OTHER_TENANT_DIRECTORY }, `is signed in to the directory ${TENANT_DIRECTORY}, not to ${OTHER_TENANT_DIRECTORY}: sign in there, or correct tenantId`],
    ["a secret", { clientSecret: "x" }, 'the sandbox does not implement the provider setting "clientSecret"'],
    ["federation", { useOidc: "true" }, 'the sandbox does not implement true for the provider setting "useOidc"'],
  ])("does not take %s", async (_, config, message) => {
    await expect(connect(config)).rejects.toThrow(message);
  });

  test("says who deploys, and plays no other function", async () => {
    const { objectId } = fixture.sandbox.azure.deployer();
    const clientId = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
    await expect(engine.wire?.invoke("azuread:index/getClientConfig:getClientConfig")).resolves.toEqual({
      clientId, id: `${TENANT_DIRECTORY}-${clientId}-${objectId}`, objectId, tenantId: TENANT_DIRECTORY,
    });
    await expect(engine.wire?.invoke("azuread:index/getUser:getUser")).rejects.toThrow(
      "the sandbox does not implement the function azuread:index/getUser:getUser",
    );
  });
});
