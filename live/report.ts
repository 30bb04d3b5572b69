/**
 * What a live run found: dated stages, how long each took, and what was left behind.
 *
 * @module
 */
import { type Clock } from "./run.js";

/** One stage. */
export interface StageReport {
  readonly name: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly ok: boolean;
  /** What was found, or why it failed. */
  readonly detail: string;
}

/** Something that a run leaves in a cloud or in a stack. */
export interface Left {
  readonly what: string;
  readonly how: string;
}

/** The report of one run, while it is made. */
export class Report {
  readonly stages: StageReport[] = [];
  versions: Readonly<Record<string, string>> = {};
  failure: Error | undefined;
  readonly #left: Left[] = [];

  constructor(
    readonly stack: string,
    private readonly clock: Clock,
    private readonly say: (line: string) => void,
  ) {}

  /** Runs a stage, times it, and says a line about it. @throws what the stage threw */
  async stage(name: string, work: () => Promise<unknown>): Promise<void> {
    const start = this.clock.now();
    this.say(`${name} ...`);
    const end = (ok: boolean, detail: string): void => {
      const seconds = (this.clock.now().getTime() - start.getTime()) / 1000;
      this.stages.push({ name, startedAt: start.toISOString(), seconds, ok, detail });
      this.say(`${ok ? "ok" : "FAILED"}  ${name} (${seconds.toFixed(1)} s)${detail === "" ? "" : `: ${detail}`}`);
    };
    try {
      const detail = await work();
      end(true, typeof detail === "string" ? detail : "");
    } catch (error) {
      end(false, error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  /** Notes something that stays. */
  leave(what: string, how: string): void {
    this.#left.push({ what, how });
  }

  /** What was noted is gone. */
  forgetLeft(): void {
    this.#left.splice(0);
  }

  /** For `--json`. */
  toJSON(): Record<string, unknown> {
    return { schema: 1, stack: this.stack, ok: this.failure === undefined, versions: this.versions, stages: this.stages, leftBehind: this.#left };
  }

  /** The end of the report in words. */
  summary(): string[] {
    const left = this.#left.map(({ what, how }) => `  ${what}\n    ${how}`);
    return [
      `${this.failure === undefined ? "Everything held." : "Not everything held."} ${this.stages.length} stages on stack ${this.stack}.`,
      ...(left.length === 0 ? ["Nothing was left behind."] : ["Left behind:", ...left]),
    ];
  }
}
