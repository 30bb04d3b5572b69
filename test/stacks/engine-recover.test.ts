/** A lost state is found again, under the real engine. Skipped, and said so, where `pulumi` is missing. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { byok } from "../runtime/cli/in-process.js";
import { type CommandResult, pulumiIsInstalled, PulumiProject } from "./pulumi-project.js";
import { type SandboxProcess, startSandboxProcess } from "./sandbox-process.js";
import { THREE_CLOUDS_EXAMPLE_STACK } from "./stack-file.js";

const TIMEOUT = 180_000;

const installed = pulumiIsInstalled();
if (!installed) process.stderr.write("skipped: pulumi not on PATH\n");

let directory: string;
let sandbox: SandboxProcess;
let project: PulumiProject;

/** A resource as a state has it. */
interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly custom?: boolean;
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
}

interface Recovered {
  readonly commands: readonly string[];
  readonly left: readonly { readonly name: string }[];
  readonly updated: readonly { readonly name: string }[];
}

(installed ? describe : describe.skip)("under the Pulumi engine", () => {
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "byok-recover-sandbox-"));
    sandbox = await startSandboxProcess(directory);
    project = await PulumiProject.create(sandbox.environment);
  }, TIMEOUT);

  afterAll(async () => {
    await project.remove();
    await sandbox.close();
    await rm(directory, { recursive: true });
  });

  async function succeed(...args: string[]): Promise<CommandResult> {
    const result = await project.pulumi(...args);
    if (result.exitCode !== 0) throw new Error(`pulumi ${args.join(" ")} exited ${result.exitCode}:\n${result.output}`);
    return result;
  }

  async function state(stack: string): Promise<StateResource[]> {
    const { stdout } = await succeed("stack", "export", "--stack", stack);
    return (JSON.parse(stdout) as { deployment: { resources?: StateResource[] } }).deployment.resources ?? [];
  }

  const nameOf = (urn: string) => urn.slice(urn.lastIndexOf("::") + 2);
  const isReal = ({ type, custom }: StateResource) => custom === true && !type.startsWith("pulumi:providers:");
  /** What Pulumi holds on to, by name. */
  const kept = (resources: readonly StateResource[]) =>
    Object.fromEntries(resources.filter(isReal).map(({ urn, protect, retainOnDelete }) => [nameOf(urn), { protect: protect === true, retain: retainOnDelete === true }]));
  const ids = (resources: readonly StateResource[]) => Object.fromEntries(resources.filter(isReal).map(({ urn, id }) => [nameOf(urn), id]));

  test.each(["acme-eu", "acme-gcp-eu", "acme-azure-eu", THREE_CLOUDS_EXAMPLE_STACK])(
    "%s: deployed, its state thrown away, recovered, imported, with nothing changed in the clouds",
    async (stack) => {
      const inStack = ["--stack", stack];
      await succeed("stack", "init", stack);
      await succeed("up", "--yes", "--skip-preview", ...inStack);
      const keys = (await succeed("stack", "output", "masterKeys", "--json", ...inStack)).stdout;
      const before = await state(stack);
      const clouds = await sandbox.client.act("status", {});
      const descriptor = join(project.directory, `${stack}.keys.json`);
      await writeFile(descriptor, keys);
      await succeed("stack", "rm", stack, "--force", "--preserve-config", "--yes");

      const recover = (...args: string[]) =>
        byok(["recover-state", stack, "--cwd", project.directory, "--json", ...args], { loadReview: () => import("../../review/index.js") });
      const application = before.find(({ type }) => type === "azuread:index/application:Application");
      if (application !== undefined) {
        // What no descriptor has, a command finds; nothing is written until then.
        const { code, out } = await recover("--descriptor", descriptor);
        expect(code).toBe(2);
        expect(out).toMatch(/az ad app show --id [0-9a-f-]{36} --query id --output tsv/);
      }
      const given = application === undefined ? [] : ["--id", `${nameOf(application.urn)}=${application.id ?? ""}`];
      const { code, out } = await recover("--descriptor", descriptor, ...given);
      expect({ code, out }).toMatchObject({ code: 0 });
      const recovered = JSON.parse(out) as Recovered;

      await succeed("stack", "init", stack);
      // The command as it is printed.
      const [, importing = ""] = recovered.commands;
      const words = importing.split(" ").slice(1);
      expect(words[0]).toBe("import");
      await succeed(...words);
      expect(await sandbox.client.act("status", {})).toEqual(clouds);
      const imported = await state(stack);
      const left = recovered.left.map(({ name }) => name);
      expect(ids(imported)).toEqual(Object.fromEntries(Object.entries(ids(before)).filter(([name]) => !left.includes(name))));
      // Until the next `up` everything is protected, and nothing retained: what the command says.
      expect(Object.values(kept(imported)).every(({ protect, retain }) => protect && !retain)).toBe(true);

      const preview = JSON.parse((await succeed("preview", "--json", ...inStack)).stdout) as { steps: { op: string; urn: string }[] };
      const steps = preview.steps.filter(({ op }) => op !== "same").map(({ op, urn }) => `${op} ${nameOf(urn)}`);
      const allowed = [...left.map((name) => `create ${name}`), ...recovered.updated.map(({ name }) => `update ${name}`)];
      expect(steps.filter((step) => !allowed.includes(step))).toEqual([]);
      expect(steps.filter((step) => step.startsWith("create")).length).toBe(left.length);

      await succeed("up", "--yes", "--skip-preview", ...inStack);
      expect(await sandbox.client.act("status", {})).toEqual(clouds);
      expect(kept(await state(stack))).toEqual(kept(before));
      expect(JSON.parse((await succeed("stack", "output", "masterKeys", "--json", ...inStack)).stdout)).toEqual(JSON.parse(keys));
      await succeed("preview", "--refresh", "--expect-no-changes", ...inStack);
    },
    TIMEOUT,
  );
});
