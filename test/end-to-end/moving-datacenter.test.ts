/** A tenant moves from eu to uk, by the lines of docs/guides/day-two.md: a new key beside the old one, and a next generation. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "@jest/globals";

import { type MasterKeyDescriptor, masterKeyDescriptorsSchema, placeOf } from "../../runtime/master-key/descriptor.js";
import { deployInProcess } from "../../sandbox/index.js";
import { type SandboxProcess, startSandboxProcess } from "../stacks/sandbox-process.js";
import { readStackConfig, ROOT } from "../stacks/stack-file.js";
import { shell, succeed, withByok } from "./shell.js";

const GUIDE = readFileSync(join(ROOT, "docs/guides/day-two.md"), "utf8");

let folder: string;
let sandbox: SandboxProcess;
let place: { readonly cwd: string; readonly env: NodeJS.ProcessEnv };
let keys: Record<"eu" | "uk", MasterKeyDescriptor>;

/** The guide's line that begins so; the test breaks when the guide drops it. */
function documented(beginning: string): string {
  const moving = GUIDE.slice(GUIDE.indexOf("## Moving to another datacenter"));
  const line = moving.split("\n").find((text) => text.trim().startsWith(beginning));
  if (line === undefined) throw new Error(`the guide has no command "${beginning}"`);
  return line.trim().replaceAll(/\bKEY\b/g, "file:./service.key").replaceAll("OLD_KEY_ID", placeOf(keys.eu));
}

async function deploy(stack: string): Promise<MasterKeyDescriptor> {
  const { outputs } = await deployInProcess({
    sandboxFile: join(folder, "sandbox", "sandbox.json"),
    program: join(ROOT, "stacks/tenant.ts"),
    project: "byok",
    stack,
    config: { ...(await readStackConfig(stack)), "pulumi:disable-default-providers": '["*"]' },
  });
  const [descriptor] = masterKeyDescriptorsSchema.parse(outputs["masterKeys"]);
  if (descriptor === undefined) throw new Error(`${stack} has no key`);
  return descriptor;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "byok-moving-"));
  sandbox = await startSandboxProcess(join(folder, "sandbox"));
  place = { cwd: folder, env: withByok(folder, { ...process.env, ...sandbox.environment }) };
  keys = { eu: await deploy("acme-eu"), uk: await deploy("acme-uk") };
  writeFileSync(join(folder, "acme.keys.json"), JSON.stringify([keys.eu]));
  writeFileSync(join(folder, "acme.uk.keys.json"), JSON.stringify([keys.uk]));
  mkdirSync(join(folder, "data"));
  writeFileSync(join(folder, "data", "mail"), "a mail");
  const given = "--descriptor acme.keys.json --service-key file:./service.key";
  await succeed(`byok secret create --tenant acme ${given} --out acme.secret.json`, place);
  await succeed(`byok encrypt ./data --secret acme.secret.json ${given} --out ./data.byok`, place);
}, 120_000);

afterAll(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
});

test("new backups need the new key alone, older ones the old key as before", async () => {
  await succeed(documented("byok verify"), place);
  // The guide joins the two lists with jq, which a machine need not have.
  expect(documented("jq -s add acme.keys.json acme.uk.keys.json > acme.both.keys.json")).toBeDefined();
  writeFileSync(join(folder, "acme.both.keys.json"), JSON.stringify([keys.eu, keys.uk]));
  await succeed(documented("byok secret add-key"), place);
  await succeed(documented("byok secret remove-key"), place);
  await succeed(documented("byok encrypt"), place);
  await succeed(documented("byok decrypt"), place);
  expect(readFileSync(join(folder, "restored", "mail"), "utf8")).toBe("a mail");

  // The old key goes: what is new does not notice, what is old is closed.
  await sandbox.client.act("revoke", { key: placeOf(keys.eu), by: "disable" });
  const withNew = "--secret acme.next.secret.json --descriptor acme.uk.keys.json --service-key file:./service.key";
  await succeed(`byok decrypt ./data.next.byok ${withNew} --out ./restored.next`, place);
  expect(readFileSync(join(folder, "restored.next", "mail"), "utf8")).toBe("a mail");
  const closed = await shell(documented("byok decrypt").replace("./restored", "./closed"), place);
  expect({ exitCode: closed.exitCode, said: /KEY_DISABLED/.test(closed.stderr) }).toEqual({ exitCode: 3, said: true });

  // The other way round: what is new is the new key's to close.
  await sandbox.client.act("restore", { key: placeOf(keys.eu) });
  await sandbox.client.act("revoke", { key: placeOf(keys.uk), by: "grant" });
  const refused = await shell(`byok decrypt ./data.next.byok ${withNew} --out ./refused`, place);
  expect(refused.exitCode).toBe(3);
}, 180_000);
