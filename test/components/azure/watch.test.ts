/** What watches over a key in Azure: which resources each option makes, and with what. */
import { describe, expect, test } from "@jest/globals";

import { type AzureTenantKeyArgs } from "../../../components/azure/index.js";
import { watchProblems } from "../../../components/azure/watch-args.js";
import { Datacenter } from "../../../components/regions.js";
import { deploy, type Registration } from "../recorded-deployment.js";
import { APPLICATION, ENTRA_TENANT, found, SUBSCRIPTION } from "./found.js";

const VAULT = "byok-acme-eu-mbdtyv";
const VAULT_ID = `/subscriptions/${SUBSCRIPTION}/resourceGroups/byok-acme-eu/providers/Microsoft.KeyVault/vaults/${VAULT}`;
const CENTRAL = "/subscriptions/cccccccc-3333-4333-8333-cccccccccccc/resourceGroups/soc/providers/Microsoft.OperationalInsights/workspaces/soc-eu";
const EMAILS = ["security@example.com", "ops@example.com"];
const ARGS: AzureTenantKeyArgs = {
  tenant: "acme",
  datacenter: Datacenter.Eu,
  entraTenantId: ENTRA_TENANT,
  subscriptionId: SUBSCRIPTION,
  application: APPLICATION,
};

/** What is registered beside the key and its grant. */
async function watch(options: Partial<AzureTenantKeyArgs>): Promise<readonly Registration[]> {
  const { registrations } = await deploy(async () => {
    const { Provider } = await import("@pulumi/azure-native/provider.js");
    const { AzureTenantKey } = await import("../../../components/azure/index.js");
    const provider = new Provider("tenant", { subscriptionId: SUBSCRIPTION, tenantId: ENTRA_TENANT });
    return { descriptor: new AzureTenantKey("k", { ...ARGS, ...options }, { provider }).descriptor };
  }, found());
  return registrations.filter(({ type }) => /:(monitor|operationalinsights|authorization):/.test(type));
}

const inputsByName = (registrations: readonly Registration[]): Record<string, unknown> =>
  Object.fromEntries(registrations.map(({ name, inputs }) => [name, inputs]));

describe("what watches over a key in Azure", () => {
  test("nothing, unless it is asked for", async () => {
    await expect(watch({})).resolves.toEqual([]);
    await expect(watch({ auditLog: false, lock: false })).resolves.toEqual([]);
  });

  test("auditLog: a workspace beside the vault, and a setting on the vault", async () => {
    expect(inputsByName(await watch({ auditLog: true, tags: { team: "a" } }))).toEqual({
      "k-audit-workspace": {
        resourceGroupName: "byok-acme-eu", workspaceName: `${VAULT}-audit`, location: "westeurope",
        sku: { name: "PerGB2018" }, retentionInDays: 90, tags: { team: "a" },
      },
      "k-audit": {
        name: "byok-audit", resourceUri: VAULT_ID, workspaceId: "k-audit-workspace_id", logAnalyticsDestinationType: "Dedicated",
        logs: [{ categoryGroup: "audit", enabled: true }],
      },
    });
  });

  test("auditLog with a retention, in a group and a vault that exist", async () => {
    const made = await watch({ auditLog: true, logRetentionDays: 400, resourceGroup: "rg", existing: { vault: "acme-keys", key: "backup" } });
    expect(inputsByName(made)).toMatchObject({
      "k-audit-workspace": { resourceGroupName: "rg", workspaceName: "acme-keys-audit", retentionInDays: 400 },
      "k-audit": { resourceUri: VAULT_ID.replace("byok-acme-eu/", "rg/").replace(VAULT, "acme-keys") },
    });
  });

  test("auditLog into a workspace that exists: none is made", async () => {
    expect(inputsByName(await watch({ auditLog: true, logAnalyticsWorkspaceId: CENTRAL }))).toEqual({
      "k-audit": expect.objectContaining({ workspaceId: CENTRAL }),
    });
  });

  test("alarms: recipients, a rule on the log of the key, a rule on what happens to the vault; and the log", async () => {
    const made = await watch({ alarms: { emails: EMAILS } });
    // In the order in which their dependencies are there, which is not the program's.
    expect(made.map(({ type, name }) => `${type} ${name}`).sort()).toEqual([
      "azure-native:monitor:ActionGroup k-alarm-recipients",
      "azure-native:monitor:ActivityLogAlert k-alarm-vault",
      "azure-native:monitor:DiagnosticSetting k-audit",
      "azure-native:monitor:ScheduledQueryRule k-alarm-key",
      "azure-native:operationalinsights:Workspace k-audit-workspace",
    ]);
    expect(inputsByName(made)).toMatchObject({
      "k-alarm-recipients": {
        resourceGroupName: "byok-acme-eu", actionGroupName: `${VAULT}-alarms`, location: "global", enabled: true, groupShortName: "byok-alarms",
        emailReceivers: EMAILS.map((emailAddress, index) => ({ name: `recipient-${index + 1}`, emailAddress, useCommonAlertSchema: true })),
      },
      "k-alarm-key": {
        ruleName: `${VAULT}-key-changed`, location: "westeurope", enabled: true, scopes: ["k-audit-workspace_id"], severity: 1,
        evaluationFrequency: "PT5M", windowSize: "PT30M", autoMitigate: true, skipQueryValidation: true,
        actions: { actionGroups: ["k-alarm-recipients_id"] },
        criteria: {
          allOf: [
            {
              timeAggregation: "Count", operator: "GreaterThan", threshold: 0,
              query: [
                "AZKVAuditLogs",
                `| where _ResourceId =~ "${VAULT_ID}"`,
                '| where OperationName in ("KeyUpdate", "KeyDelete", "KeyPurge", "KeyRotationPolicySet", "KeyNearExpiryEventGridNotification", "KeyExpiredEventGridNotification")',
                "| where isnull(HttpStatusCode) or HttpStatusCode < 300",
                '| extend Caller = tostring(Identity.claim["http://schemas.microsoft.com/identity/claims/objectidentifier"])',
                "| project TimeGenerated, OperationName, Id, Caller, CallerIpAddress",
              ].join("\n"),
              dimensions: ["OperationName", "Id", "Caller"].map((name) => ({ name, operator: "Include", values: ["*"] })),
            },
          ],
        },
      },
      "k-alarm-vault": {
        activityLogAlertName: `${VAULT}-vault-changed`, location: "global", enabled: true, scopes: [VAULT_ID],
        condition: { allOf: [{ field: "category", equals: "Administrative" }, { field: "status", containsAny: ["Succeeded"] }] },
        actions: { actionGroups: [{ actionGroupId: "k-alarm-recipients_id" }] },
      },
    });
  });

  test("lock: on the vault, nothing else", async () => {
    expect(inputsByName(await watch({ lock: true }))).toEqual({
      "k-lock": { scope: VAULT_ID, lockName: "byok-cannot-delete", level: "CanNotDelete", notes: expect.stringMatching(/byok:azure\.lock/) },
    });
  });

  test("all of it is a child of the key, unprotected, and goes when it is not asked for any more", async () => {
    const made = await watch({ alarms: { emails: EMAILS }, lock: true });
    expect(made).toHaveLength(6);
    for (const one of made) {
      expect(one).toMatchObject({ parent: "k", provider: "tenant", protect: false, retainOnDelete: false, ignoreChanges: [], replaceOnChanges: [] });
    }
  });
});

