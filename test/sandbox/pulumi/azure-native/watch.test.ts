/** azure-native's types for logs, alarms and locks, over the engine's wire. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { type Properties } from "../../../../sandbox/pulumi/values.js";
import { type Deployment, type Remembered } from "../deployment.js";
import { type AzureNativeFixture, azureNativeFixture, GROUP_ID, update, VAULT } from "./fixture.js";

const WORKSPACE = "azure-native:operationalinsights:Workspace";
const SETTING = "azure-native:monitor:DiagnosticSetting";
const RECIPIENTS = "azure-native:monitor:ActionGroup";
const QUERY_RULE = "azure-native:monitor:ScheduledQueryRule";
const ACTIVITY_RULE = "azure-native:monitor:ActivityLogAlert";
const LOCK = "azure-native:authorization:ManagementLockByScope";

let shared: AzureNativeFixture;
let stack: Deployment;
let vault: Remembered;
let workspace: Remembered;
let recipients: Remembered;
beforeAll(async () => {
  shared = await azureNativeFixture();
  ({ stack } = shared);
  ({ vault } = await shared.newVault());
  workspace = await stack.create(WORKSPACE, WORKSPACE_GIVEN);
  recipients = await stack.create(RECIPIENTS, RECIPIENTS_GIVEN);
});
afterAll(() => shared.close());

const WORKSPACE_GIVEN: Properties = { resourceGroupName: "keys", workspaceName: "acme-log", location: "westeurope", sku: { name: "PerGB2018" }, retentionInDays: 90 };
const RECIPIENTS_GIVEN: Properties = {
  resourceGroupName: "keys", actionGroupName: "acme-alarms", location: "global", groupShortName: "alarms", enabled: true,
  emailReceivers: [{ name: "a", emailAddress: "a@example.com", useCommonAlertSchema: true }],
};
const settingGiven = (more: Properties = {}): Properties => ({
  name: "audit", resourceUri: vault.id, workspaceId: workspace.id, logAnalyticsDestinationType: "Dedicated", logs: [{ categoryGroup: "audit", enabled: true }], ...more,
});
const queryRuleGiven = (more: Properties = {}): Properties => ({
  resourceGroupName: "keys", ruleName: "acme-key", location: "westeurope", enabled: true, severity: 1, scopes: [workspace.id], evaluationFrequency: "PT5M", windowSize: "PT30M",
  criteria: { allOf: [{ query: "AZKVAuditLogs", timeAggregation: "Count", operator: "GreaterThan", threshold: 0 }] }, actions: { actionGroups: [recipients.id] }, ...more,
});
const activityRuleGiven = (more: Properties = {}): Properties => ({
  resourceGroupName: "keys", activityLogAlertName: "acme-vault", scopes: [vault.id], condition: { allOf: [{ field: "category", equals: "Administrative" }] },
  actions: { actionGroups: [{ actionGroupId: recipients.id }] }, ...more,
});
const lockGiven = (more: Properties = {}): Properties => ({ scope: vault.id, lockName: "keep", level: "CanNotDelete", ...more });

/** Types, with what makes one, what changes it in place, and what needs another one. */
const TYPES: readonly [token: string, given: () => Properties, id: () => string, changed: Properties, replacing: Properties][] = [
  [WORKSPACE, () => ({ ...WORKSPACE_GIVEN, workspaceName: "acme-other" }), () => `${GROUP_ID}/providers/Microsoft.OperationalInsights/workspaces/acme-other`, { retentionInDays: 365 }, { location: "northeurope", workspaceName: "x" }],
  [SETTING, settingGiven, () => `${vault.id}/providers/Microsoft.Insights/diagnosticSettings/audit`, { logs: [{ categoryGroup: "allLogs", enabled: true }] }, { name: "x", resourceUri: "/y" }],
  [RECIPIENTS, () => ({ ...RECIPIENTS_GIVEN, actionGroupName: "other" }), () => `${GROUP_ID}/providers/Microsoft.Insights/actionGroups/other`, { groupShortName: "b", enabled: false }, { actionGroupName: "x", location: "westeurope" }],
  [QUERY_RULE, queryRuleGiven, () => `${GROUP_ID}/providers/Microsoft.Insights/scheduledQueryRules/acme-key`, { severity: 2, windowSize: "PT1H" }, { ruleName: "x", location: "uksouth" }],
  [ACTIVITY_RULE, activityRuleGiven, () => `${GROUP_ID}/providers/Microsoft.Insights/activityLogAlerts/acme-vault`, { description: "b", enabled: false }, { activityLogAlertName: "x", resourceGroupName: "y" }],
  [LOCK, lockGiven, () => `${vault.id}/providers/Microsoft.Authorization/locks/keep`, { notes: "why" }, { lockName: "x", scope: "/y" }],
];

describe("logs, alarms and locks", () => {
  test.each(TYPES)("%s: made, refreshed, changed in place, replaced for its path only, deleted", async (token, given, id, changed, replacing) => {
    const one = await stack.create(token, given());
    expect(one.id).toBe(id());
    await expect(stack.changes(token, one, given())).resolves.toEqual([]);
    const again = await stack.refreshed(token, one);
    expect(again.inputs).toEqual(one.inputs);
    await expect(stack.create(token, given())).rejects.toThrow(/cannot create already existing resource/);

    const differences = await stack.changes(token, one, { ...given(), ...changed });
    expect(differences.map(({ property }) => property).sort()).toEqual(Object.keys(changed).sort());
    expect(differences.every(({ replaces }) => !replaces)).toBe(true);
    const replacements = await stack.changes(token, one, { ...given(), ...replacing });
    expect(replacements).toHaveLength(Object.keys(replacing).length);
    expect(replacements).toEqual(expect.arrayContaining(Object.keys(replacing).map((property) => update(property, true))));

    const updated = await stack.update(token, one, { ...given(), ...changed });
    expect((await stack.refreshed(token, updated)).state).toMatchObject(changed);
    const imported = await stack.import(token, one.id);
    await expect(stack.changes(token, { ...one, ...imported, inputs: imported?.inputs ?? {} }, { ...given(), ...changed })).resolves.toEqual([]);
    await stack.delete(token, updated);
    await stack.delete(token, updated);
    await expect(stack.refresh(token, updated)).resolves.toBeUndefined();
  });

  test("a locked vault is not deleted, and says why in the provider's words", async () => {
    const lock = await stack.create(LOCK, lockGiven());
    await expect(stack.delete(VAULT, vault)).rejects.toThrow(
      `Status=409 Code="ScopeLocked" Message="The scope '${vault.id}' cannot perform delete operation because following scope(s) are locked: '${vault.id}'. Please remove the lock and try again."`,
    );
    await stack.delete(LOCK, lock);
  });

  test.each<[string, () => Properties, RegExp]>([
    [SETTING, () => settingGiven({ storageAccountId: "x" }), /does not implement the property "storageAccountId"/],
    [RECIPIENTS, () => ({ ...RECIPIENTS_GIVEN, emailReceivers: [{ name: "a" }] }), /Missing required property 'emailAddress'/],
    [ACTIVITY_RULE, () => activityRuleGiven({ condition: {} }), /Missing required property 'allOf'/],
    [WORKSPACE, () => ({ resourceGroupName: "keys" }), /it needs a workspaceName/],
  ])("%s is checked", async (token, given, reason) => {
    await expect(stack.refusals(token, given())).resolves.toEqual([expect.stringMatching(reason)]);
  });
});
