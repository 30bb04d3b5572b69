/** The stack's program against the sandbox without an engine: access withdrawn and given back, and misfits refused. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { join } from "node:path";

import { createLocalKeyFile, createSecret, Encryptor } from "../../runtime/index.js";
import { masterKeyDescriptorsSchema } from "../../runtime/master-key/descriptor.js";
import { TENANT_DIRECTORY, TENANT_SUBSCRIPTION } from "../../sandbox/azure/index.js";
import { deployInProcess, type DeploymentResult } from "../../sandbox/index.js";
import { type PemPair, selfSigned } from "../runtime/certificates.js";
import { FakeClock } from "../runtime/support.js";
import { type Fixture, sandboxFixture } from "../sandbox/fixtures.js";
import { connectEngine, providerPort } from "../sandbox/pulumi/engine.js";
import { ROOT } from "./stack-file.js";

const POLICY = "azure-native:keyvault:AccessPolicy";
/** Answers of the KMS are good for this long; milliseconds. */
const TTL = 60_000;
/** After a revocation two good answers, so far apart, open the Secret again. */
const APART = 10_000;

let fixture: Fixture;
let pair: PemPair;
beforeAll(async () => {
  fixture = await sandboxFixture({ clouds: ["aws", "azure"], pulumi: true, clock: Date.now });
  pair = await selfSigned({ name: "backup service", algorithm: "rsa" });
});
afterAll(() => fixture.close());

function deploy(azure: object, byok: Record<string, string> = {}): Promise<DeploymentResult> {
  return deployInProcess({
    sandboxFile: fixture.sandbox.file,
    program: join(ROOT, "stacks", "tenant.ts"),
    project: "byok",
    stack: "dev",
    config: {
      "byok:tenant": "acme",
      "byok:datacenter": "eu",
      "byok:clouds": '["azure"]',
      "byok:azure": JSON.stringify({ entraTenantId: TENANT_DIRECTORY, subscriptionId: TENANT_SUBSCRIPTION, certificates: [pair.certificate], ...azure }),
      ...byok,
    },
  });
}

test("suspended, the runtime is refused within its bound; granted again, it works; the key is untouched", async () => {
  const { outputs, resources } = await deploy({});
  const masterKeys = masterKeyDescriptorsSchema.parse(outputs["masterKeys"]);
  const file = join(fixture.directory, "service.key");
  await createLocalKeyFile(file);
  const access = {
    masterKeys,
    serviceKey: { file },
    credentials: { "azure-key-vault": [pair] },
    endpoints: fixture.sandbox.endpoints,
    mode: "development" as const,
  };
  const clock = new FakeClock();
  const sealedSecret = await createSecret({ tenant: "acme", ...access });
  const encryptor = await Encryptor.open({ ...access, sealedSecret, clock, cache: { ttl: TTL, outageGrace: 0 } });
  const backup = (): Promise<{ ciphertext: Uint8Array }> => encryptor.encrypt(Buffer.from("data"), { resource: "r" });
  const { ciphertext } = await backup();
  const before = fixture.sandbox.azure.keys();

  // What the suspended program does not register is what an engine deletes: test/components/azure/tenant-key.test.ts.
  const engine = await connectEngine(providerPort(fixture.sandbox.environment, "azure-native"), { subscriptionId: TENANT_SUBSCRIPTION, tenantId: TENANT_DIRECTORY });
  const policy = resources.find(({ type }) => type === POLICY);
  if (policy === undefined) throw new Error("nothing was granted");
  const granted = await engine.read(POLICY, policy.id, {});
  if (granted === undefined) throw new Error("the grant is not there");
  await engine.delete(POLICY, policy.id, granted.state);
  clock.advance(TTL);
  await expect(backup()).rejects.toMatchObject({ code: "ACCESS_DENIED" });

  await engine.create(POLICY, granted.state);
  clock.advance(APART);
  // The first good answer is not enough yet.
  await expect(backup()).rejects.toMatchObject({ code: "ACCESS_DENIED" });
  clock.advance(APART);
  expect(Buffer.from(await encryptor.decrypt(ciphertext)).toString()).toBe("data");
  expect(fixture.sandbox.azure.keys()).toEqual(before);
  await encryptor.close();
  engine.close();
});

test("what does not fit is refused, all of it at once, and nothing is granted or changed", async () => {
  const { azure } = fixture.sandbox;
  azure.createVault({ name: "unfit", resourceGroup: "keys", location: "eastus", purgeProtection: false });
  const { keyUri } = azure.createKey({ vault: "unfit", name: "AFI", expires: "2099-01-01T00:00:00Z" });
  await expect(deploy({ resourceGroup: "keys", existing: { vault: "unfit", key: "AFI" } })).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringMatching(/key AFI in vault unfit cannot be adopted:\n {2}vault: location: .*\n {2}vault: enablePurgeProtection: .*\n {2}expires: /),
  });
  expect(azure.keys().find(({ keyId }) => keyId === keyUri)).toMatchObject({ grantedTo: [] });
});
