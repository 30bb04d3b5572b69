import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

/** What two folders are compared by. Paths and link targets are bytes as text (latin1), so that any name survives. */
export interface Tree {
  /** Relative path -> SHA-256 (file, hex), `-> target` (link) or `/` (folder). */
  readonly entries: ReadonlyMap<string, string>;
  readonly files: number;
  readonly bytes: number;
}

/** Reads a folder and hashes every file in it. Links are read, never followed. */
export async function readTree(root: string): Promise<Tree> {
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
      } else {
        entries.set(path, await sha256(absolute));
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

async function sha256(path: Buffer): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

function latin1Path(root: string, relative: string): Buffer {
  return Buffer.concat([Buffer.from(root), Buffer.from("/"), Buffer.from(relative, "latin1")]);
}
