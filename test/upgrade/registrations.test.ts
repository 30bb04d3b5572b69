/** Upgrades without the engine: what the current program registers, against what the oldest supported release registered. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { ROOT } from "../stacks/stack-file.js";
import { type RecordedResource, type Recording } from "./recorded.js";
import { RECORDED_STACKS } from "./recorded-stacks.js";
import { OLDEST_SUPPORTED, readRecording } from "./recordings.js";
import { upgradeProblems } from "./upgrade-problems.js";

const STACKS = Object.keys(RECORDED_STACKS);

let directory: string;

/** What this checkout registers for the configurations that the older release had. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "byok-registrations-"));
  const script = join(ROOT, "test", "upgrade", "record.ts");
  const like = join(ROOT, "test", "upgrade", OLDEST_SUPPORTED);
  await promisify(execFile)(process.execPath, ["--import", "tsx", script, "--like", like, "--out", directory], {
    cwd: ROOT,
    env: { ...process.env, NODE_OPTIONS: "" },
  });
}, 60_000);

afterAll(async () => {
  await rm(directory, { recursive: true });
});

async function current(stack: string): Promise<Recording> {
  return JSON.parse(await readFile(join(directory, `${stack}.json`), "utf8")) as Recording;
}

describe(`from ${OLDEST_SUPPORTED}`, () => {
  test("every kind of stack was recorded", async () => {
    const files = await readdir(join(ROOT, "test", "upgrade", OLDEST_SUPPORTED));
    expect(files.sort()).toEqual(STACKS.map((stack) => `${stack}.json`).sort());
  });

  test.each(STACKS)("%s: nothing is deleted, replaced or less protected, nothing is done to keys, and the descriptors stay", async (stack) => {
    const [before, now] = [await readRecording(stack), await current(stack)];
    expect(upgradeProblems(before, now)).toEqual([]);
    expect(now.resources[0]?.outputs).toEqual(before.resources[0]?.outputs);
  });
});

describe("an upgrade that is not harmless is noticed", () => {
  const changed =
    (name: string, change: Partial<RecordedResource>) =>
    ({ resources, ...rest }: Recording): Recording => ({
      ...rest,
      resources: resources.map((resource) => (resource.name === name ? { ...resource, ...change } : resource)),
    });
  const withInputs = (name: string, inputs: RecordedResource["inputs"]) => (recording: Recording) => {
    const resource = recording.resources.find((one) => one.name === name);
    return changed(name, { inputs: { ...resource?.inputs, ...inputs } })(recording);
  };
  const KEY = "acme-all-eu-aws-key";
  const OLD_URN = `urn:pulumi:acme-all-eu::byok::pulumi-byok:index:TenantKeys$pulumi-byok:index:AwsTenantKey$aws:kms/key:Key::${KEY}`;

  test.each<[what: string, change: (recording: Recording) => Recording, problems: string[]]>([
    ["nothing", (recording) => recording, []],
    [
      "a resource that is gone",
      ({ resources, ...rest }) => ({ ...rest, resources: resources.filter(({ name }) => name !== "acme-all-eu-gcp-api") }),
      ["acme-all-eu-gcp-api is deleted"],
    ],
    [
      "a resource of another name",
      changed(KEY, { name: "acme-all-eu-aws-master-key" }),
      [`${KEY} is deleted`, "acme-all-eu-aws-master-key is one more aws:kms/key:Key"],
    ],
    ["a resource of another name, with an alias", changed(KEY, { name: "acme-all-eu-aws-master-key", aliases: [OLD_URN] }), []],
    ["another parent", changed(KEY, { parent: "acme-all-eu" }), [`${KEY} is deleted`, `${KEY} is one more aws:kms/key:Key`]],
    ["less protection", changed(KEY, { protect: false }), [`${KEY} is not protected any more`]],
    ["less retention", changed("acme-all-eu-gcp-ring", { retainOnDelete: false }), ["acme-all-eu-gcp-ring is not retained any more"]],
    ["more protection", changed("acme-all-eu-azure-policy", { protect: true, retainOnDelete: true }), []],
    ["another provider", changed("acme-all-eu-gcp-api", { provider: "gcp-2" }), ["acme-all-eu-gcp-api has another provider, gcp-2"]],
    ["a provider's other settings", withInputs("gcp", { project: "other" }), ["gcp is configured differently"]],
    ["a property that replaces", withInputs("acme-all-eu-aws-alias", { name: "alias/new" }), ["acme-all-eu-aws-alias is replaced: name"]],
    [
      "a property that replaces, within an object",
      withInputs("acme-all-eu-gcp-key", { versionTemplate: { algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION", protectionLevel: "HSM" } }),
      ["acme-all-eu-gcp-key is replaced: versionTemplate.protectionLevel"],
    ],
    [
      "a property that the program itself replaces on",
      withInputs("acme-all-eu-azure-key", { properties: { kty: "RSA", keySize: 4096, keyOps: ["encrypt", "decrypt", "wrapKey", "unwrapKey"] } }),
      ["acme-all-eu-azure-key is replaced: properties.keySize"],
    ],
    ["an update of a key", withInputs(KEY, { rotationPeriodInDays: 90 }), [`${KEY} is changed: rotationPeriodInDays`]],
    ["an update of what is no key", withInputs("acme-all-eu-azure-app-application", { displayName: "new" }), []],
    ["a key that is only read", changed(KEY, { id: "1234" }), [`${KEY} is only read`]],
  ])("%s", async (_what, change, problems) => {
    const before = await readRecording("acme-all-eu");
    expect(upgradeProblems(before, change(before))).toEqual(problems);
  });
});
