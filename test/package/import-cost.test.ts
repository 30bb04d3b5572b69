import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

const DIST = join(__dirname, "../../dist");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "byok-imports-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Runs CommonJS code in a new process and returns which npm packages it has loaded from node_modules by then. */
function packagesLoadedBy(code: string): string[] {
  const report = `
    const names = Object.keys(require.cache).flatMap((path) => {
      const inside = path.split("/node_modules/").at(-1);
      return inside === path ? [] : [inside.split("/").slice(0, inside.startsWith("@") ? 2 : 1).join("/")];
    });
    process.stdout.write(JSON.stringify([...new Set(names)].sort()));
  `;
  const program = `(async () => { ${code} })().then(() => { ${report} })`;
  return JSON.parse(execFileSync(process.execPath, ["-e", program], { cwd: folder, encoding: "utf8" })) as string[];
}

const runtime = JSON.stringify(join(DIST, "runtime/index.js"));
const useLocalKeys = `
  const byok = require(${runtime});
  await byok.createLocalKeyFile("tenant.key");
  await byok.createLocalKeyFile("service.key");
  const masterKeys = [{ schema: 1, provider: "local", tenant: "acme", datacenter: "eu", grantedTo: "x", path: "tenant.key" }];
  const access = { masterKeys, serviceKey: { file: "service.key" }, mode: "development" };
  const sealedSecret = await byok.createSecret({ tenant: "acme", ...access });
  const encryptor = await byok.Encryptor.open({ ...access, sealedSecret });
  await encryptor.decrypt((await encryptor.encrypt(Buffer.from("x"), { resource: "r" })).ciphertext);
  await encryptor.close();
`;
const openAwsKey = `
  const byok = require(${runtime});
  await byok.openMasterKey({
    schema: 1, provider: "aws-kms", tenant: "acme", datacenter: "eu", grantedTo: "arn:aws:iam::201720642051:root",
    keyArn: "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555", aliasName: "alias/x",
  }, { mode: "production", role: "tenant" });
`;

describe("what the built package loads", () => {
  test.each([
    ["importing ./runtime", `require(${runtime})`, []],
    ["encrypting under local keys", useLocalKeys, []],
    ["opening a key in AWS KMS", openAwsKey, ["@aws-sdk/client-kms"]],
    ["importing ./sandbox", `require(${JSON.stringify(join(DIST, "sandbox/index.js"))})`, []],
  ])("%s: cloud and Pulumi SDKs", (_what, code, expected) => {
    const loaded = packagesLoadedBy(code);
    const clouds = loaded.filter((name) => /^@pulumi\/|^@aws-sdk\/client-|^@google-cloud\/|^@azure\//.test(name));
    expect(clouds).toEqual(expected);
  });

  test.each([
    ["aws", ["@pulumi/aws", "@pulumi/pulumi"]],
    ["gcp", ["@pulumi/gcp", "@pulumi/pulumi"]],
    ["azure", ["@pulumi/azure-native", "@pulumi/azuread", "@pulumi/pulumi"]],
  ])("./%s loads Pulumi and its SDKs of that cloud, and no other's", (cloud, expected) => {
    const loaded = packagesLoadedBy(`require(${JSON.stringify(join(DIST, "components", cloud, "index.js"))})`);
    expect(loaded.filter((name) => /^@pulumi\/|^@aws-sdk\/client-|^@google-cloud\/|^@azure\//.test(name))).toEqual(expected);
  });
});
