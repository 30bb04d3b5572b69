import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { gcpProvider } from "../../../../sandbox/pulumi/gcp/provider.js";
import { type Difference } from "../../../../sandbox/pulumi/schema.js";
import { type Properties, shown, UNKNOWN } from "../../../../sandbox/pulumi/values.js";
import { type Fixture, sandboxFixture } from "../../fixtures.js";
import { connectEngine, type Engine, inProcess, providerPort } from "../engine.js";

const PROJECT = "gcp:organizations/project:Project";
const SERVICE = "gcp:projects/service:Service";
const RING = "gcp:kms/keyRing:KeyRing";
const KEY = "gcp:kms/cryptoKey:CryptoKey";
const GRANT = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember";
const TENANT = "acme-backup-keys";
const CONFIG = { project: TENANT, region: "europe-west4" };
const ORGANIZATION = "123456789012";
const BILLING = "012345-6789AB-CDEF01";
const MEMBER = "serviceAccount:storage-byok@afi-production.iam.gserviceaccount.com";
const USE = "roles/cloudkms.cryptoKeyEncrypterDecrypter";
const MARK = { "goog-pulumi-provisioned": "true" };

let fixture: Fixture;
let engine: Engine;
let made = 0;
const fresh = (): string => `r${(made += 1)}`;

const port = (): number => providerPort(fixture.sandbox.environment, "gcp");

beforeAll(async () => {
  fixture = await sandboxFixture({ pulumi: true, clouds: ["aws", "gcp"] });
  engine = await connectEngine(port(), CONFIG);
  await engine.create(SERVICE, { service: "cloudkms.googleapis.com" });
});
afterAll(async () => {
  engine.close();
  await fixture.close();
});

/** The provider as child.ts uses it, behind the same face as the engine's connection. */
function direct(config: Properties = CONFIG): Engine {
  const { endpoints, aws, gcp } = fixture.sandbox;
  return inProcess(gcpProvider, config, { endpoints, deployers: { aws: aws.deployer(), gcp: gcp.deployer() } });
}

