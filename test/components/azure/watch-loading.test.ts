/** The parts of Azure's SDK that watch over a key are loaded by stacks that ask for it, and by no others. */
import { describe, expect, test } from "@jest/globals";

import { modulesLoadedBy } from "../../stacks/loaded-modules.js";
import { readStackConfig } from "../../stacks/stack-file.js";

/** Modules of azure-native. */
async function modulesLoadedWith(options: Record<string, string>): Promise<string[]> {
  return modulesLoadedBy({ ...(await readStackConfig("acme-azure-eu")), ...options }, /@pulumi\/azure-native\/([a-z]+)\//);
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
