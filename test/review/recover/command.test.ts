/** `byok recover-state`: what it writes, and what it asks for. What the engine makes of it: test/stacks/engine-recover.test.ts. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { byok, type Result } from "../../runtime/cli/in-process.js";
import { ROOT } from "../../stacks/stack-file.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "byok-recover-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

function recover(...args: string[]): Promise<Result> {
  return byok(["recover-state", ...args], { loadReview: () => import("../../../review/index.js") });
}

const KEY_ID = "11111111-2222-4333-8444-555555555555";
const KEYS = [{ schema: 1, tenant: "acme", datacenter: "eu", provider: "aws-kms", grantedTo: "arn:aws:iam::201720642051:role/backup-service", keyArn: `arn:aws:kms:eu-central-1:111122223333:key/${KEY_ID}`, aliasName: "alias/byok-acme-eu" }];

describe("acme-eu", () => {
  test("asks for what only AWS knows, and writes nothing until then", async () => {
    const out = join(folder, "a.json");
    const { code, err } = await recover("acme-eu", "--cwd", ROOT, "--out", out);
    expect(code).toBe(2);
    expect(err).toContain("--id acme-eu-aws-key=ID   the id, from: aws kms describe-key --key-id alias/byok-acme-eu --region eu-central-1 --query KeyMetadata.KeyId --output text");
    expect(existsSync(out)).toBe(false);
  }, 60_000);

  test("takes it from the descriptors, and says what to run and what to expect", async () => {
    const out = join(folder, "b.json");
    await writeFile(join(folder, "keys.json"), JSON.stringify(KEYS));
    const { code, out: said } = await recover("acme-eu", "--cwd", ROOT, "--out", out, "--descriptor", join(folder, "keys.json"));
    expect(code).toBe(0);
    const { resources } = JSON.parse(await readFile(out, "utf8")) as { resources: Record<string, unknown>[] };
    expect(resources.map(({ type, name, id, parent, provider, component }) => ({ type, name, id, parent, provider, component }))).toEqual([
      { type: "pulumi:providers:aws", name: "aws" },
      { type: "pulumi-byok:index:TenantKeys", name: "acme-eu", component: true },
      { type: "pulumi-byok:index:AwsTenantKey", name: "acme-eu-aws", parent: "acme-eu", component: true },
      { type: "aws:kms/key:Key", name: "acme-eu-aws-key", id: KEY_ID, parent: "acme-eu-aws", provider: "aws" },
      { type: "aws:kms/alias:Alias", name: "acme-eu-aws-alias", id: "alias/byok-acme-eu", parent: "acme-eu-aws", provider: "aws" },
      { type: "aws:kms/keyPolicy:KeyPolicy", name: "acme-eu-aws-policy", id: KEY_ID, parent: "acme-eu-aws", provider: "aws" },
    ]);
    expect(resources[0]?.["inputs"]).toMatchObject({ allowedAccountIds: '["111122223333"]', region: "eu-central-1" });
    expect(said).toContain(`pulumi import --file ${out} --generate-code=false --yes --stack acme-eu`);
    expect(said).toContain("update acme-eu-aws-key: deletionWindowInDays");
    expect(said).toContain("do not destroy in between");
  }, 60_000);

  test("refuses descriptors of another stack", async () => {
    await writeFile(join(folder, "others.json"), JSON.stringify(KEYS.map((key) => ({ ...key, tenant: "globex" }))));
    const { code, err } = await recover("acme-eu", "--cwd", ROOT, "--out", join(folder, "c.json"), "--descriptor", join(folder, "others.json"));
    expect({ code, refused: /of tenant globex, datacenter eu, which this stack does not make/.test(err) }).toEqual({ code: 2, refused: true });
  }, 60_000);
});

test("a file that is there is replaced by --force only", async () => {
  const out = join(folder, "there.json");
  await writeFile(out, "mine");
  expect((await recover("acme-eu", "--cwd", ROOT, "--out", out)).code).toBe(6);
  expect(await readFile(out, "utf8")).toBe("mine");
});

test("--help teaches", async () => {
  const { code, out } = await recover("--help");
  expect(code).toBe(0);
  for (const word of ["--descriptor", "--id", "pulumi import --file", "Nothing in a cloud changes"]) expect(out).toContain(word);
});
