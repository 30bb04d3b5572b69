/** Which SDKs `pulumi preview` has to load: those of the clouds in the configuration, and no others. */
import { describe, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { promisify } from "node:util";

import {
  AZURE_EXAMPLE_STACKS,
  EXAMPLE_STACKS,
  GCP_EXAMPLE_STACKS,
  readStackConfig,
  ROOT,
  THREE_CLOUDS_EXAMPLE_STACK,
} from "./stack-file.js";

/** Evaluates the program as Pulumi.yaml has the engine do, and answers which SDKs it has loaded then. */
async function sdksLoadedBy(stack: string): Promise<string[]> {
  const script = `
    const { runtime } = require("@pulumi/pulumi");
    const config = JSON.parse(process.argv[1]);
    (async () => {
      await runtime.setMocks({ newResource: ({ inputs }) => ({ id: "x", state: { ...inputs, keyUri: "https://v/keys/k" } }), call: ({ token }) => require("./test/stacks/account-answers.ts").accountAnswers(config)(token) });
      runtime.setAllConfig(config);
      await runtime.runInPulumiStack(async () => ({ ...require("./stacks/tenant.ts") }));
      const sdks = Object.keys(require.cache).flatMap((path) => /node_modules\\/(@pulumi\\/[^/]+|@aws-sdk\\/client-[^/]+|@google-cloud\\/[^/]+|@azure\\/[^/]+)\\//.exec(path)?.[1] ?? []);
      process.stdout.write(JSON.stringify([...new Set(sdks)].sort()));
    })();`;
  const config = JSON.stringify(await readStackConfig(stack));
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", "-e", script, config], { cwd: ROOT });
  return JSON.parse(stdout) as string[];
}

describe("stacks/tenant.ts", () => {
  const AWS = ["@pulumi/aws"];
  const GCP = ["@pulumi/gcp"];
  const AZURE = ["@pulumi/azure-native", "@pulumi/azuread"];
  test.each([
    [EXAMPLE_STACKS[0], AWS],
    [GCP_EXAMPLE_STACKS[0], GCP],
    [AZURE_EXAMPLE_STACKS[0], AZURE],
    [THREE_CLOUDS_EXAMPLE_STACK, [...AWS, ...GCP, ...AZURE]],
  ])("%s loads %j", async (stack, expected) => {
    expect(await sdksLoadedBy(stack)).toEqual([...expected, "@pulumi/pulumi"].sort());
  });
});
