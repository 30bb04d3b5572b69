import { formatBytes, paintFor } from "../../runtime/cli/terminal.js";

/** Tells the story of a run, step by step, and remembers how long each step took. */
export class Narrator {
  readonly #paint = paintFor(process.stdout, process.env);
  readonly #steps: { readonly title: string; readonly milliseconds: number; readonly result: string }[] = [];
  #number = 0;

  /** A line of its own. */
  say(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  /** A detail of the step that is running. */
  detail(text: string): void {
    this.say(`     ${text}`);
  }

  /** Shows a command as a person would type it. */
  command(line: string): void {
    this.detail(this.#paint.bold(`$ ${line}`));
  }

  /** Runs a step; what it returns is its result in one line. A step that does not hold ends the run. */
  async step(title: string, run: () => Promise<string>): Promise<void> {
    this.#number += 1;
    this.say(`\n${this.#paint.bold(`${String(this.#number).padStart(2)}. ${title}`)}`);
    const started = performance.now();
    const result = await run();
    const milliseconds = performance.now() - started;
    this.detail(`${this.#paint.good("ok")}  ${result}`);
    this.#steps.push({ title, milliseconds, result });
  }

  /** One line per step. */
  summary(): void {
    this.say(`\n${this.#paint.bold("Summary")}`);
    const width = Math.max(...this.#steps.map(({ title }) => title.length));
    this.#steps.forEach(({ title, milliseconds, result }, index) => {
      const time = `${(milliseconds / 1000).toFixed(1)} s`.padStart(8);
      this.say(`  ${String(index + 1).padStart(2)}. ${title.padEnd(width)} ${time}   ${this.#paint.good("ok")}  ${result}`);
    });
  }

  /** The run was stopped from outside. */
  stopped(message: string): void {
    process.stderr.write(`\n${this.#paint.bad("STOPPED")}: ${message}\n`);
  }

  /** Why the run failed, and in which step if it came to one. */
  failed(message: string): void {
    const where = this.#number === 0 ? "" : ` in step ${this.#number}`;
    process.stderr.write(`\n${this.#paint.bad("FAILED")}${where}: ${message}\n`);
  }
}

/** Fails the run unless something holds. */
export function hold(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise);
}

/** A count and a size in one phrase. */
export function filesAndBytes(files: number, bytes: number): string {
  return `${files.toLocaleString("en-US")} files, ${formatBytes(bytes)}`;
}
