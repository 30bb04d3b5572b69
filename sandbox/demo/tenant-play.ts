import { appendFile, readdir, readFile, writeFile } from "node:fs/promises";

import { INDEX_NAME } from "../../runtime/cli/folder/index-format.js";
import { formatRate } from "../../runtime/cli/terminal.js";
import {
  Encryptor,
  type MasterKeyDescriptor,
  parseMasterKeyDescriptors,
  parseSealedSecret,
  type SealedApplicationCredentials,
} from "../../runtime/index.js";
import { placeOf } from "../../runtime/master-key/descriptor.js";
import { CACHE } from "./bound.js";
import { type Workspace } from "./byok.js";
import { type Role, signIn, stackConfig } from "./cast.js";
import { type Deployer } from "./deploy.js";
import { filesAndBytes, hold } from "./narrator.js";
import { differences, readTree, type Tree } from "./tree.js";

/** Exit code of `byok` for a refused key (runtime/cli/exit-codes.ts). */
export const EXIT_REFUSED = 3;
/** Exit code of `byok` for damaged or foreign data. */
export const EXIT_INTEGRITY = 5;

/** One tenant's life: what it deploys, and what the service does with it. Everything throws where a step does not hold. */
export class TenantPlay {
  readonly role: Role;
  readonly #at: Workspace;
  readonly #input: string;
  #original: Tree | undefined;

  constructor(role: Role, at: Workspace, input: string) {
    this.role = role;
    this.#at = at;
    this.#input = input;
  }

  /** Name of one of this tenant's files. */
  file(suffix: string): string {
    return `${this.role.tenant}.${suffix}`;
  }

  /** The flags that name keys, as they follow every command. */
  keyFlags(): string[] {
    return [
      ...["--secret", this.file("secret.json"), "--descriptor", this.file("keys.json"), "--service-key", "file:./service.key"],
      ...this.#credentialFlags(),
    ];
  }

  /** The service makes the certificate that the tenant's stack registers. */
  async createCredentials(): Promise<void> {
    if (!this.#usesAzure()) return;
    await this.#at.byok(
      ...["credentials", "create", "--tenant", this.role.tenant, "--service-key", "file:./service.key"],
      ...["--out", this.file("credentials.json"), "--certificate-out", this.file("certificate.pem")],
    );
  }

