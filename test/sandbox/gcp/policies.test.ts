import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type KeyManagementServiceClient } from "@google-cloud/kms";

import {
  createKey, enableCloudKms, type GcpFixture, gcpFixture, getPolicy, OTHER_PROJECT, type Policy, refusal, SERVICE, setPolicy, TENANT_PROJECT, USE,
} from "./fixtures.js";

let fixture: GcpFixture;
let tenant: KeyManagementServiceClient;
let service: KeyManagementServiceClient;
/** A fresh key per test, granted to nobody. */
let name: string;
let made = 0;

beforeAll(async () => {
  fixture = await gcpFixture();
  await enableCloudKms(fixture, TENANT_PROJECT);
  tenant = fixture.client("deployer-acme-backup-keys");
  service = fixture.client("service");
});
afterAll(() => fixture.close());
beforeEach(async () => {
  made += 1;
  name = await createKey(fixture, `key-${made}`);
});

const policyOf = (resource = name): Promise<Policy> => getPolicy(tenant, resource);
const grant = (role: string, member = SERVICE, resource = name): Promise<Policy> => setPolicy(tenant, resource, { bindings: [{ role, members: [member] }] });
const ringOf = (key: string): string => key.replace(/\/cryptoKeys\/.*$/, "");

/** What the service may do, by permission. */
const ATTEMPTS: Readonly<Record<string, () => Promise<unknown>>> = {
  "cloudkms.cryptoKeyVersions.useToEncrypt": () => service.encrypt({ name, plaintext: Buffer.from("x") }),
  "cloudkms.cryptoKeyVersions.useToDecrypt": async () => {
    const [{ ciphertext }] = await tenant.encrypt({ name, plaintext: Buffer.from("x") });
    return service.decrypt({ name, ciphertext: ciphertext ?? null }, {});
  },
  "cloudkms.cryptoKeys.get": () => service.getCryptoKey({ name }),
  "cloudkms.cryptoKeys.update": () => service.updateCryptoKey({ cryptoKey: { name, labels: {} }, updateMask: { paths: ["labels"] } }),
  "cloudkms.cryptoKeys.getIamPolicy": () => getPolicy(service, name),
  "cloudkms.cryptoKeyVersions.create": () => service.createCryptoKeyVersion({ parent: name }),
  "cloudkms.cryptoKeyVersions.destroy": () => service.destroyCryptoKeyVersion({ name: `${name}/cryptoKeyVersions/1` }),
};
const allowed = async (): Promise<string[]> => {
  const outcomes = [];
  for (const [permission, attempt] of Object.entries(ATTEMPTS)) {
    const denied = await attempt().then(() => false, (error: unknown) => (error as { code: number }).code === 7);
    if (!denied) outcomes.push(permission);
  }
  return outcomes;
};

describe("roles", () => {
  const ENCRYPT = "cloudkms.cryptoKeyVersions.useToEncrypt";
  const DECRYPT = "cloudkms.cryptoKeyVersions.useToDecrypt";
  const MANAGE = ["cloudkms.cryptoKeys.get", "cloudkms.cryptoKeys.update", "cloudkms.cryptoKeys.getIamPolicy", "cloudkms.cryptoKeyVersions.create", "cloudkms.cryptoKeyVersions.destroy"];

  test.each<[string, string[]]>([
    [USE, [ENCRYPT, DECRYPT]],
    ["roles/cloudkms.cryptoKeyEncrypter", [ENCRYPT]],
    ["roles/cloudkms.cryptoKeyDecrypter", [DECRYPT]],
    ["roles/cloudkms.viewer", ["cloudkms.cryptoKeys.get"]],
    ["roles/cloudkms.admin", MANAGE],
    ["roles/owner", [ENCRYPT, DECRYPT, ...MANAGE]],
  ])("%s on a key", async (role, permissions) => {
    await grant(role);
    await expect(allowed()).resolves.toEqual(permissions);
    const [tested] = await service.testIamPermissions({ resource: name, permissions: Object.keys(ATTEMPTS) } as unknown as Parameters<typeof service.testIamPermissions>[0]);
    expect(tested.permissions).toEqual(permissions);
  });

  test("a role on the key ring is good for its keys; a role on one key for no other", async () => {
    await grant(USE, SERVICE, ringOf(name));
    await expect(allowed()).resolves.toEqual([ENCRYPT, DECRYPT]);
    await setPolicy(tenant, ringOf(name), { bindings: [] });
    await expect(allowed()).resolves.toEqual([]);
  });
});