describe.each([
  ["gRPC", (): Engine => ({ ...engine, close: () => undefined })],
  ["in-process", (): Engine => direct()],
])("resource types over %s", (_, connect) => {
  let host: Engine;
  beforeAll(() => {
    host = connect();
  });
  afterAll(() => {
    host.close();
  });

  interface Made {
    readonly id: string;
    readonly state: Properties;
    readonly inputs: Properties;
  }
  const create = async (token: string, given: Properties): Promise<Made> => {
    const { inputs, failures } = await host.check(token, given);
    expect(failures).toEqual([]);
    return { ...(await host.create(token, inputs)), inputs };
  };
  const changes = async (token: string, one: { id: string; state: Properties }, given: Properties, ignored: string[] = []): Promise<Difference[]> =>
    host.diff(token, one.id, one.state, (await host.check(token, given)).inputs, ignored);
  const update = async (token: string, one: Made, given: Properties): Promise<Made> => {
    const { inputs, failures } = await host.check(token, given);
    expect(failures).toEqual([]);
    return { id: one.id, inputs, state: await host.update(token, one.id, one.state, inputs) };
  };
  const ring = (): Promise<Made> => create(RING, { name: fresh(), location: "europe-west4" });
  const key = async (given: Properties = {}): Promise<Made> => create(KEY, { keyRing: (await ring()).id, name: "key", ...given });
  const statusOf = (id: string) => fixture.sandbox.gcp.keys().find(({ keyId }) => keyId === id);

  test("a key ring: created, unchanged, everything replaces, forgotten and still there", async () => {
    const name = fresh();
    const given = { name, location: "europe-west4" };
    const one = await create(RING, given);
    const id = `projects/${TENANT}/locations/europe-west4/keyRings/${name}`;
    expect(one).toMatchObject({ id, state: { name, location: "europe-west4", project: TENANT } });
    await expect(changes(RING, one, given)).resolves.toEqual([]);
    await expect(changes(RING, one, { ...given, location: "global" })).resolves.toEqual([{ property: "location", kind: "update", replaces: true }]);
    await expect(changes(RING, one, { ...given, project: "globex-backup-keys" })).resolves.toEqual([{ property: "project", kind: "update", replaces: true }]);
    await expect(host.read(RING, id, {})).resolves.toEqual({ id, state: one.state });
    await host.delete(RING, id, one.state);
    await expect(host.read(RING, id, one.state)).resolves.toEqual({ id, state: one.state });
    await expect(host.create(RING, one.inputs)).rejects.toThrow(`Error creating KeyRing: googleapi: Error 409: KeyRing ${id} already exists.`);
    await expect(host.read(RING, `${id}-none`, {})).resolves.toBeUndefined();
  });

  test("a key with everything: created, unchanged, updated in place, destroyed", async () => {
    const { id: keyRing } = await ring();
    const given = {
      keyRing, name: "key", purpose: "ENCRYPT_DECRYPT", rotationPeriod: "7776000s", destroyScheduledDuration: "2592000s", labels: { team: "backup" },
      versionTemplate: { algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION", protectionLevel: "HSM" }, skipInitialVersionCreation: false,
    };
    const one = await create(KEY, given);
    const id = `${keyRing}/cryptoKeys/key`;
    expect(one).toMatchObject({ id });
    expect(one.state).toEqual({
      ...given, cryptoKeyBackend: "", importOnly: false, deletionPolicy: "DELETE", primaries: [{ name: `${id}/cryptoKeyVersions/1`, state: "ENABLED" }],
      pulumiLabels: { team: "backup", ...MARK }, effectiveLabels: { team: "backup", ...MARK },
    });
    // A rotation period from now by the sandbox's clock, wherever that stands.
    expect(statusOf(id)?.notes).toContain("next rotation 2027-02-22T00:00:00.000Z, which makes an enabled version");
    await expect(changes(KEY, one, given)).resolves.toEqual([]);
    await expect(host.read(KEY, id, one.state)).resolves.toEqual({ id, state: one.state });

    const { rotationPeriod, ...wanted } = { ...given, labels: { owner: "b" } };
    expect(rotationPeriod).toBe("7776000s");
    await expect(changes(KEY, one, wanted)).resolves.toEqual([
      { property: "labels", kind: "update", replaces: false },
      { property: "rotationPeriod", kind: "delete", replaces: false },
    ]);
    const changed = await update(KEY, one, wanted);
    expect(changed.state).toMatchObject({ labels: { owner: "b" }, pulumiLabels: { owner: "b", ...MARK }, effectiveLabels: { owner: "b", ...MARK } });
    expect(changed.state).not.toHaveProperty("rotationPeriod");
    const again = await update(KEY, changed, { ...wanted, rotationPeriod: "86400.5s" });
    expect(again.state).toMatchObject({ rotationPeriod: "86400.5s" });

    await host.delete(KEY, id, again.state);
    expect(statusOf(id)).toMatchObject({ versions: [{ state: "DESTROY_SCHEDULED" }], notes: ["protection level HSM"] });
    await expect(host.create(KEY, one.inputs)).rejects.toThrow(`Error creating CryptoKey: googleapi: Error 409: CryptoKey ${id} already exists.`);
    await host.delete(KEY, id, again.state);
  });

  test("a key without anything gets the published defaults", async () => {
    const one = await key();
    expect(one.inputs).toEqual({ keyRing: one.state["keyRing"], name: "key", purpose: "ENCRYPT_DECRYPT" });
    expect(one.state).toMatchObject({
      destroyScheduledDuration: "2592000s", labels: {}, versionTemplate: { algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION", protectionLevel: "SOFTWARE" },
    });
    const given = { keyRing: shown(one.state["keyRing"] ?? null), name: "key" };
    await expect(changes(KEY, one, given)).resolves.toEqual([]);
    await expect(changes(KEY, one, { ...given, destroyScheduledDuration: "86400s" })).resolves.toEqual([{ property: "destroyScheduledDuration", kind: "update", replaces: true }]);
    await expect(changes(KEY, one, { ...given, versionTemplate: { algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION", protectionLevel: "HSM" } })).resolves.toEqual([
      { property: "versionTemplate.protectionLevel", kind: "update", replaces: true },
    ]);
    await expect(changes(KEY, one, { ...given, labels: { a: "b" } }, ["labels"])).resolves.toEqual([]);
    await expect(changes(KEY, one, { ...given, keyRing: UNKNOWN })).resolves.toMatchObject([{ property: "keyRing", replaces: true }]);
  });

  test("labels that others put on stay; the state shows them apart", async () => {
    const one = await key({ labels: { a: "1" } });
    const others = { ...(one.state["effectiveLabels"] as Properties), theirs: "x" };
    const state = await host.update(KEY, one.id, { ...one.state, effectiveLabels: others }, { ...one.inputs, labels: { b: "2" } });
    expect(state).toMatchObject({ labels: { b: "2" }, pulumiLabels: { b: "2", ...MARK }, effectiveLabels: { b: "2", theirs: "x", ...MARK } });
  });

  test("a disabled version shows in a refresh and is nobody's difference", async () => {
    const one = await key();
    fixture.sandbox.gcp.revoke(one.id, "disable");
    const found = await host.read(KEY, one.id, one.state);
    expect(found?.state["primaries"]).toEqual([{ name: `${one.id}/cryptoKeyVersions/1`, state: "DISABLED" }]);
    await expect(changes(KEY, { id: one.id, state: found?.state ?? {} }, one.inputs)).resolves.toEqual([]);
  });

  test("deletion policies of a key", async () => {
    const one = await key({ deletionPolicy: "PREVENT" });
    await expect(host.delete(KEY, one.id, one.state)).rejects.toThrow('cannot destroy KMSCryptoKey without setting deletion_policy="DELETE"');
    const changed = await update(KEY, one, { ...one.inputs, deletionPolicy: "ABANDON" });
    await host.delete(KEY, one.id, changed.state);
    expect(statusOf(one.id)).toMatchObject({ state: "ENABLED" });
  });

  test("a grant: added beside others, unchanged, drift seen, taken away alone", async () => {
    const { id } = await key();
    const other = fixture.sandbox.gcp.deployer().email;
    const theirs = await create(GRANT, { cryptoKeyId: id, role: USE, member: `serviceAccount:${other}` });
    const given = { cryptoKeyId: id, role: USE, member: MEMBER };
    const one = await create(GRANT, given);
    expect(one).toMatchObject({ id: `${id}/${USE}/${MEMBER}`, state: { ...given, etag: expect.stringMatching(/^[A-Za-z0-9+/]{11}=$/) } });
    await expect(changes(GRANT, one, { ...given, member: MEMBER.replace("storage", "STORAGE") })).resolves.toEqual([]);
    await expect(changes(GRANT, one, { ...given, role: "roles/cloudkms.viewer" })).resolves.toEqual([{ property: "role", kind: "update", replaces: true }]);
    expect(statusOf(id)?.grantedTo).toEqual([MEMBER]);

    fixture.sandbox.gcp.revoke(id, "grant");
    await expect(host.read(GRANT, one.id, one.state)).resolves.toBeUndefined();
    fixture.sandbox.gcp.restore(id);
    await expect(host.read(GRANT, `${id} ${USE} ${MEMBER}`, {})).resolves.toMatchObject({ id: one.id, state: given });

    await host.delete(GRANT, one.id, one.state);
    expect(statusOf(id)?.grantedTo).toEqual([]);
    await expect(host.read(GRANT, theirs.id, theirs.state)).resolves.toMatchObject({ id: theirs.id });
    await host.delete(GRANT, one.id, one.state);
  });

  test("grants made at the same time all stay", async () => {
    const { id } = await key();
    const members = Array.from({ length: 4 }, () => {
      const name = `backup-${fresh()}`;
      return `serviceAccount:${fixture.sandbox.gcp.addServiceAccount({ name, email: `${name}@afi-production.iam.gserviceaccount.com` }).email}`;
    });
    await Promise.all(members.map((member) => create(GRANT, { cryptoKeyId: id, role: USE, member })));
    expect([...(statusOf(id)?.grantedTo ?? [])].sort()).toEqual([...members].sort());
  });

  test("a grant to nobody is refused in Google's words", async () => {
    const { id } = await key();
    await expect(create(GRANT, { cryptoKeyId: id, role: USE, member: MEMBER.replace("storage", "nobody") })).rejects.toThrow(
      `Error applying IAM policy for KMS CryptoKey "${id}": googleapi: Error 400: Service account nobody-byok@afi-production.iam.gserviceaccount.com does not exist.`,
    );
  });

  test("a project with its API: created, changed, protected by its policy, deleted", async () => {
    const projectId = `acme-${fresh()}-keys`;
    const given = { projectId, name: "Backup keys", orgId: ORGANIZATION, billingAccount: BILLING, labels: { team: "backup" } };
    const one = await create(PROJECT, given);
    expect(one).toMatchObject({ id: `projects/${projectId}` });
    expect(one.state).toEqual({
      ...given, autoCreateNetwork: true, deletionPolicy: "PREVENT", number: expect.stringMatching(/^[1-9]\d{11}$/),
      pulumiLabels: { team: "backup", ...MARK }, effectiveLabels: { team: "backup", ...MARK },
    });
    await expect(changes(PROJECT, one, given)).resolves.toEqual([]);
    await expect(changes(PROJECT, one, { ...given, projectId: "acme-other-keys" })).resolves.toEqual([{ property: "projectId", kind: "update", replaces: true }]);

    const api = await create(SERVICE, { project: projectId, service: "cloudkms.googleapis.com", disableOnDestroy: true });
    expect(api).toMatchObject({ id: `${projectId}/cloudkms.googleapis.com`, state: { project: projectId, service: "cloudkms.googleapis.com", disableOnDestroy: true, deletionPolicy: "DELETE" } });
    await create(RING, { project: projectId, name: "ring", location: "europe-west4" });
    await host.delete(SERVICE, api.id, api.state);
    await expect(host.read(SERVICE, api.id, api.state)).resolves.toBeUndefined();

    const changed = await update(PROJECT, one, { ...given, name: "Other keys", labels: {}, deletionPolicy: "DELETE" });
    expect(changed.state).toMatchObject({ name: "Other keys", labels: {}, effectiveLabels: MARK, deletionPolicy: "DELETE" });
    await expect(host.delete(PROJECT, one.id, one.state)).rejects.toThrow("Cannot destroy project as deletion_policy is set to PREVENT.");
    await host.delete(PROJECT, one.id, changed.state);
    await expect(host.read(PROJECT, one.id, changed.state)).resolves.toBeUndefined();
  });

  test("an API that is left enabled when its resource goes", async () => {
    const api = await create(SERVICE, { service: "cloudkms.googleapis.com" });
    expect(api.inputs).toEqual({ service: "cloudkms.googleapis.com", disableOnDestroy: false });
    await expect(changes(SERVICE, api, { service: "cloudkms.googleapis.com", project: `projects/${TENANT}`, disableOnDestroy: true })).resolves.toEqual([
      { property: "disableOnDestroy", kind: "update", replaces: false },
    ]);
    await host.delete(SERVICE, api.id, api.state);
    await expect(host.read(SERVICE, api.id, api.state)).resolves.toMatchObject({ id: api.id });
  });

  test.each<[string, Properties, string]>([
    ["no organization", { projectId: "acme-none-keys", name: "Keys", billingAccount: BILLING }, "error creating project acme-none-keys (Keys): googleapi: Error 403: Service accounts cannot create projects without a parent.. If you received a 403 error, make sure you have the `roles/resourcemanager.projectCreator` permission"],
    ["somebody else's billing account", { projectId: "acme-none-keys", name: "Keys", orgId: ORGANIZATION, billingAccount: "AAAAAA-BBBBBB-CCCCCC" }, 'failed pre-requisites: missing permission on "billingAccounts/AAAAAA-BBBBBB-CCCCCC": billing.resourceAssociations.create'],
  ])("a project cannot be made: %s", async (_case, given, message) => {
    await expect(create(PROJECT, given)).rejects.toThrow(message);
    expect(fixture.sandbox.gcp.status().projects.map(({ projectId }) => projectId)).not.toContain("acme-none-keys");
  });

  test("an API needs a billing account, a key ring needs the API", async () => {
    const projectId = `acme-${fresh()}-poor`;
    await create(PROJECT, { projectId, name: "Poor keys", orgId: ORGANIZATION });
    await expect(create(SERVICE, { project: projectId, service: "cloudkms.googleapis.com" })).rejects.toThrow(
      /^Error when enabling service "cloudkms.googleapis.com" of project ".+": googleapi: Error 400: Billing account for project '\d+' is not found. Billing must be enabled for activation of service\(s\) 'cloudkms.googleapis.com' to proceed.$/,
    );
    await expect(create(RING, { project: projectId, name: "ring", location: "global" })).rejects.toThrow(
      /^Error creating KeyRing: googleapi: Error 403: Cloud Key Management Service \(KMS\) API has not been used in project \d+ before or it is disabled\./,
    );
  });

  test("a preview knows what is given and no more", async () => {
    await expect(host.preview(KEY, { keyRing: UNKNOWN, name: "key", purpose: "ENCRYPT_DECRYPT" })).resolves.toMatchObject({
      keyRing: UNKNOWN, name: "key", primaries: UNKNOWN, effectiveLabels: UNKNOWN, destroyScheduledDuration: UNKNOWN,
    });
    await expect(host.preview(RING, { name: "ring", location: "global" })).resolves.toEqual({ name: "ring", location: "global", project: TENANT });
  });

  test.each<[string, string, Properties, string]>([
    ["required", RING, { name: "x" }, "Missing required property 'location'"],
    ["auto-naming", RING, { location: "global" }, 'the sandbox needs "name": it does not play Pulumi\'s auto-naming'],
    ["unknown property", KEY, { keyRing: "r", name: "k", rotation: "x" }, `the sandbox does not implement the property "rotation" of ${KEY}`],
    ["purpose", KEY, { keyRing: "r", name: "k", purpose: "MAC" }, 'the sandbox implements only ENCRYPT_DECRYPT for "purpose", not MAC'],
    ["algorithm", KEY, { keyRing: "r", name: "k", versionTemplate: { protectionLevel: "HSM" } }, "Missing required property 'algorithm'"],
    ["period without unit", KEY, { keyRing: "r", name: "k", rotationPeriod: "7776000" }, "Invalid rotation period format: 7776000"],
    ["period of an hour", KEY, { keyRing: "r", name: "k", rotationPeriod: "3600s" }, "Rotation period must be greater than one day"],
    ["period too fine", KEY, { keyRing: "r", name: "k", rotationPeriod: "86400.0000000001s" }, "Rotation period cannot have more than 9 fractional digits"],
    ["deletion policy", KEY, { keyRing: "r", name: "k", deletionPolicy: "delete" }, 'expected deletion_policy to be one of ["DELETE" "ABANDON" "PREVENT"], got delete'],
    ["member", GRANT, { cryptoKeyId: "k", role: USE, member: "storage-byok" }, 'invalid value "storage-byok" for member (IAM members must have one of the values outlined here: https://cloud.google.com/billing/docs/reference/rest/v1/Policy#Binding)'],
    ["condition", GRANT, { cryptoKeyId: "k", role: USE, member: MEMBER, condition: { title: "t", expression: "true" } }, `the sandbox does not implement the property "condition" of ${GRANT}`],
    ["service", SERVICE, { service: "cloudkms" }, "expected cloudkms to be a domain like serviceusage.googleapis.com"],
    ["project id", PROJECT, { projectId: "Acme", name: "Acme keys" }, '"project_id" ("Acme") doesn\'t match the form of a project id'],
    ["display name", PROJECT, { projectId: "acme-keys", name: "A" }, '"name" ("A") must be 4 to 30 characters with lowercase and uppercase letters, numbers, hyphen, single-quote, double-quote, space, and exclamation point.'],
    ["folder", PROJECT, { projectId: "acme-keys", name: "Keys", folderId: "1" }, `the sandbox does not implement the property "folderId" of ${PROJECT}`],
  ])("check refuses: %s", async (_case, token, given, reason) => {
    const { failures } = await host.check(token, given);
    expect(failures.map((failure) => failure.reason)).toEqual([reason]);
  });
});

describe("provider configuration", () => {
  test.each<[string, Properties, string]>([
    ["not played", { credentials: "{}x" }, 'the sandbox does not implement the provider setting "credentials"'],
    ["region", { region: "Frankfurt" }, '"Frankfurt" is not a valid region for Google Cloud'],
    ["attribution", { addPulumiAttributionLabel: "no" }, '"addPulumiAttributionLabel" must be a boolean'],
  ])("%s is refused", async (_, config, message) => {
    await expect(connectEngine(port(), { ...CONFIG, ...config })).rejects.toThrow(message);
  });

  test("without a project, resources must name theirs", async () => {
    const host = direct({});
    await expect(host.create(RING, { name: "x", location: "global" })).rejects.toThrow("project: required field is not set");
    await expect(host.create(GRANT, { cryptoKeyId: "global/ring/key", role: USE, member: MEMBER })).rejects.toThrow("Invalid CryptoKey id format");
    host.close();
  });

  test("without the attribution label, nothing is marked", async () => {
    const host = direct({ ...CONFIG, addPulumiAttributionLabel: "false" });
    const { id } = await host.create(RING, { name: fresh(), location: "global" });
    const { state } = await host.create(KEY, { keyRing: id, name: "key", labels: { a: "1" } });
    expect(state).toMatchObject({ labels: { a: "1" }, pulumiLabels: { a: "1" }, effectiveLabels: { a: "1" } });
    host.close();
  });

  test("who is signed in deploys: another tenant has no rights here", async () => {
    fixture.sandbox.gcp.signIn({ project: "globex-backup-keys" });
    const host = await connectEngine(port(), CONFIG);
    fixture.sandbox.gcp.signIn({ project: TENANT });
    await expect(host.create(SERVICE, { service: "cloudkms.googleapis.com" })).rejects.toThrow(
      `googleapi: Error 403: Permission 'serviceusage.services.enable' denied on resource 'projects/${TENANT}' (or it may not exist).`,
    );
    host.close();
  });
});

test("a half-made project is not forgotten", async () => {
  fixture.sandbox.gcp.injectFault({ operation: "UpdateProjectBillingInfo", error: "INTERNAL", times: 1 });
  const inputs = { projectId: "acme-half-keys", name: "Half keys", orgId: ORGANIZATION, billingAccount: BILLING, deletionPolicy: "PREVENT" };
  const failure = await engine.create(PROJECT, inputs).then(
    () => undefined,
    (error: unknown) => error as { message: string; initFailed?: { id: string } },
  );
  expect(failure?.message).toBe(`Error setting billing account "${BILLING}" for project "projects/acme-half-keys": googleapi: Error 500: Internal error encountered.`);
  expect(failure?.initFailed?.id).toBe("projects/acme-half-keys");
});
