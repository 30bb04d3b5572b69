/** What suites under the real engine stand on: a folder, a sandbox in it, and copies of the project that deploy to that. */
import { afterAll, beforeAll, describe } from "@jest/globals";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readSandboxFile, type SandboxFile } from "../../sandbox/sandbox-file.js";
import { type CommandResult, PulumiProject, pulumiIsInstalled } from "./pulumi-project.js";
import { startSandboxProcess, type SandboxProcess } from "./sandbox-process.js";

/** A sandbox and the projects that deploy to it. */
export class EngineStage {
  #directory: string | undefined;
  #sandbox: SandboxProcess | undefined;
  readonly #projects: PulumiProject[] = [];

  /** Makes the folder and starts the sandbox. */
  async start(): Promise<void> {
    this.#directory = await mkdtemp(join(tmpdir(), "byok-stage-"));
    this.#sandbox = await startSandboxProcess(this.sandboxDirectory);
  }

  /** A copy of the project, whose programs get these variables beside the sandbox's. */
  async addProject(environment: Readonly<Record<string, string>> = {}): Promise<PulumiProject> {
    const project = await PulumiProject.create({ ...this.sandbox.environment, ...environment });
    this.#projects.push(project);
    return project;
  }

  /** For the suite's own files. */
  get directory(): string {
    return started(this.#directory);
  }

  /** Where the sandbox keeps its state. */
  get sandboxDirectory(): string {
    return join(this.directory, "sandbox");
  }

  get sandbox(): SandboxProcess {
    return started(this.#sandbox);
  }

  /** The first copy of the project. */
  get project(): PulumiProject {
    return started(this.#projects[0]);
  }

  /** `pulumi ARGS` in the first copy; see there. */
  pulumi(...args: string[]): Promise<CommandResult> {
    return this.project.pulumi(...args);
  }

  /** `pulumi ARGS` in the first copy, which must succeed. */
  succeed(...args: string[]): Promise<CommandResult> {
    return this.project.succeed(...args);
  }

  /** Where the clouds are. */
  get endpoints(): SandboxFile["endpoints"] {
    return readSandboxFile(join(this.sandboxDirectory, "sandbox.json")).endpoints;
  }

  /** Ends and removes everything, also what a start that failed has left. */
  async close(): Promise<void> {
    for (const project of this.#projects) await project.remove();
    await this.#sandbox?.close();
    if (this.#directory !== undefined) await rm(this.#directory, { recursive: true });
  }
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("the stage is not set yet");
  return part;
}

/**
 * True if the engine is there; says so if it is not.
 *
 * @param instead - what the suite does without it
 */
export function engineIsInstalled(instead?: string): boolean {
  const installed = pulumiIsInstalled();
  if (!installed) process.stderr.write(`skipped: pulumi not on PATH${instead === undefined ? "" : `; ${instead}`}\n`);
  return installed;
}

/**
 * A suite on a stage with one project. Skipped, and said so, where `pulumi` is missing.
 *
 * @param title - of the suite
 * @param timeout - of setting the stage, in milliseconds
 * @param suite - declares the tests; the stage is set once they run
 */
export function describeUnderEngine(title: string, timeout: number, suite: (stage: EngineStage) => void): void {
  (engineIsInstalled() ? describe : describe.skip)(title, () => {
    const stage = new EngineStage();
    beforeAll(async () => {
      await stage.start();
      await stage.addProject();
    }, timeout);
    suite(stage);
    // Hooks run in this order: what the suite itself has opened is closed before.
    afterAll(() => stage.close());
  });
}
