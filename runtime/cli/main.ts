#!/usr/bin/env node
/**
 * The `byok` command: wires {@link run} to this process.
 *
 * @module
 */
import { ByokError } from "../master-key/errors.js";
import { toFileError } from "./file-error.js";
import { systemClock } from "./io.js";
import { run } from "./run.js";

const stop = new AbortController();

/** The first signal cleans up; whoever sends a second one does not want to wait for that. */
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(name, () => {
    if (stop.signal.aborted) {
      process.stderr.write("byok: ended at once; a folder or file named *.partial-* may be left beside --out: delete it.\n");
      process.exit(130);
    }
    stop.abort(new ByokError("ABORTED", `Interrupted by ${name}: nothing half-written is left.`));
  });
}

// A reader that went away (`byok ... | head`) ends the run like any other full output.
process.stdout.on("error", (error) => {
  stop.abort(toFileError(error, "write to", "standard output"));
});

void run(
  process.argv.slice(2),
  {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    clock: systemClock,
    signal: stop.signal,
  },
  {
    sandbox: async () => {
      // eslint-disable-next-line import-x/no-restricted-paths -- the one way from the command to the sandbox, loaded only when a person asks for it
      const { sandboxCommand } = await import("../../sandbox/cli/index.js");
      return sandboxCommand();
    },
    // eslint-disable-next-line import-x/no-restricted-paths -- the same for reviews of what a stack's program declares
    review: () => import("../../review/index.js"),
  },
).then((code) => {
  process.exitCode = code;
  // Whatever was being read from a pipe must not keep an interrupted process alive.
  process.stdin.destroy();
});
