/** @jest-environment ./test/runtime/one-realm-environment.ts */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { Access } from "../../../components/access.js";
import { type AwsTenantKeyArgs } from "../../../components/aws/index.js";
import { Datacenter } from "../../../components/regions.js";
import { createLocalKeyFile } from "../../../runtime/master-key/local-key-file.js";
import { refusal, temporaryFolder } from "../../runtime/support.js";
import { type Fixture, sandboxFixture, TENANT } from "../../sandbox/fixtures.js";
import { BOUND, type DeployedKey, deployedKey, keyAccess, type Runtime, startRuntime } from "./deployed-key.js";

const ARGS: AwsTenantKeyArgs = {
  tenant: "acme",
  datacenter: Datacenter.Eu,
  accountId: TENANT,
  serviceRoleArn: "arn:aws:iam::201720642051:role/backup-service",
};

describe("access: suspended", () => {
  const serviceKey = join(temporaryFolder(), "service.key");
  let fixture: Fixture;
  let stack: DeployedKey;
  let runtime: Runtime;
  let stored: Uint8Array;

  beforeAll(async () => {
    await createLocalKeyFile(serviceKey);
    fixture = await sandboxFixture();
    stack = deployedKey(fixture.sandbox, TENANT);
  });
  afterAll(async () => {
    await runtime.encryptor.close();
    await fixture.close();
  });

  test("granted, the service encrypts", async () => {
    const { steps, descriptor } = await stack.up(ARGS);
    expect(steps).toEqual(["create k-key", "create k-alias", "create k-policy"]);
    runtime = await startRuntime(keyAccess(fixture.sandbox, descriptor, serviceKey, fixture.sandbox.aws.service()), "acme");
    stored = (await runtime.encryptor.encrypt(Buffer.from("backup"), { resource: "r" })).ciphertext;
  });

  test("suspended, the grant and nothing else goes, and the runtime is refused within its bound", async () => {
    const before = await stack.up(ARGS);
    const { steps, descriptor } = await stack.up({ ...ARGS, access: Access.Suspended });
    expect(steps).toEqual(["delete k-policy"]);
    expect(descriptor).toEqual(before.descriptor);
    expect(fixture.sandbox.aws.status().keys).toMatchObject([{ keyArn: descriptor.keyArn, state: "Enabled", grantedTo: [] }]);

    runtime.clock.advance(BOUND - 1);
    expect(Buffer.from(await runtime.encryptor.decrypt(stored)).toString()).toBe("backup");
    runtime.clock.advance(1);
    expect(await refusal(runtime.encryptor.decrypt(stored))).toMatchObject({ code: "ACCESS_DENIED", revocation: true });
    expect(await stack.up({ ...ARGS, access: Access.Suspended })).toMatchObject({ steps: [] });
  });

  test("granted again, the same grant on the same key, and the runtime goes on without a restart", async () => {
    const { steps, descriptor } = await stack.up({ ...ARGS, access: Access.Granted });
    expect(steps).toEqual(["create k-policy"]);
    expect(fixture.sandbox.aws.status().keys).toMatchObject([{ keyArn: descriptor.keyArn, grantedTo: [ARGS.serviceRoleArn] }]);
    // Two answers in favour, 10 s apart: docs/cache.md.
    runtime.clock.advance(1_000);
    await refusal(runtime.encryptor.decrypt(stored));
    runtime.clock.advance(10_000);
    expect(Buffer.from(await runtime.encryptor.decrypt(stored)).toString()).toBe("backup");
  });

  test("a new stack may begin suspended: a key, and nobody granted", async () => {
    const { steps, descriptor } = await deployedKey(fixture.sandbox, TENANT).up({ ...ARGS, tenant: "umbrella", access: Access.Suspended });
    expect(steps).toEqual(["create k-key", "create k-alias"]);
    const key = fixture.sandbox.aws.status().keys.find(({ keyArn }) => keyArn === descriptor.keyArn);
    expect(key).toMatchObject({ state: "Enabled", grantedTo: [] });
  });
});
