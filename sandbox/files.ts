/**
 * Files of the sandbox: written whole or not at all, readable by their owner only.
 *
 * @module
 */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** Makes a directory, and its parents, that only the owner may enter. */
export function makePrivateDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
}

/**
 * Replaces a file in one step: written beside it (mode 0600), fsynced, renamed over it, and the directory fsynced, so
 * that a crash leaves the old contents or the new ones.
 *
 * @throws whatever the file system says; nothing is left beside the target then.
 */
export function replacePrivateFile(path: string, contents: string): void {
  const aside = `${path}.${process.pid}.new`;
  try {
    const file = openSync(aside, "w", 0o600);
    try {
      writeSync(file, contents);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(aside, path);
  } catch (error) {
    rmSync(aside, { force: true });
    throw error;
  }
  const directory = openSync(dirname(path), "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

/** The code of a Node.js error, e.g. `ENOENT`. Not by instanceof: an error may come from another realm (a vm, a test). */
export function errorCode(error: unknown): string | undefined {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}
