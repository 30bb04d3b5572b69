/**
 * How results, notes, progress and errors are shown: plain words for people, exactly one JSON document for programs.
 *
 * @module
 */
import { type SingleBar } from "cli-progress";
import { type CliIo, type Output } from "./io.js";

/** Marks text on a terminal and leaves it alone elsewhere. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
}

/** Counts bytes towards a total. */
export interface Progress {
  add(bytes: number): void;
  stop(): void;
}

/** What a command has to say when it is through. */
export interface Report {
  /** The `--json` document. */
  readonly json: Readonly<Record<string, unknown>>;
  /** The same for people, line by line. */
  words(paint: Paint): readonly string[];
}

/** Colour only on a terminal that has some, and never against NO_COLOR (https://no-color.org). */
export function paintFor(output: Output, env: CliIo["env"]): Paint {
  const noColor = env["NO_COLOR"];
  const plain = output.isTTY !== true || (noColor !== undefined && noColor !== "") || env["TERM"] === "dumb";
  const sgr = (code: number) => (text: string) => (plain ? text : `\u001b[${code}m${text}\u001b[0m`);
  return { bold: sgr(1), good: sgr(32), bad: sgr(31) };
}

/** Shows what commands say. With `json`, only {@link Terminal.report} writes to standard output. */
export class Terminal {
  readonly #io: CliIo;
  readonly #json: boolean;

  constructor(io: CliIo, options: { json: boolean }) {
    this.#io = io;
    this.#json = options.json;
  }

  /** A line on standard error, for things to know meanwhile. */
  note(text: string): void {
    this.#io.stderr.write(`${text}\n`);
  }

  /**
   * The result. `aside` sends the words to standard error, because standard output carries data.
   */
  report(report: Report, options: { aside?: boolean } = {}): void {
    if (this.#json) {
      this.#io.stdout.write(`${JSON.stringify(report.json)}\n`);
      return;
    }
    const output = options.aside === true ? this.#io.stderr : this.#io.stdout;
    for (const line of report.words(paintFor(output, this.#io.env))) output.write(`${line}\n`);
  }

  /** A bar on standard error if that is a terminal, else nothing. `total` in bytes; unknown or 0 means no bar. */
  async progress(label: string, total: number | undefined): Promise<Progress> {
    if (this.#io.stderr.isTTY !== true || this.#json || total === undefined || total === 0) {
      return { add: () => undefined, stop: () => undefined };
    }
    const { SingleBar } = await import("cli-progress");
    const bar: SingleBar = new SingleBar({
      stream: this.#io.stderr,
      format: `${label} [{bar}] {percentage}% | {size} | {rate} | {eta_formatted} left`,
      clearOnComplete: true,
      hideCursor: true,
      // Its own handlers would end the process before the clean-up.
      gracefulExit: false,
    });
    let done = 0;
    const started = this.#io.clock.now();
    const facts = (): Record<string, string> => ({
      size: `${formatBytes(done)} of ${formatBytes(total)}`,
      rate: formatRate(done, this.#io.clock.now() - started),
    });
    bar.start(total, 0, facts());
    return {
      add: (bytes) => {
        done += bytes;
        bar.update(Math.min(done, total), facts());
      },
      stop: () => {
        bar.stop();
      },
    };
  }
}

/** Bytes in decimal units, e.g. `52.3 MB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ""}`;
}

/** Throughput in MB/s (10^6 bytes). */
export function formatRate(bytes: number, milliseconds: number): string {
  return `${(bytes / 1000 / Math.max(milliseconds, 1)).toFixed(1)} MB/s`;
}

/** A duration in seconds, e.g. `0.8 s`. */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/** A number with the word for it, e.g. `1 file`, `2,000 files`. */
export function count(number: number, word: string): string {
  return `${number.toLocaleString("en-US")} ${word}${number === 1 ? "" : "s"}`;
}
