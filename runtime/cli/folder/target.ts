/**
 * Where results go: built aside, in a sibling named `<out>.partial-<random>`, and renamed only when complete. Whatever
 * goes wrong before that leaves the old state; only a killed process leaves the sibling behind, and its name says what
 * it is.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { constants, renameSync } from "node:fs";
import { access, chmod, link, lstat, mkdir, open, readdir, realpath, rm, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { ByokError } from "../../master-key/errors.js";
import { errnoOf, FileError, onFile, quotePath, toFileError } from "../file-error.js";

const PRIVATE_FOLDER = 0o700;

/** How a target may be made. */
export interface TargetOptions {
  /** Replace what is there. It is replaced at the very end. */
  readonly force: boolean;
  /** Everything the command reads. None of it may be replaced, and the target may not lie in a folder among it. */
  readonly inputs: readonly string[];
}

/**
 * A result that does not exist yet. {@link Target.check} first, then write to {@link Target.partial}, then either
 * {@link Target.commit} or {@link Target.discard}.
 */
export class Target {
  /** Absolute path of the result. */
  readonly path: string;
  /** Where to write meanwhile; on the same file system, so that a rename completes it. */
  readonly partial: string;
  /** Siblings that a killed run left behind; worth telling, never touched. */
  readonly leftovers: readonly string[];
  readonly #force: boolean;

  private constructor(path: string, force: boolean, leftovers: readonly string[]) {
    this.path = path;
    this.partial = `${path}.partial-${randomBytes(4).toString("hex")}`;
    this.leftovers = leftovers;
    this.#force = force;
  }

  /**
   * Checks a target without touching anything.
   *
   * @throws {@link FileError} TARGET_EXISTS, NO_PERMISSION; {@link ByokError} CONFIG_INVALID if there is no folder to
   * put it in, or if it lies in an input or an input in it.
   */
  static async check(out: string, options: TargetOptions): Promise<Target> {
    const wanted = resolve(out);
    if (basename(wanted) === "") throw new ByokError("CONFIG_INVALID", "--out is the root of the file system: name a new file or folder.");
    let parent: string;
    try {
      parent = await realpath(dirname(wanted));
      if (!(await stat(parent)).isDirectory()) throw notAFolder(wanted);
      await access(parent, constants.W_OK | constants.X_OK);
    } catch (error) {
      if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") throw notAFolder(wanted, error);
      throw toFileError(error, "write into", dirname(wanted));
    }
    const path = join(parent, basename(wanted));
    for (const input of options.inputs) await refuseOverlap(out, path, input);
    if ((await exists(path)) && !options.force) {
      throw new FileError("TARGET_EXISTS", `${quotePath(out)} exists already. Choose another --out, or replace it with --force.`);
    }
    const marker = `${basename(path)}.partial-`;
    const leftovers = (await onFile("read", parent, () => readdir(parent))).filter(
      (name) => name.startsWith(marker) && /^[0-9a-f]{8}$/.test(name.slice(marker.length)),
    );
    return new Target(path, options.force, leftovers);
  }

  /** Makes {@link Target.partial} a folder, closed to everybody else until the end. */
  async makeFolder(): Promise<void> {
    await onFile("make", this.partial, () => mkdir(this.partial, { mode: PRIVATE_FOLDER }));
  }

  /**
   * Puts the result in its place. What was written must be on disk already (fsync); the rename is, when this returns.
   *
   * @throws {@link FileError} TARGET_EXISTS if something appeared there meanwhile.
   */
  async commit(): Promise<void> {
    await onFile("write", this.path, () => this.#place());
    await syncFolder(dirname(this.path));
  }

  /** Removes what was written so far. */
  async discard(): Promise<void> {
    await removeTree(this.partial);
  }

  async #place(): Promise<void> {
    const isFolder = (await lstat(this.partial)).isDirectory();
    if (!(await exists(this.path)) || !this.#force) {
      // link(2) refuses an existing name, rename(2) of a file would replace it; of a folder only an empty folder.
      if (isFolder) {
        renameSync(this.partial, this.path);
      } else {
        await link(this.partial, this.path);
        await rm(this.partial);
      }
      return;
    }
    if (!isFolder && !(await lstat(this.path)).isDirectory()) {
      renameSync(this.partial, this.path);
      return;
    }
    // Folders cannot be swapped by one rename. Both at once and synchronously: no signal handler runs in between.
    const old = `${this.path}.replaced-${randomBytes(4).toString("hex")}`;
    renameSync(this.path, old);
    try {
      renameSync(this.partial, this.path);
    } catch (error) {
      renameSync(old, this.path);
      throw error;
    }
    await removeTree(old);
  }
}

/** Flushes a folder's list of names to disk: a rename or a new file is durable only then (fsync(2), Linux). */
export async function syncFolder(path: string): Promise<void> {
  const folder = await onFile("open", path, () => open(path, constants.O_RDONLY | constants.O_DIRECTORY));
  try {
    await onFile("flush", path, () => folder.sync());
  } finally {
    await folder.close();
  }
}

/** Removes a file or a whole folder, folders without write permission too. Nothing there is fine. */
export async function removeTree(path: string): Promise<void> {
  await onFile("remove", path, async () => {
    try {
      await rm(path, { recursive: true, force: true });
    } catch (error) {
      const errno = errnoOf(error);
      if (errno !== "EACCES" && errno !== "EPERM") throw error;
      // A restored folder may be read-only to its owner, who then cannot empty it either.
      await openFolders(path);
      await rm(path, { recursive: true, force: true });
    }
  });
}

async function openFolders(path: string): Promise<void> {
  if (!(await lstat(path)).isDirectory()) return;
  await chmod(path, PRIVATE_FOLDER);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await openFolders(join(path, entry.name));
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw toFileError(error, "look at", path);
  }
}

async function refuseOverlap(out: string, path: string, input: string): Promise<void> {
  const source = await realpath(input);
  if (contains(path, source)) {
    throw new ByokError(
      "CONFIG_INVALID",
      `--out ${quotePath(out)} ${path === source ? "is" : "contains"} ${quotePath(input)}, which this command reads: choose another --out.`,
    );
  }
  if (contains(source, path)) {
    throw new ByokError("CONFIG_INVALID", `--out ${quotePath(out)} lies in ${quotePath(input)}, which this command reads: choose another --out.`);
  }
}

function contains(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`));
}

function notAFolder(path: string, cause?: unknown): ByokError {
  return new ByokError("CONFIG_INVALID", `There is no folder ${quotePath(dirname(path))} for --out: make it first.`, { cause });
}
