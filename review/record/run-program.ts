/**
 * Runs a Pulumi program without the engine and without a cloud, and notes what it declares. In a child process: Pulumi's
 * mock monitor is global to a process.
 *
 * @module
 */
import { extname, join } from "node:path";

import { askChild } from "../../runtime/cli/one-answer.js";
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
  /** What clouds chose, by the words that stand for it in angle brackets otherwise: names may be made of it. */
  readonly known?: Readonly<Record<string, string>>;
}

/**
 * Records a program. Nothing is contacted, and no credentials are needed.
 *
 * @throws ByokError CONFIG_INVALID with the message of the program: its configuration is refused, a package is missing, or
 *   it wants something of a cloud that cannot be known before a deployment; the signal's reason
 */
export async function recordProgram(run: ProgramRun, signal?: AbortSignal): Promise<DeclaredProgram> {
  // This module's own extension: .js when built, .ts when run from source.
  const module = join(__dirname, `child${extname(__filename)}`);
  return (await askChild(run, { module, program: run.program, cwd: run.directory, signal })) as DeclaredProgram;
}
