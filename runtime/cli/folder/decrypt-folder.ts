/**
 * Objects back into a folder: the mirror of encrypt-folder.ts. Nothing is written before the whole index has been
 * decrypted and checked, and nothing appears under the target's name before the last byte has been.
 *
 * @module
 */
import { constants } from "node:fs";
import { access, chmod, lutimes, mkdir, readdir, symlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { ByokError } from "../../master-key/errors.js";
import { FileError, onFile, quotePath } from "../file-error.js";
import { throwIfAborted } from "../interrupt.js";
import {
  makeFile as makeRealFile,
  type MakeFile,
  openRegularFile,
  readPieces,
  thenClose,
  timeOf,
  writeNewFile,
} from "./files.js";
import {
  decodeIndex,
  type DirectoryEntry,
  type FileEntry,
  type FolderIndex,
  INDEX_CONTEXT,
  INDEX_NAME,
  type SymlinkEntry,
} from "./index-format.js";
import { type ObjectCipher, PARALLEL_FILES } from "./object-cipher.js";
import { forEachOf } from "./pool.js";
import { syncFolder, type Target } from "./target.js";

/**
 * Set-user-id and set-group-id are kept in the index but not restored: the owner is not restored either, and a program
 * that was set to run as its owner would run as whoever restores.
 */
const RESTORED_MODE = 0o1777;

/** What {@link readFolderIndex} needs to know. */
export interface ReadIndexOptions {
  readonly cipher: ObjectCipher;
  /** Absolute path of the encrypted folder. */
  readonly source: string;
  /** Resource that the folder must belong to. */
  readonly resource?: string | undefined;
  /** Header tag of the index, in hex, as encrypt returned it: refuses every other backup. */
  readonly headerTag?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What {@link decryptFolder} needs to know. */
export interface DecryptFolderOptions {
  readonly cipher: ObjectCipher;
  readonly source: string;
  readonly index: FolderIndex;
  /** A checked target; left complete or gone. */
  readonly target: Target;
  readonly signal?: AbortSignal | undefined;
  /** Hears of every piece of plaintext written. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
  readonly makeFile?: MakeFile | undefined;
}

/** What {@link decryptFolder} did; `bytes` of plaintext. */
export interface DecryptFolderResult {
  readonly files: number;
  readonly folders: number;
  readonly links: number;
  readonly bytes: number;
  /** Files in the encrypted folder that its index does not know. */
  readonly unknown: readonly string[];
  /** Files and folders whose set-id bits were dropped. */
  readonly setIdDropped: readonly string[];
}

/** True if the folder looks like one that {@link encryptFolder} made. */
export async function hasIndex(folder: string): Promise<boolean> {
  return access(join(folder, INDEX_NAME), constants.F_OK).then(
    () => true,
    () => false,
  );
}

/** Decrypts and checks a folder's index. */
export async function readFolderIndex(options: ReadIndexOptions): Promise<FolderIndex> {
  const path = join(options.source, INDEX_NAME);
  const file = await openRegularFile(path);
  return thenClose(file, path, async () => {
    const { size } = await onFile("read", path, () => file.stat());
    const { identity, stream } = await options.cipher.decryptStream(readPieces(file, path, size), {
      context: INDEX_CONTEXT,
      ...(options.resource === undefined ? {} : { resource: options.resource }),
      ...(options.headerTag === undefined ? {} : { headerTag: Buffer.from(options.headerTag, "hex") }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const index = await decodeIndex(stream);
    if (index.header.resource !== identity.resource) {
      throw new ByokError("RESOURCE_MISMATCH", "The folder's index was made for another resource than its object says.");
    }
    return index;
  });
}

/** Restores a folder whose index was read. On any failure nothing is left and the error is thrown. */
export async function decryptFolder(options: DecryptFolderOptions): Promise<DecryptFolderResult> {
  const { index, target, signal } = options;
  const folders = index.entries.filter((entry) => entry.kind === "directory");
  const files = index.entries.filter((entry) => entry.kind === "file");
  const links = index.entries.filter((entry) => entry.kind === "symlink");
  const unknown = await compareObjects(options.source, files);
  await target.makeFolder();
  try {
    for (const folder of folders) await makeFolder(target.partial, folder);
    let bytes = 0;
    await forEachOf(
      files,
      PARALLEL_FILES,
      async (file, stop) => {
        await decryptFile(file, { ...options, signal: stop });
        bytes += file.size;
      },
      signal,
    );
    // Links only now: until here no path below the target can lead anywhere else.
    for (const link of links) await makeLink(target.partial, link);
    // Deepest first: a change inside a folder would touch its time again, and a read-only one would refuse it.
    for (const folder of folders.toReversed()) await finishFolder(join(target.partial, folder.path), folder);
    await finishFolder(target.partial, index.header.root);
    throwIfAborted(signal);
    await target.commit();
    const setIdDropped = [...folders, ...files].filter((entry) => (entry.mode & 0o6000) !== 0).map((entry) => entry.path);
    return { files: files.length, folders: folders.length, links: links.length, bytes, unknown, setIdDropped };
  } catch (error) {
    await target.discard();
    throw error;
  }
}

async function decryptFile(entry: FileEntry, options: DecryptFolderOptions): Promise<void> {
  const { cipher, index, signal, onBytes, makeFile = makeRealFile } = options;
  const path = join(options.source, entry.object);
  const file = await openRegularFile(path);
  return thenClose(file, path, async () => {
    const { size } = await onFile("read", path, () => file.stat());
    const { stream } = await cipher.decryptStream(readPieces(file, path, size), {
      resource: index.header.resource,
      object: entry.object,
      headerTag: Buffer.from(entry.headerTag, "hex"),
      ...(signal === undefined ? {} : { signal }),
    });
    const restored = join(options.target.partial, entry.path);
    const written = await writeNewFile(restored, stream, {
      makeFile,
      final: { mode: entry.mode & RESTORED_MODE, mtimeNs: entry.mtimeNs },
      onBytes,
    });
    if (written !== entry.size) {
      throw new ByokError("TAMPERED", `${quotePath(entry.path)} has ${written} bytes, its index says ${entry.size}.`);
    }
  }).catch((error: unknown) => {
    throw atObject(error, entry);
  });
}

/** An error about one object says which: the reader of the message has thousands. */
function atObject(error: unknown, entry: FileEntry): unknown {
  if (!(error instanceof ByokError) || error.code === "ABORTED") return error;
  const { provider, keyId, tenant } = error;
  return new ByokError(error.code, `${quotePath(entry.path)} (object ${entry.object}): ${error.message}`, {
    provider,
    keyId,
    tenant,
    cause: error,
  });
}

/** Says early what would fail late, and what lies there that nobody asked for. */
async function compareObjects(source: string, files: readonly FileEntry[]): Promise<string[]> {
  const present = new Set(await onFile("read", source, () => readdir(source)));
  const missing = files.filter((file) => !present.has(file.object));
  const [first] = missing;
  if (first !== undefined) {
    throw new ByokError(
      "TRUNCATED",
      `${missing.length} of ${files.length} objects are missing, the first is ${first.object} (${quotePath(first.path)}): nothing was restored. Copy the folder again, completely.`,
    );
  }
  present.delete(INDEX_NAME);
  for (const file of files) present.delete(file.object);
  return [...present].sort();
}

async function makeFolder(root: string, entry: DirectoryEntry): Promise<void> {
  const path = join(root, entry.path);
  try {
    await onFile("make", path, () => mkdir(path, { mode: 0o700 }));
  } catch (error) {
    throw collision(error, entry.path);
  }
}

async function makeLink(root: string, entry: SymlinkEntry): Promise<void> {
  const path = join(root, entry.path);
  try {
    await onFile("make", path, () => symlink(entry.target, path));
  } catch (error) {
    throw collision(error, entry.path);
  }
  const time = timeOf(entry.mtimeNs);
  await onFile("write", path, () => lutimes(path, time, time));
}

async function finishFolder(path: string, final: { mode: number; mtimeNs: string }): Promise<void> {
  const time = timeOf(final.mtimeNs);
  await onFile("write", path, () => utimes(path, time, time));
  await syncFolder(path);
  await onFile("write", path, () => chmod(path, final.mode & RESTORED_MODE));
}

/** Names that differ only in case or accents are one name on some file systems. */
function collision(error: unknown, path: string): unknown {
  if (!(error instanceof FileError) || error.code !== "TARGET_EXISTS") return error;
  return new FileError(
    "UNSUPPORTED_FILE",
    `This file system takes ${quotePath(path)} for a name that was restored already (case or accents): restore to another one.`,
    error,
  );
}
