/**
 * Starting a sandbox: lock, the clouds and their state, the control endpoint, the resource providers.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

import { Faults } from "./aws/faults.js";
import { Kms } from "./aws/kms.js";
import { AwsSandbox } from "./aws/sandbox.js";
import { initialState, laterState } from "./aws/state.js";
import { AZURE_HOSTS, type RunningAzure, startAzure } from "./azure/index.js";
import { issueServerTls, type ServerTls } from "./certificate-authority.js";
import { type CloudName } from "./cloud.js";
import { CLOUD_PACKAGES, Clouds } from "./clouds.js";
import { startControlListener } from "./control-listener.js";
import { CONTROL_PATH } from "./control.js";
import { errorCode, makePrivateDirectory, replacePrivateFile } from "./files.js";
import { type RunningGcp, startGcp } from "./gcp/index.js";
import { lockDirectory } from "./lock.js";
import { type SandboxAccess } from "./pulumi/provider.js";
import { SANDBOX_FILE, type SandboxFile } from "./sandbox-file.js";
import { StateFile } from "./state-file.js";
import { type Tenants } from "./tenants.js";

/** Every cloud that the sandbox plays. */
const CLOUDS: readonly CloudName[] = ["aws", "gcp", "azure"];

/** How to start a sandbox. */
export interface SandboxOptions {
  /** Where its state is kept (0700); made if missing. One process at a time. */
  readonly directory: string;
  /** Port of AWS KMS and the control endpoint; any free one unless given. Other clouds have any free port. */
  readonly port?: number | undefined;
  /** Which clouds; `aws` is always among them. Unless given, every one whose packages are installed. */
  readonly clouds?: readonly CloudName[] | undefined;
  /** True to serve Pulumi's resource providers for the real engine too; needs @pulumi/pulumi and @aws-sdk/client-kms. */
  readonly pulumi?: boolean | undefined;
  /** Sandbox time in epoch milliseconds, for tests of rotation and deletion; the wall clock unless given. */
  readonly clock?: (() => number) | undefined;
}

/** A running sandbox. */
export interface Sandbox extends Pick<Clouds, CloudName & keyof Clouds> {
  /** Variables for programs that shall use it: the service's credentials, BYOK_SANDBOX, PULUMI_DEBUG_PROVIDERS. */
  readonly environment: Readonly<Record<string, string>>;
  readonly endpoints: SandboxFile["endpoints"];
  /** Path of its sandbox.json. */
  readonly file: string;
  /** The clouds that run. */
  readonly clouds: readonly CloudName[];
  /** The keys of all clouds, and what their tenants do to them. */
  readonly tenants: Tenants;
  /** Stops listening and gives the directory back. State stays. */
  close(): Promise<void>;
}

