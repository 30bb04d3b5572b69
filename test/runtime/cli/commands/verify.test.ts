import { describe, expect, test } from "@jest/globals";
import { reportLines } from "../../../../runtime/cli/commands/verify.js";
import { ByokError, verifyMasterKey } from "../../../../runtime/index.js";
import { type MasterKey } from "../../../../runtime/master-key/master-key.js";

const plain = { bold: (text: string) => text, good: (text: string) => text, bad: (text: string) => text };

/** A key that refuses everything but, perhaps, a look at its state. */
function refusing(describeKey: MasterKey["describe"]): MasterKey {
  const deny = (): Promise<never> => Promise.reject(new ByokError("ACCESS_DENIED", "Denied.", { provider: "aws-kms" }));
  return { provider: "aws-kms", id: "key", tenant: "acme", wrap: deny, unwrap: deny, describe: describeKey, close: async () => undefined };
}

describe("a report for people", () => {
  test("a key that nothing may be done with: no comfort about its state", async () => {
    const report = await verifyMasterKey(refusing(() => Promise.reject(new ByokError("ACCESS_DENIED", "Denied."))));
    expect(report.checks.map(({ name, ok }) => [name, ok])).toContainEqual(["state", true]);
    expect(reportLines(report, plain)).toEqual(["aws-kms key", "  FAILED round-trip: Denied."]);
  });

  test("a state that was seen is told", async () => {
    const report = await verifyMasterKey(refusing(async () => ({ usable: true, state: "Enabled" })));
    expect(reportLines(report, plain)).toEqual(["aws-kms key", "  FAILED round-trip: Denied.", "  ok     state: the key is Enabled"]);
  });

  test("where the key works, that its state may not be read is told as it is", () => {
    const checks = [
      { name: "round-trip", ok: true, detail: "worked" },
      { name: "state", ok: true, detail: "may not be read" },
    ] as const;
    const lines = reportLines({ provider: "aws-kms", keyId: "key", tenant: "acme", ok: true, checks }, plain);
    expect(lines).toEqual(["aws-kms key", "  ok     round-trip: worked", "  ok     state: may not be read"]);
  });
});
