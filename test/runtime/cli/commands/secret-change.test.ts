/** @jest-environment ./test/runtime/one-realm-environment.ts */
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import fs, { chmod, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createLocalKeyFile, type SealedSecret } from "../../../../runtime/index.js";
import { startTestGcpSandbox, type TestGcpSandbox } from "../../gcp-sandbox.js";
import { describeTree, newFolder, newTenant, removeFolders, type Tenant } from "../fixture.js";
import { byok, type Result, type World } from "../in-process.js";

let place: string;
let tenant: Tenant;

beforeEach(async () => {
  place = await newFolder();
  tenant = await newTenant(place);
  await createLocalKeyFile(at("second.key"));
  await writeFile(at("both.json"), JSON.stringify([local(tenant.tenantKey), local(at("second.key"))]));
  await mkdir(at("data"));
  await writeFile(at("data/a"), "contents of a");
});

afterAll(removeFolders);

const at = (name: string): string => join(place, name);
const local = (path: string): object => ({ schema: 1, tenant: "acme", datacenter: "eu", provider: "local", grantedTo: "service", path });
const serviceKey = (): string[] => ["--service-key", `file:${tenant.serviceKey}`];
const keys = (descriptors = at("both.json")): string[] => ["--descriptor", descriptors, ...serviceKey()];
const secret = async (path = tenant.secret): Promise<SealedSecret> => JSON.parse(await readFile(path, "utf8")) as SealedSecret;
const idsOf = async (path = tenant.secret): Promise<string[]> => (await secret(path)).masterKeys.map(({ keyId }) => keyId);

function change(command: string, ...more: string[]): Promise<Result> {
  return byok(["secret", command, "--secret", tenant.secret, ...keys(), ...more]);
}

async function encrypt(out: string, secretFile = tenant.secret): Promise<void> {
  expect(await byok(["encrypt", at("data/a"), "--secret", secretFile, ...keys(), "--out", at(out)])).toMatchObject({ code: 0 });
}

function decrypt(object: string, ...more: string[]): Promise<Result> {
  return byok(["decrypt", at(object), ...keys(), "--secret", tenant.secret, "--out", "-", ...more]);
}

