/**
 * `--service-key file:PATH` where there is no such file yet: made for the first thing that it seals.
 *
 * @module
 */
import { rm } from "node:fs/promises";
import { createLocalKeyFile } from "../index.js";
import { ByokError } from "../master-key/errors.js";
import { errnoOf, quotePath, toFileError } from "./file-error.js";
import { type Target } from "./folder/target.js";
import { type ServiceKeyChoice } from "./inputs.js";

/** Why a key file could not be made, if that is the file system's doing rather than a wrong path. */
const FILE_SYSTEM_SAYS = new Set(["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM"]);

/**
 * Runs `work` with a service key that exists, and tells it the path of one that was made. A failure leaves none behind,
 * unless what it sealed is in its place already: then only this key opens it, whatever else went wrong.
 */
export async function withServiceKeyFile<T>(
  { file }: ServiceKeyChoice,
  target: Target,
  work: (made: string | undefined) => Promise<T>,
): Promise<T> {
  if (file === undefined || file.exists) return work(undefined);
  await makeServiceKey(file.path);
  try {
    return await work(file.path);
  } catch (error) {
    if (!target.placed) await rm(file.path, { force: true });
    throw error;
  }
}

/** One line about a service key that was made; none otherwise. */
export function madeServiceKeyNote(made: string | undefined): string[] {
  return made === undefined ? [] : [`Made the service key ${quotePath(made)}. Keep it: without it nothing made with it can be read.`];
}

async function makeServiceKey(path: string): Promise<void> {
  try {
    await createLocalKeyFile(path);
  } catch (error) {
    const cause = error instanceof ByokError ? error.cause : undefined;
    throw FILE_SYSTEM_SAYS.has(errnoOf(cause) ?? "") ? toFileError(cause, "make the service key", path) : error;
  }
}
