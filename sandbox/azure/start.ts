/**
 * Starting the sandbox's Azure: Key Vault, Entra, Azure Resource Manager and Microsoft Graph behind one HTTPS listener, told
 * apart by the real host names that clients ask for.
 *
 * @module
 */
import { type IncomingMessage, type ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { join } from "node:path";

import { ByokError } from "../../runtime/master-key/errors.js";
import { type ServerTls } from "../certificate-authority.js";
import { makePrivateDirectory } from "../files.js";
import { KEEP_ALIVE, listen, stopServer } from "../listen.js";
import { StateFile } from "../state-file.js";
import { Azure } from "./azure.js";
import { Faults } from "./faults.js";
import { answerAzure } from "./http.js";
import { AzureSandbox } from "./sandbox.js";
import { ARM_HOST, GRAPH_HOST, LOGIN_HOST, VAULT_SUFFIX } from "./names.js";
import { initialState, laterState } from "./state.js";

/** DNS names that the server's certificate has to have, beside the loopback address. */
export const AZURE_HOSTS: readonly string[] = [`*${VAULT_SUFFIX}`, LOGIN_HOST, ARM_HOST, GRAPH_HOST];

/** Requests are small: a key's ciphertext, a vault's access policies. */
const MAX_BODY = 1 << 20;

/** How to start. */
export interface AzureOptions {
  /** Where the state is kept, in `azure.json`; the caller holds its lock. */
  readonly directory: string;
  /** Port of the listener; any free one unless given. */
  readonly port?: number | undefined;
  /** The server's certificate, for 127.0.0.1 and {@link AZURE_HOSTS}, and the CA that signed it. */
  readonly tls: ServerTls;
  /**
   * Sandbox time in epoch milliseconds, for tests of expiry, rotation and deletion; the wall clock unless given. Access tokens
   * and client assertions live by the wall clock in any case, as the SDKs that make and cache them do.
   */
  readonly clock?: (() => number) | undefined;
}

/** A running Azure. */
export interface RunningAzure {
  readonly sandbox: AzureSandbox;
  /** `https://127.0.0.1:PORT`: connect here for every vault, keeping the vault's own host in URL, Host and SNI. */
  readonly endpoint: string;
  /** The same for login.microsoftonline.com, management.azure.com and graph.microsoft.com. */
  readonly entra: string;
  /** PEM of the CA to trust. */
  readonly certificateAuthority: string;
  /** Stops listening. State stays. */
  close(): Promise<void>;
}

/**
 * Starts Azure on 127.0.0.1.
 *
 * @throws ByokError CONFIG_INVALID if the state is not a sandbox's, the port is taken or the certificate is not usable.
 */
export async function startAzure(options: AzureOptions): Promise<RunningAzure> {
  makePrivateDirectory(options.directory);
  const azure = new Azure(StateFile.open(join(options.directory, "azure.json"), initialState, laterState()), options.clock ?? Date.now);
  const faults = new Faults();
  const server = listener(options, (request, response) => {
    answer(azure, faults, request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });
  const port = await listen(server, options.port ?? 0);
  const endpoint = `https://127.0.0.1:${port}`;
  return {
    sandbox: new AzureSandbox(azure, faults),
    endpoint,
    entra: endpoint,
    certificateAuthority: options.tls.certificateAuthority,
    close: () => stopServer(server),
  };
}

function listener({ tls }: AzureOptions, answerOne: (request: IncomingMessage, response: ServerResponse) => void): Server {
  try {
    return createServer({ cert: tls.certificate, key: tls.privateKey, minVersion: "TLSv1.2", keepAliveTimeout: KEEP_ALIVE }, answerOne);
  } catch (cause) {
    throw new ByokError("CONFIG_INVALID", `The sandbox's server certificate is not usable: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

async function answer(azure: Azure, faults: Faults, request: IncomingMessage, response: ServerResponse): Promise<void> {
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
  await answerAzure(azure, faults, request, Buffer.concat(chunks), response);
}
