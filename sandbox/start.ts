/**
 * Starting a sandbox: lock, state, one loopback listener for the KMS and the control endpoint, the resource providers.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join, resolve } from "node:path";

import { ByokError } from "../runtime/master-key/errors.js";
import { Faults } from "./aws/faults.js";
import { answerKms } from "./aws/http.js";
import { Kms } from "./aws/kms.js";
import { AwsSandbox } from "./aws/sandbox.js";
import { StateFile } from "./aws/state.js";
import { awsTenantCloud } from "./aws/tenant-cloud.js";
import { type Clouds, deployers } from "./clouds.js";
import { answerControl, CONTROL_PATH } from "./control.js";
import { makePrivateDirectory, replacePrivateFile } from "./files.js";
import { lockDirectory } from "./lock.js";
import { type SandboxAccess } from "./pulumi/provider.js";
import { SANDBOX_FILE, type SandboxFile } from "./sandbox-file.js";
import { Tenants } from "./tenants.js";

/** Requests are small: 4 KiB of plaintext, 32 KiB of policy. */
const MAX_BODY = 1 << 20;

/** How to start a sandbox. */
export interface SandboxOptions {
  /** Where its state is kept (0700); made if missing. One process at a time. */
  readonly directory: string;
  /** Port of the KMS and control endpoint; any free one unless given. */
  readonly port?: number | undefined;
  /** True to serve Pulumi's resource providers for the real engine too; needs @pulumi/pulumi and @aws-sdk/client-kms. */
  readonly pulumi?: boolean | undefined;
  /** Sandbox time in epoch milliseconds, for tests of rotation and deletion; the wall clock unless given. */
  readonly clock?: (() => number) | undefined;
}

/** A running sandbox. */
export interface Sandbox {
  /** Variables for programs that shall use it: the service's credentials, BYOK_SANDBOX, PULUMI_DEBUG_PROVIDERS. */
  readonly environment: Readonly<Record<string, string>>;
  readonly endpoints: { readonly "aws-kms": string };
  /** Path of its sandbox.json. */
  readonly file: string;
  readonly aws: AwsSandbox;
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
  makePrivateDirectory(directory);
  const lock = lockDirectory(directory);
  const opened: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const stop of opened.splice(0).reverse()) await stop();
    lock.release();
  };
  try {
    const kms = new Kms(StateFile.open(join(directory, "aws.json")), options.clock ?? Date.now);
    const faults = new Faults();
    const aws = new AwsSandbox(kms, faults);
    const clouds: Clouds = { aws, tenants: new Tenants([awsTenantCloud(aws)]) };
    const controlToken = randomBytes(32).toString("base64url");
    const server = createServer((request, response) => {
      answer(request, response, { kms, faults, clouds, controlToken }).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : new Error(String(error)));
      });
    });
    const port = await listen(server, options.port ?? 0);
    opened.push(() => stopServer(server));
    const endpoint = `http://127.0.0.1:${port}`;
    const contents: SandboxFile = {
      schema: 1,
      endpoints: { "aws-kms": endpoint },
      control: `${endpoint}${CONTROL_PATH}`,
      controlToken,
    };
    const file = join(directory, SANDBOX_FILE);
    const service = aws.service();
    const environment: Record<string, string> = {
      BYOK_SANDBOX: file,
      AWS_ACCESS_KEY_ID: service.accessKeyId,
      AWS_SECRET_ACCESS_KEY: service.secretAccessKey,
      // The service is a role's session: without its token the key id is not recognized.
      AWS_SESSION_TOKEN: service.sessionToken ?? "",
      AWS_EC2_METADATA_DISABLED: "true",
    };
    if (options.pulumi === true) {
      // Loads @pulumi/pulumi and gRPC (0.7 s, 125 MB): only for who wants it.
      const [{ servePulumiProvider }, { PROVIDERS }] = await Promise.all([import("./pulumi/serve.js"), import("./pulumi/providers.js")]);
      const access = (): SandboxAccess => ({ endpoints: contents.endpoints, deployers: deployers(clouds) });
      const listening: string[] = [];
      for (const provider of PROVIDERS.values()) {
        const served = await servePulumiProvider(provider, access);
        opened.push(() => served.close());
        listening.push(`${provider.name}:${served.port}`);
      }
      environment["PULUMI_DEBUG_PROVIDERS"] = listening.join(",");
    }
    replacePrivateFile(file, `${JSON.stringify(contents, null, 2)}\n`);
    return { environment, endpoints: contents.endpoints, file, aws, tenants: clouds.tenants, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Parts {
  readonly kms: Kms;
  readonly faults: Faults;
  readonly clouds: Clouds;
  readonly controlToken: string;
}

async function answer(request: IncomingMessage, response: ServerResponse, parts: Parts): Promise<void> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY) {
      response.writeHead(413, { connection: "close" }).end();
      return;
    }
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  if (request.url?.startsWith(CONTROL_PATH) === true) {
    answerControl(parts.clouds, parts.controlToken, request, body, response);
  } else {
    await answerKms(parts.kms, parts.faults, request, body, response);
  }
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (cause) {
    throw new ByokError(
      "CONFIG_INVALID",
      `The sandbox cannot listen on 127.0.0.1:${port}: ${cause instanceof Error ? cause.message : String(cause)}. Choose another port, or none to get a free one.`,
      { cause },
    );
  }
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  return address.port;
}

async function stopServer(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  // SDKs keep connections alive; waiting for them to time out would be waiting for the client.
  server.closeAllConnections();
  await closed;
}
