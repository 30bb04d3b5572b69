import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "@jest/globals";
import { parse } from "yaml";

import { writeProject } from "../../../sandbox/demo/deploy.js";
import { STACK, stackConfig } from "../../../sandbox/demo/stack.js";
import { parseStackConfig } from "../../../stacks/config.js";
import { temporaryDirectory } from "../fixtures.js";

const EDITED = `encryptionsalt: v1:c2FsdA==:v1:bm9uY2U=:c2VhbGVk
secretsprovider: awskms://alias/mine
config:
  byok:tenant: mine
  byok:datacenter: uk
  byok:clouds: [aws]
  byok:service: afi
  byok:aws:
    accountId: "999988887777"
`;

test("the demo's configuration is that of the sandbox's accounts", () => {
  expect(parseStackConfig(stackConfig())).toEqual({
    tenant: "acme",
    datacenter: "eu",
    service: { awsRoleArn: "arn:aws:iam::201720642051:role/backup-service" },
    aws: { accountId: "111122223333", region: "eu-central-1" },
  });
});

test("an example that its user has edited and initialised stays out of the demo, and as it is", async () => {
  const directory = temporaryDirectory();
  try {
    const packageRoot = join(directory.path, "package");
    const project = join(directory.path, "project");
    const example = join(packageRoot, `stacks/Pulumi.${STACK}.yaml`);
    mkdirSync(join(packageRoot, "stacks"), { recursive: true });
    writeFileSync(join(packageRoot, "Pulumi.yaml"), "name: byok\nmain: stacks/tenant.ts\nstackConfigDir: stacks\n");
    writeFileSync(example, EDITED);
    await writeProject(packageRoot, project);

    const written = parse(readFileSync(join(project, `stacks/Pulumi.${STACK}.yaml`), "utf8")) as { config: Record<string, unknown> };
    expect(Object.keys(written)).toEqual(["config"]);
    expect(written.config).toMatchObject({ "byok:tenant": "acme", "byok:datacenter": "eu", "byok:aws": { accountId: "111122223333" } });
    expect(parse(readFileSync(join(project, "Pulumi.yaml"), "utf8"))).toEqual({
      name: "byok", main: join(packageRoot, "stacks/tenant.ts"), stackConfigDir: "stacks",
    });
    expect(readFileSync(example, "utf8")).toBe(EDITED);
  } finally {
    directory.remove();
  }
});
