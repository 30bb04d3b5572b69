/**
 * `byok decrypt`: the mirror of `byok encrypt`.
 *
 * @module
 */
import { realpath } from "node:fs/promises";
import { basename } from "node:path";
import { ByokError } from "../../index.js";
import { type Context, type Outcome } from "../context.js";
import { quotePath } from "../file-error.js";
import { decryptFolder, hasIndex, readFolderIndex } from "../folder/decrypt-folder.js";
import { INDEX_NAME } from "../folder/index-format.js";
import { checkResource, statInput } from "../inputs.js";
import { openSource, type Source, STANDARD_STREAM, writeOutput, writeTarget } from "../streams.js";
import { count, formatBytes, formatRate, seconds } from "../terminal.js";
import { type Checked, checkKeysAndTarget, type KeyOptions, noteUnremoved, openEncryptor } from "./open.js";

/** Options of the command, as they stand on the command line. */
export interface DecryptOptions extends KeyOptions {
  readonly resource?: string;
  readonly headerTag?: string;
}

/** Decrypts `input`: what `byok encrypt` made of a folder, a single object's file, or `-`. */
export async function decrypt(input: string, options: DecryptOptions, context: Context): Promise<Outcome> {
  checkResource(options.resource);
  if (options.headerTag !== undefined && !/^[0-9a-f]{64}$/.test(options.headerTag)) {
    throw new ByokError("CONFIG_INVALID", "--header-tag must be the 64 hex digits that byok encrypt printed.");
  }
  const isFolder = input !== STANDARD_STREAM && (await statInput("The input", input)).isDirectory();
  if (isFolder && !(await hasIndex(input))) {
    throw new ByokError("CONFIG_INVALID", `${quotePath(input)} has no ${INDEX_NAME}: it is no folder that byok encrypt made, or not all of it.`);
  }
  if (!isFolder && basename(input) === INDEX_NAME) {
    throw new ByokError("CONFIG_INVALID", `${quotePath(input)} is the index of an encrypted folder: decrypt the folder.`);
  }
  const checked = await checkKeysAndTarget(input, options, context);
  if (isFolder) return decryptTree(input, checked, options, context);
  const source = await openSource(input, context.io);
  try {
    return await decryptSingle(source, checked, options, context);
  } finally {
    await source.close();
  }
}

async function decryptTree(input: string, checked: Checked, options: DecryptOptions, context: Context): Promise<Outcome> {
  const { io, terminal } = context;
  const { target } = checked;
  if (target === undefined) {
    throw new ByokError("CONFIG_INVALID", "A folder is restored to a folder: --out must name one, not standard output.");
  }
  const source = await realpath(input);
  const encryptor = await openEncryptor(checked, context);
  try {
    const started = io.clock.now();
    const index = await readFolderIndex({
      cipher: encryptor,
      source,
      resource: options.resource,
      headerTag: options.headerTag,
      signal: io.signal,
    });
    const total = index.entries.reduce((sum, entry) => (entry.kind === "file" ? sum + entry.size : sum), 0);
    const progress = await terminal.progress("Decrypting", total);
    const result = await decryptFolder({
      cipher: encryptor,
      source,
      index,
      target,
      signal: io.signal,
      onBytes: (bytes) => {
        progress.add(bytes);
      },
    }).finally(() => {
      progress.stop();
    });
    noteUnremoved(target, terminal);
    const milliseconds = Math.round(io.clock.now() - started);
    const { resource } = index.header;
    return {
      report: {
        json: { ...result, resource, out: target.path, milliseconds },
        words: (paint) => [
          paint.good(
            `Restored ${count(result.files, "file")}, ${count(result.links, "link")} and ${count(result.folders, "folder")}: ${formatBytes(result.bytes)} in ${seconds(milliseconds)} (${formatRate(result.bytes, milliseconds)}), every byte authenticated.`,
          ),
          `  to          ${quotePath(options.out)}`,
          `  resource    ${resource}`,
          ...result.unknown.map((name) => `  not in the index, left alone: ${quotePath(name)}`),
          ...result.setIdDropped.map((path) => `  set-user-id or set-group-id not restored: ${quotePath(path)}`),
        ],
      },
    };
  } finally {
    await encryptor.close();
  }
}

async function decryptSingle(source: Source, checked: Checked, options: DecryptOptions, context: Context): Promise<Outcome> {
  const { io, terminal } = context;
  const { target } = checked;
  const encryptor = await openEncryptor(checked, context);
  try {
    const started = io.clock.now();
    const progress = await terminal.progress("Decrypting", source.size);
    const ciphertext = source.read((bytes) => {
      progress.add(bytes);
    });
    try {
      const { identity, stream } = await encryptor.decryptStream(ciphertext, {
        signal: io.signal,
        ...(options.resource === undefined ? {} : { resource: options.resource }),
        ...(options.headerTag === undefined ? {} : { headerTag: Buffer.from(options.headerTag, "hex") }),
      });
      const bytes = await (target === undefined
        ? writeOutput(io.stdout, stream, io.signal)
        : writeTarget(target, stream, { signal: io.signal }));
      noteUnremoved(target, terminal);
      const milliseconds = Math.round(io.clock.now() - started);
      const { resource, object } = identity;
      return {
        aside: target === undefined,
        report: {
          json: { resource, object, bytes, out: target?.path ?? STANDARD_STREAM, milliseconds },
          words: (paint) => [
            paint.good(
              `Decrypted ${formatBytes(bytes)} in ${seconds(milliseconds)} (${formatRate(bytes, milliseconds)}), every byte authenticated.`,
            ),
            ...(target === undefined ? [] : [`  to          ${quotePath(options.out)}`]),
            `  resource    ${resource}`,
            `  object      ${object}`,
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
