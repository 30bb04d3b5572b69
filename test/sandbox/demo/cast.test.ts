import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "@jest/globals";
import { parse } from "yaml";

import { EVERY_CLOUD, flatConfig, ONE_CLOUD, type Role, stackConfig, stackFileText } from "../../../sandbox/demo/cast.js";
import { writeProject } from "../../../sandbox/demo/deploy.js";
import { parseStackConfig } from "../../../stacks/config.js";
import { readStackConfig } from "../../stacks/stack-file.js";
import { temporaryDirectory } from "../fixtures.js";

const EDITED = `encryptionsalt: v1:c2FsdA==:v1:bm9uY2U=:c2VhbGVk
config:
  byok:tenant: mine
`;

/** A certificate that the stacks' schema takes. */
async function certificate(): Promise<string> {
  const { certificates } = JSON.parse((await readStackConfig("acme-azure-eu"))["byok:azure"] ?? "") as { certificates: string[] };
  return certificates[0] ?? "";
}

test.each<[string, Role]>([...ONE_CLOUD, EVERY_CLOUD].map((role) => [role.stack, role]))(
  "the configuration of %s is one that the program takes, with a key per cloud",
  async (_, role) => {
    const parsed = parseStackConfig(flatConfig(stackConfig(role, await certificate())));
    expect(parsed).toMatchObject({ tenant: role.tenant, datacenter: role.datacenter });
    const keys = (["aws", "gcp", "azure"] as const).filter((cloud) => parsed[cloud] !== undefined);
    expect(keys.sort()).toEqual([...role.clouds].sort());
  },
);

test("every cloud is played alone and together, and strangers are other owners", () => {
  expect(ONE_CLOUD.flatMap(({ clouds }) => clouds)).toEqual(["aws", "gcp", "azure"]);
  expect([...EVERY_CLOUD.clouds].sort()).toEqual(["aws", "azure", "gcp"]);
  for (const { owner, stranger } of [...ONE_CLOUD, EVERY_CLOUD]) expect(stranger.owner).not.toEqual(owner);
});

test("an example that its user has edited and initialised stays out of the demo, and as it is", async () => {
  const directory = temporaryDirectory();
  try {
    const packageRoot = join(directory.path, "package");
    const project = join(directory.path, "project");
    const example = join(packageRoot, "stacks/Pulumi.acme-eu.yaml");
    mkdirSync(join(packageRoot, "stacks"), { recursive: true });
    writeFileSync(join(packageRoot, "Pulumi.yaml"), "name: byok\nmain: stacks/tenant.ts\nstackConfigDir: stacks\n");
    writeFileSync(example, EDITED);
    await writeProject(packageRoot, project);

    expect(parse(readFileSync(join(project, "Pulumi.yaml"), "utf8"))).toEqual({
      name: "byok", main: join(packageRoot, "stacks/tenant.ts"), stackConfigDir: "stacks",
    });
    expect(readFileSync(example, "utf8")).toBe(EDITED);
    expect(parse(stackFileText({ "byok:tenant": "acme" }))).toEqual({ config: { "byok:tenant": "acme" } });
  } finally {
    directory.remove();
  }
});
