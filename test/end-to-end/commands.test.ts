/**
 * The README's commands as they stand, from a stack's output to a restored folder, and the tenant's acts after them. With
 * `pulumi` on PATH every example stack is deployed by the real engine, otherwise one of them in-process.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { deployInProcess } from "../../sandbox/index.js";
import { masterKeyDescriptorsSchema } from "../../runtime/master-key/descriptor.js";
import { README } from "../package/readme.js";
import { PulumiProject, pulumiIsInstalled } from "../stacks/pulumi-project.js";
import { EXAMPLE_STACKS, readStackConfig, ROOT } from "../stacks/stack-file.js";
import { shell, succeed, withByok } from "./shell.js";

/** The stack whose tenant acts. */
const ACTED_ON = "acme-eu";
const installed = pulumiIsInstalled();
const STACKS = installed ? EXAMPLE_STACKS : [ACTED_ON];
if (!installed) process.stderr.write(`skipped: pulumi not on PATH; only ${ACTED_ON} is deployed, in-process\n`);

const OUTPUT_COMMAND = "pulumi stack output masterKeys --json > acme.keys.json";
const KEYS = "--secret acme.secret.json --descriptor acme.keys.json --service-key file:./service.key";

/** Where the commands of a stack run. */
interface Place {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

let folder: string;
let sandbox: ChildProcess;
let environment: Readonly<Record<string, string>>;
const projects: PulumiProject[] = [];
const places = new Map<string, Place>();

/** The README's line that begins so; the test breaks when the README drops it. */
function documented(beginning: string): string {
  const line = README.split("\n").find((text) => text.trim().startsWith(beginning));
  if (line === undefined) throw new Error(`the README has no command "${beginning}"`);
  return line.trim();
}

/** Starts `byok sandbox start` and reads the exports it prints. */
async function startSandbox(): Promise<Record<string, string>> {
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

/** Deploys a stack; its descriptor is in `acme.keys.json` then. */
async function deploy(stack: string): Promise<Place> {
  if (installed) {
    const project = await PulumiProject.create(environment);
    projects.push(project);
    const place = { cwd: project.directory, env: withByok(folder, project.environment) };
    await succeed(`pulumi stack init ${stack} && pulumi up --yes --skip-preview --non-interactive`, place);
    await succeed(documented(OUTPUT_COMMAND), place);
    return place;
  }
  const place = { cwd: join(folder, "work"), env: withByok(folder, { ...process.env, ...environment }) };
  mkdirSync(place.cwd);
  const { outputs } = await deployInProcess({
    sandboxFile: environment["BYOK_SANDBOX"] ?? "",
    program: join(ROOT, "dist/stacks/tenant.js"),
    project: "byok",
    stack,
    config: await readStackConfig(stack),
  });
  writeFileSync(join(place.cwd, "acme.keys.json"), JSON.stringify(outputs["masterKeys"]));
  return place;
}

function makeData(cwd: string): void {
  const data = join(cwd, "data");
  mkdirSync(join(data, "empty folder"), { recursive: true });
  mkdirSync(join(data, "日本語"));
  writeFileSync(join(data, "empty"), "");
  writeFileSync(join(data, "日本語", "größer.bin"), Buffer.alloc(3_000_000, "three segments "));
  symlinkSync("日本語/größer.bin", join(data, "link"));
}

/** ARN of a place's key. */
function keyArn({ cwd }: Place): string {
  const [descriptor] = masterKeyDescriptorsSchema.parse(JSON.parse(readFileSync(join(cwd, "acme.keys.json"), "utf8")));
  if (descriptor?.provider !== "aws-kms") throw new Error("the stack has no AWS key in its output");
  return descriptor.keyArn;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "byok-commands-"));
  environment = await startSandbox();
}, 120_000);

