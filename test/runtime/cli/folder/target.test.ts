import { afterAll, afterEach, describe, expect, jest, test } from "@jest/globals";
import fsSync from "node:fs";
import fs, { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { leftoverNote, removeTree, Target } from "../../../../runtime/cli/folder/target.js";
import { newFolder, removeFolders } from "../fixture.js";

afterAll(removeFolders);

afterEach(() => {
  jest.restoreAllMocks();
});

/** What a system call throws. */
function errno(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: ${syscall}`), { code, syscall });
}

/** From here on, fsync of folders answers `code`. */
function foldersCannotFlush(code: string): void {
  const open = fs.open.bind(fs);
  jest.spyOn(fs, "open").mockImplementation(async (path, ...more) => {
    const handle = await open(path, ...more);
    if ((await handle.stat()).isDirectory()) jest.spyOn(handle, "sync").mockRejectedValue(errno(code, "fsync"));
    return handle;
  });
}

async function written(out: string, force = false): Promise<Target> {
  const target = await Target.check(out, { force, inputs: [] });
  await writeFile(target.partial, "new");
  return target;
}

const options = { force: false, inputs: [] as string[] };

describe("checking a target", () => {
  test.each(["file", "folder", "link"])("an existing %s is refused without --force, and allowed with it", async (kind) => {
    const place = await newFolder();
    const out = join(place, "out");
    if (kind === "file") await writeFile(out, "old");
    else if (kind === "folder") await mkdir(out);
    else await symlink("/nowhere", out);
    await expect(Target.check(out, options)).rejects.toMatchObject({
      code: "TARGET_EXISTS",
      message: `${out} exists already. Choose another --out, or replace it with --force.`,
    });
    await expect(Target.check(out, { ...options, force: true })).resolves.toBeInstanceOf(Target);
    expect(await readdir(place)).toEqual(["out"]);
  });

  test("a target needs a folder to lie in", async () => {
    const place = await newFolder();
    await expect(Target.check(join(place, "no/out"), options)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: `There is no folder ${join(place, "no")} for --out: make it first.`,
    });
  });

  test.each([
    ["data", "data", "is"],
    ["data/out", "data", "lies in"],
    ["data/sub/out", "data", "lies in"],
    ["alias/out", "data", "lies in"],
    [".", "data", "contains"],
    [".", "key", "contains"],
    ["key", "key", "is"],
  ])("--out %s with input %s: it %s it", async (out, input, relation) => {
    const place = await newFolder();
    await mkdir(join(place, "data/sub"), { recursive: true });
    await symlink("data", join(place, "alias"));
    await writeFile(join(place, "key"), "k");
    const result = Target.check(join(place, out), { force: true, inputs: [join(place, input)] });
    await expect(result).rejects.toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining(`${relation} ${join(place, input)}`) as unknown });
  });

  test("names beside the input are no overlap", async () => {
    const place = await newFolder();
    await mkdir(join(place, "data"));
    for (const name of ["data.byok", "dat", "..data"]) {
      await expect(Target.check(join(place, name), { force: false, inputs: [join(place, "data")] })).resolves.toBeInstanceOf(Target);
    }
  });

  test("what a killed run left is told", async () => {
    const place = await newFolder();
    await mkdir(join(place, "out.partial-0123abcd"));
    await mkdir(join(place, "out.replaced-0123abcd"));
    for (const name of ["out.partial-mine", "out.kept-0123abcd", "other.partial-0123abcd"]) await mkdir(join(place, name));
    const { leftovers } = await Target.check(join(place, "out"), options);
    expect(leftovers).toEqual([join(place, "out.partial-0123abcd"), join(place, "out.replaced-0123abcd")]);
    expect(leftovers.map(leftoverNote)).toEqual([
      `${place}/out.partial-0123abcd is left from a run that was killed: delete it.`,
      `${place}/out.replaced-0123abcd is what lay at --out before a run that was killed: rename it back if --out is missing, else delete it.`,
    ]);
  });

  test("an input that is still to be made is not a target either", async () => {
    const place = await newFolder();
    await symlink(".", join(place, "alias"));
    await expect(Target.check(join(place, "alias/key"), { force: true, inputs: [join(place, "key")] })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await expect(Target.check(join(place, "out"), { force: true, inputs: [join(place, "no/key")] })).resolves.toBeInstanceOf(Target);
  });
});

describe("placing a result", () => {
  test("a file that appears meanwhile is not replaced", async () => {
    const place = await newFolder();
    const target = await Target.check(join(place, "out"), options);
    await writeFile(target.partial, "new");
    await writeFile(join(place, "out"), "somebody else's");
    await expect(target.commit()).rejects.toMatchObject({ code: "TARGET_EXISTS" });
    await target.discard();
    expect(await readdir(place)).toEqual(["out"]);
    expect(await readFile(join(place, "out"), "utf8")).toBe("somebody else's");
  });

  test("a folder with contents that appears meanwhile is not replaced", async () => {
    const place = await newFolder();
    const target = await Target.check(join(place, "out"), options);
    await target.makeFolder();
    await mkdir(join(place, "out"));
    await writeFile(join(place, "out/theirs"), "");
    await expect(target.commit()).rejects.toMatchObject({ code: "TARGET_EXISTS" });
    await target.discard();
    expect(await readdir(place)).toEqual(["out"]);
    expect(await readdir(join(place, "out"))).toEqual(["theirs"]);
  });

  test.each([
    ["file", "file"],
    ["file", "folder"],
    ["folder", "file"],
    ["folder", "folder"],
  ])("--force replaces a %s by a %s", async (before, after) => {
    const place = await newFolder();
    const out = join(place, "out");
    if (before === "file") await writeFile(out, "old");
    else {
      await mkdir(join(out, "closed"), { recursive: true });
      await writeFile(join(out, "closed/old"), "old");
      await chmod(join(out, "closed"), 0o555);
    }
    const target = await Target.check(out, { force: true, inputs: [] });
    if (after === "file") await writeFile(target.partial, "new");
    else {
      await target.makeFolder();
      await writeFile(join(target.partial, "new"), "new");
    }
    await target.commit();
    expect(await readdir(place)).toEqual(["out"]);
    expect(await readFile(after === "file" ? out : join(out, "new"), "utf8")).toBe("new");
    if (after === "folder") expect(await readdir(out)).toEqual(["new"]);
  });

  test.each(["EPERM", "ENOTSUP", "ENOSYS"])("where link(2) answers %s, a new file is placed, and nobody's is replaced", async (code) => {
    const place = await newFolder();
    jest.spyOn(fs, "link").mockRejectedValue(errno(code, "link"));
    const target = await written(join(place, "out"));
    await target.commit();
    expect(target).toMatchObject({ placed: true, unremoved: undefined });
    expect(await readdir(place)).toEqual(["out"]);
    expect(await readFile(join(place, "out"), "utf8")).toBe("new");

    for (const theirs of ["somebody else's", ""]) {
      const late = await written(join(place, "late"));
      await writeFile(join(place, "late"), theirs);
      await expect(late.commit()).rejects.toMatchObject({ code: "TARGET_EXISTS" });
      expect(late.placed).toBe(false);
      expect(await readFile(join(place, "late"), "utf8")).toBe(theirs);
      await fs.rm(join(place, "late"));
    }
  });

  test("where link(2) is missing and the rename fails, the name is free again", async () => {
    const place = await newFolder();
    const target = await written(join(place, "out"));
    jest.spyOn(fs, "link").mockRejectedValue(errno("EPERM", "link"));
    jest.spyOn(fsSync, "renameSync").mockImplementation(() => {
      throw errno("EIO", "rename");
    });
    await expect(target.commit()).rejects.toMatchObject({ code: "FILE_SYSTEM" });
    await target.discard();
    expect(await readdir(place)).toEqual([]);
  });

  test.each(["EACCES", "EIO", "EEXIST"])("link(2) answering %s is no reason for another way", async (code) => {
    const place = await newFolder();
    const target = await written(join(place, "out"));
    jest.spyOn(fs, "link").mockRejectedValue(errno(code, "link"));
    await expect(target.commit()).rejects.toMatchObject({ name: "FileError" });
    await expect(stat(join(place, "out"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  test.each(["EINVAL", "ENOTSUP"])("a mount where fsync of a folder answers %s is no failure", async (code) => {
    const target = await written(join(await newFolder(), "out"));
    foldersCannotFlush(code);
    await expect(target.commit()).resolves.toBeUndefined();
  });

  test("a folder that could not be flushed is told, and that the result is in place", async () => {
    const place = await newFolder();
    const target = await written(join(place, "out"));
    foldersCannotFlush("EIO");
    await expect(target.commit()).rejects.toMatchObject({
      code: "FILE_SYSTEM",
      message: `${place}/out is complete and in its place, but a power failure might still undo that: Could not flush ${place}: the system said EIO.`,
    });
    expect(target.placed).toBe(true);
  });

  test("a rename that fails half-way brings the old target back", async () => {
    const place = await newFolder();
    await mkdir(join(place, "out"));
    await writeFile(join(place, "out/old"), "");
    const target = await written(join(place, "out"), true);
    const rename = fsSync.renameSync.bind(fsSync);
    jest.spyOn(fsSync, "renameSync").mockImplementation((from, to) => {
      if (from === target.partial) throw errno("EIO", "rename");
      rename(from, to);
    });
    await expect(target.commit()).rejects.toMatchObject({ code: "FILE_SYSTEM" });
    expect(target.placed).toBe(false);
    await target.discard();
    expect(await readdir(place)).toEqual(["out"]);
    expect(await readdir(join(place, "out"))).toEqual(["old"]);
  });

  test("an old target that cannot be removed is told, and is no failure", async () => {
    const place = await newFolder();
    await mkdir(join(place, "out"));
    const target = await written(join(place, "out"), true);
    jest.spyOn(fs, "rm").mockRejectedValue(errno("EIO", "unlink"));
    await target.commit();
    expect(target.unremoved).toMatch(/\/out\.replaced-[0-9a-f]{8}$/);
    expect(await readFile(join(place, "out"), "utf8")).toBe("new");
  });

  test("removing what is not there is fine", async () => {
    await expect(removeTree(join(await newFolder(), "nothing"))).resolves.toBeUndefined();
  });
});
