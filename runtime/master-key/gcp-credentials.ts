/**
 * The service's own Google identity, asked apart from the call that needs it: what a token service denies must never be
 * read as the tenant's answer.
 *
 * @module
 */
import { unlessAborted, withinTime } from "./bounded-wait.js";
import { ByokError } from "./errors.js";
import { mapGcpCredentialsError } from "./gcp-kms-errors.js";

/** What is needed of an auth client of google-auth-library 10 or newer (`JWT`, `Impersonated`, `ExternalAccountClient` ...). */
export interface GoogleAuthClient {
  /** Headers that authorize a request, `authorization` among them; a token is fetched or made as needed. */
  getRequestHeaders(url?: string): Promise<{ get(name: string): string | null }>;
}

/**
 * The service's own Google identity: the path of a credentials file (a service account's key, or the configuration of
 * workload identity federation), or an auth client of google-auth-library. Without one, Application Default Credentials
 * decide.
 *
 * With `impersonateGrantee` a tenant's key is used as the service account that its descriptor says was granted, by
 * short-lived tokens that this identity asks for: one account per tenant, see `GcpServiceIdentity`. The service key is
 * used as this identity itself. An auth client must then bring {@link GCP_IMPERSONATION_SCOPE}.
 */
export type GcpCredentials = ({ readonly keyFile: string } | { readonly authClient: GoogleAuthClient } | { readonly impersonateGrantee: true }) & {
  readonly impersonateGrantee?: boolean;
};

/** The one scope that is asked for. Source: Cloud KMS RPC reference, "Authorization scopes" of Encrypt and Decrypt. */
export const GCP_KMS_SCOPE = "https://www.googleapis.com/auth/cloudkms";

/** Headers that credentials may add to a request; others are none of theirs. */
const HEADERS = ["authorization", "x-goog-user-project"];

/**
 * An identity that is asked for headers before each call. The SDK keeps tokens until shortly before they expire; after
 * {@link GoogleIdentity.forget} the credentials are read anew, so that a replaced key file takes effect without a restart.
 */
export class GoogleIdentity {
  readonly #read: () => GoogleAuthClient;
  readonly #timeout: number;
  readonly #details: { provider: string; keyId: string; tenant: string };
  #client: GoogleAuthClient | undefined;

  /**
   * @param read makes the client that reads the credentials. Called at the first request for headers.
   * @param timeout milliseconds, after which the credentials count as failed.
   */
  constructor(
    read: () => GoogleAuthClient,
    timeout: number,
    details: { provider: string; keyId: string; tenant: string },
  ) {
    this.#read = read;
    this.#timeout = timeout;
    this.#details = details;
  }

  /**
   * Headers that authorize calls to Cloud KMS.
   *
   * @throws {@link ByokError} SERVICE_CREDENTIALS; UNAVAILABLE or THROTTLED where the network or a token service is out;
   * ABORTED when the signal fires.
   */
  async headers(url: string, signal: AbortSignal): Promise<Record<string, string>> {
    const late = (): ByokError => {
      const message = `The service's Google credentials did not come within ${this.#timeout / 1000} s. Check the credentials of this machine; the tenant has nothing to do with it.`;
      return new ByokError("SERVICE_CREDENTIALS", message, this.#details);
    };
    try {
      this.#client ??= this.#read();
      const fetched = withinTime(this.#client.getRequestHeaders(url), this.#timeout, late, signal);
      const given = await unlessAborted(fetched, signal, this.#details);
      if (given.get("authorization") === null) throw new Error("the credentials gave no authorization header");
      return Object.fromEntries(
        HEADERS.flatMap((name) => {
          const value = given.get(name);
          return value === null ? [] : [[name, value]];
        }),
      );
    } catch (error) {
      if (!signal.aborted) this.forget();
      throw mapGcpCredentialsError(error, this.#details);
    }
  }

  /** Reads the credentials anew next time: those at hand were refused. */
  forget(): void {
    this.#client = undefined;
  }
}
