import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import ts from "typescript";

const ROOT = join(__dirname, "..", "..");
const run = promisify(execFile);
let directory: string;

/** The components as the compiler emits them, in a folder from which no package can be found. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "byok-peers-"));
  const files = (await readdir(join(ROOT, "components"), { recursive: true })).filter((file) => file.endsWith(".ts"));
  for (const file of files) {
    const { outputText } = ts.transpileModule(await readFile(join(ROOT, "components", file), "utf8"), {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2023, esModuleInterop: true },
    });
    const target = join(directory, "components", file.replace(/\.ts$/, ".js"));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, outputText);
  }
});

afterAll(() => rm(directory, { recursive: true }));

/** Runs `script` with the packages named installed; answers what it printed as JSON. */
async function runWith(packages: readonly string[], script: string): Promise<unknown> {
  const modules = join(directory, "node_modules");
  await rm(modules, { recursive: true, force: true });
  for (const name of packages) {
    const link = join(modules, name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(ROOT, "node_modules", name), link);
  }
  const { stdout } = await run(process.execPath, ["-e", script], { cwd: directory });
  return JSON.parse(stdout) as unknown;
}

const IMPORT = (entry: string) =>
  `try { require("./components/${entry}"); console.log("null"); }
   catch ({ name, message, peer, cause }) { console.log(JSON.stringify({ name, message, peer, cause: cause.code })); }`;

describe("a missing peer is named, with the command that installs it", () => {
  const AZURE = ["@pulumi/azure-native", "@pulumi/azuread"];
  const rows: [entry: string, packages: string[], peer: string | null][] = [
    ["aws/index.js", [], "@pulumi/pulumi"],
    ["aws/index.js", ["@pulumi/pulumi"], "@pulumi/aws"],
    ["aws/index.js", ["@pulumi/pulumi", "@pulumi/aws"], null],
    ["gcp/index.js", [], "@pulumi/pulumi"],
    ["gcp/index.js", ["@pulumi/pulumi"], "@pulumi/gcp"],
    ["gcp/index.js", ["@pulumi/pulumi", "@pulumi/gcp"], null],
    ["azure/index.js", [], "@pulumi/pulumi"],
    ["azure/index.js", ["@pulumi/pulumi"], "@pulumi/azure-native"],
    ["azure/index.js", ["@pulumi/pulumi", "@pulumi/azure-native"], "@pulumi/azuread"],
    ["azure/index.js", ["@pulumi/pulumi", ...AZURE], null],
    ["index.js", [], "@pulumi/pulumi"],
    ["index.js", ["@pulumi/pulumi"], "@pulumi/aws"],
    ["index.js", ["@pulumi/pulumi", "@pulumi/aws"], "@pulumi/azure-native"],
    ["index.js", ["@pulumi/pulumi", "@pulumi/aws", ...AZURE], "@pulumi/gcp"],
    ["index.js", ["@pulumi/pulumi", "@pulumi/aws", "@pulumi/gcp", ...AZURE], null],
  ];
  test.each(rows)("%s with %j installed", async (entry, packages, peer) => {
    const expected = {
      name: "MissingPeerError",
      message: `pulumi-byok's components need ${peer ?? ""}, which is not installed. Run: npm install ${peer ?? ""}`,
      peer,
      cause: "MODULE_NOT_FOUND",
    };
    expect(await runWith(packages, IMPORT(entry))).toEqual(peer === null ? null : expected);
  });
});

/** What of `node_modules/@pulumi` a script has loaded when it ends, by package. */
async function pulumiFiles(packages: readonly string[], script: string): Promise<Map<string, string[]>> {
  const loaded = (await runWith(packages, `${script}; console.log(JSON.stringify(Object.keys(require.cache)))`)) as string[];
  expect(loaded.filter((path) => path.includes("/runtime/master-key/"))).toEqual([]);
  const files = new Map<string, string[]>();
  for (const path of loaded) {
    const [, name, file] = /node_modules\/@pulumi\/([^/]+)\/(.*)$/.exec(path) ?? [];
    if (name !== undefined && file !== undefined) files.set(name, [...(files.get(name) ?? []), file]);
  }
  return files;
}

describe("loads what a key needs of the SDKs, never a whole one, and no runtime module", () => {
  const rows: [entry: string, name: string, expected: RegExp, needed: string[]][] = [
    ["aws", "aws", /^(kms\/|sns\/topic(Policy|Subscription)?\.js$|cloudwatch\/event(Rule|Target)\.js$|iam\/role(Policy)?\.js$|utilities\.js$|package\.json$)/, ["kms/index.js"]],
    [
      "gcp",
      "gcp",
      /^((kms|organizations|projects)\/|utilities\.js$|package\.json$)/,
      ["kms/index.js", "organizations/index.js", "projects/index.js"],
    ],
    [
      "azure",
      "azure-native",
      /^((keyvault|resources|types\/enums\/(keyvault|resources))\/|utilities\.js$|package\.json$)/,
      ["keyvault/index.js", "resources/index.js"],
    ],
    [
      "azure",
      "azuread",
      /^(application|applicationCertificate|servicePrincipal|utilities)\.js$|^package\.json$/,
      ["application.js", "applicationCertificate.js", "servicePrincipal.js"],
    ],
  ];
  test.each(rows)("./%s of @pulumi/%s", async (entry, name, expected, needed) => {
    const packages = ["@pulumi/pulumi", "@pulumi/aws", "@pulumi/gcp", "@pulumi/azure-native", "@pulumi/azuread"];
    const files = await pulumiFiles(packages, `require("./components/${entry}/index.js")`);
    expect((files.get(name) ?? []).filter((path) => !expected.test(path))).toEqual([]);
    expect(files.get(name)).toEqual(expect.arrayContaining(needed));
    const others = entry === "azure" ? ["azure-native", "azuread"] : [entry];
    expect([...files.keys()].sort()).toEqual([...others, "pulumi"].sort());
  });
});

describe("TenantKeys needs the SDKs of the clouds in its arguments, and no others", () => {
  const construct = (clouds: string) => `
    const { TenantKeys } = require("./components/tenant-keys.js");
    const pulumi = require("@pulumi/pulumi");
    pulumi.runtime.setMocks({ newResource: ({ inputs }) => ({ id: "x", state: inputs }), call: () => ({}) });
    new TenantKeys("k", { tenant: "acme", datacenter: "eu", preset: "afi", ${clouds} })`;
  const AWS = 'aws: { accountId: "111122223333" }';
  const GCP = 'gcp: { project: "acme-backup-keys" }';

  test.each([
    ["aws", AWS, ["@pulumi/aws"]],
    ["gcp", GCP, ["@pulumi/gcp"]],
    ["both", `${AWS}, ${GCP}`, ["@pulumi/aws", "@pulumi/gcp"]],
  ])("%s", async (_what, clouds, packages) => {
    const files = await pulumiFiles(["@pulumi/pulumi", ...packages], construct(clouds));
    expect([...files.keys()].map((name) => `@pulumi/${name}`).sort()).toEqual([...packages, "@pulumi/pulumi"].sort());
  });

  test("a missing one is named before anything is registered", async () => {
    const script = `
      try { ${construct(`${AWS}, ${GCP}`)}; console.log("null"); }
      catch ({ name, message }) { console.log(JSON.stringify({ name, message })); }`;
    expect(await runWith(["@pulumi/pulumi", "@pulumi/aws"], script)).toEqual({
      name: "MissingPeerError",
      message: "pulumi-byok's components need @pulumi/gcp, which is not installed. Run: npm install @pulumi/gcp",
    });
  });
});
