/**
 * `npm run live -- STACK`: a tenant's key in real clouds, from `pulumi up` to teardown, with how long revocation took.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { Command } from "commander";

import { exitCodeHelp, exitCodeOf } from "../runtime/cli/exit-codes.js";
import { ByokError } from "../runtime/master-key/errors.js";
import { type Clock, runLive } from "./run.js";
import { type LiveOptions, settle } from "./settings.js";

const stop = new AbortController();
const clock: Clock = {
  now: () => new Date(),
  sleep: async (milliseconds, signal) => {
    await sleep(milliseconds, undefined, { signal });
  },
};

for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(name, () => {
    stop.abort(new ByokError("ABORTED", `Interrupted by ${name}.`));
  });
}

const program = new Command("npm run live --")
  .description(
    "Deploys a stack with YOUR credentials, uses its keys as the service, revokes them in both ways and measures how long access\n" +
      "survives, restores, compares, and tears down. It costs what the keys cost, and leaves the keys: docs/guides/live.md.",
  )
  .argument("<stack>", "a stack of this project that holds nothing yet (pulumi stack init STACK)")
  .requiredOption("--service-env <file>", "the service's own credentials, KEY=VALUE lines, mode 0600; only byok's processes get them")
  .option("--service-key <key>", "file:PATH or descriptor:FILE, as for byok (default: a file made for this run)")
  .option("--credentials <file>", "application credentials, for keys in Azure; their certificate is in the stack's configuration")
  .option("--project <dir>", "folder with Pulumi.yaml", dirname(__dirname))
  .option("--existing", "use a stack that is deployed: revoke and restore only, no up from nothing, no teardown")
  .option("--destroy-keys <stack>", "at the end, schedule the deletion of the keys of this run; wants the stack's name once more")
  .option("--wait <duration>", "longest wait for a change to take effect", "30m")
  .option("--every <duration>", "time between two looks, as exact as the measured times are", "5s")
  .option("--json <file>", "write the report there, too")
  .addHelpText(
    "after",
    "\nThe deployer is whoever this shell is signed in as, an administrator of the tenant's account; the service is whoever the file says." +
      "\nWhile it runs, the service has no access for some minutes, twice per cloud: never name a stack whose backups run." +
      `\n\n${exitCodeHelp()}`,
  )
  .exitOverride()
  .action(async (stack: string, options: LiveOptions) => {
    const settings = settle(stack, options, process.env);
    const report = await runLive(settings, { clock, signal: stop.signal, say: (line) => process.stdout.write(`${line}\n`) });
    if (settings.json !== undefined) await writeFile(settings.json, `${JSON.stringify(report, null, 2)}\n`);
    process.stdout.write(`\n${report.summary().join("\n")}\n`);
    if (report.failure !== undefined) throw report.failure;
  });

program.parseAsync().catch((error: unknown) => {
  if (error instanceof Error && "exitCode" in error && error.name === "CommanderError") {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
    return;
  }
  const known = stop.signal.aborted ? (stop.signal.reason as unknown) : error;
  process.stderr.write(`live: ${known instanceof ByokError ? `${known.code}: ` : ""}${known instanceof Error ? known.message : String(known)}\n`);
  process.exitCode = exitCodeOf(known);
});
