/** Logs, alarms and locks in the sandbox's Azure Resource Manager. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { type AzureDeployer, TENANT_DIRECTORY, TENANT_SUBSCRIPTION } from "../../../sandbox/azure/index.js";
import { type AzureFixture, azureFixture, DAY, service } from "./fixtures.js";

const ARM = "https://management.azure.com";
const GROUP = `/subscriptions/${TENANT_SUBSCRIPTION}/resourceGroups/rg`;
const VAULT = `${GROUP}/providers/Microsoft.KeyVault/vaults/acme-watched`;
const WORKSPACES = `${GROUP}/providers/Microsoft.OperationalInsights/workspaces`;
const WORKSPACE = `${WORKSPACES}/acme-log`;
const SETTINGS = `${VAULT}/providers/Microsoft.Insights/diagnosticSettings`;
const INSIGHTS = `${GROUP}/providers/Microsoft.Insights`;
const LOCKS = `${VAULT}/providers/Microsoft.Authorization/locks`;

let fixture: AzureFixture;
let deployer: AzureDeployer;

beforeAll(async () => {
  fixture = await azureFixture();
  deployer = fixture.running.sandbox.deployer();
  await ask("PUT", GROUP, { location: "westeurope" });
  const properties = { tenantId: TENANT_DIRECTORY, sku: { family: "A", name: "standard" }, accessPolicies: [] };
  await ask("PUT", VAULT, { location: "westeurope", properties });
  await ask("PUT", WORKSPACE, { location: "West Europe", properties: { sku: { name: "PerGB2018" } } });
});
afterAll(() => fixture.close());

async function ask(method: string, path: string, body?: object, token = deployer.tokens.arm): Promise<{ status: number; body: unknown }> {
  const { status, body: answer } = await fixture.fetch(method, `${ARM}${path}${path.includes("?") ? "&" : "?"}api-version=2024-11-01`, { token, body });
  return { status, body: answer };
}
const refusal = (status: number, code: string, message: RegExp): object => ({ status, body: { error: { code, message: expect.stringMatching(message) } } });
const setting = (more: object = {}, log: object = { categoryGroup: "audit", enabled: true }): object => ({
  properties: { workspaceId: WORKSPACE, logAnalyticsDestinationType: "Dedicated", logs: [log], ...more },
});

describe("workspaces", () => {
  test("made, listed, kept over a restart, and recovered by making them again within 14 days", async () => {
    const path = `${WORKSPACES}/acme-recovered`;
    const made = await ask("PUT", path, { location: "westeurope", tags: { a: "1" }, properties: { retentionInDays: 90, sku: { name: "PerGB2018" } } });
    expect(made).toMatchObject({
      status: 201,
      body: { id: path, name: "acme-recovered", type: "Microsoft.OperationalInsights/workspaces", location: "westeurope", tags: { a: "1" }, properties: { retentionInDays: 90, provisioningState: "Succeeded" } },
    });
    await fixture.restart();
    deployer = fixture.running.sandbox.deployer();
    await expect(ask("GET", path.toUpperCase())).resolves.toEqual({ status: 200, body: made.body });
    await expect(ask("GET", WORKSPACES)).resolves.toMatchObject({ body: { value: [{ name: "acme-log" }, { name: "acme-recovered" }] } });
    const { customerId } = (made.body as { properties: { customerId: string } }).properties;

    await expect(ask("DELETE", path)).resolves.toMatchObject({ status: 200 });
    await expect(ask("DELETE", path)).resolves.toMatchObject({ status: 204 });
    await expect(ask("GET", path)).resolves.toMatchObject(refusal(404, "ResourceNotFound", /acme-recovered/));
    fixture.advance(13 * DAY);
    deployer = fixture.running.sandbox.deployer();
    await expect(ask("PUT", path, { location: "westeurope", properties: {} })).resolves.toMatchObject({ status: 201, body: { properties: { customerId } } });

    await ask("DELETE", path);
    fixture.advance(15 * DAY);
    deployer = fixture.running.sandbox.deployer();
    await expect(ask("PUT", path, { location: "westeurope", properties: {} })).resolves.not.toMatchObject({ body: { properties: { customerId } } });
    await expect(ask("DELETE", `${path}?force=true`)).resolves.toMatchObject({ status: 200 });
  });

  test.each<[string, string, object, RegExp]>([
    ["a retention that it cannot have", WORKSPACE, { location: "westeurope", properties: { retentionInDays: 7 } }, /RetentionInDays/],
    ["another region", WORKSPACE, { location: "uksouth", properties: {} }, /cannot move to uksouth/],
    ["no region", `${WORKSPACES}/acme-nowhere`, { properties: {} }, /location/],
    ["a name with a dot", `${WORKSPACES}/acme.log`, { location: "westeurope", properties: {} }, /name 'acme\.log'/],
  ])("refused: %s", async (_what, path, body, message) => {
    await expect(ask("PUT", path, body)).resolves.toMatchObject(refusal(400, "BadRequest", message));
  });
});

describe("diagnostic settings", () => {
  test("one per workspace and category, under any name", async () => {
    await expect(ask("PUT", `${SETTINGS}/one`, setting())).resolves.toMatchObject({ status: 201, body: { id: `${SETTINGS}/one`, name: "one" } });
    await expect(ask("PUT", `${SETTINGS}/one`, setting())).resolves.toMatchObject({ status: 200 });
    for (const log of [{ category: "AuditEvent", enabled: true }, { categoryGroup: "allLogs", enabled: true }]) {
      await expect(ask("PUT", `${SETTINGS}/two`, setting({}, log))).resolves.toMatchObject(
        refusal(409, "Conflict", /^Data sink '.*acme-log' is already used in diagnostic setting 'one' for category 'AuditEvent'\. Data sinks can't be reused/),
      );
    }
    await expect(ask("PUT", `${SETTINGS}/two`, setting({}, { category: "AzurePolicyEvaluationDetails", enabled: true }))).resolves.toMatchObject({ status: 201 });
    await expect(ask("GET", SETTINGS)).resolves.toMatchObject({ body: { value: [{ name: "one" }, { name: "two" }] } });
    await expect(ask("DELETE", `${SETTINGS}/two`)).resolves.toMatchObject({ status: 200 });
  });

  test.each<[string, object, object]>([
    ["a workspace that is not there", setting({ workspaceId: `${WORKSPACES}/acme-none` }), refusal(404, "ResourceNotFound", /acme-none/)],
    ["a category of another service", setting({}, { category: "kube-audit", enabled: true }), refusal(400, "BadRequest", /Category 'kube-audit' is not supported/)],
    ["a category and a group", setting({}, { category: "AuditEvent", categoryGroup: "audit", enabled: true }), refusal(400, "BadRequest", /either/)],
    ["a sink that is not played", setting({ storageAccountId: "x" }), refusal(501, "NotImplemented", /storageAccountId/)],
  ])("refused: %s", async (_what, body, expected) => {
    await expect(ask("PUT", `${SETTINGS}/three`, body)).resolves.toMatchObject(expected);
  });

  test("refused: on a vault that is not there", async () => {
    await expect(ask("PUT", `${SETTINGS.replace("acme-watched", "acme-none")}/one`, setting())).resolves.toMatchObject({ status: 404 });
  });
});

describe("alarms", () => {
  const group = (more: object = {}): object => ({ location: "global", properties: { groupShortName: "alarms", enabled: true, emailReceivers: [{ name: "a", emailAddress: "a@example.com" }], ...more } });
  const condition = { query: "AZKVAuditLogs", timeAggregation: "Count", operator: "GreaterThan", threshold: 0 };
  const rule = (more: object = {}): object => ({
    location: "westeurope",
    properties: {
      enabled: true, severity: 1, scopes: [WORKSPACE], evaluationFrequency: "PT5M", windowSize: "PT30M", criteria: { allOf: [condition] },
      actions: { actionGroups: [`${INSIGHTS}/actionGroups/acme`] }, ...more,
    },
  });
  const alert = (more: object = {}): object => ({
    location: "global",
    properties: { scopes: [VAULT], condition: { allOf: [{ field: "category", equals: "Administrative" }] }, actions: { actionGroups: [{ actionGroupId: `${INSIGHTS}/actionGroups/acme` }] }, ...more },
  });

  test("an action group, and the two kinds of rules that use it", async () => {
    await expect(ask("PUT", `${INSIGHTS}/actionGroups/acme`, group())).resolves.toMatchObject({ status: 201, body: { properties: { emailReceivers: [{ status: "Enabled" }] } } });
    await expect(ask("PUT", `${INSIGHTS}/scheduledQueryRules/acme`, rule())).resolves.toMatchObject({ status: 201, body: { properties: { severity: 1, isLegacyLogAnalyticsRule: false } } });
    await expect(ask("PUT", `${INSIGHTS}/activityLogAlerts/acme`, alert())).resolves.toMatchObject({ status: 201, body: { location: "global", properties: { enabled: true } } });
    expect(fixture.running.sandbox.resources().map(({ id }) => id)).toEqual(expect.arrayContaining([`${INSIGHTS}/actionGroups/acme`, `${INSIGHTS}/activityLogAlerts/acme`]));
  });

  test.each<[string, string, object, object]>([
    ["a short name that is long", "actionGroups", group({ groupShortName: "thirteen-long" }), refusal(400, "GroupShortNameIsTooLong", /'thirteen-long' is too long/)],
    ["two receivers of a name", "actionGroups", group({ emailReceivers: [{ name: "a", emailAddress: "a@example.com" }, { name: "A", emailAddress: "b@example.com" }] }), refusal(400, "BadRequest", /unique/)],
    ["recipients that are not there", "scheduledQueryRules", rule({ actions: { actionGroups: [`${INSIGHTS}/actionGroups/none`] } }), refusal(400, "BadRequest", /none' was not found/)],
    ["a log that is not there", "scheduledQueryRules", rule({ scopes: [`${WORKSPACES}/none`] }), refusal(400, "BadRequest", /none' was not found/)],
    ["a window that Azure does not have", "scheduledQueryRules", rule({ windowSize: "PT7M" }), refusal(400, "BadRequest", /windowSize/)],
    ["a window with gaps", "scheduledQueryRules", rule({ windowSize: "PT1M" }), refusal(400, "BadRequest", /shorter/)],
    ["a severity that Azure does not have", "scheduledQueryRules", rule({ severity: 5 }), refusal(400, "BadRequest", /severity/)],
    ["no category", "activityLogAlerts", alert({ condition: { allOf: [{ field: "status", equals: "Succeeded" }] } }), refusal(400, "BadRequest", /category/)],
    ["a field that the log does not have", "activityLogAlerts", alert({ condition: { allOf: [{ field: "operation", equals: "x" }] } }), refusal(400, "BadRequest", /field 'operation'/)],
    ["recipients that are not there", "activityLogAlerts", alert({ actions: { actionGroups: [{ actionGroupId: "/x" }] } }), refusal(400, "BadRequest", /'\/x' was not found/)],
  ])("refused: %s (%s)", async (_what, type, body, expected) => {
    await expect(ask("PUT", `${INSIGHTS}/${type}/other`, body)).resolves.toMatchObject(expected);
  });
});

describe("locks", () => {
  const LOCK = `${LOCKS}/keep`;
  const body = { properties: { level: "CanNotDelete", notes: "holds keys" } };
  const locked = (path: string): object =>
    refusal(409, "ScopeLocked", new RegExp(`^The scope '${path}' cannot perform delete operation because following scope\\(s\\) are locked: '${VAULT}'\\. Please remove the lock and try again\\.$`));

  test("keeps the vault, its group, and what lies on it; not its data, and not what is written", async () => {
    const assignment = `${VAULT}/providers/Microsoft.Authorization/roleAssignments/11111111-1111-4111-8111-111111111111`;
    await ask("PUT", assignment, { properties: { roleDefinitionId: "/x/12338af0-0e69-4776-bea7-57ae8d297424", principalId: deployer.objectId } });
    await ask("PUT", `${VAULT}/keys/kept`, { properties: { kty: "RSA" } });
    await expect(ask("PUT", LOCK, body)).resolves.toMatchObject({ status: 201, body: { id: LOCK, name: "keep", type: "Microsoft.Authorization/locks", properties: body.properties } });
    await expect(ask("GET", LOCKS)).resolves.toMatchObject({ body: { value: [{ name: "keep" }] } });
    await fixture.restart();
    deployer = fixture.running.sandbox.deployer();

    for (const path of [VAULT, GROUP, assignment, `${SETTINGS}/one`]) {
      await expect(ask("DELETE", path)).resolves.toMatchObject(locked(path));
    }
    await expect(ask("PUT", `${VAULT}/accessPolicies/remove`, { properties: { accessPolicies: [{ tenantId: TENANT_DIRECTORY, objectId: deployer.objectId, permissions: { keys: ["get"] } }] } })).resolves.toMatchObject({ status: 200 });
    await expect(ask("PUT", `${VAULT}/accessPolicies/add`, { properties: { accessPolicies: [{ tenantId: TENANT_DIRECTORY, objectId: deployer.objectId, permissions: { keys: ["delete"] } }] } })).resolves.toMatchObject({ status: 200 });
    // A key is data: it is purge protection that helps here.
    const { status } = await fixture.fetch("DELETE", "https://acme-watched.vault.azure.net/keys/kept?api-version=7.6", { token: deployer.tokens.vault });
    expect(status).toBe(200);

    await expect(ask("DELETE", LOCK)).resolves.toMatchObject({ status: 200 });
    await expect(ask("DELETE", LOCK)).resolves.toMatchObject({ status: 204 });
    await expect(ask("GET", LOCK)).resolves.toMatchObject(refusal(404, "LockNotFound", /keep/));
    await expect(ask("DELETE", assignment)).resolves.toMatchObject({ status: 200 });
  });

  test("is made by who may: Owner and User Access Administrator, not Contributor", async () => {
    const contributor = await service(fixture, "acme-watched");
    const signedIn = await contributor.credential.getToken("https://management.azure.com/.default");
    fixture.running.sandbox.assignRole({ vault: "acme-watched", objectId: contributor.servicePrincipalId, role: "Contributor" });
    await expect(ask("PUT", `${SETTINGS}/one`, setting(), signedIn?.token)).resolves.toMatchObject({ status: 200 });
    await expect(ask("PUT", LOCK, body, signedIn?.token)).resolves.toMatchObject(refusal(403, "AuthorizationFailed", /Microsoft\.Authorization\/locks\/write/));
    fixture.running.sandbox.assignRole({ vault: "acme-watched", objectId: contributor.servicePrincipalId, role: "User Access Administrator" });
    await expect(ask("PUT", LOCK, body, signedIn?.token)).resolves.toMatchObject({ status: 201 });
    await expect(ask("DELETE", LOCK, undefined, signedIn?.token)).resolves.toMatchObject({ status: 200 });
    await expect(ask("PUT", LOCK, { properties: { level: "ReadOnly" } })).resolves.toMatchObject(refusal(501, "NotImplemented", /ReadOnly/));
    await expect(ask("PUT", LOCK, { properties: { level: "Never" } })).resolves.toMatchObject(refusal(400, "BadRequest", /level/));
    await expect(ask("PUT", LOCK.replace("acme-watched", "acme-none"), body)).resolves.toMatchObject({ status: 404 });
  });

  test("of a group is gone with it, and so is what is stored in it", async () => {
    const other = GROUP.replace(/rg$/, "other");
    await ask("PUT", other, { location: "westeurope" });
    await ask("PUT", `${other}/providers/Microsoft.Insights/actionGroups/a`, { location: "global", properties: { groupShortName: "a", enabled: true } });
    await ask("PUT", `${other}/providers/Microsoft.Authorization/locks/keep`, body);
    await expect(ask("DELETE", other)).resolves.toMatchObject({ status: 409 });
    await ask("DELETE", `${other}/providers/Microsoft.Authorization/locks/keep`);
    await expect(ask("DELETE", other)).resolves.toMatchObject({ status: 200 });
    expect(fixture.running.sandbox.resources().filter(({ id }) => id.startsWith(other))).toEqual([]);
  });
});
