import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { CreateKeyCommand } from "@aws-sdk/client-kms";
import { Command } from "commander";

import { sandboxCommand } from "../../../sandbox/cli/index.js";
import { type Fixture, keyPolicy, sandboxFixture, SERVICE, temporaryDirectory } from "../fixtures.js";

const ROOT = join(__dirname, "../../..");

describe("acts on a running sandbox", () => {
  let fixture: Fixture;
  let keyArn: string;
  let printed: string;

  beforeEach(async () => {
    fixture = await sandboxFixture();
    const tenant = fixture.client(fixture.sandbox.aws.deployer());
    const grant = { Effect: "Allow", Principal: { AWS: SERVICE }, Action: "kms:Encrypt", Resource: "*" };
    keyArn = (await tenant.send(new CreateKeyCommand({ Policy: keyPolicy(grant) }))).KeyMetadata?.Arn ?? "";
    printed = "";
    jest.spyOn(process.stdout, "write").mockImplementation((text) => {
      printed += String(text);
      return true;
    });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await fixture.close();
  });

  /** Runs a command and gives what it printed. */
  const run = async (...args: string[]): Promise<string> => {
    printed = "";
    const program = new Command("byok").exitOverride().addCommand(sandboxCommand());
    for (const command of program.commands.flatMap((one) => [one, ...one.commands])) {
      command.exitOverride().configureOutput({ writeErr: () => undefined });
    }
    await program.parseAsync(["sandbox", ...args, "--dir", fixture.directory], { from: "user" });
    return printed;
  };
  const json = async (...args: string[]): Promise<unknown> => JSON.parse(await run(...args, "--json"));

  test("revoke, restore, rotate and schedule-deletion", async () => {
    await expect(json("revoke", "--by", "disable")).resolves.toMatchObject({ keyId: keyArn, state: "Disabled", revoked: true });
    await expect(json("restore")).resolves.toMatchObject({ state: "Enabled", revoked: false });
    await expect(json("revoke", "--by", "grant", "--key", keyArn)).resolves.toMatchObject({ state: "Enabled", grantedTo: [] });
    await expect(json("restore")).resolves.toMatchObject({ grantedTo: [SERVICE] });
    await expect(json("rotate")).resolves.toMatchObject({ notes: ["2 version(s) of key material"] });
    await expect(json("schedule-deletion", "--days", "9")).resolves.toMatchObject({
      state: "PendingDeletion", deletionDate: "2026-12-03T00:00:00.000Z",
    });
    await expect(run("status")).resolves.toBe(
      [
        "signed in: arn:aws:sts::111122223333:assumed-role/deployer/pulumi",
        keyArn,
        "  PendingDeletion, gone on 2026-12-03T00:00:00.000Z, restore brings it back",
        `  granted to ${SERVICE}`,
        "  2 version(s) of key material\n",
      ].join("\n"),
    );
  });

  test("sign-in shows who, and no credentials", async () => {
    const shown = await run("sign-in", "--account", "999988887777", "--json");
    expect(JSON.parse(shown)).toEqual({ aws: "arn:aws:sts::999988887777:assumed-role/deployer/pulumi" });
    expect(fixture.sandbox.aws.deployer().account).toBe("999988887777");
  });

  test.each<[string, string[], string]>([
    ["no route", ["revoke"], "error: required option '--by <route>' not specified"],
    ["unknown route", ["revoke", "--by", "magic"], "error: option '--by <route>' argument 'magic' is invalid. Allowed choices are disable, grant."],
    ["too few days", ["schedule-deletion", "--days", "0"], "error: option '--days <n>' argument '0' is invalid. It must be a whole number from 1 to 120."],
    ["nobody to sign in", ["sign-in"], "Name at least one of --account, --project and --directory."],
    ["a cloud that does not run", ["sign-in", "--project", "x"], "This sandbox runs without gcp"],
    ["no application", ["expire-certificate"], "error: required option '--client-id <id>' not specified"],
    ["no state of the firewall", ["firewall", "--vault", "v"], "error: required option '--set <state>' not specified"],
    ["account that is none", ["sign-in", "--account", "12"], '"12" is not an AWS account id: those have 12 digits.'],
    ["key that is none", ["revoke", "--by", "disable", "--key", "x"], "There is no key x in the sandbox. Its keys:\n  KEY (Enabled)"],
    ["no version", ["disable-version"], "error: required option '--version <version>' not specified"],
    [
      "a version of AWS", ["destroy-version", "--version", "1"],
      "AWS keeps all material of a key until the key itself is deleted: no version of KEY can be taken out. Revoke the key, or schedule its deletion.",
    ],
    ["nothing to restore", ["restore"], "Nothing was taken away from KEY: there is nothing to restore."],
  ])("%s is refused and nothing changes", async (_, args, message) => {
    const before = fixture.sandbox.aws.status();
    await expect(run(...args)).rejects.toThrow(message.replace("KEY", keyArn));
    expect(fixture.sandbox.aws.status()).toEqual(before);
  });
});

test("start prints what a shell can evaluate, serves, and stops on SIGTERM", async () => {
  const directory = temporaryDirectory();
  const script = `
    const { sandboxCommand } = require(${JSON.stringify(join(ROOT, "sandbox/cli/index.ts"))});
    sandboxCommand().parseAsync(["start", "--no-pulumi", "--dir", ${JSON.stringify(directory.path)}], { from: "user" });
  `;
  const child = spawn(process.execPath, ["--import", "tsx", "--eval", script], { cwd: ROOT });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  const running = new Promise<void>((resolve) => {
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
      if (stderr.includes("the ports are others then")) resolve();
    });
  });
  await Promise.race([running, once(child, "exit")]);
  const names = stdout.trim().split("\n").map((line) => /^export ([A-Z_0-9]+)='[^']*'$/.exec(line)?.[1]);
  expect(names).toEqual(["BYOK_SANDBOX", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_EC2_METADATA_DISABLED", "GOOGLE_APPLICATION_CREDENTIALS"]);
  expect(stderr).toMatch(/Stop it with Ctrl-C; its state stays\.\nAfter a restart paste the new lines: the ports are others then\.\n$/);
  child.kill("SIGTERM");
  await expect(once(child, "exit")).resolves.toEqual([0, null]);
  directory.remove();
});
