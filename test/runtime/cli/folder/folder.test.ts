import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { createServer } from "node:net";
import { once } from "node:events";
import fs, { appendFile, chmod, copyFile, mkdir, open, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { decryptFolder, readFolderIndex } from "../../../../runtime/cli/folder/decrypt-folder.js";
import { encryptFolder } from "../../../../runtime/cli/folder/encrypt-folder.js";
import { makeFile, type MakeFile } from "../../../../runtime/cli/folder/files.js";
import { encodeIndex, INDEX_CONTEXT, INDEX_NAME, type IndexEntry } from "../../../../runtime/cli/folder/index-format.js";
import { type ObjectCipher } from "../../../../runtime/cli/folder/object-cipher.js";
import { scanFolder } from "../../../../runtime/cli/folder/scan.js";
import { Target } from "../../../../runtime/cli/folder/target.js";
import { ByokError, type Encryptor } from "../../../../runtime/index.js";
import { describeTree, fillFolder, newFolder, newTenant, removeFolders } from "../fixture.js";

let encryptor: Encryptor;

beforeAll(async () => {
  encryptor = await (await newTenant(await newFolder())).open();
});

afterAll(async () => {
  await encryptor.close();
  await removeFolders();
});

afterEach(() => {
  jest.restoreAllMocks();
});

const noForce = { force: false, inputs: [] };

async function encryptTo(source: string, out: string, more: { makeFile?: MakeFile; cipher?: ObjectCipher; signal?: AbortSignal } = {}) {
  const scan = await scanFolder(source, { skipSpecial: false });
  return encryptFolder({ cipher: encryptor, source, scan, target: await Target.check(out, noForce), resource: "mailbox-7", ...more });
}

async function decryptTo(source: string, out: string, more: { makeFile?: MakeFile; signal?: AbortSignal } = {}) {
  const index = await readFolderIndex({ cipher: encryptor, source });
  return decryptFolder({ cipher: encryptor, source, index, target: await Target.check(out, noForce), ...more });
}

/** A disk that is full after so many bytes. */
function fullAfter(bytes: number): MakeFile {
  let left = bytes;
  return async (path) => {
    const file = await makeFile(path);
    // The file's own `write` is replaced, the rest stays real.
    const write = file.write.bind(file) as (piece: Uint8Array, ...more: unknown[]) => ReturnType<typeof file.write>;
    return Object.assign(file, {
      write: async (piece: Uint8Array, ...more: unknown[]) => {
        left -= piece.length;
        if (left < 0) throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", syscall: "write" });
        return write(piece, ...more);
      },
    });
  };
}

describe("a folder there and back", () => {
  test("contents, names, modes, times, links, empty files and folders survive", async () => {
    const place = await newFolder();
    const data = join(place, "data");
    await mkdir(data);
    const bytes = await fillFolder(data);
    const made = await encryptTo(data, join(place, "data.byok"));
    expect(made).toMatchObject({ files: 6, folders: 3, links: 3, bytes, changed: [] });
    const restored = await decryptTo(join(place, "data.byok"), join(place, "restored"));
    expect(restored).toEqual({ files: 6, folders: 3, links: 3, bytes, unknown: [], setIdDropped: [] });
    expect(await describeTree(join(place, "restored"))).toEqual(await describeTree(data));
  });

  test("nothing of names or contents shows", async () => {
    const place = await newFolder();
    await mkdir(join(place, "data/secret-folder"), { recursive: true });
    await writeFile(join(place, "data/secret-folder/secret-name"), "secret-contents");
    await encryptTo(join(place, "data"), join(place, "out"));
    const names = await readdir(join(place, "out"));
    expect(names.filter((name) => !/^([0-9a-f]{32}|index\.byok)$/.test(name))).toEqual([]);
    expect(names).toHaveLength(2);
    const grep = (): string => execFileSync("grep", ["-rlae", "secret-", join(place, "out")], { encoding: "utf8" });
    expect(grep).toThrow(expect.objectContaining({ status: 1 }));
  });

  test("objects are made in no order that tells of the tree", async () => {
    const place = await newFolder();
    await mkdir(join(place, "data"));
    const names = Array.from({ length: 30 }, (_, i) => `f${i}`).sort();
    for (const name of names) await writeFile(join(place, "data", name), name);
    const opened = jest.spyOn(fs, "open");
    await encryptTo(join(place, "data"), join(place, "out"));
    const order = opened.mock.calls.map(([path]) => String(path)).filter((path) => path.startsWith(`${place}/data/`));
    const sorted = names.map((name) => `${place}/data/${name}`);
    expect(order).not.toEqual(sorted);
    expect(order.toSorted()).toEqual(sorted);
  });

  test("set-id bits are told, not restored", async () => {
    const place = await newFolder();
    await mkdir(join(place, "data"));
    await writeFile(join(place, "data/tool"), "x");
    execFileSync("chmod", ["6755", join(place, "data/tool")]);
    await encryptTo(join(place, "data"), join(place, "out"));
    expect(await decryptTo(join(place, "out"), join(place, "back"))).toMatchObject({ setIdDropped: ["tool"] });
    expect((await describeTree(join(place, "back")))["tool"]).toMatch(/^file 755 /);
  });

  test("a file that grows while it is read is reported", async () => {
    const place = await newFolder();
    await mkdir(join(place, "data"));
    await writeFile(join(place, "data/log"), "one");
    await writeFile(join(place, "data/still"), "one");
    const scan = await scanFolder(join(place, "data"), { skipSpecial: false });
    await appendFile(join(place, "data/log"), "two");
    const target = await Target.check(join(place, "out"), noForce);
    const made = await encryptFolder({ cipher: encryptor, source: join(place, "data"), scan, target, resource: "r" });
    expect(made).toMatchObject({ changed: ["log"], bytes: 9 });
    expect(await decryptTo(join(place, "out"), join(place, "back"))).toMatchObject({ bytes: 9 });
  });
});

describe("what cannot be backed up is refused up front", () => {
  test("sockets and pipes, unless they are left out", async () => {
    const place = await newFolder();
    const server = createServer().listen(join(place, "sock"));
    await once(server, "listening");
    execFileSync("mkfifo", [join(place, "pipe")]);
    try {
      await expect(scanFolder(place, { skipSpecial: false })).rejects.toMatchObject({
        code: "UNSUPPORTED_FILE",
        message: `Sockets, pipes and devices cannot be backed up: ${place}/pipe (pipe), ${place}/sock (socket). Leave them out with --skip-special.`,
      });
      const scan = await scanFolder(place, { skipSpecial: true });
      expect(scan.skipped).toEqual([
        { path: "pipe", kind: "pipe" },
        { path: "sock", kind: "socket" },
      ]);
    } finally {
      server.close();
    }
  });

  test("names that are not UTF-8", async () => {
    const place = await newFolder();
    await writeFile(Buffer.concat([Buffer.from(`${place}/caf`), Buffer.from([0xe9])]), "x");
    await expect(scanFolder(place, { skipSpecial: false })).rejects.toMatchObject({
      code: "UNSUPPORTED_FILE",
      message: `Names that are not UTF-8 cannot be kept: ${place}/café. Rename them.`,
    });
  });
});

describe("a folder that is changed by somebody else meanwhile", () => {
  /** `data/sub/file`, and `other/file` that is nobody's business; `swap` puts a link to `elsewhere` in the place of `sub`. */
  async function watched(elsewhere = "other"): Promise<{ place: string; swap: () => Promise<void> }> {
    const place = await newFolder();
    await mkdir(join(place, "data/sub"), { recursive: true });
    await mkdir(join(place, "other"));
    await mkdir(join(place, "empty"));
    await writeFile(join(place, "data/sub/file"), "mine");
    await writeFile(join(place, "other/file"), "not to be backed up");
    const swap = async (): Promise<void> => {
      await rename(join(place, "data/sub"), join(place, "moved"));
      await symlink(join(place, elsewhere), join(place, "data/sub"));
    };
    return { place, swap };
  }

  test("a link in a parent's place after the scan", async () => {
    const { place, swap } = await watched();
    const source = join(place, "data");
    const scan = await scanFolder(source, { skipSpecial: false });
    await swap();
    const target = await Target.check(join(place, "out"), noForce);
    await expect(encryptFolder({ cipher: encryptor, source, scan, target, resource: "r" })).rejects.toMatchObject({
      name: "FileError",
      code: "REPLACED",
      message: `${source}/sub/file was replaced after it was looked at: nothing was kept. Run again when nobody changes the folder.`,
    });
    expect((await readdir(place)).sort()).toEqual(["data", "empty", "moved", "other"]);
  });

  test.each([
    ["before its names are read", "readdir", "other"],
    ["before its names are read (there are none)", "readdir", "empty"],
    ["before they are looked at", "access", "other"],
  ] as const)("a link in a folder's place %s", async (_when, call, elsewhere) => {
    const { place, swap } = await watched(elsewhere);
    const sub = join(place, "data/sub");
    const real = fs[call].bind(fs) as (...given: unknown[]) => Promise<unknown>;
    let swapped = false;
    jest.spyOn(fs, call).mockImplementation((async (path: string, ...more: unknown[]) => {
      if (!swapped && path.startsWith(sub)) {
        swapped = true;
        await swap();
      }
      return real(path, ...more);
    }) as never);
    await expect(scanFolder(join(place, "data"), { skipSpecial: false })).rejects.toMatchObject({
      code: "REPLACED",
      message: expect.stringContaining(`${sub} was replaced`) as unknown,
    });
    expect(swapped).toBe(true);
  });
});

describe("what may not be read is named before anything is written", () => {
  test("an unreadable folder and an unreadable file", async () => {
    const place = await newFolder();
    await mkdir(join(place, "closed/below"), { recursive: true });
    await writeFile(join(place, "locked"), "x");
    await chmod(place, 0o755);
    await chmod(join(place, "closed"), 0);
    await chmod(join(place, "locked"), 0);
    // Root may read everything: a process of its own becomes nobody (65534), if it is root.
    const script = `
      const { scanFolder } = require(${JSON.stringify(resolve("runtime/cli/folder/scan.ts"))});
      if (process.getuid() === 0) { process.setgroups([]); process.setgid(65534); process.setuid(65534); }
      scanFolder(${JSON.stringify(place)}, { skipSpecial: false }).then(() => console.log("{}"), (error) => console.log(JSON.stringify(error)));`;
    const said = execFileSync(process.execPath, ["--import", "tsx", "--input-type=commonjs", "-e", script], { encoding: "utf8" });
    expect(JSON.parse(said)).toMatchObject({
      code: "NO_PERMISSION",
      message: `No permission to read ${place}/closed, ${place}/locked. Check owner and mode.`,
    });
  });
});

describe("damage in an encrypted folder", () => {
  async function damaged(damage: (folder: string, objects: string[]) => Promise<void>): Promise<{ place: string; result: Promise<unknown> }> {
    const place = await newFolder();
    await mkdir(join(place, "data"));
    for (const name of ["a", "b"]) await writeFile(join(place, "data", name), name.repeat(5000));
    await encryptTo(join(place, "data"), join(place, "out"));
    const objects = (await readdir(join(place, "out"))).filter((name) => name !== INDEX_NAME).sort();
    await damage(join(place, "out"), objects);
    return { place, result: decryptTo(join(place, "out"), join(place, "back")) };
  }

  async function flip(path: string, fromEnd: number): Promise<void> {
    const file = await open(path, "r+");
    const { size } = await file.stat();
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, size - fromEnd);
    byte[0] = (byte[0] ?? 0) ^ 1;
    await file.write(byte, 0, 1, size - fromEnd);
    await file.close();
  }

  test.each<[string, string, (folder: string, objects: string[]) => Promise<void>]>([
    ["a flipped byte", "AUTHENTICATION_FAILED", (folder, [a = ""]) => flip(join(folder, a), 100)],
    ["a flipped byte in the index", "AUTHENTICATION_FAILED", (folder) => flip(join(folder, INDEX_NAME), 20)],
    ["a cut object", "TRUNCATED", async (folder, [a = ""]) => {
      const file = await open(join(folder, a), "r+");
      await file.truncate((await file.stat()).size - 1);
      await file.close();
    }],
    ["an extended object", "AUTHENTICATION_FAILED", (folder, [a = ""]) => appendFile(join(folder, a), "x")],
    ["an empty object", "TRUNCATED", (folder, [a = ""]) => writeFile(join(folder, a), "")],
    ["a missing object", "TRUNCATED", (folder, [a = ""]) => rm(join(folder, a))],
    ["an object in another's place", "OBJECT_MISMATCH", (folder, [a = "", b = ""]) => copyFile(join(folder, b), join(folder, a))],
    ["an object as index", "AUTHENTICATION_FAILED", (folder, [a = ""]) => copyFile(join(folder, a), join(folder, INDEX_NAME))],
    ["no object at all", "BAD_HEADER", (folder, [a = ""]) => writeFile(join(folder, a), "hello, world, this is text")],
  ])("%s: %s, and nothing is left", async (_what, code, damage) => {
    const { place, result } = await damaged(damage);
    await expect(result).rejects.toMatchObject({ name: "ByokError", code });
    expect((await readdir(place)).sort()).toEqual(["data", "out"]);
  });

  test("an older version of the same object is refused by its pinned header tag", async () => {
    const place = await newFolder();
    await mkdir(join(place, "data"));
    await writeFile(join(place, "data/a"), "new");
    await encryptTo(join(place, "data"), join(place, "out"));
    const [object = ""] = (await readdir(join(place, "out"))).filter((name) => name !== INDEX_NAME);
    const old = await encryptor.encrypt(Buffer.from("old"), { resource: "mailbox-7", object });
    await writeFile(join(place, "out", object), old.ciphertext);
    await expect(decryptTo(join(place, "out"), join(place, "back"))).rejects.toMatchObject({ code: "ROLLED_BACK" });
  });

  test("a hostile index writes nothing anywhere", async () => {
    const place = await newFolder();
    await mkdir(join(place, "out"));
    const entries: IndexEntry[] = [
      { kind: "symlink", path: "way", mtimeNs: "0", target: place },
      { kind: "directory", path: "way/escaped", mode: 0o755, mtimeNs: "0" },
    ];
    const { stream } = await encryptor.encryptStream(
      encodeIndex({ header: { format: "byok-folder", version: 1, resource: "r", root: { mode: 0o755, mtimeNs: "0" }, entries: 2 }, entries }),
      { resource: "r", context: INDEX_CONTEXT },
    );
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    await writeFile(join(place, "out", INDEX_NAME), Buffer.concat(chunks));
    await expect(decryptTo(join(place, "out"), join(place, "back"))).rejects.toMatchObject({
      code: "TAMPERED",
      message: "The folder's index names way/escaped, which does not lie in a folder of the index: nothing was restored. Whoever wrote it had the key; find out who.",
    });
    expect(await readdir(place)).toEqual(["out"]);
  });

  test("a file of another length than its index says", async () => {
    const place = await newFolder();
    await mkdir(join(place, "out"));
    const object = "0".repeat(32);
    const { ciphertext, headerTag } = await encryptor.encrypt(Buffer.from("12345"), { resource: "r", object });
    await writeFile(join(place, "out", object), ciphertext);
    const attributes = { mode: 0o644, mtimeNs: "0" };
    const entries: IndexEntry[] = [
      { kind: "file", path: "a", ...attributes, size: 4, object, headerTag: Buffer.from(headerTag).toString("hex") },
    ];
    const { stream } = await encryptor.encryptStream(
      encodeIndex({ header: { format: "byok-folder", version: 1, resource: "r", root: attributes, entries: 1 }, entries }),
      { resource: "r", context: INDEX_CONTEXT },
    );
    await writeFile(join(place, "out", INDEX_NAME), stream);
    await expect(decryptTo(join(place, "out"), join(place, "back"))).rejects.toMatchObject({
      code: "TAMPERED",
      message: `a (object ${object}): a has 5 bytes, its index says 4.`,
    });
    expect(await readdir(place)).toEqual(["out"]);
  });

  test("a file the index does not know is left alone and told", async () => {
    const { result } = await damaged((folder) => writeFile(join(folder, "notes.txt"), "mine"));
    expect(await result).toMatchObject({ files: 2, unknown: ["notes.txt"] });
  });
});

