/**
 * Deploying a Pulumi program to the sandbox without the engine: the program runs in a child process under Pulumi's mock
 * monitor, its resources are made by the same implementation that the engine gets. There is no state: every run creates.
 *
 * @module
 */
import { fork } from "node:child_process";
import { access } from "node:fs/promises";
import { createRequire } from "node:module";
import { extname, isAbsolute, join } from "node:path";
import { pathToFileURL } from "node:url";

import { ByokError } from "../../runtime/master-key/errors.js";
import { readSandboxFile } from "../sandbox-file.js";

/** What to deploy where. */
export interface InProcessDeployment {
  /** Path of the sandbox.json of a running sandbox. */
  readonly sandboxFile: string;
  /** Absolute path of the program: a module that exports its outputs, or a function that returns them. */
  readonly program: string;
  readonly project: string;
  readonly stack: string;
  /** Configuration by full key (`byok:tenant`); structured values as JSON text. */
  readonly config: Readonly<Record<string, string>>;
  /** Keys of the configuration that are secret. */
  readonly secretConfigKeys?: readonly string[] | undefined;
  /** Stops the program. What it has made until then stays in the sandbox. */
  readonly signal?: AbortSignal | undefined;
}

/** A resource that the program declared. */
export interface DeployedResource {
  readonly type: string;
  readonly name: string;
  /** URN as the engine would write it. */
  readonly urn: string;
  /** Id in the cloud; empty for components. */
  readonly id: string;
  /** URN of the parent; undefined for the stack. */
  readonly parent: string | undefined;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  /** Names of the input properties that were secret. */
  readonly secretInputs: readonly string[];
}

/** What came of it. */
export interface DeploymentResult {
  /** Stack outputs, secrets in the clear. */
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Names of the outputs that are secret. */
  readonly secretOutputs: readonly string[];
  readonly resources: readonly DeployedResource[];
}

/** @internal What the parent tells the child. */
export type ChildRequest = Omit<InProcessDeployment, "signal">;

/** @internal What the child answers, once. */
export type ChildAnswer = { readonly result: DeploymentResult } | { readonly error: string };

/** Kept of what the program prints, for the case that it dies without an answer. */
const TAIL = 8_192;

/**
 * Deploys a program.
 *
 * @throws ByokError CONFIG_INVALID with the message of the program, of a resource provider or of Pulumi; the signal's
 * reason.
 */
export async function deployInProcess({ signal, ...deployment }: InProcessDeployment): Promise<DeploymentResult> {
  signal?.throwIfAborted();
  readSandboxFile(deployment.sandboxFile);
  await requireProgram(deployment.program);
  // This module's own extension: .js when built, .ts when run from source.
  const child = fork(join(__dirname, `child${extname(__filename)}`), {
    execArgv: loaderFor(deployment.program),
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
  const answer = await new Promise<ChildAnswer>((resolve) => {
    child.once("message", (message) => {
      resolve(message as ChildAnswer);
    });
    child.once("error", (error) => {
      resolve({ error: `The program's process failed: ${error.message}` });
    });
    child.once("close", (code, signal) => {
      // After a message this settles nothing any more.
      resolve({ error: `The program ended without a result (${signal ?? `exit code ${code ?? "unknown"}`}).\n${printed}` });
    });
    const request: ChildRequest = deployment;
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

async function requireProgram(program: string): Promise<void> {
  if (!isAbsolute(program)) throw new ByokError("CONFIG_INVALID", `The program "${program}" must be an absolute path.`);
  try {
    await access(program);
  } catch (cause) {
    throw new ByokError("CONFIG_INVALID", `The program ${program} cannot be read.`, { cause });
  }
}

/** TypeScript, ours or the program's, needs a loader. */
function loaderFor(program: string): string[] {
  if (![extname(__filename), extname(program)].some((extension) => /^\.[cm]?ts$/.test(extension))) return [];
  try {
    return ["--import", pathToFileURL(createRequire(__filename).resolve("tsx")).href];
  } catch (cause) {
    throw new ByokError("CONFIG_INVALID", `${program} is TypeScript: npm install --save-dev tsx, or name the compiled program.`, {
      cause,
    });
  }
}
