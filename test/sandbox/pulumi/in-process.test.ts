import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { DescribeKeyCommand } from "@aws-sdk/client-kms";

import { TENANT_DIRECTORY, TENANT_SUBSCRIPTION } from "../../../sandbox/azure/index.js";
import { deployInProcess, type DeploymentResult } from "../../../sandbox/index.js";
import { selfSigned } from "../azure/fixtures.js";
import { type Fixture, keyPolicy, sandboxFixture, TENANT } from "../fixtures.js";

let fixture: Fixture;
beforeAll(async () => {
  fixture = await sandboxFixture({ clouds: ["aws", "azure"] });
});
afterAll(() => fixture.close());

const deploy = (program: string, config: Record<string, string>): Promise<DeploymentResult> =>
  deployInProcess({
    sandboxFile: fixture.sandbox.file,
    program: join(__dirname, "programs", program),
    project: "test",
    stack: "dev",
    config,
    secretConfigKeys: ["test:policy"],
  });
const CONFIG = {
  "pulumi:disable-default-providers": '["*"]',
  "test:account": TENANT,
  "test:alias": "alias/in-process",
  "test:key": '{"description":"from structured config"}',
  "test:policy": keyPolicy(),
};

test("a program is deployed, its outputs and resources come back", async () => {
  const { outputs, secretOutputs, resources } = await deploy("key.ts", CONFIG);
  const keyArn = String(outputs["keyArn"]);
  expect(outputs).toEqual({ keyArn, target: keyArn, hidden: keyPolicy(), caller: TENANT });
  expect(secretOutputs).toEqual(["hidden"]);
  const [stack, provider, key, alias] = resources;
  expect(resources.map(({ type, name, protect }) => [type, name, protect])).toEqual([
    ["pulumi:pulumi:Stack", "test-dev", false],
    ["pulumi:providers:aws", "tenant", false],
    ["aws:kms/key:Key", "key", true],
    ["aws:kms/alias:Alias", "alias", false],
  ]);
  expect(key).toMatchObject({ id: keyArn.split("/")[1], parent: stack?.urn, secretInputs: ["policy"] });
  expect(alias).toMatchObject({ id: "alias/in-process", parent: key?.urn });
  expect(provider?.urn).toBe("urn:pulumi:dev::test::pulumi:pulumi:Stack$pulumi:providers:aws::tenant");

  const kms = fixture.client(fixture.sandbox.aws.deployer(), "eu-west-2");
  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: "alias/in-process" }));
  expect(KeyMetadata).toMatchObject({ Arn: keyArn, Description: "from structured config" });
});

test.each<[string, string, Record<string, string>, string]>([
  ["a wrong account", "key.ts", { ...CONFIG, "test:account": "444455556666" }, `aws:kms/key:Key (key): AWS account ID not allowed: ${TENANT}`],
  ["a provider's refusal", "key.ts", { ...CONFIG, "test:alias": "no-prefix" }, "aws:kms/alias:Alias (alias): \"name\" must begin with 'alias/' and be comprised of only [a-zA-Z0-9/_-]"],
  ["a disabled default provider", "default-provider.ts", CONFIG, "aws:kms/key:Key (key): Default provider for 'aws' disabled. 'aws:kms/key:Key' must use an explicit provider."],
  ["the program's own failure", "broken.ts", {}, "byok:tenant is missing"],
])("%s reaches the caller intact", async (_, program, config, message) => {
  await expect(deploy(program, config)).rejects.toMatchObject({ name: "ByokError", code: "CONFIG_INVALID", message });
});

test("the default provider takes its configuration from aws:", async () => {
  const { outputs } = await deploy("default-provider.ts", { "aws:region": "ca-central-1" });
  expect(outputs).toEqual({ region: "ca-central-1" });
});

test.each([
  ["a relative path", "program.ts", 'The program "program.ts" must be an absolute path.'],
  ["a missing file", "/nowhere/program.ts", "The program /nowhere/program.ts cannot be read."],
])("%s is refused", async (_, program, message) => {
  const refused = deployInProcess({ sandboxFile: fixture.sandbox.file, program, project: "p", stack: "s", config: {} });
  await expect(refused).rejects.toMatchObject({ code: "CONFIG_INVALID", message });
});

test("a program for Azure, with the SDKs of both its providers", async () => {
  const { certificate } = await selfSigned("service");
  const config = {
    "test:certificate": certificate, "test:directory": TENANT_DIRECTORY, "test:subscription": TENANT_SUBSCRIPTION, "test:vault": "acme-in-process",
  };
  const { outputs, resources } = await deploy("azure.ts", config);
  const keyUri = "https://acme-in-process.vault.azure.net/keys/backup";
  const grantedTo = String(outputs["grantedTo"]);
  expect(outputs).toEqual({ keyUri, sameKeyUri: keyUri, grantedTo, vaultUri: "https://acme-in-process.vault.azure.net/", keyId: expect.any(String) });
  expect(resources.find(({ name }) => name === "certificate")).toMatchObject({ secretInputs: ["value"] });
  const { keys, applications } = fixture.sandbox.azure.status();
  expect(keys).toMatchObject([{ keyId: keyUri, state: "Enabled", grantedTo: [grantedTo] }]);
  expect(applications).toMatchObject([{ displayName: "byok", servicePrincipalId: grantedTo, certificates: [{ notAfter: "2027-11-24T00:00:00.000Z" }] }]);

  const message = `azure-native:resources:ResourceGroup (group): cannot create already existing resource '/subscriptions/${TENANT_SUBSCRIPTION}/resourceGroups/in-process'`;
  await expect(deploy("azure.ts", config)).rejects.toMatchObject({ name: "ByokError", code: "CONFIG_INVALID", message });
});