  /** Somebody else's administrator deploys the stack, and nothing is created. */
  async deployAsStranger(deployer: Deployer): Promise<string> {
    const { sandbox, narrator, signal } = this.#at;
    const { stranger, stack } = this.role;
    signIn(sandbox, stranger.owner);
    const before = sandbox.tenants.keys().length;
    const refusal = await deployer.deploy(stack, await this.#config()).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    signal.throwIfAborted();
    hold(refusal !== undefined, "a deployment with another tenant's credentials succeeded");
    const reason = refusal.split("\n").find((line) => stranger.refusal.test(line));
    hold(reason !== undefined, `refused for another reason than whose credentials they are: ${refusal}`);
    narrator.detail(`${this.role.where}: ${reason.trim()}`);
    hold(sandbox.tenants.keys().length === before, "a key was created all the same");
    return "no key was created";
  }

  /** The tenant deploys its stack; the descriptor goes to the service. */
  async deploy(deployer: Deployer): Promise<string> {
    const { sandbox, narrator } = this.#at;
    signIn(sandbox, this.role.owner);
    const { masterKeys, resources } = await deployer.deploy(this.role.stack, await this.#config());
    const descriptors = parseMasterKeyDescriptors(masterKeys);
    hold(descriptors.length === this.role.clouds.length, "the stack's output has not one key per cloud");
    await writeFile(this.#at.file(this.file("keys.json")), `${JSON.stringify(masterKeys, null, 2)}\n`);
    for (const descriptor of descriptors) narrator.detail(`${placeOf(descriptor)} granted to ${descriptor.grantedTo}`);
    return `${resources} resources; ${descriptors.length === 1 ? "descriptor" : `${descriptors.length} descriptors`} in ${this.file("keys.json")}`;
  }

  /** The service checks its access, and makes the Secret. */
  async makeSecret(): Promise<string> {
    const at = this.#at;
    const keys = ["--descriptor", this.file("keys.json"), ...this.#credentialFlags()];
    // Only Azure's credentials need the service key, which `secret create` makes if nobody did before.
    const unsealing = this.#usesAzure() ? ["--service-key", "file:./service.key"] : [];
    const report = (await at.byok("verify", ...keys, ...unsealing, "--wait", "10m")) as {
      ok: boolean;
      keys: { checks: { name: string; ok: boolean; detail: string }[] }[];
    };
    hold(report.ok, "byok verify does not report ok");
    const checks = report.keys.flatMap((key) => key.checks);
    for (const { name, detail } of checks) at.narrator.detail(`${name}: ${detail}`);
    hold(checks.length > 0 && checks.every((check) => check.ok), "byok verify reports ok without having checked everything");
    await at.byok(
      ...["secret", "create", "--tenant", this.role.tenant, ...keys],
      ...["--service-key", "file:./service.key", "--out", this.file("secret.json")],
    );
    return `${checks.length} checks hold; ${this.file("secret.json")} is sealed, public, and opens only with the KMS and the service key`;
  }

  /** Encrypts the folder. */
  async backUp(): Promise<string> {
    const original = await readTree(this.#input, this.#at.signal);
    this.#original = original;
    const { files, bytes, milliseconds } = (await this.#at.byok("encrypt", this.#input, ...this.keyFlags(), "--out", this.#data())) as {
      files: number;
      bytes: number;
      milliseconds: number;
    };
    hold(files === original.files && bytes === original.bytes, "not every file was encrypted");
    const objects = await readdir(this.#at.file(this.file("byok")));
    return `${filesAndBytes(files, bytes)} -> ${objects.length.toLocaleString("en-US")} objects, ${formatRate(bytes, milliseconds)}`;
  }

  /** Restores the folder and compares every file. */
  async restore(): Promise<string> {
    const target = this.file("restored");
    const { bytes, milliseconds } = (await this.#at.byok("decrypt", this.#data(), ...this.keyFlags(), "--out", `./${target}`)) as {
      bytes: number;
      milliseconds: number;
    };
    const restored = await readTree(this.#at.file(target), this.#at.signal);
    hold(this.#original !== undefined, "there is nothing to compare with");
    const different = differences(this.#original, restored);
    hold(different.length === 0, `${different.length} differences:\n${different.slice(0, 10).join("\n")}`);
    return `${filesAndBytes(restored.files, restored.bytes)} with the same SHA-256, ${formatRate(bytes, milliseconds)}`;
  }

  /** While the keys are as they are, nothing can be restored. */
  async refuseRestore(): Promise<void> {
    await this.#at.byokRefuses(EXIT_REFUSED, this.file("refused"), "decrypt", this.#data(), ...this.keyFlags(), "--out", `./${this.file("refused")}`);
  }

  /** A damaged object is refused. */
  async refuseDamage(): Promise<string> {
    // A folder without files has no object but its index, without which none of it opens.
    const object = (await readdir(this.#at.file(this.file("byok")))).find((name) => name !== INDEX_NAME);
    await appendFile(this.#at.file(`${this.file("byok")}/${object ?? INDEX_NAME}`), "x");
    const source = object === undefined ? this.#data() : `${this.#data()}/${object}`;
    await this.#at.byokRefuses(EXIT_INTEGRITY, this.file("damaged"), "decrypt", source, ...this.keyFlags(), "--out", `./${this.file("damaged")}`);
    return `one byte appended to ${object === undefined ? "the index" : "one object"}: exit code ${EXIT_INTEGRITY}, nothing written`;
  }

  /** Opens the Secret as a long-running service does. */
  async openEncryptor(): Promise<Encryptor> {
    const { sandbox } = this.#at;
    const aws = sandbox.aws.service();
    return Encryptor.open({
      masterKeys: await this.descriptors(),
      sealedSecret: parseSealedSecret(await this.#at.json(this.file("secret.json"))),
      serviceKey: { file: this.#at.file("service.key") },
      credentials: {
        "aws-kms": {
          accessKeyId: aws.accessKeyId,
          secretAccessKey: aws.secretAccessKey,
          ...(aws.sessionToken === undefined ? {} : { sessionToken: aws.sessionToken }),
        },
        "gcp-kms": { keyFile: sandbox.gcp.service().keyFile },
      },
      ...(this.#usesAzure()
        ? { applicationCredentials: [(await this.#at.json(this.file("credentials.json"))) as SealedApplicationCredentials] }
        : {}),
      endpoints: sandbox.endpoints,
      mode: "development",
      cache: CACHE,
    });
  }

  /** The tenant's keys. */
  async descriptors(): Promise<MasterKeyDescriptor[]> {
    return parseMasterKeyDescriptors(await this.#at.json(this.file("keys.json")));
  }

  async #config(): Promise<Record<string, unknown>> {
    const certificate = this.#usesAzure() ? await readFile(this.#at.file(this.file("certificate.pem")), "utf8") : undefined;
    return stackConfig(this.role, certificate);
  }

  #usesAzure(): boolean {
    return this.role.clouds.includes("azure");
  }

  #credentialFlags(): string[] {
    return this.#usesAzure() ? ["--credentials", this.file("credentials.json")] : [];
  }

  #data(): string {
    return `./${this.file("byok")}`;
  }
}
