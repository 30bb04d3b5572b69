/**
 * What a cloud of the sandbox remembers, in memory and in its file.
 *
 * @module
 */
import { readFileSync } from "node:fs";

import { ByokError } from "../runtime/master-key/errors.js";
import { errorCode, replacePrivateFile } from "./files.js";

/** The state and its file; {@link StateFile.save} after every change, before the answer goes out. */
export class StateFile<State extends { readonly schema: 1 }> {
  private constructor(
    private readonly path: string,
    readonly state: State,
  ) {}

  /**
   * Opens the file, or makes a first one. The caller holds the directory's lock.
   *
   * @param later members that earlier versions did not write, as they are where there is nothing yet.
   * @throws ByokError CONFIG_INVALID if there is a file that this version did not write.
   */
  static open<State extends { readonly schema: 1 }>(path: string, initialState: () => State, later: Partial<State> = {}): StateFile<State> {
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
      const created = new StateFile(path, initialState());
      created.save();
      return created;
    }
    return new StateFile(path, { ...later, ...(parseState(path, text) as State) });
  }

  /** Writes the whole state in one step. */
  save(): void {
    replacePrivateFile(this.path, JSON.stringify(this.state, null, 1));
  }
}

function parseState(path: string, text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable(path, error);
  }
  // Only this program writes the file, atomically and behind a lock: the schema number is what can differ.
  if (typeof value !== "object" || value === null || !("schema" in value) || value.schema !== 1) {
    throw unreadable(path, undefined);
  }
  return value;
}

function unreadable(path: string, cause: unknown): ByokError {
  return new ByokError(
    "CONFIG_INVALID",
    `${path} was not written by this version of the sandbox. Start in another directory, or delete this one if nothing in it is needed.`,
    { cause },
  );
}
