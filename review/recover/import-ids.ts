/**
 * What `pulumi import` needs to find each resource, by type. In angle brackets stands what the cloud chose, see facts.ts.
 *
 * Sources: the "Import" section of each resource in the Pulumi registry, as in the SDK's declaration files
 * (@pulumi/aws/kms/keyPolicy.d.ts and so on); for AWS resources outside the provider's region, terraform-provider-aws,
 * "Enhanced Region Support", `ID@REGION`.
 *
 * @module
 */
import { type DeclaredResource, isObject, objectIn } from "../declared-resource.js";
import { type Asked, createdState, idPattern, join, resourceGroupId, text, vaultId } from "../record/cloud-answers.js";

/** Forms that differ from the id in the state, or have none there until the cloud has chosen it. */
const IMPORT_IDS: Readonly<Record<string, (asked: Asked) => string | undefined>> = {
  "aws:kms/key:Key": (asked) => inRegion(asked, `<id of ${asked.name}>`),
  // A replica has the key id of its primary; AWS KMS Developer Guide, "Multi-Region keys".
  "aws:kms/replicaKey:ReplicaKey": (asked) => inRegion(asked, after(text(asked.inputs["primaryKeyArn"]), ":key/")),
  "aws:kms/alias:Alias": (asked) => inRegion(asked, text(asked.inputs["name"])),
  "aws:kms/keyPolicy:KeyPolicy": (asked) => inRegion(asked, after(text(asked.inputs["keyId"]), ":key/")),
  "aws:kms/grant:Grant": (asked) => join(after(text(asked.inputs["keyId"]), ":key/"), `:<id of ${asked.name}>`),
  "aws:sns/topic:Topic": (asked) => text(createdState(asked)["arn"]),
  "aws:sns/topicPolicy:TopicPolicy": ({ inputs }) => text(inputs["arn"]),
  "aws:sns/topicSubscription:TopicSubscription": ({ name }) => `<arn of ${name}>`,
  "aws:cloudwatch/eventRule:EventRule": (asked) => inRegion(asked, text(asked.inputs["name"])),
  "aws:cloudwatch/eventTarget:EventTarget": (asked) => inRegion(asked, join(asked.inputs["rule"], "/", asked.inputs["targetId"])),
  "gcp:monitoring/notificationChannel:NotificationChannel": ({ name }) => `<name of ${name}>`,
  "gcp:monitoring/alertPolicy:AlertPolicy": ({ name }) => `<name of ${name}>`,
  "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": (asked) => member(asked, "cryptoKeyId"),
  "gcp:kms/keyRingIAMMember:KeyRingIAMMember": (asked) => member(asked, "keyRingId"),
  "gcp:projects/iAMMember:IAMMember": (asked) => member(asked, "project"),
  "gcp:projects/iAMAuditConfig:IAMAuditConfig": ({ inputs }) => join(inputs["project"], " ", inputs["service"]),
  "gcp:serviceaccount/account:Account": ({ inputs, provider }) => {
    const project = inputs["project"] ?? provider["project"];
    return join("projects/", project, "/serviceAccounts/", inputs["accountId"], "@", project, ".iam.gserviceaccount.com");
  },
  "azuread:index/application:Application": ({ name }) => `/applications/<object id of ${name}>`,
  "azuread:index/servicePrincipal:ServicePrincipal": ({ name }) => `/servicePrincipals/<object id of ${name}>`,
  "azure-native:keyvault:AccessPolicy": (asked) => join(vaultId(asked), "/accessPolicy/", objectIn(asked.inputs, "policy")["objectId"]),
  "azure-native:authorization:RoleAssignment": ({ inputs }) =>
    join(inputs["scope"], "/providers/Microsoft.Authorization/roleAssignments/", inputs["roleAssignmentName"]),
  "azure-native:authorization:ManagementLockByScope": ({ inputs }) =>
    join(inputs["scope"], "/providers/Microsoft.Authorization/locks/", inputs["lockName"]),
  "azure-native:operationalinsights:Workspace": (asked) => inGroup(asked, "Microsoft.OperationalInsights/workspaces", "workspaceName"),
  "azure-native:monitor:DiagnosticSetting": ({ inputs }) =>
    join(inputs["resourceUri"], "/providers/Microsoft.Insights/diagnosticSettings/", inputs["name"]),
  "azure-native:monitor:ActionGroup": (asked) => inGroup(asked, "Microsoft.Insights/actionGroups", "actionGroupName"),
  "azure-native:monitor:ScheduledQueryRule": (asked) => inGroup(asked, "Microsoft.Insights/scheduledQueryRules", "ruleName"),
  "azure-native:monitor:ActivityLogAlert": (asked) => inGroup(asked, "Microsoft.Insights/activityLogAlerts", "activityLogAlertName"),
};

/** How to import a resource; undefined if nothing here knows its type, or a part of it. */
export function importIdPattern(resource: DeclaredResource, provider: DeclaredResource | undefined): string | undefined {
  const asked: Asked = { type: resource.type, name: resource.name, inputs: resource.inputs, provider: provider?.inputs ?? {} };
  return (IMPORT_IDS[resource.type] ?? idPattern)(asked);
}

function inGroup(asked: Asked, type: string, nameInput: string): string | undefined {
  return join(resourceGroupId(asked), `/providers/${type}/`, asked.inputs[nameInput]);
}

/** A resource in another region than its provider says where. */
function inRegion({ inputs, provider }: Asked, id: string | undefined): string | undefined {
  const region = text(inputs["region"]);
  return id === undefined || region === undefined || region === text(provider["region"]) ? id : `${id}@${region}`;
}

/** IAM members are told apart by three words. */
function member({ inputs }: Asked, on: string): string | undefined {
  const condition = inputs["condition"];
  const title = isObject(condition) ? [" ", condition["title"]] : [];
  return join(inputs[on], " ", inputs["role"], " ", inputs["member"], ...title);
}

function after(value: string | undefined, separator: string): string | undefined {
  return value?.slice(value.includes(separator) ? value.indexOf(separator) + separator.length : 0);
}
