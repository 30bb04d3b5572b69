/**
 * Two tenants of different accounts, deployed from one machine: each with its own administrator's credentials, then with those
 * of the other. Under the real engine where `pulumi` is installed, in-process everywhere.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { stringify } from "yaml";

import { OTHER_TENANT_ACCOUNT, TENANT_ACCOUNT } from "../../sandbox/aws/state.js";
import { OTHER_TENANT_DIRECTORY, OTHER_TENANT_SUBSCRIPTION, TENANT_DIRECTORY, TENANT_SUBSCRIPTION } from "../../sandbox/azure/index.js";
import { OTHER_TENANT_PROJECT, TENANT_PROJECT } from "../../sandbox/gcp/state.js";
import { deployInProcess } from "../../sandbox/index.js";
import { engineIsInstalled, EngineStage } from "./engine-stage.js";
import { type PulumiProject } from "./pulumi-project.js";
import { readStackConfig, ROOT, THREE_CLOUDS_EXAMPLE_STACK } from "./stack-file.js";

const TIMEOUT = 300_000;

interface Tenant {
  readonly tenant: string;
  readonly account: string;
  readonly project: string;
  readonly entraTenantId: string;
  readonly subscriptionId: string;
  /** Whom Google Cloud knows its administrator as. */
  readonly email: string;
}

const ACME: Tenant = {
  tenant: "acme",
  account: TENANT_ACCOUNT,
  project: TENANT_PROJECT,
  entraTenantId: TENANT_DIRECTORY,
  subscriptionId: TENANT_SUBSCRIPTION,
  email: `deployer@${TENANT_PROJECT}.iam.gserviceaccount.com`,
};
const GLOBEX: Tenant = {
  tenant: "globex",
  account: OTHER_TENANT_ACCOUNT,
  project: OTHER_TENANT_PROJECT,
  entraTenantId: OTHER_TENANT_DIRECTORY,
  subscriptionId: OTHER_TENANT_SUBSCRIPTION,
  email: `deployer@${OTHER_TENANT_PROJECT}.iam.gserviceaccount.com`,
};

const ALL = ["aws", "gcp", "azure"] as const;
type Cloud = (typeof ALL)[number];

/** A tenant's stack in some clouds, made of the example with all. */
async function configOf(tenant: Tenant, clouds: readonly Cloud[]): Promise<Record<string, string>> {
  const example = await readStackConfig(THREE_CLOUDS_EXAMPLE_STACK);
  const service = JSON.parse(example["byok:service"] ?? "") as Record<string, string>;
  const azure = JSON.parse(example["byok:azure"] ?? "") as object;
  const config: Record<string, object | string> = {
    "byok:tenant": `${tenant.tenant}-${clouds.length === 1 ? clouds.join() : "all"}`,
    "byok:datacenter": "eu",
    "byok:clouds": clouds,
    "byok:service": {
      ...(clouds.includes("aws") ? { awsRoleArn: service["awsRoleArn"] } : {}),
      ...(clouds.includes("gcp") ? { gcpServiceAccount: service["gcpServiceAccount"] } : {}),
    },
    "byok:aws": { accountId: tenant.account },
    "byok:gcp": { project: tenant.project },
    "byok:azure": { ...azure, entraTenantId: tenant.entraTenantId, subscriptionId: tenant.subscriptionId },
  };
  const used = Object.entries(config).filter(([key]) => {
    if (key === "byok:service") return !clouds.every((one) => one === "azure");
    return ALL.every((cloud) => key !== `byok:${cloud}` || clouds.includes(cloud));
  });
  return Object.fromEntries(used.map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]));
}

/** What a refusal says of a cloud: what was expected, by which key, and who is there instead. */
function refusalOf(cloud: Cloud, owner: Tenant, stranger: Tenant): RegExp {
  switch (cloud) {
    case "aws":
      return new RegExp(`byok:aws\\.accountId: is ${owner.account}, but the AWS credentials .*${stranger.account}`);
    case "gcp":
      return new RegExp(`byok:gcp\\.project: is ${owner.project}, which ${stranger.email} cannot read: .*403`);
    case "azure":
      return new RegExp(`byok:azure\\.entraTenantId: is ${owner.entraTenantId}, but the Azure credentials .*${stranger.entraTenantId}`);
  }
}

