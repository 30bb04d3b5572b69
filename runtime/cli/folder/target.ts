/**
 * Where results go: built aside, in a sibling named `<out>.partial-<random>`, and renamed only when complete. Whatever
 * goes wrong before that leaves the old state; only a killed process leaves the sibling behind, and its name says what
 * it is. Killed at the very moment when one folder takes another's place, it leaves the old one as
 * `<out>.replaced-<random>`.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { type BigIntStats, closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, renameSync, rmSync } from "node:fs";
import { access, chmod, link, lstat, mkdir, open, readdir, realpath, rm, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { ByokError } from "../../master-key/errors.js";
import { errnoOf, FileError, onFile, quotePath, toFileError } from "../file-error.js";
import { isSameFile, thenClose } from "./files.js";

const PRIVATE_FOLDER = 0o700;

/** What link(2) answers where there are no hard links (FAT, some FUSE and network file systems). */
const NO_HARD_LINKS = new Set(["EPERM", "ENOTSUP", "ENOSYS"]);
/** What fsync(2) answers for a folder where that means nothing: the mount cannot, so that nothing was lost. */
const NO_FOLDER_FLUSH = new Set(["EINVAL", "ENOTSUP"]);

/** How a target may be made. */
export interface TargetOptions {
  /** Replace what is there. It is replaced at the very end. */
  readonly force: boolean;
  /**
   * Everything the command reads, or makes to read it later. None of it may be replaced, and the target may not lie in a
   * folder among it.
   */
  readonly inputs: readonly string[];
  /** The flag that named it, for messages; `--out` where left out. */
  readonly flag?: string;
  /** The file that is replaced: whatever has come to stand there since it was read is not. Goes with `force`. */
  readonly replaces?: ReadFile | undefined;
}

/** A file as it was read. */
export interface ReadFile {
  readonly bytes: Uint8Array;
  /** Permission bits. */
  readonly mode: number;
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
  /** Absolute paths of siblings that a killed run left behind; worth telling ({@link leftoverNote}), never touched. */
  readonly leftovers: readonly string[];
  readonly #force: boolean;
  readonly #replaces: ReadFile | undefined;
  #placed = false;
  #unremoved: string | undefined;

  private constructor(path: string, { force, replaces }: TargetOptions, leftovers: readonly string[]) {
    this.path = path;
    this.partial = `${path}.partial-${randomBytes(4).toString("hex")}`;
    this.leftovers = leftovers;
    this.#force = force;
    this.#replaces = replaces;
  }

  /**
   * Checks a target without touching anything.
   *
   * @throws {@link FileError} TARGET_EXISTS, NO_PERMISSION; {@link ByokError} CONFIG_INVALID if there is no folder to
   * put it in, or if it lies in an input or an input in it.
   */
  static async check(out: string, options: TargetOptions): Promise<Target> {
    const wanted = resolve(out);
    const { flag = "--out" } = options;
    if (basename(wanted) === "") throw new ByokError("CONFIG_INVALID", `${flag} is the root of the file system: name a new file or folder.`);
    let parent: string;
    try {
      parent = await realpath(dirname(wanted));
      if (!(await stat(parent)).isDirectory()) throw notAFolder(flag, wanted);
      await access(parent, constants.W_OK | constants.X_OK);
    } catch (error) {
      if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") throw notAFolder(flag, wanted, error);
      throw toFileError(error, "write into", dirname(wanted));
    }
    const path = join(parent, basename(wanted));
    for (const input of options.inputs) await refuseOverlap(flag, out, path, input);
    if ((await exists(path)) && !options.force) {
      throw new FileError("TARGET_EXISTS", `${quotePath(out)} exists already. Choose another ${flag}, or replace it with --force.`);
    }
    const start = basename(path);
    const leftovers = (await onFile("read", parent, () => readdir(parent))).filter(
      (name) => name.startsWith(start) && /^\.(partial|replaced)-[0-9a-f]{8}$/.test(name.slice(start.length)),
    );
    return new Target(path, options, leftovers.sort().map((name) => join(parent, name)));
  }

  /** Permission bits of the file that is replaced. */
  get mode(): number | undefined {
    return this.#replaces?.mode;
  }

  /** True once the result lies under its name, whatever {@link Target.commit} had to say after that. */
  get placed(): boolean {
    return this.#placed;
  }

  /** What {@link Target.commit} should have removed beside the result and could not: worth telling, no failure. */
  get unremoved(): string | undefined {
    return this.#unremoved;
  }

  /** Makes {@link Target.partial} a folder, closed to everybody else until the end. */
  async makeFolder(): Promise<void> {
    await onFile("make", this.partial, () => mkdir(this.partial, { mode: PRIVATE_FOLDER }));
  }

