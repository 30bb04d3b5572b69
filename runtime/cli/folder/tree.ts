/**
 * What paths an index may name. An index is authenticated, but whoever can encrypt can write a hostile one: nothing in it
 * may lead outside the folder that is being restored.
 *
 * @module
 */
import { sep } from "node:path";
import { ByokError } from "../../master-key/errors.js";
import { quotePath } from "../file-error.js";
import { type IndexEntry } from "./index-format.js";

/**
 * Checks a whole tree: every path is well-formed and unique, its parent is a folder that came before (so never a
 * symbolic link), and no object is named twice.
 *
 * @throws {@link ByokError} TAMPERED with the path.
 */
export function checkTree(entries: readonly IndexEntry[]): void {
  const paths = new Set<string>();
  const folders = new Set<string>();
  const objects = new Set<string>();
  for (const entry of entries) {
    const problem = pathProblem(entry.path);
    if (problem !== undefined) throw hostile(entry.path, problem);
    if (paths.has(entry.path)) throw hostile(entry.path, "is named twice");
    const parent = parentOf(entry.path);
    if (parent !== undefined && !folders.has(parent)) throw hostile(entry.path, "does not lie in a folder of the index");
    paths.add(entry.path);
    if (entry.kind === "directory") {
      folders.add(entry.path);
    } else if (entry.kind === "file") {
      if (objects.has(entry.object)) throw hostile(entry.path, "shares its object with another file");
      objects.add(entry.object);
    } else if (entry.target === "" || entry.target.includes("\0") || !entry.target.isWellFormed()) {
      throw hostile(entry.path, "links to an impossible target");
    }
  }
}

/** What is wrong with a relative path, in words; undefined if nothing is. */
export function pathProblem(path: string): string | undefined {
  if (path === "") return "is empty";
  if (!path.isWellFormed()) return "is not Unicode";
  if (path.includes("\0")) return "holds a NUL character";
  if (path.startsWith("/")) return "is absolute";
  // Where `\` separates (Windows), it and drive letters could hide parts from the checks below.
  if (sep === "\\" && /[\\:]/.test(path)) return "holds a separator or drive letter of this system";
  for (const part of path.split("/")) {
    if (part === "") return "has an empty part";
    if (part === "." || part === "..") return `has a part "${part}"`;
  }
  return undefined;
}

function parentOf(path: string): string | undefined {
  const slash = path.lastIndexOf("/");
  return slash === -1 ? undefined : path.slice(0, slash);
}

function hostile(path: string, problem: string): ByokError {
  return new ByokError(
    "TAMPERED",
    `The folder's index names ${path === "" ? '""' : quotePath(path)}, which ${problem}: nothing was restored. Whoever wrote it had the key; find out who.`,
  );
}
