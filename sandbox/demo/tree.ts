import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

import { quotePath } from "../../runtime/cli/file-error.js";
import { ByokError } from "../../runtime/master-key/errors.js";

/** What two folders are compared by. Paths and link targets are bytes as text (latin1), so that any name survives. */
export interface Tree {
  /** Relative path -> SHA-256 (file, hex), `-> target` (link) or `/` (folder). */
  readonly entries: ReadonlyMap<string, string>;
  readonly files: number;
  readonly bytes: number;
}

/**
 * Reads a folder and hashes every file in it. Links are read, never followed.
 *
 * @throws {@link ByokError} CONFIG_INVALID for a pipe, socket or device, whose reading may never end; the signal's reason.
 */
export async function readTree(root: string, signal: AbortSignal): Promise<Tree> {
  const entries = new Map<string, string>();
  let files = 0;
  let bytes = 0;
  const walk = async (relative: string): Promise<void> => {
    const names = await readdir(latin1Path(join(root, "."), relative), { encoding: "buffer" });
    for (const name of names) {
      const path = relative === "" ? name.toString("latin1") : `${relative}/${name.toString("latin1")}`;
      const absolute = latin1Path(root, path);
      const stat = await lstat(absolute);
      if (stat.isSymbolicLink()) {
        entries.set(path, `-> ${(await readlink(absolute, { encoding: "buffer" })).toString("latin1")}`);
      } else if (stat.isDirectory()) {
        entries.set(path, "/");
        await walk(path);
      } else if (!stat.isFile()) {
        const shown = quotePath(absolute.toString("utf8"));
        throw new ByokError("CONFIG_INVALID", `${shown} is neither a file, nor a folder, nor a link: it cannot be backed up.`);
      } else {
        entries.set(path, await sha256(absolute, signal));
        files += 1;
        bytes += stat.size;
      }
    }
  };
  await walk("");
  return { entries, files, bytes };
}

/** Every difference between two trees, in words; none if they are the same. */
export function differences(expected: Tree, found: Tree): string[] {
  const missing = [...expected.entries].filter(([path, value]) => found.entries.get(path) !== value);
  const extra = [...found.entries.keys()].filter((path) => !expected.entries.has(path));
  return [
    ...missing.map(([path]) => `${found.entries.has(path) ? "differs" : "missing"}: ${JSON.stringify(path)}`),
    ...extra.map((path) => `not in the original: ${JSON.stringify(path)}`),
  ];
}

async function sha256(path: Buffer, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash, { signal });
  return hash.digest("hex");
}

function latin1Path(root: string, relative: string): Buffer {
  return Buffer.concat([Buffer.from(root), Buffer.from("/"), Buffer.from(relative, "latin1")]);
}
