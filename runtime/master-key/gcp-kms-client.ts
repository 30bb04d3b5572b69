/**
 * Calls to Google Cloud KMS through the official SDK, with the SDK's traps closed: where it sends, how long it tries, whose
 * credentials it takes and what it prints.
 *
 * @module
 */
import { createRequire } from "node:module";
import { checkServerIdentity } from "node:tls";
import type * as Kms from "@google-cloud/kms";
import type * as Gax from "google-gax";
import { unlessAborted } from "./bounded-wait.js";
import { attempt, CallsUnderWay } from "./calls.js";
import { ByokError } from "./errors.js";
import { GCP_KMS_SCOPE, type GcpCredentials, type GoogleAuthClient, GoogleIdentity } from "./gcp-credentials.js";
import { GCP_IMPERSONATION_SCOPE, impersonate } from "./gcp-impersonation.js";
import { GCP_KMS_HOST, GCP_LOGGING_VARIABLE, GCP_UNIVERSE } from "./gcp-kms-environment.js";
import { isTransient, mapGcpKmsError } from "./gcp-kms-errors.js";
import { loadPeer } from "./load-peer.js";
import { type CallOptions } from "./master-key.js";

/** Milliseconds for a call, all its tries and the wait for a connection included. */
const REQUEST_TIMEOUT = 10_000;

/** How the client is opened. */
export interface GcpKmsClientOptions {
  /** `https://127.0.0.1:PORT` instead of Google's host: the sandbox. */
  readonly endpoint?: string | undefined;
  /** PEM of the CA that vouches for `endpoint`. */
  readonly certificateAuthority?: string | undefined;
  readonly credentials?: GcpCredentials | undefined;
  /** E-mail of the service account to become, by what `credentials` may ask for. */
  readonly impersonate?: string | undefined;
  /** Milliseconds; for tests. */
  readonly requestTimeout?: number;
}

interface KeyDetails {
  readonly provider: string;
  readonly keyId: string;
  readonly tenant: string;
}

/** A method of the SDK's client, called with these options. */
type Send<T> = (client: Kms.KeyManagementServiceClient, options: Gax.CallOptions) => Promise<[T, ...unknown[]]>;

/**
 * Loads the SDK. Nothing is contacted, and no credentials are read, before the first call.
 *
 * @param project id of the key's project. Without it the SDK would look for one, by running gcloud and asking the metadata
 * server, although no call needs it.
 */
export async function openGcpKmsClient(
  project: string,
  details: KeyDetails,
  options: GcpKmsClientOptions,
): Promise<GcpKmsClient> {
  const { KeyManagementServiceClient } = await loadPeer("@google-cloud/kms", details.provider, () => import("@google-cloud/kms"));
  const gax = gaxOf(require.resolve("@google-cloud/kms"));
  const timeout = options.requestTimeout ?? REQUEST_TIMEOUT;
  const client = new KeyManagementServiceClient({
    universeDomain: GCP_UNIVERSE,
    // Else a global `window` (a browser-like environment) would switch to another transport.
    fallback: false,
    // The channel carries no credentials: they are fetched apart and sent as headers. So nothing is asked for them, nor the
    // metadata server probed, when the client is made, and no rejection is left unhandled when there are none.
    ...(options.endpoint === undefined
      ? { apiEndpoint: GCP_KMS_HOST, sslCreds: gax.grpc.credentials.createSsl() }
      : redirection(gax, options.endpoint, options.certificateAuthority)),
  });
  assertNoLogging(gax, details);
  const { credentials, impersonate: account } = options;
  const identity = new GoogleIdentity(
    () => {
      const source = sourceOf(gax, project, credentials, account === undefined ? GCP_KMS_SCOPE : GCP_IMPERSONATION_SCOPE);
      return account === undefined ? source : impersonate(gax, source, { ...options, account });
    },
    timeout,
    details,
  );
  return new GcpKmsClient(gax, client, identity, timeout, details);
}

/** Whoever runs the service. */
function sourceOf(gax: typeof Gax, project: string, credentials: GcpCredentials | undefined, scopes: string): GoogleAuthClient {
  if (credentials !== undefined && "authClient" in credentials) return credentials.authClient;
  const auth = new gax.GoogleAuth({
    scopes,
    projectId: project,
    universeDomain: GCP_UNIVERSE,
    ...(credentials === undefined || !("keyFile" in credentials) ? {} : { keyFilename: credentials.keyFile }),
  });
  // Makes service account keys sign for themselves instead of fetching a token, as the SDK's clients do.
  auth.useJWTAccessWithScope = true;
  return auth;
}

