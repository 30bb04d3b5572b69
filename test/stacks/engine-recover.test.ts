/** A lost state is found again, under the real engine. Skipped, and said so, where `pulumi` is missing. */
import { expect, test } from "@jest/globals";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { byok } from "../runtime/cli/in-process.js";
import { describeUnderEngine } from "./engine-stage.js";
import { nameOf, previewSteps } from "./engine-steps.js";
import { type StateResource } from "./pulumi-project.js";
import { THREE_CLOUDS_EXAMPLE_STACK } from "./stack-file.js";

const TIMEOUT = 180_000;

interface Recovered {
  readonly commands: readonly string[];
  readonly left: readonly { readonly name: string }[];
  readonly updated: readonly { readonly name: string }[];
}

describeUnderEngine("under the Pulumi engine", TIMEOUT, (stage) => {
  const isReal = ({ type, custom }: StateResource) => custom === true && !type.startsWith("pulumi:providers:");
  /** What Pulumi holds on to, by name. */
  const kept = (resources: readonly StateResource[]) =>
    Object.fromEntries(resources.filter(isReal).map(({ urn, protect, retainOnDelete }) => [nameOf(urn), { protect: protect === true, retain: retainOnDelete === true }]));
  const ids = (resources: readonly StateResource[]) => Object.fromEntries(resources.filter(isReal).map(({ urn, id }) => [nameOf(urn), id]));

  test.each(["acme-eu", "acme-gcp-eu", "acme-azure-eu", THREE_CLOUDS_EXAMPLE_STACK])(
    "%s: deployed, its state thrown away, recovered, imported, with nothing changed in the clouds",
    async (stack) => {
      const inStack = ["--stack", stack];
      await stage.succeed("stack", "init", stack);
      await stage.succeed("up", "--yes", "--skip-preview", ...inStack);
      const keys = (await stage.succeed("stack", "output", "masterKeys", "--json", ...inStack)).stdout;
      const before = await stage.project.resources(stack);
      const clouds = await stage.sandbox.client.act("status", {});
      const descriptor = join(stage.project.directory, `${stack}.keys.json`);
      await writeFile(descriptor, keys);
      await stage.succeed("stack", "rm", stack, "--force", "--preserve-config", "--yes");

      const recover = (...args: string[]) =>
        byok(["recover-state", stack, "--cwd", stage.project.directory, "--json", ...args], { loadReview: () => import("../../review/index.js") });
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

      await stage.succeed("stack", "init", stack);
      // The command as it is printed.
      const [, importing = ""] = recovered.commands;
      const words = importing.split(" ").slice(1);
      expect(words[0]).toBe("import");
      await stage.succeed(...words);
      expect(await stage.sandbox.client.act("status", {})).toEqual(clouds);
      const imported = await stage.project.resources(stack);
      const left = recovered.left.map(({ name }) => name);
      expect(ids(imported)).toEqual(Object.fromEntries(Object.entries(ids(before)).filter(([name]) => !left.includes(name))));
      // Until the next `up` everything is protected, and nothing retained: what the command says.
      expect(Object.values(kept(imported)).every(({ protect, retain }) => protect && !retain)).toBe(true);

      const { stdout } = await stage.succeed("preview", "--json", ...inStack);
      const steps = previewSteps(stdout).filter(({ op }) => op !== "same").map(({ op, urn }) => `${op} ${nameOf(urn)}`);
      const allowed = [...left.map((name) => `create ${name}`), ...recovered.updated.map(({ name }) => `update ${name}`)];
      expect(steps.filter((step) => !allowed.includes(step))).toEqual([]);
      expect(steps.filter((step) => step.startsWith("create")).length).toBe(left.length);

      await stage.succeed("up", "--yes", "--skip-preview", ...inStack);
      expect(await stage.sandbox.client.act("status", {})).toEqual(clouds);
      expect(kept(await stage.project.resources(stack))).toEqual(kept(before));
      expect(JSON.parse((await stage.succeed("stack", "output", "masterKeys", "--json", ...inStack)).stdout)).toEqual(JSON.parse(keys));
      await stage.succeed("preview", "--refresh", "--expect-no-changes", ...inStack);
    },
    TIMEOUT,
  );
});
