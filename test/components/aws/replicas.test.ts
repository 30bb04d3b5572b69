/** @jest-environment ./test/runtime/one-realm-environment.ts */
/** A multi-Region key and its replicas, from the stack to the runtime. */
import { join } from "node:path";
import { ListKeysCommand } from "@aws-sdk/client-kms";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { Access } from "../../../components/access.js";
import { AwsGrantBy } from "../../../components/aws/grant-by.js";
import { type AwsTenantKeyArgs } from "../../../components/aws/index.js";
import { Datacenter } from "../../../components/regions.js";
import { Encryptor } from "../../../runtime/index.js";
import { type AwsKmsDescriptor, masterKeyDescriptorSchema } from "../../../runtime/master-key/descriptor.js";
import { createLocalKeyFile } from "../../../runtime/master-key/local-key-file.js";
import { refusal, temporaryFolder } from "../../runtime/support.js";
import { type Fixture, sandboxFixture, TENANT } from "../../sandbox/fixtures.js";
import { type DeployedKey, deployedKey, keyAccess, type Runtime, startRuntime } from "./deployed-key.js";

const ROLE = "arn:aws:iam::201720642051:role/backup-service";
const SINGLE: AwsTenantKeyArgs = { tenant: "acme", datacenter: Datacenter.Eu, accountId: TENANT, serviceRoleArn: ROLE, multiRegion: true };
const ARGS: AwsTenantKeyArgs = { ...SINGLE, replicaRegions: ["eu-west-1", "eu-north-1"] };

