/**
 * A folder into objects: one per file under random names, and an encrypted index that alone knows what they are. What
 * shows from outside is the number of files, the size of each and about how long their names are in total; not which is
 * which, where it was, or that a folder or link exists.
 *
 * @module
 */
import { randomBytes, randomInt } from "node:crypto";
import { type BigIntStats } from "node:fs";
import { join } from "node:path";
import { onFile } from "../file-error.js";
import { throwIfAborted } from "../interrupt.js";
import { makeFile as makeRealFile, type MakeFile, openRegularFile, readPieces, thenClose, writeNewFile } from "./files.js";
import { encodeIndex, type FileEntry, INDEX_CONTEXT, INDEX_NAME, type IndexEntry } from "./index-format.js";
import { type ObjectCipher, PARALLEL_FILES } from "./object-cipher.js";
import { forEachOf } from "./pool.js";
import { attributes, type Scan, type ScannedFile } from "./scan.js";
import { syncFolder, type Target } from "./target.js";

/** What {@link encryptFolder} needs to know. */
export interface EncryptFolderOptions {
  readonly cipher: ObjectCipher;
  /** Absolute path of the folder that was scanned. */
  readonly source: string;
  readonly scan: Scan;
  /** A checked target; left complete or gone. */
  readonly target: Target;
  /** Resource id that all objects get. */
  readonly resource: string;
  readonly signal?: AbortSignal | undefined;
  /** Hears of every piece of plaintext read. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
  readonly makeFile?: MakeFile | undefined;
}

/** What {@link encryptFolder} did; `bytes` of plaintext. */
export interface EncryptFolderResult {
  readonly files: number;
  readonly folders: number;
  readonly links: number;
  readonly bytes: number;
  /** FLOE header tag of the index, in hex: pins this very backup at decrypt. */
  readonly headerTag: string;
  /** Files that changed while they were read: what was read is kept, and may be neither the old nor the new state. */
  readonly changed: readonly string[];
}

/** Encrypts a scanned folder. On any failure nothing is left and the error is thrown. */
export async function encryptFolder(options: EncryptFolderOptions): Promise<EncryptFolderResult> {
  const { target, scan } = options;
  await target.makeFolder();
  try {
    const changed: string[] = [];
    const written = new Map<string, FileEntry>();
    const files = scan.entries.filter((entry) => entry.kind === "file");
    await forEachOf(
      shuffled(files),
      PARALLEL_FILES,
      async (file, signal) => {
        const done = await encryptFile(file, { ...options, signal });
        written.set(file.path, done.entry);
        if (done.changed) changed.push(file.path);
      },
      options.signal,
    );
    const entries = scan.entries.map((entry) => (entry.kind === "file" ? entryOf(written, entry) : entry));
    const headerTag = await writeIndex(entries, options);
    await syncFolder(target.partial);
    throwIfAborted(options.signal);
    await target.commit();
    let bytes = 0;
    for (const entry of written.values()) bytes += entry.size;
    const folders = entries.filter((entry) => entry.kind === "directory").length;
    return { files: files.length, folders, links: entries.length - files.length - folders, bytes, headerTag, changed: changed.sort() };
  } catch (error) {
    await target.discard();
    throw error;
  }
}

async function encryptFile(
  scanned: ScannedFile,
  options: EncryptFolderOptions,
): Promise<{ entry: FileEntry; changed: boolean }> {
  const { cipher, resource, signal, onBytes, makeFile = makeRealFile } = options;
  const path = join(options.source, scanned.path);
  const file = await openRegularFile(path, scanned.id);
  return thenClose(file, path, async () => {
    const stat = (): Promise<BigIntStats> => onFile("read", path, () => file.stat({ bigint: true }));
    const before = await stat();
    let size = 0;
    const pieces = readPieces(file, path, Number(before.size), (bytes) => {
      size += bytes;
      onBytes?.(bytes);
    });
    const object = randomBytes(16).toString("hex");
    const { headerTag, stream } = await cipher.encryptStream(pieces, { resource, object, ...given(signal) });
    await writeNewFile(join(options.target.partial, object), stream, { makeFile });
    const after = await stat();
    return {
      entry: { kind: "file", path: scanned.path, ...attributes(after), size, object, headerTag: hex(headerTag) },
      changed: BigInt(size) !== after.size || before.mtimeNs !== after.mtimeNs || String(after.mtimeNs) !== scanned.mtimeNs,
    };
  });
}

async function writeIndex(entries: readonly IndexEntry[], options: EncryptFolderOptions): Promise<string> {
  const { cipher, resource, scan, signal, makeFile = makeRealFile } = options;
  const index = encodeIndex({
    header: { format: "byok-folder", version: 1, resource, root: scan.root, entries: entries.length },
    entries,
  });
  const { headerTag, stream } = await cipher.encryptStream(index, {
    resource,
    object: randomBytes(16).toString("hex"),
    context: INDEX_CONTEXT,
    ...given(signal),
  });
  await writeNewFile(join(options.target.partial, INDEX_NAME), stream, { makeFile });
  return hex(headerTag);
}

/** The order in which objects are made shows in their times and inodes: a random one tells nothing of the tree. */
function shuffled<T>(items: readonly T[]): T[] {
  const order = items.map((item) => ({ item, rank: randomInt(2 ** 47) }));
  return order.sort((a, b) => a.rank - b.rank).map(({ item }) => item);
}

function entryOf(written: ReadonlyMap<string, FileEntry>, file: ScannedFile): FileEntry {
  const entry = written.get(file.path);
  if (entry === undefined) throw new Error("A scanned file was neither encrypted nor refused.");
  return entry;
}

function given(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
