import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import {
  type AzureDeployer, OTHER_TENANT_DIRECTORY, OTHER_TENANT_SUBSCRIPTION, TENANT_DIRECTORY, TENANT_SUBSCRIPTION,
} from "../../../sandbox/azure/index.js";
import { type AzureFixture, azureFixture, DAY, service, type Service, START } from "./fixtures.js";

const ARM = "https://management.azure.com";
const GROUP = `/subscriptions/${TENANT_SUBSCRIPTION}/resourceGroups/rg`;
const vaultPath = (name: string): string => `${GROUP}/providers/Microsoft.KeyVault/vaults/${name}`;
const PROPERTIES = { tenantId: TENANT_DIRECTORY, sku: { family: "A", name: "standard" }, accessPolicies: [] };

let fixture: AzureFixture;
let deployer: AzureDeployer;
let caller: Service;
let made = 0;
let name: string;

beforeAll(async () => {
  fixture = await azureFixture();
  deployer = fixture.running.sandbox.deployer();
  await ask("PUT", GROUP, { location: "West Europe", tags: { a: "1" } });
  await makeVault("acme-first");
  caller = await service(fixture, "acme-first", "get");
});
afterAll(() => fixture.close());

async function ask(method: string, path: string, body?: object, version = "2024-11-01", token = deployer.tokens.arm): Promise<{ status: number; body: unknown }> {
  const { status, body: answer } = await fixture.fetch(method, `${ARM}${path}${version === "" ? "" : `?api-version=${version}`}`, { token, body });
  return { status, body: answer };
}
async function makeVault(vault: string, properties: object = {}, version?: string): Promise<{ status: number; body: unknown }> {
  return ask("PUT", vaultPath(vault), { location: "westeurope", properties: { ...PROPERTIES, ...properties } }, version);
}
const error = (status: number, code: string, message: string | RegExp): object => ({
  status, body: { error: { code, message: typeof message === "string" ? message : expect.stringMatching(message) } },
});
const fresh = (): string => {
  name = `acme-${(made += 1)}`;
  return name;
};

describe("resource groups", () => {
  test("made, shown, changed, deleted with what is in them", async () => {
    const path = GROUP.replace(/rg$/, "doomed");
    const group = { id: path, name: "doomed", type: "Microsoft.Resources/resourceGroups", location: "uksouth", properties: { provisioningState: "Succeeded" } };
    await expect(ask("PUT", path, { location: "UK South", tags: { a: "1" } })).resolves.toEqual({ status: 201, body: { ...group, tags: { a: "1" } } });
    await expect(ask("PUT", path, { location: "uksouth" })).resolves.toEqual({ status: 200, body: { ...group, tags: {} } });
    await expect(ask("GET", path.toUpperCase())).resolves.toMatchObject({ status: 200, body: group });
    await expect(ask("PUT", path, { location: "westeurope" })).resolves.toMatchObject({ status: 409, body: { error: { code: "InvalidResourceGroupLocation" } } });
    const vault = `${path}/providers/Microsoft.KeyVault/vaults/acme-doomed`;
    await expect(ask("PUT", vault, { location: "uksouth", properties: PROPERTIES })).resolves.toMatchObject({ status: 200 });
    await expect(ask("DELETE", path)).resolves.toMatchObject({ status: 200 });
    await expect(ask("GET", path)).resolves.toEqual(error(404, "ResourceGroupNotFound", "Resource group 'doomed' could not be found."));
    await expect(ask("GET", `/subscriptions/${TENANT_SUBSCRIPTION}/providers/Microsoft.KeyVault/locations/uksouth/deletedVaults/acme-doomed`)).resolves.toMatchObject({ status: 200 });
  });

  test.each(["ends.", "a b", "x".repeat(91)])("a name that cannot be: %s", async (bad) => {
    await expect(ask("PUT", GROUP.replace(/rg$/, encodeURIComponent(bad)), { location: "westeurope" })).resolves.toMatchObject({ status: 400 });
  });
});

