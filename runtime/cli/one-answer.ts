/**
 * A child process that is asked one thing and answers once. Programs run in one that change what is global to a process.
 *
 * @module
 */
import { fork } from "node:child_process";
import { createRequire } from "node:module";
import { extname } from "node:path";
import { pathToFileURL } from "node:url";

import { ByokError } from "../master-key/errors.js";

/** What the child sends. */
type Answer = { readonly result: unknown } | { readonly error: string };

/** Kept of what the child prints, for the case that it ends without an answer. */
const TAIL = 8_192;

/** How to run a child. */
export interface ChildOptions {
  /** The child's module, which calls {@link answerOnce}: this package's own, with the extension that it has now. */
  readonly module: string;
  /** Absolute path of what the child loads: a module, or a folder that holds one. */
  readonly program: string;
  /** Folder it runs in; this process's unless given. */
  readonly cwd?: string | undefined;
  /** Kills it. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Starts a child, asks it, and ends it.
 *
 * @returns what the child's work returned, as JSON carries it
 * @throws ByokError CONFIG_INVALID with the message of what failed in the child; the signal's reason
 */
export async function askChild(request: object, { module, program, cwd, signal }: ChildOptions): Promise<unknown> {
  signal?.throwIfAborted();
  const child = fork(module, {
    cwd,
    execArgv: loader(module, program),
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    serialization: "json",
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      printed = (printed + text).slice(-TAIL);
    });
  }
  // Its end settles the answer.
  const stop = (): void => {
    child.kill();
  };
  const answer = await new Promise<Answer>((resolve) => {
    child.once("message", (message) => {
      resolve(message as Answer);
    });
    child.once("error", (error) => {
      resolve({ error: `The program's process failed: ${error.message}` });
    });
    child.once("close", (code, killed) => {
      // After a message this settles nothing any more.
      resolve({ error: `The program ended without a result (${killed ?? `exit code ${code ?? "unknown"}`}).\n${printed}` });
    });
    child.send(request, (error) => {
      if (error !== null) resolve({ error: `The program's process failed: ${error.message}\n${printed}` });
    });
    signal?.addEventListener("abort", stop);
  });
  signal?.removeEventListener("abort", stop);
  if (child.exitCode === null && child.signalCode === null) child.kill();
  signal?.throwIfAborted();
  if ("error" in answer) throw new ByokError("CONFIG_INVALID", answer.error);
  return answer.result;
}

/**
 * The child's half: does what it is asked, answers, and ends the process.
 *
 * @param work its second argument fails the whole; so does whatever nobody catches. Only the first failure is told: what
 *   waits for something that failed may wait for ever.
 */
export function answerOnce(work: (request: unknown, onFailure: (error: unknown) => void) => Promise<object>): void {
  process.once("message", (request) => {
    const done = new Promise<object>((resolve, reject) => {
      process.on("unhandledRejection", reject).on("uncaughtException", reject);
      work(request, reject).then(resolve, reject);
    });
    done.then(
      (result) => {
        send({ result });
      },
      (error: unknown) => {
        send({ error: error instanceof Error ? error.message : String(error) });
      },
    );
  });
}

function send(answer: Answer): void {
  process.send?.(answer, () => {
    process.exit("error" in answer ? 1 : 0);
  });
}

/**
 * TypeScript, ours or the program's, needs a loader: the project's own, or this package's where it is developed. A folder is
 * loaded with it too, since what is in it is Node's to find.
 */
function loader(module: string, program: string): string[] {
  const mayBeTypeScript = [extname(module), extname(program)].some((extension) => /^(\.[cm]?ts)?$/.test(extension));
  if (!mayBeTypeScript) return [];
  for (const from of [program, module]) {
    try {
      return ["--import", pathToFileURL(createRequire(from).resolve("tsx")).href];
    } catch {
      // Looked for in the next place.
    }
  }
  if (extname(program) === "") return [];
  throw new ByokError("CONFIG_INVALID", `${program} is TypeScript: npm install --save-dev tsx, or name the compiled program.`);
}
