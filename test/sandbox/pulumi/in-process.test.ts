import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { DescribeKeyCommand } from "@aws-sdk/client-kms";

import { deployInProcess, type DeploymentResult } from "../../../sandbox/index.js";
import { type Fixture, keyPolicy, sandboxFixture, TENANT } from "../fixtures.js";

let fixture: Fixture;
beforeAll(async () => {
  fixture = await sandboxFixture();
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
  ["a wrong account", "key.ts", { ...CONFIG, "test:account": "444455556666" }, `pulumi:providers:aws (tenant): AWS account ID not allowed: ${TENANT}`],
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
