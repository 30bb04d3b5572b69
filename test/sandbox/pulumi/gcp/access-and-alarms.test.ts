/** Resource types beside the key: audit configuration, alarms, service accounts and who may use them. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { gcpAlarmFilter } from "../../../../components/gcp/alarms.js";
import { type GcpLogEntry } from "../../../../sandbox/gcp/index.js";
import { type Fixture, sandboxFixture } from "../../fixtures.js";
import { deployment, type Deployment } from "../deployment.js";
import { connectEngine, type Engine, providerPort } from "../engine.js";

const AUDIT = "gcp:projects/iAMAuditConfig:IAMAuditConfig";
const CHANNEL = "gcp:monitoring/notificationChannel:NotificationChannel";
const POLICY = "gcp:monitoring/alertPolicy:AlertPolicy";
const ACCOUNT = "gcp:serviceaccount/account:Account";
const MEMBER = "gcp:serviceaccount/iAMMember:IAMMember";
const SERVICE = "gcp:projects/service:Service";
const project = "acme-backup-keys";

let fixture: Fixture;
let engine: Engine;
let stack: Deployment;
beforeAll(async () => {
  fixture = await sandboxFixture({ pulumi: true, clouds: ["aws", "gcp"] });
  engine = await connectEngine(providerPort(fixture.sandbox.environment, "gcp"), { project });
  stack = deployment(engine);
  for (const api of ["cloudkms", "iam"]) await stack.create(SERVICE, { service: `${api}.googleapis.com` });
});
afterAll(async () => {
  engine.close();
  await fixture.close();
});

const inPolicy = () => fixture.sandbox.gcp.projectPolicy({ project }).auditConfigs ?? [];

describe("audit configuration", () => {
  const theirs = { project, service: "storage.googleapis.com", auditLogConfigs: [{ logType: "DATA_WRITE" }] };
  const given = { project, service: "cloudkms.googleapis.com", auditLogConfigs: [{ logType: "ADMIN_READ" }, { logType: "DATA_READ" }] };

  test("authoritative for its service, and for no other; in any order; only the project replaces", async () => {
    const other = await stack.create(AUDIT, theirs);
    const one = await stack.create(AUDIT, given);
    expect(one).toMatchObject({ id: `${project}/audit_config/cloudkms.googleapis.com`, state: given });
    expect(await stack.changes(AUDIT, one, { ...given, auditLogConfigs: [...given.auditLogConfigs].reverse() })).toEqual([]);
    expect(await stack.changes(AUDIT, one, { ...given, project: "globex-backup-keys" })).toEqual([{ property: "project", kind: "update", replaces: true }]);
    const exempted = { ...given, auditLogConfigs: [{ logType: "DATA_READ", exemptedMembers: ["user:a@example.com"] }] };
    expect(await stack.changes(AUDIT, one, exempted)).toEqual([{ property: "auditLogConfigs", kind: "update", replaces: false }]);
    const changed = await stack.update(AUDIT, one, exempted);
    expect(inPolicy()).toEqual([theirs, exempted].map(({ service, auditLogConfigs }) => ({ service, auditLogConfigs })));
    expect((await stack.refreshed(AUDIT, changed)).state).toEqual(changed.state);
    expect((await stack.import(AUDIT, `${project} cloudkms.googleapis.com`))?.state).toMatchObject(exempted);
    await stack.delete(AUDIT, changed);
    expect(await stack.refresh(AUDIT, changed)).toBeUndefined();
    expect(inPolicy().map(({ service }) => service)).toEqual(["storage.googleapis.com"]);
    await stack.delete(AUDIT, other);
  });

  test("a type that is none is refused in Google's words", async () => {
    await expect(stack.create(AUDIT, { ...given, auditLogConfigs: [{ logType: "USES" }] })).rejects.toThrow(
      `Error applying IAM policy for project "${project}": googleapi: Error 400: Invalid value for log_type: USES.`,
    );
  });
});

describe("alarms", () => {
  const channel = { type: "email", displayName: "security", labels: { email_address: "security@example.com" } };
  const policy = {
    displayName: "changed", combiner: "OR", severity: "CRITICAL", documentation: { content: "Look." },
    conditions: [{ displayName: "any", conditionMatchedLog: { filter: 'logName="x"', labelExtractors: { a: "EXTRACT(b)" } } }],
    alertStrategy: { notificationRateLimit: { period: "300s" }, autoClose: "1800s" },
  };

  test("need Cloud Monitoring in the project", async () => {
    await expect(stack.create(CHANNEL, channel)).rejects.toThrow(/^Error creating NotificationChannel: googleapi: Error 403: Cloud Monitoring API has not been used in project \d+ before/);
  });

  test("a channel and a policy: created, unchanged, changed in place, kept while used, deleted; they survive a restart", async () => {
    for (const api of ["monitoring", "logging"]) await stack.create(SERVICE, { service: `${api}.googleapis.com` });
    const one = await stack.create(CHANNEL, channel);
    expect(one.state).toMatchObject({ ...channel, enabled: true, project, name: expect.stringMatching(/^projects\/acme-backup-keys\/notificationChannels\/\d+$/) });
    expect(await stack.changes(CHANNEL, one, channel)).toEqual([]);
    const given = { ...policy, notificationChannels: [one.id] };
    const alarm = await stack.create(POLICY, given);
    expect(alarm.state).toMatchObject({ ...given, documentation: { content: "Look.", mimeType: "text/markdown" }, conditions: [expect.objectContaining(policy.conditions[0] ?? {})] });
    expect(await stack.changes(POLICY, alarm, given)).toEqual([]);
    expect((await stack.refreshed(POLICY, alarm)).state).toEqual(alarm.state);

    const other = await stack.create(CHANNEL, { ...channel, labels: { email_address: "ops@example.com" } });
    const more = { ...given, notificationChannels: [one.id, other.id] };
    expect(await stack.changes(POLICY, alarm, more)).toEqual([{ property: "notificationChannels", kind: "update", replaces: false }]);
    const changed = await stack.update(POLICY, alarm, more);
    expect(fixture.sandbox.gcp.monitoring().alertPolicies).toMatchObject([{ name: alarm.id, notificationChannels: [one.id, other.id], displayName: "changed" }]);
    const renamed = { ...channel, displayName: "keys" };
    expect(await stack.changes(CHANNEL, one, renamed)).toEqual([{ property: "displayName", kind: "update", replaces: false }]);
    expect((await stack.update(CHANNEL, one, renamed)).state).toMatchObject(renamed);

    await expect(stack.delete(CHANNEL, one)).rejects.toThrow("One or more alerting policies are using it");
    await stack.delete(POLICY, changed);
    await stack.delete(CHANNEL, one);
    await stack.delete(CHANNEL, other);
    expect(await stack.refresh(CHANNEL, one)).toBeUndefined();
    expect(fixture.sandbox.gcp.monitoring()).toEqual({ notificationChannels: [], alertPolicies: [] });
  });

  test.each([
    ["no rate limit", { ...policy, alertStrategy: {} }, "notification_rate_limit is required"],
    ["a second condition", { ...policy, conditions: [...policy.conditions, ...policy.conditions] }, "can have no other conditions"],
    ["a channel that is not there", { ...policy, notificationChannels: ["projects/acme-backup-keys/notificationChannels/1"] }, "does not exist"],
  ])("a policy with %s is refused", async (_what, given, message) => {
    await expect(stack.create(POLICY, given)).rejects.toThrow(message);
  });
});

describe("the filter of a key's alarm", () => {
  const KEY = "gcp:kms/cryptoKey:CryptoKey";
  const GRANT = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember";

  test("matches what takes the key away or gives it to somebody, and nothing else, of this key alone", async () => {
    const ring = await stack.create("gcp:kms/keyRing:KeyRing", { name: "watched", location: "europe-west4" });
    const key = await stack.create(KEY, { keyRing: ring.id, name: "key" });
    const neighbour = await stack.create(KEY, { keyRing: ring.id, name: "key-2" });
    const { gcp } = fixture.sandbox;
    const matching = (): string[] => gcp.logEntries({ project }).filter(matches(gcpAlarmFilter(project, key.id))).map(({ protoPayload }) => protoPayload.methodName);
    gcp.clearCalls();

    await stack.update(KEY, key, { ...key.inputs, labels: { a: "b" } });
    await stack.refreshed(KEY, key);
    gcp.rotate(key.id);
    gcp.revoke(neighbour.id, "disable");
    expect(matching()).toEqual([]);

    gcp.revoke(key.id, "disable");
    expect(matching()).toEqual(["UpdateCryptoKeyVersion", "UpdateCryptoKeyVersion"]);
    gcp.restore(key.id);
    gcp.clearCalls();
    gcp.destroyVersion(key.id, `${key.id}/cryptoKeyVersions/1`);
    const member = "serviceAccount:storage-byok@afi-production.iam.gserviceaccount.com";
    await stack.create(GRANT, { cryptoKeyId: key.id, role: "roles/cloudkms.viewer", member });
    expect(matching()).toEqual(["DestroyCryptoKeyVersion", "SetIamPolicy"]);
  });
});

/** The part of the Logging query language that our filter is written in. */
function matches(filter: string): (entry: GcpLogEntry) => boolean {
  const valueOf = (entry: GcpLogEntry, path: string): string =>
    String(path.split(".").reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], entry));
  const term = (text: string) => (entry: GcpLogEntry): boolean => {
    const [, path = "", operator, values = ""] = /^([\w.]+)([=:])(.+)$/.exec(text) ?? [];
    const wanted = values.replace(/^\(|\)$/g, "").split(" OR ").map((value) => JSON.parse(value) as string);
    const value = valueOf(entry, path);
    return wanted.some((one) => (operator === "=" ? value === one : value.includes(one)));
  };
  const line = (text: string) => (entry: GcpLogEntry): boolean =>
    text.startsWith("(") ? text.slice(1, -1).split(" OR ").some((one) => term(one)(entry)) : term(text)(entry);
  return (entry) => filter.split("\n").every((text) => line(text)(entry));
}

