/** The parts of Azure's SDK that watch over a key are loaded by stacks that ask for it, and by no others. */
import { describe, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { readStackConfig, ROOT } from "../../stacks/stack-file.js";

/** Modules of azure-native that the program loads as Pulumi.yaml has the engine do. */
async function modulesLoadedWith(options: Record<string, string>): Promise<string[]> {
  const script = `
    const { runtime } = require("@pulumi/pulumi");
    const config = JSON.parse(process.argv[1]);
    (async () => {
      await runtime.setMocks({ newResource: ({ inputs }) => ({ id: "x", state: { ...inputs, keyUri: "https://v/keys/k" } }), call: ({ token }) => require("./test/stacks/account-answers.ts").accountAnswers(config)(token) });
      runtime.setAllConfig(config);
      await runtime.runInPulumiStack(async () => ({ ...require("./stacks/tenant.ts") }));
      const loaded = Object.keys(require.cache).flatMap((path) => /@pulumi\\/azure-native\\/([a-z]+)\\//.exec(path)?.[1] ?? []);
      process.stdout.write(JSON.stringify([...new Set(loaded)].sort()));
    })();`;
  const config = JSON.stringify({ ...(await readStackConfig("acme-azure-eu")), ...options });
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", "-e", script, config], { cwd: ROOT });
  return JSON.parse(stdout) as string[];
}

describe("what a stack in Azure loads", () => {
  test("nothing of logs, alarms and locks, unless it has them", async () => {
    const plain = await modulesLoadedWith({});
    expect(plain).toEqual(expect.arrayContaining(["keyvault", "resources"]));
    expect(plain.filter((name) => ["monitor", "operationalinsights"].includes(name))).toEqual([]);
  });

  test("what its alarms need", async () => {
    const watched = await modulesLoadedWith({ "byok:alarms": '{"emails":["security@example.com"]}' });
    expect(watched).toEqual(expect.arrayContaining(["monitor", "operationalinsights"]));
  });
});
