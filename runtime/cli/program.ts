/**
 * The `byok` command line: names, flags and help. What a command does is loaded when it runs, so that `byok --help` and
 * `byok inspect` pay for nothing else.
 *
 * @module
 */
import { Command } from "commander";
import { type DecryptOptions } from "./commands/decrypt.js";
import { type EncryptOptions } from "./commands/encrypt.js";
import { type VerifyOptions } from "./commands/verify.js";
import { type Elsewhere } from "./elsewhere.js";
import { exitCodeHelp } from "./exit-codes.js";
import { packageVersion } from "./package-version.js";
import { addCredentialsCommands } from "./program/credentials.js";
import { addDescriptorCommands } from "./program/descriptor.js";
import { collect, common, type CommonOptions, type Perform, refuseEmpty, withKeys, withWait } from "./program/flags.js";
import { addReviewCommands } from "./program/review.js";
import { addSecretCommands } from "./program/secret.js";

/** What {@link buildProgram} needs beside the arguments. */
export interface ProgramOptions {
  /** Called with the command that was asked for; knows how to show its outcome. */
  readonly perform: Perform;
  /** Loads commands that stand outside the runtime; only called for one that was asked for. */
  readonly elsewhere: Elsewhere;
  /** Arguments after `byok`. */
  readonly args: readonly string[];
}

/** Builds the program. Parsing it runs the command. */
export async function buildProgram({ perform, elsewhere, args }: ProgramOptions): Promise<Command> {
  const program = new Command("byok")
    .description("Encrypts backups under a key that the customer owns and can take away.")
    .configureHelp({ helpWidth: 110 })
    .addHelpText("after", `\n${exitCodeHelp()}\n\nErrors print as "byok: CODE: message"; --json prints {"error": {"code", "message", ...}} instead.`)
    .version(packageVersion(), "-V, --version", "print the version")
    .exitOverride();

  withWait(common(program.command("verify")))
    .description("check that this service can use the tenant's keys, and tell likely causes if not")
    .requiredOption("--descriptor <file>", "master key descriptors, from: pulumi stack output masterKeys --json")
    .option("--service-key <key>", "opens --credentials; file:PATH (development) or descriptor:FILE")
    .option("--credentials <file>", "application credentials, from: byok credentials create; for keys in Azure Key Vault")
    .action(async (options: VerifyOptions & CommonOptions) => {
      await perform(options.json === true, async (context) => (await import("./commands/verify.js")).verify(options, context));
    });

  addSecretCommands(program, perform);
  addCredentialsCommands(program, perform);
  addDescriptorCommands(program, perform);

  withTarget(withKeys(common(program.command("encrypt"))))
    .description("encrypt a folder into objects with random names and an encrypted index; or a file; or standard input (-)")
    .argument("<input>", "folder, file or -")
    .option("--resource <id>", "id of what is backed up (default: a random one)")
    .option("--skip-special", "leave sockets, pipes and devices out instead of refusing")
    .action(async (input: string, options: EncryptOptions & CommonOptions) => {
      await perform(options.json === true, async (context) =>
        (await import("./commands/encrypt.js")).encrypt(input, options, context),
      );
    });

  withTarget(withKeys(common(program.command("decrypt"))))
    .description("restore what encrypt made: a folder, a single object's file, or standard input (-)")
    .argument("<input>", "encrypted folder, object file or -")
    .option("--older-secret <file>", "sealed Secret of an older generation, for its objects; may be given several times", collect)
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

  addReviewCommands(program, perform, () => elsewhere.review());

  refuseEmpty(program);
  if (asksForSandbox(args)) program.addCommand(await elsewhere.sandbox());
  else program.command("sandbox").description("play a tenant's cloud on this machine (development): byok sandbox --help");
  return program;
}

function asksForSandbox(args: readonly string[]): boolean {
  const words = args.filter((arg) => !arg.startsWith("-"));
  return words[0] === "sandbox" || (words[0] === "help" && words[1] === "sandbox");
}

function withTarget(command: Command): Command {
  return command
    .addHelpText(
      "after",
      "\nA run that is killed (SIGKILL, power) may leave PATH.partial-* or PATH.replaced-* beside --out; the next run to the\n" +
        "same --out names them and says what to do. They are never opened or removed by themselves.",
    )
    .requiredOption("--secret <file>", "sealed Secret, from: byok secret create")
    .requiredOption("--out <path>", "where the result goes, complete or not at all; - for standard output")
    .option("--force", "replace --out if it exists, at the very end");
}