  /**
   * Puts the result in its place. What was written must be on disk already (fsync); the rename is, when this returns.
   *
   * @throws {@link FileError} TARGET_EXISTS if something appeared there meanwhile; REPLACED if the file to be replaced is
   * not what it was; after {@link Target.placed} only if
   * the folder could not be flushed.
   */
  async commit(): Promise<void> {
    const old = await onFile("write", this.path, () => this.#place());
    this.#placed = true;
    if (old !== undefined) await this.#tidy(old);
    try {
      await syncFolder(dirname(this.path));
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      throw new FileError(error.code, `${quotePath(this.path)} is complete and in its place, but a power failure might still undo that: ${error.message}`, error);
    }
  }

  /** Removes what was written so far. */
  async discard(): Promise<void> {
    await removeTree(this.partial);
  }

  /** Returns what is to be removed now. */
  async #place(): Promise<string | undefined> {
    if (this.#replaces !== undefined) {
      this.#replaceFile(this.#replaces);
      return undefined;
    }
    const isFolder = (await lstat(this.partial)).isDirectory();
    if (!(await exists(this.path)) || !this.#force) {
      // link(2) refuses an existing name, rename(2) of a file would replace it; of a folder only an empty folder.
      if (!isFolder) return this.#placeNewFile();
      renameSync(this.partial, this.path);
      return undefined;
    }
    if (!isFolder && !(await lstat(this.path)).isDirectory()) {
      renameSync(this.partial, this.path);
      return undefined;
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
    return old;
  }

  /** Compares right before the rename, synchronously: file systems compare and swap no names, this is as close as it gets. */
  #replaceFile(seen: ReadFile): void {
    let now: Uint8Array | undefined;
    try {
      now = readFileSync(this.path);
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw error;
    }
    if (now === undefined || Buffer.compare(now, seen.bytes) !== 0) {
      throw new FileError("REPLACED", `${quotePath(this.path)} was changed by somebody else meanwhile: nothing was written. Run again.`);
    }
    renameSync(this.partial, this.path);
  }

  async #placeNewFile(): Promise<string | undefined> {
    try {
      await link(this.partial, this.path);
      return this.partial;
    } catch (error) {
      if (!NO_HARD_LINKS.has(errnoOf(error) ?? "")) throw error;
    }
    renameOverOwn(this.partial, this.path);
    return undefined;
  }

  /** The result is in place: what cannot be removed beside it is no failure. */
  async #tidy(path: string): Promise<void> {
    try {
      await removeTree(path);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      this.#unremoved = path;
    }
  }
}

/** One line about one of {@link Target.leftovers}. */
export function leftoverNote(path: string): string {
  return /\.replaced-[0-9a-f]{8}$/.test(path)
    ? `${quotePath(path)} is what lay at --out before a run that was killed: rename it back if --out is missing, else delete it.`
    : `${quotePath(path)} is left from a run that was killed: delete it.`;
}

/**
 * Renames a file to a name that is free, without link(2): takes the name with an empty file of its own, and renames over
 * that. Synchronously, so that no signal handler runs in between; a killed process may leave the empty file.
 */
function renameOverOwn(from: string, to: string): void {
  const file = openSync(to, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW, 0o600);
  let own: BigIntStats;
  try {
    own = fstatSync(file, { bigint: true });
  } finally {
    closeSync(file);
  }
  const isOwn = (): boolean => {
    const now = lstatSync(to, { bigint: true, throwIfNoEntry: false });
    return now !== undefined && isSameFile(now, own) && now.size === 0n;
  };
  if (!isOwn()) throw new FileError("TARGET_EXISTS", `${quotePath(to)} was made by somebody else meanwhile. Choose another --out.`);
  try {
    renameSync(from, to);
  } catch (error) {
    if (isOwn()) rmSync(to);
    throw error;
  }
}

/**
 * Flushes a folder's list of names to disk: a rename or a new file is durable only then (fsync(2), Linux). Mounts that
 * cannot flush a folder are left to their own ways.
 */
export async function syncFolder(path: string): Promise<void> {
  const folder = await onFile("open", path, () => open(path, constants.O_RDONLY | constants.O_DIRECTORY));
  await thenClose(folder, path, () =>
    onFile("flush", path, async () => {
      try {
        await folder.sync();
      } catch (error) {
        if (!NO_FOLDER_FLUSH.has(errnoOf(error) ?? "")) throw error;
      }
    }),
  );
}

/** Removes a file or a whole folder, folders without write permission too. Nothing there is fine. */
export async function removeTree(path: string): Promise<void> {
  await onFile("remove", path, async () => {
    try {
      // Before `rm` and not after it failed: a failed one goes on in the background, and folders would vanish under this.
      await openFolders(path);
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return;
      throw error;
    }
    await rm(path, { recursive: true, force: true });
  });
}

/** A restored folder may be read-only to its owner, who then cannot empty it either. */
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

async function refuseOverlap(flag: string, out: string, path: string, input: string): Promise<void> {
  const source = await realpathOf(input);
  if (contains(path, source)) {
    throw new ByokError(
      "CONFIG_INVALID",
      `${flag} ${quotePath(out)} ${path === source ? "is" : "contains"} ${quotePath(input)}, which this command reads: choose another ${flag}.`,
    );
  }
  if (contains(source, path)) {
    throw new ByokError("CONFIG_INVALID", `${flag} ${quotePath(out)} lies in ${quotePath(input)}, which this command reads: choose another ${flag}.`);
  }
}

/** As realpath(3), also of a file that is still to be made. */
async function realpathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw toFileError(error, "read", path);
  }
  try {
    return join(await realpath(dirname(path)), basename(path));
  } catch {
    // No folder either: whoever makes or reads the file will say so.
    return resolve(path);
  }
}

function contains(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`));
}

function notAFolder(flag: string, path: string, cause?: unknown): ByokError {
  return new ByokError("CONFIG_INVALID", `There is no folder ${quotePath(dirname(path))} for ${flag}: make it first.`, { cause });
}
