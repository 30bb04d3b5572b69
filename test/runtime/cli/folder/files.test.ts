import { afterAll, describe, expect, test } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { type FileHandle, lstat, open, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFile, type NewFile, openRegularFile, readPieces, writeNewFile } from "../../../../runtime/cli/folder/files.js";
import { newFolder, removeFolders } from "../fixture.js";

afterAll(removeFolders);

const MIB = 1024 * 1024;

function errno(code: string): Error {
  return Object.assign(new Error(code), { code, syscall: "x" });
}

/** A new file that only remembers what was asked of it. */
function recorder(calls: string[], failing: Readonly<Record<string, string>> = {}): () => Promise<NewFile> {
  const call = (name: string) => async (): Promise<void> => {
    calls.push(name);
    const code = failing[name];
    if (code !== undefined) throw errno(code);
  };
  const write = (async (piece: Uint8Array) => {
    await call("write")();
    return { bytesWritten: piece.length, buffer: piece };
  }) as unknown as NewFile["write"];
  return async () => ({ write, chmod: call("chmod"), utimes: call("utimes"), sync: call("sync"), close: call("close") });
}

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

describe("opening", () => {
  test("a link is not followed, a pipe does not block, a folder is no file", async () => {
    const place = await newFolder();
    await writeFile(join(place, "file"), "x");
    await symlink("file", join(place, "link"));
    execFileSync("mkfifo", [join(place, "pipe")]);
    await expect(openRegularFile(join(place, "link"))).rejects.toMatchObject({ name: "FileError", code: "FILE_SYSTEM" });
    await expect(openRegularFile(join(place, "pipe"))).rejects.toMatchObject({ code: "UNSUPPORTED_FILE" });
    await expect(openRegularFile(place)).rejects.toMatchObject({ code: "UNSUPPORTED_FILE" });
  });

  test("only the file that was seen", async () => {
    const place = await newFolder();
    await writeFile(join(place, "a"), "a");
    await writeFile(join(place, "b"), "b");
    const seen = await lstat(join(place, "a"), { bigint: true });
    await (await openRegularFile(join(place, "a"), seen)).close();
    await expect(openRegularFile(join(place, "b"), seen)).rejects.toMatchObject({ code: "REPLACED" });
    await expect(openRegularFile(join(place, "a"), { dev: seen.dev + 1n, ino: seen.ino })).rejects.toMatchObject({ code: "REPLACED" });
  });
});

describe("making", () => {
  test("neither a file nor a link that is there is written to", async () => {
    const place = await newFolder();
    await writeFile(join(place, "file"), "old");
    await symlink("elsewhere", join(place, "dangling"));
    await symlink("file", join(place, "link"));
    for (const name of ["file", "dangling", "link"]) {
      await expect(makeFile(join(place, name))).rejects.toMatchObject({ code: "EEXIST" });
    }
    expect((await readdir(place)).sort()).toEqual(["dangling", "file", "link"]);
    expect(await readFile(join(place, "file"), "utf8")).toBe("old");
  });

  test("a new file is its owner's only", async () => {
    const path = join(await newFolder(), "new");
    await (await makeFile(path)).close();
    expect((await lstat(path)).mode & 0o777).toBe(0o600);
  });
});

describe("writing", () => {
  test("everything is flushed after the last change and before the close", async () => {
    const calls: string[] = [];
    const length = await writeNewFile("x", pieces("ab", "c"), { makeFile: recorder(calls), final: { mode: 0o644, mtimeNs: "0" } });
    expect(length).toBe(3);
    expect(calls).toEqual(["write", "write", "utimes", "chmod", "sync", "close"]);
  });

  test.each(["write", "utimes", "chmod", "sync", "close"])("a full disk at %s is told, and the file is closed", async (name) => {
    const calls: string[] = [];
    const result = writeNewFile("x", pieces("ab"), { makeFile: recorder(calls, { [name]: "ENOSPC" }), final: { mode: 0o644, mtimeNs: "0" } });
    await expect(result).rejects.toMatchObject({ name: "FileError", code: "DISK_FULL" });
    expect(calls.at(-1)).toBe("close");
  });

  test("what went wrong first is told, not the close after it", async () => {
    const result = writeNewFile("x", pieces("ab"), { makeFile: recorder([], { write: "ENOSPC", close: "EIO" }) });
    await expect(result).rejects.toMatchObject({ code: "DISK_FULL" });
  });

  test("a file that cannot be made ends the source, which may hold keys", async () => {
    let ended = 0;
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(new Error("Nobody should read.")),
        return: async () => {
          ended += 1;
          return { done: true as const, value: undefined };
        },
      }),
    };
    const result = writeNewFile("x", source, { makeFile: () => Promise.reject(errno("EACCES")) });
    await expect(result).rejects.toMatchObject({ code: "NO_PERMISSION" });
    expect(ended).toBe(1);
  });
});

describe("reading", () => {
  /** Reads `path` as if it had been `expected` bytes long; returns the contents and the length of each read. */
  async function read(path: string, expected: number): Promise<{ contents: Buffer; lengths: number[] }> {
    const file = await open(path);
    const lengths: number[] = [];
    const real = file.read.bind(file) as (buffer: Buffer, offset: number, length: number, position: null) => ReturnType<FileHandle["read"]>;
    const watched = Object.assign(file, {
      read: (buffer: Buffer, offset: number, length: number, position: null) => {
        lengths.push(length);
        return real(buffer, offset, length, position);
      },
    });
    const chunks: Uint8Array[] = [];
    for await (const chunk of readPieces(watched, path, expected)) chunks.push(chunk);
    await file.close();
    return { contents: Buffer.concat(chunks), lengths };
  }

  test.each([
    [0, 0, [1]],
    [3, 3, [4]],
    [3, 0, [1, MIB, MIB]],
    [9, 3, [4, MIB, MIB]],
    [3, 9, [10, MIB]],
    [MIB, MIB, [MIB, MIB]],
    [MIB + 5, MIB + 5, [MIB, MIB]],
  ])("a file of %d bytes that had %d", async (size, expected, lengths) => {
    const path = join(await newFolder(), "file");
    const contents = Buffer.alloc(size, "abcdefg");
    await writeFile(path, contents);
    const seen = await read(path, expected);
    expect(seen.contents.equals(contents)).toBe(true);
    expect(seen.lengths).toEqual(lengths);
  });
});
