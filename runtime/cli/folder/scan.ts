/**
 * Looks at a folder before anything is contacted or written: what is in it, and whether all of it can be backed up.
 *
 * @module
 */
import { constants, type BigIntStats } from "node:fs";
import { access, lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf, FileError, onFile, quotePath, toFileError } from "../file-error.js";
import { throwIfAborted } from "../interrupt.js";
import { type DirectoryEntry, type SymlinkEntry } from "./index-format.js";

/** A file as it was when the folder was scanned; `size` in bytes. */
export interface ScannedFile {
  readonly kind: "file";
  readonly path: string;
  readonly mode: number;
  readonly mtimeNs: string;
  readonly size: number;
}

/** Something that is no file, folder or link and that was left out. */
export interface SpecialFile {
  readonly path: string;
  /** In words, e.g. `socket`. */
  readonly kind: string;
}

/** What {@link scanFolder} found. Entries come parents first, each folder's names in code unit order. */
export interface Scan {
  readonly root: { readonly mode: number; readonly mtimeNs: string };
  readonly entries: readonly (DirectoryEntry | ScannedFile | SymlinkEntry)[];
  readonly skipped: readonly SpecialFile[];
  /** Sum of all files, in bytes. */
  readonly bytes: number;
}

/** Names listed in an error; the rest is counted. */
const NAMES_SHOWN = 10;
/** Entries of one folder that are looked at together. */
const BATCH = 64;

/**
 * Scans a folder. Symbolic links are read, never followed.
 *
 * @param options.skipSpecial leave sockets, pipes and devices out instead of refusing
 * @throws {@link FileError} NO_PERMISSION naming what cannot be read, UNSUPPORTED_FILE naming special files and names
 * that are not UTF-8; `ABORTED`.
 */
export async function scanFolder(
  folder: string,
  options: { skipSpecial: boolean; signal?: AbortSignal | undefined },
): Promise<Scan> {
  const root = await onFile("read", folder, () => lstat(folder, { bigint: true }));
  const found: Findings = { entries: [], special: [], badNames: [], unreadable: [], bytes: 0 };
  await scanInto(found, folder, "", options.signal);
  if (found.unreadable.length > 0) {
    throw new FileError("NO_PERMISSION", `No permission to read ${named(found.unreadable)}. Check owner and mode.`);
  }
  if (found.badNames.length > 0) {
    throw new FileError("UNSUPPORTED_FILE", `Names that are not UTF-8 cannot be kept: ${named(found.badNames)}. Rename them.`);
  }
  if (found.special.length > 0 && !options.skipSpecial) {
    const names = found.special.map(({ path, kind }) => `${quotePath(path)} (${kind})`);
    throw new FileError(
      "UNSUPPORTED_FILE",
      `Sockets, pipes and devices cannot be backed up: ${listed(names)}. Leave them out with --skip-special.`,
    );
  }
  return { root: attributes(root), entries: found.entries, skipped: found.special, bytes: found.bytes };
}

interface Findings {
  readonly entries: (DirectoryEntry | ScannedFile | SymlinkEntry)[];
  readonly special: SpecialFile[];
  readonly badNames: string[];
  readonly unreadable: string[];
  bytes: number;
}

async function scanInto(found: Findings, folder: string, prefix: string, signal?: AbortSignal): Promise<void> {
  let names: string[];
  try {
    names = readableNames(found, prefix, await readdir(folder, { encoding: "buffer" }));
  } catch (error) {
    if (!isDenied(error)) throw toFileError(error, "read", folder);
    found.unreadable.push(prefix === "" ? folder : prefix);
    return;
  }
  for (let start = 0; start < names.length; start += BATCH) {
    throwIfAborted(signal);
    const batch = names.slice(start, start + BATCH);
    const looks = await Promise.all(batch.map((name) => look(join(folder, name), prefix === "" ? name : `${prefix}/${name}`)));
    for (const seen of looks) {
      if (seen.kind === "unreadable") found.unreadable.push(seen.path);
      else if (seen.kind === "special") found.special.push({ path: seen.path, kind: seen.type });
      else if (seen.kind === "badTarget") found.badNames.push(`the target of ${quotePath(seen.path)}`);
      else {
        found.entries.push(seen);
        if (seen.kind === "file") found.bytes += seen.size;
        if (seen.kind === "directory") await scanInto(found, join(folder, lastPart(seen.path)), seen.path, signal);
      }
    }
  }
}

type Look =
  | DirectoryEntry
  | ScannedFile
  | SymlinkEntry
  | { readonly kind: "unreadable"; readonly path: string }
  | { readonly kind: "badTarget"; readonly path: string }
  | { readonly kind: "special"; readonly path: string; readonly type: string };

async function look(full: string, path: string): Promise<Look> {
  try {
    const stats = await lstat(full, { bigint: true });
    if (stats.isDirectory()) return { kind: "directory", path, ...attributes(stats) };
    if (stats.isFile()) {
      await access(full, constants.R_OK);
      return { kind: "file", path, ...attributes(stats), size: Number(stats.size) };
    }
    if (stats.isSymbolicLink()) {
      const target = utf8(await readlink(full, { encoding: "buffer" }));
      if (target === undefined) return { kind: "badTarget", path };
      return { kind: "symlink", path, mtimeNs: String(stats.mtimeNs), target };
    }
    return { kind: "special", path, type: specialType(stats) };
  } catch (error) {
    if (isDenied(error)) return { kind: "unreadable", path };
    throw toFileError(error, "read", full);
  }
}

/** Node's own conversion would replace what is not UTF-8, and the file would be looked for under a name it has not. */
function readableNames(found: Findings, prefix: string, names: readonly Buffer[]): string[] {
  const good: string[] = [];
  for (const name of names) {
    const text = utf8(name);
    if (text === undefined) found.badNames.push(quotePath(`${prefix === "" ? "" : `${prefix}/`}${name.toString("latin1")}`));
    else good.push(text);
  }
  return good.sort();
}

function utf8(bytes: Buffer): string | undefined {
  const text = bytes.toString("utf8");
  return Buffer.from(text, "utf8").equals(bytes) ? text : undefined;
}

/** Permission bits and modification time as the index keeps them. */
export function attributes(stats: BigIntStats): { mode: number; mtimeNs: string } {
  return { mode: Number(stats.mode & 0o7777n), mtimeNs: String(stats.mtimeNs) };
}

function specialType(stats: BigIntStats): string {
  if (stats.isSocket()) return "socket";
  if (stats.isFIFO()) return "pipe";
  return "device";
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function isDenied(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === "EACCES" || errno === "EPERM";
}

function named(paths: readonly string[]): string {
  return listed(paths.map(quotePath));
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).join(", ");
  return names.length > NAMES_SHOWN ? `${shown} and ${names.length - NAMES_SHOWN} more` : shown;
}