describe("vaults", () => {
  test("made with the published defaults", async () => {
    await expect(makeVault(fresh())).resolves.toEqual({
      status: 200,
      body: {
        id: vaultPath(name), name, type: "Microsoft.KeyVault/vaults", location: "westeurope", tags: {},
        systemData: { createdAt: new Date(fixture.now()).toISOString() },
        properties: {
          ...PROPERTIES, enabledForDeployment: false, enabledForDiskEncryption: false, enabledForTemplateDeployment: false, enableSoftDelete: true,
          softDeleteRetentionInDays: 90, enableRbacAuthorization: false, vaultUri: `https://${name}.vault.azure.net/`,
          provisioningState: "Succeeded", publicNetworkAccess: "Enabled",
        },
      },
    });
  });

  test.each([
    ["2024-11-01", undefined, false], ["2025-05-01", undefined, false], ["2026-02-01", undefined, true], ["2026-02-01", false, false], ["2024-11-01", true, true],
  ])("version %s, enableRbacAuthorization %s: roles decide: %s", async (version, given, rbac) => {
    const answer = await makeVault(fresh(), given === undefined ? {} : { enableRbacAuthorization: given }, version);
    expect(answer).toMatchObject({ status: 200, body: { properties: { enableRbacAuthorization: rbac } } });
  });

  test("changed by PATCH and by PUT; what is not given stays", async () => {
    await makeVault(fresh(), { softDeleteRetentionInDays: 7, enablePurgeProtection: true });
    const networkAcls = { bypass: "None", defaultAction: "Deny", ipRules: [{ value: "203.0.113.7" }, { value: "198.51.100.0/24" }], virtualNetworkRules: [] };
    await expect(ask("PATCH", vaultPath(name), { tags: { b: "2" }, properties: { networkAcls, enabledForDeployment: true } })).resolves.toMatchObject({ status: 200 });
    const kept = { softDeleteRetentionInDays: 7, enablePurgeProtection: true, enabledForDeployment: true, networkAcls: { ...networkAcls, ipRules: [{ value: "203.0.113.7/32" }, { value: "198.51.100.0/24" }] } };
    await expect(ask("GET", vaultPath(name))).resolves.toMatchObject({ body: { tags: { b: "2" }, properties: kept } });
    await expect(makeVault(name, { sku: { family: "A", name: "premium" } })).resolves.toMatchObject({
      status: 200, body: { tags: {}, properties: { ...kept, sku: { name: "premium" } } },
    });
  });

  test.each<[string, object, string]>([
    ["purge protection cannot be said to be off", { enablePurgeProtection: false }, 'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is an irreversible action.'],
    ["soft delete neither", { enableSoftDelete: false }, "The property \"enableSoftDelete\" can be set to false only for creating new vault. Enabling the 'soft delete' functionality is an irreversible action."],
    ["access policies are required", { accessPolicies: undefined }, "The parameter accessPolicies is not specified."],
    ["a tenant is", { tenantId: undefined }, "The parameter tenantId is not specified."],
    ["a sku is", { sku: undefined }, "The parameter sku is not specified."],
    ["retention", { softDeleteRetentionInDays: 6 }, "properties.softDeleteRetentionInDays: Too small: expected number to be >=7"],
    ["a permission", { accessPolicies: [{ tenantId: TENANT_DIRECTORY, objectId: TENANT_DIRECTORY, permissions: { keys: ["fly"] } }] }, "properties.accessPolicies.0.permissions.keys.0: is no permission on keys"],
    ["an address", { networkAcls: { ipRules: [{ value: "::1" }] } }, "properties.networkAcls.ipRules.0.value: must be an IPv4 address or CIDR range"],
    ["another directory's", { tenantId: OTHER_TENANT_DIRECTORY }, `The tenant '${OTHER_TENANT_DIRECTORY}' is not the one of subscription '${TENANT_SUBSCRIPTION}'; the sandbox keeps vaults in their subscription's directory.`],
  ])("refused: %s", async (_, properties, message) => {
    await expect(makeVault(fresh(), properties)).resolves.toEqual(error(400, "BadRequest", message));
    await expect(ask("GET", vaultPath(name))).resolves.toMatchObject({ status: 404 });
  });

  test("purge protection and retention stay as they were set", async () => {
    await makeVault(fresh(), { enablePurgeProtection: true, softDeleteRetentionInDays: 30 });
    await expect(ask("PATCH", vaultPath(name), { properties: { enablePurgeProtection: false } })).resolves.toMatchObject({ status: 400 });
    await expect(ask("PATCH", vaultPath(name), { properties: { softDeleteRetentionInDays: 31 } })).resolves.toEqual(
      error(400, "BadRequest", 'The property "softDeleteRetentionInDays" has been set already and it can\'t be modified.'),
    );
    await expect(ask("GET", vaultPath(name))).resolves.toMatchObject({ body: { properties: { enablePurgeProtection: true, softDeleteRetentionInDays: 30 } } });
  });

  test.each(["ab", "1abc", "a--b", "abc-", "a".repeat(25), "a_b"])("a name that cannot be: %s", async (bad) => {
    await expect(makeVault(bad)).resolves.toEqual(error(400, "VaultNameNotValid", new RegExp(`^The vault name '${bad}' is invalid\\.`)));
  });

  test("a name is taken in the whole cloud, also by a deleted vault", async () => {
    await makeVault(fresh(), { enablePurgeProtection: true });
    const other = fixture.running.sandbox.signIn({ entraTenantId: OTHER_TENANT_DIRECTORY });
    fixture.running.sandbox.signIn({ entraTenantId: TENANT_DIRECTORY });
    const elsewhere = `/subscriptions/${OTHER_TENANT_SUBSCRIPTION}/resourceGroups/rg`;
    await ask("PUT", elsewhere, { location: "westeurope" }, undefined, other.tokens.arm);
    const claim = (): Promise<unknown> =>
      ask("PUT", `${elsewhere}/providers/Microsoft.KeyVault/vaults/${name.toUpperCase()}`, { location: "westeurope", properties: { ...PROPERTIES, tenantId: OTHER_TENANT_DIRECTORY } }, undefined, other.tokens.arm);
    const taken = error(409, "VaultAlreadyExists", new RegExp(`^The vault name '${name.toUpperCase()}' is already in use\\.`));
    await expect(claim()).resolves.toEqual(taken);
    await ask("DELETE", vaultPath(name));
    await expect(claim()).resolves.toEqual(taken);
    await expect(makeVault(name)).resolves.toEqual(error(409, "ConflictError", /^A vault with the same name already exists in deleted state\./));
  });

  test("deleted, its keys out of reach; recovered with them", async () => {
    await makeVault(fresh(), { accessPolicies: [{ tenantId: TENANT_DIRECTORY, objectId: caller.servicePrincipalId, permissions: { keys: ["get"] } }] });
    await ask("PUT", `${vaultPath(name)}/keys/k`, { properties: { kty: "RSA" } });
    await expect(ask("DELETE", vaultPath(name))).resolves.toMatchObject({ status: 200 });
    await expect(ask("DELETE", vaultPath(name))).resolves.toMatchObject({ status: 204 });
    await expect(ask("GET", vaultPath(name))).resolves.toEqual(
      error(404, "ResourceNotFound", `The Resource 'Microsoft.KeyVault/vaults/${name}' under resource group 'rg' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`),
    );
    await expect(fixture.keys(name, caller.credential).getKey("k")).rejects.toMatchObject({ code: "ECONNRESET" });
    const deletion = { deletionDate: new Date(fixture.now()).toISOString(), scheduledPurgeDate: new Date(fixture.now() + 90 * DAY).toISOString() };
    await expect(ask("GET", `/subscriptions/${TENANT_SUBSCRIPTION}/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/${name}`)).resolves.toMatchObject({
      status: 200, body: { name, properties: { vaultId: vaultPath(name), location: "westeurope", ...deletion } },
    });
    await expect(makeVault(name, { createMode: "recover", accessPolicies: undefined })).resolves.toMatchObject({ status: 200 });
    await expect(fixture.keys(name, caller.credential).getKey("k")).resolves.toMatchObject({ name: "k" });
  });

  test("purged by hand or when the days are over; purge protection forbids the first", async () => {
    const deleted = (vault: string): string => `/subscriptions/${TENANT_SUBSCRIPTION}/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/${vault}`;
    await makeVault(fresh());
    await ask("DELETE", vaultPath(name));
    await expect(ask("POST", `${deleted(name)}/purge`)).resolves.toMatchObject({ status: 200 });
    await expect(ask("GET", deleted(name))).resolves.toEqual(error(404, "DeletedVaultNotFound", `The deleted vault with name '${name}' does not exist.`));
    await expect(makeVault(name)).resolves.toMatchObject({ status: 200 });

    await makeVault(fresh(), { enablePurgeProtection: true, softDeleteRetentionInDays: 7 });
    await ask("DELETE", vaultPath(name));
    await expect(ask("POST", `${deleted(name)}/purge`)).resolves.toEqual(error(405, "MethodNotAllowed", "Operation 'DeletedVaultPurge' is not allowed."));
    await expect(ask("GET", `/subscriptions/${TENANT_SUBSCRIPTION}/providers/Microsoft.KeyVault/deletedVaults`)).resolves.toMatchObject({
      body: { value: expect.arrayContaining([expect.objectContaining({ name })]) },
    });
    fixture.advance(7 * DAY);
    await expect(makeVault(name)).resolves.toMatchObject({ status: 200 });
  });
});