describe("secret add-key", () => {
  test("replaces the file: same generation, one more key, and objects from before open", async () => {
    await encrypt("before");
    await chmod(tenant.secret, 0o640);
    const result = await change("add-key");
    const [first = "", second = ""] = await idsOf();
    expect(result).toMatchObject({ code: 0 });
    expect(result.out.split("\n").slice(0, 5)).toEqual([
      `Added ${second} to Secret ${(await secret()).secret}, generation 1, and replaced ${tenant.secret}.`,
      `  master key  local ${first}`,
      `  master key  local ${second}`,
      "With this file a revocation by any of these keys closes the Secret, for what was encrypted before, too.",
      "Replace every copy of the file, and start processes anew that read the old one: with that one they go on without the added key.",
    ]);
    expect((await stat(tenant.secret)).mode & 0o777).toBe(0o640);
    expect(await decrypt("before")).toMatchObject({ code: 0, out: "contents of a" });
    await rename(at("second.key"), at("away"));
    expect(await decrypt("before")).toMatchObject({ code: 3, err: expect.stringContaining("byok: KEY_NOT_FOUND: ") as unknown });
  });

  test("--json", async () => {
    const { secret: id } = await secret();
    const result = JSON.parse((await change("add-key", "--json")).out) as unknown;
    const [first, second] = await idsOf();
    expect(result).toEqual({
      tenant: "acme",
      secret: id,
      generation: 1,
      masterKeys: [{ provider: "local", keyId: first }, { provider: "local", keyId: second }],
      added: [{ provider: "local", keyId: second }],
      out: tenant.secret,
    });
  });

  test("a link to the file: the file is replaced, not the link", async () => {
    await symlink("acme.secret.json", at("link"));
    expect(await byok(["secret", "add-key", "--secret", at("link"), ...keys()])).toMatchObject({ code: 0 });
    expect((await idsOf()).length).toBe(2);
    expect((await fs.lstat(at("link"))).isSymbolicLink()).toBe(true);
  });

  test.each<[string, () => Promise<void>]>([
    ["changed", () => writeFile(tenant.secret, "somebody else's")],
    ["removed", () => rename(tenant.secret, at("gone"))],
  ])("the file was %s meanwhile: REPLACED, and left as it is", async (_what, meanwhile) => {
    const open = fs.open.bind(fs);
    jest.spyOn(fs, "open").mockImplementation(async (path, ...more) => {
      // The result's own file is opened when all keys were asked.
      if (String(path).includes(".partial-")) await meanwhile();
      return open(path, ...more);
    });
    const result = await change("add-key");
    jest.restoreAllMocks();
    expect(result).toMatchObject({
      code: 6,
      out: "",
      err: expect.stringContaining(`byok: REPLACED: ${tenant.secret} was changed by somebody else meanwhile: nothing was written. Run again.\n`) as unknown,
    });
    expect((await readdir(place)).filter((name) => name.includes(".partial-"))).toEqual([]);
    expect(await readFile(tenant.secret, "utf8").catch(() => "removed")).toMatch(/^(somebody else's|removed)$/);
  });

  test("--wait ends as soon as the added key can be used", async () => {
    await rename(at("second.key"), at("away"));
    let sleeps = 0;
    const clock: World["clock"] = {
      now: () => 0,
      sleep: async () => {
        sleeps += 1;
        if (sleeps === 2) await rename(at("away"), at("second.key"));
      },
    };
    expect(await byok(["secret", "add-key", "--secret", tenant.secret, ...keys(), "--wait", "10m"], { clock })).toMatchObject({ code: 0 });
    expect([sleeps, (await idsOf()).length]).toEqual([2, 2]);
  });
});

describe("secret renew and remove-key", () => {
  test("renew: a new file, the old one as it was; old objects open with either, new ones with the new", async () => {
    await encrypt("before");
    const before = await readFile(tenant.secret);
    const result = await change("renew", "--out", at("2.json"));
    expect(result.code).toBe(0);
    const [id = ""] = await idsOf();
    expect(result.out.split("\n")).toEqual([
      `Made generation 2 of Secret ${(await secret()).secret} and wrote it to ${at("2.json")}.`,
      `  master key  local ${id}`,
      `Encrypt with the new file. Keep ${tenant.secret}: objects of generation 1 carry a copy of their own, but only the file can be re-wrapped when a KMS key is rotated.`,
      `Next: byok encrypt FOLDER --secret ${at("2.json")} --descriptor ${at("both.json")} --service-key file:${tenant.serviceKey} --out FOLDER.byok`,
      `      byok decrypt OLD.byok --secret ${at("2.json")} --descriptor ${at("both.json")} --service-key file:${tenant.serviceKey} --older-secret ${tenant.secret} --out RESTORED`,
      "",
    ]);
    expect(await readFile(tenant.secret)).toEqual(before);
    await encrypt("after", at("2.json"));
    expect(await decrypt("before", "--secret", at("2.json"))).toMatchObject({ code: 0, out: "contents of a" });
    expect(await decrypt("before", "--secret", at("2.json"), "--older-secret", tenant.secret)).toMatchObject({ code: 0, out: "contents of a" });
    expect(await decrypt("after", "--secret", at("2.json"))).toMatchObject({ code: 0, out: "contents of a" });
  });

  test("an older generation that got a key closes with it, if it is given", async () => {
    await encrypt("before");
    expect(await change("renew", "--out", at("2.json"))).toMatchObject({ code: 0 });
    expect(await change("add-key")).toMatchObject({ code: 0 });
    const given = ["--secret", at("2.json"), "--older-secret", tenant.secret];
    expect(await decrypt("before", ...given)).toMatchObject({ code: 0 });
    await rename(at("second.key"), at("away"));
    expect(await decrypt("before", ...given)).toMatchObject({ code: 3 });
  });

  test("several --older-secret", async () => {
    await encrypt("before");
    expect(await change("renew", "--out", at("2.json"))).toMatchObject({ code: 0 });
    expect(await byok(["secret", "renew", "--secret", at("2.json"), ...keys(), "--out", at("3.json")])).toMatchObject({ code: 0 });
    const given = ["--secret", at("3.json"), "--older-secret", tenant.secret, "--older-secret", at("2.json")];
    expect(await decrypt("before", ...given)).toMatchObject({ code: 0, out: "contents of a" });
    expect(await decrypt("before", ...given, "--older-secret", at("2.json"))).toMatchObject({ code: 0 });
    expect(await decrypt("before", ...given, "--older-secret", at("3.json"))).toMatchObject({
      code: 2,
      err: expect.stringContaining("give the newest as sealedSecret, and each older one once.") as unknown,
    });
  });

  test("remove-key: without the key, whose descriptor may be missing; what it closed stays closed", async () => {
    await change("add-key");
    await encrypt("before");
    const [, second = ""] = await idsOf();
    await rename(at("second.key"), at("away"));
    const result = await change("remove-key", "--descriptor", tenant.descriptors, "--key", second, "--out", at("2.json"));
    expect(result.code).toBe(0);
    expect(result.out).toContain(`What generation 1 encrypted still needs ${second}: with that key it is lost.\n`);
    expect((await idsOf(at("2.json"))).length).toBe(1);
    expect(await decrypt("before", "--secret", at("2.json"), "--descriptor", tenant.descriptors)).toMatchObject({ code: 5, err: expect.stringContaining("byok: WRONG_KEY: ") as unknown });
    const json = JSON.parse((await change("remove-key", "--descriptor", tenant.descriptors, "--key", second, "--out", at("3.json"), "--json")).out) as unknown;
    expect(json).toMatchObject({ generation: 2, removed: [second], olderGeneration: 1, out: at("3.json") });
  });
});

describe("bad input: the exact message, exit code, and nothing touched", () => {
  test.each<[string, () => string[] | Promise<string[]>, number, () => string | Promise<string>]>([
    ["nothing to add", () => ["add-key", "--descriptor", tenant.descriptors], 2, async () => `CONFIG_INVALID: Secret ${(await secret()).secret} names every configured master key already: there is none to add.`],
    ["nonsense to wait", () => ["add-key", "--wait", "soon"], 2, () => 'CONFIG_INVALID: --wait "soon" is no duration up to a day: write 90s, 10m or 1h.'],
    ["a Secret that is missing", () => ["add-key", "--secret", at("none")], 2, () => `CONFIG_INVALID: --secret: there is no file ${at("none")}. Make one with: byok secret create.`],
    ["a Secret that is a folder", () => ["rewrap", "--secret", at("data")], 2, () => `CONFIG_INVALID: --secret: ${at("data")} is no file.`],
    ["a Secret that is no JSON", () => ["rewrap", "--secret", at("data/a")], 2, () => `CONFIG_INVALID: --secret: ${at("data/a")} is not JSON. Make one with: byok secret create.`],
    ["a Secret in the place of the descriptors", () => ["rewrap", "--descriptor", tenant.secret], 2, () =>
      `CONFIG_INVALID: --descriptor: ${tenant.secret} is not a list of master key descriptors (--descriptor): it seems to be a sealed Secret (--secret).`],
    ["another tenant's keys", async () => {
      await writeFile(at("other.json"), JSON.stringify([{ ...local(tenant.tenantKey), tenant: "umbrella" }]));
      return ["rewrap", "--descriptor", at("other.json")];
    }, 5, () => "TENANT_MISMATCH: The Secret belongs to tenant acme, the key to umbrella."],
    ["no --out for a new generation", () => ["renew"], 2, () => "CONFIG_INVALID: required option '--out <file>' not specified (see byok --help)"],
    ["--out that is the old one", () => ["renew", "--out", tenant.secret, "--force"], 2, () => `CONFIG_INVALID: --out ${tenant.secret} is ${tenant.secret}, which this command reads: choose another --out.`],
    ["--out that exists", () => ["renew", "--out", at("data/a")], 6, () => `TARGET_EXISTS: ${at("data/a")} exists already. Choose another --out, or replace it with --force.`],
    ["no --key", () => ["remove-key", "--out", at("o")], 2, () => "CONFIG_INVALID: required option '--key <id>' not specified (see byok --help)"],
    ["an empty --key", () => ["remove-key", "--out", at("o"), "--key", ""], 2, () => "CONFIG_INVALID: option '--key <id>' argument '' is invalid. It must not be empty. (see byok --help)"],
    ["an unknown --key", () => ["remove-key", "--out", at("o"), "--key", "local:x"], 2, async () =>
      `CONFIG_INVALID: Secret ${(await secret()).secret} does not name the master key local:x; it names ${(await idsOf()).join(", ")}.`],
    ["the only --key", async () => ["remove-key", "--out", at("o"), "--key", ...(await idsOf())], 2, async () =>
      `CONFIG_INVALID: Nothing is removed from Secret ${(await secret()).secret}: no master key would be left.`],
    ["show with half of the keys", () => ["show"], 2, () =>
      "CONFIG_INVALID: --descriptor and --service-key go together: give both to ask the keys, or neither to see what the file says."],
  ])("%s", async (_what, args, code, message) => {
    const [command = "", ...rest] = await args();
    const flags = command === "show" ? ["--descriptor", at("both.json")] : keys();
    const before = await describeTree(place);
    const plain = await byok(["secret", command, "--secret", tenant.secret, ...flags, ...rest]);
    expect(plain.code).toBe(code);
    expect(plain.err.split("\n")).toContain(`byok: ${await message()}`);
    expect(plain.out).toBe("");
    expect(await describeTree(place)).toEqual(before);
  });
});

describe("keys that show no versions", () => {
  test("rewrap changes nothing and says so", async () => {
    const before = await describeTree(place);
    const result = await change("rewrap");
    expect(result.code).toBe(0);
    const { masterKeys, bindingShare } = await secret();
    expect(result.out.split("\n")).toEqual([
      `Nothing was changed: ${tenant.secret} is as it was.`,
      `  master key  local ${masterKeys[0]?.keyId ?? ""}: shows no versions: the provider keeps the old ones and finds them by itself`,
      `  service key  local ${bindingShare.serviceKey.keyId}: shows no versions: the provider keeps the old ones and finds them by itself`,
      "",
    ]);
    expect(await describeTree(place)).toEqual(before);
  });

  test("show: what the file says without keys, and what the keys say", async () => {
    const { secret: id, masterKeys, bindingShare } = await secret();
    const keyId = masterKeys[0]?.keyId ?? "";
    const shown = await byok(["secret", "show", "--secret", tenant.secret]);
    expect(shown).toMatchObject({ code: 0, err: "" });
    expect(shown.out.split("\n")).toEqual([
      `Secret ${id} of tenant acme, generation 1`,
      `  master key  local ${keyId}`,
      "    shows no versions: the provider keeps the old ones and finds them by itself",
      `  service key  local ${bindingShare.serviceKey.keyId}`,
      "    shows no versions: the provider keeps the old ones and finds them by itself",
      "Nothing here is proven, and no key was asked: --descriptor and --service-key do both.",
      "",
    ]);
    const asked = await change("show");
    expect(asked.out.split("\n").slice(-2)).toEqual(["As the service sealed it.", ""]);
    expect(JSON.parse((await change("show", "--json")).out)).toEqual({
      tenant: "acme",
      secret: id,
      generation: 1,
      checked: true,
      rewrapDue: false,
      keys: [
        { role: "master", provider: "local", keyId, rewrapDue: false },
        { role: "service", provider: "local", keyId: bindingShare.serviceKey.keyId, rewrapDue: false },
      ],
    });
  });

  test("a Secret that was altered, and another service key", async () => {
    const sealed = await secret();
    await writeFile(at("altered.json"), JSON.stringify({ ...sealed, tag: sealed.commitment }));
    expect(await change("show", "--secret", at("altered.json"))).toMatchObject({ code: 5, err: expect.stringContaining("byok: TAMPERED: ") as unknown });
    const other = await newTenant(await newFolder());
    for (const command of ["show", "rewrap", "add-key"]) {
      expect(await change(command, "--service-key", `file:${other.serviceKey}`)).toMatchObject({ code: 5, err: expect.stringContaining("byok: WRONG_BINDING_SHARE: ") as unknown });
    }
  });
});

describe("keys of Google Cloud, which show versions", () => {
  let gcp: TestGcpSandbox;
  let keyName: string;
  const environment = { ...process.env };

  beforeAll(async () => {
    gcp = await startTestGcpSandbox();
  });
  afterAll(async () => {
    process.env = environment;
    await gcp.close();
  });
  beforeEach(async () => {
    const descriptor = await gcp.createKey("acme");
    keyName = descriptor.keyName;
    await writeFile(at("both.json"), JSON.stringify([descriptor, local(tenant.tenantKey)]));
    const endpoints = { "aws-kms": "http://127.0.0.1:9", ...gcp.endpoints };
    await writeFile(at("sandbox.json"), JSON.stringify({ schema: 1, endpoints }));
    // As `byok sandbox start` has it exported; the SDK reads its own variable.
    process.env = { ...environment, BYOK_SANDBOX: at("sandbox.json"), GOOGLE_APPLICATION_CREDENTIALS: gcp.google.service().keyFile };
    tenant = { ...tenant, secret: at("gcp.secret.json") };
    expect(await byok(["secret", "create", "--tenant", "acme", ...keys(), "--out", tenant.secret])).toMatchObject({ code: 0 });
  });

  const versions = async (): Promise<(string | undefined)[]> => (await secret()).masterKeys.map(({ keyVersion }) => keyVersion);
  const version = (number: number): string => `${keyName}/cryptoKeyVersions/${number}`;

  test("rotated: show says so, rewrap follows, the old version is destroyed, and everything still opens", async () => {
    await encrypt("before");
    expect((await change("show")).out).toContain(`  master key  gcp-kms ${keyName}\n    version in use: 1\n    the KMS wraps with 1: no re-wrap is due\n`);
    gcp.google.rotate(keyName);
    const due = await change("show");
    expect(due.code).toBe(0);
    expect(due.out).toContain("    version in use: 1\n    the KMS wraps with 2 now: a re-wrap is due\n");
    expect(due.out).toContain(
      `This sealed Secret needs version 1 of ${keyName}; no other of these keys.\nRe-wrap it first, then look again: before that, the version in use must stay.\n`,
    );
    expect(due.out.trimEnd().split("\n").at(-1)).toBe(`Next: byok secret rewrap --secret ${tenant.secret} --descriptor ${at("both.json")} --service-key file:${tenant.serviceKey}`);

    const rewrapped = await change("rewrap");
    expect(rewrapped.code).toBe(0);
    expect(rewrapped.out).toContain(`  master key  gcp-kms ${keyName}: version 1 -> 2\n`);
    expect(await versions()).toEqual([version(2), undefined]);
    const json = JSON.parse((await change("show", "--json")).out) as unknown;
    expect(json).toMatchObject({ checked: true, rewrapDue: false, keys: [{ keyId: keyName, keyVersion: version(2), currentVersion: version(2), rewrapDue: false }, {}, {}] });

    gcp.google.destroyVersion(keyName, version(1));
    expect(await decrypt("before")).toMatchObject({ code: 0, out: "contents of a" });
    expect((await change("show")).out).toContain(
      "Objects of generation 1 open with this file's wraps, whatever theirs are. Once the versions that theirs name are gone, they open with this file only: keep it with the backups.\n",
    );
  });

  test("a version destroyed too early: show and rewrap say which, 3", async () => {
    gcp.google.rotate(keyName);
    gcp.google.destroyVersion(keyName, version(1));
    const shown = await change("show");
    expect(shown).toMatchObject({ code: 3, err: expect.stringContaining("byok: KEY_PENDING_DELETION: ") as unknown });
    expect(shown.out).toContain("    version in use: 1\n    KEY_PENDING_DELETION: ");
    expect(JSON.parse((await change("show", "--json")).out)).toMatchObject({ error: { code: "KEY_PENDING_DELETION", exitCode: 3 }, keys: [{ error: { code: "KEY_PENDING_DELETION" } }, {}, {}] });
    const before = await readFile(tenant.secret);
    expect(await change("rewrap")).toMatchObject({ code: 3 });
    expect(await readFile(tenant.secret)).toEqual(before);
  });

  test("an older generation is re-wrapped as well, and its objects survive the old version", async () => {
    await encrypt("before");
    expect(await change("renew", "--out", at("2.json"))).toMatchObject({ code: 0 });
    gcp.google.rotate(keyName);
    for (const file of [tenant.secret, at("2.json")]) expect(await byok(["secret", "rewrap", "--secret", file, ...keys()])).toMatchObject({ code: 0 });
    expect((await change("show", "--secret", at("2.json"))).out).toContain("  - no object and no sealed Secret of an older generation than 2: byok inspect shows an object's versions.\n");
    gcp.google.destroyVersion(keyName, version(1));
    // As the object carries it, it is lost; with the re-wrapped file it opens.
    expect(await decrypt("before", "--secret", at("2.json"))).toMatchObject({ code: 3 });
    expect(await decrypt("before", "--secret", at("2.json"), "--older-secret", tenant.secret)).toMatchObject({ code: 0, out: "contents of a" });
  });

  test("a KMS that refuses the new wrap: the old one is kept, which is said, 4", async () => {
    gcp.google.rotate(keyName);
    gcp.google.injectFault({ operation: "Encrypt", resource: keyName, error: "UNAVAILABLE" });
    const before = await readFile(tenant.secret);
    const result = await change("rewrap");
    const shown = await change("show");
    gcp.google.clearFaults();
    expect(result).toMatchObject({ code: 4, err: expect.stringContaining("byok: UNAVAILABLE: ") as unknown });
    expect(result.out).toContain(`Nothing was changed: ${tenant.secret} is as it was.\n  master key  gcp-kms ${keyName}: KEPT on version 1, which is still needed: `);
    expect(await readFile(tenant.secret)).toEqual(before);
    expect(shown).toMatchObject({ code: 4, out: expect.stringContaining("    version in use: 1\n    UNAVAILABLE: ") as unknown });
    expect(await change("rewrap")).toMatchObject({ code: 0 });
  });

  test("Google cannot be reached: the other key opens the Secret; disabled: it is closed", async () => {
    await encrypt("before");
    gcp.google.injectFault({ resource: keyName, error: "UNAVAILABLE" });
    expect(await decrypt("before")).toMatchObject({ code: 0, out: "contents of a" });
    gcp.google.clearFaults();
    gcp.google.revoke(keyName, "disable");
    expect(await decrypt("before")).toMatchObject({ code: 3, err: expect.stringContaining("byok: KEY_DISABLED: ") as unknown });
    gcp.google.restore(keyName);
    expect(await decrypt("before")).toMatchObject({ code: 0 });
  });
});
