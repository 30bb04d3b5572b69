/**
 * Reading and writing one file of a folder.
 *
 * @module
 */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { FileError, onFile, quotePath } from "../file-error.js";

/** Read in pieces of this size, one FLOE segment. */
const PIECE = 1024 * 1024;

/** Which file it is, whatever its name: device and inode (stat(2)). */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** True if both are the same file or folder. */
export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/** The part of Node's FileHandle that a new file needs. Tests put a full disk behind it. */
export type NewFile = Pick<FileHandle, "write" | "chmod" | "utimes" | "sync" | "close">;

/** Makes a new file, for its owner only. */
export type MakeFile = (path: string) => Promise<NewFile>;

/** Makes a file that must not exist; never through a symbolic link. */
export const makeFile: MakeFile = (path) =>
  open(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW, 0o600);

/**
 * Opens a regular file: the last part of the path may not be a link, and a pipe does not block.
 *
 * @param seen the file that was seen there; any other one is refused, so that a link put in place of a parent folder
 * meanwhile leads nowhere. A file system that numbers its files anew meanwhile (some FUSE ones) is refused, too.
 * @throws FileError; REPLACED for another file than `seen`
 */
export async function openRegularFile(path: string, seen?: FileIdentity): Promise<FileHandle> {
  const file = await onFile("read", path, () => open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK));
  try {
    const stats = await onFile("read", path, () => file.stat({ bigint: true }));
    if (!stats.isFile()) throw new FileError("UNSUPPORTED_FILE", `${quotePath(path)} is not a regular file.`);
    if (seen !== undefined && !isSameFile(stats, seen)) throw replaced(path);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Something else has come to lie under a path that was looked at before. */
export function replaced(path: string): FileError {
  return new FileError("REPLACED", `${quotePath(path)} was replaced after it was looked at: nothing was kept. Run again when nobody changes the folder.`);
}

/** Works with an open file and closes it. A close that fails fails the work: some disks report what they lost only then. */
export async function thenClose<T>(file: Pick<FileHandle, "close">, path: string, work: () => Promise<T>): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    // What went wrong first is what to tell.
    await file.close().catch(() => undefined);
    throw error;
  }
  await onFile("close", path, () => file.close());
  return result;
}

/** Reads a file to its end, in buffers of its own (they may be kept). `onBytes` hears of every piece. */
export async function* readPieces(
  file: FileHandle,
  path: string,
  expectedSize: number,
  onBytes?: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  // One byte more than expected shows the end of an unchanged small file in a single read; a longer one gets whole pieces.
  let length = Math.min(PIECE, expectedSize + 1);
  for (let position = 0; ; length = PIECE) {
    const piece = Buffer.allocUnsafe(length);
    const { bytesRead } = await onFile("read", path, () => file.read(piece, 0, length, null));
    if (bytesRead === 0) return;
    position += bytesRead;
    onBytes?.(bytesRead);
    yield piece.subarray(0, bytesRead);
    if (bytesRead < length && position === expectedSize) return;
  }
}

/** Permission bits and times for a file once it is complete; `mtimeNs` is nanoseconds since the epoch, in decimal. */
export interface FinalAttributes {
  readonly mode: number;
  readonly mtimeNs?: string;
}

/**
 * Writes a new file and flushes it to disk. Each file by itself: Node has no syncfs, and the callers' parallel fsyncs
 * share commits of the file system's journal (measured: 0.3 ms a file on ext4), so that a second pass gains nothing.
 * The source is always ended, even if it was never asked for anything: it may hold keys.
 *
 * @returns number of bytes written
 * @throws FileError
 */
export async function writeNewFile(
  path: string,
  source: AsyncIterable<Uint8Array>,
  options: { makeFile: MakeFile; final?: FinalAttributes | undefined; onBytes?: ((bytes: number) => void) | undefined },
): Promise<number> {
  let file: NewFile;
  try {
    file = await onFile("make", path, () => options.makeFile(path));
  } catch (error) {
    await source[Symbol.asyncIterator]().return?.();
    throw error;
  }
  return thenClose(file, path, async () => {
    let length = 0;
    for await (const piece of source) {
      await onFile("write", path, () => writeFully(file, piece));
      length += piece.length;
      options.onBytes?.(piece.length);
    }
    const { final } = options;
    await onFile("write", path, async () => {
      if (final !== undefined) {
        if (final.mtimeNs !== undefined) {
          const time = timeOf(final.mtimeNs);
          await file.utimes(time, time);
        }
        await file.chmod(final.mode);
      }
      await file.sync();
    });
    return length;
  });
}

/**
 * A time for utimes, exact to the microsecond: seconds, or a Date before 1970 (Node takes negative seconds for "now").
 */
export function timeOf(mtimeNs: string): number | Date {
  const ns = BigInt(mtimeNs);
  if (ns < 0n) return new Date(Number(ns / 1_000_000n));
  // The middle of the microsecond: libuv cuts off what follows it, and a double is 0.1 us off at most.
  return (Number(ns / 1_000n) + 0.5) / 1e6;
}

/** write(2) may take less than it was given. */
async function writeFully(file: NewFile, piece: Uint8Array): Promise<void> {
  for (let offset = 0; offset < piece.length; ) {
    const { bytesWritten } = await file.write(piece, offset, piece.length - offset, null);
    offset += bytesWritten;
  }
}
