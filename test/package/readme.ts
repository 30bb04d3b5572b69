import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The README as a stranger reads it. */
export const README = readFileSync(join(__dirname, "../../README.md"), "utf8");

/** The code block that follows a comment starting with `marker`. */
export function codeBlockAfter(marker: string): string {
  const block = README.slice(README.indexOf(`<!-- ${marker}`)).match(/```\w+\n([\s\S]*?)```/)?.[1];
  if (!README.includes(`<!-- ${marker}`) || block === undefined) throw new Error(`the README has no block after ${marker}`);
  return block;
}
