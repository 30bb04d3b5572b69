/**
 * Runs a Pulumi program without the engine and without a cloud, and notes what it declares. In a child process: Pulumi's
 * mock monitor is global to a process.
 *
 * @module
 */
import { fork } from "node:child_process";
import { createRequire } from "node:module";
import { extname, join } from "node:path";
import { pathToFileURL } from "node:url";

import { ByokError } from "../../runtime/master-key/errors.js";
import { type DeclaredProgram } from "../declared-resource.js";

/** What to run. */
export interface ProgramRun {
  /** Absolute path of the program: a module, or a folder that holds one. */
  readonly program: string;
  /** Folder of the project, which the program runs in. */
  readonly directory: string;
  readonly project: string;
  readonly stack: string;
  /** Configuration by full key (`byok:tenant`); structured values as JSON text. */
  readonly config: Readonly<Record<string, string>>;
}

/** @internal What the child answers, once. */
export type RecordAnswer = { readonly recorded: DeclaredProgram } | { readonly error: string };

/** Kept of what the program prints, for the case that it fails without saying why. */
const TAIL = 8_192;

/**
 * Records a program. Nothing is contacted, and no credentials are needed.
 *
 * @throws ByokError CONFIG_INVALID with the message of the program: its configuration is refused, a package is missing, or
 *   it wants something of a cloud that cannot be known before a deployment; the signal's reason
 */
export async function recordProgram(run: ProgramRun, signal?: AbortSignal): Promise<DeclaredProgram> {
  signal?.throwIfAborted();
  // This module's own extension: .js when built, .ts when run from source.
  const child = fork(join(__dirname, `child${extname(__filename)}`), {
    cwd: run.directory,
    execArgv: loader(run.program),
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    serialization: "json",
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      printed = (printed + text).slice(-TAIL);
    });
  }
  const stop = (): void => {
    child.kill();
  };
  const answer = await new Promise<RecordAnswer>((resolve) => {
    child.once("message", (message) => {
      resolve(message as RecordAnswer);
    });
    child.once("error", (error) => {
      resolve({ error: `The program's process failed: ${error.message}` });
    });
    child.once("close", (code, killed) => {
      // After a message this settles nothing any more.
      resolve({ error: `The program ended without a result (${killed ?? `exit code ${code ?? "unknown"}`}).\n${printed}` });
    });
    child.send(run, (error) => {
      if (error !== null) resolve({ error: `The program's process failed: ${error.message}\n${printed}` });
    });
    signal?.addEventListener("abort", stop);
  });
  signal?.removeEventListener("abort", stop);
  if (child.exitCode === null && child.signalCode === null) child.kill();
  signal?.throwIfAborted();
  if ("error" in answer) throw new ByokError("CONFIG_INVALID", answer.error);
  return answer.recorded;
}

/**
 * TypeScript, ours or the program's, needs a loader: the project's own, or this package's where it is developed. A folder is
 * loaded with it too, since what is in it is Node's to find.
 */
function loader(program: string): string[] {
  const mayBeTypeScript = [extname(__filename), extname(program)].some((extension) => /^(\.[cm]?ts)?$/.test(extension));
  if (!mayBeTypeScript) return [];
  for (const from of [program, __filename]) {
    try {
      return ["--import", pathToFileURL(createRequire(from).resolve("tsx")).href];
    } catch {
      // Looked for in the next place.
    }
  }
  if (extname(program) === "") return [];
  throw new ByokError("CONFIG_INVALID", `${program} is TypeScript: npm install --save-dev tsx, or name the compiled program.`);
}
