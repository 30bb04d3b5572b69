/**
 * The README's commands as they stand, from a stack's output to a restored folder, and the tenant's acts after them. With
 * `pulumi` on PATH every example stack is deployed by the real engine, otherwise in-process, of which one per cloud and the one with all go through every command.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { parse, stringify } from "yaml";

import { deployInProcess } from "../../sandbox/index.js";
import { masterKeyDescriptorsSchema, placeOf } from "../../runtime/master-key/descriptor.js";
import { README } from "../package/readme.js";
import { engineIsInstalled } from "../stacks/engine-stage.js";
import { PulumiProject } from "../stacks/pulumi-project.js";
import { ALL_EXAMPLE_STACKS, readStackConfig, ROOT, THREE_CLOUDS_EXAMPLE_STACK } from "../stacks/stack-file.js";
import { shell, succeed, withByok } from "./shell.js";

/** Stacks whose tenants act, one per cloud and one with all. */
const ACTED_ON = ["acme-eu", "acme-gcp-eu", "acme-azure-eu", THREE_CLOUDS_EXAMPLE_STACK] as const;
const installed = engineIsInstalled(`the example stacks are deployed in-process, and ${ACTED_ON.join(", ")} go through every command`);
const STACKS: readonly string[] = installed ? ALL_EXAMPLE_STACKS : ACTED_ON;

const OUTPUT_COMMAND = "pulumi stack output masterKeys --json > acme.keys.json";
const KEYS = "--secret acme.secret.json --descriptor acme.keys.json --service-key file:./service.key";
const CREDENTIALS = "--credentials acme.credentials.json";

/** Where the commands of a stack run. */
interface Place {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly tenant: string;
  readonly azure: boolean;
  /** Drives the stack, with the engine. */
  readonly project?: PulumiProject;
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

/** A stack's configuration with the certificate that the service has just made, where it registers one. */
async function configWith(stack: string, place: Place): Promise<Record<string, string>> {
  const config = await readStackConfig(stack);
  if (!place.azure) return config;
  await succeed(command("byok credentials create", place), place);
  const certificate = readFileSync(join(place.cwd, "acme.certificate.pem"), "utf8");
  const azure = JSON.parse(config["byok:azure"] ?? "") as object;
  return { ...config, "byok:azure": JSON.stringify({ ...azure, certificates: [certificate] }) };
}

/** Deploys a stack; its descriptor is in `acme.keys.json` then. */
async function deploy(stack: string): Promise<Place> {
  const config = await readStackConfig(stack);
  const facts = { tenant: config["byok:tenant"] ?? "", azure: (config["byok:clouds"] ?? "").includes("azure") };
  if (installed) {
    const project = await PulumiProject.create(environment);
    projects.push(project);
    const place = { ...facts, project, cwd: project.directory, env: withByok(folder, project.environment) };
    const text = parse(readFileSync(project.stackFile(stack), "utf8")) as { config: Record<string, unknown> };
    const values = Object.entries(await configWith(stack, place)).map(([key, value]) => [
      key,
      key === "byok:azure" ? (JSON.parse(value) as unknown) : text.config[key],
    ]);
    writeFileSync(project.stackFile(stack), stringify({ config: Object.fromEntries(values) as unknown }));
    await succeed(`pulumi stack init ${stack} && pulumi up --yes --skip-preview --non-interactive`, place);
    await succeed("pulumi preview --expect-no-changes --non-interactive", place);
    await succeed(documented(OUTPUT_COMMAND), place);
    return place;
  }
  const place = { ...facts, cwd: join(folder, stack), env: withByok(folder, { ...process.env, ...environment }) };
  mkdirSync(place.cwd);
  const { outputs } = await deployInProcess({
    sandboxFile: environment["BYOK_SANDBOX"] ?? "",
    program: join(ROOT, "dist/stacks/tenant.js"),
    project: "byok",
    stack,
    config: await configWith(stack, place),
  });
  writeFileSync(join(place.cwd, "acme.keys.json"), JSON.stringify(outputs["masterKeys"]));
  return place;
}

/** The README's line that begins so, for this stack's tenant, with the flags that the README adds for Azure. */
function command(beginning: string, place: Place): string {
  const line = documented(beginning).replace("--tenant acme ", `--tenant ${place.tenant} `);
  const opensKeys = /^byok (verify|secret create|encrypt|decrypt) /.test(line);
  if (!place.azure || !opensKeys) return line;
  const serviceKey = line.includes("--service-key") ? "" : " --service-key file:./service.key";
  return `${line} ${CREDENTIALS}${serviceKey}`;
}

/** The flags that name keys, in `places` with Azure the credentials too. */
function keysOf(place: Place): string {
  return place.azure ? `${KEYS} ${CREDENTIALS}` : KEYS;
}

/** The key ids of a place's descriptors. */
function keyIds({ cwd }: Place): string[] {
  return masterKeyDescriptorsSchema.parse(JSON.parse(readFileSync(join(cwd, "acme.keys.json"), "utf8"))).map(placeOf);
}

/** Runs a `byok` that must fail, and returns its exit code and error code. */
async function refused(line: string, place: Place): Promise<{ exitCode: number | null; code: string }> {
  const { exitCode, stdout } = await shell(`${line} --json`, place);
  const { error } = JSON.parse(stdout) as { error: { code: string } };
  return { exitCode, code: error.code };
}

function makeData(cwd: string): void {
  const data = join(cwd, "data");
  mkdirSync(join(data, "empty folder"), { recursive: true });
  mkdirSync(join(data, "日本語"));
  writeFileSync(join(data, "empty"), "");
  writeFileSync(join(data, "日本語", "größer.bin"), Buffer.alloc(3_000_000, "three segments "));
  symlinkSync("日本語/größer.bin", join(data, "link"));
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
  }, 180_000);

  test.each([
    ["byok verify", /Every key can be used from here/],
    ["byok secret create", /Made Secret [0-9a-f]{32} of tenant acme/],
    ["byok encrypt", /Encrypted 2 files, 1 link and 2 folders: 3\.0 MB/],
    ["byok decrypt", /Restored 2 files, 1 link and 2 folders: 3\.0 MB .* every byte authenticated/],
    ["byok inspect", /acme/],
  ])("%s", async (beginning, says) => {
    expect(await succeed(command(beginning, place), place)).toMatch(says);
  }, 60_000);

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

