import { spawn } from "node:child_process";
import { once } from "node:events";

/** A program that ended with another exit code than zero. */
export class ExecuteError extends Error {
  override readonly name = "ExecuteError";
  constructor(
    readonly program: string,
    readonly exitCode: number | null,
    readonly stdout: string,
    readonly stderr: string,
  ) {
    super(`${program} ended with ${exitCode ?? "a signal"}:\n${stderr}${stdout}`);
  }
}

/**
 * Runs a program to its end and returns what it printed.
 *
 * @throws {@link ExecuteError} for any exit code but 0.
 */
export async function execute(
  program: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<string> {
  const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [exitCode] = (await once(child, "close")) as [number | null];
  if (exitCode !== 0) throw new ExecuteError([program, ...args.slice(0, 2)].join(" "), exitCode, stdout, stderr);
  return stdout;
}
