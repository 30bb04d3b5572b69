/**
 * Types of resources that Azure Resource Manager keeps and nothing in the sandbox acts upon: logs and alarms. They are checked
 * as their services check them, stored as they were given, and shown with what the services add. Sources: the REST references
 * named with each; refusals without a source are our own wording.
 *
 * @module
 */
import { randomUUID } from "node:crypto";

import { z } from "zod";

import { type StoredResourceRecord } from "../state.js";
import { ArmError, badRequest } from "./errors.js";

/** What checks have at hand beside the resource itself. */
export interface StoredContext {
  /** Resource id, as it was asked for. */
  readonly id: string;
  /** ARM id of what the resource is on, or of its resource group. */
  readonly scope: string;
  /** The stored resource of an id; undefined if there is none. */
  readonly find: (id: string) => StoredResourceRecord | undefined;
  /** True if anything of that id is there: stored, or a vault. */
  readonly exists: (id: string) => boolean;
  /** Stored resources of a type on the same scope. */
  readonly siblings: (type: string) => readonly StoredResourceRecord[];
}

/** A type of resource. */
export interface StoredType {
  /** As ARM names it, e.g. `Microsoft.Insights/actionGroups`. */
  readonly type: string;
  /** Names it can have. */
  readonly name: RegExp;
  /** True if it has a location of its own, which is then required. */
  readonly located: boolean;
  readonly properties: z.ZodType<Record<string, unknown>>;
  /** Days that a deleted one comes back when it is made again. */
  readonly recoverableDays?: number;
  /** @throws ArmError for properties that are well formed and not acceptable. */
  check(properties: Record<string, unknown>, context: StoredContext): void;
  /** What the service adds. `before` is what there was. */
  complete(properties: Record<string, unknown>, before: Record<string, unknown> | undefined, now: Date): Record<string, unknown>;
}

