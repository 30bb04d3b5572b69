import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { startGcp } from "../../../sandbox/gcp/index.js";
import { temporaryDirectory } from "../fixtures.js";
import { createKey, enableCloudKms, type GcpFixture, gcpFixture, OTHER_PROJECT, type RestAnswer, TENANT_PROJECT } from "./fixtures.js";

let fixture: GcpFixture;
const DEPLOYER = "deployer-acme-backup-keys";

beforeAll(async () => {
  fixture = await gcpFixture();
});
afterAll(() => fixture.close());

const organizationOf = (project: string): string => {
  const found = fixture.gcp.sandbox.status().projects.find(({ projectId }) => projectId === project);
  return `organizations/${found?.organization ?? ""}`;
};
const create = (body: object, name = DEPLOYER): Promise<RestAnswer> => fixture.rest(name, "POST", "/v3/projects", body);
const BILLING = "billingAccounts/012345-6789AB-CDEF01";
const pay = (project: string, name = DEPLOYER, billingAccountName = BILLING): Promise<RestAnswer> =>
  fixture.rest(name, "PUT", `/v1/projects/${project}/billingInfo`, { billingAccountName });
const kms = (project: string): string => `/v1/projects/${project}/services/cloudkms.googleapis.com`;
const error = (status: number, name: string, message: string): RestAnswer => ({ status, body: { error: expect.objectContaining({ code: status, status: name, message }) } });

describe("projects", () => {
  test("made in an organization by who may; the maker owns it and can enable services there", async () => {
    const parent = organizationOf(TENANT_PROJECT);
    const made = await create({ projectId: "acme-new-keys", displayName: "Keys", parent, labels: { team: "backup" } });
    expect(made).toEqual({
      status: 200,
      body: {
        name: "operations/done", done: true,
        response: {
          name: expect.stringMatching(/^projects\/[1-9][0-9]{11}$/), parent, projectId: "acme-new-keys", displayName: "Keys", state: "ACTIVE",
          createTime: "2026-11-24T00:00:00.000Z", labels: { team: "backup" },
        },
      },
    });
    const shown = await fixture.rest(DEPLOYER, "GET", "/v3/projects/acme-new-keys");
    expect(shown.body).toEqual((made.body as { response: unknown }).response);
    const { number = "" } = fixture.gcp.sandbox.status().projects.find(({ projectId }) => projectId === "acme-new-keys") ?? {};
    await expect(fixture.rest(DEPLOYER, "POST", `${kms("acme-new-keys")}:enable`)).resolves.toEqual(
      error(400, "FAILED_PRECONDITION", `Billing account for project '${number}' is not found. Billing must be enabled for activation of service(s) 'cloudkms.googleapis.com' to proceed.`),
    );
    await expect(pay("acme-new-keys")).resolves.toEqual({
      status: 200, body: { name: "projects/acme-new-keys/billingInfo", projectId: "acme-new-keys", billingAccountName: BILLING, billingEnabled: true },
    });
    await expect(fixture.rest(DEPLOYER, "POST", `${kms("acme-new-keys")}:enable`)).resolves.toMatchObject({ status: 200, body: { response: { state: "ENABLED" } } });
    await enableCloudKms(fixture, TENANT_PROJECT);
    const client = fixture.client(DEPLOYER);
    const [ring] = await client.createKeyRing({ parent: "projects/acme-new-keys/locations/global", keyRingId: "ring" });
    expect(ring.name).toBe("projects/acme-new-keys/locations/global/keyRings/ring");
  });

  test.each<[string, () => object, number, string, string]>([
    ["no parent", () => ({ projectId: "acme-other-1" }), 403, "PERMISSION_DENIED", "Service accounts cannot create projects without a parent."],
    ["another organization", () => ({ projectId: "acme-other-1", parent: organizationOf(OTHER_PROJECT) }), 403, "PERMISSION_DENIED", "Permission 'resourcemanager.projects.create' denied on resource 'organizations/"],
    ["an id that is taken", () => ({ projectId: OTHER_PROJECT, parent: organizationOf(TENANT_PROJECT) }), 409, "ALREADY_EXISTS", "Requested entity already exists"],
    ["an id that is none", () => ({ projectId: "X", parent: organizationOf(TENANT_PROJECT) }), 400, "INVALID_ARGUMENT", "field [project_id] has issue [project_id contains invalid characters or has an invalid length: X]"],
    ["a member that is not played", () => ({ projectId: "acme-other-1", parent: organizationOf(TENANT_PROJECT), tags: {} }), 400, "INVALID_ARGUMENT", "Invalid JSON payload received."],
  ])("refused: %s", async (_, body, status, name, message) => {
    await expect(create(body())).resolves.toEqual(error(status, name, expect.stringContaining(message) as unknown as string));
    expect(fixture.gcp.sandbox.status().projects.map(({ projectId }) => projectId)).not.toContain("acme-other-1");
  });

  test("a deleted project is of no use, and its id is not free", async () => {
    const parent = organizationOf(TENANT_PROJECT);
    await create({ projectId: "acme-old-keys", parent });
    await pay("acme-old-keys");
    await fixture.rest(DEPLOYER, "POST", `${kms("acme-old-keys")}:enable`);
    const client = fixture.client(DEPLOYER);
    const location = "projects/acme-old-keys/locations/global";
    await client.createKeyRing({ parent: location, keyRingId: "ring" });
    await expect(fixture.rest(DEPLOYER, "DELETE", "/v3/projects/acme-old-keys")).resolves.toMatchObject({ status: 200, body: { response: { state: "DELETE_REQUESTED" } } });
    await expect(fixture.rest(DEPLOYER, "DELETE", "/v3/projects/acme-old-keys")).resolves.toEqual(
      error(400, "FAILED_PRECONDITION", "Project acme-old-keys is not ACTIVE, its state is DELETE_REQUESTED."),
    );
    await expect(client.getKeyRing({ name: `${location}/keyRings/ring` })).rejects.toMatchObject({ code: 7 });
    await expect(create({ projectId: "acme-old-keys", parent })).resolves.toMatchObject({ status: 409 });
  });
});

