/** `npm start -- FOLDER` as built, deployed in-process: runs that are over quickly, and the ends that a run can have. */
import { type ChildProcessByStdio, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { accessSync, chmodSync, chownSync, constants, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Readable } from "node:stream";

import { afterEach, beforeEach, expect, test } from "@jest/globals";

import { BOUND } from "../../../sandbox/demo/bound.js";
import { ROOT } from "../../stacks/stack-file.js";
import { temporaryDirectory } from "../fixtures.js";

const MAIN = join(ROOT, "dist/sandbox/demo/main.js");
const NOBODY = 65_534;

let directory: ReturnType<typeof temporaryDirectory>;
let input: string;
let work: string;

beforeEach(() => {
  directory = temporaryDirectory();
  input = join(directory.path, "input");
  work = join(directory.path, "work");
  for (const folder of [input, work]) mkdirSync(folder);
});
afterEach(() => {
  directory.remove();
});

/** Root may remove anything; a user's restored read-only folders are another matter. */
function asUser(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const identity = { uid: NOBODY, gid: NOBODY };
  const canRead = spawnSync(process.execPath, ["--eval", `fs.accessSync(${JSON.stringify(MAIN)})`], identity).status === 0;
  if (!canRead) return {};
  chmodSync(directory.path, 0o755);
  chownSync(work, NOBODY, NOBODY);
  return identity;
}

function hasPulumi(folder: string): boolean {
  try {
    accessSync(join(folder, "pulumi"), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function start(identity: { uid?: number; gid?: number } = {}): ChildProcessByStdio<null, Readable, Readable> {
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !hasPulumi(folder));
  return spawn(process.execPath, [MAIN, input, "--work-dir", work], {
    ...identity,
    env: { ...process.env, PATH: path.join(delimiter), NODE_OPTIONS: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function finish(child: ReturnType<typeof start>, onOutput: (stdout: string) => void = () => undefined): Promise<Run> {
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    onOutput((stdout += text));
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [exitCode] = (await once(child, "close")) as [number | null];
  return { exitCode, stdout, stderr };
}

test("a folder without files, read-only folders in it, by an ordinary user: plays to its end and leaves nothing", async () => {
  mkdirSync(join(input, "read-only", "inner"), { recursive: true });
  symlinkSync("nowhere", join(input, "link"));
  chmodSync(join(input, "read-only"), 0o555);
  const { exitCode, stdout, stderr } = await finish(start(asUser()));
  // Nothing of the SDK's or Node's own in between either.
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toContain("one byte appended to the index: exit code 5, nothing written");
  expect(stdout).toContain("(bound here: 5.0 s = 3 s ttl + 2 s for the try itself)");
  expect(stdout).toContain("0 files, 0 B with the same SHA-256");
  expect(readdirSync(work)).toEqual([]);
}, 300_000);

test("while the KMS can be reached, grace is no part of the bound", () => {
  expect(BOUND).toEqual({ milliseconds: 5_000, words: "3 s ttl + 2 s for the try itself" });
});

test("a named pipe is refused at once", async () => {
  execFileSync("mkfifo", [join(input, "pipe")]);
  const { exitCode, stdout, stderr } = await finish(start());
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toContain("FAILED: CONFIG_INVALID: Sockets, pipes and devices cannot be backed up: pipe (pipe).");
  expect(readdirSync(work)).toEqual([]);
});

test.each([
  ["SIGINT", "the deployment", "signed in to"],
  ["SIGTERM", "a command", "$ byok verify"],
] as const)("%s during %s: stopped, cleaned up, exit code 130", async (name, _, moment) => {
  const child = start();
  let sent = false;
  const { exitCode, stdout, stderr } = await finish(child, (text) => {
    if (sent || !text.includes(moment)) return;
    sent = true;
    child.kill(name);
  });
  expect(exitCode).toBe(130);
  expect(stderr).toBe(`\nSTOPPED: Interrupted by ${name}.\n`);
  expect(stdout).toMatch(/\nRemoved .*byok-demo-\w+\.\n$/);
  expect(stdout).not.toContain("Summary");
  expect(readdirSync(work)).toEqual([]);
});