describe("access policies", () => {
  const policy = (keys: string[], objectId = caller.servicePrincipalId): object => ({ properties: { accessPolicies: [{ tenantId: TENANT_DIRECTORY, objectId, permissions: { keys } }] } });
  const change = async (kind: string, body: object): Promise<unknown> => {
    const { status, body: answer } = await ask("PUT", `${vaultPath(name)}/accessPolicies/${kind}`, body);
    expect(status).toBe(200);
    return (answer as { properties: { accessPolicies: { permissions: unknown }[] } }).properties.accessPolicies.map(({ permissions }) => permissions);
  };

  test("add merges, replace replaces one identity's, remove takes permissions away", async () => {
    await makeVault(fresh());
    await expect(change("add", policy(["get"]))).resolves.toEqual([{ keys: ["get"] }]);
    await expect(change("add", policy(["Get", "encrypt"]))).resolves.toEqual([{ keys: ["get", "encrypt"] }]);
    await expect(change("add", policy(["list"], TENANT_DIRECTORY))).resolves.toEqual([{ keys: ["get", "encrypt"] }, { keys: ["list"] }]);
    await expect(change("replace", policy(["decrypt", "encrypt"]))).resolves.toEqual([{ keys: ["list"] }, { keys: ["decrypt", "encrypt"] }]);
    await expect(change("remove", policy(["DECRYPT"]))).resolves.toEqual([{ keys: ["list"] }, { keys: ["encrypt"] }]);
    await expect(change("remove", policy(["encrypt"]))).resolves.toEqual([{ keys: ["list"] }]);
    await expect(change("remove", policy(["encrypt"]))).resolves.toEqual([{ keys: ["list"] }]);
    await expect(ask("PUT", `${vaultPath(name)}/accessPolicies/fly`, policy(["get"]))).resolves.toMatchObject({ status: 400 });
  });
});

