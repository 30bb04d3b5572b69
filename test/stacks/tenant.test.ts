import { describe, expect, jest, test } from "@jest/globals";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";

import { masterKeyDescriptorsSchema } from "../../runtime/master-key/descriptor.js";
import { parseStackConfig } from "../../stacks/config.js";
import { deploy, type Deployment } from "../components/recorded-deployment.js";
import { EXAMPLE_STACKS, ROOT, readStackConfig, stackFile } from "./stack-file.js";

/** What each example must come to. */
const EXPECTED = {
  "acme-usa": { datacenter: "usa", region: "us-east-2", grantedTo: "arn:aws:iam::201720642051:root", alias: "alias/AFI-BYOK" },
  "acme-eu": {
    datacenter: "eu",
    region: "eu-central-1",
    grantedTo: "arn:aws:iam::201720642051:role/backup-service",
    alias: "alias/byok-acme-eu",
  },
  "acme-uk": { datacenter: "uk", region: "eu-west-2", grantedTo: "arn:aws:iam::201720642051:root", alias: "alias/byok-acme-uk" },
  "acme-au": { datacenter: "au", region: "ap-southeast-2", grantedTo: "arn:aws:iam::201720642051:root", alias: "alias/AFI-BYOK" },
  "acme-ca": { datacenter: "ca", region: "ca-central-1", grantedTo: "arn:aws:iam::201720642051:root", alias: "alias/AFI-BYOK" },
} as const;

/** Evaluates stacks/tenant.ts anew, as the engine does. */
function deployTenant(config: Record<string, string>): Promise<Deployment> {
  jest.resetModules();
  return deploy(async () => ({ ...(await import("../../stacks/tenant.js")) }), { config });
}

describe("example stacks", () => {
  test("are all tested here", async () => {
    const files = (await readdir(join(ROOT, "stacks"))).filter((file) => /^Pulumi\.acme-.*\.yaml$/.test(file));
    expect(files.sort()).toEqual(EXAMPLE_STACKS.map((stack) => `Pulumi.${stack}.yaml`).sort());
  });

  test.each(EXAMPLE_STACKS)("%s holds configuration and nothing else, not even a salt", async (stack) => {
    const file = parse(await readFile(stackFile(stack), "utf8")) as object;
    expect(Object.keys(file)).toEqual(["config"]);
    const { tenant, datacenter, aws } = parseStackConfig(await readStackConfig(stack));
    const expected = EXPECTED[stack];
    expect({ tenant, datacenter, aws }).toEqual({
      tenant: "acme",
      datacenter: expected.datacenter,
      aws: { accountId: "111122223333", region: expected.region },
    });
  });

  test.each(EXAMPLE_STACKS)("%s deploys", async (stack) => {
    const { registrations, outputs } = await deployTenant(await readStackConfig(stack));
    const expected = EXPECTED[stack];
    const name = `acme-${expected.datacenter}`;
    expect(registrations.map(({ type, name, provider }) => [type, name, provider])).toEqual([
      ["pulumi:pulumi:Stack", "byok-stack", undefined],
      ["pulumi:providers:aws", "aws", undefined],
      ["pulumi-byok:index:TenantKeys", name, undefined],
      ["pulumi-byok:index:AwsTenantKey", `${name}-aws`, undefined],
      ["aws:kms/key:Key", `${name}-aws-key`, "aws"],
      ["aws:kms/alias:Alias", `${name}-aws-alias`, "aws"],
      ["aws:kms/keyPolicy:KeyPolicy", `${name}-aws-policy`, "aws"],
    ]);
    expect(registrations[1]?.inputs).toMatchObject({
      region: expected.region,
      allowedAccountIds: JSON.stringify(["111122223333"]),
    });

    const masterKeys = [
      {
        schema: 1,
        tenant: "acme",
        datacenter: expected.datacenter,
        provider: "aws-kms",
        grantedTo: expected.grantedTo,
        keyArn: `arn:aws:kms:${expected.region}:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab`,
        aliasName: expected.alias,
      },
    ];
    expect(masterKeyDescriptorsSchema.parse(masterKeys)).toEqual(masterKeys);
    expect(outputs.at(-1)).toEqual(["byok-stack", { masterKeys }]);
  });
});

describe("stacks/tenant.ts", () => {
  test("a wrong configuration is refused as a RunError before any resource", async () => {
    jest.resetModules();
    let refusal: unknown;
    const { registrations } = await deploy(async () => {
      const { RunError } = await import("@pulumi/pulumi");
      await import("../../stacks/tenant.js").catch((error: unknown) => {
        refusal = { shownWithoutStack: RunError.isInstance(error), message: error instanceof Error ? error.message : "" };
      });
      return {};
    }, { config: { "byok:tenant": "acme" } });
    expect(registrations.map(({ type }) => type)).toEqual(["pulumi:pulumi:Stack"]);
    expect(refusal).toEqual({
      shownWithoutStack: true,
      message:
        "The stack's configuration has 4 problems:\n  byok:datacenter: is required\n  byok:clouds: is required\n" +
        "  byok:service: is required\n  byok:aws: is required",
    });
  });

  test("the project: program, stack folder, loader, and no default providers", async () => {
    expect(parse(await readFile(join(ROOT, "Pulumi.yaml"), "utf8"))).toEqual({
      name: "byok",
      description: "A tenant's own encryption keys for a backup service",
      main: "stacks/tenant.ts",
      stackConfigDir: "stacks",
      runtime: { name: "nodejs", options: { typescript: false, nodeargs: "--import tsx" } },
      config: { "pulumi:disable-default-providers": { value: ["*"] } },
    });
  });
});
