import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type IndexEntry } from "../../../../runtime/cli/folder/index-format.js";
import { checkTree, pathProblem } from "../../../../runtime/cli/folder/tree.js";

const object = (digit: string): string => digit.repeat(32);
const folder = (path: string): IndexEntry => ({ kind: "directory", path, mode: 0o755, mtimeNs: "0" });
const file = (path: string, id = object("a")): IndexEntry => ({
  kind: "file",
  path,
  mode: 0o644,
  mtimeNs: "0",
  size: 0,
  object: id,
  headerTag: "0".repeat(64),
});
const link = (path: string, target: string): IndexEntry => ({ kind: "symlink", path, mtimeNs: "0", target });

describe("pathProblem", () => {
  test.each([
    ["", "is empty"],
    ["/etc/passwd", "is absolute"],
    ["..", 'has a part ".."'],
    ["../x", 'has a part ".."'],
    ["a/../../x", 'has a part ".."'],
    ["a/..", 'has a part ".."'],
    [".", 'has a part "."'],
    ["./a", 'has a part "."'],
    ["a//b", "has an empty part"],
    ["a/", "has an empty part"],
    ["a\0b", "holds a NUL character"],
    ["a\ud800", "is not Unicode"],
  ])("%j %s", (path, problem) => {
    expect(pathProblem(path)).toBe(problem);
  });

  test.each(["a", "...", "..a", "a..", "a b/c\n", "日本/🗝", "\\", "-rf", "CON", "a/b/c/d"])("%j is fine", (path) => {
    expect(pathProblem(path)).toBeUndefined();
  });

  test("whatever passes stays below the root", () => {
    const part = fc.oneof(fc.constantFrom("..", ".", "", "a", "..."), fc.string({ maxLength: 3 }));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const path = parts.join("/");
        if (pathProblem(path) !== undefined) return;
        expect(new URL(`file:///root/${path.split("/").map(encodeURIComponent).join("/")}`).pathname).toMatch(/^\/root\/./);
      }),
    );
  });
});

describe("checkTree", () => {
  const refused = (entries: IndexEntry[], problem: string): void => {
    expect(() => {
      checkTree(entries);
    }).toThrow(expect.objectContaining({ code: "TAMPERED", message: expect.stringContaining(problem) as unknown }));
  };

  test("a well-made tree passes", () => {
    checkTree([folder("a"), file("a/f"), link("a/l", "../../../etc"), folder("a/b"), file("g", object("b"))]);
  });

  test.each<[string, IndexEntry[], string]>([
    ["a file through a link", [link("a", "/etc"), file("a/passwd")], "does not lie in a folder of the index"],
    ["a file below a file", [file("a"), file("a/b", object("b"))], "does not lie in a folder of the index"],
    ["a file before its folder", [file("a/f"), folder("a")], "does not lie in a folder of the index"],
    ["a file in no folder", [file("a/f")], "does not lie in a folder of the index"],
    ["a path twice", [file("a"), file("a", object("b"))], "is named twice"],
    ["a link over a folder", [folder("a"), link("a", "/etc")], "is named twice"],
    ["a folder over a link", [link("a", "/etc"), folder("a"), file("a/f")], "is named twice"],
    ["an object twice", [file("a"), file("b")], "shares its object with another file"],
    ["a way out", [folder(".."), file("../f")], 'has a part ".."'],
    ["a link to nothing", [link("a", "")], "links to an impossible target"],
    ["a link with NUL", [link("a", "x\0y")], "links to an impossible target"],
  ])("%s is refused", (_what, entries, problem) => {
    refused(entries, problem);
  });
});