describe("keys", () => {
  const put = (properties: object, key = "k"): ReturnType<typeof ask> => ask("PUT", `${vaultPath(name)}/keys/${key}`, { properties: { kty: "RSA", ...properties } });

  test("made if there is none; a later PUT changes nothing and says nothing", async () => {
    await makeVault(fresh());
    const first = await put({ keySize: 3072, keyOps: ["encrypt", "decrypt"], attributes: { exp: START / 1000 + 86_400 * 1000 } });
    const keyUri = `https://${name}.vault.azure.net/keys/k`;
    expect(first).toMatchObject({
      status: 200,
      body: {
        id: `${vaultPath(name)}/keys/k`, name: "k", type: "Microsoft.KeyVault/vaults/keys", location: "westeurope", tags: {},
        properties: {
          kty: "RSA", keySize: 3072, keyOps: ["encrypt", "decrypt"], keyUri, keyUriWithVersion: expect.stringMatching(`^${keyUri}/[0-9a-f]{32}$`),
          attributes: { enabled: true, exp: START / 1000 + 86_400 * 1000, recoveryLevel: "Recoverable+Purgeable", exportable: false },
        },
      },
    });
    await expect(put({ keySize: 4096, keyOps: ["wrapKey"], attributes: { enabled: false } })).resolves.toEqual(first);
    await expect(ask("GET", `${vaultPath(name)}/keys/K`)).resolves.toEqual(first);
  });

  test("needs no right on the vault's data, and cannot be deleted here", async () => {
    await makeVault(fresh());
    await expect(put({})).resolves.toMatchObject({ status: 200, body: { properties: { keySize: 2048 } } });
    await expect(ask("DELETE", `${vaultPath(name)}/keys/k`)).resolves.toMatchObject({ status: 501 });
    const answer = await fixture.fetch("DELETE", `https://${name}.vault.azure.net/keys/k?api-version=7.5`, { token: deployer.tokens.vault });
    expect(answer).toMatchObject({ status: 403, body: { error: { innererror: { code: "AccessDenied" } } } });
  });

  test("versions are listed once they are there", async () => {
    await makeVault(fresh());
    await put({});
    fixture.running.sandbox.rotate(`https://${name}.vault.azure.net/keys/k`);
    const { body } = await ask("GET", `${vaultPath(name)}/keys/k/versions`);
    const versions = (body as { value: { name: string }[] }).value.map((version) => version.name);
    expect(versions).toHaveLength(2);
    await expect(ask("GET", `${vaultPath(name)}/keys/k/versions/${versions[0] ?? ""}`)).resolves.toMatchObject({ status: 200, body: { name: versions[0] } });
    await expect(ask("GET", `${vaultPath(name)}/keys/k`)).resolves.toMatchObject({
      body: { properties: { keyUriWithVersion: `https://${name}.vault.azure.net/keys/k/${versions[1] ?? ""}` } },
    });
    await expect(ask("GET", `${vaultPath(name)}/keys/none`)).resolves.toMatchObject({ status: 404, body: { error: { code: "ResourceNotFound" } } });
  });

  test("a soft-deleted key's name cannot be used", async () => {
    await makeVault(fresh());
    await put({});
    fixture.running.sandbox.scheduleDeletion(`https://${name}.vault.azure.net/keys/k`, 90);
    await expect(put({})).resolves.toMatchObject({ status: 409, body: { error: { code: "Conflict" } } });
  });
});

