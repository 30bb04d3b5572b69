/** The tarball that would be published, installed into an empty project. Needs the npm registry, or npm's cache. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { codeBlockAfter } from "./readme.js";

const ROOT = join(__dirname, "../..");

let folder: string;
let project: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "byok-packed-"));
  project = join(folder, "project");
  mkdirSync(project);
  // --ignore-scripts: `npm test` has just built dist, and other tests are using it.
  execFileSync("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], { cwd: ROOT, stdio: "pipe" });
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"));
  if (tarball === undefined) throw new Error("npm pack made no tarball");
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "empty", private: true }));
  execFileSync("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", join(folder, tarball)], {
    cwd: project,
    stdio: "pipe",
  });
}, 120_000);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function node(code: string): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ["-e", code], { cwd: project, encoding: "utf8" });
}

/** Puts this checkout's copy of a package into the project, which saves installing 400 MB once more. */
function provide(name: string): void {
  const link = join(project, "node_modules", name);
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(join(ROOT, "node_modules", name), link);
}

describe("without any optional peer", () => {
  test("neither Pulumi nor a cloud SDK was installed", () => {
    expect(existsSync(join(project, "node_modules/@pulumi"))).toBe(false);
    expect(existsSync(join(project, "node_modules/@aws-sdk"))).toBe(false);
  });

  test.each([
    ["pulumi-byok/runtime", "Encryptor"],
    ["pulumi-byok/sandbox", "startSandbox"],
  ])("%s can be imported", (entry, name) => {
    const { stdout, stderr } = node(`process.stdout.write(typeof require(${JSON.stringify(entry)})[${JSON.stringify(name)}])`);
    expect({ stdout, stderr }).toEqual({ stdout: "function", stderr: "" });
  });

  test.each(["pulumi-byok", "pulumi-byok/aws", "pulumi-byok/gcp", "pulumi-byok/azure"])("%s says what to install", (entry) => {
    const { status, stderr } = node(`require(${JSON.stringify(entry)})`);
    expect(status).not.toBe(0);
    expect(stderr).toContain("npm install @pulumi/");
  });

  test("a key in AWS KMS says what to install", () => {
    const { stdout } = node(`
      require("pulumi-byok/runtime").openMasterKey({
        schema: 1, provider: "aws-kms", tenant: "acme", datacenter: "eu", grantedTo: "arn:aws:iam::201720642051:root",
        keyArn: "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555", aliasName: "alias/x",
      }, { mode: "production", role: "tenant" }).catch((error) => process.stdout.write(error.code + ": " + error.message))`);
    expect(stdout).toBe("CONFIG_INVALID: Provider aws-kms needs @aws-sdk/client-kms: npm install @aws-sdk/client-kms");
  });

  test("byok runs", () => {
    const { status, stdout } = spawnSync(join(project, "node_modules/.bin/byok"), ["--help"], { encoding: "utf8" });
    expect(status).toBe(0);
    expect(stdout).toContain("Usage: byok");
  });
});

describe("with Pulumi and the AWS SDK beside it", () => {
  beforeAll(() => {
    for (const name of ["@pulumi/pulumi", "@pulumi/aws", "@aws-sdk/client-kms", "@types/node"]) provide(name);
    writeFileSync(join(project, "index.ts"), codeBlockAfter("test/package/packed.test.ts runs"));
    writeFileSync(join(project, "service.ts"), codeBlockAfter("test/package/packed.test.ts compiles"));
  });

  test("pulumi-byok/aws can be imported", () => {
    const { stdout } = node(`process.stdout.write(typeof require("pulumi-byok/aws").AwsTenantKey)`);
    expect(stdout).toBe("function");
  });

  test("the README's programs compile against the published types", () => {
    const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
    const { status, stdout } = spawnSync(
      process.execPath,
      [compiler, "--strict", "--module", "nodenext", "--target", "es2023", "--skipLibCheck", "--types", "node", "index.ts", "service.ts"],
      { cwd: project, encoding: "utf8" },
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  }, 60_000);

  test("the README's program deploys a key and hands out its descriptor", () => {
    const { stdout, stderr } = node(`
      const { startSandbox, deployInProcess } = require("pulumi-byok/sandbox");
      const { parseMasterKeyDescriptors } = require("pulumi-byok/runtime");
      (async () => {
        const sandbox = await startSandbox({ directory: "sandbox" });
        try {
          const program = require("node:path").resolve("index.js");
          const { outputs } = await deployInProcess({ sandboxFile: sandbox.file, program, project: "p", stack: "s", config: {} });
          process.stdout.write(JSON.stringify(parseMasterKeyDescriptors(outputs.masterKeys)));
        } finally { await sandbox.close(); }
      })().catch((error) => { console.error(error); process.exitCode = 1; });
    `);
    // Only what the deployment printed when it failed; the SDK's own warnings about Node are none of our business.
    if (stdout === "") throw new Error(stderr);
    const [descriptor] = JSON.parse(stdout) as Record<string, unknown>[];
    expect(descriptor).toEqual({
      schema: 1,
      tenant: "acme",
      datacenter: "eu",
      provider: "aws-kms",
      grantedTo: "arn:aws:iam::201720642051:root",
      keyArn: expect.stringMatching(/^arn:aws:kms:eu-central-1:111122223333:key\/[0-9a-f-]{36}$/),
      aliasName: "alias/byok-acme-eu",
    });
  }, 60_000);
});

describe("with Pulumi's SDK of every cloud beside it", () => {
  beforeAll(() => {
    for (const name of ["@pulumi/gcp", "@pulumi/azure-native", "@pulumi/azuread"]) provide(name);
  });

  test.each([
    ["pulumi-byok", "TenantKeys"],
    ["pulumi-byok/gcp", "GcpTenantKey"],
    ["pulumi-byok/azure", "AzureTenantKey"],
  ])("%s can be imported", (entry, name) => {
    const { stdout } = node(`process.stdout.write(typeof require(${JSON.stringify(entry)})[${JSON.stringify(name)}])`);
    expect(stdout).toBe("function");
  });
});
