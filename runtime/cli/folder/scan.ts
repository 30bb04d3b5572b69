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
import { type FileIdentity, isSameFile, replaced } from "./files.js";
import { type DirectoryEntry, type SymlinkEntry } from "./index-format.js";

/** A file as it was when the folder was scanned; `size` in bytes. */
export interface ScannedFile {
  readonly kind: "file";
  readonly path: string;
  readonly mode: number;
  readonly mtimeNs: string;
  readonly size: number;
  /** Only this very file is read later. */
  readonly id: FileIdentity;
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

/** Paths listed in an error; the rest is counted. */
const NAMES_SHOWN = 10;
/** Entries of one folder that are looked at together. */
const BATCH = 64;

/**
 * Scans a folder. Symbolic links are read, never followed. A link that takes the place of a folder meanwhile is noticed:
 * every folder is looked at again after its names were read and after they were looked at. Node has no openat(2), so that
 * whoever may write to the folder, and puts a folder back before each look, can slip in names of a folder elsewhere, and
 * with perfect timing its files; of files that were seen under the right path, no other one is read.
 *
 * @param options.skipSpecial leave sockets, pipes and devices out instead of refusing
 * @throws {@link FileError} NO_PERMISSION naming what cannot be read, UNSUPPORTED_FILE naming special files and names
 * that are not UTF-8, REPLACED; `ABORTED`.
 */
export async function scanFolder(
  folder: string,
  options: { skipSpecial: boolean; signal?: AbortSignal | undefined },
): Promise<Scan> {
  const root = await onFile("read", folder, () => lstat(folder, { bigint: true }));
  const found: Findings = { entries: [], special: [], badNames: [], unreadable: [], bytes: 0 };
  await scanInto(found, { full: folder, prefix: "", id: identityOf(root) }, options.signal);
  if (found.unreadable.length > 0) {
    throw new FileError("NO_PERMISSION", `No permission to read ${listed(found.unreadable.map(quotePath))}. Check owner and mode.`);
  }
  if (found.badNames.length > 0) {
    throw new FileError("UNSUPPORTED_FILE", `Names that are not UTF-8 cannot be kept: ${listed(found.badNames)}. Rename them.`);
  }
  if (found.special.length > 0 && !options.skipSpecial) {
    const names = found.special.map(({ path, kind }) => `${quotePath(join(folder, path))} (${kind})`);
    throw new FileError(
      "UNSUPPORTED_FILE",
      `Sockets, pipes and devices cannot be backed up: ${listed(names)}. Leave them out with --skip-special.`,
    );
  }
  return { root: attributes(root), entries: found.entries, skipped: found.special, bytes: found.bytes };
}

/** What is wrong is kept with whole paths, for the error. */
interface Findings {
  readonly entries: (DirectoryEntry | ScannedFile | SymlinkEntry)[];
  readonly special: SpecialFile[];
  readonly badNames: string[];
  readonly unreadable: string[];
  bytes: number;
}

/** A folder to look into: its absolute path, the prefix of its entries' paths, and which folder it was. */
interface Place {
  readonly full: string;
  readonly prefix: string;
  readonly id: FileIdentity;
}

async function scanInto(found: Findings, place: Place, signal?: AbortSignal): Promise<void> {
  const { full, prefix } = place;
  let names: string[];
  try {
    names = readableNames(found, full, await readdir(full, { encoding: "buffer" }));
  } catch (error) {
    if (!isDenied(error)) throw toFileError(error, "read", full);
    found.unreadable.push(full);
    return;
  }
  await assertUnmoved(place);
  for (let start = 0; start < names.length; start += BATCH) {
    throwIfAborted(signal);
    const batch = names.slice(start, start + BATCH);
    const looks = await Promise.all(batch.map((name) => look(join(full, name), `${prefix}${name}`)));
    await assertUnmoved(place);
    for (const seen of looks) {
      if (seen.kind === "unreadable") found.unreadable.push(seen.full);
      else if (seen.kind === "special") found.special.push({ path: seen.path, kind: seen.type });
      else if (seen.kind === "badTarget") found.badNames.push(`the target of ${quotePath(seen.full)}`);
      else if (seen.kind === "folder") {
        found.entries.push(seen.entry);
        await scanInto(found, { full: join(full, lastPart(seen.entry.path)), prefix: `${seen.entry.path}/`, id: seen.id }, signal);
      } else {
        found.entries.push(seen);
        if (seen.kind === "file") found.bytes += seen.size;
      }
    }
  }
}

/** @throws {@link FileError} REPLACED if the folder is no longer the one that was seen there. */
async function assertUnmoved(place: Place): Promise<void> {
  const now = await onFile("read", place.full, () => lstat(place.full, { bigint: true }));
  if (!isSameFile(now, place.id)) throw replaced(place.full);
}

type Look =
  | ScannedFile
  | SymlinkEntry
  | { readonly kind: "folder"; readonly entry: DirectoryEntry; readonly id: FileIdentity }
  | { readonly kind: "unreadable"; readonly full: string }
  | { readonly kind: "badTarget"; readonly full: string }
  | { readonly kind: "special"; readonly path: string; readonly type: string };

async function look(full: string, path: string): Promise<Look> {
  try {
    const stats = await lstat(full, { bigint: true });
    if (stats.isDirectory()) {
      return { kind: "folder", entry: { kind: "directory", path, ...attributes(stats) }, id: identityOf(stats) };
    }
    if (stats.isFile()) {
      await access(full, constants.R_OK);
      return { kind: "file", path, ...attributes(stats), size: Number(stats.size), id: identityOf(stats) };
    }
    if (stats.isSymbolicLink()) {
      const target = utf8(await readlink(full, { encoding: "buffer" }));
      if (target === undefined) return { kind: "badTarget", full };
      return { kind: "symlink", path, mtimeNs: String(stats.mtimeNs), target };
    }
    return { kind: "special", path, type: specialType(stats) };
  } catch (error) {
    if (isDenied(error)) return { kind: "unreadable", full };
    throw toFileError(error, "read", full);
  }
}

function identityOf({ dev, ino }: BigIntStats): FileIdentity {
  return { dev, ino };
}

/** Node's own conversion would replace what is not UTF-8, and the file would be looked for under a name it has not. */
function readableNames(found: Findings, folder: string, names: readonly Buffer[]): string[] {
  const good: string[] = [];
  for (const name of names) {
    const text = utf8(name);
    if (text === undefined) found.badNames.push(quotePath(join(folder, name.toString("latin1"))));
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

function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).join(", ");
  return names.length > NAMES_SHOWN ? `${shown} and ${names.length - NAMES_SHOWN} more` : shown;
}