describe("rights", () => {
  const denied = (action: string, scope: string): object => ({
    status: 403,
    body: {
      error: {
        code: "AuthorizationFailed",
        message: `The client '${caller.application.clientId}' with object id '${caller.servicePrincipalId}' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
      },
    },
  });
  const token = async (): Promise<string> => (await caller.credential.getToken("https://management.azure.com/.default"))?.token ?? "";

  test.each([
    ["PUT", GROUP, "Microsoft.Resources/subscriptions/resourceGroups/write"],
    ["GET", vaultPath("acme-first"), "Microsoft.KeyVault/vaults/read"],
    ["PUT", vaultPath("acme-new"), "Microsoft.KeyVault/vaults/write"],
    ["PATCH", vaultPath("acme-first"), "Microsoft.KeyVault/vaults/write"],
    ["DELETE", vaultPath("acme-first"), "Microsoft.KeyVault/vaults/delete"],
    ["PUT", `${vaultPath("acme-first")}/keys/k`, "Microsoft.KeyVault/vaults/keys/write"],
  ])("the service's application may not %s %s", async (method, path, action) => {
    await expect(ask(method, path, {}, undefined, await token())).resolves.toEqual(denied(action, path));
  });

  test("a role assignment lets it, at its scope and to its extent", async () => {
    const assignment = `${vaultPath("acme-first")}/providers/Microsoft.Authorization/roleAssignments/55555555-5555-4555-8555-555555555555`;
    const reader = { properties: { roleDefinitionId: "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7", principalId: caller.servicePrincipalId } };
    await expect(ask("PUT", assignment, reader)).resolves.toMatchObject({ status: 201, body: { properties: { scope: vaultPath("acme-first"), principalId: caller.servicePrincipalId } } });
    await expect(ask("PUT", assignment, reader)).resolves.toMatchObject({ status: 201 });
    await expect(ask("PUT", assignment.replace(/5{12}$/, "6".repeat(12)), reader)).resolves.toEqual(error(409, "RoleAssignmentExists", "The role assignment already exists."));
    await expect(ask("GET", vaultPath("acme-first"), undefined, undefined, await token())).resolves.toMatchObject({ status: 200 });
    await expect(ask("DELETE", vaultPath("acme-first"), undefined, undefined, await token())).resolves.toEqual(denied("Microsoft.KeyVault/vaults/delete", vaultPath("acme-first")));
    await expect(ask("GET", GROUP, undefined, undefined, await token())).resolves.toMatchObject({ status: 403 });
    await expect(ask("GET", assignment)).resolves.toMatchObject({ status: 200 });
    await expect(ask("DELETE", assignment)).resolves.toMatchObject({ status: 200 });
    await expect(ask("DELETE", assignment)).resolves.toMatchObject({ status: 204 });
    await expect(ask("GET", vaultPath("acme-first"), undefined, undefined, await token())).resolves.toMatchObject({ status: 403 });
  });

  test.each<[string, string, object, string]>([
    ["a role there is not", "66666666-6666-4666-8666-666666666666", { roleDefinitionId: "x/nothing" }, "RoleDefinitionDoesNotExist"],
    ["a principal there is not", "66666666-6666-4666-8666-666666666666", { principalId: TENANT_DIRECTORY }, "PrincipalNotFound"],
    ["a name that is none", "x", {}, "BadRequest"],
  ])("not assigned: %s", async (_, id, properties, code) => {
    const given = { roleDefinitionId: "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7", principalId: caller.servicePrincipalId };
    await expect(ask("PUT", `${GROUP}/providers/Microsoft.Authorization/roleAssignments/${id}`, { properties: { ...given, ...properties } })).resolves.toMatchObject({ status: 400, body: { error: { code } } });
  });

  test("another directory's administrator is told to come with another token", async () => {
    const other = fixture.running.sandbox.signIn({ entraTenantId: OTHER_TENANT_DIRECTORY });
    fixture.running.sandbox.signIn({ entraTenantId: TENANT_DIRECTORY });
    await expect(ask("GET", GROUP, undefined, undefined, other.tokens.arm)).resolves.toEqual(
      error(401, "InvalidAuthenticationTokenTenant", new RegExp(`^The access token is from the wrong issuer 'https://sts.windows.net/${OTHER_TENANT_DIRECTORY}/'. It must match the tenant 'https://sts.windows.net/${TENANT_DIRECTORY}/' associated with this subscription\\.`)),
    );
    await expect(ask("GET", "/subscriptions/77777777-7777-4777-8777-777777777777/resourceGroups/x", undefined, undefined, other.tokens.arm)).resolves.toEqual(
      error(404, "SubscriptionNotFound", "The subscription '77777777-7777-4777-8777-777777777777' could not be found."),
    );
  });

  test.each([
    ["none", undefined, "AuthenticationFailed"],
    ["for Graph", "graph", "InvalidAuthenticationTokenAudience"],
    ["nonsense", "x", "InvalidAuthenticationToken"],
  ])("a token: %s", async (_, which, code) => {
    const given = which === "graph" ? deployer.tokens.graph : which;
    const answer = await fixture.fetch("GET", `${ARM}${GROUP}?api-version=2024-11-01`, given === undefined ? {} : { token: given });
    expect(answer).toMatchObject({ status: 401, body: { error: { code } } });
    expect(answer.headers["www-authenticate"]).toContain('error="invalid_token"');
  });
});

test("an api-version is needed, and what is not played is said", async () => {
  await expect(ask("GET", GROUP, undefined, "")).resolves.toEqual(
    error(400, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests."),
  );
  await expect(ask("GET", `${GROUP}/providers/Microsoft.Storage/storageAccounts/x`)).resolves.toMatchObject({ status: 501 });
  await expect(ask("PUT", vaultPath("acme-x"), { location: "westeurope", properties: { ...PROPERTIES, privateEndpoints: [] } })).resolves.toEqual(
    error(501, "NotImplemented", 'The sandbox does not implement the member "properties.privateEndpoints" of Microsoft.KeyVault/vaults/write.'),
  );
});
