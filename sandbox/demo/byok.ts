import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { type Sandbox } from "../index.js";
import { execute, ExecuteError } from "./execute.js";
import { leftBehind } from "./left-behind.js";
import { hold, type Narrator } from "./narrator.js";

/** The folder that everything happens in, and `byok` as the service runs it there. */
export class Workspace {
  readonly folder: string;
  readonly sandbox: Sandbox;
  readonly narrator: Narrator;
  readonly signal: AbortSignal;
  readonly #main: string;

  constructor(options: { folder: string; sandbox: Sandbox; narrator: Narrator; signal: AbortSignal; packageRoot: string }) {
    this.folder = options.folder;
    this.sandbox = options.sandbox;
    this.narrator = options.narrator;
    this.signal = options.signal;
    this.#main = join(options.packageRoot, "dist/runtime/cli/main.js");
  }

  /** Path of a file in the folder. */
  file(name: string): string {
    return join(this.folder, name);
  }

  /** A file's JSON. */
  async json(name: string): Promise<unknown> {
    return JSON.parse(await readFile(this.file(name), "utf8"));
  }

  /** Shows and runs `byok ARGS`, and returns its JSON document. */
  async byok(...args: string[]): Promise<unknown> {
    this.narrator.command(["byok", ...args].join(" "));
    return JSON.parse(await this.#run(args));
  }

  /** Shows and runs a `byok` that must be refused with an exit code, and leave nothing of `target`. */
  async byokRefuses(exitCode: number, target: string, ...args: string[]): Promise<void> {
    this.narrator.command(["byok", ...args].join(" "));
    const refusal = await this.#run(args).then(
      () => undefined,
      (error: unknown) => error,
    );
    this.signal.throwIfAborted();
    hold(refusal instanceof ExecuteError, "byok succeeded where it must refuse");
    const { error } = JSON.parse(refusal.stdout) as { error: { code: string; message: string } };
    this.narrator.detail(`byok: ${error.code}: ${error.message}`);
    hold(refusal.exitCode === exitCode, `exit code ${refusal.exitCode ?? "none"} instead of ${exitCode}`);
    const left = await leftBehind(this.folder, target);
    hold(left.length === 0, `a refused command left something behind: ${left.join(", ")}`);
  }

  #run(args: readonly string[]): Promise<string> {
    const env = { ...process.env, ...this.sandbox.environment };
    return execute(process.execPath, [this.#main, ...args, "--json"], { cwd: this.folder, env, signal: this.signal });
  }
}
