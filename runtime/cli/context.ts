/**
 * What every command is handed.
 *
 * @module
 */
import { type CliIo } from "./io.js";
import { type Report, type Terminal } from "./terminal.js";

/** The world and the terminal of one run. */
export interface Context {
  readonly io: CliIo;
  readonly terminal: Terminal;
}

/** A command's result. */
export interface Outcome {
  readonly report: Report;
  /** Thrown away the usual way would lose the report: it is shown, then this decides exit code and advice. */
  readonly failure?: Error;
  /** Standard output carries data, so the words go to standard error. */
  readonly aside?: boolean;
}
