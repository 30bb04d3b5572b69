/**
 * The two identities of a run at work, each in processes of its own: Pulumi as the deployer, `byok` as the service.
 *
 * @module
 */
import { dirname, join } from "node:path";

import { z } from "zod";

import { ByokError, type ByokErrorCode, BYOK_ERROR_CODES } from "../runtime/master-key/errors.js";
import { execute, ExecuteError } from "../sandbox/demo/execute.js";
import { CREDENTIAL_VARIABLE, type Settings } from "./settings.js";

const ROOT = dirname(__dirname);

const CLOUDS = ["aws", "gcp", "azure"];

/** One stack, with the deployer's environment. */
export class PulumiStack {
  readonly #settings: Settings;
  readonly #signal: AbortSignal;

  constructor(settings: Settings, signal: AbortSignal) {
    this.#settings = settings;
    this.#signal = signal;
  }

  async version(): Promise<string> {
    return (await this.#run("version")).trim();
  }

  /** How many resources the stack has, itself and its providers left out. */
  async resources(): Promise<number> {
    const { deployment } = JSON.parse(await this.#stack("stack", "export")) as { deployment: { resources?: { type: string }[] } };
    return (deployment.resources ?? []).filter(({ type }) => !/^pulumi:(pulumi:Stack|providers:)/.test(type)).length;
  }

  /** JSON of a stack output. */
  async output(name: string): Promise<string> {
    return this.#stack("stack", "output", name, "--json");
  }

  /** @throws ByokError CONFIG_INVALID if an update would change something */
  async expectNoChanges(): Promise<void> {
    await this.#stack("preview", "--expect-no-changes").catch((cause: unknown) => {
      if (!(cause instanceof ExecuteError)) throw cause;
      throw new ByokError("CONFIG_INVALID", `pulumi preview shows changes to stack ${this.#settings.stack}: run pulumi up first, so that this run changes nothing but the grant.`, { cause });
    });
  }

  async up(): Promise<void> {
    await this.#stack("up", "--yes", "--skip-preview");
  }

  async destroy(...flags: string[]): Promise<void> {
    await this.#stack("destroy", "--yes", "--skip-preview", ...flags);
  }

  async unprotect(): Promise<void> {
    await this.#stack("state", "unprotect", "--all", "--yes");
  }

  /** A configuration value, structured ones as JSON text; undefined if there is none. */
  async getConfig(key: string): Promise<string | undefined> {
    const all = JSON.parse(await this.#stack("config", "--json")) as Record<string, { value?: string }>;
    return all[key]?.value;
  }

  /** Clouds whose key the configuration takes over. */
  async adoptedKeys(): Promise<string[]> {
    const adopted: string[] = [];
    for (const cloud of CLOUDS) if (adoptsKey(await this.getConfig(`byok:${cloud}`))) adopted.push(cloud);
    return adopted;
  }

  async setConfig(key: string, value: string): Promise<void> {
    await this.#stack("config", "set", key, value);
  }

  async removeConfig(key: string): Promise<void> {
    await this.#stack("config", "rm", key);
  }

  #stack(...args: string[]): Promise<string> {
    return this.#run(...args, "--stack", this.#settings.stack);
  }

  #run(...args: string[]): Promise<string> {
    return execute("pulumi", [...args, "--non-interactive", "--color=never"], { cwd: this.#settings.project, env: process.env, signal: this.#signal });
  }
}

/** True for the configuration of a cloud that names an existing key. */
export function adoptsKey(json: string | undefined): boolean {
  if (json === undefined) return false;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    // The program says what is wrong with it, before anything is made.
    return false;
  }
  return z.object({ existing: z.object({ key: z.string() }) }).safeParse(value).success;
}

/** `byok`, with the service's environment: none of the deployer's credentials are in it. */
export class ServiceProcess {
  readonly #settings: Settings;
  readonly #folder: string;
  readonly #signal: AbortSignal;

  constructor(settings: Settings, folder: string, signal: AbortSignal) {
    this.#settings = settings;
    this.#folder = folder;
    this.#signal = signal;
  }

  /** @throws ByokError with byok's own code and words */
  async verify(wait: string): Promise<void> {
    await this.#byok("verify", ...this.#descriptor(), ...this.#unsealing(), "--wait", wait);
  }

  /** True if every key can be used now, false if one of them is refused, undefined if it cannot be told now. @throws for anything else */
  async hasAccess(): Promise<boolean | undefined> {
    try {
      await this.#byok("verify", ...this.#descriptor(), ...this.#unsealing());
      return true;
    } catch (error) {
      if (error instanceof ByokError && error.revocation) return false;
      if (error instanceof ByokError && error.retryable) return undefined;
      throw error;
    }
  }

  async createSecret(tenant: string): Promise<void> {
    await this.#byok("secret", "create", "--tenant", tenant, ...this.#descriptor(), ...this.#serviceKey(), ...this.#credentials(), "--out", "secret.json");
  }

  async encrypt(): Promise<void> {
    await this.#byok("encrypt", "original", ...this.#keys(), "--resource", "live-run", "--out", "encrypted");
  }

  async decrypt(): Promise<void> {
    await this.#byok("decrypt", "encrypted", ...this.#keys(), "--resource", "live-run", "--out", "restored");
  }

  #descriptor(): string[] {
    return ["--descriptor", "keys.json"];
  }

  #serviceKey(): string[] {
    return ["--service-key", this.#settings.serviceKey ?? "file:./service.key"];
  }

  #credentials(): string[] {
    const { credentials } = this.#settings;
    return credentials === undefined ? [] : ["--credentials", credentials];
  }

  /** `verify` needs the service key for credentials alone. */
  #unsealing(): string[] {
    return this.#settings.credentials === undefined ? [] : [...this.#serviceKey(), ...this.#credentials()];
  }

  #keys(): string[] {
    return ["--secret", "secret.json", ...this.#descriptor(), ...this.#serviceKey(), ...this.#credentials()];
  }

  async #byok(...args: string[]): Promise<void> {
    const inherited = Object.entries(process.env).filter(([name]) => !CREDENTIAL_VARIABLE.test(name));
    const env = { ...Object.fromEntries(inherited), ...this.#settings.serviceEnvironment };
    const main = ["--import", require.resolve("tsx"), join(ROOT, "runtime/cli/main.ts")];
    try {
      await execute(process.execPath, [...main, ...args, "--json"], { cwd: this.#folder, env, signal: this.#signal });
    } catch (error) {
      throw error instanceof ExecuteError ? inWords(args, error) : error;
    }
  }
}

/** What byok said, as the error that it is. */
function inWords(args: readonly string[], error: ExecuteError): Error {
  try {
    const { code, message } = (JSON.parse(error.stdout) as { error: { code: string; message: string } }).error;
    if (code === "NOT_EFFECTIVE_YET") return new ByokError("UNAVAILABLE", message, { cause: error });
    if (Object.hasOwn(BYOK_ERROR_CODES, code)) return new ByokError(code as ByokErrorCode, message, { cause: error });
    return new Error(`byok ${args[0] ?? ""}: ${code}: ${message}`, { cause: error });
  } catch {
    return error;
  }
}
