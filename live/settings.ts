/**
 * What a live run is told: its options, and the service's own credentials.
 *
 * @module
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";

import { parseWait } from "../runtime/cli/wait.js";
import { ByokError } from "../runtime/master-key/errors.js";

/** Options as they stand on the command line. */
export interface LiveOptions {
  readonly serviceEnv: string;
  readonly serviceKey?: string;
  readonly credentials?: string;
  readonly project: string;
  readonly existing?: boolean;
  readonly destroyKeys?: string;
  readonly wait: string;
  readonly every: string;
  readonly json?: string;
}

/** What a checked run works with. */
export interface Settings {
  readonly stack: string;
  /** Folder with Pulumi.yaml. */
  readonly project: string;
  /** Of the runtime's processes, and of nothing else. */
  readonly serviceEnvironment: Readonly<Record<string, string>>;
  /** A `--service-key` of byok; undefined: a file made for this run. */
  readonly serviceKey: string | undefined;
  /** Path of application credentials, for keys in Azure. */
  readonly credentials: string | undefined;
  readonly existing: boolean;
  readonly destroyKeys: boolean;
  /** Longest wait for a change to take effect, as byok's `--wait`. */
  readonly wait: string;
  readonly waitMs: number;
  /** Milliseconds between two looks. */
  readonly everyMs: number;
  readonly json: string | undefined;
}

/**
 * Variables by which the clouds' SDKs find credentials or endpoints. The service's processes have none of the deployer's.
 * AWS SDKs reference, environment variables; Google, "Application Default Credentials"; @azure/identity, EnvironmentCredential.
 */
export const CREDENTIAL_VARIABLE = /^(AWS_|GOOGLE_|GCLOUD_|CLOUDSDK_|AZURE_|ARM_|PULUMI_|BYOK_SANDBOX$)/;

/** Checks everything that can be checked before anything is contacted. @throws ByokError CONFIG_INVALID */
export function settle(stack: string, options: LiveOptions, environment: NodeJS.ProcessEnv): Settings {
  const project = resolve(options.project);
  if (!existsSync(resolve(project, "Pulumi.yaml"))) throw refused(`--project ${project} has no Pulumi.yaml: name the folder that pulumi runs in.`);
  if (options.destroyKeys !== undefined && options.destroyKeys !== stack) {
    throw refused(`--destroy-keys wants the name of the stack, ${stack}, once more: keys that are destroyed take every backup under them along.`);
  }
  if (options.destroyKeys !== undefined && options.existing === true) {
    throw refused("--destroy-keys and --existing exclude each other: a run never deletes what it did not create.");
  }
  if (options.credentials !== undefined && options.serviceKey === undefined) {
    throw refused("--credentials are sealed by the service key: give --service-key, too.");
  }
  const serviceEnvironment = readServiceEnvironment(options.serviceEnv);
  refuseSamePrincipal(environment, serviceEnvironment);
  return {
    stack,
    project,
    serviceEnvironment,
    serviceKey: options.serviceKey,
    credentials: options.credentials === undefined ? undefined : resolve(options.credentials),
    existing: options.existing === true,
    destroyKeys: options.destroyKeys !== undefined,
    wait: options.wait,
    waitMs: parseWait(options.wait),
    everyMs: parseWait(options.every),
    json: options.json,
  };
}

/**
 * Reads `KEY=VALUE` lines; empty lines and lines that begin with # are left out, nothing is expanded.
 *
 * @throws ByokError CONFIG_INVALID, never with a value in it
 */
export function readServiceEnvironment(path: string): Record<string, string> {
  let text: string;
  let mode: number;
  try {
    ({ mode } = statSync(path));
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw refused(`--service-env ${path} cannot be read.`, cause);
  }
  if ((mode & 0o077) !== 0) throw refused(`--service-env ${path} holds credentials and others may read it: chmod 600 ${path}`);
  const variables: Record<string, string> = {};
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [, name, value] = /^(?:export )?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw refused(`--service-env ${path}, line ${index + 1}: is no KEY=VALUE.`);
    variables[name] = value.replace(/^(['"])(.*)\1$/, "$2");
  }
  return variables;
}

/**
 * Refuses two identities that can be told to be one: the same access key or profile, the same service account. What only the
 * cloud could tell (two profiles of one role) is not asked. In Azure the service signs in with its certificate, always.
 *
 * @throws ByokError CONFIG_INVALID
 */
export function refuseSamePrincipal(deployer: NodeJS.ProcessEnv, service: Readonly<Record<string, string>>): void {
  const same = (name: string): boolean => (service[name] ?? "") !== "" && service[name] === deployer[name];
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "GOOGLE_APPLICATION_CREDENTIALS"]) {
    if (same(name)) throw samePrincipal(`${name} is the same in both`);
  }
  const [one, other] = [accountIn(deployer["GOOGLE_APPLICATION_CREDENTIALS"]), accountIn(service["GOOGLE_APPLICATION_CREDENTIALS"])];
  if (one !== undefined && one === other) throw samePrincipal(`both key files are of ${one}`);
}

/** E-mail of the service account that a key file is of. */
function accountIn(path: string | undefined): string | undefined {
  if (path === undefined || path === "") return undefined;
  try {
    const { client_email: email } = JSON.parse(readFileSync(path, "utf8")) as { client_email?: unknown };
    return typeof email === "string" ? email : undefined;
  } catch {
    // Whoever signs in with it says what is wrong with it.
    return undefined;
  }
}

function samePrincipal(how: string): ByokError {
  return refused(`The deployer and the service must be two identities (${how}): put the service's own credentials into --service-env.`);
}

function refused(message: string, cause?: unknown): ByokError {
  return new ByokError("CONFIG_INVALID", message, cause === undefined ? {} : { cause });
}
