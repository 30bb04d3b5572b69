/** Starts `sandbox-child.ts`: gRPC servers and their errors behave as in production outside jest's own module registry. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { SandboxClient } from "../../sandbox/index.js";
import { ROOT } from "./stack-file.js";

/** A running sandbox. */
export interface SandboxProcess {
  /** Variables for the engine. */
  readonly environment: Readonly<Record<string, string>>;
  /** Plays the tenant. */
  readonly client: SandboxClient;
  /** Resolves once the process has ended. */
  close(): Promise<void>;
}

/** Starts a sandbox that keeps its state in `directory`. */
export async function startSandboxProcess(directory: string): Promise<SandboxProcess> {
  const child = spawn(process.execPath, ["--import", "tsx", join(__dirname, "sandbox-child.ts"), directory], {
    cwd: ROOT,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));

  const [line] = (await Promise.race([
    once(createInterface(child.stdout), "line"),
    ended.then(() => Promise.reject(new Error(`the sandbox did not start:\n${complaints}`))),
  ])) as [string];
  const { environment, file } = JSON.parse(line) as { environment: Record<string, string>; file: string };
  return {
    environment,
    client: SandboxClient.fromFile(file),
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