describe("what goes wrong half-way leaves nothing", () => {
  async function filled(): Promise<string> {
    const place = await newFolder();
    await mkdir(join(place, "data"));
    for (let i = 0; i < 20; i++) await writeFile(join(place, "data", `f${i}`), "x".repeat(10_000));
    return place;
  }

  test.each([0, 50_000, 200_000])("a disk full after %d bytes, encrypting", async (bytes) => {
    const place = await filled();
    const result = encryptTo(join(place, "data"), join(place, "out"), { makeFile: fullAfter(bytes) });
    await expect(result).rejects.toMatchObject({ name: "FileError", code: "DISK_FULL" });
    expect(await readdir(place)).toEqual(["data"]);
  });

  test.each([0, 50_000, 190_001])("a disk full after %d bytes, decrypting", async (bytes) => {
    const place = await filled();
    await encryptTo(join(place, "data"), join(place, "out"));
    const result = decryptTo(join(place, "out"), join(place, "back"), { makeFile: fullAfter(bytes) });
    await expect(result).rejects.toMatchObject({ name: "FileError", code: "DISK_FULL" });
    expect((await readdir(place)).sort()).toEqual(["data", "out"]);
  });

  test.each([1, 7, 20])("an interrupt at file %d, both ways", async (at) => {
    const place = await filled();
    await encryptTo(join(place, "data"), join(place, "ok"));
    const stopAt = (): { makeFile: MakeFile; signal: AbortSignal } => {
      const stop = new AbortController();
      let made = 0;
      return {
        signal: stop.signal,
        makeFile: async (path) => {
          made += 1;
          if (made === at) stop.abort();
          return makeFile(path);
        },
      };
    };
    await expect(encryptTo(join(place, "data"), join(place, "out"), stopAt())).rejects.toMatchObject({ code: "ABORTED" });
    await expect(decryptTo(join(place, "ok"), join(place, "back"), stopAt())).rejects.toMatchObject({ code: "ABORTED" });
    expect((await readdir(place)).sort()).toEqual(["data", "ok"]);
  });

  test("an interrupt when everything is written and nothing placed, both ways", async () => {
    const place = await filled();
    await encryptTo(join(place, "data"), join(place, "ok"));
    const encrypting = new AbortController();
    const stopAtIndex: MakeFile = async (path) => {
      const file = await makeFile(path);
      if (!path.endsWith(INDEX_NAME)) return file;
      const close = file.close.bind(file);
      return Object.assign(file, {
        close: async () => {
          encrypting.abort();
          return close();
        },
      });
    };
    const encrypted = encryptTo(join(place, "data"), join(place, "out"), { makeFile: stopAtIndex, signal: encrypting.signal });
    await expect(encrypted).rejects.toMatchObject({ code: "ABORTED" });
    const decrypting = new AbortController();
    const realChmod = fs.chmod.bind(fs);
    // The folder's own mode is the last thing that is set.
    jest.spyOn(fs, "chmod").mockImplementation(async (path, mode) => {
      decrypting.abort();
      return realChmod(path, mode);
    });
    await expect(decryptTo(join(place, "ok"), join(place, "back"), { signal: decrypting.signal })).rejects.toMatchObject({ code: "ABORTED" });
    expect((await readdir(place)).sort()).toEqual(["data", "ok"]);
  });

  test("a key that is revoked half-way", async () => {
    const place = await filled();
    let calls = 0;
    const cipher: ObjectCipher = {
      decryptStream: (source, binding) => encryptor.decryptStream(source, binding),
      encryptStream: async (source, binding) => {
        calls += 1;
        if (calls > 10) throw new ByokError("KEY_DISABLED", "The key is disabled.");
        return encryptor.encryptStream(source, binding);
      },
    };
    await expect(encryptTo(join(place, "data"), join(place, "out"), { cipher })).rejects.toMatchObject({ code: "KEY_DISABLED" });
    expect(await readdir(place)).toEqual(["data"]);
  });

  test("a file that vanishes after the scan", async () => {
    const place = await filled();
    const scan = await scanFolder(join(place, "data"), { skipSpecial: false });
    await rename(join(place, "data/f3"), join(place, "data/elsewhere"));
    const target = await Target.check(join(place, "out"), noForce);
    const result = encryptFolder({ cipher: encryptor, source: join(place, "data"), scan, target, resource: "r" });
    await expect(result).rejects.toMatchObject({ code: "NOT_FOUND", message: `Could not read ${join(place, "data/f3")}: it does not exist.` });
    expect(await readdir(place)).toEqual(["data"]);
  });
});
