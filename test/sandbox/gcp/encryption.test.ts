import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { type KeyManagementServiceClient } from "@google-cloud/kms";

import { createKey, enableCloudKms, type GcpFixture, gcpFixture, SERVICE, TENANT_PROJECT } from "./fixtures.js";

let fixture: GcpFixture;
let tenant: KeyManagementServiceClient;
let service: KeyManagementServiceClient;
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
  name = await createKey(fixture, `key-${made}`, { grant: [SERVICE] });
});

const encrypt = async (client = service, aad = "acme/s1"): Promise<Uint8Array> => {
  const [answer] = await client.encrypt({ name, plaintext: Buffer.from("share"), additionalAuthenticatedData: Buffer.from(aad) });
  return Buffer.from(answer.ciphertext ?? "");
};
const decrypt = async (ciphertext: Uint8Array, client = service, aad = "acme/s1"): Promise<string> => {
  const [answer] = await client.decrypt({ name, ciphertext, additionalAuthenticatedData: Buffer.from(aad) }, {});
  return Buffer.from(answer.plaintext ?? "").toString();
};

test("round trip", async () => {
  await expect(decrypt(await encrypt())).resolves.toBe("share");
  await expect(decrypt(await encrypt(tenant), tenant)).resolves.toBe("share");
});
