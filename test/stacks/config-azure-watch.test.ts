/** `byok:azure`'s options of audit log and lock. */
import { beforeAll, describe, expect, test } from "@jest/globals";

import { AZURE_MEMBERS } from "../../stacks/config-azure.js";
import { parseStackConfig, StackConfigError } from "../../stacks/config.js";
import { readStackConfig } from "./stack-file.js";

const CENTRAL = "/subscriptions/cccccccc-3333-4333-8333-cccccccccccc/resourceGroups/soc/providers/Microsoft.OperationalInsights/workspaces/soc-eu";

let example: Record<string, string>;
beforeAll(async () => {
  example = await readStackConfig("acme-azure-eu");
});

function parse(members: object): ReturnType<typeof parseStackConfig> {
  return parseStackConfig({ ...example, "byok:azure": JSON.stringify({ ...(JSON.parse(example["byok:azure"] ?? "") as object), ...members }) });
}

describe("byok:azure, audit log and lock", () => {
  test("reach the component as they are written", () => {
    const members = { logAnalyticsWorkspaceId: CENTRAL, lock: true };
    expect(parse(members).azure).toMatchObject(members);
    expect(parse({ logRetentionDays: 365 }).azure).toMatchObject({ logRetentionDays: 365 });
    expect(Object.keys(parse({}).azure ?? {}).filter((name) => /^log|lock/.test(name))).toEqual([]);
  });

  const RETENTION = "byok:azure.logRetentionDays: must be a whole number of days from 30 to 730";
  const ID = "byok:azure.logAnalyticsWorkspaceId: must be the resource id of a Log Analytics workspace: /subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.OperationalInsights/workspaces/NAME";
  test.each<[what: string, members: object, problem: string]>([
    ["a lock neither true nor false", { lock: "yes" }, "byok:azure.lock: must be true or false"],
    ["a retention that is a text", { logRetentionDays: "90" }, RETENTION],
    ["a retention too short", { logRetentionDays: 7 }, RETENTION],
    ["a workspace by name", { logAnalyticsWorkspaceId: "soc-eu" }, ID],
    ["a workspace that is a number", { logAnalyticsWorkspaceId: 7 }, ID],
    ["a slip of the pen", { logRetentiondays: 90 }, 'byok:azure.logRetentiondays: unknown key (did you mean "logRetentionDays"?); known here: ' + AZURE_MEMBERS.join(", ")],
  ])("%s is refused", (_what, members, problem) => {
    let problems: readonly string[] = [];
    try {
      parse(members);
    } catch (error) {
      if (!(error instanceof StackConfigError)) throw error;
      ({ problems } = error);
    }
    expect(problems).toEqual([problem]);
  });
});
