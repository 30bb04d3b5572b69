/** `byok plan` over real programs, run without engine, cloud or credentials. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { planSchema, type Plan } from "../../../review/plan/schema.js";
import { codeBlockAfter } from "../../package/readme.js";
import { byok, type Result } from "../../runtime/cli/in-process.js";
import { ROOT, THREE_CLOUDS_EXAMPLE_STACK } from "../../stacks/stack-file.js";

let folder: string;

function plan(...args: string[]): Promise<Result> {
  return byok(["plan", ...args], { loadReview: () => import("../../../review/index.js") });
}

beforeAll(async () => {
  // A project of its own, because these stacks are not examples of this one.
  folder = await mkdtemp(join(tmpdir(), "byok-plan-"));
  await mkdir(join(folder, "stacks"));
  await cp(join(ROOT, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
  for (const name of ["tenant", "config"]) await symlink(join(ROOT, "stacks", `${name}.ts`), join(folder, "stacks", `${name}.ts`));
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "stacks/Pulumi.global.yaml"), "config:\n  byok:tenant: acme\n  byok:datacenter: eu\n  byok:clouds: [gcp]\n  byok:service: afi\n  byok:gcp: { project: acme-backup-keys, location: global }\n");
  await writeFile(join(folder, "stacks/Pulumi.wrong.yaml"), "config:\n  byok:tenannt: acme\n  byok:datacenter: mars\n  byok:clouds: [gcp]\n");
  await writeFile(join(folder, "index.ts"), codeBlockAfter("test/package/packed.test.ts runs").replace('"pulumi-byok/aws"', JSON.stringify(join(ROOT, "components/aws/index.ts"))));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe("the three-cloud example", () => {
  let made: Plan;
  let result: Result;
  beforeAll(async () => {
    result = await plan(THREE_CLOUDS_EXAMPLE_STACK, "--json", "--cwd", ROOT);
    made = planSchema.parse(JSON.parse(result.out));
  }, 60_000);

  test("is fine, and of the documented form", () => {
    expect({ code: result.code, err: result.err }).toEqual({ code: 0, err: "" });
    expect(made).toMatchObject({ tenant: "acme-all", datacenter: "eu", clouds: ["aws", "gcp", "azure"], access: "granted", stack: THREE_CLOUDS_EXAMPLE_STACK });
    expect(made.findings.map(({ severity, code }) => `${severity} ${code}`)).toEqual(["info tenant-may-use", "info no-alarms", "info no-alarms", "info no-alarms"]);
  });

  test.each([
    ["acme-all-eu-aws-key", { protected: true, retained: true, parent: "acme-all-eu-aws" }],
    ["acme-all-eu-aws-alias", { protected: true, retained: false, cloudName: "alias/byok-acme-all-eu", id: "alias/byok-acme-all-eu" }],
    ["acme-all-eu-aws-policy", { protected: false, retained: false }],
    ["acme-all-eu-gcp-key", { protected: true, retained: true, id: "projects/acme-backup-keys/locations/europe-west4/keyRings/byok-acme-all-eu/cryptoKeys/byok-acme-all-eu" }],
    ["acme-all-eu-azure-vault", { protected: true, retained: true, cloudName: "byok-acme-all-eu-6bheoy" }],
    ["acme-all-eu-azure-key", { id: "/subscriptions/0d9b4e37-5a1c-4c86-b2f4-93e6a7c8d201/resourceGroups/byok-acme-all-eu/providers/Microsoft.KeyVault/vaults/byok-acme-all-eu-6bheoy/keys/byok-acme-all-eu" }],
    ["acme-all-eu-azure-app", { kind: "component", parent: "acme-all-eu" }],
  ])("%s", (name, expected) => {
    expect(made.resources.find((resource) => resource.name === name)).toMatchObject(expected);
  });

  test("what the cloud chooses is left open", () => {
    expect(made.resources.find(({ name }) => name === "acme-all-eu-aws-key")).not.toHaveProperty("id");
    expect(JSON.stringify(made.resources)).not.toContain("<");
  });

  test("who uses: the service alone, in each cloud through its grant", () => {
    expect(made.accessTable.filter(({ power }) => power === "use").map(({ principal, whose, on, through }) => [principal, whose, on, through])).toEqual([
      ["arn:aws:iam::201720642051:role/backup-service", "service", "acme-all-eu-aws-key", "acme-all-eu-aws-policy"],
      ["serviceAccount:storage-byok@afi-production.iam.gserviceaccount.com", "service", "acme-all-eu-gcp-key", "acme-all-eu-gcp-grant"],
      ["application byok-acme-all-eu", "service", "every key of vault byok-acme-all-eu-6bheoy", "acme-all-eu-azure-policy"],
    ]);
    expect(made.accessTable.filter(({ power }) => power === "sign-in")).toMatchObject([{ on: "byok-acme-all-eu", conditions: ["until 2125-01-01"] }]);
    expect(made.revocation.map(({ cloud, withdrawn }) => [cloud, withdrawn])).toEqual([
      ["aws", ["acme-all-eu-aws-policy"]],
      ["gcp", ["acme-all-eu-gcp-grant"]],
      ["azure", ["acme-all-eu-azure-policy"]],
    ]);
  });
});

test("a key without residency is a warning, and --strict a refusal", async () => {
  const { code, out, err } = await plan("global", "--strict", "--cwd", folder);
  expect(code).toBe(7);
  expect(out).toMatch(/warning \[location-global\] acme-eu-gcp-ring: is in location global/);
  expect(out).toMatch(/^ {2}serviceAccount:storage-byok@afi-production\.iam\.gserviceaccount\.com +service +encrypt, decrypt +acme-eu-gcp-key +acme-eu-gcp-grant$/m);
  expect(out).not.toContain("\u001b[");
  expect(err).toBe("byok: FINDINGS: The plan of global has 1 warning, see Findings.\n");
}, 60_000);

test("a bad configuration is the same list as of pulumi up", async () => {
  const { code, err } = await plan("wrong", "--cwd", folder);
  expect(code).toBe(2);
  expect(err).toContain('byok:datacenter: must be one of usa, eu, uk, au, ca, not "mars"');
  expect(err).toContain('byok:tenannt: unknown key (did you mean "tenant"?)');
  expect(err).not.toMatch(/\n\s+at /);
}, 60_000);

test("the README's program, which is configured nowhere, and a deployer who is in the granted account", async () => {
  const { code, out } = await plan("dev", "--cwd", folder, "--program", "index.ts", "--json", "--deployer", "aws=arn:aws:iam::201720642051:role/ci");
  const made = planSchema.parse(JSON.parse(out));
  expect(code).toBe(0);
  expect(made).toMatchObject({ tenant: "acme", datacenter: "eu", places: [{ residency: "kept", account: "account 111122223333" }] });
  expect(made.findings.map(({ code: found }) => found)).toEqual(["deployer-is-runtime", "whole-account", "tenant-may-use", "no-alarms"]);
}, 60_000);

test("--help teaches", async () => {
  const { code, out } = await plan("--help");
  expect(code).toBe(0);
  for (const word of ["--deployer", "--strict", "without the Pulumi engine and without credentials", "7 with --strict"]) expect(out).toContain(word);
});
