/**
 * The README's commands as they stand, from a stack's output to a restored folder, and the tenant's acts in between. With
 * `pulumi` on PATH the stack is deployed by the real engine, otherwise in-process.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { deployInProcess } from "../../sandbox/index.js";
import { README } from "../package/readme.js";
import { PulumiProject, pulumiIsInstalled } from "../stacks/pulumi-project.js";
import { readStackConfig, ROOT } from "../stacks/stack-file.js";
import { shell, succeed, withByok } from "./shell.js";

const STACK = "acme-eu";
const OUTPUT_COMMAND = "pulumi stack output masterKeys --json > acme.keys.json";
const KEYS = "--secret acme.secret.json --descriptor acme.keys.json --service-key file:./service.key";

let folder: string;
let sandbox: ChildProcess;
let project: PulumiProject | undefined;
let cwd: string;
let env: NodeJS.ProcessEnv;

/** The README's line that begins so; the test breaks when the README drops it. */
function documented(beginning: string): string {
  const line = README.split("\n").find((text) => text.trim().startsWith(beginning));
  if (line === undefined) throw new Error(`the README has no command "${beginning}"`);
  return line.trim();
}

/** Starts `byok sandbox start` and reads the exports it prints. */
async function startSandbox(): Promise<NodeJS.ProcessEnv> {
  sandbox = spawn(process.execPath, [join(ROOT, "dist/runtime/cli/main.js"), "sandbox", "start", "--dir", join(folder, "sandbox")], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  if (sandbox.stdout === null || sandbox.stderr === null) throw new Error("the sandbox has pipes");
  sandbox.stderr.resume();
  const exported: Record<string, string> = {};
  for await (const line of createInterface(sandbox.stdout)) {
    const [, name, value] = /^export (\w+)='?([^']*)'?$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) exported[name] = value;
    if (name === "PULUMI_DEBUG_PROVIDERS") break;
  }
  return exported;
}

async function deploy(environment: NodeJS.ProcessEnv): Promise<void> {
  if (pulumiIsInstalled()) {
    project = await PulumiProject.create(environment as Record<string, string>);
    cwd = project.directory;
    env = withByok(folder, project.environment);
    await succeed(`pulumi stack init ${STACK} && pulumi up --yes --skip-preview --non-interactive`, { cwd, env });
    await succeed(documented(OUTPUT_COMMAND), { cwd, env });
    return;
  }
  process.stderr.write("skipped: pulumi not on PATH; the stack is deployed in-process\n");
  cwd = join(folder, "work");
  mkdirSync(cwd);
  env = withByok(folder, { ...process.env, ...environment });
  const { outputs } = await deployInProcess({
    sandboxFile: environment["BYOK_SANDBOX"] ?? "",
    program: join(ROOT, "dist/stacks/tenant.js"),
    project: "byok",
    stack: STACK,
    config: await readStackConfig(STACK),
  });
  writeFileSync(join(cwd, "acme.keys.json"), JSON.stringify(outputs["masterKeys"]));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "byok-commands-"));
  await deploy(await startSandbox());
  const data = join(cwd, "data");
  mkdirSync(join(data, "empty folder"), { recursive: true });
  mkdirSync(join(data, "日本語"));
  writeFileSync(join(data, "empty"), "");
  writeFileSync(join(data, "日本語", "größer.bin"), Buffer.alloc(3_000_000, "three segments "));
  symlinkSync("日本語/größer.bin", join(data, "link"));
}, 120_000);

afterAll(async () => {
  if (sandbox.exitCode === null) {
    sandbox.kill("SIGTERM");
    await once(sandbox, "exit");
  }
  await project?.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a `byok` that must fail, and returns its exit code and error code. */
async function refused(line: string): Promise<{ exitCode: number | null; code: string }> {
  const { exitCode, stdout } = await shell(`${line} --json`, { cwd, env });
  const { error } = JSON.parse(stdout) as { error: { code: string } };
  return { exitCode, code: error.code };
}

describe("the README's commands, in their order", () => {
  test.each([
    ["byok verify", /Every key can be used from here/],
    ["byok secret create", /Made Secret [0-9a-f]{32} of tenant acme/],
    ["byok encrypt", /Encrypted 2 files, 1 link and 2 folders: 3\.0 MB/],
    ["byok decrypt", /Restored 2 files, 1 link and 2 folders: 3\.0 MB .* every byte authenticated/],
    ["byok inspect", /acme/],
  ])("%s", async (beginning, says) => {
    expect(await succeed(documented(beginning), { cwd, env })).toMatch(says);
  }, 30_000);

  test("every file is back", async () => {
    await succeed("diff -r --no-dereference data restored", { cwd, env });
    expect(readFileSync(join(cwd, "restored", "link")).length).toBe(3_000_000);
  });

  test("names and tree do not show", () => {
    const names = readdirSync(join(cwd, "data.byok"));
    expect(names.filter((name) => !/^[0-9a-f]{32}$/.test(name))).toEqual(["index.byok"]);
    const everything = names.map((name) => readFileSync(join(cwd, "data.byok", name), "latin1")).join("");
    for (const word of ["größer", "empty folder", "three segments"]) {
      expect(everything).not.toContain(Buffer.from(word).toString("latin1"));
    }
  });
});

describe("what the tenant does, and what new operations then answer", () => {
  test.each([
    ["byok sandbox revoke --by disable", "KEY_DISABLED"],
    ["byok sandbox revoke --by grant", "ACCESS_DENIED"],
    ["byok sandbox schedule-deletion --days 7", "KEY_PENDING_DELETION"],
  ])("%s -> %s, and restored it works again", async (act, code) => {
    await succeed(act, { cwd, env });
    expect(await refused(`byok decrypt ./data.byok ${KEYS} --out ./refused`)).toEqual({ exitCode: 3, code });
    expect(await refused(`byok encrypt ./data ${KEYS} --out ./refused`)).toEqual({ exitCode: 3, code });
    expect(await refused("byok verify --descriptor acme.keys.json")).toEqual({ exitCode: 3, code });
    expect(readdirSync(cwd).filter((name) => name.startsWith("refused"))).toEqual([]);
    await succeed("byok sandbox restore", { cwd, env });
    await succeed(`byok decrypt ./data.byok ${KEYS} --out ./again --force`, { cwd, env });
    await succeed("diff -r --no-dereference data again", { cwd, env });
  }, 60_000);

  test("byok sandbox rotate: everything still opens", async () => {
    await succeed("byok sandbox rotate", { cwd, env });
    await succeed(`byok decrypt ./data.byok ${KEYS} --out ./rotated`, { cwd, env });
    await succeed("diff -r --no-dereference data rotated", { cwd, env });
  });

  test("another service key does not open it", async () => {
    await succeed("byok secret create --tenant acme --descriptor acme.keys.json --service-key file:./other.key --out other.json", { cwd, env });
    const other = KEYS.replace("service.key", "other.key");
    expect(await refused(`byok decrypt ./data.byok ${other} --out ./refused`)).toEqual({ exitCode: 5, code: "WRONG_BINDING_SHARE" });
  });

  test("another Secret does not open it", async () => {
    const other = KEYS.replace("acme.secret.json", "other.json").replace("service.key", "other.key");
    expect(await refused(`byok decrypt ./data.byok ${other} --out ./refused`)).toEqual({ exitCode: 5, code: "SECRET_MISMATCH" });
  });
});
