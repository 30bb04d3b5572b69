/** A copy of the project in a temporary folder, with a Pulumi home and state of its own, driven by the real engine. */
import { execFile, spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type MasterKeyDescriptor, masterKeyDescriptorsSchema } from "../../runtime/master-key/descriptor.js";
import { ROOT } from "./stack-file.js";

/** What a command came to. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  /** Both streams, without colours. */
  readonly output: string;
}

/** A resource as a stack's state has it. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly custom?: boolean;
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
  readonly outputs?: unknown;
}

/** True if the engine and its language host can be run. */
export function pulumiIsInstalled(): boolean {
  return spawnSync("pulumi", ["version"]).status === 0;
}

/** The project, apart from the repository: `stack init` writes into stack files. */
export class PulumiProject {
  /** Where the copy is. */
  readonly directory: string;
  /** Variables that commands beside `pulumi` need in the same shell. */
  readonly environment: NodeJS.ProcessEnv;

  private constructor(directory: string, environment: Readonly<Record<string, string>>) {
    this.directory = directory;
    this.environment = {
      ...process.env,
      ...environment,
      PULUMI_HOME: join(directory, "home"),
      PULUMI_BACKEND_URL: `file://${join(directory, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "engine test",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      // Jest's own options would reach the program otherwise.
      NODE_OPTIONS: "",
    };
  }

  /** Copies what `pulumi` writes to, links the rest: links resolve to the repository's own node_modules. */
  static async create(environment: Readonly<Record<string, string>>): Promise<PulumiProject> {
    const directory = await mkdtemp(join(tmpdir(), "byok-engine-"));
    await mkdir(join(directory, "state"));
    for (const name of ["Pulumi.yaml", "stacks"]) await cp(join(ROOT, name), join(directory, name), { recursive: true });
    for (const name of ["components", "runtime", "sandbox", "test", "node_modules", "package.json", "tsconfig.json"]) {
      await symlink(join(ROOT, name), join(directory, name));
    }
    return new PulumiProject(directory, environment);
  }

  /** Path of a stack's configuration in this copy. */
  stackFile(stack: string): string {
    return join(this.directory, "stacks", `Pulumi.${stack}.yaml`);
  }

  /** Makes another program the project's, by its path within the repository. */
  async setProgram(path: string): Promise<void> {
    const file = join(this.directory, "Pulumi.yaml");
    await writeFile(file, (await readFile(file, "utf8")).replace(/^main: .*$/m, `main: ${path}`));
  }

  /** Runs `pulumi ARGS`; a failing command is a result, not an error. */
  pulumi(...args: string[]): Promise<CommandResult> {
    return new Promise((resolve, reject) => {
      const options = { cwd: this.directory, env: this.environment, maxBuffer: 1 << 24 };
      execFile("pulumi", [...args, "--non-interactive", "--color=never"], options, (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : error.code;
        if (typeof exitCode === "number") resolve({ exitCode, stdout, output: stdout + stderr });
        else reject(error ?? new Error("pulumi did not start"));
      });
    });
  }

  /** Runs `pulumi ARGS`, which must succeed; its output is the failure's explanation. */
  async succeed(...args: string[]): Promise<CommandResult> {
    const result = await this.pulumi(...args);
    if (result.exitCode !== 0) throw new Error(`pulumi ${args.join(" ")} exited ${result.exitCode}:\n${result.output}`);
    return result;
  }

  /** What a tenant's stack hands to the service. */
  async masterKeys(stack: string): Promise<MasterKeyDescriptor[]> {
    const { stdout } = await this.succeed("stack", "output", "masterKeys", "--json", "--stack", stack);
    return masterKeyDescriptorsSchema.parse(JSON.parse(stdout));
  }

  /** The first key of a stack, which must be in this cloud. */
  async firstKey<P extends MasterKeyDescriptor["provider"]>(stack: string, provider: P): Promise<Extract<MasterKeyDescriptor, { provider: P }>> {
    const [key] = await this.masterKeys(stack);
    if (key?.provider !== provider) throw new Error(`the first key of ${stack} is not of ${provider}`);
    return key as Extract<MasterKeyDescriptor, { provider: P }>;
  }

  /** What a stack's state has; none before its first `up`. */
  async resources(stack: string, ...flags: string[]): Promise<readonly StateResource[]> {
    const { stdout } = await this.succeed("stack", "export", ...flags, "--stack", stack);
    return (JSON.parse(stdout) as { deployment: { resources?: StateResource[] } }).deployment.resources ?? [];
  }

  /** Removes the copy, its state and its Pulumi home. */
  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true });
  }
}
