#!/usr/bin/env node
/**
 * `npm start [-- FOLDER]`: the whole life of a tenant's key on this machine, without a cloud account. Every step is
 * checked; the first that does not hold ends the run with exit code 1.
 *
 * @module
 */
import { mkdtemp, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { Command } from "commander";

import { formatBytes } from "../../runtime/cli/terminal.js";
import { removeTree } from "../../runtime/cli/folder/target.js";
import { ByokError } from "../../runtime/master-key/errors.js";
import { play } from "./play.js";
import { EVERY_CLOUD, ONE_CLOUD, type Role } from "./cast.js";
import { chooseInput, ENOUGH_AGAIN, type Input } from "./input.js";
import { filesAndBytes, Narrator } from "./narrator.js";

/** dist/sandbox/demo -> the package. */
const PACKAGE_ROOT = dirname(dirname(dirname(__dirname)));

/** Room for the encrypted and the restored copy, and some to spare. */
const COPIES = 2.2;

/** Exit codes as of `byok` (runtime/cli/exit-codes.ts). */
const EXIT = { failed: 1, usage: 2, interrupted: 130 };

interface Options {
  readonly keep?: boolean;
  readonly workDir: string;
}

// The SDK's notice about Node 20 has no part in the story (@aws-sdk/core, emitWarningIfUnsupportedVersion).
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";

const stop = new AbortController();

/** The first signal stops what is running and cleans up; whoever sends a second one does not want to wait for that. */
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(name, () => {
    if (stop.signal.aborted) {
      process.stderr.write("Ended at once; a folder byok-demo-* may be left in --work-dir: delete it.\n");
      process.exit(EXIT.interrupted);
    }
    stop.abort(new ByokError("ABORTED", `Interrupted by ${name}.`));
  });
}

const program = new Command("npm start --")
  .description("Plays a tenant's key from provisioning to revocation and back, with a real folder, on this machine only.")
  .argument("[folder]", "what to back up; only read (default: a package that npm ci has just installed)")
  .option("--work-dir <dir>", "where the temporary copies go", tmpdir())
  .option("--keep", "leave the temporary copies for a look")
  .action(async (folder: string | undefined, options: Options) => {
    process.exitCode = await main(folder, options);
  });

async function main(folder: string | undefined, options: Options): Promise<number> {
  const narrator = new Narrator();
  let workspace: string | undefined;
  try {
    const input = await chooseInput(PACKAGE_ROOT, folder, stop.signal);
    const again = folder === undefined ? await chooseInput(PACKAGE_ROOT, folder, stop.signal, ENOUGH_AGAIN) : input;
    const roles = [...ONE_CLOUD, EVERY_CLOUD];
    const inputOf = (role: Role): Input => (role === roles[0] ? input : again);
    await assertRoom(options.workDir, roles.reduce((sum, role) => sum + inputOf(role).bytes, 0));
    stop.signal.throwIfAborted();
    workspace = await mkdtemp(join(options.workDir, "byok-demo-"));
    narrator.say("DEVELOPMENT MODE: the clouds are a sandbox on 127.0.0.1 and the service key a local file. Nothing leaves this machine.");
    for (const { folder: source, files, bytes } of new Set(roles.map(inputOf))) {
      narrator.say(`Backing up ${source} (${filesAndBytes(files, bytes)}).`);
    }
    narrator.say(`Working in ${workspace}.`);
    await play({ narrator, inputOf: (role) => inputOf(role).folder, workspace, packageRoot: PACKAGE_ROOT, signal: stop.signal });
    if (options.keep === true) narrator.say(`\nLeft for a look: ${workspace}`);
    return 0;
  } catch (error) {
    if (stop.signal.aborted) {
      narrator.stopped(error instanceof Error ? error.message : String(error));
      return EXIT.interrupted;
    }
    narrator.failed(describe(error));
    return error instanceof ByokError && error.code === "CONFIG_INVALID" ? EXIT.usage : EXIT.failed;
  } finally {
    if (workspace !== undefined && options.keep !== true) {
      await removeTree(workspace);
      if (stop.signal.aborted) narrator.say(`Removed ${workspace}.`);
    }
  }
}

async function assertRoom(directory: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory).catch((cause: unknown) => {
    throw new ByokError("CONFIG_INVALID", `There is no folder ${JSON.stringify(directory)} to work in.`, { cause });
  });
  const needed = bytes * COPIES;
  if (bavail * bsize >= needed) return;
  throw new ByokError(
    "CONFIG_INVALID",
    `${directory} has ${formatBytes(bavail * bsize)} left, the copies need ${formatBytes(needed)}: name another place with --work-dir.`,
  );
}

function describe(error: unknown): string {
  if (error instanceof ByokError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

void program.parseAsync();