const installed = engineIsInstalled("two tenants are deployed in-process only");

describe.each(installed ? ["in-process", "under the engine"] : ["in-process"])("two tenants on one machine, %s", (how) => {
  const stage = new EngineStage();
  let project: PulumiProject | undefined;

  beforeAll(async () => {
    await stage.start();
    if (how === "under the engine") project = await stage.addProject();
  }, TIMEOUT);

  afterAll(() => stage.close());

  async function signIn({ account, project: id, entraTenantId }: Tenant, clouds: readonly Cloud[] = ALL): Promise<void> {
    if (clouds.includes("aws")) await stage.sandbox.client.act("aws.signIn", { account });
    if (clouds.includes("gcp")) await stage.sandbox.client.act("gcp.signIn", { project: id });
    if (clouds.includes("azure")) await stage.sandbox.client.act("azure.signIn", { entraTenantId });
  }

  /** Everything that the clouds remember: accounts, projects, APIs, groups, vaults, applications, keys, policies. */
  async function everything(): Promise<string[]> {
    return Promise.all(ALL.map((cloud) => readFile(join(stage.sandboxDirectory, `${cloud}.json`), "utf8")));
  }

  /** Deploys a stack; undefined, or what the refusal says. */
  async function deploy(stack: string, config: Record<string, string>): Promise<string | undefined> {
    if (project === undefined) {
      const program = join(ROOT, "stacks", "tenant.ts");
      const deployment = { sandboxFile: stage.sandbox.environment["BYOK_SANDBOX"] ?? "", program, project: "byok", stack, config };
      return deployInProcess(deployment).then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
    }
    const values = Object.entries(config).map(([key, value]) => [key, /^[[{]/.test(value) ? (JSON.parse(value) as unknown) : value]);
    await writeFile(project.stackFile(stack), stringify({ config: Object.fromEntries(values) as unknown }));
    await project.pulumi("stack", "init", stack);
    const { exitCode, output } = await project.pulumi("up", "--yes", "--skip-preview", "--stack", stack);
    return exitCode === 0 ? undefined : output;
  }

  /** Tries a stack with the credentials of a stranger in some clouds, and the owner's in the others. */
  async function isRefused(owner: Tenant, stranger: Tenant, strangeClouds: readonly Cloud[], clouds: readonly Cloud[]): Promise<void> {
    await signIn(owner);
    await signIn(stranger, strangeClouds);
    const before = await everything();
    const refusal = await deploy(`${owner.tenant}-${clouds.join("-")}`, await configOf(owner, clouds));
    for (const cloud of strangeClouds) expect(refusal).toMatch(refusalOf(cloud, owner, stranger));
    expect(refusal).not.toMatch(/\n\s+at /);
    expect(await everything()).toEqual(before);
  }

  test(
    "each with its own credentials; with swapped ones, in all clouds or in one, nothing at all is created in any",
    async () => {
      await isRefused(ACME, GLOBEX, ALL, ALL);
      // The clouds that would not refuse have nothing either.
      await isRefused(ACME, GLOBEX, ["gcp"], ALL);
      await isRefused(ACME, GLOBEX, ["azure"], ALL);
      if (project !== undefined) {
        for (const cloud of ALL) await isRefused(GLOBEX, ACME, [cloud], [cloud]);
        await signIn(GLOBEX);
        const preview = await project.pulumi("preview", "--stack", "acme-aws-gcp-azure");
        expect(preview.exitCode).not.toBe(0);
        expect(preview.output).toMatch(refusalOf("azure", ACME, GLOBEX));
      }
      for (const owner of [ACME, GLOBEX]) {
        await signIn(owner);
        expect(await deploy(`${owner.tenant}-aws-gcp-azure`, await configOf(owner, ALL))).toBeUndefined();
      }
      // A stack that is there already is not changed either.
      await isRefused(GLOBEX, ACME, ALL, ALL);
    },
    TIMEOUT,
  );
});
