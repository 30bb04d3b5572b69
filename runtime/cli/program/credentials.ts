/**
 * `byok credentials`: names, flags and help.
 *
 * @module
 */
import { type Command } from "commander";
import { type CredentialsCreateOptions, type CredentialsListOptions, type CredentialsRotateOptions } from "../commands/credentials.js";
import { common, type CommonOptions, type Perform } from "./flags.js";

/** Adds the command and its own commands. */
export function addCredentialsCommands(program: Command, perform: Perform): void {
  const credentials = program
    .command("credentials")
    .description("make and rotate the certificate with which the service signs in to a tenant's Azure directory");

  newCertificate(common(credentials.command("create")))
    .description("make a key and its certificate; the private key is sealed by the service key and never leaves")
    .requiredOption("--tenant <id>", "the tenant whose directory it is for")
    .requiredOption("--service-key <key>", "file:PATH (development; made if missing) or descriptor:FILE")
    .requiredOption("--out <file>", "where the credentials go; nothing in them is secret without the service key")
    .option("--force", "replace --out and --certificate-out if they exist")
    .addHelpText("after", "\nIn Azure this comes first: the stack's configuration takes the certificate, and its descriptor names it.")
    .action(async (options: CredentialsCreateOptions & CommonOptions) => {
      await perform(options.json === true, async (context) =>
        (await import("../commands/credentials.js")).credentialsCreate(options, context),
      );
    });

  common(credentials.command("list"), { mode: false })
    .description("show the certificates and when they expire; needs no key")
    .argument("<file>", "what byok credentials create wrote")
    .option("--certificate-out <file>", "write the newest certificate, too: .pem (text), or .cer or .der (binary)")
    .option("--force", "replace --certificate-out if it exists")
    .action(async (file: string, options: CredentialsListOptions & CommonOptions) => {
      await perform(options.json === true, async (context) =>
        (await import("../commands/credentials.js")).credentialsList(file, options, context),
      );
    });

  newCertificate(common(credentials.command("rotate")))
    .description("add a second certificate, so that one can take the other's place without a gap")
    .argument("<file>", "what byok credentials create wrote; replaced at the very end, and only if it still is what was read")
    .requiredOption("--service-key <key>", "file:PATH (development) or descriptor:FILE")
    .option("--drop-oldest", "drop the older of two, which nothing then signs in with")
    .option("--force", "replace --certificate-out if it exists")
    .addHelpText(
      "after",
      "\n1. rotate; 2. the tenant registers both certificates; 3. the service takes the descriptor that names the new one;\n" +
        "4. the next rotation drops the old one (--drop-oldest), and the tenant removes it.",
    )
    .action(async (file: string, options: CredentialsRotateOptions & CommonOptions) => {
      await perform(options.json === true, async (context) =>
        (await import("../commands/credentials.js")).credentialsRotate(file, options, context),
      );
    });
}

function newCertificate(command: Command): Command {
  return command
    .option("--certificate-out <file>", "write the new certificate by itself, too: .pem (text), or .cer or .der (binary)")
    .option("--days <number>", "how long it is valid: 1 to 730 days (default: 365)");
}