// With the engine every stack goes through all of the above.
(installed ? describe.skip : describe)("every other example stack", () => {
  test.each(ALL_EXAMPLE_STACKS.filter((stack) => !STACKS.includes(stack)))("%s deploys, and its key can be used", async (stack) => {
    const place = await deploy(stack);
    expect(await succeed(command("byok verify", place), place)).toMatch(/Every key can be used from here/);
  }, 60_000);
});

describe.each(ACTED_ON)("what the tenant of %s does, and what new operations then answer", (stack) => {
  let place: Place;
  /** Several keys are in the sandbox: the one meant is named. */
  let keys: string[];

  beforeAll(() => {
    const deployed = places.get(stack);
    if (deployed === undefined) throw new Error(`${stack} was not deployed: run the whole file`);
    place = deployed;
    keys = keyIds(place);
  });

  test.each([
    ["byok sandbox revoke --by disable", "KEY_DISABLED"],
    ["byok sandbox revoke --by grant", "ACCESS_DENIED"],
  ])("%s, of any key -> %s, and restored it works again", async (act, code) => {
    for (const key of keys) {
      await succeed(`${act} --key ${key}`, place);
      expect(await refused(`byok decrypt ./data.byok ${keysOf(place)} --out ./refused`, place)).toEqual({ exitCode: 3, code });
      expect(await refused(`byok encrypt ./data ${keysOf(place)} --out ./refused`, place)).toEqual({ exitCode: 3, code });
      expect(await refused(command("byok verify", place).replace(/ --wait \w+/, ""), place)).toEqual({ exitCode: 3, code });
      expect(readdirSync(place.cwd).filter((name) => name.startsWith("refused"))).toEqual([]);
      await succeed(`byok sandbox restore --key ${key}`, place);
    }
    await succeed(`byok decrypt ./data.byok ${keysOf(place)} --out ./again --force`, place);
    await succeed("diff -r --no-dereference data again", place);
  }, 120_000);

  test("another service key does not open it, nor does another Secret", async () => {
    const made = command("byok secret create", place).replace("acme.secret.json", "other.json").replace(" --wait 10m", "");
    await succeed(made, place);
    const other = keysOf(place).replace("acme.secret.json", "other.json");
    expect(await refused(`byok decrypt ./data.byok ${other} --out ./refused`, place)).toEqual({ exitCode: 5, code: "SECRET_MISMATCH" });
    if (place.azure) return; // The credentials are sealed by the one service key: another one opens neither.
    await succeed(made.replace("service.key", "other.key").replace("other.json", "third.json"), place);
    const foreign = keysOf(place).replace("service.key", "other.key");
    expect(await refused(`byok decrypt ./data.byok ${foreign} --out ./refused`, place)).toEqual({ exitCode: 5, code: "WRONG_BINDING_SHARE" });
  }, 60_000);

  test("rotated, re-wrapped, the old version taken out where there are versions: everything still opens", async () => {
    for (const key of keys) {
      const { versions } = JSON.parse(await succeed(`byok sandbox rotate --key ${key} --json`, place)) as {
        versions: { version: string; newest: boolean }[];
      };
      await succeed(`byok secret rewrap ${keysOf(place)}`, place);
      for (const { version } of versions.filter(({ newest }) => !newest)) {
        const act = key.startsWith("projects/") ? "destroy-version" : "disable-version";
        await succeed(`byok sandbox ${act} --key ${key} --version ${version}`, place);
      }
      const shown = JSON.parse(await succeed(`byok secret show ${keysOf(place)} --json`, place)) as { rewrapDue: boolean };
      expect(shown.rewrapDue).toBe(false);
    }
    await succeed(`byok decrypt ./data.byok ${keysOf(place)} --out ./rotated --force`, place);
    await succeed("diff -r --no-dereference data rotated", place);
  }, 120_000);
});