describe("changes and billing", () => {
  test("a patch changes what it names; the rest stays", async () => {
    await expect(fixture.rest(DEPLOYER, "PATCH", `/v3/projects/${TENANT_PROJECT}?updateMask=labels`, { labels: { a: "1" } })).resolves.toMatchObject({
      status: 200, body: { done: true, response: { displayName: TENANT_PROJECT, labels: { a: "1" } } },
    });
    await expect(fixture.rest(DEPLOYER, "PATCH", `/v3/projects/${TENANT_PROJECT}?updateMask=displayName`, { displayName: "Keys" })).resolves.toMatchObject({
      body: { response: { displayName: "Keys", labels: { a: "1" } } },
    });
  });

  test("who may use a billing account can test it, and let it pay for its own projects only", async () => {
    const path = `/v1/${BILLING}:testIamPermissions`;
    const permissions = ["billing.resourceAssociations.create", "billing.accounts.close"];
    await expect(fixture.rest(DEPLOYER, "POST", path, { permissions })).resolves.toEqual({ status: 200, body: { permissions: [permissions[0]] } });
    const other = "deployer-globex-backup-keys";
    await expect(fixture.rest(other, "POST", path, { permissions })).resolves.toEqual({ status: 200, body: { permissions: [] } });
    await expect(pay(OTHER_PROJECT, other)).resolves.toEqual(
      error(403, "PERMISSION_DENIED", `Permission 'billing.resourceAssociations.create' denied on resource '${BILLING}' (or it may not exist).`),
    );
    await expect(pay(OTHER_PROJECT)).resolves.toEqual(
      error(403, "PERMISSION_DENIED", `Permission 'resourcemanager.projects.createBillingAssignment' denied on resource 'projects/${OTHER_PROJECT}' (or it may not exist).`),
    );
    await expect(fixture.rest(DEPLOYER, "GET", `/v1/projects/${TENANT_PROJECT}/billingInfo`)).resolves.toMatchObject({ body: { billingAccountName: BILLING } });
  });
});

describe("services", () => {
  test("enabled by the owner, shown, disabled; strangers are refused", async () => {
    const other = "deployer-globex-backup-keys";
    await expect(fixture.rest(other, "GET", kms(OTHER_PROJECT))).resolves.toMatchObject({ status: 200, body: { state: "DISABLED" } });
    await expect(fixture.rest(other, "POST", `${kms(OTHER_PROJECT)}:enable`)).resolves.toMatchObject({ status: 200, body: { done: true, response: { state: "ENABLED" } } });
    await expect(fixture.rest(other, "GET", kms(OTHER_PROJECT))).resolves.toMatchObject({ body: { state: "ENABLED" } });
    await expect(fixture.rest(DEPLOYER, "POST", `${kms(OTHER_PROJECT)}:disable`)).resolves.toEqual(
      error(403, "PERMISSION_DENIED", `Permission 'serviceusage.services.disable' denied on resource 'projects/${OTHER_PROJECT}' (or it may not exist).`),
    );
    await expect(fixture.rest(other, "POST", `${kms(OTHER_PROJECT)}:disable`)).resolves.toMatchObject({ body: { response: { state: "DISABLED" } } });
  });

  test.each<[string, string, string, RestAnswer]>([
    ["a service that is not played", "POST", `/v1/projects/${TENANT_PROJECT}/services/storage.googleapis.com:enable`, error(501, "UNIMPLEMENTED", "The sandbox does not implement the service storage.googleapis.com.")],
    ["a path that leads nowhere", "GET", "/v1/projects", error(404, "NOT_FOUND", "The sandbox has nothing at GET /v1/projects.")],
    ["a verb that is not", "PUT", `/v3/projects/${TENANT_PROJECT}`, error(404, "NOT_FOUND", `The sandbox has nothing at PUT /v3/projects/${TENANT_PROJECT}.`)],
  ])("refused: %s", async (_, verb, path, answer) => {
    await expect(fixture.rest(DEPLOYER, verb, path)).resolves.toEqual(answer);
  });
});

