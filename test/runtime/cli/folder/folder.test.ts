import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { createServer } from "node:net";
import { once } from "node:events";
import { copyFile, mkdir, open, readdir, rename, rm, writeFile, appendFile } from "node:fs/promises";
import { join } from "node:path";
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
        message: "Sockets, pipes and devices cannot be backed up: pipe (pipe), sock (socket). Leave them out with --skip-special.",
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
      message: 'Names that are not UTF-8 cannot be kept: café. Rename them.',
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
