/** Which modules a tenant's stack has the engine load. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { ROOT } from "./stack-file.js";

/**
 * Evaluates the program as Pulumi.yaml has the engine do, and answers what it has loaded then; each once, sorted.
 *
 * @param config - the stack's configuration
 * @param pattern - of a module's path; its group is what is answered
 */
export async function modulesLoadedBy(config: Readonly<Record<string, string>>, pattern: RegExp): Promise<string[]> {
  const script = `
    const { runtime } = require("@pulumi/pulumi");
    const [, given, pattern] = process.argv;
    const config = JSON.parse(given);
    (async () => {
      await runtime.setMocks({ newResource: ({ inputs }) => ({ id: "x", state: { ...inputs, keyUri: "https://v/keys/k" } }), call: ({ token }) => require("./test/stacks/account-answers.ts").accountAnswers(config)(token) });
      runtime.setAllConfig(config);
      await runtime.runInPulumiStack(async () => ({ ...require("./stacks/tenant.ts") }));
      const loaded = Object.keys(require.cache).flatMap((path) => new RegExp(pattern).exec(path)?.[1] ?? []);
      process.stdout.write(JSON.stringify([...new Set(loaded)].sort()));
    })();`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", "-e", script, JSON.stringify(config), pattern.source], { cwd: ROOT });
  return JSON.parse(stdout) as string[];
}
