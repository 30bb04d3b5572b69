import { lstat, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";

import { FileError, quotePath } from "../../runtime/cli/file-error.js";
import { scanFolder } from "../../runtime/cli/folder/scan.js";
import { ByokError } from "../../runtime/master-key/errors.js";

/** A default input is at least this much: a folder that says something about real backups. */
export const ENOUGH = { bytes: 50_000_000, files: 1_000 };

/** What the tenants after the first back up by default: as many files, in less time. */
export const ENOUGH_AGAIN = { bytes: 5_000_000, files: 1_000 };

/** How deep below node_modules it may be: `PACKAGE`, `@SCOPE/PACKAGE`. */
const MAX_DEPTH = 2;

/** Names listed in an error; the rest is counted. */
const NAMES_SHOWN = 10;

/** A folder to back up, and how much is in it. */
export interface Input {
  /** Absolute path. */
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
}

/**
 * The folder to back up: the one given, else the one below node_modules that is large enough with the fewest files (each
 * is flushed to disk twice). All of it was looked at, nothing written.
 *
 * @throws {@link ByokError} CONFIG_INVALID if there is none, or it holds what cannot be backed up; the signal's reason.
 */
export async function chooseInput(
  packageRoot: string,
  given: string | undefined,
  signal: AbortSignal,
  enough = ENOUGH,
): Promise<Input> {
  if (given === undefined) return inspect(await largeEnough(join(packageRoot, "node_modules"), enough), signal);
  const stat = await lstat(given).catch((cause: unknown) => {
    throw new ByokError("CONFIG_INVALID", `There is no folder ${JSON.stringify(given)}.`, { cause });
  });
  if (!stat.isDirectory()) throw new ByokError("CONFIG_INVALID", `${JSON.stringify(given)} is not a folder.`);
  return inspect(resolve(given), signal);
}

/** Reading a named pipe would wait for ever; `byok encrypt` refuses it too, but only after the deployment. */
async function inspect(folder: string, signal: AbortSignal): Promise<Input> {
  const scan = await scanFolder(folder, { skipSpecial: true, signal }).catch((cause: unknown) => {
    if (!(cause instanceof FileError)) throw cause;
    throw new ByokError("CONFIG_INVALID", `${folder} cannot be backed up. ${cause.message}`, { cause });
  });
  if (scan.skipped.length > 0) {
    const names = scan.skipped.slice(0, NAMES_SHOWN).map(({ path, kind }) => `${quotePath(path)} (${kind})`);
    const more = scan.skipped.length > NAMES_SHOWN ? ` and ${scan.skipped.length - NAMES_SHOWN} more` : "";
    throw new ByokError(
      "CONFIG_INVALID",
      `Sockets, pipes and devices cannot be backed up: ${names.join(", ")}${more}. Remove them or name another folder; ` +
        "`byok encrypt --skip-special` leaves them out.",
    );
  }
  return { folder, files: scan.entries.filter(({ kind }) => kind === "file").length, bytes: scan.bytes };
}

async function largeEnough(nodeModules: string, enough: typeof ENOUGH): Promise<string> {
  const found: Input[] = [];
  await measure(nodeModules, 0, found).catch((cause: unknown) => {
    throw nothingInstalled(cause);
  });
  const [best] = found
    .filter(({ files, bytes }) => files >= enough.files && bytes >= enough.bytes)
    .sort((one, other) => one.files - other.files || (one.folder < other.folder ? -1 : 1));
  if (best === undefined) throw nothingInstalled();
  return best.folder;
}

/** Files and bytes below a folder, noted for every folder down to {@link MAX_DEPTH}; links count as nothing. */
async function measure(folder: string, depth: number, found: Input[]): Promise<Input> {
  const parts = await Promise.all(
    (await readdir(folder, { withFileTypes: true })).map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return measure(path, depth + 1, found);
      return entry.isFile() ? { files: 1, bytes: (await lstat(path)).size } : { files: 0, bytes: 0 };
    }),
  );
  const sum = {
    folder,
    files: parts.reduce((total, { files }) => total + files, 0),
    bytes: parts.reduce((total, { bytes }) => total + bytes, 0),
  };
  if (depth <= MAX_DEPTH) found.push(sum);
  return sum;
}

function nothingInstalled(cause?: unknown): ByokError {
  return new ByokError(
    "CONFIG_INVALID",
    "No folder to back up was found: run `npm ci` first, or name one: npm start -- FOLDER",
    { cause },
  );
}
