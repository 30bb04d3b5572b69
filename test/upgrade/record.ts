/**
 * Records what a release registers: `npm run record-release` writes this checkout's stacks to `test/upgrade/VERSION/`.
 * Committed with the release, they are what later releases are tried over. docs/upgrading.md.
 *
 * `--checkout DIR` records another checkout (its dependencies installed) with the configurations of this one; `--out DIR`
 * writes elsewhere; `--like DIR`
 * takes the stacks of recordings in place of this checkout's own, and their configurations as they are spelt now.
 */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

import { found } from "../components/azure/found.js";
import { fitting } from "../components/fitting.js";
import { accountAnswers } from "../stacks/account-answers.js";
import { ROOT } from "../stacks/stack-file.js";
import { RECORDED_STACKS, recordedConfig, respelled } from "./recorded-stacks.js";
import { type Recording } from "./recorded.js";
import { recordStack } from "./recording.js";

/** What is there already, as it fits. Where Azure's key is stays a reference. */
const existing = (type: string, id: string): Record<string, unknown> => (type.startsWith("gcp:") ? fitting(type, id) : {});

/** Configurations by stack. */
async function configurations(like: string | undefined): Promise<[stack: string, config: Recording["config"]][]> {
  if (like === undefined) {
    return Promise.all(
      Object.entries(RECORDED_STACKS).map(async ([stack, recorded]): Promise<[string, Recording["config"]]> => [stack, await recordedConfig(recorded)]),
    );
  }
  const recordings = await Promise.all(
    (await readdir(like)).map(async (file) => JSON.parse(await readFile(join(like, file), "utf8")) as Recording),
  );
  return recordings.map(({ stack, config }) => [stack, respelled(stack, config)]);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { checkout: { type: "string", default: ROOT }, out: { type: "string" }, like: { type: "string" } },
  });
  const checkout = resolve(values.checkout);
  const { version } = JSON.parse(await readFile(join(checkout, "package.json"), "utf8")) as { version: string };
  const out = resolve(values.out ?? join(__dirname, version));
  await mkdir(out, { recursive: true });
  for (const [stack, config] of await configurations(values.like)) {
    const recording = await recordStack({ checkout, stack, config, existing, calls: found({ calls: accountAnswers(config) }).calls });
    await writeFile(join(out, `${stack}.json`), `${JSON.stringify(recording, undefined, 2)}\n`);
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
