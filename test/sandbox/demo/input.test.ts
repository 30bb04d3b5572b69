import { execFileSync } from "node:child_process";
import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";

import { chooseInput, ENOUGH } from "../../../sandbox/demo/input.js";
import { readTree } from "../../../sandbox/demo/tree.js";
import { temporaryDirectory } from "../fixtures.js";

const { signal } = new AbortController();
/** So that the tests need not make a thousand files. */
const FEW = { ...ENOUGH, files: 10 };
let directory: ReturnType<typeof temporaryDirectory>;
let root: string;

beforeEach(() => {
  directory = temporaryDirectory();
  root = directory.path;
});
afterEach(() => {
  directory.remove();
});

/** A folder of so many files, together so large; sparse, so that it costs nothing. */
function fill(path: string, files: number, bytes: number): void {
  const folder = join(root, path);
  mkdirSync(folder, { recursive: true });
  for (let index = 0; index < files; index += 1) writeFileSync(join(folder, String(index)), "");
  if (files > 0) truncateSync(join(folder, "0"), bytes);
}

test("a default input says something about real backups", () => {
  expect(ENOUGH).toEqual({ bytes: 50_000_000, files: 1_000 });
});

describe("without a folder, the large enough one with the fewest files is taken", () => {
  test.each<[string, [string, number, number][], string, number]>([
    ["few files, or few bytes, do not qualify", [["big", 9, 60e6], ["many", 11, 49e6], ["both", 12, 50e6]], "both", 12],
    ["a package in a scope", [["all", 20, 60e6], ["@scope/one", 11, 60e6], ["@scope/two", 5, 1e6]], "@scope/one", 11],
    ["a scope whose packages are small", [["all", 20, 60e6], ["@scope/one", 6, 30e6], ["@scope/two", 5, 30e6]], "@scope", 11],
    ["deeper folders are no packages", [["p/lib/deep", 10, 60e6], ["p/lib/other", 2, 1], ["p/rest", 7, 1]], "p/lib", 12],
  ])("%s", async (_, folders, chosen, files) => {
    for (const [path, count, bytes] of folders) fill(join("node_modules", path), count, bytes);
    await expect(chooseInput(root, undefined, signal, FEW)).resolves.toMatchObject({ folder: join(root, "node_modules", chosen), files });
  });

  test.each([["nothing installed", 0], ["nothing large enough", 10]])("%s", async (_, files) => {
    if (files > 0) fill("node_modules/small", files, 60e6);
    await expect(chooseInput(root, undefined, signal)).rejects.toMatchObject({
      code: "CONFIG_INVALID", message: "No folder to back up was found: run `npm ci` first, or name one: npm start -- FOLDER",
    });
  });
});

describe("a folder by name", () => {
  test("is measured", async () => {
    fill("data/sub", 3, 1_000);
    await expect(chooseInput("", join(root, "data"), signal)).resolves.toEqual({ folder: join(root, "data"), files: 3, bytes: 1_000 });
  });

  test("that is missing, or a file", async () => {
    writeFileSync(join(root, "file"), "");
    for (const [name, message] of [["none", "There is no folder"], ["file", "is not a folder"]] as const) {
      await expect(chooseInput("", join(root, name), signal)).rejects.toMatchObject({
        code: "CONFIG_INVALID", message: expect.stringContaining(message),
      });
    }
  });

  test("with named pipes is refused, by their names, and never read", async () => {
    mkdirSync(join(root, "data/sub"), { recursive: true });
    execFileSync("mkfifo", [join(root, "data/sub/pipe"), join(root, "data/other")]);
    await expect(chooseInput("", join(root, "data"), signal)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message:
        "Sockets, pipes and devices cannot be backed up: other (pipe), sub/pipe (pipe). Remove them or name another folder; " +
        "`byok encrypt --skip-special` leaves them out.",
    });
    await expect(readTree(join(root, "data"), signal)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});
