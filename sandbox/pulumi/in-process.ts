/**
 * Deploying a Pulumi program to the sandbox without the engine: the program runs in a child process under Pulumi's mock
 * monitor, its resources are made by the same implementation that the engine gets. There is no state: every run creates.
 *
 * @module
 */
import { access } from "node:fs/promises";
import { extname, isAbsolute, join } from "node:path";

import { askChild } from "../../runtime/cli/one-answer.js";
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
  const request: ChildRequest = deployment;
  // This module's own extension: .js when built, .ts when run from source.
  const module = join(__dirname, `child${extname(__filename)}`);
  return (await askChild(request, { module, program: deployment.program, signal })) as DeploymentResult;
}

async function requireProgram(program: string): Promise<void> {
  if (!isAbsolute(program)) throw new ByokError("CONFIG_INVALID", `The program "${program}" must be an absolute path.`);
  try {
    await access(program);
  } catch (cause) {
    throw new ByokError("CONFIG_INVALID", `The program ${program} cannot be read.`, { cause });
  }
}