afterAll(async () => {
  if (sandbox.exitCode === null) {
    sandbox.kill("SIGTERM");
    await once(sandbox, "exit");
  }
  for (const project of projects) await project.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(STACKS)("the README's commands, in their order: stack %s", (stack) => {
  let place: Place;

  beforeAll(async () => {
    place = await deploy(stack);
    places.set(stack, place);
    makeData(place.cwd);
  }, 120_000);

  test.each([
    ["byok verify", /Every key can be used from here/],
    ["byok secret create", /Made Secret [0-9a-f]{32} of tenant acme/],
    ["byok encrypt", /Encrypted 2 files, 1 link and 2 folders: 3\.0 MB/],
    ["byok decrypt", /Restored 2 files, 1 link and 2 folders: 3\.0 MB .* every byte authenticated/],
    ["byok inspect", /acme/],
  ])("%s", async (beginning, says) => {
    expect(await succeed(documented(beginning), place)).toMatch(says);
  }, 30_000);

  test("every file is back", async () => {
    await succeed("diff -r --no-dereference data restored", place);
    expect(readFileSync(join(place.cwd, "restored", "link")).length).toBe(3_000_000);
  });

  test("names and tree do not show", () => {
    const names = readdirSync(join(place.cwd, "data.byok"));
    expect(names.filter((name) => !/^[0-9a-f]{32}$/.test(name))).toEqual(["index.byok"]);
    const everything = names.map((name) => readFileSync(join(place.cwd, "data.byok", name), "latin1")).join("");
    for (const word of ["größer", "empty folder", "three segments"]) {
      expect(everything).not.toContain(Buffer.from(word).toString("latin1"));
    }
  });
});

describe("what the tenant does, and what new operations then answer", () => {
  let place: Place;
  /** Several keys are in the sandbox: the one meant is named. */
  let key: string;

  beforeAll(() => {
    const deployed = places.get(ACTED_ON);
    if (deployed === undefined) throw new Error(`${ACTED_ON} was not deployed: run the whole file`);
    place = deployed;
    key = `--key ${keyArn(place)}`;
  });

  /** Runs a `byok` that must fail, and returns its exit code and error code. */
  async function refused(line: string): Promise<{ exitCode: number | null; code: string }> {
    const { exitCode, stdout } = await shell(`${line} --json`, place);
    const { error } = JSON.parse(stdout) as { error: { code: string } };
    return { exitCode, code: error.code };
  }

  test.each([
    ["byok sandbox revoke --by disable", "KEY_DISABLED"],
    ["byok sandbox revoke --by grant", "ACCESS_DENIED"],
    ["byok sandbox schedule-deletion --days 7", "KEY_PENDING_DELETION"],
  ])("%s -> %s, and restored it works again", async (act, code) => {
    await succeed(`${act} ${key}`, place);
    expect(await refused(`byok decrypt ./data.byok ${KEYS} --out ./refused`)).toEqual({ exitCode: 3, code });
    expect(await refused(`byok encrypt ./data ${KEYS} --out ./refused`)).toEqual({ exitCode: 3, code });
    expect(await refused("byok verify --descriptor acme.keys.json")).toEqual({ exitCode: 3, code });
    expect(readdirSync(place.cwd).filter((name) => name.startsWith("refused"))).toEqual([]);
    await succeed(`byok sandbox restore ${key}`, place);
    await succeed(`byok decrypt ./data.byok ${KEYS} --out ./again --force`, place);
    await succeed("diff -r --no-dereference data again", place);
  }, 60_000);

  test("byok sandbox rotate: everything still opens", async () => {
    await succeed(`byok sandbox rotate ${key}`, place);
    await succeed(`byok decrypt ./data.byok ${KEYS} --out ./rotated`, place);
    await succeed("diff -r --no-dereference data rotated", place);
  });

  test("another service key does not open it", async () => {
    await succeed("byok secret create --tenant acme --descriptor acme.keys.json --service-key file:./other.key --out other.json", place);
    const other = KEYS.replace("service.key", "other.key");
    expect(await refused(`byok decrypt ./data.byok ${other} --out ./refused`)).toEqual({ exitCode: 5, code: "WRONG_BINDING_SHARE" });
  });

  test("another Secret does not open it", async () => {
    const other = KEYS.replace("acme.secret.json", "other.json").replace("service.key", "other.key");
    expect(await refused(`byok decrypt ./data.byok ${other} --out ./refused`)).toEqual({ exitCode: 5, code: "SECRET_MISMATCH" });
  });
});
