/**
 * The example stacks under the real Pulumi engine, against the sandbox. Skipped, and said so, where `pulumi` is missing.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { masterKeyDescriptorsSchema, type AwsKmsDescriptor } from "../../runtime/master-key/descriptor.js";
import { PulumiProject, pulumiIsInstalled, type CommandResult } from "./pulumi-project.js";
import { startSandboxProcess, type SandboxProcess } from "./sandbox-process.js";
import { EXAMPLE_STACKS, readStackConfig, stackFile } from "./stack-file.js";

const TIMEOUT = 300_000;
const installed = pulumiIsInstalled();
if (!installed) process.stderr.write("skipped: pulumi not on PATH\n");

let directory: string;
let sandbox: SandboxProcess;
let project: PulumiProject;

(installed ? describe : describe.skip)("under the Pulumi engine", () => {
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "byok-engine-sandbox-"));
    sandbox = await startSandboxProcess(directory);
    project = await PulumiProject.create(sandbox.environment);
  }, TIMEOUT);

  afterAll(async () => {
    await project.remove();
    await sandbox.close();
    await rm(directory, { recursive: true });
  });

  /** Runs a command that must succeed; its output is the failure's explanation. */
  async function succeed(...args: string[]): Promise<CommandResult> {
    const result = await project.pulumi(...args);
    if (result.exitCode !== 0) throw new Error(`pulumi ${args.join(" ")} exited ${result.exitCode}:\n${result.output}`);
    return result;
  }

  async function masterKey(stack: string): Promise<AwsKmsDescriptor> {
    const { stdout } = await succeed("stack", "output", "masterKeys", "--json", "--stack", stack);
    const [descriptor, ...others] = masterKeyDescriptorsSchema.parse(JSON.parse(stdout));
    if (descriptor?.provider !== "aws-kms" || others.length > 0) throw new Error(`unexpected master keys: ${stdout}`);
    return descriptor;
  }

  /** The key as KMS has it. */
  async function keyInKms(keyArn: string) {
    const { keys } = await sandbox.client.act("aws.status", {});
    const key = keys.find((candidate) => candidate.keyArn === keyArn);
    return key && { state: key.state, aliases: key.aliases, grantedTo: key.grantedTo };
  }

  /** Types of the resources that a stack still has. */
  async function resourceTypes(stack: string): Promise<string[]> {
    const state = JSON.parse((await succeed("stack", "export", "--stack", stack)).stdout) as {
      deployment: { resources?: { type: string }[] };
    };
    return (state.deployment.resources ?? []).map(({ type }) => type).sort();
  }

  const KEPT = [
    "aws:kms/alias:Alias",
    "aws:kms/key:Key",
    "pulumi-byok:index:AwsTenantKey",
    "pulumi-byok:index:TenantKeys",
    "pulumi:providers:aws",
    "pulumi:pulumi:Stack",
  ];
  const ALL = [...KEPT, "aws:kms/keyPolicy:KeyPolicy"].sort();

  test.each(EXAMPLE_STACKS)(
    "%s: up, refusal to destroy, withdrawn grant, restored grant, teardown, up again",
    async (stack) => {
      const config = await readStackConfig(stack);
      const inStack = ["--stack", stack];

      await succeed("stack", "init", stack);
      // Comments and values survive; a salt, which is no secret, is all that Pulumi adds.
      const added = (await readFile(project.stackFile(stack), "utf8")).replace(await readFile(stackFile(stack), "utf8"), "");
      expect(added).toMatch(/^encryptionsalt: \S+\n$/);

      await succeed("up", "--yes", ...inStack);
      await succeed("preview", "--expect-no-changes", ...inStack);
      const key = await masterKey(stack);
      expect(key).toMatchObject({ tenant: "acme", datacenter: config["byok:datacenter"] });
      const granted = { state: "Enabled", aliases: [key.aliasName], grantedTo: [key.grantedTo] };
      expect(await keyInKms(key.keyArn)).toEqual(granted);

      const refused = await project.pulumi("destroy", "--yes", ...inStack);
      expect(refused.exitCode).not.toBe(0);
      expect(refused.output).toContain("because it is protected");
      expect(refused.output).toContain("pulumi state unprotect");
      expect(await keyInKms(key.keyArn)).toEqual(granted);
      expect(await resourceTypes(stack)).toEqual(ALL);

      await succeed("destroy", "--exclude-protected", "--yes", ...inStack);
      expect(await keyInKms(key.keyArn)).toEqual({ ...granted, grantedTo: [] });
      expect(await resourceTypes(stack)).toEqual(KEPT);

      await succeed("up", "--yes", "--skip-preview", ...inStack);
      expect(await masterKey(stack)).toEqual(key);
      expect(await keyInKms(key.keyArn)).toEqual(granted);

      await succeed("state", "unprotect", "--all", "--yes", ...inStack);
      await succeed("destroy", "--yes", ...inStack);
      expect(await resourceTypes(stack)).toEqual([]);
      expect(await keyInKms(key.keyArn)).toEqual({ state: "Enabled", aliases: [], grantedTo: [] });

      await succeed("up", "--yes", "--skip-preview", ...inStack);
      const next = await masterKey(stack);
      expect(next.keyArn).not.toBe(key.keyArn);
      expect(next).toEqual({ ...key, keyArn: next.keyArn });
      expect(await keyInKms(next.keyArn)).toEqual(granted);
    },
    TIMEOUT,
  );

  test(
    "what the tenant revoked: `up --refresh` leaves a disabled key disabled, and grants again what was withdrawn by hand",
    async () => {
      const stack = "acme-eu";
      const { keyArn, grantedTo } = await masterKey(stack);
      await succeed("preview", "--refresh", "--expect-no-changes", "--stack", stack);

      await sandbox.client.act("revoke", { key: keyArn, by: "disable" });
      await succeed("up", "--yes", "--skip-preview", "--refresh", "--stack", stack);
      expect(await keyInKms(keyArn)).toMatchObject({ state: "Disabled", grantedTo: [grantedTo] });
      await sandbox.client.act("restore", { key: keyArn });

      await sandbox.client.act("revoke", { key: keyArn, by: "grant" });
      await succeed("preview", "--expect-no-changes", "--stack", stack);
      await succeed("up", "--yes", "--skip-preview", "--refresh", "--stack", stack);
      expect(await keyInKms(keyArn)).toMatchObject({ state: "Enabled", grantedTo: [grantedTo] });
    },
    TIMEOUT,
  );

  test(
    "state holds no credential and no secret",
    async () => {
      const { stdout } = await succeed("stack", "export", "--show-secrets", "--stack", "acme-eu");
      const { accessKeyId, secretAccessKey, sessionToken } = (await sandbox.client.act("deployers", {})).aws;
      for (const secret of [accessKeyId, secretAccessKey, sessionToken]) expect(stdout).not.toContain(secret);
      // Pulumi's mark of a secret value, in state: sdk/go/common/resource, SigKey.
      expect(stdout).not.toContain("4dabf18193072939515e22adb298388d");
    },
    TIMEOUT,
  );

  test(
    "a wrong account and a wrong configuration are refused before anything is created",
    async () => {
      const stack = "acme-wrong";
      const before = (await sandbox.client.act("status", {})).keys;
      await writeFile(project.stackFile(stack), await readFile(stackFile("acme-uk"), "utf8"));
      await succeed("stack", "init", stack);

      await sandbox.client.act("aws.signIn", { account: "444455556666" });
      for (const skip of [[], ["--skip-preview"]]) {
        await sandbox.client.act("aws.clearCalls", {});
        const wrongAccount = await project.pulumi("up", "--yes", ...skip, "--stack", stack);
        expect(wrongAccount.exitCode).not.toBe(0);
        expect(wrongAccount.output).toContain("AWS account ID not allowed: 444455556666");
        expect(await sandbox.client.act("aws.calls", {})).toEqual([]);
      }
      await sandbox.client.act("aws.signIn", { account: "111122223333" });

      await succeed("config", "set", "byok:datacenter", "mars", "--stack", stack);
      await succeed("config", "set", "byok:tenannt", "acme", "--stack", stack);
      const wrongConfig = await project.pulumi("up", "--yes", "--skip-preview", "--stack", stack);
      expect(wrongConfig.exitCode).not.toBe(0);
      expect(wrongConfig.output).toContain('byok:datacenter: must be one of usa, eu, uk, au, ca, not "mars"');
      expect(wrongConfig.output).toContain('byok:tenannt: unknown key (did you mean "tenant"?)');
      expect(wrongConfig.output).not.toMatch(/\n\s+at /);
      expect(await sandbox.client.act("aws.calls", {})).toEqual([]);
      expect((await sandbox.client.act("status", {})).keys).toEqual(before);
    },
    TIMEOUT,
  );
});
