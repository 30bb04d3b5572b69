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
  const rows: [entry: string, packages: string[], peer: string | null][] = [
    ["aws/index.js", [], "@pulumi/pulumi"],
    ["aws/index.js", ["@pulumi/pulumi"], "@pulumi/aws"],
    ["aws/index.js", ["@pulumi/pulumi", "@pulumi/aws"], null],
    ["index.js", [], "@pulumi/pulumi"],
    ["index.js", ["@pulumi/pulumi"], "@pulumi/aws"],
    ["index.js", ["@pulumi/pulumi", "@pulumi/aws"], null],
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

test("loads the KMS part of @pulumi/aws, never the whole SDK, and no runtime module", async () => {
  const loaded = (await runWith(
    ["@pulumi/pulumi", "@pulumi/aws"],
    `require("./components/index.js"); console.log(JSON.stringify(Object.keys(require.cache)))`,
  )) as string[];
  const aws = loaded.flatMap((path) => /node_modules\/@pulumi\/aws\/(.*)$/.exec(path)?.[1] ?? []);
  expect(aws.filter((path) => !/^(kms\/|utilities\.js$|package\.json$)/.test(path))).toEqual([]);
  expect(aws).toContain("kms/index.js");
  expect(loaded.filter((path) => path.includes("/runtime/master-key/"))).toEqual([]);
});
