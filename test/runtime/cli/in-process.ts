/** `byok` in this process: what it printed, and how it ended. */
import { type Command } from "commander";
import { Readable, Writable } from "node:stream";
import { type Elsewhere } from "../../../runtime/cli/elsewhere.js";
import { type CliIo } from "../../../runtime/cli/io.js";
import { run } from "../../../runtime/cli/run.js";

/** What a run left behind. */
export interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What a run sees of the world; nothing of this process where left out. */
export interface World {
  readonly env?: CliIo["env"];
  readonly stdin?: Uint8Array;
  readonly terminal?: boolean;
  readonly signal?: AbortSignal;
  readonly clock?: CliIo["clock"];
  readonly loadSandbox?: () => Promise<Command>;
  readonly loadReview?: Elsewhere["review"];
}

/** Runs a command line. */
export async function byok(args: readonly string[], world: World = {}): Promise<Result> {
  const sink = (): { output: CliIo["stdout"]; text: () => string } => {
    const chunks: Buffer[] = [];
    const writable = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        chunks.push(chunk);
        done();
      },
    });
    return { output: Object.assign(writable, { isTTY: world.terminal === true, columns: 120 }), text: () => Buffer.concat(chunks).toString("latin1") };
  };
  const out = sink();
  const err = sink();
  const clock = world.clock ?? { now: () => performance.now(), sleep: () => Promise.reject(new Error("Nobody asked to wait.")) };
  const io = {
    stdin: Readable.from(world.stdin === undefined ? [] : [world.stdin]),
    stdout: out.output,
    stderr: err.output,
    env: world.env ?? {},
    clock,
    signal: world.signal ?? new AbortController().signal,
  };
  const code = await run(args, io, {
    sandbox: world.loadSandbox ?? (() => Promise.reject(new Error("Nobody asked for the sandbox."))),
    review: world.loadReview ?? (() => Promise.reject(new Error("Nobody asked for a review."))),
  });
  return { code, out: out.text(), err: err.text() };
}
