/**
 * `byok sandbox`: start a sandbox, and play the tenant in a running one.
 *
 * @module
 */
import { once } from "node:events";

import { Command, InvalidArgumentError, Option } from "commander";

import { ByokError } from "../../runtime/master-key/errors.js";
import { type CloudKeyStatus } from "../cloud.js";
import { type ActResult, SandboxClient } from "../client.js";
import { DEFAULT_DIRECTORY, locateSandboxFile } from "../sandbox-file.js";
import { type Sandbox, startSandbox } from "../start.js";

interface Common {
  readonly dir?: string;
  readonly json?: boolean;
}

/** The command, to be mounted in a program. Errors are thrown as ByokError; results go to stdout. */
export function sandboxCommand(): Command {
  const command = new Command("sandbox")
    .description("the clouds on loopback, and the tenant who gives and takes its key")
    .addHelpText(
      "after",
      `
In one terminal:
  $ byok sandbox start            prints the variables that point programs at the sandbox
In another, after pasting them:
  $ pulumi up                     deploys to the sandbox, as the tenant's administrator
  $ byok sandbox revoke --by grant
  $ byok sandbox restore

Nothing here reaches a cloud. Without --dir a sandbox is found through BYOK_SANDBOX, else in ${DEFAULT_DIRECTORY}.`,
    );
  command.addCommand(startCommand());
  command.addCommand(
    act("status", "show keys, identities and who is signed in").action(async (options: Common) => {
      const control = client(options);
      const [status, deployers] = await Promise.all([control.act("status", {}), control.act("deployers", {})]);
      const signedIn = whoIsSignedIn(deployers);
      print(options, { ...status, signedIn }, [
        ...Object.values(signedIn).map((who) => `signed in: ${who}`),
        ...(status.keys.length === 0 ? ["no keys yet"] : status.keys.flatMap(describeKey)),
      ]);
    }),
  );
  command.addCommand(
    keyAct("revoke", "the tenant takes its key away")
      .addOption(
        new Option("--by <route>", "disable the key, or withdraw the grant from its policy")
          .choices(["disable", "grant"])
          .makeOptionMandatory(),
      )
      .action(async (options: Common & { by: "disable" | "grant"; key?: string }) => {
        show(options, await client(options).act("revoke", { by: options.by, ...keyOf(options) }));
      }),
  );
  command.addCommand(
    keyAct("restore", "the tenant puts everything back: policy, enabled state, a scheduled deletion").action(
      async (options: Common & { key?: string }) => {
        show(options, await client(options).act("restore", keyOf(options)));
      },
    ),
  );
  command.addCommand(
    keyAct("rotate", "the tenant rotates the key's material; old material still decrypts").action(
      async (options: Common & { key?: string }) => {
        show(options, await client(options).act("rotate", keyOf(options)));
      },
    ),
  );
  command.addCommand(
    keyAct("schedule-deletion", "the tenant schedules the key's deletion; restore cancels it")
      .option("--days <n>", "waiting period: AWS 7 to 30, Google Cloud and Azure what key and vault were made with", integer(1, 120), 30)
      .action(async (options: Common & { days: number; key?: string }) => {
        show(options, await client(options).act("scheduleDeletion", { days: options.days, ...keyOf(options) }));
      }),
  );
  command.addCommand(
    versionAct("disable-version", "the tenant takes one version of a key out of use (Google Cloud, Azure); restore brings it back").action(
      async (options: Common & { version: string; key?: string }) => {
        show(options, await client(options).act("disableVersion", { version: options.version, ...keyOf(options) }));
      },
    ),
  );
  command.addCommand(
    versionAct("destroy-version", "the tenant destroys one version of a key for good (Google Cloud)").action(
      async (options: Common & { version: string; key?: string }) => {
        show(options, await client(options).act("destroyVersion", { version: options.version, ...keyOf(options) }));
      },
    ),
  );
  command.addCommand(
    act("expire-certificate", "Entra takes an application's certificates for expired from now on (Azure)")
      .requiredOption("--client-id <id>", "the application, as in descriptors")
      .option("--thumbprint <hex>", "only this one of its certificates")
      .action(async (options: Common & { clientId: string; thumbprint?: string }) => {
        const { clientId, thumbprint } = options;
        const found = await client(options).act("azure.expireCertificate", { clientId, ...(thumbprint === undefined ? {} : { thumbprint }) });
        print(options, found, [`expired: the certificates of application ${clientId}${thumbprint === undefined ? "" : ` with thumbprint ${thumbprint}`}`]);
      }),
  );
  command.addCommand(
    act("firewall", "the tenant closes a vault's firewall to everybody, or opens it again (Azure)")
      .requiredOption("--vault <name>", "the vault's name")
      .addOption(new Option("--set <state>", "what it shall be").choices(["closed", "open"]).makeOptionMandatory())
      .action(async (options: Common & { vault: string; set: "closed" | "open" }) => {
        await client(options).act("azure.firewall", { vault: options.vault, closed: options.set === "closed" });
        print(options, { vault: options.vault, firewall: options.set }, [`the firewall of vault ${options.vault} is ${options.set}`]);
      }),
  );
  command.addCommand(
    act("sign-in", "choose whose administrator deploys (to play a wrong account, or another tenant)")
      .option("--account <id>", "12-digit AWS account id; made if the sandbox does not have it")
      .option("--project <id>", "Google Cloud project")
      .option("--directory <id>", "Entra tenant id; its subscription comes with it")
      .action(async (options: Common & { account?: string; project?: string; directory?: string }) => {
        const { account, project, directory } = options;
        if (account === undefined && project === undefined && directory === undefined) {
          throw new ByokError("CONFIG_INVALID", "Name at least one of --account, --project and --directory.");
        }
        const control = client(options);
        // Their credentials stay in the sandbox.
        if (account !== undefined) await control.act("aws.signIn", { account });
        if (project !== undefined) await control.act("gcp.signIn", { project });
        if (directory !== undefined) await control.act("azure.signIn", { entraTenantId: directory });
        const signedIn = whoIsSignedIn(await control.act("deployers", {}));
        print(options, signedIn, Object.values(signedIn).map((who) => `signed in: ${who}`));
      }),
  );
  return command;
}

