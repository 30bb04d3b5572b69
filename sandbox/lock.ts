/**
 * One process per sandbox directory.
 *
 * @module
 */
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { ByokError } from "../runtime/master-key/errors.js";
import { errorCode } from "./files.js";

/** A held lock. */
export interface DirectoryLock {
  /** Gives the directory back. Calling it twice is harmless. */
  release(): void;
}

interface Holder {
  readonly pid: number;
  /** Start of the process as the kernel counts it; tells a recycled pid from the holder. Null where /proc is absent. */
  readonly started: string | null;
}

/** Locks this process holds: a second sandbox in the same process is refused like one in another. */
const held = new Set<string>();

/**
 * Takes the exclusive lock of a directory, or fails. A lock whose process is gone (a crash, a SIGKILL) is taken over; a
 * living process never loses its own.
 *
 * @throws ByokError CONFIG_INVALID naming the process that holds it.
 */
export function lockDirectory(directory: string): DirectoryLock {
  const path = join(directory, "lock");
  const mine = `${path}.${process.pid}`;
  if (held.has(path)) throw inUse(directory, process.pid);
  writeFileSync(mine, JSON.stringify({ pid: process.pid, started: startOf(process.pid) }), { mode: 0o600 });
  try {
    // link() creates the lock with its contents in one step; open("wx") would show an empty file for a moment.
    if (!linked(mine, path)) {
      const holder = readHolder(path);
      if (holder !== undefined && isAlive(holder)) throw inUse(directory, holder.pid);
      takeOver(directory, path, mine);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  held.add(path);
  return {
    release: () => {
      if (held.delete(path)) rmSync(path, { force: true });
    },
  };
}

/** Replaces a dead process's lock; the guard file keeps two newcomers from doing it at once. */
function takeOver(directory: string, path: string, mine: string): void {
  const guard = `${path}.takeover`;
  if (!linked(mine, guard)) {
    throw new ByokError(
      "CONFIG_INVALID",
      `The sandbox directory ${directory} is being taken over by another process. If none is running, delete ${guard} and start again.`,
    );
  }
  try {
    const holder = readHolder(path);
    if (holder !== undefined && isAlive(holder)) throw inUse(directory, holder.pid);
    rmSync(path, { force: true });
    if (!linked(mine, path)) throw inUse(directory, readHolder(path)?.pid ?? 0);
  } finally {
    rmSync(guard, { force: true });
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}

function inUse(directory: string, pid: number): ByokError {
  return new ByokError(
    "CONFIG_INVALID",
    `The sandbox directory ${directory} is in use by process ${pid}. Stop that sandbox first, or start this one in another directory.`,
  );
}

/** The process named in a lock file; undefined if the file is gone or says nothing. */
function readHolder(path: string): Holder | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
  try {
    const value = JSON.parse(text) as Partial<Holder> | null;
    if (typeof value?.pid !== "number") return undefined;
    return { pid: value.pid, started: typeof value.started === "string" ? value.started : null };
  } catch {
    // Not JSON: no sandbox of any version wrote it, so no process stands behind it.
    return undefined;
  }
}

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    if (errorCode(error) !== "EPERM") return false;
  }
  const started = startOf(holder.pid);
  return holder.started === null || started === null || holder.started === started;
}

/** Boot id and start time of a process (proc(5): field 22 of /proc/PID/stat); null where there is no /proc. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    // The second field is the command in parentheses and may hold spaces; field 3 follows the last parenthesis.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return `${boot}/${fields[19] ?? ""}`;
  } catch {
    return null;
  }
}
