import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Command } from "commander";
import { chmod, mkdir, readdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { type CliIo } from "../../../runtime/cli/io.js";
import { run } from "../../../runtime/cli/run.js";
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

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface World {
  readonly env?: CliIo["env"];
  readonly stdin?: Uint8Array;
  readonly terminal?: boolean;
  readonly signal?: AbortSignal;
  readonly clock?: CliIo["clock"];
  readonly loadSandbox?: () => Promise<Command>;
}

async function byok(args: readonly string[], world: World = {}): Promise<Result> {
  const sink = (): { output: CliIo["stdout"]; text: () => string } => {
    const chunks: Buffer[] = [];
    const writable = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        chunks.push(chunk);
        done();
      },
    });
    return { output: Object.assign(writable, { isTTY: world.terminal === true, columns: 120 }), text: () => Buffer.concat(chunks).toString("latin1") };
  };
  const out = sink();
  const err = sink();
  const clock = world.clock ?? { now: () => performance.now(), sleep: () => Promise.reject(new Error("Nobody asked to wait.")) };
  const io = {
    stdin: Readable.from(world.stdin === undefined ? [] : [world.stdin]),
    stdout: out.output,
    stderr: err.output,
    env: world.env ?? {},
    clock,
    signal: world.signal ?? new AbortController().signal,
  };
  const code = await run(args, io, world.loadSandbox ?? (() => Promise.reject(new Error("Nobody asked for the sandbox."))));
  return { code, out: out.text(), err: err.text() };
}

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
      `CONFIG_INVALID: --mode production, but the service key is a local file (${tenant.serviceKey}). Name a key in a KMS with --service-key descriptor:FILE and unset BYOK_SANDBOX, or leave --mode out.`],
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
