/** A sandbox with resource providers in a process of its own: says what it opened, and closes with its input. */
import { once } from "node:events";

import { startSandbox } from "../../sandbox/index.js";

async function main(directory: string): Promise<void> {
  const sandbox = await startSandbox({ directory, pulumi: true });
  process.stdout.write(`${JSON.stringify({ environment: sandbox.environment, file: sandbox.file })}\n`);
  await once(process.stdin.resume(), "end");
  await sandbox.close();
}

main(process.argv[2] ?? "").catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
