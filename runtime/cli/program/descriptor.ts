/**
 * `byok descriptor`: names, flags and help.
 *
 * @module
 */
import { type Command } from "commander";
import { type DescriptorCreateOptions } from "../commands/descriptor-create.js";
import { common, type CommonOptions, type Perform, withWait } from "./flags.js";

/** Adds the command and its own command. */
export function addDescriptorCommands(program: Command, perform: Perform): void {
  const descriptor = program.command("descriptor").description("describe a key that the tenant made by hand instead of with a stack");

  withWait(common(descriptor.command("create")))
    .description("check a key live and write its descriptor, as a stack's output has it")
    .argument("<key>", "resource name (Google Cloud), ARN (AWS) or key identifier (Azure) of the key, without a version")
    .requiredOption("--tenant <id>", "whose key it is")
    .requiredOption("--datacenter <name>", "usa, eu, uk, au or ca: where the tenant's backups are")
    .requiredOption("--granted-to <identity>", "who was granted the key: a service account's address (Google Cloud), an account id or principal's ARN (AWS), the object id of the application's service principal (Azure)")
    .requiredOption("--out <file>", "where the descriptor goes; written only if the key works")
    .option("--alias <name>", "AWS: the key's alias, alias/NAME")
    .option("--entra-tenant <id>", "Azure: the directory (tenant) id")
    .option("--client-id <id>", "Azure: the application (client) id")
    .option("--operation <name>", "Azure: encrypt or wrap, as the access policy allows (default: encrypt)")
    .option("--credentials <file>", "Azure: application credentials, from: byok credentials create; the newest certificate is named")
    .option("--service-key <key>", "Azure: opens --credentials; file:PATH (development) or descriptor:FILE")
    .option("--force", "replace --out if it exists")
    .addHelpText(
      "after",
      "\nThe key is always tried: a round trip with a random share, another tenant's context, its state. A descriptor that was\n" +
        "never seen to work would only fail later, in a backup.",
    )
    .action(async (key: string, options: DescriptorCreateOptions & CommonOptions) => {
      await perform(options.json === true, async (context) =>
        (await import("../commands/descriptor-create.js")).descriptorCreate(key, options, context),
      );
    });
}
