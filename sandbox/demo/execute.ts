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
 * Runs a program to its end and returns what it printed. When the signal fires, the program and what it started are
 * stopped (SIGTERM) and waited for.
 *
 * @throws {@link ExecuteError} for any exit code but 0; the signal's reason.
 */
export async function execute(
  program: string,
  args: readonly string[],
  { signal, ...options }: { cwd: string; env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<string> {
  signal.throwIfAborted();
  // A process group of its own: `pulumi` starts programs that must go with it, and Ctrl-C reaches them once, through us.
  const child = spawn(program, args, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const stop = (): void => {
    stopGroup(child.pid);
  };
  signal.addEventListener("abort", stop);
  try {
    const [exitCode] = (await once(child, "close")) as [number | null];
    signal.throwIfAborted();
    if (exitCode !== 0) throw new ExecuteError([program, ...args.slice(0, 2)].join(" "), exitCode, stdout, stderr);
    return stdout;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function stopGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGTERM");
  } catch (error) {
    // ESRCH: all of them have ended already.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
