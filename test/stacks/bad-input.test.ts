/** Every key of the configuration, and every member of its objects, is refused somewhere in the tests with a message of its own. */
import { describe, expect, test } from "@jest/globals";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { KEYS, MEMBERS } from "../../stacks/config-values.js";

/** Rows of bad input stand in these files, each with the message that it must get. */
const FILES = readdirSync(__dirname)
  .filter((file) => /^config(-[\w-]+)?\.test\.ts$/.test(file))
  .map((file) => ({ cloud: file.replace(/^config-?|\.test\.ts$/g, ""), text: readFileSync(join(__dirname, file), "utf8") }));

/** True if a message begins with the path: `byok:PATH: what is wrong`, or `byok:PATH[0]: ...` of an item. */
function hasRow(path: string): boolean {
  return FILES.some(({ cloud, text }) => {
    // A cloud's own file may leave out `byok:CLOUD`.
    const own = path.startsWith(`${cloud}.`) ? `["'\`]\\.?${escaped(path.slice(cloud.length + 1))}|` : "";
    return new RegExp(`(${own}byok:${escaped(path)})(\\[\\d+\\]|\\.[\\w.]+)*: `).test(text);
  });
}

function escaped(path: string): string {
  return path.replaceAll(".", "\\.");
}

const PATHS = [...KEYS, ...Object.entries(MEMBERS).flatMap(([object, members]) => members.map((member) => `${object}.${member}`))];

describe("bad input", () => {
  test.each(PATHS)("byok:%s has a row", (path) => {
    expect(hasRow(path)).toBe(true);
  });

  test("a key without a row is noticed", () => {
    expect(hasRow("aws.notAMember")).toBe(false);
  });
});