describe("acts that only one cloud has", () => {
  const at = (stack: string): Place => {
    const place = places.get(stack);
    if (place === undefined) throw new Error(`${stack} was not deployed: run the whole file`);
    return place;
  };

  test.each([
    ["acme-eu", 7, "KEY_PENDING_DELETION"],
    ["acme-gcp-eu", 30, "KEY_PENDING_DELETION"],
    ["acme-azure-eu", 90, "KEY_NOT_FOUND"],
  ])("%s: schedule-deletion --days %i -> %s, and restored it works again", async (stack, days, code) => {
    const place = at(stack);
    const [key] = keyIds(place);
    await succeed(`byok sandbox schedule-deletion --days ${days} --key ${key ?? ""}`, place);
    expect(await refused(`byok decrypt ./data.byok ${keysOf(place)} --out ./refused`, place)).toEqual({ exitCode: 3, code });
    await succeed(`byok sandbox restore --key ${key ?? ""}`, place);
    await succeed(`byok decrypt ./data.byok ${keysOf(place)} --out ./again --force`, place);
  }, 60_000);

  test("Azure: a closed firewall is NETWORK_BLOCKED, an expired certificate APP_REJECTED", async () => {
    const place = at("acme-azure-eu");
    const [descriptor] = masterKeyDescriptorsSchema.parse(JSON.parse(readFileSync(join(place.cwd, "acme.keys.json"), "utf8")));
    if (descriptor?.provider !== "azure-key-vault") throw new Error("the stack has no Azure key in its output");
    const vault = new URL(descriptor.keyUri).hostname.split(".")[0] ?? "";
    const decrypt = `byok decrypt ./data.byok ${keysOf(place)} --out ./refused`;
    await succeed(`byok sandbox firewall --vault ${vault} --set closed`, place);
    expect(await refused(decrypt, place)).toEqual({ exitCode: 3, code: "NETWORK_BLOCKED" });
    await succeed(`byok sandbox firewall --vault ${vault} --set open`, place);
    await succeed(`byok sandbox expire-certificate --client-id ${descriptor.clientId}`, place);
    expect(await refused(decrypt, place)).toEqual({ exitCode: 3, code: "APP_REJECTED" });
  }, 60_000);
});

(installed ? describe.each(STACKS) : describe.skip.each(STACKS))("destroying stack %s", (stack) => {
  test("is refused; withdrawing the grants ends access and leaves the keys", async () => {
    const place = places.get(stack);
    if (place?.project === undefined) throw new Error(`${stack} was not deployed: run the whole file`);
    const refusal = await place.project.pulumi("destroy", "--yes", "--stack", stack);
    expect(refusal.exitCode).not.toBe(0);
    expect(refusal.output).toContain("because it is protected");
    await succeed("pulumi destroy --yes --exclude-protected --non-interactive", place);
    const verify = command("byok verify", place).replace(/ --wait \w+/, "");
    expect(await refused(verify, place)).toMatchObject({ exitCode: 3 });
    const { keys } = JSON.parse(await succeed("byok sandbox status --json", place)) as { keys: { keyId: string; grantedTo: string[] }[] };
    for (const id of keyIds(place)) expect(keys.find(({ keyId }) => keyId === id)).toMatchObject({ grantedTo: [] });
  }, 120_000);
});
