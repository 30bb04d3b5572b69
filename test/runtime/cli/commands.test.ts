/** The built command, in processes of its own: what a shell sees. Needs `npm run build`, which `npm test` does first. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describeTree, fillFolder, newFolder, newTenant, removeFolders, type Tenant } from "./fixture.js";

const MAIN = resolve("dist/runtime/cli/main.js");

let place: string;
let tenant: Tenant;

beforeAll(async () => {
  place = await newFolder();
  tenant = await newTenant(place);
  await mkdir(join(place, "data"));
  await fillFolder(join(place, "data"));
});

afterAll(removeFolders);

interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function byok(args: readonly string[], env: Record<string, string> = {}): Promise<Result> {
  return node([MAIN, ...args], env);
}

function node(args: readonly string[], env: Record<string, string> = {}): Promise<Result> {
  return new Promise((done) => {
    const clean = { PATH: process.env["PATH"], HOME: place, ...env };
    const child = execFile(process.execPath, args, { cwd: place, env: clean }, (_error, out, err) => {
      done({ code: child.exitCode, out, err });
    });
  });
}

const KEYS = "--secret acme.secret.json --descriptor acme.keys.json --service-key file:./service.key".split(" ");

describe("the commands as the issue has them", () => {
  test("from a stack's output to a restored folder", async () => {
    const folder = await newFolder();
    await rename(tenant.secret, join(folder, "kept"));
    try {
      const create = "secret create --tenant acme --descriptor acme.keys.json --service-key file:./service.key --out acme.secret.json";
      expect(await byok("verify --descriptor acme.keys.json --wait 10m --mode development".split(" "))).toMatchObject({ code: 0 });
      expect(await byok(create.split(" "))).toMatchObject({ code: 0 });
      expect(await byok(["encrypt", "./data", ...KEYS, "--out", "./data.byok"])).toMatchObject({ code: 0 });
      expect(await byok(["decrypt", "./data.byok", ...KEYS, "--out", "./restored"])).toMatchObject({ code: 0 });
      expect(await describeTree(join(place, "restored"))).toEqual(await describeTree(join(place, "data")));
      for (const object of (await readdir(join(place, "data.byok"))).slice(-2)) {
        const inspected = await byok(["inspect", `./data.byok/${object}`, "--json"]);
        expect(JSON.parse(inspected.out)).toMatchObject({ format: 1, identity: { tenant: "acme" }, secret: { generation: 1 } });
      }
    } finally {
      await rename(join(folder, "kept"), tenant.secret);
    }
  });

  test("--json is one document on standard output, errors included", async () => {
    const made = await byok(["encrypt", "./data", ...KEYS, "--out", "./json.byok", "--json"]);
    expect(JSON.parse(made.out)).toMatchObject({ files: 6, folders: 3, links: 3 });
    const again = await byok(["encrypt", "./data", ...KEYS, "--out", "./json.byok", "--json"]);
    expect(again.code).toBe(6);
    expect(JSON.parse(again.out)).toEqual({
      error: {
        name: "FileError",
        code: "TARGET_EXISTS",
        message: "./json.byok exists already. Choose another --out, or replace it with --force.",
        revocation: false,
        retryable: false,
        exitCode: 6,
        likelyCauses: [],
      },
    });
    expect(again.err).toBe("");
  });
});

describe("exit codes", () => {
  test("0 and 2: help and usage", async () => {
    const { version } = JSON.parse(await readFile("package.json", "utf8")) as { version: string };
    expect(await byok(["--version"])).toEqual({ code: 0, out: `${version}\n`, err: "" });
    expect(await byok(["--help"])).toMatchObject({ code: 0, err: "", out: expect.stringContaining("130  interrupted") as unknown });
    expect(await byok(["verify"])).toMatchObject({ code: 2, out: "" });
  });

  test("1: something unexpected", async () => {
    const hook = join(place, "hook.cjs");
    await writeFile(hook, 'require("node:fs/promises").stat = () => Promise.reject(new Error("unforeseen"));');
    expect(await node(["--require", hook, MAIN, "inspect", "x"])).toEqual({
      code: 1,
      out: "",
      err: "byok: UNEXPECTED: unforeseen\nRun again with --verbose, and report it.\n",
    });
  });

  test("3: the key is gone", async () => {
    await byok(["encrypt", "./data", ...KEYS, "--out", "./three.byok"]);
    await rename(tenant.tenantKey, `${tenant.tenantKey}.away`);
    try {
      const result = await byok(["decrypt", "./three.byok", ...KEYS, "--out", "./three"]);
      expect(result.code).toBe(3);
      expect(result.err).toContain("byok: KEY_NOT_FOUND: ");
      expect(result.err).toContain("Likely causes:\n  - ");
    } finally {
      await rename(`${tenant.tenantKey}.away`, tenant.tenantKey);
    }
  });

  test("4: nobody answers", async () => {
    // Port 9 of loopback (discard, RFC 863) has no listener here.
    await writeFile(join(place, "sandbox.json"), JSON.stringify({ schema: 1, endpoints: { "aws-kms": "http://127.0.0.1:9" } }));
    const keyArn = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-000000000000";
    const descriptor = { schema: 1, tenant: "acme", datacenter: "eu", provider: "aws-kms", grantedTo: "arn:aws:iam::444455556666:root", keyArn, aliasName: "alias/X" };
    await writeFile(join(place, "aws.json"), JSON.stringify([descriptor]));
    const env = { BYOK_SANDBOX: join(place, "sandbox.json"), AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "example" };
    const result = await byok(["verify", "--descriptor", "aws.json"], env);
    expect(result.code).toBe(4);
    expect(result.err).toContain("byok: DEVELOPMENT MODE: BYOK_SANDBOX sends every call to a sandbox on this machine. Not for customers' data.\n");
    expect(result.err).toContain("byok: UNAVAILABLE: ");
    expect(result.err).toContain("Likely causes:\n  - The sandbox is not running: start it with `byok sandbox start`");
    expect(await byok(["verify", "--descriptor", "aws.json", "--mode", "production"], env)).toMatchObject({ code: 2 });
  });

  test("5: an altered object, and nothing is written", async () => {
    await byok(["encrypt", "./data/a.txt", ...KEYS, "--out", "./five.byok"]);
    const file = await open(join(place, "five.byok"), "r+");
    await file.write(Buffer.from([0, 1, 2]), 0, 3, (await file.stat()).size - 3);
    await file.close();
    const result = await byok(["decrypt", "./five.byok", ...KEYS, "--out", "./five"]);
    expect(result).toMatchObject({ code: 5, err: expect.stringContaining("byok: AUTHENTICATION_FAILED: ") as unknown });
    expect((await readdir(place)).filter((name) => name.startsWith("five"))).toEqual(["five.byok"]);
  });

  test("6: a full disk", async () => {
    const full = await open("/dev/full", "w");
    const child = spawn(process.execPath, [MAIN, "encrypt", "./data/sub/segments", ...KEYS, "--out", "-"], {
      cwd: place,
      stdio: ["ignore", full.fd, "pipe"],
    });
    let err = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (err += text));
    const [code] = (await once(child, "close")) as [number | null];
    await full.close();
    expect(err).toContain("byok: DISK_FULL: Could not write to standard output: the disk is full.");
    expect(code).toBe(6);
  });

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("130: %s in the middle leaves nothing", async (signal) => {
    const child = spawn(process.execPath, [MAIN, "encrypt", "-", ...KEYS, "--out", "./stopped.byok"], { cwd: place, stdio: ["pipe", "pipe", "pipe"] });
    let err = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
    // Standard input stays open: the run is in the middle until it is told otherwise.
    child.stdin.on("error", () => undefined);
    child.stdin.write(Buffer.alloc(4 * 1024 * 1024));
    const partial = async (): Promise<string[]> => (await readdir(place)).filter((name) => name.startsWith("stopped.byok"));
    while (child.exitCode === null && (await partial()).length === 0) await new Promise((next) => setImmediate(next));
    child.kill(signal);
    const [code] = (await once(child, "close")) as [number | null];
    expect(err).toContain(`byok: ABORTED: Interrupted by ${signal}: nothing half-written is left.\n`);
    expect(code).toBe(130);
    expect(await partial()).toEqual([]);
  });
});

describe("what is loaded", () => {
  /** Modules of packages that a run of the command has loaded when it ends. */
  async function loaded(args: readonly string[]): Promise<string[]> {
    const list = join(place, "modules.json");
    const hook = join(place, "hook.cjs");
    await writeFile(hook, `process.on("exit", () => require("fs").writeFileSync(${JSON.stringify(list)}, JSON.stringify(Object.keys(require.cache))));`);
    expect(await node(["--require", hook, MAIN, ...args])).toMatchObject({ code: 0 });
    const modules = JSON.parse(await readFile(list, "utf8")) as string[];
    expect(modules).toContain(MAIN);
    return [...new Set(modules.map((path) => /node_modules\/((@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? "").filter((name) => name !== ""))].sort();
  }

  test("help and inspect load no cloud SDK, no progress bar and no Pulumi", async () => {
    await byok(["encrypt", "./data/a.txt", ...KEYS, "--out", "./load.byok"]);
    for (const args of [["--help"], ["inspect", "load.byok"]]) {
      const packages = await loaded(args);
      expect(packages).toContain("commander");
      expect(packages.filter((name) => /^(@aws-sdk|@smithy|@google-cloud|@azure|@pulumi|cli-progress)/.test(name))).toEqual([]);
    }
  });
});
