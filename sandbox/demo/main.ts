#!/usr/bin/env node
/**
 * `npm start [-- FOLDER]`: the whole life of a tenant's key on this machine, without a cloud account. Every step is
 * checked; the first that does not hold ends the run with exit code 1.
 *
 * @module
 */
import { mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

import { Command } from "commander";

import { formatBytes } from "../../runtime/cli/terminal.js";
import { ByokError } from "../../runtime/master-key/errors.js";
import { play } from "./play.js";
import { chooseInput, measure } from "./input.js";
import { filesAndBytes, Narrator } from "./narrator.js";

/** dist/sandbox/demo -> the package. */
const PACKAGE_ROOT = dirname(dirname(dirname(__dirname)));

/** Room for the encrypted and the restored copy, and some to spare. */
const COPIES = 2.2;

interface Options {
  readonly keep?: boolean;
  readonly workDir: string;
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
    const input = resolve(await chooseInput(PACKAGE_ROOT, folder));
    const size = await measure(input);
    await assertRoom(options.workDir, size.bytes);
    workspace = await mkdtemp(join(options.workDir, "byok-demo-"));
    narrator.say("DEVELOPMENT MODE: the cloud is a sandbox on 127.0.0.1 and the service key a local file. Nothing leaves this machine.");
    narrator.say(`Backing up ${input} (${filesAndBytes(size.files, size.bytes)}); working in ${workspace}.`);
    await play({ narrator, input, workspace, packageRoot: PACKAGE_ROOT });
    if (options.keep === true) narrator.say(`\nLeft for a look: ${workspace}`);
    return 0;
  } catch (error) {
    narrator.failed(describe(error));
    return error instanceof ByokError && error.code === "CONFIG_INVALID" ? 2 : 1;
  } finally {
    if (workspace !== undefined && options.keep !== true) await rm(workspace, { recursive: true, force: true });
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