/**
 * Starts a sandbox on 127.0.0.1 and writes `sandbox.json` (0600) into its directory.
 *
 * @throws ByokError CONFIG_INVALID if the directory is in use or not a sandbox's, the port is taken, or a package is missing.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const directory = resolve(options.directory);
  const names = CLOUDS.filter((name) => name === "aws" || (options.clouds?.includes(name) ?? isPlayable(name)));
  makePrivateDirectory(directory);
  const lock = lockDirectory(directory);
  const opened: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const stop of opened.splice(0).reverse()) await stop();
    lock.release();
  };
  try {
    const kms = new Kms(StateFile.open(join(directory, "aws.json"), initialState, laterState()), options.clock ?? Date.now);
    const faults = new Faults();
    const tls = names.length > 1 ? await issueServerTls(SERVER_NAMES) : undefined;
    const gcp = tls !== undefined && names.includes("gcp") ? await startGcp({ directory, tls, clock: options.clock }) : undefined;
    if (gcp !== undefined) opened.push(() => gcp.close());
    const azure = tls !== undefined && names.includes("azure") ? await startAzure({ directory, tls, clock: options.clock }) : undefined;
    if (azure !== undefined) opened.push(() => azure.close());
    const clouds = new Clouds({ aws: new AwsSandbox(kms, faults), gcp: gcp?.sandbox, azure: azure?.sandbox });

    const controlToken = randomBytes(32).toString("base64url");
    const control = await startControlListener({ kms, faults, clouds, controlToken }, options.port ?? 0);
    opened.push(() => control.close());
    const contents: SandboxFile = {
      schema: 1,
      endpoints: endpointsOf({ control: control.endpoint, tls, gcp, azure }),
      control: `${control.endpoint}${CONTROL_PATH}`,
      controlToken,
    };
    const file = join(directory, SANDBOX_FILE);
    const environment = serviceEnvironment(file, clouds, gcp);
    if (options.pulumi === true) {
      const access = (): SandboxAccess => ({ endpoints: contents.endpoints, deployers: clouds.deployers() });
      environment["PULUMI_DEBUG_PROVIDERS"] = await servePulumi(access, opened);
    }
    replacePrivateFile(file, `${JSON.stringify(contents, null, 2)}\n`);
    return {
      environment,
      endpoints: contents.endpoints,
      file,
      clouds: names,
      aws: clouds.aws,
      get gcp() {
        return clouds.gcp;
      },
      get azure() {
        return clouds.azure;
      },
      tenants: clouds.tenants,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Hosts that the HTTPS listeners answer for. */
const SERVER_NAMES = { dns: ["localhost", ...AZURE_HOSTS], ip: ["127.0.0.1"] };

/** True if what a cloud needs beside this package is installed. */
function isPlayable(name: CloudName): boolean {
  const { resolve: locate } = createRequire(__filename);
  return CLOUD_PACKAGES[name].every((needed) => {
    try {
      locate(needed);
      return true;
    } catch (error) {
      if (errorCode(error) === "MODULE_NOT_FOUND") return false;
      throw error;
    }
  });
}

function endpointsOf({ control, tls, gcp, azure }: {
  readonly control: string;
  readonly tls: ServerTls | undefined;
  readonly gcp: RunningGcp | undefined;
  readonly azure: RunningAzure | undefined;
}): SandboxFile["endpoints"] {
  return {
    "aws-kms": control,
    ...(gcp === undefined ? {} : { "gcp-kms": gcp.endpoint }),
    ...(azure === undefined ? {} : { "azure-key-vault": azure.endpoint, entra: azure.entra }),
    ...(tls === undefined ? {} : { certificateAuthority: tls.certificateAuthority }),
  };
}

/** What the SDKs' default credential chains read, so that programs run as the backup service. */
function serviceEnvironment(file: string, { aws }: Clouds, gcp: RunningGcp | undefined): Record<string, string> {
  const service = aws.service();
  return {
    BYOK_SANDBOX: file,
    AWS_ACCESS_KEY_ID: service.accessKeyId,
    AWS_SECRET_ACCESS_KEY: service.secretAccessKey,
    // The service is a role's session: without its token the key id is not recognized.
    AWS_SESSION_TOKEN: service.sessionToken ?? "",
    AWS_EC2_METADATA_DISABLED: "true",
    ...(gcp === undefined ? {} : { GOOGLE_APPLICATION_CREDENTIALS: gcp.sandbox.service().keyFile }),
  };
}

/** Serves every provider; gives the variable by which the engine finds them. */
async function servePulumi(access: () => SandboxAccess, opened: (() => Promise<void>)[]): Promise<string> {
  // Loads @pulumi/pulumi and gRPC (0.7 s, 125 MB): only for who wants it.
  const [{ servePulumiProvider }, { PROVIDERS }] = await Promise.all([import("./pulumi/serve.js"), import("./pulumi/providers.js")]);
  const listening: string[] = [];
  for (const provider of PROVIDERS.values()) {
    const served = await servePulumiProvider(provider, access);
    opened.push(() => served.close());
    listening.push(`${provider.name}:${served.port}`);
  }
  return listening.join(",");
}
