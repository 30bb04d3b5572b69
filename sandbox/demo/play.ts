import { appendFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { INDEX_NAME } from "../../runtime/cli/folder/index-format.js";
import { formatRate } from "../../runtime/cli/terminal.js";
import { Encryptor, parseMasterKeyDescriptors, type SealedSecret } from "../../runtime/index.js";
import { type Sandbox, startSandbox } from "../index.js";
import { TENANT_ACCOUNT } from "../aws/state.js";
import { CACHE } from "./bound.js";
import { chooseDeployer } from "./deploy.js";
import { execute, ExecuteError } from "./execute.js";
import { leftBehind } from "./left-behind.js";
import { filesAndBytes, hold, type Narrator } from "./narrator.js";
import { playRevocation, ROUTES } from "./revocation.js";
import { STACK, TENANT } from "./stack.js";
import { differences, readTree, type Tree } from "./tree.js";

const WRONG_ACCOUNT = "444455556666";

/** Exit code of `byok` for a refused key (runtime/cli/exit-codes.ts). */
const EXIT_REFUSED = 3;
/** Exit code of `byok` for damaged or foreign data. */
const EXIT_INTEGRITY = 5;

/** What a run needs. */
export interface PlayOptions {
  readonly narrator: Narrator;
  readonly input: string;
  readonly workspace: string;
  readonly packageRoot: string;
  /** Stops the run, and the program that is running in it. */
  readonly signal: AbortSignal;
}

/** Plays everything, in a sandbox of its own. Throws at the first step that does not hold, and the signal's reason. */
export async function play(options: PlayOptions): Promise<void> {
  const sandbox = await startSandbox({ directory: join(options.workspace, "sandbox"), pulumi: true });
  try {
    await new Play(options, sandbox).run();
  } finally {
    await sandbox.close();
  }
}

class Play {
  readonly #narrator: Narrator;
  readonly #input: string;
  readonly #workspace: string;
  readonly #packageRoot: string;
  readonly #signal: AbortSignal;
  readonly #sandbox: Sandbox;

  constructor(options: PlayOptions, sandbox: Sandbox) {
    this.#narrator = options.narrator;
    this.#input = options.input;
    this.#workspace = options.workspace;
    this.#packageRoot = options.packageRoot;
    this.#signal = options.signal;
    this.#sandbox = sandbox;
  }

  async run(): Promise<void> {
    await this.#provision();
    await this.#prepare();
    const original = await this.#backUp();
    await this.#revoke();
    await this.#rotate();
    await this.#restore(original);
    await this.#refuseDamage();
    this.#narrator.summary();
    this.#next();
  }

  async #provision(): Promise<void> {
    const narrator = this.#narrator;
    const deployer = await chooseDeployer({
      packageRoot: this.#packageRoot,
      workspace: this.#workspace,
      sandbox: this.#sandbox,
      narrator,
      signal: this.#signal,
    });
    narrator.say(`Deploying ${deployer.how}.`);
    await narrator.step("Another account's credentials are refused", async () => {
      this.#sandbox.aws.signIn({ account: WRONG_ACCOUNT });
      narrator.detail(`signed in to ${WRONG_ACCOUNT}, the stack belongs to ${TENANT_ACCOUNT}`);
      const refusal = await deployer.deploy().then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      this.#signal.throwIfAborted();
      hold(refusal !== undefined, "a deployment into the wrong account succeeded");
      const reason = refusal.split("\n").find((line) => line.includes("account ID not allowed"));
      hold(reason !== undefined, `refused for another reason than the account: ${refusal}`);
      narrator.detail(reason.trim());
      hold(this.#sandbox.aws.status().keys.length === 0, "something was created in the wrong account");
      return "nothing was created";
    });
    await narrator.step(`Stack ${STACK}: the tenant's key, alias and grant`, async () => {
      this.#sandbox.aws.signIn({ account: TENANT_ACCOUNT });
      const { masterKeys, resources } = await deployer.deploy();
      const [descriptor] = parseMasterKeyDescriptors(masterKeys);
      hold(descriptor?.provider === "aws-kms", "the stack has no AWS key in its output");
      await writeFile(this.#file("acme.keys.json"), `${JSON.stringify(masterKeys, null, 2)}\n`);
      narrator.detail(`${descriptor.keyArn} granted to ${descriptor.grantedTo}`);
      return `${resources} resources; descriptor in acme.keys.json`;
    });
  }

  async #prepare(): Promise<void> {
    await this.#narrator.step("The service checks its access", async () => {
      const report = (await this.#byok("verify", "--descriptor", "acme.keys.json", "--wait", "10m")) as {
        ok: boolean;
        keys: { checks: { name: string; ok: boolean; detail: string }[] }[];
      };
      hold(report.ok, "byok verify does not report ok");
      const checks = report.keys.flatMap((key) => key.checks);
      for (const { name, detail } of checks) this.#narrator.detail(`${name}: ${detail}`);
      hold(checks.length > 0 && checks.every((check) => check.ok), "byok verify reports ok without having checked everything");
      return `${checks.length} checks hold`;
    });
    await this.#narrator.step("A Secret for the tenant", async () => {
      await this.#byok(
        ...["secret", "create", "--tenant", TENANT, "--descriptor", "acme.keys.json"],
        ...["--service-key", "file:./service.key", "--out", "acme.secret.json"],
      );
      return "acme.secret.json: sealed, public, opens only with the KMS and the service key";
    });
  }

  async #backUp(): Promise<Tree> {
    const original = await readTree(this.#input, this.#signal);
    await this.#narrator.step("Encrypt the folder", async () => {
      const { files, bytes, milliseconds } = (await this.#byok("encrypt", this.#input, ...this.#keys("./data.byok"))) as {
        files: number;
        bytes: number;
        milliseconds: number;
      };
      hold(files === original.files && bytes === original.bytes, "not every file was encrypted");
      const objects = await readdir(this.#file("data.byok"));
      return `${filesAndBytes(files, bytes)} -> ${objects.length.toLocaleString("en-US")} objects, ${formatRate(bytes, milliseconds)}`;
    });
    return original;
  }

  async #revoke(): Promise<void> {
    const narrator = this.#narrator;
    const encryptor = await Encryptor.open({
      masterKeys: parseMasterKeyDescriptors(await this.#json("acme.keys.json")),
      sealedSecret: (await this.#json("acme.secret.json")) as SealedSecret,
      serviceKey: { file: this.#file("service.key") },
      credentials: { "aws-kms": this.#credentials() },
      endpoints: this.#sandbox.endpoints,
      mode: "development",
      cache: CACHE,
    });
    try {
      narrator.say(`\nA service opens the Secret. ${encryptor.statedBound}`);
      for (const route of ROUTES) {
        await narrator.step(`Revoke: ${route.words}`, () =>
          playRevocation(route, {
            sandbox: this.#sandbox,
            encryptor,
            narrator,
            signal: this.#signal,
          }),
        );
      }
      await narrator.step("While revoked, nothing can be restored", async () => {
        this.#sandbox.aws.revoke({ by: "disable" });
        await this.#byokRefuses(EXIT_REFUSED, "decrypt", "./data.byok", ...this.#keys("./refused"));
        await this.#holdNothingLeft("refused");
        this.#sandbox.aws.restore({});
        return "byok decrypt: exit code 3, nothing written; the tenant enables the key again";
      });
    } finally {
      await encryptor.close();
    }
  }

  async #rotate(): Promise<void> {
    await this.#narrator.step("The tenant rotates the key's material", async () => {
      const { materials } = this.#sandbox.aws.rotate({});
      hold(materials > 1, "the key was not rotated");
      return `${materials} versions of the material; what is encrypted stays as it is`;
    });
  }

  async #restore(original: Tree): Promise<void> {
    await this.#narrator.step("Restore, and compare every file", async () => {
      const { bytes, milliseconds } = (await this.#byok("decrypt", "./data.byok", ...this.#keys("./restored"))) as {
        bytes: number;
        milliseconds: number;
      };
      const restored = await readTree(this.#file("restored"), this.#signal);
      const different = differences(original, restored);
      hold(different.length === 0, `${different.length} differences:\n${different.slice(0, 10).join("\n")}`);
      return `${filesAndBytes(restored.files, restored.bytes)} with the same SHA-256, ${formatRate(bytes, milliseconds)}`;
    });
  }

  async #refuseDamage(): Promise<void> {
    await this.#narrator.step("A damaged object is refused", async () => {
      // A folder without files has no object but its index, without which none of it opens.
      const object = (await readdir(this.#file("data.byok"))).find((name) => name !== INDEX_NAME);
      await appendFile(this.#file(`data.byok/${object ?? INDEX_NAME}`), "x");
      const source = object === undefined ? "./data.byok" : `./data.byok/${object}`;
      await this.#byokRefuses(EXIT_INTEGRITY, "decrypt", source, ...this.#keys("./damaged"));
      await this.#holdNothingLeft("damaged");
      return `one byte appended to ${object === undefined ? "the index" : "one object"}: exit code 5, nothing written`;
    });
  }

  async #holdNothingLeft(target: string): Promise<void> {
    const left = await leftBehind(this.#workspace, target);
    hold(left.length === 0, `a refused restore left something behind: ${left.join(", ")}`);
  }

  #next(): void {
    const narrator = this.#narrator;
    narrator.say("\nNext, with a real cloud (docs/guides/aws.md has every step):");
    narrator.say("  1. The tenant, signed in to its own AWS account: set byok:aws accountId in stacks/Pulumi.<stack>.yaml,");
    narrator.say("     then `pulumi stack init <stack> && pulumi up`");
    narrator.say("  2. pulumi stack output masterKeys --json > acme.keys.json      (public: send it to the service)");
    narrator.say("  3. The service, with its own AWS identity: `npx --no-install byok verify --descriptor acme.keys.json --wait 10m`");
  }

  /** Runs `byok` as the service would and returns its JSON document. */
  async #byok(...args: string[]): Promise<unknown> {
    this.#narrator.command(["byok", ...args].join(" "));
    return JSON.parse(await this.#cli(args));
  }

  async #byokRefuses(exitCode: number, ...args: string[]): Promise<void> {
    this.#narrator.command(["byok", ...args].join(" "));
    const refusal = await this.#cli(args).then(
      () => undefined,
      (error: unknown) => error,
    );
    this.#signal.throwIfAborted();
    hold(refusal instanceof ExecuteError, "byok succeeded where it must refuse");
    const { error } = JSON.parse(refusal.stdout) as { error: { code: string; message: string } };
    this.#narrator.detail(`byok: ${error.code}: ${error.message}`);
    hold(refusal.exitCode === exitCode, `exit code ${refusal.exitCode ?? "none"} instead of ${exitCode}`);
  }

  #cli(args: readonly string[]): Promise<string> {
    const main = join(this.#packageRoot, "dist/runtime/cli/main.js");
    const env = { ...process.env, ...this.#sandbox.environment };
    return execute(process.execPath, [main, ...args, "--json"], { cwd: this.#workspace, env, signal: this.#signal });
  }

  #keys(out: string): string[] {
    return [
      ...["--secret", "acme.secret.json", "--descriptor", "acme.keys.json"],
      ...["--service-key", "file:./service.key", "--out", out],
    ];
  }

  #credentials(): { accessKeyId: string; secretAccessKey: string; sessionToken: string } {
    const { environment } = this.#sandbox;
    return {
      accessKeyId: environment["AWS_ACCESS_KEY_ID"] ?? "",
      secretAccessKey: environment["AWS_SECRET_ACCESS_KEY"] ?? "",
      sessionToken: environment["AWS_SESSION_TOKEN"] ?? "",
    };
  }

  async #json(name: string): Promise<unknown> {
    return JSON.parse(await readFile(this.#file(name), "utf8"));
  }

  #file(name: string): string {
    return join(this.#workspace, name);
  }
}