const strings = z.array(z.string());
const NAME = /^[^#<>%&:\\?/]{1,260}$/;

/**
 * Log Analytics REST reference, Workspaces - Create Or Update, 2023-09-01. A deleted one is recovered by making it again within
 * 14 days (Workspaces - Delete).
 */
const WORKSPACE: StoredType = {
  type: "Microsoft.OperationalInsights/workspaces",
  name: /^[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]$/,
  located: true,
  recoverableDays: 14,
  properties: z.strictObject({
    sku: z.strictObject({ name: z.literal("PerGB2018") }).optional(),
    retentionInDays: z.int().optional(),
  }),
  check({ retentionInDays }) {
    // Manage data retention in a Log Analytics workspace: 30 to 730.
    if (typeof retentionInDays === "number" && (retentionInDays < 30 || retentionInDays > 730)) {
      throw badRequest(`'RetentionInDays' property doesn't match the SKU limits: ${retentionInDays} is not between 30 and 730.`);
    }
  },
  complete: (properties, before, now) => ({
    retentionInDays: 30,
    sku: { name: "PerGB2018" },
    ...properties,
    customerId: before?.["customerId"] ?? randomUUID(),
    createdDate: before?.["createdDate"] ?? now.toISOString(),
    modifiedDate: now.toISOString(),
    provisioningState: "Succeeded",
    publicNetworkAccessForIngestion: "Enabled",
    publicNetworkAccessForQuery: "Enabled",
  }),
};

/** Categories of a vault's log and the groups they are in. Azure Monitor, "Supported logs for Microsoft.KeyVault/vaults". */
const VAULT_LOG_GROUPS: Readonly<Record<string, readonly string[]>> = {
  audit: ["AuditEvent"],
  allLogs: ["AuditEvent", "AzurePolicyEvaluationDetails"],
};

const logSchema = z.strictObject({
  category: z.string().nullish(),
  categoryGroup: z.string().nullish(),
  enabled: z.boolean(),
});

/** Azure Monitor REST reference, Diagnostic Settings - Create Or Update, 2021-05-01-preview. */
const DIAGNOSTIC_SETTING: StoredType = {
  type: "Microsoft.Insights/diagnosticSettings",
  name: NAME,
  located: false,
  properties: z.strictObject({
    workspaceId: z.string(),
    logAnalyticsDestinationType: z.literal("Dedicated").nullish(),
    logs: z.array(logSchema),
  }),
  check(properties, { id, find, siblings }) {
    const workspace = String(properties["workspaceId"]);
    if (find(workspace) === undefined) {
      throw new ArmError(404, "ResourceNotFound", `The workspace '${workspace}' was not found.`);
    }
    const categories = sentCategories(properties);
    // Users' logs of Terraform and bicep, word for word, e.g. Azure/AzureMonitorCommunity and azurerm_monitor_diagnostic_setting.
    for (const other of siblings("Microsoft.Insights/diagnosticSettings")) {
      if (other.id.toLowerCase() === id.toLowerCase() || !sameId(other.properties["workspaceId"], workspace)) continue;
      const taken = sentCategories(other.properties).find((category) => categories.includes(category));
      if (taken === undefined) continue;
      throw new ArmError(
        409,
        "Conflict",
        `Data sink '${workspace}' is already used in diagnostic setting '${nameOf(other.id)}' for category '${taken}'. Data sinks can't be reused in different settings on the same category for the same resource.`,
      );
    }
  },
  complete: (properties) => ({ ...properties }),
};

/** Names of the categories that a setting sends, whichever way it says so. */
function sentCategories({ logs }: Record<string, unknown>): string[] {
  return z.array(logSchema).parse(logs).flatMap(({ category, categoryGroup, enabled }) => {
    if ((category == null) === (categoryGroup == null)) throw badRequest("A log setting names either a category or a category group.");
    const named = category == null ? VAULT_LOG_GROUPS[categoryGroup ?? ""] : Object.values(VAULT_LOG_GROUPS).flat().filter((known) => known === category);
    if (named === undefined || named.length === 0) throw badRequest(`Category '${category ?? categoryGroup ?? ""}' is not supported.`);
    return enabled ? [...named] : [];
  });
}

const receiverSchema = z.strictObject({ name: z.string(), emailAddress: z.string(), useCommonAlertSchema: z.boolean().optional() });

/** Azure Monitor REST reference, Action Groups - Create Or Update, 2024-10-01-preview. */
const ACTION_GROUP: StoredType = {
  type: "Microsoft.Insights/actionGroups",
  name: NAME,
  located: true,
  properties: z.strictObject({ groupShortName: z.string(), enabled: z.boolean(), emailReceivers: z.array(receiverSchema).optional() }),
  check({ groupShortName, emailReceivers }) {
    const name = String(groupShortName);
    if (name.length > 12) {
      // azure-rest-api-specs#2840.
      throw new ArmError(400, "GroupShortNameIsTooLong", `The action group short name '${name}' is too long. Please specify a short name with '12' or less characters.`);
    }
    const names = receiversOf(emailReceivers).map((receiver) => receiver.name.toLowerCase());
    // ActionGroup of the REST reference: the names of all receivers within an action group are unique.
    if (new Set(names).size < names.length) throw badRequest("Receiver names must be unique within an action group.");
  },
  complete: (properties) => ({
    ...properties,
    emailReceivers: receiversOf(properties["emailReceivers"]).map((receiver) => ({ ...receiver, status: "Enabled" })),
  }),
};

function receiversOf(given: unknown): z.infer<typeof receiverSchema>[] {
  return z.array(receiverSchema).optional().parse(given) ?? [];
}

/** Values that rules may have for both (Azure Monitor REST reference, Scheduled Query Rules; portal: 1 minute to 2 days). */
const DURATIONS = ["PT1M", "PT5M", "PT10M", "PT15M", "PT30M", "PT45M", "PT1H", "PT2H", "PT3H", "PT4H", "PT5H", "PT6H", "P1D", "P2D"];

const conditionSchema = z.strictObject({
  query: z.string().min(1),
  timeAggregation: z.literal("Count"),
  operator: z.enum(["GreaterThan", "GreaterThanOrEqual"]),
  threshold: z.number(),
  dimensions: z.array(z.strictObject({ name: z.string(), operator: z.enum(["Include", "Exclude"]), values: strings })).optional(),
  failingPeriods: z.strictObject({ numberOfEvaluationPeriods: z.int(), minFailingPeriodsToAlert: z.int() }).optional(),
});

/** Azure Monitor REST reference, Scheduled Query Rules - Create Or Update, 2025-01-01-preview. */
const SCHEDULED_QUERY_RULE: StoredType = {
  type: "Microsoft.Insights/scheduledQueryRules",
  name: NAME,
  located: true,
  properties: z.strictObject({
    description: z.string().optional(),
    displayName: z.string().optional(),
    enabled: z.boolean(),
    severity: z.int().min(0).max(4),
    scopes: strings.min(1),
    evaluationFrequency: z.enum(DURATIONS),
    windowSize: z.enum(DURATIONS),
    criteria: z.strictObject({ allOf: z.array(conditionSchema).min(1) }),
    actions: z.strictObject({ actionGroups: strings }).optional(),
    autoMitigate: z.boolean().optional(),
    skipQueryValidation: z.boolean().optional(),
  }),
  check({ scopes, actions, evaluationFrequency, windowSize }, { exists, find }) {
    requireAll(strings.parse(scopes), exists);
    requireAll(z.strictObject({ actionGroups: strings }).optional().parse(actions)?.actionGroups ?? [], (id) => find(id) !== undefined);
    if (DURATIONS.indexOf(String(windowSize)) < DURATIONS.indexOf(String(evaluationFrequency))) {
      throw badRequest("The window of a rule cannot be shorter than the time between two evaluations.");
    }
  },
  complete: (properties) => ({
    ...properties,
    createdWithApiVersion: "2025-01-01-preview",
    isLegacyLogAnalyticsRule: false,
    isWorkspaceAlertsStorageConfigured: false,
  }),
};

const leafSchema = z.strictObject({ field: z.string(), equals: z.string().optional(), containsAny: strings.optional() });

/** Fields of the activity log that rules may ask (REST reference, AlertRuleLeafCondition). */
const FIELDS = /^(resourceId|category|caller|level|operationName|resourceGroup|resourceProvider|status|subStatus|resourceType|properties.*)$/i;

/** Azure Monitor REST reference, Activity Log Alerts - Create Or Update, 2020-10-01. */
const ACTIVITY_LOG_ALERT: StoredType = {
  type: "Microsoft.Insights/activityLogAlerts",
  name: NAME,
  located: true,
  properties: z.strictObject({
    description: z.string().optional(),
    enabled: z.boolean().optional(),
    scopes: strings.min(1),
    condition: z.strictObject({ allOf: z.array(leafSchema).min(1) }),
    actions: z.strictObject({ actionGroups: z.array(z.strictObject({ actionGroupId: z.string() })) }),
  }),
  check({ condition, actions }, { find }) {
    const leaves = z.strictObject({ allOf: z.array(leafSchema) }).parse(condition).allOf;
    for (const { field, equals, containsAny } of leaves) {
      if (!FIELDS.test(field)) throw badRequest(`The field '${field}' is not one of the activity log.`);
      // AlertRuleLeafCondition: `field` and either `equals` or `containsAny`.
      if ((equals === undefined) === (containsAny === undefined)) throw badRequest(`The condition on '${field}' needs either 'equals' or 'containsAny'.`);
    }
    // A rule of this kind always has a category (Azure Monitor, "Create activity log alert rules").
    if (!leaves.some(({ field }) => field.toLowerCase() === "category")) throw badRequest("A condition on 'category' is required.");
    const groups = z.strictObject({ actionGroups: z.array(z.strictObject({ actionGroupId: z.string() })) }).parse(actions).actionGroups;
    requireAll(groups.map(({ actionGroupId }) => actionGroupId), (id) => find(id) !== undefined);
  },
  complete: (properties) => ({ enabled: true, ...properties }),
};

function requireAll(ids: readonly string[], exists: (id: string) => boolean): void {
  const missing = ids.find((id) => !exists(id));
  if (missing !== undefined) throw badRequest(`The resource '${missing}' was not found.`);
}

function sameId(one: unknown, other: string): boolean {
  return typeof one === "string" && one.toLowerCase() === other.toLowerCase();
}

/** Last part of a resource id. */
export function nameOf(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}

/** Types that lie in a resource group. */
export const GROUP_TYPES = [WORKSPACE, ACTION_GROUP, SCHEDULED_QUERY_RULE, ACTIVITY_LOG_ALERT] as const;

/** Types that lie on another resource: here, on a vault. */
export const VAULT_EXTENSION_TYPES = [DIAGNOSTIC_SETTING] as const;
