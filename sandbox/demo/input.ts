import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

import { ByokError } from "../../runtime/master-key/errors.js";

/** A default input is at least this much: a folder that says something about real backups. */
const ENOUGH = { bytes: 50_000_000, files: 1_000 };

/** Folders that `npm ci` has just installed, the likeliest first. */
const CANDIDATES = ["node_modules/typescript", "node_modules/@pulumi/pulumi", "node_modules/@pulumi/aws", "node_modules"];

/** The folder to back up: the one given, else the first installed one that is large enough. */
export async function chooseInput(packageRoot: string, given: string | undefined): Promise<string> {
  if (given !== undefined) {
    const stat = await lstat(given).catch((cause: unknown) => {
      throw new ByokError("CONFIG_INVALID", `There is no folder ${JSON.stringify(given)}.`, { cause });
    });
    if (!stat.isDirectory()) throw new ByokError("CONFIG_INVALID", `${JSON.stringify(given)} is not a folder.`);
    return given;
  }
  for (const candidate of CANDIDATES) {
    const folder = join(packageRoot, candidate);
    const size = await measure(folder).catch(() => undefined);
    if (size !== undefined && size.files >= ENOUGH.files && size.bytes >= ENOUGH.bytes) return folder;
  }
  throw new ByokError("CONFIG_INVALID", "No folder to back up was found: run `npm ci` first, or name one: npm start -- FOLDER");
}

/** Files and bytes below a folder; links count as nothing. */
export async function measure(folder: string): Promise<{ files: number; bytes: number }> {
  let files = 0;
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    files += 1;
    bytes += (await lstat(join(entry.parentPath, entry.name))).size;
  }
  return { files, bytes };
}