describe("the sandbox's own", () => {
  test("who is signed in, projects and accounts outlive a restart", async () => {
    const { sandbox } = fixture.gcp;
    expect(sandbox.deployer()).toMatchObject({ name: DEPLOYER, email: "deployer@acme-backup-keys.iam.gserviceaccount.com", project: TENANT_PROJECT });
    expect(sandbox.service()).toMatchObject({ email: "storage-byok@afi-production.iam.gserviceaccount.com", project: "afi-production" });
    sandbox.addProject({ project: "initech-backup-keys" });
    sandbox.signIn({ project: "initech-backup-keys" });
    const restarted = (await fixture.restart()).sandbox;
    expect(restarted.deployer()).toMatchObject({ name: "deployer-initech-backup-keys", email: "deployer@initech-backup-keys.iam.gserviceaccount.com" });
    restarted.signIn({ project: TENANT_PROJECT });
    expect(statSync(join(fixture.directory, "gcp.json")).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(fixture.directory, "gcp.json"), "utf8")).not.toContain("PRIVATE KEY");
  });

  test.each<[string, () => unknown, string]>([
    ["unknown account", () => fixture.gcp.keyFile("nobody"), 'The sandbox\'s Google Cloud has no account "nobody". It has: deployer-acme-backup-keys, '],
    ["unknown project", () => fixture.gcp.sandbox.signIn({ project: "nowhere-1" }), 'has no account "deployer-nowhere-1"'],
    ["project id", () => fixture.gcp.sandbox.addProject({ project: "X" }), '"X" is not a project id'],
    ["project twice", () => fixture.gcp.sandbox.addProject({ project: OTHER_PROJECT }), `The sandbox already has a project "${OTHER_PROJECT}".`],
    ["email", () => fixture.gcp.sandbox.addServiceAccount({ name: "x1", email: "eve@example.com" }), '"eve@example.com" is not NAME@PROJECT.iam.gserviceaccount.com'],
    ["account of no project", () => fixture.gcp.sandbox.addServiceAccount({ name: "x1", email: "backup@nowhere.iam.gserviceaccount.com" }), 'The sandbox has no project "nowhere".'],
    ["account twice", () => fixture.gcp.sandbox.addServiceAccount({ name: "service", email: "backup@afi-production.iam.gserviceaccount.com" }), 'The sandbox already has an account "service"'],
  ])("refused: %s", (_, act, message) => {
    expect(act).toThrow(message);
  });

  test("keys and policies outlive a restart", async () => {
    await enableCloudKms(fixture, TENANT_PROJECT);
    const name = await createKey(fixture, "kept", { grant: ["serviceAccount:storage-byok@afi-production.iam.gserviceaccount.com"] });
    const before = fixture.gcp.sandbox.keys();
    const { sandbox } = await fixture.restart();
    expect(sandbox.keys()).toEqual(before);
    expect(before).toMatchObject([{ keyId: name, grantedTo: ["serviceAccount:storage-byok@afi-production.iam.gserviceaccount.com"] }]);
  });

  test("a state of another version, a port that is taken, and a certificate that is none", async () => {
    const other = temporaryDirectory();
    writeFileSync(join(other.path, "gcp.json"), '{"schema":0}');
    const { tls } = fixture;
    await expect(startGcp({ directory: other.path, tls })).rejects.toThrow(`${join(other.path, "gcp.json")} was not written by this version of the sandbox.`);
    other.remove();
    const port = Number(new URL(fixture.gcp.endpoint).port);
    await expect(startGcp({ directory: fixture.directory, tls, port })).rejects.toThrow(`The sandbox's Google Cloud cannot listen on 127.0.0.1:${port}: `);
    await expect(startGcp({ directory: fixture.directory, tls: { ...tls, certificate: "none" } })).rejects.toThrow("is not in PEM");
  });
});
