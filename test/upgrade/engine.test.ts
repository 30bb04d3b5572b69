/**
 * Upgrades under the real Pulumi engine: the state of the oldest supported release is made anew from its recording, then the
 * current program takes over. Skipped, and said so, where `pulumi` is missing.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { stringify } from "yaml";

import { placeOf, masterKeyDescriptorsSchema } from "../../runtime/master-key/descriptor.js";
import { succeed, withByok } from "../end-to-end/shell.js";
import { engineIsInstalled, EngineStage } from "../stacks/engine-stage.js";
import { nameOf, previewSteps, typeOf } from "../stacks/engine-steps.js";
import { type Recording } from "./recorded.js";
import { respelled } from "./recorded-stacks.js";
import { OLDEST_SUPPORTED, readRecording, withCertificate } from "./recordings.js";
import { UNTOUCHED } from "./upgrade-problems.js";

const TIMEOUT = 300_000;

/** A stack per cloud, the one in all of them, and those that took the keys of stacks before them: 0.1's `existingKey`. */
const STACKS = ["acme-eu", "acme-gcp-eu", "acme-azure-eu", "acme-all-eu", "acme-gcp-existing", "acme-azure-existing"] as const;

/** Nothing is made, replaced or deleted by these; `discard` forgets a resource that was only read. */
const HARMLESS = ["same", "update", "create", "read", "refresh", "discard", "read-discard"];

(engineIsInstalled() ? describe : describe.skip)(`stacks that ${OLDEST_SUPPORTED} deployed`, () => {
  const stage = new EngineStage();
  beforeAll(() => stage.start(), TIMEOUT);
  afterAll(() => stage.close());

  test.each(STACKS)(
    "%s: the current code takes over, replaces and deletes nothing, and opens what was encrypted before",
    async (stack) => {
      const service = await Service.create(join(stage.directory, stack), stage.sandbox.environment);
      const { recording, file } = await service.prepare(await readRecording(stack));
      const project = await stage.addProject({ BYOK_TEST_RECORDING: file });
      const pulumi = async (...args: string[]): Promise<string> => (await project.succeed(...args, "--stack", stack)).stdout;
      const masterKeys = async (): Promise<string> => pulumi("stack", "output", "masterKeys", "--json");
      await writeFile(project.stackFile(stack), stackFileOf(recording));

      await project.setProgram("test/upgrade/replay.ts");
      await pulumi("stack", "init");
      await pulumi("up", "--yes", "--skip-preview");
      await pulumi("preview", "--expect-no-changes");
      const before = await masterKeys();
      await service.encrypt(before);

      await project.setProgram("stacks/tenant.ts");
      const config = respelled(stack, recording.config);
      if (JSON.stringify(config) !== JSON.stringify(recording.config)) {
        const { exitCode, output } = await project.pulumi("preview", "--stack", stack);
        expect([exitCode === 0, output]).toEqual([false, expect.stringMatching(/byok:(gcp|azure)\.existingKey: .*existing: \{/)]);
        await writeFile(project.stackFile(stack), stackFileOf({ ...recording, config }));
      }
      const steps = previewSteps(await pulumi("preview", "--json", "--show-sames"));
      expect(steps.filter(({ op }) => !HARMLESS.includes(op))).toEqual([]);
      expect(steps.filter(({ op, replaceReasons = [] }) => op !== "create" && replaceReasons.length > 0)).toEqual([]);
      const recorded = recording.resources.map(({ type }) => type);
      for (const { op, urn } of steps) {
        // What is created is of a kind that the release did not have: never a second key.
        if (op === "create") expect([...UNTOUCHED, ...recorded]).not.toContain(typeOf(urn));
        if (UNTOUCHED.includes(typeOf(urn))) expect([urn, op]).toEqual([urn, expect.not.stringMatching(/^(update|create)$/)]);
      }
      const taken = new Set(steps.map(({ urn }) => nameOf(urn)));
      expect(recording.resources.filter(({ name, id }) => id === undefined && !taken.has(name))).toEqual([]);

      await pulumi("up", "--yes", "--skip-preview");
      await pulumi("preview", "--expect-no-changes");
      const after = await masterKeys();
      expect(JSON.parse(after)).toEqual(JSON.parse(before));
      expect(await service.decrypt(after)).toBe(PLAINTEXT);
      const { keys } = await stage.sandbox.client.act("status", {});
      for (const key of masterKeyDescriptorsSchema.parse(JSON.parse(after))) {
        expect(keys.find(({ keyId }) => keyId === placeOf(key))?.grantedTo).toContain(key.grantedTo);
      }
    },
    TIMEOUT,
  );
});

const PLAINTEXT = "written before the upgrade";

/** The stack file, as the tenant wrote it for the release. */
function stackFileOf({ config }: Recording): string {
  const values = Object.entries(config).map(([key, value]) => [key, /^[[{]/.test(value) ? (JSON.parse(value) as unknown) : value]);
  return stringify({ config: Object.fromEntries(values) as unknown });
}

/** The backup service of one tenant, which has its keys from the stack's output. */
class Service {
  readonly #place: { readonly cwd: string; readonly env: NodeJS.ProcessEnv };
  #options = "--secret secret.json --descriptor keys.json --service-key file:./service.key";

  private constructor(cwd: string, env: NodeJS.ProcessEnv) {
    this.#place = { cwd, env };
  }

  static async create(directory: string, environment: Readonly<Record<string, string>>): Promise<Service> {
    await mkdir(join(directory, "data"), { recursive: true });
    await writeFile(join(directory, "data", "file"), PLAINTEXT);
    return new Service(directory, withByok(directory, { ...process.env, ...environment }));
  }

  /** The recording, with the service's own certificate where a certificate signs in; nobody has the example's private key. */
  async prepare(recording: Recording): Promise<{ readonly recording: Recording; readonly file: string }> {
    let prepared = recording;
    if (recording.config["byok:azure"] !== undefined) {
      const tenant = recording.config["byok:tenant"] ?? "";
      await this.#byok(`credentials create --tenant ${tenant} --service-key file:./service.key --out credentials.json --certificate-out certificate.pem`);
      this.#options += " --credentials credentials.json";
      prepared = withCertificate(recording, await readFile(join(this.#place.cwd, "certificate.pem"), "utf8"));
    }
    const file = join(this.#place.cwd, "recording.json");
    await writeFile(file, JSON.stringify(prepared));
    return { recording: prepared, file };
  }

  async encrypt(masterKeys: string): Promise<void> {
    await this.#take(masterKeys);
    const [key] = masterKeyDescriptorsSchema.parse(JSON.parse(masterKeys));
    const create = this.#options.replace("--secret", "--out");
    await this.#byok(`secret create --tenant ${key?.tenant ?? ""} ${create}`);
    await this.#byok(`encrypt data ${this.#options} --out data.byok`);
  }

  /** The text that comes back. */
  async decrypt(masterKeys: string): Promise<string> {
    await this.#take(masterKeys);
    await this.#byok(`decrypt data.byok ${this.#options} --out restored`);
    return readFile(join(this.#place.cwd, "restored", "file"), "utf8");
  }

  async #take(masterKeys: string): Promise<void> {
    await writeFile(join(this.#place.cwd, "keys.json"), masterKeys);
  }

  async #byok(line: string): Promise<void> {
    await succeed(`byok ${line}`, this.#place);
  }
}
