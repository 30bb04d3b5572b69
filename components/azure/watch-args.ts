/**
 * Arguments of what watches over a key in Azure: audit log, alarms, lock. Loads no SDK.
 *
 * @module
 */
import { type KeyOptionsArgs } from "../key-options.js";

/** What watches over the key, beside `auditLog` and `alarms`, which every cloud has. */
export interface AzureWatchArgs {
  /**
   * Resource id of an existing Log Analytics workspace that the audit log goes to, in any subscription. It outlives the stack.
   * Default: a new one beside the vault.
   */
  logAnalyticsWorkspaceId?: string;
  /** Days that a new workspace keeps the audit log: 30 to 730. Default: 90, as long as a deleted key can be recovered. */
  logRetentionDays?: number;
  /**
   * Puts a `CanNotDelete` lock on the vault: Azure Resource Manager deletes neither it nor its resource group, whoever asks.
   * Needs a deployer who may write locks: Owner or User Access Administrator. Default: false.
   */
  lock?: boolean;
}

/** Days that a workspace keeps its log unless it is said. */
export const DEFAULT_LOG_RETENTION_DAYS = 90;

/**
 * Bounds of `retentionInDays` under the pricing tier PerGB2018; up to 31 days cost nothing beyond ingestion. Azure Monitor
 * documentation, "Manage data retention in a Log Analytics workspace": 30 to 730 days of interactive retention.
 */
const MIN_LOG_RETENTION_DAYS = 30;
const MAX_LOG_RETENTION_DAYS = 730;

/** What a retention must be, in words. */
export const LOG_RETENTION_RULE = `must be a whole number of days from ${MIN_LOG_RETENTION_DAYS} to ${MAX_LOG_RETENTION_DAYS}`;

/** Resource id of a workspace. Log Analytics REST reference, Workspaces - Get: 4 to 63 characters of A-Z, a-z, 0-9 and -. */
const WORKSPACE_ID =
  /^\/subscriptions\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\/resourceGroups\/[^/]{1,90}\/providers\/Microsoft\.OperationalInsights\/workspaces\/[a-z0-9][a-z0-9-]{2,61}[a-z0-9]$/i;

/** What the id of a workspace must be, in words. */
export const WORKSPACE_ID_RULE =
  "must be the resource id of a Log Analytics workspace: /subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.OperationalInsights/workspaces/NAME";

/** True if `days` is a retention that a workspace can have. */
export function isLogRetention(days: unknown): days is number {
  return typeof days === "number" && Number.isInteger(days) && days >= MIN_LOG_RETENTION_DAYS && days <= MAX_LOG_RETENTION_DAYS;
}

/** True if `id` is the resource id of a Log Analytics workspace. */
export function isWorkspaceId(id: unknown): id is string {
  return typeof id === "string" && WORKSPACE_ID.test(id);
}

/** Options that the problems are about. */
export type WatchedKeyArgs = Pick<KeyOptionsArgs, "auditLog" | "alarms"> & AzureWatchArgs & { readonly grantBy?: string };

/** True if the key has an audit log; alarms are made of it. */
export function hasAuditLog({ auditLog, alarms }: Pick<KeyOptionsArgs, "auditLog" | "alarms">): boolean {
  return auditLog ?? alarms !== undefined;
}

/** Problems of the options, whatever a program in plain JavaScript has put there. */
export function watchProblems(args: WatchedKeyArgs): string[] {
  const { auditLog, alarms, logAnalyticsWorkspaceId, logRetentionDays, lock, grantBy } = args;
  const problems: string[] = [];
  if (alarms !== undefined && auditLog === false) {
    problems.push(
      "alarms: Azure tells that a key was disabled in the vault's own audit log and nowhere else; set auditLog to true, or leave it out",
    );
  }
  if (logAnalyticsWorkspaceId !== undefined && !isWorkspaceId(logAnalyticsWorkspaceId)) {
    problems.push(`logAnalyticsWorkspaceId: ${WORKSPACE_ID_RULE}`);
  }
  if (logRetentionDays !== undefined && !isLogRetention(logRetentionDays)) problems.push(`logRetentionDays: ${LOG_RETENTION_RULE}`);
  if (logRetentionDays !== undefined && logAnalyticsWorkspaceId !== undefined) {
    problems.push("logRetentionDays: is for a new workspace; the one in logAnalyticsWorkspaceId keeps its own setting");
  }
  for (const [name, value] of Object.entries({ logAnalyticsWorkspaceId, logRetentionDays })) {
    if (value !== undefined && !hasAuditLog(args)) problems.push(`${name}: says how to keep an audit log; set auditLog to true`);
  }
  if (lock !== undefined && typeof lock !== "boolean") problems.push("lock: must be true or false");
  // "Lock your resources to protect your infrastructure", considerations: no role assignment below a lock can be deleted.
  if (lock === true && grantBy === "role") {
    problems.push(
      'lock: Azure deletes no role assignment below a locked vault, so that access could not be withdrawn; use grantBy "accessPolicy", or no lock',
    );
  }
  return problems;
}
