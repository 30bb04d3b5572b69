/**
 * Flags that several commands have, in one wording.
 *
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";
import { type Context, type Outcome } from "../context.js";

/** Called with the command that was asked for; knows how to show its outcome. */
export type Perform = (json: boolean, command: (context: Context) => Promise<Outcome>) => Promise<void>;

/** What every command takes. */
export interface CommonOptions {
  readonly json?: boolean;
}

const DESCRIPTOR = "master key descriptors, from: pulumi stack output masterKeys --json";
const CREDENTIALS = "application credentials, from: byok credentials create; for keys in Azure Key Vault";

/** `--json`, `--verbose` and, for commands that open keys, `--mode`. */
export function common(command: Command, given: { mode: boolean } = { mode: true }): Command {
  if (given.mode) {
    command.option("--mode <mode>", "production refuses local keys and the sandbox; development must be asked for (default: production, or development if --service-key is a file or BYOK_SANDBOX is set)");
  }
  return command
    .option("--json", "print one JSON document on standard output, and nothing else there")
    .option("--verbose", "show what an error was caused by");
}

/** `--descriptor`, `--service-key` and `--credentials`. */
export function withKeys(command: Command, serviceKey = "file:PATH (development) or descriptor:FILE"): Command {
  return command
    .requiredOption("--descriptor <file>", DESCRIPTOR)
    .requiredOption("--service-key <key>", serviceKey)
    .option("--credentials <file>", CREDENTIALS);
}

/** The same flags, none of them needed. */
export function withOptionalKeys(command: Command): Command {
  return command
    .option("--descriptor <file>", DESCRIPTOR)
    .option("--service-key <key>", "file:PATH (development) or descriptor:FILE")
    .option("--credentials <file>", CREDENTIALS);
}

/** `--wait`, in one wording. */
export function withWait(command: Command): Command {
  return command.option("--wait <duration>", "keep trying while the grant is not effective yet, e.g. 90s, 10m");
}

/** Parser of a flag that may be given several times. */
export function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}

/** An empty value is an unset variable in somebody's script: said with the flag's name, before anything is read. */
export function refuseEmpty(command: Command): void {
  const notEmpty = (value: string): string => {
    if (value === "") throw new InvalidArgumentError("It must not be empty.");
    return value;
  };
  for (const option of command.options) {
    if (!option.required) continue;
    const { parseArg } = option;
    option.argParser((value: string, previous: unknown): unknown => (parseArg === undefined ? notEmpty(value) : parseArg(notEmpty(value), previous)));
  }
  for (const argument of command.registeredArguments) argument.argParser(notEmpty);
  for (const child of command.commands) refuseEmpty(child);
}
