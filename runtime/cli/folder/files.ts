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

/** The part of Node's FileHandle that a new file needs. Tests put a full disk behind it. */
export type NewFile = Pick<FileHandle, "write" | "chmod" | "utimes" | "sync" | "close">;

/** Makes a new file, for its owner only. */
export type MakeFile = (path: string) => Promise<NewFile>;

/** Makes a file that must not exist; never through a symbolic link. */
export const makeFile: MakeFile = (path) =>
  open(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW, 0o600);

/**
 * Opens a regular file, and nothing that took its place meanwhile: no link is followed, and a pipe does not block.
 *
 * @throws FileError
 */
export async function openRegularFile(path: string): Promise<FileHandle> {
  const file = await onFile("read", path, () => open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK));
  try {
    if (!(await onFile("read", path, () => file.stat())).isFile()) {
      throw new FileError("UNSUPPORTED_FILE", `${quotePath(path)} is not a regular file.`);
    }
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Reads a file to its end, in buffers of its own (they may be kept). `onBytes` hears of every piece. */
export async function* readPieces(
  file: FileHandle,
  path: string,
  expectedSize: number,
  onBytes?: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  // One byte more than expected shows the end of an unchanged small file in a single read.
  const length = Math.min(PIECE, expectedSize + 1);
  for (let position = 0; ; ) {
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
 *
 * @returns number of bytes written
 * @throws FileError
 */
export async function writeNewFile(
  path: string,
  source: AsyncIterable<Uint8Array>,
  options: { makeFile: MakeFile; final?: FinalAttributes | undefined; onBytes?: ((bytes: number) => void) | undefined },
): Promise<number> {
  const file = await onFile("make", path, () => options.makeFile(path));
  let length = 0;
  try {
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
  } finally {
    await file.close();
  }
  return length;
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