describe("policies", () => {
  test("nobody's own is empty; bindings of one role are put together; each change has its etag", async () => {
    await expect(policyOf()).resolves.toMatchObject({ version: 0, bindings: [], etag: Buffer.from("ACAB", "base64") });
    const other = fixture.gcp.sandbox.deployer();
    const answer = await setPolicy(tenant, name, {
      bindings: [{ role: USE, members: [SERVICE] }, { role: USE, members: [SERVICE, `serviceAccount:${other.email}`] }, { role: "roles/cloudkms.viewer", members: [] }],
    });
    expect(answer).toMatchObject({ version: 1, bindings: [{ role: USE, members: [SERVICE, `serviceAccount:${other.email}`], condition: null }] });
    const again = await grant(USE);
    expect(again.etag).not.toEqual(answer.etag);
    await expect(policyOf()).resolves.toEqual(again);
  });

  test("a policy that was read before somebody else's change is refused, without an etag it overwrites", async () => {
    const before = await policyOf();
    await grant("roles/cloudkms.viewer");
    const stale = setPolicy(tenant, name, { bindings: [{ role: USE, members: [SERVICE] }], etag: before.etag ?? null });
    await expect(refusal(stale)).resolves.toEqual({
      code: 10, details: "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.",
    });
    await expect(policyOf()).resolves.toMatchObject({ bindings: [{ role: "roles/cloudkms.viewer" }] });
    await grant(USE);
    await expect(policyOf()).resolves.toMatchObject({ bindings: [{ role: USE }] });
  });

  test.each<[string, Policy, number, string]>([
    ["an account that does not exist", { bindings: [{ role: USE, members: ["serviceAccount:nobody@afi-production.iam.gserviceaccount.com"] }] }, 3, "Service account nobody@afi-production.iam.gserviceaccount.com does not exist."],
    ["a user", { bindings: [{ role: USE, members: ["user:eve@example.com"] }] }, 3, "User eve@example.com does not exist."],
    ["a group", { bindings: [{ role: USE, members: ["group:all@example.com"] }] }, 3, "Group all@example.com does not exist."],
    ["another kind of principal", { bindings: [{ role: USE, members: ["principal://iam.googleapis.com/x"] }] }, 12, "The sandbox does not implement principals like principal://iam.googleapis.com/x."],
    ["an unknown role", { bindings: [{ role: "roles/storage.admin", members: [SERVICE] }] }, 12, "The sandbox does not implement the role roles/storage.admin."],
    ["a condition", { bindings: [{ role: USE, members: [SERVICE], condition: { expression: "true" } }] }, 12, "The sandbox does not implement conditions in policies."],
  ])("%s is refused, and nothing is changed", async (_, policy, code, details) => {
    const before = await policyOf();
    await expect(refusal(setPolicy(tenant, name, policy))).resolves.toEqual({ code, details });
    await expect(policyOf()).resolves.toEqual(before);
  });

  test("an account that was added can be named and use the key", async () => {
    const added = fixture.gcp.sandbox.addServiceAccount({ name: `backup-${made}`, email: `backup-${made}@afi-production.iam.gserviceaccount.com` });
    await grant(USE, `serviceAccount:${added.email}`);
    await expect(fixture.client(`backup-${made}`).encrypt({ name, plaintext: Buffer.from("x") })).resolves.toBeDefined();
    await expect(allowed()).resolves.toEqual([]);
  });

  test("allUsers are all users", async () => {
    await grant(USE, "allUsers");
    await expect(service.encrypt({ name, plaintext: Buffer.from("x") })).resolves.toBeDefined();
  });

  test("versions have none", async () => {
    await expect(refusal(policyOf(`${name}/cryptoKeyVersions/1`))).resolves.toEqual({
      code: 3,
      details: `Resource name '${name}/cryptoKeyVersions/1' does not match 'projects/*/locations/*/keyRings/*' or 'projects/*/locations/*/keyRings/*/cryptoKeys/*'.`,
    });
  });
});

describe("where Cloud KMS is not enabled", () => {
  const disabled = (number: string): object => {
    const url = `https://console.developers.google.com/apis/api/cloudkms.googleapis.com/overview?project=${number}`;
    return {
      code: 7,
      details: `Cloud Key Management Service (KMS) API has not been used in project ${number} before or it is disabled. Enable it by visiting ${url} then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.`,
      reason: "SERVICE_DISABLED",
      statusDetails: [
        {
          reason: "SERVICE_DISABLED", domain: "googleapis.com",
          metadata: {
            service: "cloudkms.googleapis.com", serviceTitle: "Cloud Key Management Service (KMS) API", consumer: `projects/${number}`,
            containerInfo: number, activationUrl: url,
          },
        },
        { links: [{ description: "Google developers console API activation", url }] },
      ],
    };
  };
  const numberOf = (project: string): string => fixture.gcp.sandbox.status().projects.find(({ projectId }) => projectId === project)?.number ?? "";

  test("the caller's own project is named", async () => {
    const other = fixture.client("deployer-globex-backup-keys");
    await expect(refusal(other.listKeyRings({ parent: `projects/${OTHER_PROJECT}/locations/global` }))).resolves.toEqual(disabled(numberOf(OTHER_PROJECT)));
  });

  test("so is the key's, to who may use it; strangers learn nothing", async () => {
    await grant(USE);
    const path = `/v1/projects/${TENANT_PROJECT}/services/cloudkms.googleapis.com`;
    await fixture.rest("deployer-acme-backup-keys", "POST", `${path}:disable`);
    await expect(refusal(service.encrypt({ name, plaintext: Buffer.from("x") }))).resolves.toEqual(disabled(numberOf(TENANT_PROJECT)));
    await expect(refusal(service.getCryptoKey({ name }))).resolves.toMatchObject({ code: 7, reason: "IAM_PERMISSION_DENIED" });
    await fixture.rest("deployer-acme-backup-keys", "POST", `${path}:enable`);
    await expect(service.encrypt({ name, plaintext: Buffer.from("x") })).resolves.toBeDefined();
  });
});
