/** A shell in which `byok` is the built command, for running documented commands as they stand. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

import { ROOT } from "../stacks/stack-file.js";

/** What a command line came to. */
export interface ShellResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Puts a `byok` into `folder/bin`, and that first on the PATH. */
export function withByok(folder: string, environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  const shim = join(bin, "byok");
  writeFileSync(shim, `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, "dist/runtime/cli/main.js")}" "$@"\n`);
  chmodSync(shim, 0o755);
  return { ...environment, PATH: `${bin}${delimiter}${environment["PATH"] ?? ""}`, NODE_OPTIONS: "" };
}

/** Runs a command line. A failing one is a result, not an error. */
export async function shell(line: string, options: { cwd: string; env: NodeJS.ProcessEnv }): Promise<ShellResult> {
  const child = spawn("bash", ["-c", line], { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [exitCode] = (await once(child, "close")) as [number | null];
  return { exitCode, stdout, stderr };
}

/** Runs a command line that must succeed; what it printed is the failure's explanation. */
export async function succeed(line: string, options: { cwd: string; env: NodeJS.ProcessEnv }): Promise<string> {
  const { exitCode, stdout, stderr } = await shell(line, options);
  if (exitCode !== 0) throw new Error(`${line}\nexited ${exitCode ?? "by a signal"}:\n${stdout}${stderr}`);
  return stdout;
}
