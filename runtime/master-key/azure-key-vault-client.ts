/**
 * Calls to Azure Key Vault through the official SDK, with the SDK's traps closed: what it asks beside what it is asked for,
 * how long it tries, where it sends, and what it loses.
 *
 * @module
 */
import type * as Keys from "@azure/keyvault-keys" with { "resolution-mode": "import" };
import { type AzureCertificates } from "./azure-certificate.js";
import { type AzureOperation, mapAzureKeyVaultError } from "./azure-key-vault-errors.js";
import { LoopbackAgent, onlyTo, type Redirection } from "./azure-key-vault-host.js";
import { EntraSignIn } from "./azure-sign-in.js";
import { unlessAborted, withinTime } from "./bounded-wait.js";
import { attempt, CallsUnderWay } from "./calls.js";
import { AZURE_KEY_URI, type AzureKeyVaultDescriptor } from "./descriptor.js";
import { type Endpoints } from "./endpoints.js";
import { ByokError } from "./errors.js";
import { loadPeer } from "./load-peer.js";
import { type CallOptions } from "./master-key.js";

/** Milliseconds for a call, all its tries and the sign-in included. */
const REQUEST_TIMEOUT = 10_000;

/** How the client is opened. */
export interface AzureKeyVaultClientOptions {
  /** Loopback instead of the vault and of Entra: the sandbox. */
  readonly endpoints?: Endpoints;
  /** Certificates of the application that the descriptor names. */
  readonly certificates?: AzureCertificates | undefined;
  /** Milliseconds; for tests. */
  readonly requestTimeout?: number;
  /** Milliseconds since the epoch; for tests. */
  readonly now?: () => number;
}

interface KeyDetails {
  readonly provider: string;
  readonly keyId: string;
  readonly tenant: string;
}

/** Options that go with a call of the SDK. */
type OperationOptions = Keys.EncryptOptions;

/** A client of one version of the key, or of the newest, and whether it was challenged by the vault. */
interface VersionClient {
  readonly client: Keys.CryptographyClient;
  challenge: Promise<unknown> | undefined;
}

/**
 * Loads the SDKs. Nothing is contacted before the first call.
 *
 * @throws {@link ByokError} CONFIG_INVALID if there are no certificates, or an SDK is not installed.
 */
export async function openAzureKeyVaultClient(
  descriptor: AzureKeyVaultDescriptor,
  details: KeyDetails,
  options: AzureKeyVaultClientOptions,
): Promise<AzureKeyVaultClient> {
  const { certificates, endpoints = {}, now } = options;
  if (certificates === undefined) {
    throw new ByokError(
      "CONFIG_INVALID",
      `A key in Azure Key Vault is used as the application ${descriptor.clientId}: give the certificates that \`byok credentials create\` made for it. There is no default for them.`,
      details,
    );
  }
  const [keys, identity] = await Promise.all([
    loadPeer("@azure/keyvault-keys", details.provider, () => import("@azure/keyvault-keys")),
    loadPeer("@azure/identity", details.provider, () => import("@azure/identity")),
  ]);
  const { certificateAuthority } = endpoints;
  const redirect = (endpoint: string | undefined): Redirection | undefined =>
    endpoint === undefined ? undefined : { endpoint, certificateAuthority };
  const timeout = options.requestTimeout ?? REQUEST_TIMEOUT;
  const signIn = new EntraSignIn(
    identity,
    {
      descriptor,
      certificates,
      redirection: redirect(endpoints.entra),
      // Leaves the call the time to be made with the token at hand, if Entra hangs.
      timeout: timeout / 2,
      ...(now === undefined ? {} : { now }),
    },
    details,
  );
  return new AzureKeyVaultClient(keys, signIn, { details, timeout, redirection: redirect(endpoints["azure-key-vault"]) });
}

/** A client for one key. */
export class AzureKeyVaultClient {
  readonly #keys: typeof Keys;
  readonly #signIn: EntraSignIn;
  readonly #details: KeyDetails;
  readonly #timeout: number;
  readonly #agent: LoopbackAgent | undefined;
  readonly #calls = new CallsUnderWay();
  readonly #clients = new Map<string, VersionClient>();
  readonly #vault: string;
  readonly #name: string;
  #viewer: Keys.KeyClient | undefined;

  constructor(
    keys: typeof Keys,
    signIn: EntraSignIn,
    options: { readonly details: KeyDetails; readonly timeout: number; readonly redirection: Redirection | undefined },
  ) {
    this.#keys = keys;
    this.#signIn = signIn;
    this.#details = options.details;
    this.#timeout = options.timeout;
    this.#agent = options.redirection === undefined ? undefined : new LoopbackAgent(options.redirection);
    const [, vault = "", name = ""] = AZURE_KEY_URI.exec(options.details.keyId) ?? [];
    this.#vault = `${vault}.vault.azure.net`;
    this.#name = name;
  }

