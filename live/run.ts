/**
 * The stages of a live run. Each one is timed and reported; what it changed for the time being is undone when a later one
 * fails, and what stays is named with the command that removes it.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { packageVersion } from "../runtime/cli/package-version.js";
import { type MasterKeyDescriptor, parseMasterKeyDescriptors } from "../runtime/index.js";
import { placeOf } from "../runtime/master-key/descriptor.js";
import { ByokError } from "../runtime/master-key/errors.js";
import { type Administrator, administratorOf } from "./administrator.js";
import { Report } from "./report.js";
import { PulumiStack, ServiceProcess } from "./processes.js";
import { type Settings } from "./settings.js";

/** Time for a run; tests bring their own. */
export interface Clock {
  now(): Date;
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/**
 * Runs all stages.
 *
 * @returns the report, also of a run that failed: its `failure` says why
 */
export async function runLive(settings: Settings, { clock, signal, say }: { clock: Clock; signal: AbortSignal; say: (line: string) => void }): Promise<Report> {
  const report = new Report(settings.stack, clock, say);
  const folder = await mkdtemp(join(tmpdir(), "byok-live-"));
  const pulumi = new PulumiStack(settings, signal);
  const service = new ServiceProcess(settings, folder, signal);
  // What was revoked is given back even when somebody interrupts the run.
  const undoing = new PulumiStack(settings, new AbortController().signal);
  const undo: Undo[] = [];
  try {
    await stages({ settings, clock, signal, report, folder, pulumi, undoing, service, undo });
  } catch (error) {
    report.failure = error instanceof Error ? error : new Error(String(error));
    for (const { what, how, run } of undo.reverse()) {
      await report.stage(`undo: ${what}`, run).catch(() => {
        report.leave(`${what} was not undone`, how);
      });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return report;
}

/** Something that was changed for the time being. */
interface Undo {
  readonly what: string;
  /** How to undo it by hand. */
  readonly how: string;
  readonly run: () => Promise<unknown>;
}

interface Stage {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly report: Report;
  readonly folder: string;
  readonly pulumi: PulumiStack;
  readonly service: ServiceProcess;
  /** The same stack; not stopped by the signal. */
  readonly undoing: PulumiStack;
  readonly undo: Undo[];
}

async function stages(run: Stage): Promise<void> {
  const { settings, report, folder, pulumi, service } = run;
  const { stack } = settings;

  await report.stage("look", async () => {
    report.versions = { "pulumi-byok": packageVersion(), pulumi: await pulumi.version(), node: process.version };
    const resources = await pulumi.resources();
    if (resources > 0 && !settings.existing) {
      throw new ByokError("CONFIG_INVALID", `Stack ${stack} holds ${resources} resources already. Name a stack that is empty, or give --existing: it is then used and left as it is.`);
    }
    if (resources === 0 && settings.existing) throw new ByokError("CONFIG_INVALID", `Stack ${stack} holds nothing yet: leave --existing out, or run pulumi up first.`);
    const adopted = settings.destroyKeys ? await pulumi.adoptedKeys() : [];
    if (adopted.length > 0) {
      throw new ByokError("CONFIG_INVALID", `Stack ${stack} takes over a key that is there already (${adopted.map((cloud) => `byok:${cloud}.existing.key`).join(", ")}): a run never deletes what it did not create. Leave --destroy-keys out.`);
    }
    // The updates of the run must change the grant and nothing else.
    if (settings.existing) await pulumi.expectNoChanges();
    return `${resources} resources`;
  });

  if (!settings.existing) {
    // Also of an up that fails half-way: whatever it made is in the stack then.
    report.leave(`resources of stack ${stack}`, `pulumi destroy --exclude-protected --stack ${stack}; then pulumi state unprotect --all --stack ${stack} and pulumi destroy --stack ${stack}, which keeps the keys`);
    await report.stage("up", async () => {
      await pulumi.up();
      return `${await pulumi.resources()} resources`;
    });
  }

  const text = await pulumi.output("masterKeys");
  const descriptors = parseMasterKeyDescriptors(JSON.parse(text));
  await writeFile(join(folder, "keys.json"), text);
  if (descriptors.some(({ provider }) => provider === "azure-key-vault") && settings.credentials === undefined) {
    throw new ByokError("CONFIG_INVALID", "A key in Azure needs --credentials and --service-key: the application credentials whose certificate the stack registers.");
  }

  await report.stage("verify", async () => {
    await service.verify(settings.wait);
    return descriptors.map(placeOf).join(", ");
  });
  await report.stage("encrypt", async () => {
    await writeFile(join(folder, "original"), randomBytes(3 << 20));
    await service.createSecret(descriptors[0]?.tenant ?? "");
    await service.encrypt();
    return "a file of 3 MiB";
  });

  for (const descriptor of descriptors) await disable(run, descriptor, await administratorOf(descriptor));
  await suspend(run);

  await report.stage("decrypt", async () => {
    await service.decrypt();
    const [original, restored] = await Promise.all([readFile(join(folder, "original")), readFile(join(folder, "restored"))]);
    if (!original.equals(restored)) throw new ByokError("TAMPERED", "What was restored is not what was encrypted.");
    return "the same bytes";
  });

  if (settings.existing) return;
  await teardown(run, descriptors);
}

/** Disables one key, and enables it again. */
async function disable(run: Stage, descriptor: MasterKeyDescriptor, administrator: Administrator): Promise<void> {
  const { report, undo } = run;
  const key = placeOf(descriptor);
  const undoing: Undo = { what: `disabled ${key}`, how: `enable ${key} in its cloud's console`, run: () => administrator.enable() };
  await report.stage(`disable ${descriptor.provider}`, async () => {
    undo.push(undoing);
    await administrator.disable();
    return `access survived ${await until(run, false)}`;
  });
  await report.stage(`enable ${descriptor.provider}`, async () => {
    await administrator.enable();
    undo.splice(undo.indexOf(undoing), 1);
    return `back after ${await until(run, true)}`;
  });
}

/** Withdraws the grant of every key of the stack, and gives it back. */
async function suspend(run: Stage): Promise<void> {
  const { report, undo, pulumi, settings } = run;
  const before = await pulumi.getConfig("byok:access");
  const restore = async (stack: PulumiStack): Promise<void> => {
    await (before === undefined ? stack.removeConfig("byok:access") : stack.setConfig("byok:access", before));
    await stack.up();
  };
  const undoing: Undo = { what: "access: suspended", how: `pulumi config ${before === undefined ? "rm byok:access" : `set byok:access ${before}`} --stack ${settings.stack}; pulumi up --stack ${settings.stack}`, run: () => restore(run.undoing) };
  await report.stage("suspend", async () => {
    undo.push(undoing);
    await pulumi.setConfig("byok:access", "suspended");
    await pulumi.up();
    return `access survived ${await until(run, false)} after the update was done`;
  });
  await report.stage("grant", async () => {
    await restore(pulumi);
    undo.splice(undo.indexOf(undoing), 1);
    return `back after ${await until(run, true)}`;
  });
}

/** Looks, as the service, until its access is or is not there; answers how long that took. */
async function until({ service, clock, signal, settings }: Stage, access: boolean): Promise<string> {
  const begin = clock.now().getTime();
  for (;;) {
    const found = await service.hasAccess();
    const passed = clock.now().getTime() - begin;
    if (found === access) return `${(passed / 1000).toFixed(1)} s`;
    if (passed > settings.waitMs) {
      throw new ByokError("UNAVAILABLE", `After ${settings.wait} the service ${access ? "still has no access" : "still has access"}. Clouds may take longer: try a longer --wait.`);
    }
    await clock.sleep(settings.everyMs, signal);
  }
}

/** In two steps: the grants, then all that Pulumi knows; keys stay unless they were to be destroyed. */
async function teardown(run: Stage, descriptors: readonly MasterKeyDescriptor[]): Promise<void> {
  const { report, pulumi, settings } = run;
  await report.stage("teardown: grants", async () => {
    await pulumi.destroy("--exclude-protected");
    return `access gone after ${await until(run, false)}`;
  });
  await report.stage("teardown: stack", async () => {
    await pulumi.unprotect();
    await pulumi.destroy();
    report.forgetLeft();
    return `${await pulumi.resources()} resources left in the stack`;
  });
  for (const descriptor of descriptors) {
    const key = placeOf(descriptor);
    if (!settings.destroyKeys) {
      report.leave(key, "kept on purpose, with what holds it; delete it in its cloud once no backup needs it");
      continue;
    }
    await report.stage(`destroy ${descriptor.provider}`, async () => {
      const back = await (await administratorOf(descriptor)).destroy();
      report.leave(`${key}, about to be destroyed`, `to keep it: ${back}`);
      return key;
    });
  }
}
