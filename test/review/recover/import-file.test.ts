/** Import ids by type, and what is done about those that nobody knows. */
import { describe, expect, test } from "@jest/globals";

import { type DeclaredResource, UNKNOWN } from "../../../review/declared-resource.js";
import { recoveryOf } from "../../../review/recover/import-file.js";
import { awsProvider, declared, program } from "../declared.js";

const SUBSCRIPTION = "0d9b4e37-5a1c-4c86-b2f4-93e6a7c8d201";
const providers: Record<string, DeclaredResource> = {
  aws: awsProvider,
  gcp: declared("pulumi:providers:gcp", "gcp", { project: "acme-keys" }, { kind: "provider" }),
  "azure-native": declared("pulumi:providers:azure-native", "azure-native", { subscriptionId: SUBSCRIPTION }, { kind: "provider" }),
  azuread: declared("pulumi:providers:azuread", "azuread", {}, { kind: "provider" }),
};
const KEY = "projects/acme-keys/locations/europe-west4/keyRings/r/cryptoKeys/k";
const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/g`;
const VAULT = `${GROUP}/providers/Microsoft.KeyVault/vaults/v`;

function recover(resource: DeclaredResource, facts: Record<string, string> = {}): ReturnType<typeof recoveryOf> {
  return recoveryOf(program([...Object.values(providers), { ...resource, provider: `urn:${resource.type.split(":")[0] ?? ""}` }]), new Map(Object.entries(facts)));
}

describe("import ids", () => {
  test.each<[string, Record<string, unknown>, string]>([
    ["aws:kms/key:Key", { region: "eu-central-1" }, "<id of x>"],
    ["aws:kms/replicaKey:ReplicaKey", { region: "us-east-1", primaryKeyArn: "arn:aws:kms:eu-central-1:111122223333:key/<id of k>" }, "<id of k>@us-east-1"],
    ["aws:kms/alias:Alias", { name: "alias/a", region: "eu-central-1" }, "alias/a"],
    ["aws:kms/alias:Alias", { name: "alias/a", region: "us-east-1" }, "alias/a@us-east-1"],
    ["aws:kms/keyPolicy:KeyPolicy", { keyId: "<id of k>" }, "<id of k>"],
    ["aws:kms/grant:Grant", { keyId: "arn:aws:kms:eu-central-1:111122223333:key/<id of k>" }, "<id of k>:<id of x>"],
    ["gcp:organizations/project:Project", { projectId: "acme-keys" }, "projects/acme-keys"],
    ["gcp:projects/service:Service", { service: "cloudkms.googleapis.com" }, "acme-keys/cloudkms.googleapis.com"],
    ["gcp:kms/keyRing:KeyRing", { location: "europe-west4", name: "r", project: "other" }, "projects/other/locations/europe-west4/keyRings/r"],
    ["gcp:kms/cryptoKey:CryptoKey", { keyRing: KEY.replace(/\/cryptoKeys.*/, ""), name: "k" }, KEY],
    ["gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember", { cryptoKeyId: KEY, role: "roles/x", member: "user:a@b" }, `${KEY} roles/x user:a@b`],
    ["aws:sns/topic:Topic", { name: "byok-acme-eu", region: "eu-central-1" }, "arn:aws:sns:eu-central-1:111122223333:byok-acme-eu"],
    ["aws:sns/topicPolicy:TopicPolicy", { arn: "arn:aws:sns:eu-central-1:111122223333:t" }, "arn:aws:sns:eu-central-1:111122223333:t"],
    ["aws:sns/topicSubscription:TopicSubscription", {}, "<arn of x>"],
    ["aws:cloudwatch/eventRule:EventRule", { name: "r", region: "us-east-1" }, "r@us-east-1"],
    ["aws:cloudwatch/eventTarget:EventTarget", { rule: "r", targetId: "email", region: "eu-central-1" }, "r/email"],
    ["gcp:monitoring/notificationChannel:NotificationChannel", {}, "<name of x>"],
    ["gcp:monitoring/alertPolicy:AlertPolicy", {}, "<name of x>"],
    ["gcp:projects/iAMAuditConfig:IAMAuditConfig", { project: "acme-keys", service: "cloudkms.googleapis.com" }, "acme-keys cloudkms.googleapis.com"],
    ["azuread:index/application:Application", {}, "/applications/<object id of x>"],
    ["azuread:index/servicePrincipal:ServicePrincipal", {}, "/servicePrincipals/<object id of x>"],
    ["azure-native:resources:ResourceGroup", { resourceGroupName: "g" }, `/subscriptions/${SUBSCRIPTION}/resourceGroups/g`],
    ["azure-native:keyvault:Vault", { resourceGroupName: "g", vaultName: "v" }, VAULT],
    ["azure-native:keyvault:Key", { resourceGroupName: "g", vaultName: "v", keyName: "k" }, `${VAULT}/keys/k`],
    ["azure-native:keyvault:AccessPolicy", { resourceGroupName: "g", vaultName: "v", policy: { objectId: "<object id of p>" } }, `${VAULT}/accessPolicy/<object id of p>`],
    ["azure-native:authorization:RoleAssignment", { scope: VAULT, roleAssignmentName: "n" }, `${VAULT}/providers/Microsoft.Authorization/roleAssignments/n`],
    ["azure-native:authorization:ManagementLockByScope", { scope: VAULT, lockName: "n" }, `${VAULT}/providers/Microsoft.Authorization/locks/n`],
    ["azure-native:monitor:DiagnosticSetting", { resourceUri: VAULT, name: "n" }, `${VAULT}/providers/Microsoft.Insights/diagnosticSettings/n`],
    ["azure-native:operationalinsights:Workspace", { resourceGroupName: "g", workspaceName: "w" }, `${GROUP}/providers/Microsoft.OperationalInsights/workspaces/w`],
    ["azure-native:monitor:ActionGroup", { resourceGroupName: "g", actionGroupName: "a" }, `${GROUP}/providers/Microsoft.Insights/actionGroups/a`],
    ["azure-native:monitor:ScheduledQueryRule", { resourceGroupName: "g", ruleName: "a" }, `${GROUP}/providers/Microsoft.Insights/scheduledQueryRules/a`],
    ["azure-native:monitor:ActivityLogAlert", { resourceGroupName: "g", activityLogAlertName: "a" }, `${GROUP}/providers/Microsoft.Insights/activityLogAlerts/a`],
  ])("%s %j", (type, inputs, id) => {
    const { entries, left, missing } = recover(declared(type, "x", inputs));
    expect(entries.at(-1)).toMatchObject({ type, name: "x", id, provider: type.split(":")[0] });
    expect(left).toEqual([]);
    expect(missing).toEqual([...id.matchAll(/<([^>]+)>/g)].map(([, words]) => words));
  });

  test("what is known takes its place", () => {
    const { entries, missing } = recover(declared("aws:kms/keyPolicy:KeyPolicy", "x", { keyId: "<id of k>" }), { "id of k": "1234" });
    expect(entries.at(-1)?.id).toBe("1234");
    expect(missing).toEqual([]);
  });

  test("what is adopted is read again, not imported", () => {
    expect(recover(declared("gcp:kms/keyRing:KeyRing", "x", {}, { kind: "adopted", id: "y" })).entries.map(({ name }) => name)).not.toContain("x");
  });

  test.each([
    ["azuread:index/applicationCertificate:ApplicationCertificate", /registers the same certificate once more/],
    ["gcp:storage/bucket:Bucket", /give it with --id, or `pulumi up` makes it anew/],
  ])("%s is left, and why", (type, words) => {
    const { entries, left } = recover(declared(type, "x"));
    expect(entries.map(({ name }) => name)).not.toContain("x");
    expect(left).toMatchObject([{ name: "x", words: expect.stringMatching(words) }]);
  });

  test("a type that is not known here is imported by the id given", () => {
    const { entries, left } = recover(declared("gcp:storage/bucket:Bucket", "x"), { "id of x": "backups" });
    expect(entries.at(-1)).toMatchObject({ name: "x", id: "backups" });
    expect(left).toEqual([]);
  });

  test("a part that only a deployment knows leaves it out too", () => {
    expect(recover(declared("azure-native:authorization:RoleAssignment", "x", { scope: UNKNOWN, roleAssignmentName: "n" })).left).toMatchObject([{ name: "x" }]);
  });
});

test("the file's names are unique, so that parents and providers are found", () => {
  const component = declared("a:b:C", "aws", {}, { kind: "component", urn: "urn:component" });
  const child = declared("gcp:projects/service:Service", "x", { project: "p", service: "s" }, { parent: "urn:component", provider: "urn:aws", version: "9.0.0" });
  const { entries } = recoveryOf({ resources: [awsProvider, component, child], warnings: [] }, new Map());
  expect(entries).toEqual([
    { type: "pulumi:providers:aws", name: "aws", inputs: awsProvider.inputs },
    { type: "a:b:C", name: "aws-a", logicalName: "aws", component: true },
    { type: "gcp:projects/service:Service", name: "x", parent: "aws-a", provider: "aws", version: "9.0.0", id: "p/s" },
  ]);
});
