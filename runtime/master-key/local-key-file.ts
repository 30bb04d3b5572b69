/**
 * The file behind a `local` master key: `{"schema":1,"key":"<base64 of 32 bytes>"}`, mode 0600. For development, and
 * for the service's own key while nothing better is there; a tenant's key is never local in production.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { open, readFile, rm, type FileHandle } from "node:fs/promises";
import { z } from "zod";
import { ByokError } from "./errors.js";

const KEY_LENGTH = 32;
const KEY_FILE_MODE = 0o600;
const OTHERS = 0o077;

const keyFileSchema = z.strictObject({ schema: z.literal(1), key: z.base64() });

/**
 * Makes a new random key file, readable by its owner only, flushed to disk.
 *
 * @throws {@link ByokError} CONFIG_INVALID if the file exists (it is never overwritten: data may depend on it) or
 * cannot be written.
 */
export async function createLocalKeyFile(path: string): Promise<void> {
  const key = randomBytes(KEY_LENGTH);
  let file: FileHandle;
  try {
    file = await open(path, "wx", KEY_FILE_MODE);
  } catch (error) {
    throw unmade(error, path);
  }
  try {
    await file.writeFile(`${JSON.stringify({ schema: 1, key: key.toString("base64") })}\n`);
    await file.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw unmade(error, path);
  } finally {
    key.fill(0);
    await file.close();
  }
}

/** Where errors about a key file belong. */
export interface KeyFileDetails {
  readonly provider: string;
  readonly keyId: string;
  readonly tenant?: string;
}

/**
 * Reads a key file. The caller owns the 32 bytes and zeroizes them.
 *
 * @param details what errors carry; the path stands in for a key id that is not known yet.
 * @throws {@link ByokError} KEY_NOT_FOUND if there is no such file, ACCESS_DENIED if it may not be read, CONFIG_INVALID
 * if others may read it or it is no key file.
 */
export async function readLocalKeyFile(
  path: string,
  details: KeyFileDetails = { provider: "local", keyId: path },
): Promise<Uint8Array> {
  let text: Buffer;
  try {
    const file = await open(path, "r");
    try {
      const { mode } = await file.stat();
      if ((mode & OTHERS) !== 0) {
        throw new ByokError("CONFIG_INVALID", `${path} can be read by others: chmod 600 it.`, details);
      }
      text = await readFile(file);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unreadable(error, path, details);
  }
  try {
    return parseKeyFile(text, path, details);
  } finally {
    text.fill(0);
  }
}

function parseKeyFile(text: Buffer, path: string, details: KeyFileDetails): Uint8Array {
  const invalid = (): ByokError =>
    // Without a cause: a JSON parser's message quotes the text, and the text may be a key.
    new ByokError("CONFIG_INVALID", `${path} is not a key file of byok.`, details);
  let json: unknown;
  try {
    json = JSON.parse(text.toString("utf8"));
  } catch {
    throw invalid();
  }
  const parsed = keyFileSchema.safeParse(json);
  if (!parsed.success) throw invalid();
  const decoded = Buffer.from(parsed.data.key, "base64");
  // A copy outside Buffer's shared pool, so that what the caller wipes is all there is.
  const key = Uint8Array.from(decoded);
  decoded.fill(0);
  if (key.length === KEY_LENGTH) return key;
  key.fill(0);
  throw invalid();
}

/** A file that cannot be made is the caller's path, never anybody's revocation. */
function unmade(error: unknown, path: string): ByokError {
  const code = systemCode(error);
  const message =
    code === "EEXIST"
      ? `${path} exists already; a key file is never overwritten.`
      : `The key file ${path} cannot be made (${code ?? "unknown error"}): choose a folder that exists and may be written to.`;
  return new ByokError("CONFIG_INVALID", message, { provider: "local", keyId: path, cause: error });
}

function unreadable(error: unknown, path: string, details: KeyFileDetails): ByokError {
  if (error instanceof ByokError) return error;
  switch (systemCode(error)) {
    case "ENOENT":
      return new ByokError("KEY_NOT_FOUND", `There is no key file ${path}.`, { ...details, cause: error });
    case "EACCES":
    case "EPERM":
      return new ByokError("ACCESS_DENIED", `No permission to read ${path}.`, { ...details, cause: error });
    default:
      return new ByokError("UNAVAILABLE", `Could not read the key file ${path}.`, { ...details, cause: error });
  }
}

/** By its members, not by its class: in a vm context (jest's, for one) Node's errors are of another realm's class. */
function systemCode(error: unknown): string | undefined {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
