/**
 * Alarms of a key in Azure, by e-mail. What happens to a key is told in two places: the vault's own audit log has the
 * operations on keys, the subscription's activity log has those on the vault. So there are two rules, and one list of people.
 *
 * @module
 */
import { ActionGroup, ActivityLogAlert, ScheduledQueryRule } from "@pulumi/azure-native/monitor";
import type * as pulumi from "@pulumi/pulumi";

import { type AlarmsArgs } from "../alarms.js";
import { type AuditLog } from "./audit-log.js";
import { type WatchedVault } from "./watch.js";

/**
 * Operations on keys that can end access, or say that it will end, as the audit log names them. Microsoft, "Azure Key Vault
 * logging", operation names table, Keys. `KeyUpdate` is what enables and disables a version and sets its expiry: the log is
 * not documented to say which, so that each one is told. Creation and rotation take nothing away.
 */
export const ALARMING_KEY_OPERATIONS = [
  "KeyUpdate",
  "KeyDelete",
  "KeyPurge",
  "KeyRotationPolicySet",
  "KeyNearExpiryEventGridNotification",
  "KeyExpiredEventGridNotification",
] as const;

/** Short name of an action group, in every e-mail: up to 12 characters, or GroupShortNameIsTooLong (azure-rest-api-specs#2840). */
const SHORT_NAME = "byok-alarms";

/**
 * How often the log is asked, and how far back. The log arrives within ten minutes ("Azure Key Vault logging"), and a rule
 * asks by the time of the event: the window covers what came late. Both are among the values that Azure takes.
 */
const EVERY = "PT5M";
const WINDOW = "PT30M";

/** Claim that names who asked. "Azure Key Vault logging", example of an entry. */
const OBJECT_ID_CLAIM = "http://schemas.microsoft.com/identity/claims/objectidentifier";

/**
 * The query, in the Kusto query language, on AZKVAuditLogs (columns: Azure Monitor Logs reference, AZKVAuditLogs). Operations
 * that were refused change nothing and are left out; notifications have no status.
 */
export function keyAlarmQuery(vaultId: string): string {
  return [
    "AZKVAuditLogs",
    // Resource ids are compared without case.
    `| where _ResourceId =~ "${vaultId}"`,
    `| where OperationName in (${ALARMING_KEY_OPERATIONS.map((operation) => `"${operation}"`).join(", ")})`,
    "| where isnull(HttpStatusCode) or HttpStatusCode < 300",
    `| extend Caller = tostring(Identity.claim["${OBJECT_ID_CLAIM}"])`,
    "| project TimeGenerated, OperationName, Id, Caller, CallerIpAddress",
  ].join("\n");
}

/**
 * Registers `NAME-alarm-recipients`, `NAME-alarm-key` and `NAME-alarm-vault`. None is protected: `pulumi destroy
 * --exclude-protected` removes them too. Replaces: Monitor, Alerts, Create, action group and two alert rules.
 */
export function registerAlarms(name: string, vault: WatchedVault, { emails }: AlarmsArgs, log: AuditLog, opts: pulumi.CustomResourceOptions): void {
  const { resourceGroup: resourceGroupName, vaultName, vaultId } = vault;
  const common = { resourceGroupName, enabled: true, ...(vault.tags === undefined ? {} : { tags: vault.tags }) };

  const recipients = new ActionGroup(
    `${name}-alarm-recipients`,
    {
      ...common,
      actionGroupName: `${vaultName}-alarms`,
      groupShortName: SHORT_NAME,
      // Action groups are one service for all regions unless they are told otherwise.
      location: "global",
      emailReceivers: emails.map((emailAddress, index) => ({ name: `recipient-${index + 1}`, emailAddress, useCommonAlertSchema: true })),
    },
    opts,
  );

  new ScheduledQueryRule(
    `${name}-alarm-key`,
    {
      ...common,
      ruleName: `${vaultName}-key-changed`,
      location: vault.location,
      displayName: `Key in ${vaultName}: disabled, deleted, expiring, or changed`,
      description:
        "Somebody changed the state of a key that backups need, or its expiry. This alert is called resolved half an hour after the last such change, whatever state the key is in.",
      scopes: [log.workspaceId],
      severity: 1,
      evaluationFrequency: EVERY,
      windowSize: WINDOW,
      criteria: {
        allOf: [
          {
            query: keyAlarmQuery(vaultId),
            timeAggregation: "Count",
            operator: "GreaterThan",
            threshold: 0,
            // One alert per operation and key, so that the second event is told while the first one is not over.
            dimensions: ["OperationName", "Id", "Caller"].map((column) => ({ name: column, operator: "Include", values: ["*"] })),
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 },
          },
        ],
      },
      // Stateful: an event is told once, although several windows have it.
      autoMitigate: true,
      // The table is there once the first entry is.
      skipQueryValidation: true,
      actions: { actionGroups: [recipients.id] },
    },
    { ...opts, dependsOn: log.setting },
  );

  new ActivityLogAlert(
    `${name}-alarm-vault`,
    {
      ...common,
      activityLogAlertName: `${vaultName}-vault-changed`,
      location: "global",
      description:
        "Somebody changed or deleted the vault with a key that backups need: its firewall, access policies or roles, its lock, or what is logged.",
      scopes: [vaultId],
      condition: {
        allOf: [
          // Every change through Azure Resource Manager at or below the vault ("Azure Activity Log event schema", Administrative);
          // reads are not in it.
          { field: "category", equals: "Administrative" },
          { field: "status", containsAny: ["Succeeded"] },
        ],
      },
      actions: { actionGroups: [{ actionGroupId: recipients.id }] },
    },
    opts,
  );
}
