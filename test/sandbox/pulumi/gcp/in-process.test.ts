import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "@jest/globals";

import { deployInProcess, type DeploymentResult } from "../../../../sandbox/index.js";
import { type Fixture, sandboxFixture } from "../../fixtures.js";

let fixture: Fixture;
beforeAll(async () => {
  fixture = await sandboxFixture({ clouds: ["aws", "gcp"] });
});
afterAll(() => fixture.close());

const MEMBER = "serviceAccount:storage-byok@afi-production.iam.gserviceaccount.com";
const deploy = (config: Record<string, string>): Promise<DeploymentResult> =>
  deployInProcess({
    sandboxFile: fixture.sandbox.file,
    program: join(__dirname, "../programs/gcp-key.ts"),
    project: "test",
    stack: "dev",
    config: {
      "pulumi:disable-default-providers": '["*"]', "test:project": "acme-backup-keys", "test:ring": "ring", "test:member": MEMBER, ...config,
    },
  });

test("a program of @pulumi/gcp is deployed with what its SDK sends by default", async () => {
  const { outputs, resources } = await deploy({});
  const keyName = "projects/acme-backup-keys/locations/europe-west4/keyRings/ring/cryptoKeys/key";
  expect(outputs).toEqual({ keyName, granted: MEMBER });
  expect(resources.map(({ type, name, id, protect }) => [type, name, id, protect])).toEqual([
    ["pulumi:pulumi:Stack", "test-dev", "", false],
    ["pulumi:providers:gcp", "tenant", expect.any(String), false],
    ["gcp:projects/service:Service", "api", "acme-backup-keys/cloudkms.googleapis.com", false],
    ["gcp:kms/keyRing:KeyRing", "ring", keyName.replace(/\/cryptoKeys.*/, ""), false],
    ["gcp:kms/cryptoKey:CryptoKey", "key", keyName, true],
    ["gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember", "grant", `${keyName}/roles/cloudkms.cryptoKeyEncrypterDecrypter/${MEMBER}`, false],
  ]);
  expect(fixture.sandbox.gcp.keys()).toMatchObject([{ keyId: keyName, grantedTo: [MEMBER], state: "ENABLED" }]);
});

test.each<[string, Record<string, string>, string]>([
  ["another tenant's project", { "test:project": "globex-backup-keys" }, "Permission 'serviceusage.services.enable' denied on resource 'projects/globex-backup-keys' (or it may not exist)."],
  ["a key ring that is there", {}, "KeyRing projects/acme-backup-keys/locations/europe-west4/keyRings/ring already exists."],
  ["a service account that is not", { "test:ring": "other", "test:member": "serviceAccount:nobody@afi-production.iam.gserviceaccount.com" }, "Service account nobody@afi-production.iam.gserviceaccount.com does not exist."],
])("%s is refused in Google's words", async (_, config, message) => {
  await expect(deploy(config)).rejects.toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining(message) });
});
