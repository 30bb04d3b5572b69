/** `npm run live` against the sandbox, with the real Pulumi engine. Skipped, and said so, where `pulumi` is missing. */
import { beforeAll, expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describeUnderEngine } from "../stacks/engine-stage.js";
import { ROOT } from "../stacks/stack-file.js";

const TIMEOUT = 600_000;

interface LiveReport {
  readonly ok: boolean;
  readonly versions: Readonly<Record<string, string>>;
  readonly stages: readonly { readonly name: string; readonly startedAt: string; readonly seconds: number; readonly ok: boolean; readonly detail: string }[];
  readonly leftBehind: readonly { readonly what: string; readonly how: string }[];
}

let deployer: NodeJS.ProcessEnv;
let serviceEnv: string;

describeUnderEngine("npm run live, against the sandbox", TIMEOUT, (stage) => {
  beforeAll(async () => {
    const { PULUMI_DEBUG_PROVIDERS: providers, ...service } = stage.sandbox.environment;
    serviceEnv = join(stage.directory, "service.env");
    writeFileSync(serviceEnv, Object.entries(service).map(([name, value]) => `${name}=${value}\n`).join(""), { mode: 0o600 });
    const { aws, gcp } = await stage.sandbox.client.act("deployers", {});
    deployer = {
      ...stage.project.environment,
      PULUMI_DEBUG_PROVIDERS: providers,
      AWS_ACCESS_KEY_ID: aws.accessKeyId,
      AWS_SECRET_ACCESS_KEY: aws.secretAccessKey,
      AWS_SESSION_TOKEN: aws.sessionToken ?? "",
      GOOGLE_APPLICATION_CREDENTIALS: gcp?.keyFile,
    };
  }, TIMEOUT);

  /** Runs `npm run live` and reads its report. */
  async function live(...args: string[]): Promise<{ exitCode: number | null; output: string; report: LiveReport | undefined }> {
    const json = join(stage.directory, "report.json");
    rmSync(json, { force: true });
    const all = ["--project", stage.project.directory, "--service-env", serviceEnv, "--wait", "1m", "--every", "1s", "--json", json, ...args];
    const child = spawn(process.execPath, ["--import", "tsx", join(ROOT, "live/main.ts"), ...all], { cwd: ROOT, env: deployer, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    const [exitCode] = (await once(child, "close")) as [number | null];
    // A run that is refused before it did anything has nothing to report.
    const report = existsSync(json) ? (JSON.parse(readFileSync(json, "utf8")) as LiveReport) : undefined;
    return { exitCode, output, report };
  }

  const stateOf = async (): Promise<unknown> => (await stage.sandbox.client.act("status", {})).keys.map(({ state, grantedTo }) => ({ state: state.toLowerCase(), granted: grantedTo.length }));

  test(
    "the whole life of a key, with two identities",
    async () => {
      await stage.succeed("stack", "init", "acme-eu");
      const stackFile = (): string => readFileSync(stage.project.stackFile("acme-eu"), "utf8");
      const before = stackFile();
      const { exitCode, output, report } = await live("acme-eu");
      expect({ exitCode, output }).toEqual({ exitCode: 0, output: expect.stringContaining("Everything held.") });
      expect(report?.ok).toBe(true);
      expect(Object.keys(report?.versions ?? {})).toEqual(["pulumi-byok", "pulumi", "node"]);
      expect(report?.stages.map(({ name }) => name)).toEqual([
        "look", "up", "verify", "encrypt", "disable aws-kms", "enable aws-kms", "suspend", "grant", "decrypt", "teardown: grants", "teardown: stack",
      ]);
      for (const { ok, startedAt, seconds } of report?.stages ?? []) {
        expect({ ok, dated: !Number.isNaN(Date.parse(startedAt)), timed: seconds >= 0 }).toEqual({ ok: true, dated: true, timed: true });
      }
      const details = new Map(report?.stages.map(({ name, detail }) => [name, detail]));
      expect(details.get("disable aws-kms")).toMatch(/^access survived \d+\.\d s$/);
      expect(details.get("enable aws-kms")).toMatch(/^back after \d+\.\d s$/);
      expect(details.get("suspend")).toMatch(/^access survived \d+\.\d s after the update was done$/);
      expect(report?.leftBehind).toEqual([{ what: expect.stringMatching(/^arn:aws:kms:/), how: expect.stringMatching(/^kept on purpose/) }]);
      expect(await stateOf()).toEqual([{ state: "enabled", granted: 0 }]);
      // The switch is as it was; comments and values stay.
      expect(stackFile()).toBe(before);
    },
    TIMEOUT,
  );

  test(
    "a stack that holds resources is used only when that is said, and is then as it was; what fails is undone",
    async () => {
      await stage.succeed("up", "--yes", "--skip-preview", "--stack", "acme-eu");
      const before = await stateOf();
      const refused = await live("acme-eu");
      expect(refused).toMatchObject({ exitCode: 2, output: expect.stringMatching(/holds \d+ resources already\. Name a stack that is empty, or give --existing/) });
      expect(await stateOf()).toEqual(before);

      await stage.sandbox.client.act("aws.injectFault", { operation: "EnableKey", error: "KMSInternalException", times: 3 });
      const failed = await live("acme-eu", "--existing");
      expect(failed.exitCode).not.toBe(0);
      expect(failed.report?.stages.slice(-2)).toMatchObject([{ name: "enable aws-kms", ok: false }, { name: expect.stringMatching(/^undo: disabled arn:/), ok: true }]);
      expect(failed.output).toContain("Not everything held.");
      expect(await stateOf()).toEqual(before);

      const again = await live("acme-eu", "--existing");
      expect({ exitCode: again.exitCode, output: again.output }).toMatchObject({ exitCode: 0 });
      expect(again.report?.stages.map(({ name }) => name)).not.toContain("teardown: grants");
      expect(again.report?.leftBehind).toEqual([]);
      expect(await stateOf()).toEqual(before);
    },
    TIMEOUT,
  );
});
