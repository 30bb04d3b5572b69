/**
 * `npm run docs`: writes docs/reference.
 *
 * @module
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { REFERENCE_FOLDER, referencePages } from "./reference.js";

async function main(): Promise<void> {
  const root = join(__dirname, "..");
  const pages = await referencePages(root);
  const folder = join(root, REFERENCE_FOLDER);
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(folder)) if (!pages.has(file)) rmSync(join(folder, file));
  for (const [file, text] of pages) writeFileSync(join(folder, file), text);
}

void main();
