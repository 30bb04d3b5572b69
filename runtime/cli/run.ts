/**
 * One run of `byok`: arguments in, exit code out.
 *
 * @module
 */
import { types } from "node:util";
import { type Command, CommanderError } from "commander";
import { ByokError } from "../master-key/errors.js";
import { likelyCauses } from "./advice.js";
import { type Outcome, type Context } from "./context.js";
import { type Elsewhere } from "./elsewhere.js";
import { type ExitCode, exitCodeOf } from "./exit-codes.js";
import { FileError } from "./file-error.js";
import { throwIfAborted } from "./interrupt.js";
import { type CliIo } from "./io.js";
import { buildProgram } from "./program.js";
import { ReviewFindingsError } from "./review-findings.js";
import { paintFor, Terminal } from "./terminal.js";
import { NotEffectiveYetError } from "./wait.js";

/**
 * Runs `byok` with the arguments that follow its name. Never throws.
 *
 * @param elsewhere loads commands that stand outside the runtime, if they are asked for
 */
export async function run(args: readonly string[], io: CliIo, elsewhere: Elsewhere): Promise<ExitCode> {
  const options = args.slice(0, args.includes("--") ? args.indexOf("--") : args.length);
  const json = options.includes("--json");
  const verbose = options.includes("--verbose");
  let failure: Error | undefined;
  const perform = async (_json: boolean, command: (context: Context) => Promise<Outcome>): Promise<void> => {
    const terminal = new Terminal(io, { json });
    const outcome = await command({ io, terminal });
    failure = outcome.failure;
    const { report } = outcome;
    const shown = failure === undefined ? report : { ...report, json: { ...report.json, error: describe(failure, io.env, verbose) } };
    terminal.report(shown, { aside: outcome.aside === true });
    if (failure !== undefined && !json) explain(failure, io, verbose);
  };
  try {
    const program = await buildProgram({ perform, elsewhere, args });
    captureOutput(program, io);
    await program.parseAsync(args, { from: "user" });
    return failure === undefined ? 0 : exitCodeOf(failure);
  } catch (thrown) {
    const error = settle(thrown, io.signal);
    if (error === undefined) return 0;
    if (json) io.stdout.write(`${JSON.stringify({ error: describe(error, io.env, verbose) })}\n`);
    else explain(error, io, verbose);
    return exitCodeOf(error);
  }
}

/** Help goes to standard output, asked for or not needed; what commander says of errors is said by {@link explain}. */
function captureOutput(command: Command, io: CliIo): void {
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(text),
    outputError: () => undefined,
  });
  for (const child of command.commands) captureOutput(child, io);
}

/** What was really wrong; undefined if somebody only asked for help. */
function settle(thrown: unknown, signal: AbortSignal): Error | undefined {
  try {
    throwIfAborted(signal);
  } catch (error) {
    if (error instanceof Error) return error;
  }
  if (thrown instanceof CommanderError) {
    if (thrown.exitCode === 0) return undefined;
    // `byok` and `byok secret` alone: commander has shown the help on standard error.
    const message = thrown.code === "commander.help" ? "name a command" : thrown.message.replace(/^error: /, "");
    return new ByokError("CONFIG_INVALID", `${message.replace(/\n/g, " ")} (see byok --help)`);
  }
  return types.isNativeError(thrown) ? thrown : new Error(String(thrown));
}

type KnownError = ByokError | FileError | NotEffectiveYetError | ReviewFindingsError;

function isKnown(error: Error): error is KnownError {
  return [ByokError, FileError, NotEffectiveYetError, ReviewFindingsError].some((known) => error instanceof known);
}

function codeOf(error: Error): string {
  return isKnown(error) ? error.code : "UNEXPECTED";
}

/** An error for programs. */
function describe(error: Error, env: CliIo["env"], verbose: boolean): Record<string, unknown> {
  return {
    ...(isKnown(error) ? error.toJSON() : { name: error.name, message: error.message }),
    code: codeOf(error),
    exitCode: exitCodeOf(error),
    likelyCauses: likelyCauses(error, env),
    ...(verbose ? { causes: causes(error) } : {}),
  };
}

/** An error for people, on standard error. */
function explain(error: Error, io: CliIo, verbose: boolean): void {
  const paint = paintFor(io.stderr, io.env);
  const lines = [`${paint.bad(`byok: ${codeOf(error)}:`)} ${error.message}`];
  const likely = likelyCauses(error, io.env);
  if (likely.length > 0) lines.push("Likely causes:", ...likely.map((cause) => `  - ${cause}`));
  if (verbose) lines.push(...causes(error).map((cause) => `  caused by ${cause}`));
  else if (codeOf(error) === "UNEXPECTED") lines.push("Run again with --verbose, and report it.");
  io.stderr.write(`${lines.join("\n")}\n`);
}

/** Names and messages of the chain of causes; no stacks, which are for debuggers. */
function causes(error: Error): string[] {
  const chain: string[] = [];
  const seen = new Set<unknown>([error]);
  for (let cause = error.cause; types.isNativeError(cause) && !seen.has(cause); cause = cause.cause) {
    seen.add(cause);
    chain.push(`${cause.name}: ${cause.message}`);
  }
  return chain;
}