describe("data access logs", () => {
  test("have uses of keys while they are turned on, without who is exempted", async () => {
    const { gcp } = fixture.sandbox;
    const key = gcp.keys()[0]?.keyId ?? "";
    const look = async (): Promise<string[]> => {
      gcp.clearCalls();
      await stack.import("gcp:kms/cryptoKey:CryptoKey", key);
      return gcp.logEntries({ project }).map(({ logName, protoPayload }) => `${logName.replace(/^.*%2F/, "")} ${protoPayload.methodName}`);
    };
    expect(await look()).toEqual([]);
    const given = { project, service: "cloudkms.googleapis.com", auditLogConfigs: [{ logType: "ADMIN_READ" }] };
    const one = await stack.create(AUDIT, given);
    expect(await look()).toEqual(["data_access GetCryptoKey"]);
    const exempted = [{ logType: "ADMIN_READ", exemptedMembers: [`serviceAccount:${gcp.deployer().email}`] }];
    const changed = await stack.update(AUDIT, one, { ...given, auditLogConfigs: exempted });
    expect(await look()).toEqual([]);
    await stack.delete(AUDIT, changed);
  });
});

describe("service accounts", () => {
  const given = { accountId: "byok-tenant-acme", displayName: "acme", description: "keys of acme" };
  const email = `byok-tenant-acme@${project}.iam.gserviceaccount.com`;

  test("an account and who may act as it: created, changed in place, replaced by another id, deleted", async () => {
    const one = await stack.create(ACCOUNT, given);
    expect(one).toMatchObject({
      id: `projects/${project}/serviceAccounts/${email}`,
      state: { ...given, email, member: `serviceAccount:${email}`, disabled: false, project, name: `projects/${project}/serviceAccounts/${email}` },
    });
    expect(await stack.changes(ACCOUNT, one, given)).toEqual([]);
    expect(await stack.changes(ACCOUNT, one, { ...given, accountId: "byok-tenant-globex" })).toEqual([{ property: "accountId", kind: "update", replaces: true }]);
    const changed = await stack.update(ACCOUNT, one, { ...given, displayName: "Acme", disabled: true });
    expect(changed.state).toMatchObject({ displayName: "Acme", description: "keys of acme", disabled: true });
    await expect(stack.create(ACCOUNT, given)).rejects.toThrow(
      `Error creating service account: googleapi: Error 409: Service account byok-tenant-acme already exists within project projects/${project}.`,
    );

    const lent = { serviceAccountId: one.id, role: "roles/iam.serviceAccountTokenCreator", member: "serviceAccount:storage-byok@afi-production.iam.gserviceaccount.com" };
    const grant = await stack.create(MEMBER, lent);
    expect(grant).toMatchObject({ id: `${one.id}/${lent.role}/${lent.member}`, state: lent });
    expect(await stack.changes(MEMBER, grant, { ...lent, role: "roles/iam.serviceAccountAdmin" })).toEqual([{ property: "role", kind: "update", replaces: true }]);
    await stack.delete(MEMBER, grant);
    expect(await stack.refresh(MEMBER, grant)).toBeUndefined();

    await stack.delete(ACCOUNT, changed);
    expect(await stack.refresh(ACCOUNT, changed)).toBeUndefined();
  });

  test("ids that are none are refused", async () => {
    expect(await stack.refusals(ACCOUNT, { accountId: "Acme" })).toEqual([expect.stringContaining('"account_id" ("Acme") must match regex')]);
    expect(await stack.refusals(ACCOUNT, {})).toEqual([expect.stringContaining('the sandbox needs "accountId"')]);
  });
});
