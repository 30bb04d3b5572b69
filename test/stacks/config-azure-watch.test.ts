/** `byok:azure`'s options of audit log and lock. */
import { beforeAll, describe, expect, test } from "@jest/globals";

import { parseStackConfig } from "../../stacks/config.js";
import { problemsOf } from "./config-problems.js";
import { readStackConfig } from "./stack-file.js";

const CENTRAL = "/subscriptions/cccccccc-3333-4333-8333-cccccccccccc/resourceGroups/soc/providers/Microsoft.OperationalInsights/workspaces/soc-eu";

let example: Record<string, string>;
beforeAll(async () => {
  example = await readStackConfig("acme-azure-eu");
});

function config(members: object): Record<string, string> {
  return { ...example, "byok:azure": JSON.stringify({ ...(JSON.parse(example["byok:azure"] ?? "") as object), ...members }) };
}

describe("byok:azure, audit log and lock", () => {
  test("reach the component as they are written", () => {
    const members = { logAnalyticsWorkspaceId: CENTRAL, lock: true };
    expect(parseStackConfig(config(members)).azure).toMatchObject(members);
    expect(parseStackConfig(config({ logRetentionDays: 365 })).azure).toMatchObject({ logRetentionDays: 365 });
    expect(Object.keys(parseStackConfig(config({})).azure ?? {}).filter((name) => /^log|lock/.test(name))).toEqual([]);
  });

  const RETENTION = "byok:azure.logRetentionDays: must be a whole number of days from 30 to 730";
  const ID = "byok:azure.logAnalyticsWorkspaceId: must be the resource id of a Log Analytics workspace: /subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.OperationalInsights/workspaces/NAME";
  test.each<[what: string, members: object, problem: string]>([
    ["a lock neither true nor false", { lock: "yes" }, "byok:azure.lock: must be true or false"],
    ["a retention that is a text", { logRetentionDays: "90" }, RETENTION],
    ["a retention too short", { logRetentionDays: 7 }, RETENTION],
    ["a workspace by name", { logAnalyticsWorkspaceId: "soc-eu" }, ID],
    ["a workspace that is a number", { logAnalyticsWorkspaceId: 7 }, ID],
    ["a slip of the pen", { logRetentiondays: 90 }, 'byok:azure.logRetentiondays: unknown key (did you mean "logRetentionDays"?); known here: entraTenantId, subscriptionId, certificates, resourceGroup, vaultName, keyName, location, protectionLevel, keySize, rotationPeriodInDays, grantBy, serviceAddresses, existing, logAnalyticsWorkspaceId, logRetentionDays, lock'],
  ])("%s is refused", (_what, members, problem) => {
    expect(problemsOf(config(members))).toEqual([problem]);
  });
});
