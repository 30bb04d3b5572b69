/**
 * The index of an encrypted folder: everything that the objects' random names hide. NDJSON (one JSON document per line,
 * UTF-8, `\n`), a header and then one line per entry, parents before their children; encrypted as an object of its own.
 *
 * @module
 */
import { z } from "zod";
import { ByokError } from "../../master-key/errors.js";
import { checkTree } from "./tree.js";

/** File name of the encrypted index: the only name in an encrypted folder that is not random. */
export const INDEX_NAME = "index.byok";

/** Caller's context of the index object: no other object can stand in for it, nor it for another. */
export const INDEX_CONTEXT: Uint8Array = new TextEncoder().encode("byok/folder-index/1");

/** An object's id and file name: 16 random bytes in hex. */
export const OBJECT_ID = /^[0-9a-f]{32}$/;

/** Longest line read: a path of 16,000 characters, all escaped, fits. Bounds what a hostile index can allocate. */
const MAX_LINE = 128 * 1024;

/** Lines are gathered into chunks of about this many characters, so that streams see few of them. */
const CHUNK = 64 * 1024;

const mode = z.int().min(0).max(0o7777);
/** Nanoseconds since the epoch, in decimal: a JSON number would round them. */
const mtimeNs = z.string().regex(/^(0|-?[1-9]\d{0,18})$/, "must be nanoseconds in decimal");

const headerSchema = z.strictObject({
  format: z.literal("byok-folder"),
  version: z.literal(1),
  resource: z.string().min(1),
  root: z.strictObject({ mode, mtimeNs }),
  entries: z.int().min(0),
});

const directorySchema = z.strictObject({ kind: z.literal("directory"), path: z.string(), mode, mtimeNs });
const fileSchema = z.strictObject({
  kind: z.literal("file"),
  path: z.string(),
  mode,
  mtimeNs,
  size: z.int().min(0),
  object: z.string().regex(OBJECT_ID, "must be 32 hex digits"),
  headerTag: z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hex digits"),
});
const symlinkSchema = z.strictObject({ kind: z.literal("symlink"), path: z.string(), mtimeNs, target: z.string() });
const entrySchema = z.discriminatedUnion("kind", [directorySchema, fileSchema, symlinkSchema]);

/** First line: `root` is the folder itself, `entries` the number of lines that follow. */
export type IndexHeader = z.infer<typeof headerSchema>;
/** A folder below the root; `mode` is the permission bits, `mtimeNs` nanoseconds since the epoch. */
export type DirectoryEntry = z.infer<typeof directorySchema>;
/** A file: `size` in bytes, `object` is the name of its object, `headerTag` that object's FLOE header tag in hex. */
export type FileEntry = z.infer<typeof fileSchema>;
/** A symbolic link; `target` is kept as it is and never followed. */
export type SymlinkEntry = z.infer<typeof symlinkSchema>;
/** One line after the header. `path` is relative, parts joined by `/`. */
export type IndexEntry = z.infer<typeof entrySchema>;

/** A whole index. */
export interface FolderIndex {
  readonly header: IndexHeader;
  readonly entries: readonly IndexEntry[];
}

/** Writes an index, chunk by chunk. */
export async function* encodeIndex(index: FolderIndex): AsyncGenerator<Uint8Array> {
  let text = `${JSON.stringify(index.header)}\n`;
  for (const entry of index.entries) {
    text += `${JSON.stringify(entry)}\n`;
    if (text.length < CHUNK) continue;
    yield Buffer.from(text);
    text = "";
  }
  if (text !== "") yield Buffer.from(text);
}

/**
 * Reads an index to its end and checks all of it, before anybody acts on a line.
 *
 * @throws {@link ByokError} TAMPERED if it is no index, of another version, incomplete, or names a path or an object that
 * could lead outside the folder.
 */
export async function decodeIndex(source: AsyncIterable<Uint8Array>): Promise<FolderIndex> {
  let header: IndexHeader | undefined;
  const entries: IndexEntry[] = [];
  let number = 0;
  for await (const line of lines(source)) {
    number += 1;
    if (header === undefined) header = parseLine(line, number, headerSchema);
    else entries.push(parseLine(line, number, entrySchema));
  }
  if (header === undefined) throw invalid("it is empty");
  if (header.entries !== entries.length) {
    throw invalid(`it announces ${header.entries} entries and holds ${entries.length}`);
  }
  checkTree(entries);
  return { header, entries };
}

function parseLine<T>(line: Uint8Array, number: number, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(line));
  } catch {
    // Without a cause: a JSON parser's message quotes the text, which is plaintext.
    throw invalid(`line ${number} is not JSON`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0];
  throw invalid(`line ${number} has a wrong ${where === undefined || where.path.length === 0 ? "shape" : where.path.join(".")}`);
}

async function* lines(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest: Buffer[] = [];
  let restLength = 0;
  for await (const chunk of source) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      rest.push(Buffer.from(chunk.subarray(start, end)));
      restLength += end - start;
      if (restLength > MAX_LINE) throw invalid("it has a line that is too long");
      yield Buffer.concat(rest);
      rest = [];
      restLength = 0;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    rest.push(Buffer.from(chunk.subarray(start)));
    restLength += chunk.length - start;
    if (restLength > MAX_LINE) throw invalid("it has a line that is too long");
  }
  if (restLength > 0) throw invalid("its last line is cut");
}

function invalid(why: string): ByokError {
  return new ByokError(
    "TAMPERED",
    `The folder's index decrypts but cannot be used: ${why}. Whoever wrote it had the key; restore from another copy, or update byok if it was written by a newer version.`,
  );
}
