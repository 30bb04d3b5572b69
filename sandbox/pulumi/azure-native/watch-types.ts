/**
 * What watches over a vault: audit log, alarms, lock. Inputs: @pulumi/azure-native 3.28, monitor/*.d.ts,
 * operationalinsights/workspace.d.ts, authorization/managementLockByScope.d.ts and types/input.d.ts. Of each the sandbox plays
 * what a vault's watch needs.
 *
 * What replaces: the parts of the path. Locations too, which the OpenAPI documents let be set at creation only
 * (`x-ms-mutability: [create, read]`, which the provider makes a replacement of). None of the types is in the provider's own
 * list of replacements (provider/pkg/gen/replacement.go), and no other input replaces.
 *
 * @module
 */
import { type ResourceType } from "../resource-type.js";
import { type Property } from "../schema.js";
import { armType, inGroup, onResource } from "./arm-type.js";
import { type AzureNativeContext } from "./context.js";
import { LOCATION, PATH } from "./names.js";

const TEXT: Property = { type: "string" };
const FLAG: Property = { type: "boolean" };
const NUMBER: Property = { type: "number" };
const TEXTS: Property = { type: "list", items: TEXT };
const REQUIRED_TEXT: Property = { type: "string", required: true };
const REQUIRED_FLAG: Property = { type: "boolean", required: true };
const REQUIRED_NUMBER: Property = { type: "number", required: true };

const NAME: Property = { type: "string", replaces: true };
const GROUP: Property = { ...PATH.resourceGroupName, required: true };
const LOCATED = { location: { ...LOCATION, replaces: true }, tags: { type: "tags" } } satisfies Record<string, Property>;

/** `azure-native:operationalinsights:Workspace`. */
const WORKSPACE = armType({
  token: "azure-native:operationalinsights:Workspace",
  version: "2023-09-01",
  path: { resourceGroupName: GROUP, workspaceName: NAME },
  beside: LOCATED,
  properties: { retentionInDays: NUMBER, sku: { type: "object", members: { name: REQUIRED_TEXT } } },
  computed: ["createdDate", "customerId", "modifiedDate", "provisioningState", "publicNetworkAccessForIngestion", "publicNetworkAccessForQuery"],
  ...inGroup("Microsoft.OperationalInsights/workspaces", "workspaceName"),
});

/** `azure-native:monitor:DiagnosticSetting`. */
const DIAGNOSTIC_SETTING = armType({
  token: "azure-native:monitor:DiagnosticSetting",
  version: "2021-05-01-preview",
  path: { resourceUri: { type: "string", required: true, replaces: true }, name: NAME },
  properties: {
    logAnalyticsDestinationType: TEXT,
    logs: { type: "list", items: { type: "object", members: { category: TEXT, categoryGroup: TEXT, enabled: REQUIRED_FLAG } } },
    workspaceId: TEXT,
  },
  ...onResource("Microsoft.Insights/diagnosticSettings", "resourceUri", "name"),
});

/** `azure-native:monitor:ActionGroup`. */
const ACTION_GROUP = armType({
  token: "azure-native:monitor:ActionGroup",
  version: "2024-10-01-preview",
  path: { resourceGroupName: GROUP, actionGroupName: NAME },
  beside: LOCATED,
  properties: {
    emailReceivers: {
      type: "list",
      items: { type: "object", members: { emailAddress: REQUIRED_TEXT, name: REQUIRED_TEXT, useCommonAlertSchema: FLAG } },
    },
    enabled: REQUIRED_FLAG,
    groupShortName: REQUIRED_TEXT,
  },
  ...inGroup("Microsoft.Insights/actionGroups", "actionGroupName"),
});

const CONDITION: Property = {
  type: "object",
  members: {
    dimensions: {
      type: "list",
      items: { type: "object", members: { name: REQUIRED_TEXT, operator: REQUIRED_TEXT, values: { ...TEXTS, required: true } } },
    },
    failingPeriods: { type: "object", members: { minFailingPeriodsToAlert: REQUIRED_NUMBER, numberOfEvaluationPeriods: REQUIRED_NUMBER } },
    operator: TEXT,
    query: TEXT,
    threshold: NUMBER,
    timeAggregation: TEXT,
  },
};

/** `azure-native:monitor:ScheduledQueryRule`. */
const SCHEDULED_QUERY_RULE = armType({
  token: "azure-native:monitor:ScheduledQueryRule",
  version: "2025-01-01-preview",
  path: { resourceGroupName: GROUP, ruleName: NAME },
  beside: LOCATED,
  properties: {
    actions: { type: "object", members: { actionGroups: TEXTS } },
    autoMitigate: FLAG,
    criteria: { type: "object", members: { allOf: { type: "list", items: CONDITION } } },
    description: TEXT,
    displayName: TEXT,
    enabled: FLAG,
    evaluationFrequency: TEXT,
    scopes: TEXTS,
    severity: NUMBER,
    skipQueryValidation: FLAG,
    windowSize: TEXT,
  },
  computed: ["createdWithApiVersion", "isLegacyLogAnalyticsRule", "isWorkspaceAlertsStorageConfigured"],
  ...inGroup("Microsoft.Insights/scheduledQueryRules", "ruleName"),
});

/** `azure-native:monitor:ActivityLogAlert`. Its location is `global` unless it is said, and may change. */
const ACTIVITY_LOG_ALERT = armType({
  token: "azure-native:monitor:ActivityLogAlert",
  version: "2020-10-01",
  path: { resourceGroupName: GROUP, activityLogAlertName: NAME },
  beside: { location: { ...LOCATION, byDefault: "global" }, tags: { type: "tags" } },
  properties: {
    actions: {
      type: "object",
      required: true,
      members: { actionGroups: { type: "list", items: { type: "object", members: { actionGroupId: REQUIRED_TEXT } } } },
    },
    condition: {
      type: "object",
      required: true,
      members: {
        allOf: { type: "list", required: true, items: { type: "object", members: { containsAny: TEXTS, equals: TEXT, field: TEXT } } },
      },
    },
    description: TEXT,
    enabled: { ...FLAG, byDefault: true },
    scopes: { ...TEXTS, required: true },
  },
  ...inGroup("Microsoft.Insights/activityLogAlerts", "activityLogAlertName"),
});

/** `azure-native:authorization:ManagementLockByScope`. */
const LOCK = armType({
  token: "azure-native:authorization:ManagementLockByScope",
  version: "2020-05-01",
  path: { scope: { type: "string", required: true, replaces: true }, lockName: NAME },
  properties: { level: REQUIRED_TEXT, notes: TEXT },
  ...onResource("Microsoft.Authorization/locks", "scope", "lockName"),
});

/** All of them. */
export const WATCH_TYPES: readonly ResourceType<AzureNativeContext>[] = [
  WORKSPACE,
  DIAGNOSTIC_SETTING,
  ACTION_GROUP,
  SCHEDULED_QUERY_RULE,
  ACTIVITY_LOG_ALERT,
  LOCK,
];