  /**
   * Uses a version of the key.
   *
   * @param version empty for the newest.
   * @param dispose takes care of an answer that nobody waits for any more.
   * @returns what the SDK gives, and the identifier of the key version that Key Vault says it used, which the SDK drops.
   * @throws {@link ByokError} and nothing else.
   */
  async use<T>(
    operation: AzureOperation,
    version: string,
    options: CallOptions,
    send: (client: Keys.CryptographyClient, options: OperationOptions) => Promise<T>,
    dispose: (answer: T) => void = () => undefined,
  ): Promise<{ readonly answer: T; readonly keyId: unknown }> {
    const versionClient = this.#clientOf(version);
    return this.#call(
      operation,
      options,
      async (abortSignal) => {
        let keyId: unknown;
        const answer = await this.#afterChallenge(versionClient, (client) =>
          send(client, {
            abortSignal,
            onResponse: ({ parsedBody }) => {
              keyId = kidOf(parsedBody);
            },
          }),
        );
        return { answer, keyId };
      },
      ({ answer }) => {
        dispose(answer);
      },
    );
  }

  /** The key's properties, which need the right to look (keys/get). */
  async look(options: CallOptions): Promise<Keys.KeyProperties> {
    this.#viewer ??= new this.#keys.KeyClient(`https://${this.#vault}`, this.#signIn, this.#pipeline());
    const viewer = this.#viewer;
    const { properties } = await this.#call("describe", options, (abortSignal) => viewer.getKey(this.#name, { abortSignal }));
    return properties;
  }

  /** Ends what is under way. */
  close(): void {
    this.#calls.end();
    this.#signIn.close();
    this.#agent?.destroy();
  }

  async #call<T>(
    operation: AzureOperation,
    options: CallOptions,
    send: (abortSignal: AbortSignal) => Promise<T>,
    dispose: (answer: T) => void = () => undefined,
  ): Promise<T> {
    const map = (error: unknown): ByokError => mapAzureKeyVaultError(error, operation, this.#details);
    return this.#calls.run(options.signal, async (signal) => {
      // Ends the requests on the wire too when the time is over.
      const ending = new AbortController();
      const end = (): void => {
        ending.abort(signal.reason);
      };
      signal.addEventListener("abort", end, { once: true });
      if (signal.aborted) end();
      try {
        const isTransient = (error: unknown): boolean => map(error).code === "UNAVAILABLE";
        const tried = attempt(() => send(ending.signal), { timeout: this.#timeout, signal: ending.signal, isTransient });
        const late = (): ByokError =>
          new ByokError("UNAVAILABLE", `Azure Key Vault or Entra did not answer within ${this.#timeout / 1000} s: the call may be retried.`, this.#details);
        return await unlessAborted(withinTime(tried, this.#timeout, late, signal), signal, this.#details, dispose);
      } catch (error) {
        throw map(error);
      } finally {
        end();
        signal.removeEventListener("abort", end);
      }
    });
  }

  /**
   * A client of its own for every version, because the SDK's clients are for one. They are given a key without its
   * material: a key's identifier alone would cost a keys/get that shows in the tenant's log, and material would make the
   * SDK encrypt by itself, unseen, and judge the key's dates by the clock of this machine.
   */
  #clientOf(version: string): VersionClient {
    const known = this.#clients.get(version);
    if (known !== undefined) return known;
    const vaultUrl = `https://${this.#vault}`;
    const key: Keys.KeyVaultKey = {
      name: this.#name,
      id: version === "" ? this.#details.keyId : `${this.#details.keyId}/${version}`,
      properties: { name: this.#name, vaultUrl },
    };
    const made = { client: new this.#keys.CryptographyClient(key, this.#signIn, this.#pipeline()), challenge: undefined };
    this.#clients.set(version, made);
    return made;
  }

  /**
   * The first call of a client goes alone. The SDK takes off its body until the vault has said who may sign in; of calls
   * side by side it would give one its body back too late, and send it without.
   */
  async #afterChallenge<T>(of: VersionClient, send: (client: Keys.CryptographyClient) => Promise<T>): Promise<T> {
    if (of.challenge !== undefined) {
      await of.challenge;
      return send(of.client);
    }
    const first = send(of.client);
    of.challenge = first.catch(() => undefined);
    return first;
  }

  /** Made anew for each client: the SDK writes into it. */
  #pipeline(): Keys.CryptographyClientOptions {
    return {
      // Tries are counted here: the SDK's would wait as long as an answer's Retry-After says.
      retryOptions: { maxRetries: 0 },
      redirectOptions: { maxRetries: 0 },
      additionalPolicies: [onlyTo(this.#vault, this.#details)],
      ...(this.#agent === undefined ? {} : { agent: this.#agent }),
    };
  }
}

function kidOf(body: unknown): unknown {
  return typeof body === "object" && body !== null && "kid" in body ? body.kid : undefined;
}
