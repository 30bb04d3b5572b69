/**
 * The `byok` command line: names, flags and help. What a command does is loaded when it runs, so that `byok --help` and
 * `byok inspect` pay for nothing else.
 *
 * @module
 */
import { Command, InvalidArgumentError } from "commander";
import { type Context, type Outcome } from "./context.js";
import { type DecryptOptions } from "./commands/decrypt.js";
import { type EncryptOptions } from "./commands/encrypt.js";
import { type SecretCreateOptions } from "./commands/secret-create.js";
import { type VerifyOptions } from "./commands/verify.js";
import { exitCodeHelp } from "./exit-codes.js";
import { packageVersion } from "./package-version.js";

/** What {@link buildProgram} needs beside the arguments. */
export interface ProgramOptions {
  /** Called with the command that was asked for; knows how to show its outcome. */
  readonly perform: (json: boolean, command: (context: Context) => Promise<Outcome>) => Promise<void>;
  /** Loads the sandbox's own command; only called if it was asked for. */
  readonly loadSandbox: () => Promise<Command>;
  /** Arguments after `byok`. */
  readonly args: readonly string[];
}

interface CommonOptions {
  readonly json?: boolean;
}

/** Builds the program. Parsing it runs the command. */
export async function buildProgram({ perform, loadSandbox, args }: ProgramOptions): Promise<Command> {
  const program = new Command("byok")
    .description("Encrypts backups under a key that the customer owns and can take away.")
    .configureHelp({ helpWidth: 110 })
    .addHelpText("after", `\n${exitCodeHelp()}\n\nErrors print as "byok: CODE: message"; --json prints {"error": {"code", "message", ...}} instead.`)
    .version(packageVersion(), "-V, --version", "print the version")
    .exitOverride();

  common(program.command("verify"))
    .description("check that this service can use the tenant's keys, and tell likely causes if not")
    .requiredOption("--descriptor <file>", "master key descriptors, from: pulumi stack output masterKeys --json")
    .option("--wait <duration>", "keep trying while the grant is not effective yet, e.g. 90s, 10m")
    .action(async (options: VerifyOptions & CommonOptions) => {
      await perform(options.json === true, async (context) => (await import("./commands/verify.js")).verify(options, context));
    });

  const secret = program.command("secret").description("make the Secret that backups are encrypted under");
  common(secret.command("create"))
    .description("make a Secret once; writes its sealed form, which is public")
    .requiredOption("--tenant <id>", "the tenant, as in the descriptors")
    .requiredOption("--descriptor <file>", "master key descriptors, from: pulumi stack output masterKeys --json")
    .requiredOption("--service-key <key>", "file:PATH (development; made if missing) or descriptor:FILE")
    .requiredOption("--out <file>", "where the sealed Secret goes")
    .option("--wait <duration>", "keep trying while the grant is not effective yet, e.g. 90s, 10m")
    .option("--force", "replace --out if it exists")
    .action(async (options: SecretCreateOptions & CommonOptions) => {
      await perform(options.json === true, async (context) =>
        (await import("./commands/secret-create.js")).secretCreate(options, context),
      );
    });

  withKeys(common(program.command("encrypt")))
    .description("encrypt a folder into objects with random names and an encrypted index; or a file; or standard input (-)")
    .argument("<input>", "folder, file or -")
    .option("--resource <id>", "id of what is backed up (default: a random one)")
    .option("--skip-special", "leave sockets, pipes and devices out instead of refusing")
    .action(async (input: string, options: EncryptOptions & CommonOptions) => {
      await perform(options.json === true, async (context) =>
        (await import("./commands/encrypt.js")).encrypt(input, options, context),
      );
    });

  withKeys(common(program.command("decrypt")))
    .description("restore what encrypt made: a folder, a single object's file, or standard input (-)")
    .argument("<input>", "encrypted folder, object file or -")
    .option("--resource <id>", "refuse anything that belongs to another resource")
    .option("--header-tag <hex>", "refuse anything but the very backup that encrypt printed this for")
    .addHelpText(
      "after",
      "\nWith --out - the plaintext goes out as it is authenticated: of an object that was cut short, a correct beginning may\n" +
        "have been written before exit code 5. Use what came only if the exit code is 0. --out FILE has no such beginning.",
    )
    .action(async (input: string, options: DecryptOptions & CommonOptions) => {
      await perform(options.json === true, async (context) =>
        (await import("./commands/decrypt.js")).decrypt(input, options, context),
      );
    });

  common(program.command("inspect"), { mode: false })
    .description("show what an object tells without any key; contacts nothing")
    .argument("<object>", "object file or -")
    .action(async (input: string, options: CommonOptions) => {
      await perform(options.json === true, async (context) => (await import("./commands/inspect.js")).inspect(input, context));
    });

  refuseEmpty(program);
  if (asksForSandbox(args)) program.addCommand(await loadSandbox());
  else program.command("sandbox").description("play a tenant's cloud on this machine (development): byok sandbox --help");
  return program;
}

/** An empty value is an unset variable in somebody's script: said with the flag's name, before anything is read. */
function refuseEmpty(command: Command): void {
  const notEmpty = (value: string): string => {
    if (value === "") throw new InvalidArgumentError("It must not be empty.");
    return value;
  };
  for (const option of command.options) if (option.required) option.argParser(notEmpty);
  for (const argument of command.registeredArguments) argument.argParser(notEmpty);
  for (const child of command.commands) refuseEmpty(child);
}

function asksForSandbox(args: readonly string[]): boolean {
  const words = args.filter((arg) => !arg.startsWith("-"));
  return words[0] === "sandbox" || (words[0] === "help" && words[1] === "sandbox");
}

function common(command: Command, given: { mode: boolean } = { mode: true }): Command {
  if (given.mode) {
    command.option("--mode <mode>", "production refuses local keys and the sandbox; development must be asked for (default: production, or development if --service-key is a file or BYOK_SANDBOX is set)");
  }
  return command
    .option("--json", "print one JSON document on standard output, and nothing else there")
    .option("--verbose", "show what an error was caused by");
}

function withKeys(command: Command): Command {
  return command
    .addHelpText(
      "after",
      "\nA run that is killed (SIGKILL, power) may leave PATH.partial-* or PATH.replaced-* beside --out; the next run to the\n" +
        "same --out names them and says what to do. They are never opened or removed by themselves.",
    )
    .requiredOption("--secret <file>", "sealed Secret, from: byok secret create")
    .requiredOption("--descriptor <file>", "master key descriptors, from: pulumi stack output masterKeys --json")
    .requiredOption("--service-key <key>", "file:PATH (development) or descriptor:FILE")
    .requiredOption("--out <path>", "where the result goes, complete or not at all; - for standard output")
    .option("--force", "replace --out if it exists, at the very end");
}
