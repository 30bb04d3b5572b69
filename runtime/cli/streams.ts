/**
 * Single objects: a file or standard input, to a file or standard output.
 *
 * @module
 */
import { once } from "node:events";
import { realpath } from "node:fs/promises";
import { addAbortSignal } from "node:stream";
import { ByokError } from "../master-key/errors.js";
import { onFile, toFileError } from "./file-error.js";
import { makeFile as makeRealFile, type MakeFile, openRegularFile, readPieces, writeNewFile } from "./folder/files.js";
import { type Target } from "./folder/target.js";
import { throwIfAborted } from "./interrupt.js";
import { type CliIo, type Output } from "./io.js";

/** Names standard input or output on the command line. */
export const STANDARD_STREAM = "-";

/** Mode of files without anything secret in them. */
const PUBLIC_FILE = 0o644;

/** Where a single object's bytes come from. */
export interface Source {
  /** Length in bytes, if it is known. */
  readonly size: number | undefined;
  /** The bytes, once. `onBytes` hears of every piece. */
  read(onBytes?: (bytes: number) => void): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Opens a file, or standard input for `-`. */
export async function openSource(path: string, io: CliIo): Promise<Source> {
  if (path === STANDARD_STREAM) {
    // A terminal or pipe may stay silent for ever: an interrupt must not wait for it.
    const input = addAbortSignal(io.signal, io.stdin);
    return { size: undefined, read: (onBytes) => reported(input, onBytes), close: () => Promise.resolve() };
  }
  const file = await openRegularFile(await onFile("read", path, () => realpath(path)));
  const { size } = await onFile("read", path, () => file.stat());
  return { size, read: (onBytes) => readPieces(file, path, size, onBytes), close: () => file.close() };
}

/** Writes a stream into a checked target: complete under its name, or not there at all. Returns the length. */
export async function writeTarget(
  target: Target,
  source: AsyncIterable<Uint8Array>,
  options: { signal: AbortSignal; mode?: number; makeFile?: MakeFile },
): Promise<number> {
  const { makeFile = makeRealFile, mode } = options;
  try {
    const length = await writeNewFile(target.partial, source, {
      makeFile,
      ...(mode === undefined ? {} : { final: { mode } }),
    });
    throwIfAborted(options.signal);
    await target.commit();
    return length;
  } catch (error) {
    await target.discard();
    throw error;
  }
}

/** Writes a public JSON document, one line, into a checked target. */
export async function writeDocument(target: Target, json: string, signal: AbortSignal): Promise<void> {
  await writePublicFile(target, Buffer.from(`${json}\n`), signal);
}

/** Writes a file without anything secret in it; one that takes another's place keeps its mode. */
export async function writePublicFile(target: Target, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  await writeTarget(target, onePiece(bytes), { signal, mode: target.mode ?? PUBLIC_FILE });
}

/** Writes a stream to standard output, as fast as the reader takes it. Returns the length. */
export async function writeOutput(output: Output, source: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<number> {
  let length = 0;
  try {
    for await (const piece of source) {
      throwIfAborted(signal);
      length += piece.length;
      if (!output.write(piece)) await once(output, "drain", { signal });
    }
    return length;
  } catch (error) {
    throwIfAborted(signal);
    throw toFileError(error, "write to", "standard output");
  }
}

/** Standard output carries either data or the words and the JSON; and nobody wants to see ciphertext on a terminal. */
export function checkStandardOutput(io: CliIo, json: boolean): void {
  if (json) throw new ByokError("CONFIG_INVALID", "--json and --out - both want standard output: choose one.");
  if (io.stdout.isTTY === true) {
    throw new ByokError("CONFIG_INVALID", "--out - would write to the terminal: redirect or pipe standard output.");
  }
}

async function* reported(
  source: AsyncIterable<Uint8Array>,
  onBytes: ((bytes: number) => void) | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    onBytes?.(piece.length);
    yield piece;
  }
}

async function* onePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