/** Who deploys in each cloud that runs, without credentials. */
function whoIsSignedIn({ aws, gcp, azure }: ActResult<"deployers">): Record<string, string> {
  return {
    aws: aws.arn,
    ...(gcp === undefined ? {} : { gcp: gcp.email }),
    ...(azure === undefined ? {} : { azure: `${azure.userPrincipalName} (directory ${azure.entraTenantId}, subscription ${azure.subscriptionId})` }),
  };
}

function startCommand(): Command {
  return act("start", "run a sandbox until it is stopped with Ctrl-C (or SIGTERM)")
    .option("--port <n>", "port of the KMS endpoint; any free one by default", integer(0, 65_535), 0)
    .option("--no-pulumi", "do not serve resource providers for the Pulumi engine (then @pulumi packages are not needed)")
    .addHelpText("after", "\nVariables go to stdout, one `export K=V` a line (with --json one object on one line), everything else to stderr.")
    .action(async (options: Common & { port: number; pulumi: boolean }) => {
      const sandbox = await startSandbox({
        directory: options.dir ?? DEFAULT_DIRECTORY,
        port: options.port,
        pulumi: options.pulumi,
      });
      // Listening before it is announced: whoever reads the announcement may stop it at once.
      const stopped = stopSignal();
      announce(sandbox, options.json === true);
      await stopped;
      await sandbox.close();
    });
}

function announce(sandbox: Sandbox, json: boolean): void {
  const lines = json
    ? [JSON.stringify(sandbox.environment)]
    : Object.entries(sandbox.environment).map(([name, value]) => `export ${name}=${quote(value)}`);
  process.stdout.write(`${lines.join("\n")}\n`);
  process.stderr.write(
    `The sandbox is running: ${sandbox.clouds.join(", ")}; control and AWS KMS at ${sandbox.endpoints["aws-kms"]}, state beside ${sandbox.file}.\n` +
      "Paste the lines above into the shell that shall use it. Stop it with Ctrl-C; its state stays.\n" +
      "After a restart paste the new lines: the ports are others then.\n",
  );
}

async function stopSignal(): Promise<void> {
  const stopped = new AbortController();
  try {
    await Promise.race(["SIGINT", "SIGTERM"].map((name) => once(process, name, { signal: stopped.signal })));
  } finally {
    // The loser of the race must not keep a listener.
    stopped.abort();
  }
}

/** A subcommand with the options that all have. */
function act(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option("--dir <directory>", `directory of the sandbox (default: BYOK_SANDBOX, else ${DEFAULT_DIRECTORY})`)
    .option("--json", "print JSON");
}

function keyAct(name: string, description: string): Command {
  return act(name, description).option("--key <id>", "id of the key, as in descriptors; not needed if the sandbox has only one");
}

function versionAct(name: string, description: string): Command {
  return keyAct(name, description).requiredOption("--version <version>", "the version, as `byok sandbox status` shows it");
}

function client(options: Common): SandboxClient {
  return SandboxClient.fromFile(locateSandboxFile(options.dir));
}

function keyOf(options: { readonly key?: string }): { key?: string } {
  return options.key === undefined ? {} : { key: options.key };
}

function show(options: Common, status: CloudKeyStatus): void {
  print(options, status, describeKey(status));
}

function print(options: Common, value: unknown, lines: readonly string[]): void {
  process.stdout.write(`${options.json === true ? JSON.stringify(value) : lines.join("\n")}\n`);
}

function describeKey(key: CloudKeyStatus): string[] {
  const deletion = key.deletionDate === undefined ? "" : `, gone on ${key.deletionDate}`;
  const versions = key.versions.map(({ version, state, newest }) => `version ${version}: ${state}${newest ? ", encrypts" : ""}`);
  return [
    key.keyId,
    `  ${key.state}${deletion}${key.revoked ? ", restore brings it back" : ""}`,
    `  granted to ${key.grantedTo.length === 0 ? "nobody outside the tenant" : key.grantedTo.join(", ")}`,
    ...[...versions, ...key.notes].map((line) => `  ${line}`),
  ];
}

function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

/** For POSIX shells: single quotes, which nothing inside can end but another one. */
function quote(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}