describe("options that make no sense", () => {
  const RETENTION = "logRetentionDays: must be a whole number of days from 30 to 730";
  const ID = "logAnalyticsWorkspaceId: must be the resource id of a Log Analytics workspace: /subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.OperationalInsights/workspaces/NAME";
  test.each<[what: string, args: object, problems: string[]]>([
    ["alarms without the log that they come from", { auditLog: false, alarms: { emails: EMAILS } }, ["alarms: Azure tells that a key was disabled in the vault's own audit log and nowhere else; set auditLog to true, or leave it out"]],
    ["a retention that no workspace has", { auditLog: true, logRetentionDays: 29 }, [RETENTION]],
    ["a retention beyond two years", { auditLog: true, logRetentionDays: 731 }, [RETENTION]],
    ["a retention of parts of days", { auditLog: true, logRetentionDays: 30.5 }, [RETENTION]],
    ["a retention without a log", { logRetentionDays: 30 }, ["logRetentionDays: says how to keep an audit log; set auditLog to true"]],
    ["a workspace without a log", { logAnalyticsWorkspaceId: CENTRAL }, ["logAnalyticsWorkspaceId: says how to keep an audit log; set auditLog to true"]],
    ["a retention of somebody else's workspace", { auditLog: true, logAnalyticsWorkspaceId: CENTRAL, logRetentionDays: 30 }, ["logRetentionDays: is for a new workspace; the one in logAnalyticsWorkspaceId keeps its own setting"]],
    ["a workspace by its name", { auditLog: true, logAnalyticsWorkspaceId: "soc-eu" }, [ID]],
    ["a workspace by the id that queries take", { auditLog: true, logAnalyticsWorkspaceId: "cccccccc-3333-4333-8333-cccccccccccc" }, [ID]],
    ["a lock that is a text", { lock: "CanNotDelete" }, ["lock: must be true or false"]],
    ["a lock that keeps the grant from being withdrawn", { lock: true, grantBy: "role" }, ['lock: Azure deletes no role assignment below a locked vault, so that access could not be withdrawn; use grantBy "accessPolicy", or no lock']],
  ])("%s", (_what, args, problems) => {
    expect(watchProblems(args)).toEqual(problems);
  });

  test.each([
    [{ auditLog: true, logRetentionDays: 30 }], [{ alarms: { emails: EMAILS }, logRetentionDays: 730 }],
    [{ alarms: { emails: EMAILS }, logAnalyticsWorkspaceId: CENTRAL }], [{ lock: true, grantBy: "accessPolicy" }], [{ lock: false, grantBy: "role" }],
  ])("%j is fine", (args) => {
    expect(watchProblems(args)).toEqual([]);
  });

  test("are refused with all others, before anything is registered", async () => {
    const refusals: (readonly string[])[] = [];
    const { registrations } = await deploy(async () => {
      const { AzureTenantKey, InvalidArgsError } = await import("../../../components/azure/index.js");
      try {
        new AzureTenantKey("k", { ...ARGS, tenant: "A", auditLog: false, alarms: { emails: EMAILS } });
      } catch (error) {
        if (!(error instanceof InvalidArgsError)) throw error;
        refusals.push(error.problems);
      }
      return {};
    });
    expect(refusals).toEqual([[expect.stringMatching(/^tenant: /), expect.stringMatching(/^alarms: /)]]);
    expect(registrations.map(({ type }) => type)).toEqual(["pulumi:pulumi:Stack"]);
  });
});