describe("replicas", () => {
  const serviceKey = join(temporaryFolder(), "service.key");
  let fixture: Fixture;
  let stack: DeployedKey;
  let descriptor: AwsKmsDescriptor;
  let runtime: Runtime;
  let stored: Uint8Array;
  const opened: Encryptor[] = [];

  beforeAll(async () => {
    await createLocalKeyFile(serviceKey);
    fixture = await sandboxFixture();
    stack = deployedKey(fixture.sandbox, TENANT);
    ({ descriptor } = await stack.up(SINGLE));
    runtime = await startRuntime(keyAccess(fixture.sandbox, descriptor, serviceKey, fixture.sandbox.aws.service()), "acme");
    opened.push(runtime.encryptor);
    stored = (await runtime.encryptor.encrypt(Buffer.from("backup"), { resource: "r" })).ciphertext;
  });
  afterAll(async () => {
    await Promise.all(opened.map((one) => one.close()));
    await fixture.close();
  });

  const grantedTo = () => fixture.sandbox.aws.status().keys.map((key) => key.grantedTo);
  const arnIn = (region: string) => descriptor.keyArn.replace("eu-central-1", region);
  /** Opens the Secret that was made before there were replicas. */
  async function reopened(): Promise<Encryptor> {
    const access = keyAccess(fixture.sandbox, descriptor, serviceKey, fixture.sandbox.aws.service());
    const encryptor = await Encryptor.open({ ...access, sealedSecret: runtime.sealedSecret, cache: { ttl: 0, outageGrace: 0 } });
    opened.push(encryptor);
    return encryptor;
  }

  test("added to a deployed key in place, each granted as the key is", async () => {
    const run = await stack.up(ARGS);
    expect([...run.steps].sort()).toEqual(["create k-policy-eu-north-1", "create k-policy-eu-west-1", "create k-replica-eu-north-1", "create k-replica-eu-west-1"]);
    expect(run.descriptor).toEqual({ ...descriptor, replicaArns: [arnIn("eu-west-1"), arnIn("eu-north-1")] });
    expect(masterKeyDescriptorSchema.parse(run.descriptor)).toEqual(run.descriptor);
    expect(grantedTo()).toEqual([[ROLE], [ROLE], [ROLE]]);
    ({ descriptor } = run);
    expect((await stack.up(ARGS)).steps).toEqual([]);
  });

  test("serve a Secret that is older than they are, while the key's region does not answer", async () => {
    const encryptor = await reopened();
    fixture.sandbox.aws.injectFault({ keyId: descriptor.keyArn, error: "KMSInternalException" });
    fixture.sandbox.aws.clearCalls();
    expect(Buffer.from(await encryptor.decrypt(stored)).toString()).toBe("backup");
    const answered = fixture.sandbox.aws.calls().filter(({ outcome }) => outcome === "ok");
    expect(new Set(answered.map(({ region }) => region))).toEqual(new Set(["eu-west-1"]));
    fixture.sandbox.aws.injectFault({ keyId: arnIn("eu-west-1"), error: "KMSInternalException" });
    expect(Buffer.from(await encryptor.decrypt(stored)).toString()).toBe("backup");
    fixture.sandbox.aws.injectFault({ keyId: arnIn("eu-north-1"), error: "KMSInternalException" });
    expect(await refusal(encryptor.decrypt(stored))).toMatchObject({ code: "UNAVAILABLE", keyId: descriptor.keyArn });
    fixture.sandbox.aws.clearFaults();
  }, 30_000);

  test("disabled, the key closes the Secret though replicas would serve; a disabled replica closes nothing while the key answers", async () => {
    const encryptor = await reopened();
    fixture.sandbox.aws.revoke({ keyArn: arnIn("eu-west-1"), by: "disable" });
    expect(Buffer.from(await encryptor.decrypt(stored)).toString()).toBe("backup");
    fixture.sandbox.aws.injectFault({ keyId: descriptor.keyArn, error: "KMSInternalException" });
    expect(await refusal(encryptor.decrypt(stored))).toMatchObject({ code: "KEY_DISABLED", keyId: arnIn("eu-west-1") });
    fixture.sandbox.aws.clearFaults();
    fixture.sandbox.aws.restore({ keyArn: arnIn("eu-west-1") });

    const another = await reopened();
    fixture.sandbox.aws.revoke({ keyArn: descriptor.keyArn, by: "disable" });
    expect(await refusal(another.decrypt(stored))).toMatchObject({ code: "KEY_DISABLED", keyId: descriptor.keyArn });
    expect((await stack.up(ARGS)).steps).toEqual([]);
    fixture.sandbox.aws.restore({ keyArn: descriptor.keyArn });
  }, 30_000);

  test("suspended, the grant goes from each; by KMS grants, each has one", async () => {
    expect([...(await stack.up({ ...ARGS, access: Access.Suspended })).steps].sort()).toEqual([
      "delete k-policy", "delete k-policy-eu-north-1", "delete k-policy-eu-west-1",
    ]);
    expect(grantedTo()).toEqual([[], [], []]);
    await stack.up({ ...ARGS, grantBy: AwsGrantBy.Grant });
    expect(stack.engine.names.filter((name) => name.includes("grant")).sort()).toEqual(["k-grant", "k-grant-eu-north-1", "k-grant-eu-west-1"]);
    expect(grantedTo()).toEqual([[ROLE], [ROLE], [ROLE]]);
    await stack.up(ARGS);
  });

  test("taken out: held by its protection; without it, granted to nobody and kept in AWS", async () => {
    const fewer = { ...ARGS, replicaRegions: ["eu-north-1"] };
    expect(await stack.wouldRefuse(fewer)).toBe("k-replica-eu-west-1 is protected, and is gone from the program");
    stack.engine.unprotect("k-replica-eu-west-1");
    const run = await stack.up(fewer);
    expect(run.steps).toEqual(["delete k-policy-eu-west-1", "retain k-replica-eu-west-1"]);
    expect(run.descriptor.replicaArns).toEqual([arnIn("eu-north-1")]);
    const west = fixture.sandbox.aws.status().keys.find(({ keyArn }) => keyArn === arnIn("eu-west-1"));
    expect(west).toMatchObject({ state: "Enabled", grantedTo: [] });
    const kms = fixture.client(fixture.sandbox.aws.deployer(), "eu-west-1");
    expect((await kms.send(new ListKeysCommand({}))).Keys).toHaveLength(1);
  });
});
