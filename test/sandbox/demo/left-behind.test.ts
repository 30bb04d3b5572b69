import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "@jest/globals";

import { leftBehind } from "../../../sandbox/demo/left-behind.js";
import { temporaryDirectory } from "../fixtures.js";

test.each([
  [["restored", "data.byok"], []],
  [["refused"], ["refused"]],
  [["refused.partial-0011aabb", "restored.partial-0011aabb"], ["refused.partial-0011aabb"]],
])("of %j, a refused command left %j", async (names, left) => {
  const directory = temporaryDirectory();
  try {
    for (const name of names) writeFileSync(join(directory.path, name), "");
    await expect(leftBehind(directory.path, "refused")).resolves.toEqual(left);
  } finally {
    directory.remove();
  }
});
