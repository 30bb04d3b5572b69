/**
 * `byok secret`: names, flags and help.
 *
 * @module
 */
import { type Command } from "commander";
import { type SecretAddKeyOptions, type SecretChangeOptions, type SecretRemoveKeyOptions, type SecretRenewOptions } from "../commands/secret-change.js";
import { type SecretCreateOptions } from "../commands/secret-create.js";
import { type SecretShowOptions } from "../commands/secret-show.js";
import { collect, common, type CommonOptions, type Perform, withKeys, withOptionalKeys, withWait } from "./flags.js";

const SECRET = "sealed Secret, from: byok secret create";
const REPLACED = "\n--secret is replaced at the very end, and only if it still is what was read.";

/** Adds the command and its own commands. */
export function addSecretCommands(program: Command, perform: Perform): void {
  const secret = program.command("secret").description("make the Secret that backups are encrypted under, and keep up with its keys");

  withWait(withKeys(common(secret.command("create")), "file:PATH (development; made if missing) or descriptor:FILE"))
    .description("make a Secret once; writes its sealed form, which is public")
    .requiredOption("--tenant <id>", "the tenant, as in the descriptors")
    .requiredOption("--out <file>", "where the sealed Secret goes")
    .option("--force", "replace --out if it exists")
    .action(async (options: SecretCreateOptions & CommonOptions) => {
      await perform(options.json === true, async (context) =>
        (await import("../commands/secret-create.js")).secretCreate(options, context),
      );
    });

  withOptionalKeys(common(secret.command("show")))
    .description("show whose it is, its keys and their versions; with --descriptor and --service-key, whether it opens and a re-wrap is due")
    .requiredOption("--secret <file>", SECRET)
    .addHelpText(
      "after",
      "\nA wrap stays on the key version that made it. Google Cloud and Azure show versions: after a rotation, re-wrap, and only\n" +
        "then destroy older ones, on the conditions that are printed. AWS keeps the old ones itself and shows none.",
    )
    .action(async (options: SecretShowOptions & CommonOptions) => {
      await perform(options.json === true, async (context) => (await import("../commands/secret-show.js")).secretShow(options, context));
    });

  withKeys(common(secret.command("rewrap")))
    .description("follow the rotation of its keys: the same share under the versions that the KMSs wrap with now")
    .requiredOption("--secret <file>", `${SECRET}; replaced`)
    .addHelpText("after", `${REPLACED} A key that refuses keeps its old wrap.`)
    .action(async (options: SecretChangeOptions & CommonOptions) => {
      await perform(options.json === true, async (context) =>
        (await import("../commands/secret-change.js")).secretRewrap(options, context),
      );
    });

  withWait(withKeys(common(secret.command("add-key"))))
    .description("add the master keys of --descriptor that it does not name yet; any of them then closes it")
    .requiredOption("--secret <file>", `${SECRET}; replaced`)
    .addHelpText("after", `${REPLACED} Same generation: objects from before open with it.`)
    .action(async (options: SecretAddKeyOptions & CommonOptions) => {
      await perform(options.json === true, async (context) =>
        (await import("../commands/secret-change.js")).secretAddKey(options, context),
      );
    });

  newGeneration(withKeys(common(secret.command("remove-key"))))
    .description("make its next generation without some of its master keys, which may be gone already")
    .requiredOption("--key <id>", "id of a master key to leave out, as byok secret show prints it; may be given several times", collect)
    .action(async (options: SecretRemoveKeyOptions & CommonOptions) => {
      await perform(options.json === true, async (context) =>
        (await import("../commands/secret-change.js")).secretRemoveKey(options, context),
      );
    });

  newGeneration(withKeys(common(secret.command("renew"))))
    .description("make its next generation with the same master keys: new shares, for what is encrypted from then on")
    .action(async (options: SecretRenewOptions & CommonOptions) => {
      await perform(options.json === true, async (context) =>
        (await import("../commands/secret-change.js")).secretRenew(options, context),
      );
    });
}

function newGeneration(command: Command): Command {
  return command
    .requiredOption("--secret <file>", `${SECRET}; it is left as it is`)
    .requiredOption("--out <file>", "where the next generation goes")
    .option("--force", "replace --out if it exists")
    .addHelpText(
      "after",
      "\nObjects of the old generation open as before, with its keys. Keep the old file: byok decrypt takes it as --older-secret,\n" +
        "and it can be re-wrapped when a KMS key is rotated.",
    );
}
