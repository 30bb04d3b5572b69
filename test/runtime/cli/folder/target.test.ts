import { afterAll, describe, expect, test } from "@jest/globals";
import { chmod, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { removeTree, Target } from "../../../../runtime/cli/folder/target.js";
import { newFolder, removeFolders } from "../fixture.js";

afterAll(removeFolders);

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
    await mkdir(join(place, "out.partial-mine"));
    expect((await Target.check(join(place, "out"), options)).leftovers).toEqual(["out.partial-0123abcd"]);
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

  test("removing what is not there is fine", async () => {
    await expect(removeTree(join(await newFolder(), "nothing"))).resolves.toBeUndefined();
  });
});
