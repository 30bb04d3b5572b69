/**
 * The audit log of a vault: every operation on it and on its keys, who asked for it and from where, in a Log Analytics
 * workspace. Replaces: key vault, Diagnostic settings, Add, category group audit, Send to Log Analytics, Resource specific.
 *
 * @module
 */
import { DiagnosticSetting } from "@pulumi/azure-native/monitor";
import { Workspace } from "@pulumi/azure-native/operationalinsights";
import type * as pulumi from "@pulumi/pulumi";

import { type AzureWatchArgs, DEFAULT_LOG_RETENTION_DAYS } from "./watch-args.js";
import { type WatchedVault } from "./watch.js";

/** An audit log that is there. */
export interface AuditLog {
  /** Resource id of the workspace. */
  readonly workspaceId: pulumi.Input<string>;
  /** What sends the log there. */
  readonly setting: DiagnosticSetting;
}

/**
 * Registers `NAME-audit`, a diagnostic setting on the vault and, unless a workspace is given, `NAME-audit-workspace`.
 *
 * Neither is protected: without the option they go. Azure keeps a deleted workspace for 14 days, its log in it, and the next
 * one of that name in the same group and region is the old one (Log Analytics REST reference, Workspaces - Delete). What must
 * be kept for longer goes to a workspace of the tenant's own.
 */
export function registerAuditLog(name: string, vault: WatchedVault, args: AzureWatchArgs, opts: pulumi.CustomResourceOptions): AuditLog {
  const tags = vault.tags === undefined ? {} : { tags: vault.tags };
  const workspaceId =
    args.logAnalyticsWorkspaceId ??
    new Workspace(
      `${name}-audit-workspace`,
      {
        resourceGroupName: vault.resourceGroup,
        workspaceName: `${vault.vaultName}-audit`,
        location: vault.location,
        // Pay as you go; the tiers before it cannot be chosen any more (Azure Monitor documentation, "Azure Monitor Logs cost").
        sku: { name: "PerGB2018" },
        retentionInDays: args.logRetentionDays ?? DEFAULT_LOG_RETENTION_DAYS,
        ...tags,
      },
      opts,
    ).id;

  const setting = new DiagnosticSetting(
    `${name}-audit`,
    {
      name: "byok-audit",
      resourceUri: vault.vaultId,
      workspaceId,
      // A table with columns of its own, AZKVAuditLogs, which the alarms ask; AzureDiagnostics mixes all services' columns.
      logAnalyticsDestinationType: "Dedicated",
      // Of a vault's two categories the audit group holds AuditEvent (Azure Monitor, "Supported logs for
      // Microsoft.KeyVault/vaults"); a setting names groups or categories, never both.
      logs: [{ categoryGroup: "audit", enabled: true }],
    },
    opts,
  );
  return { workspaceId, setting };
}
