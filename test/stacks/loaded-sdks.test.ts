/** Which SDKs `pulumi preview` has to load: those of the clouds in the configuration, and no others. */
import { describe, expect, test } from "@jest/globals";

import { modulesLoadedBy } from "./loaded-modules.js";
import {
  AZURE_EXAMPLE_STACKS,
  EXAMPLE_STACKS,
  GCP_EXAMPLE_STACKS,
  readStackConfig,
  THREE_CLOUDS_EXAMPLE_STACK,
} from "./stack-file.js";

async function sdksLoadedBy(stack: string): Promise<string[]> {
  return modulesLoadedBy(await readStackConfig(stack), /node_modules\/(@pulumi\/[^/]+|@aws-sdk\/client-[^/]+|@google-cloud\/[^/]+|@azure\/[^/]+)\//);
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
