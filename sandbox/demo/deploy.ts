import { access, constants, mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";

import { deployInProcess, type Sandbox } from "../index.js";
import { execute } from "./execute.js";
import { type Narrator } from "./narrator.js";
import { flatConfig, stackFileText } from "./cast.js";

/** What a deployment leaves: the stack output `masterKeys`, and how many resources the stack has. */
export interface Deployment {
  readonly masterKeys: unknown;
  readonly resources: number;
}

/** How stacks are deployed in this run. */
export interface Deployer {
  /** In words. */
  readonly how: string;
  /** Deploys a stack; its configuration is the same every time. */
  deploy(stack: string, config: Readonly<Record<string, unknown>>): Promise<Deployment>;
}

/** The Pulumi engine if there is one on PATH, else the same program in a process of ours. */
export async function chooseDeployer(options: {
  packageRoot: string;
  workspace: string;
  sandbox: Sandbox;
  narrator: Narrator;
  signal: AbortSignal;
}): Promise<Deployer> {
  return (await onPath("pulumi")) ? engine(options) : inProcess(options);
}

type DeployerOptions = Parameters<typeof chooseDeployer>[0];

async function engine({ packageRoot, workspace, sandbox, narrator, signal }: DeployerOptions): Promise<Deployer> {
  const project = join(workspace, "project");
  const state = join(workspace, "pulumi-state");
  const home = join(workspace, "pulumi-home");
  for (const folder of [state, home]) await mkdir(folder, { recursive: true });
  await writeProject(packageRoot, project);
  const environment = {
    ...process.env,
    ...sandbox.environment,
    PULUMI_HOME: home,
    PULUMI_BACKEND_URL: `file://${state}`,
    // The stack has no secrets; the engine wants a passphrase for a local backend all the same.
    PULUMI_CONFIG_PASSPHRASE: "demo",
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
  const pulumi = (...args: string[]): Promise<string> =>
    execute("pulumi", [...args, "--non-interactive"], { cwd: project, env: environment, signal });
  const version = (await pulumi("version")).trim();
  const initialised = new Set<string>();
  return {
    how: `with the Pulumi engine on PATH (${version})`,
    deploy: async (stack, config) => {
      if (!initialised.has(stack)) {
        await writeFile(join(project, `stacks/Pulumi.${stack}.yaml`), stackFileText(config));
        narrator.command(`pulumi stack init ${stack}`);
        await pulumi("stack", "init", stack);
        initialised.add(stack);
      }
      narrator.command(`pulumi up --stack ${stack}`);
      const log = await pulumi("up", "--yes", "--skip-preview", "--color", "never", "--stack", stack);
      for (const line of log.split("\n").filter((text) => /created|Resources:/.test(text))) narrator.detail(line.trim());
      narrator.command(`pulumi stack output masterKeys --json --stack ${stack}`);
      const masterKeys: unknown = JSON.parse(await pulumi("stack", "output", "masterKeys", "--json", "--stack", stack));
      const resources: unknown = JSON.parse(await pulumi("stack", "export", "--stack", stack));
      return { masterKeys, resources: countResources(resources) };
    },
  };
}

/** Lays out a Pulumi project with the program of `packageRoot` and room for the demo's own stacks: nothing is written over there. */
export async function writeProject(packageRoot: string, project: string): Promise<void> {
  await mkdir(join(project, "stacks"), { recursive: true });
  const definition = await readFile(join(packageRoot, "Pulumi.yaml"), "utf8");
  await writeFile(
    join(project, "Pulumi.yaml"),
    definition.replace(/^main: .*$/m, () => `main: ${JSON.stringify(join(packageRoot, "stacks/tenant.ts"))}`),
  );
}

function inProcess({ packageRoot, sandbox, narrator, signal }: DeployerOptions): Promise<Deployer> {
  return Promise.resolve({
    how: "in-process: no `pulumi` on PATH, so the same program runs under Pulumi's mock monitor with the sandbox's resources",
    deploy: async (stack, config) => {
      const { outputs, resources } = await deployInProcess({
        sandboxFile: sandbox.file,
        program: join(packageRoot, "dist/stacks/tenant.js"),
        project: "byok",
        stack,
        config: flatConfig(config),
        signal,
      });
      for (const { type, name } of resources) narrator.detail(`+ ${type} ${name}`);
      return { masterKeys: outputs["masterKeys"], resources: resources.length };
    },
  });
}

function countResources(exported: unknown): number {
  const { deployment } = exported as { deployment: { resources: unknown[] } };
  return deployment.resources.length;
}

async function onPath(program: string): Promise<boolean> {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    if (folder === "") continue;
    const found = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}
