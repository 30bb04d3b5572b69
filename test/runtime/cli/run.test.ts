import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { Command } from "commander";
import { execFileSync } from "node:child_process";
import fs, { chmod, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { byok, type Result } from "./in-process.js";
import { describeTree, newFolder, newTenant, removeFolders, type Tenant } from "./fixture.js";

let place: string;
let tenant: Tenant;

beforeAll(async () => {
  place = await newFolder();
  tenant = await newTenant(place);
  await mkdir(join(place, "data"));
  await writeFile(join(place, "data/a"), "contents of a");
});

afterAll(removeFolders);

afterEach(() => {
  jest.restoreAllMocks();
});

/** The flags that every encrypt and decrypt needs; later ones win. */
function keys(): string[] {
  return ["--secret", tenant.secret, "--descriptor", tenant.descriptors, "--service-key", `file:${tenant.serviceKey}`];
}

const at = (name: string): string => join(place, name);

describe("bad input: the exact message, exit code, and nothing touched", () => {
  test.each<[string, () => Promise<string[]> | string[], number, () => string]>([
    ["no command", () => [], 2, () => "CONFIG_INVALID: name a command (see byok --help)"],
    ["half a command", () => ["secret"], 2, () => "CONFIG_INVALID: name a command (see byok --help)"],
    ["an unknown command", () => ["encrpt"], 2, () => "CONFIG_INVALID: unknown command 'encrpt' (Did you mean encrypt?) (see byok --help)"],
    ["an unknown flag", () => ["verify", "--descriptor", "x", "--descriptr", "x"], 2, () => "CONFIG_INVALID: unknown option '--descriptr' (Did you mean --descriptor?) (see byok --help)"],
    ["a missing flag", () => ["verify"], 2, () => "CONFIG_INVALID: required option '--descriptor <file>' not specified (see byok --help)"],
    ["no input", () => ["encrypt", ...keys(), "--out", at("o")], 2, () => "CONFIG_INVALID: missing required argument 'input' (see byok --help)"],
    ["too many inputs", () => ["inspect", "a", "b"], 2, () => "CONFIG_INVALID: too many arguments for 'inspect'. Expected 1 argument but got 2. (see byok --help)"],
    ["a missing descriptor", () => ["verify", "--descriptor", at("none.json")], 2, () => `CONFIG_INVALID: --descriptor: there is no file ${at("none.json")}. Write it with: pulumi stack output masterKeys --json.`],
    ["a descriptor that is a folder", () => ["verify", "--descriptor", at("data")], 2, () => `CONFIG_INVALID: --descriptor: ${at("data")} is no file.`],
    ["a descriptor that is no JSON", () => ["verify", "--descriptor", at("data/a")], 2, () => `CONFIG_INVALID: --descriptor: ${at("data/a")} is not JSON. Write it with: pulumi stack output masterKeys --json.`],
    ["nonsense to wait", () => ["verify", "--descriptor", tenant.descriptors, "--wait", "soon"], 2, () => 'CONFIG_INVALID: --wait "soon" is no duration up to a day: write 90s, 10m or 1h.'],
    ["an unknown mode", () => ["verify", "--descriptor", tenant.descriptors, "--mode", "test"], 2, () => 'CONFIG_INVALID: --mode "test" must be production or development.'],
    ["production with a local service key", () => ["encrypt", at("data"), ...keys(), "--mode", "production", "--out", at("o")], 2, () =>
      `CONFIG_INVALID: --mode production, but the service key is a local file (${tenant.serviceKey}). Either name a key in a KMS with --service-key descriptor:FILE, or leave --mode out.`],
    ["an empty resource", () => ["encrypt", at("data"), ...keys(), "--resource", "", "--out", at("o")], 2, () =>
      "CONFIG_INVALID: option '--resource <id>' argument '' is invalid. It must not be empty. (see byok --help)"],
    ["an empty out", () => ["decrypt", at("data"), ...keys(), "--out", ""], 2, () =>
      "CONFIG_INVALID: option '--out <path>' argument '' is invalid. It must not be empty. (see byok --help)"],
    ["an empty input", () => ["encrypt", "", ...keys(), "--out", at("o")], 2, () =>
      "CONFIG_INVALID: command-argument value '' is invalid for argument 'input'. It must not be empty. (see byok --help)"],
    ["a resource that is too long", () => ["encrypt", at("data"), ...keys(), "--resource", "ü".repeat(129), "--out", at("o")], 2, () =>
      "CONFIG_INVALID: --resource must be 1 to 256 bytes of UTF-8 text."],
    ["a service key to be made where the Secret goes", () => ["secret", "create", "--tenant", "acme", "--descriptor", tenant.descriptors, "--service-key", `file:${at("same")}`, "--out", `${place}/data/../same`, "--force"], 2, () =>
      `CONFIG_INVALID: --out ${place}/data/../same is ${at("same")}, which this command reads: choose another --out.`],
    ["a malformed tenant", () => ["secret", "create", "--tenant", "ACME", "--descriptor", tenant.descriptors, "--service-key", `file:${at("new.key")}`, "--out", at("o")], 2, () =>
      'CONFIG_INVALID: --tenant "ACME" must be 3 to 32 characters of a-z, 0-9 and -.'],
    ["another tenant", () => ["secret", "create", "--tenant", "other", "--descriptor", tenant.descriptors, "--service-key", `file:${at("new.key")}`, "--out", at("o")], 5, () =>
      `TENANT_MISMATCH: --tenant is other, but ${tenant.descriptors} holds keys of tenant acme.`],
    ["an existing Secret", () => ["secret", "create", "--tenant", "acme", "--descriptor", tenant.descriptors, "--service-key", `file:${at("new.key")}`, "--out", at("data/a")], 6, () =>
      `TARGET_EXISTS: ${at("data/a")} exists already. Choose another --out, or replace it with --force.`],
    ["a service key that is a path", () => ["encrypt", at("data"), ...keys(), "--service-key", "./service.key", "--out", at("o")], 2, () =>
      'CONFIG_INVALID: --service-key "./service.key" must be file:PATH (development) or descriptor:FILE (a master key descriptor of the service\'s own key).'],
    ["a missing service key", () => ["encrypt", at("data"), ...keys(), "--service-key", `file:${at("none.key")}`, "--out", at("o")], 2, () =>
      `CONFIG_INVALID: --service-key: there is no file ${at("none.key")}. Only the key that "byok secret create" used opens what was made with it.`],
    ["a missing Secret", () => ["encrypt", at("data"), ...keys(), "--secret", at("none"), "--out", at("o")], 2, () => `CONFIG_INVALID: --secret: there is no file ${at("none")}. Make one with: byok secret create.`],
    ["a missing input", () => ["encrypt", at("none"), ...keys(), "--out", at("o")], 2, () => `CONFIG_INVALID: The input: there is no ${at("none")}.`],
    ["an existing target", () => ["encrypt", at("data"), ...keys(), "--out", at("data/a")], 2, () => `CONFIG_INVALID: --out ${at("data/a")} lies in ${at("data")}, which this command reads: choose another --out.`],
    ["a target that is a key, forced", () => ["encrypt", at("data"), ...keys(), "--out", tenant.serviceKey, "--force"], 2, () =>
      `CONFIG_INVALID: --out ${tenant.serviceKey} is ${tenant.serviceKey}, which this command reads: choose another --out.`],
    ["a target with no folder", () => ["encrypt", at("data"), ...keys(), "--out", at("no/o")], 2, () => `CONFIG_INVALID: There is no folder ${at("no")} for --out: make it first.`],
    ["a folder that byok did not make", () => ["decrypt", at("data"), ...keys(), "--out", at("o")], 2, () => `CONFIG_INVALID: ${at("data")} has no index.byok: it is no folder that byok encrypt made, or not all of it.`],
    ["a malformed header tag", () => ["decrypt", at("data"), ...keys(), "--header-tag", "12", "--out", at("o")], 2, () => "CONFIG_INVALID: --header-tag must be the 64 hex digits that byok encrypt printed."],
    ["inspecting a folder", () => ["inspect", at("data")], 2, () => `CONFIG_INVALID: ${at("data")} is a folder: name one object in it, for example its index.byok.`],
    ["inspecting no object", () => ["inspect", at("data/a")], 5, () => "BAD_HEADER: This is not an encrypted object of byok (version 1)."],
    ["decrypting no object", () => ["decrypt", at("data/a"), ...keys(), "--out", at("o")], 5, () => "BAD_HEADER: This is not an encrypted object of byok (version 1)."],
  ])("%s", async (_what, args, code, message) => {
    const before = await describeTree(place);
    const given = await args();
    const plain = await byok(given);
    expect(plain.code).toBe(code);
    expect(plain.err.split("\n")).toContain(`byok: ${message()}`);
    expect(plain.err).not.toMatch(/^\s+at /m);
    expect(plain.out).toBe("");
    const json = await byok([...given, "--json"]);
    expect(json.code).toBe(code);
    const [expectedCode = "", ...rest] = message().split(": ");
    // `byok --json` has no command that could own the flag; everything else says the same in both forms.
    if (given.length > 1) {
      expect(JSON.parse(json.out)).toMatchObject({ error: { code: expectedCode, message: rest.join(": "), exitCode: code } });
    }
    expect(await describeTree(place)).toEqual(before);
  });
});

describe("the wrong one of the files: the first line says what it seems to be", () => {
  test.each<[string, () => string[], () => string]>([
    ["descriptors as --secret", () => ["--secret", tenant.descriptors], () =>
      `--secret: ${tenant.descriptors} is not a sealed Secret (--secret): it seems to be a list of master key descriptors (--descriptor).`],
    ["a Secret as --descriptor", () => ["--descriptor", tenant.secret], () =>
      `--descriptor: ${tenant.secret} is not a list of master key descriptors (--descriptor): it seems to be a sealed Secret (--secret).`],
    ["a key file as --secret", () => ["--secret", tenant.serviceKey], () =>
      `--secret: ${tenant.serviceKey} is not a sealed Secret (--secret): it seems to be a key file (--service-key file:PATH).`],
    ["something else as --secret", () => ["--secret", resolve("package.json")], () => `--secret: ${resolve("package.json")} is not a sealed Secret (--secret).`],
    ["a Secret as service key", () => ["--service-key", `descriptor:${tenant.secret}`], () =>
      `--service-key: ${tenant.secret} must hold one descriptor: it seems to be a sealed Secret (--secret).`],
  ])("%s", async (_what, flags, message) => {
    const result = await byok(["encrypt", at("data"), ...keys(), ...flags(), "--out", at("o")]);
    expect(result.code).toBe(2);
    const [first, ...detail] = result.err.split("\n");
    expect(first).toBe(`byok: CONFIG_INVALID: ${message()}`);
    expect(detail.join("\n")).toContain("Invalid ");
    expect(result.err).not.toContain((JSON.parse(await readFile(tenant.serviceKey, "utf8")) as { key: string }).key);
  });

  test("the right kind with a mistake keeps the parser's words", async () => {
    const descriptor = { schema: 1, tenant: "acme", datacenter: "eu", provider: "local", grantedTo: "x", path: "/k" };
    await writeFile(at("twice.json"), JSON.stringify([descriptor, descriptor]));
    const result = await byok(["verify", "--descriptor", at("twice.json")]);
    expect(result.err).toContain(`byok: CONFIG_INVALID: --descriptor: ${at("twice.json")}: The key /k is named twice.\n`);
  });
});

describe("help and version", () => {
  test.each(["--version", "-V"])("%s prints the package's version", async (flag) => {
    const { version } = JSON.parse(await readFile("package.json", "utf8")) as { version: string };
    expect(await byok([flag])).toEqual({ code: 0, out: `${version}\n`, err: "" });
  });

  test("what a killed run leaves, and what --out - may give away, stands in the help", async () => {
    const help = await byok(["decrypt", "--help"]);
    expect(help.code).toBe(0);
    expect(help.out).toContain("PATH.partial-* or PATH.replaced-*");
    expect(help.out).toContain("been written before exit code 5. Use what came only if the exit code is 0.");
    expect((await byok(["encrypt", "--help"])).out).not.toContain("exit code 5");
  });
});

describe("verify", () => {
  const args = (): string[] => ["verify", "--descriptor", tenant.descriptors, "--mode", "development"];
  const hide = (): Promise<void> => rename(tenant.tenantKey, `${tenant.tenantKey}.away`);
  const bringBack = (): Promise<void> => rename(`${tenant.tenantKey}.away`, tenant.tenantKey);

  test("a key that works", async () => {
    const result = await byok(args());
    expect(result).toMatchObject({ code: 0, err: "byok: DEVELOPMENT MODE: --mode asks for it. Not for customers' data.\n" });
    expect(result.out).toContain("  ok     round-trip: a random share was wrapped and unwrapped\n");
    expect(JSON.parse((await byok([...args(), "--json"])).out)).toMatchObject({ ok: true, keys: [{ provider: "local", ok: true }] });
  });

  test("a local key in production is refused", async () => {
    expect(await byok(args().slice(0, 3))).toMatchObject({ code: 2 });
  });

  test("a denied key is 3 with likely causes; with --wait it is not effective yet, 4", async () => {
    await hide();
    try {
      const denied = await byok(args());
      expect(denied.code).toBe(3);
      expect(denied.err).toContain(`byok: KEY_NOT_FOUND: There is no key file ${tenant.tenantKey}.\nLikely causes:\n  - The key file was moved or deleted`);
      let time = 0;
      const clock = { now: () => time, sleep: async (milliseconds: number) => void (time += milliseconds) };
      const waited = await byok([...args(), "--wait", "3s"], { clock });
      expect(waited.code).toBe(4);
      expect(waited.err).toContain("byok: not effective yet (KEY_NOT_FOUND); trying again in 2s, for 2s more\n");
      expect(waited.err).toContain("byok: NOT_EFFECTIVE_YET: Not effective yet: after 3s of waiting");
      expect(time).toBe(3000);
    } finally {
      await bringBack();
    }
  });

  test("--mode production with a sandbox: only what verify can do is advised", async () => {
    const result = await byok(["verify", "--descriptor", tenant.descriptors, "--mode", "production"], { env: { BYOK_SANDBOX: "x" } });
    expect(result).toMatchObject({
      code: 2,
      err: "byok: CONFIG_INVALID: --mode production, but BYOK_SANDBOX sends every call to a sandbox on this machine. Either unset BYOK_SANDBOX, or leave --mode out.\n",
    });
  });

  test("--wait ends as soon as the grant is effective", async () => {
    await hide();
    let sleeps = 0;
    const clock = {
      now: () => 0,
      sleep: async () => {
        sleeps += 1;
        if (sleeps === 3) await bringBack();
      },
    };
    expect(await byok([...args(), "--wait", "10m"], { clock })).toMatchObject({ code: 0 });
    expect(sleeps).toBe(3);
  });
});

describe("secret create", () => {
  const create = (key: string, out: string): string[] => ["secret", "create", "--tenant", "acme", "--descriptor", tenant.descriptors, "--service-key", `file:${key}`, "--out", out];

  test("makes the service key if there is none, says so, and both work", async () => {
    const [key, out] = [at("made.key"), at("made.secret.json")];
    const made = await byok(create(key, out));
    expect(made.code).toBe(0);
    expect(made.out).toContain(`Made the service key ${key}. Keep it`);
    expect(made.err).toBe(`byok: DEVELOPMENT MODE: the service key is a local file (${key}). Not for customers' data.\n`);
    expect(JSON.parse(await readFile(out, "utf8"))).toMatchObject({ schema: 1, tenant: "acme", generation: 1 });
    const again = await byok([...create(key, at("again.json")), "--json"]);
    expect(JSON.parse(again.out)).not.toHaveProperty("createdServiceKey");
    expect(await byok(["encrypt", at("data"), ...keys(), "--secret", out, "--service-key", `file:${key}`, "--out", at("made.byok")])).toMatchObject({ code: 0 });
  });

  test.each([
    ["ENOSPC", "DISK_FULL", "the disk is full. Free some space, or write elsewhere."],
    ["EDQUOT", "DISK_FULL", "the disk is full. Free some space, or write elsewhere."],
    ["EROFS", "NO_PERMISSION", "the file system is read-only. Write elsewhere."],
  ])("a service key that cannot be made (%s) is the file system's, 6", async (errno, code, words) => {
    const open = fs.open.bind(fs);
    jest.spyOn(fs, "open").mockImplementation(async (path, ...more) => {
      if (path === at("nospace.key")) throw Object.assign(new Error(errno), { code: errno, syscall: "open" });
      return open(path, ...more);
    });
    expect(await byok(create(at("nospace.key"), at("nospace.json")))).toMatchObject({
      code: 6,
      err: expect.stringContaining(`byok: ${code}: Could not make the service key ${at("nospace.key")}: ${words}\n`) as unknown,
    });
    expect((await readdir(place)).filter((name) => name.startsWith("nospace"))).toEqual([]);
  });

  test("keeps the service key once the Secret is in its place, whatever goes wrong then", async () => {
    const open = fs.open.bind(fs);
    jest.spyOn(fs, "open").mockImplementation(async (path, ...more) => {
      const handle = await open(path, ...more);
      if (path === place) jest.spyOn(handle, "sync").mockRejectedValue(Object.assign(new Error("EIO"), { code: "EIO", syscall: "fsync" }));
      return handle;
    });
    const failed = await byok(create(at("kept.key"), at("kept.json")));
    expect(failed).toMatchObject({ code: 6, err: expect.stringContaining(`${at("kept.json")} is complete and in its place`) as unknown });
    jest.restoreAllMocks();
    expect(await byok(["encrypt", at("data"), ...keys(), "--secret", at("kept.json"), "--service-key", `file:${at("kept.key")}`, "--out", at("kept.byok")])).toMatchObject({ code: 0 });
  });

  test("leaves no service key behind if it fails", async () => {
    await rename(tenant.tenantKey, at("away"));
    try {
      expect(await byok(create(at("fail.key"), at("fail.json")))).toMatchObject({ code: 3 });
    } finally {
      await rename(at("away"), tenant.tenantKey);
    }
    expect((await readdir(place)).filter((name) => name.startsWith("fail"))).toEqual([]);
  });
});

describe("encrypt and decrypt", () => {
  test("the resource and the header tag pin a backup", async () => {
    const made = JSON.parse((await byok(["encrypt", at("data"), ...keys(), "--out", at("pin"), "--resource", "box", "--json"])).out) as Record<string, string>;
    expect(made).toMatchObject({ resource: "box", files: 1, bytes: 13, changed: [], skipped: [], out: at("pin") });
    const tag = made["headerTag"] ?? "";
    const decrypt = (out: string, ...more: string[]): Promise<Result> => byok(["decrypt", at("pin"), ...keys(), "--out", at(out), ...more]);
    expect(await decrypt("p1", "--resource", "box", "--header-tag", tag)).toMatchObject({ code: 0 });
    expect(await describeTree(at("p1"))).toEqual(await describeTree(at("data")));
    expect(await decrypt("p2", "--resource", "cox")).toMatchObject({ code: 5, err: expect.stringContaining("byok: RESOURCE_MISMATCH: ") as unknown });
    expect(await decrypt("p3", "--header-tag", "0".repeat(64))).toMatchObject({ code: 5, err: expect.stringContaining("byok: ROLLED_BACK: ") as unknown });
    expect((await readdir(place)).filter((name) => /^p[23]/.test(name))).toEqual([]);
  });

  test("a single file, and one object of a folder", async () => {
    expect(await byok(["encrypt", at("data/a"), ...keys(), "--out", at("a.byok")])).toMatchObject({ code: 0 });
    expect(await byok(["decrypt", at("a.byok"), ...keys(), "--out", at("a.back")])).toMatchObject({ code: 0 });
    expect(await readFile(at("a.back"), "utf8")).toBe("contents of a");
    await byok(["encrypt", at("data"), ...keys(), "--out", at("one")]);
    const [object = ""] = (await readdir(at("one"))).filter((name) => name !== "index.byok");
    expect(await byok(["decrypt", at(`one/${object}`), ...keys(), "--out", at("one.back")])).toMatchObject({ code: 0 });
    expect(await readFile(at("one.back"), "utf8")).toBe("contents of a");
    expect(await byok(["decrypt", at("one/index.byok"), ...keys(), "--out", at("x")])).toMatchObject({ code: 2 });
  });

  test("standard input and output", async () => {
    const data = Buffer.alloc(3_000_000, "stream");
    const made = await byok(["encrypt", "-", ...keys(), "--out", "-"], { stdin: data });
    expect(made).toMatchObject({ code: 0, err: expect.stringContaining("Encrypted 3.0 MB") as unknown });
    const back = await byok(["decrypt", "-", ...keys(), "--out", "-"], { stdin: Buffer.from(made.out, "latin1") });
    expect(back.code).toBe(0);
    expect(Buffer.from(back.out, "latin1").equals(data)).toBe(true);
    expect(await byok(["encrypt", "-", ...keys(), "--out", "-", "--json"])).toMatchObject({ code: 2 });
    expect(await byok(["encrypt", "-", ...keys(), "--out", "-"], { terminal: true })).toMatchObject({ code: 2, out: "" });
  });

  test("a folder does not go to standard output", async () => {
    expect(await byok(["encrypt", at("data"), ...keys(), "--out", "-"])).toMatchObject({
      code: 2,
      out: "",
      err: "byok: CONFIG_INVALID: A folder becomes many objects: --out must name a folder, not standard output.\n",
    });
  });

  test("--force replaces, at the end", async () => {
    await byok(["encrypt", at("data"), ...keys(), "--out", at("forced")]);
    const before = await readdir(at("forced"));
    expect(await byok(["encrypt", at("data"), ...keys(), "--out", at("forced")])).toMatchObject({ code: 6 });
    expect(await readdir(at("forced"))).toEqual(before);
    expect(await byok(["encrypt", at("data"), ...keys(), "--out", at("forced"), "--force"])).toMatchObject({ code: 0 });
    expect(await readdir(at("forced"))).not.toEqual(before);
  });

  test("an input that is a link to a folder is that folder", async () => {
    await symlink("data", at("data-link"));
    expect(await byok(["encrypt", at("data-link"), ...keys(), "--out", at("linked")])).toMatchObject({ code: 0 });
  });

  test("the wrong service key", async () => {
    const other = await newTenant(await newFolder());
    await byok(["encrypt", at("data"), ...keys(), "--out", at("wrong")]);
    const result = await byok(["decrypt", at("wrong"), ...keys(), "--service-key", `file:${other.serviceKey}`, "--out", at("wrong.back")]);
    expect(result.code).toBe(5);
    expect(result.err).toMatch(/^byok: (WRONG_KEY|WRONG_BINDING_SHARE): /m);
    expect((await readdir(place)).filter((name) => name.startsWith("wrong."))).toEqual([]);
  });

  test("an interrupt before the work is 130 and leaves nothing", async () => {
    const stop = new AbortController();
    stop.abort();
    expect(await byok(["encrypt", at("data"), ...keys(), "--out", at("stopped")], { signal: stop.signal })).toMatchObject({
      code: 130,
      err: expect.stringContaining("byok: ABORTED: Interrupted.") as unknown,
    });
    expect((await readdir(place)).filter((name) => name.startsWith("stopped"))).toEqual([]);
  });

  test("a key file that others may read is refused", async () => {
    await chmod(tenant.serviceKey, 0o644);
    try {
      expect(await byok(["encrypt", at("data"), ...keys(), "--out", at("o")])).toMatchObject({ code: 2 });
    } finally {
      await chmod(tenant.serviceKey, 0o600);
    }
  });
});

describe("what is told on the way", () => {
  test("the next command can be pasted as it stands", async () => {
    const [folder, key] = [at("it's $HOME; a folder"), at("k e y")];
    await mkdir(folder);
    const flags = ["--tenant", "acme", "--descriptor", tenant.descriptors, "--service-key", `file:${key}`, "--out", join(folder, "s.json")];
    const made = await byok(["secret", "create", ...flags, "--mode", "development"]);
    const encrypted = await byok(shellWords(made.out).map((word) => word.replace(/^FOLDER$/, at("data")).replace("FOLDER.byok", join(folder, "-x"))));
    expect(encrypted).toMatchObject({ code: 0 });
    const decrypted = await byok(shellWords(encrypted.out).map((word) => word.replace("RESTORED", join(folder, "back"))));
    expect(decrypted).toMatchObject({ code: 0 });
    expect(await describeTree(join(folder, "back"))).toEqual(await describeTree(at("data")));
    const verified = await byok(["verify", "--descriptor", tenant.descriptors, "--mode", "development"]);
    expect(shellWords(verified.out)).toEqual(
      ["secret", "create", "--tenant", "acme", "--descriptor", tenant.descriptors, "--service-key", "KEY", "--out", "acme.secret.json", "--mode", "development"],
    );
  });

  /** The words of the line `Next: byok ...`, as a shell takes them. */
  function shellWords(output: string): string[] {
    const line = /^Next: byok (.*)$/m.exec(output)?.[1] ?? "";
    return execFileSync("bash", ["-c", `printf '%s\\0' ${line}`], { encoding: "utf8" }).split("\0").slice(0, -1);
  }

  test("what killed runs left beside --out", async () => {
    for (const name of ["dead.partial-00000001", "dead.replaced-00000002"]) await mkdir(at(name));
    const notes =
      `byok: note: ${at("dead.partial-00000001")} is left from a run that was killed: delete it.\n` +
      `byok: note: ${at("dead.replaced-00000002")} is what lay at --out before a run that was killed: rename it back if --out is missing, else delete it.\n`;
    expect(await byok(["encrypt", at("data"), ...keys(), "--out", at("dead")])).toMatchObject({ code: 0, err: expect.stringContaining(notes) as unknown });
    await rm(at("dead"), { recursive: true });
    const create = ["secret", "create", "--tenant", "acme", "--descriptor", tenant.descriptors, "--service-key", `file:${tenant.serviceKey}`, "--out", at("dead")];
    expect(await byok(create)).toMatchObject({ code: 0, err: expect.stringContaining(notes) as unknown });
  });

  test("an old target that could not be removed, and success", async () => {
    await mkdir(at("stuck"));
    const remove = fs.rm.bind(fs);
    jest.spyOn(fs, "rm").mockImplementation(async (path, options) => {
      if (String(path).includes("stuck.replaced-")) throw Object.assign(new Error("EIO"), { code: "EIO", syscall: "rm" });
      return remove(path, options);
    });
    const result = await byok(["encrypt", at("data"), ...keys(), "--out", at("stuck"), "--force"]);
    expect(result.code).toBe(0);
    expect(result.err).toMatch(/^byok: note: the result is in place, but .*\/stuck\.replaced-[0-9a-f]{8} could not be removed: delete it\.$/m);
  });
});

describe("the terminal", () => {
  const encrypt = (out: string): string[] => ["encrypt", at("data"), ...keys(), "--out", at(out)];

  test("colour and a bar on a terminal, neither elsewhere", async () => {
    const plain = await byok(encrypt("t1"));
    expect(plain.out + plain.err).not.toContain("\u001b");
    const terminal = await byok(encrypt("t2"), { terminal: true });
    expect(terminal.out).toContain("\u001b[32mEncrypted 1 file, 0 links and 0 folders: 13 B in ");
    expect(terminal.err).toContain("Encrypting [");
    const noColor = await byok(encrypt("t3"), { terminal: true, env: { NO_COLOR: "1" } });
    expect(noColor.out).not.toContain("\u001b");
  });

  test("--json on a terminal draws nothing", async () => {
    const result = await byok([...encrypt("t4"), "--json"], { terminal: true });
    expect(result.err).toBe(`byok: DEVELOPMENT MODE: the service key is a local file (${tenant.serviceKey}). Not for customers' data.\n`);
    expect(JSON.parse(result.out)).toMatchObject({ files: 1 });
    expect(result.out.trimEnd()).not.toContain("\n");
  });

  test("causes show with --verbose only, stacks never", async () => {
    const args = ["encrypt", at("none"), ...keys(), "--out", at("o")];
    expect((await byok(args)).err).not.toContain("caused by");
    const verbose = await byok([...args, "--verbose"]);
    expect(verbose.err).toContain("  caused by Error: ENOENT: no such file or directory");
    expect(verbose.err).not.toMatch(/^\s+at /m);
  });
});

describe("the sandbox's command", () => {
  const loaded = (): { loadSandbox: () => Promise<Command>; count: () => number } => {
    let count = 0;
    return {
      count: () => count,
      loadSandbox: async () => {
        count += 1;
        const command = new Command("sandbox");
        command.command("start").action(() => undefined);
        command.command("break").action(() => {
          throw new Error("it broke");
        });
        return command;
      },
    };
  };

  test.each([
    [["sandbox", "start"], 1, 0],
    [["sandbox", "--help"], 1, 0],
    [["help", "sandbox"], 1, 0],
    [["sandbox", "break"], 1, 1],
    [["sandbox", "nonsense"], 1, 2],
    [["--help"], 0, 0],
    [["verify", "--help"], 0, 0],
  ])("%j loads it %d times and exits %d", async (args, times, code) => {
    const sandbox = loaded();
    expect((await byok(args, { loadSandbox: sandbox.loadSandbox })).code).toBe(code);
    expect(sandbox.count()).toBe(times);
  });

  test("an unexpected error is 1, in both forms", async () => {
    const { loadSandbox } = loaded();
    const plain = await byok(["sandbox", "break"], { loadSandbox });
    expect(plain).toMatchObject({ code: 1, err: "byok: UNEXPECTED: it broke\nRun again with --verbose, and report it.\n" });
  });
});
