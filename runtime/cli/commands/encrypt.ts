/**
 * `byok encrypt`: a folder, a file or standard input into objects.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { realpath } from "node:fs/promises";
import { ByokError } from "../../index.js";
import { type Context, type Outcome } from "../context.js";
import { quotePath } from "../file-error.js";
import { encryptFolder } from "../folder/encrypt-folder.js";
import { scanFolder } from "../folder/scan.js";
import { checkResource, statInput } from "../inputs.js";
import { keyArguments } from "../keys.js";
import { shellQuote } from "../shell-quote.js";
import { openSource, type Source, STANDARD_STREAM, writeOutput, writeTarget } from "../streams.js";
import { count, formatBytes, formatRate, seconds } from "../terminal.js";
import { type Checked, checkKeysAndTarget, type KeyOptions, noteUnremoved, openEncryptor } from "./open.js";

/** Options of the command, as they stand on the command line. */
export interface EncryptOptions extends KeyOptions {
  readonly resource?: string;
  readonly skipSpecial?: boolean;
}

/** Encrypts `input`: a folder, a file, or `-`. */
export async function encrypt(input: string, options: EncryptOptions, context: Context): Promise<Outcome> {
  checkResource(options.resource);
  const isFolder = input !== STANDARD_STREAM && (await statInput("The input", input)).isDirectory();
  const checked = await checkKeysAndTarget(input, options, context);
  if (isFolder) return encryptTree(input, checked, options, context);
  const source = await openSource(input, context.io);
  try {
    return await encryptSingle(source, checked, options, context);
  } finally {
    await source.close();
  }
}

async function encryptTree(input: string, checked: Checked, options: EncryptOptions, context: Context): Promise<Outcome> {
  const { io, terminal } = context;
  const { target } = checked;
  if (target === undefined) {
    throw new ByokError("CONFIG_INVALID", "A folder becomes many objects: --out must name a folder, not standard output.");
  }
  const source = await realpath(input);
  const scan = await scanFolder(source, { skipSpecial: options.skipSpecial === true, signal: io.signal });
  const resource = options.resource ?? randomId();
  const encryptor = await openEncryptor(checked, context);
  try {
    const started = io.clock.now();
    const progress = await terminal.progress("Encrypting", scan.bytes);
    const result = await encryptFolder({
      cipher: encryptor,
      source,
      scan,
      target,
      resource,
      signal: io.signal,
      onBytes: (bytes) => {
        progress.add(bytes);
      },
    }).finally(() => {
      progress.stop();
    });
    noteUnremoved(target, terminal);
    const milliseconds = Math.round(io.clock.now() - started);
    const { statedBound } = encryptor;
    return {
      report: {
        json: { ...result, skipped: scan.skipped, resource, out: target.path, milliseconds, statedBound },
        words: (paint) => [
          paint.good(
            `Encrypted ${count(result.files, "file")}, ${count(result.links, "link")} and ${count(result.folders, "folder")}: ${formatBytes(result.bytes)} in ${seconds(milliseconds)} (${formatRate(result.bytes, milliseconds)}).`,
          ),
          `  to          ${quotePath(options.out)} (${count(result.files, "object")} and the index)`,
          `  resource    ${resource}`,
          `  header tag  ${result.headerTag} (pins this very backup: byok decrypt --header-tag)`,
          ...result.changed.map((path) => `  CHANGED while it was read, what was read is kept: ${quotePath(path)}`),
          ...scan.skipped.map(({ path, kind }) => `  skipped ${kind} ${quotePath(path)}`),
          "What shows without the key: how many files there are and the size of each; no names, no tree, no contents.",
          statedBound,
          `Next: byok decrypt ${nextArguments(options)} --out RESTORED`,
        ],
      },
    };
  } finally {
    await encryptor.close();
  }
}

async function encryptSingle(source: Source, checked: Checked, options: EncryptOptions, context: Context): Promise<Outcome> {
  const { io, terminal } = context;
  const { target } = checked;
  const resource = options.resource ?? randomId();
  const encryptor = await openEncryptor(checked, context);
  try {
    const started = io.clock.now();
    const progress = await terminal.progress("Encrypting", source.size);
    let read = 0;
    const bytes = source.read((more) => {
      read += more;
      progress.add(more);
    });
    try {
      const { object, headerTag, stream } = await encryptor.encryptStream(bytes, { resource, object: randomId(), signal: io.signal });
      const written = await (target === undefined
        ? writeOutput(io.stdout, stream, io.signal)
        : writeTarget(target, stream, { signal: io.signal }));
      noteUnremoved(target, terminal);
      const milliseconds = Math.round(io.clock.now() - started);
      const changed = source.size !== undefined && source.size !== read;
      const tag = Buffer.from(headerTag).toString("hex");
      const { statedBound } = encryptor;
      return {
        aside: target === undefined,
        report: {
          json: { resource, object, headerTag: tag, bytes: read, written, changed, out: target?.path ?? STANDARD_STREAM, milliseconds, statedBound },
          words: (paint) => [
            paint.good(`Encrypted ${formatBytes(read)} in ${seconds(milliseconds)} (${formatRate(read, milliseconds)}).`),
            ...(target === undefined ? [] : [`  to          ${quotePath(options.out)}`]),
            `  resource    ${resource}`,
            `  object      ${object}`,
            `  header tag  ${tag} (pins this very object: byok decrypt --header-tag)`,
            ...(changed ? ["  CHANGED while it was read; what was read is kept."] : []),
            statedBound,
            ...(target === undefined ? [] : [`Next: byok decrypt ${nextArguments(options)} --out RESTORED`]),
          ],
        },
      };
    } finally {
      progress.stop();
    }
  } finally {
    await encryptor.close();
  }
}

function nextArguments(options: EncryptOptions): string {
  return `${shellQuote(options.out)} ${keyArguments(options)}`;
}

function randomId(): string {
  return randomBytes(16).toString("hex");
}