/**
 * google-gax, the SDK's own transport, resolved from the SDK: credentials of a channel have to be of the very gRPC package
 * that opens it, and it is nobody else's dependency.
 */
function gaxOf(sdk: string): typeof Gax {
  return createRequire(sdk)("google-gax") as typeof Gax;
}

/**
 * The SDK's client takes its logger when it is made and keeps it. If logging is on, by the variable or by a backend that the
 * program set, it would be given every plaintext.
 */
function assertNoLogging(gax: typeof Gax, details: KeyDetails): void {
  if (gax.loggingUtils.log("kms") === gax.loggingUtils.placeholder) return;
  throw new ByokError(
    "CONFIG_INVALID",
    `Logging of Google's SDK is on, and it would print the keys that the SDK decrypts. Unset ${GCP_LOGGING_VARIABLE}, and set no backend of google-logging-utils.`,
    details,
  );
}

/** Loopback instead of Google's host: its own CA, and no proxy on the way. */
function redirection(gax: typeof Gax, endpoint: string, certificateAuthority: string | undefined): Record<string, unknown> {
  const { hostname, port } = new URL(endpoint);
  const ca = certificateAuthority === undefined ? null : Buffer.from(certificateAuthority);
  return {
    apiEndpoint: hostname,
    port: port === "" ? 443 : Number(port),
    sslCreds: gax.grpc.credentials.createSsl(ca, null, null, {
      checkServerIdentity: (_name, certificate) => checkServerIdentity(hostname.replace(/^\[|\]$/g, ""), certificate),
    }),
    // A TLS server name is never an address (RFC 6066, section 3); the certificate is checked against the address all the same.
    "grpc.ssl_target_name_override": "localhost",
    "grpc.enable_http_proxy": 0,
  };
}

/** A client for one key. */
export class GcpKmsClient {
  readonly #gax: typeof Gax;
  readonly #client: Kms.KeyManagementServiceClient;
  readonly #identity: GoogleIdentity;
  readonly #timeout: number;
  readonly #details: KeyDetails;
  readonly #calls = new CallsUnderWay();

  constructor(
    gax: typeof Gax,
    client: Kms.KeyManagementServiceClient,
    identity: GoogleIdentity,
    timeout: number,
    details: KeyDetails,
  ) {
    this.#gax = gax;
    this.#client = client;
    this.#identity = identity;
    this.#timeout = timeout;
    this.#details = details;
  }

  /**
   * Makes a call.
   *
   * @param dispose takes care of an answer that nobody waits for any more.
   * @throws {@link ByokError} and nothing else.
   */
  async call<T>(options: CallOptions, send: Send<T>, dispose: (answer: T) => void = () => undefined): Promise<T> {
    return this.#calls.run(options.signal, async (signal) => {
      try {
        const headers = await this.#identity.headers(`https://${GCP_KMS_HOST}/`, signal);
        // Without this the SDK's methods would leave a rejection unhandled, which ends the process, if it fails.
        await unlessAborted(this.#client.initialize(), signal, this.#details);
        const tried = attempt((left) => this.#once(send, headers, left, signal), { timeout: this.#timeout, signal, isTransient });
        return await unlessAborted(tried, signal, this.#details, dispose);
      } catch (error) {
        const mapped = mapGcpKmsError(error, this.#details);
        if (mapped.code === "SERVICE_CREDENTIALS") this.#identity.forget();
        throw mapped;
      }
    });
  }

  /**
   * Calls, and ends the call on the wire when the signal fires. The SDK's methods take no signal; an interceptor gets at
   * the call itself. Source: gRPC proposal L5, "Node.js Client Interceptors".
   */
  async #once<T>(send: Send<T>, headers: Record<string, string>, timeout: number, signal: AbortSignal): Promise<T> {
    const { InterceptingCall, status } = this.#gax.grpc;
    let cancel: () => void = () => undefined;
    const onAbort = (): void => {
      cancel();
    };
    const cancellable: Gax.grpc.Interceptor = (options, nextCall) => {
      const call = new InterceptingCall(nextCall(options));
      cancel = () => {
        call.cancelWithStatus(status.CANCELLED, "The caller gave up.");
      };
      if (signal.aborted) setImmediate(cancel);
      return call;
    };
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      // `retry: null`: the SDK's own retries go on for ten minutes and tell nobody.
      const otherArgs = { headers: { ...headers }, options: { interceptors: [cancellable] } };
      const [answer] = await send(this.#client, { timeout, retry: null, otherArgs });
      return answer;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Ends what is under way, and closes the connection. */
  async close(): Promise<void> {
    this.#calls.end();
    await this.#client.close();
  }
}
