/** The tenant's administrator at keys in the sandbox's clouds, with the official SDKs. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { CreateKeyCommand, DescribeKeyCommand } from "@aws-sdk/client-kms";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { administratorOf } from "../../live/administrator.js";
import { type Fixture, keyPolicy, sandboxFixture, TENANT } from "../sandbox/fixtures.js";
import { createKey, enableCloudKms, type GcpFixture, gcpFixture, TENANT_PROJECT } from "../sandbox/gcp/fixtures.js";

const VARIABLES = ["BYOK_SANDBOX", "GOOGLE_APPLICATION_CREDENTIALS", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] as const;
const COMMON = { schema: 1, tenant: "acme", datacenter: "eu" } as const;

let aws: Fixture;
let gcp: GcpFixture;
const before = new Map(VARIABLES.map((name) => [name, process.env[name]]));
beforeAll(async () => {
  [aws, gcp] = await Promise.all([sandboxFixture(), gcpFixture()]);
  await enableCloudKms(gcp, TENANT_PROJECT);
  const file = join(aws.directory, "both.json");
  const endpoints = { "aws-kms": aws.sandbox.endpoints["aws-kms"], "gcp-kms": gcp.gcp.endpoint, certificateAuthority: gcp.tls.certificateAuthority };
  writeFileSync(file, JSON.stringify({ schema: 1, endpoints }));
  const { accessKeyId, secretAccessKey, sessionToken } = aws.sandbox.aws.deployer();
  Object.assign(process.env, {
    BYOK_SANDBOX: file,
    GOOGLE_APPLICATION_CREDENTIALS: gcp.gcp.keyFile(`deployer-${TENANT_PROJECT}`),
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken ?? "",
  });
});
afterAll(async () => {
  for (const [name, value] of before) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
  await gcp.close();
  await aws.close();
});

describe("the administrator of a key", () => {
  test("in AWS: disables, enables once, schedules the deletion", async () => {
    const client = aws.client(aws.sandbox.aws.deployer());
    const { KeyMetadata } = await client.send(new CreateKeyCommand({ Policy: keyPolicy() }));
    const keyArn = KeyMetadata?.Arn ?? "";
    const state = async (): Promise<unknown> => (await client.send(new DescribeKeyCommand({ KeyId: keyArn }))).KeyMetadata?.KeyState;
    const administrator = await administratorOf({ ...COMMON, provider: "aws-kms", grantedTo: `arn:aws:iam::${TENANT}:root`, keyArn, aliasName: "alias/x" });
    await administrator.disable();
    expect(await state()).toBe("Disabled");
    await administrator.enable();
    expect(await state()).toBe("Enabled");
    expect(await administrator.destroy()).toContain("cancel-key-deletion");
    expect(await state()).toBe("PendingDeletion");
    // What is not disabled any more is not enabled again.
    await administrator.enable();
    expect(await state()).toBe("PendingDeletion");
  });

  test("in Google Cloud: every version that is enabled, and none that was not", async () => {
    const keyName = await createKey(gcp, "administered");
    const client = gcp.client(`deployer-${TENANT_PROJECT}`);
    await client.createCryptoKeyVersion({ parent: keyName });
    await client.createCryptoKeyVersion({ parent: keyName });
    await client.updateCryptoKeyVersion({ cryptoKeyVersion: { name: `${keyName}/cryptoKeyVersions/2`, state: "DISABLED" }, updateMask: { paths: ["state"] } });
    const states = async (): Promise<unknown[]> => (await client.listCryptoKeyVersions({ parent: keyName }))[0].map(({ state }) => state);

    const administrator = await administratorOf({ ...COMMON, provider: "gcp-kms", grantedTo: "serviceAccount:a@b.iam.gserviceaccount.com", keyName });
    await administrator.disable();
    expect(await states()).toEqual(["DISABLED", "DISABLED", "DISABLED"]);
    await administrator.enable();
    expect(await states()).toEqual(["ENABLED", "DISABLED", "ENABLED"]);
    await administrator.enable();
    expect(await administrator.destroy()).toContain("versions restore");
    expect(await states()).toEqual(["DESTROY_SCHEDULED", "DISABLED", "DESTROY_SCHEDULED"]);
  });

  test("of a local key: there is none", async () => {
    await expect(administratorOf({ ...COMMON, provider: "local", grantedTo: "x", path: "x.key" })).rejects.toThrow(/no cloud/);
  });
});
