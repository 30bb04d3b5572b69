/**
 * Starting the sandbox's Google Cloud.
 *
 * @module
 */
import { join } from "node:path";

import { makePrivateDirectory } from "../files.js";
import { StateFile } from "../state-file.js";
import { GcpFaults } from "./faults.js";
import { GoogleCloud } from "./google-cloud.js";
import { listen, type ServerCertificate } from "./listener.js";
import { loadGoogleRpc } from "./load.js";
import { GcpSandbox } from "./sandbox.js";
import { initialState, laterState } from "./state.js";
import { authenticate } from "./token.js";

/** How to start it. */
export interface GcpOptions {
  /** Where its state and key files are kept (0700); the caller holds its lock. */
  readonly directory: string;
  /** Port to listen on; any free one unless given. */
  readonly port?: number | undefined;
  /** PEM texts; the certificate is for 127.0.0.1 and signed by the authority, which clients are told to trust. */
  readonly tls: ServerCertificate & { readonly certificateAuthority: string };
  /** Sandbox time in epoch milliseconds, for tests of rotation and destruction; the wall clock unless given. */
  readonly clock?: (() => number) | undefined;
}

/** A running one. */
export interface RunningGcp {
  readonly sandbox: GcpSandbox;
  /** `https://127.0.0.1:PORT`: gRPC, and REST for projects and services. */
  readonly endpoint: string;
  /** Path of an account's key file; ByokError CONFIG_INVALID if there is no such account. */
  keyFile(name: string): string;
  /** Stops listening. State stays. */
  close(): Promise<void>;
}

/**
 * Starts it on 127.0.0.1.
 *
 * @throws ByokError CONFIG_INVALID if @google-cloud/kms is missing, the port is taken, or the state is not this version's.
 */
export async function startGcp(options: GcpOptions): Promise<RunningGcp> {
  const { directory, port = 0, tls, clock = Date.now } = options;
  const rpc = loadGoogleRpc();
  makePrivateDirectory(directory);
  const cloud = new GoogleCloud(StateFile.open(join(directory, "gcp.json"), () => initialState(clock()), laterState()), clock);
  const faults = new GcpFaults();
  const listener = await listen(rpc, tls, port, (bound) => ({
    cloud,
    faults,
    authenticate: (header, service) =>
      authenticate(header, {
        accounts: cloud.state.accounts,
        service,
        hosts: ["127.0.0.1", `127.0.0.1:${bound}`],
        // Clients sign the wall clock's time, whatever time it is in the sandbox.
        now: Math.floor(Date.now() / 1000),
        secret: cloud.state.headerKey,
      }),
  }));
  const sandbox = new GcpSandbox(cloud, faults, directory);
  return {
    sandbox,
    endpoint: `https://127.0.0.1:${listener.port}`,
    keyFile: (name) => sandbox.identity(name).keyFile,
    close: () => listener.close(),
  };
}
