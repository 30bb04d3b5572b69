/**
 * Which version of the package this is.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { errnoOf } from "./file-error.js";

/** The `version` of the nearest package.json above this file: one level higher in dist/ than in the sources. */
export function packageVersion(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    try {
      const facts: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      if (typeof facts === "object" && facts !== null && "version" in facts && typeof facts.version === "string") return facts.version;
      throw new Error(`${join(folder, "package.json")} has no version.`);
    } catch (error) {
      if (errnoOf(error) !== "ENOENT" || folder === dirname(folder)) throw error;
    }
  }
}
