/**
 * Signing in to Entra as an application in a tenant's directory, with one of the certificates at hand.
 *
 * A sign-in makes a new credential of the SDK and drops it afterwards; tokens are kept here. The SDK's credentials keep the
 * first certificate that they read, and for a minute the failure of a token service.
 *
 * @module
 */
import type * as Identity from "@azure/identity" with { "resolution-mode": "import" };
import { type AzureCertificates, checkCertificate, type CheckedCertificate } from "./azure-certificate.js";
import { type EntraAnswer, mapEntraError, rejectsCertificate } from "./azure-key-vault-errors.js";
import { ENTRA_HOST, LoopbackAgent, onlyTo, type Redirection } from "./azure-key-vault-host.js";
import { withinTime } from "./bounded-wait.js";
import { type AzureKeyVaultDescriptor } from "./descriptor.js";
import { ByokError } from "./errors.js";

/** What a vault asks for. Source: Key Vault REST reference, "Authentication, requests and responses". */
export const VAULT_SCOPE = "https://vault.azure.net/.default";

/**
 * Milliseconds between sign-ins. A token lives for 60 to 90 minutes and cannot be withdrawn (Microsoft identity platform,
 * "Configurable token lifetimes"): only at a sign-in is it seen that the tenant removed the application or its certificate.
 */
export const SIGN_IN_EVERY = 10 * 60_000;

/** Milliseconds until a sign-in is tried again while an outage of Entra is bridged. */
const AGAIN_AFTER_OUTAGE = 60_000;

/** A token is used at most until this long before it expires. Milliseconds. */
const LAST_USE_BEFORE = 30_000;

/** How many certificates are tried in one sign-in: those at hand may be of many tenants' applications. */
const MOST_TRIED = 4;

interface KeyDetails {
  readonly provider: string;
  readonly keyId: string;
  readonly tenant: string;
}

/** A token, and when it was asked for, in milliseconds since the epoch. */
interface FetchedToken {
  readonly token: Identity.AccessToken;
  readonly fetchedAt: number;
}

/** Who signs in, and how. */
export interface SignInOptions {
  readonly descriptor: Pick<AzureKeyVaultDescriptor, "entraTenantId" | "clientId" | "certificateThumbprint">;
  readonly certificates: AzureCertificates;
  readonly redirection?: Redirection | undefined;
  /** Milliseconds that a sign-in may take. */
  readonly timeout: number;
  /** Milliseconds since the epoch; for tests. */
  readonly now?: () => number;
}

/** An application's identity, as the SDK's clients take it. */
export class EntraSignIn implements Identity.TokenCredential {
  readonly #identity: typeof Identity;
  readonly #options: SignInOptions;
  readonly #details: KeyDetails;
  readonly #now: () => number;
  readonly #agent: LoopbackAgent | undefined;
  #token: FetchedToken | undefined;
  #accepted: string | undefined;
  #underWay: Promise<FetchedToken> | undefined;

  constructor(identity: typeof Identity, options: SignInOptions, details: KeyDetails) {
    this.#identity = identity;
    this.#options = options;
    this.#details = details;
    this.#now = options.now ?? Date.now;
    this.#agent = options.redirection === undefined ? undefined : new LoopbackAgent(options.redirection);
  }

  /**
   * A token for the vault.
   *
   * It is said to have expired already: the SDK then asks here before every call. With a token that it knows to live, the
   * SDK would refresh in the background, where a failure is a rejection that nobody handles, which ends the process.
   *
   * @throws {@link ByokError} SERVICE_CREDENTIALS if there is no usable certificate; APP_REJECTED if Entra takes none of
   * them; UNAVAILABLE or THROTTLED; ACCESS_DENIED if the vault trusts another directory.
   */
  async getToken(scopes: string | string[], options: Identity.GetTokenOptions = {}): Promise<Identity.AccessToken> {
    this.#assertAsked(scopes, options.tenantId);
    if (options.claims !== undefined) this.#token = undefined;
    const known = this.#token;
    if (known !== undefined && this.#now() < known.fetchedAt + SIGN_IN_EVERY && this.#lives(known)) return forOneCall(known);
    const underWay = (this.#underWay ??= this.#signIn(options.claims));
    try {
      this.#token = await withinTime(underWay, this.#options.timeout, () => this.#late());
      return forOneCall(this.#token);
    } catch (error) {
      // Bridges an outage of Entra's as long as the token lives. A rejection is final: an outage that follows it must not
      // bring the token back.
      const outage = error instanceof ByokError && error.retryable;
      if (!outage) this.#token = undefined;
      if (!outage || known === undefined || !this.#lives(known)) throw error;
      this.#token = { ...known, fetchedAt: this.#now() - SIGN_IN_EVERY + AGAIN_AFTER_OUTAGE };
      return forOneCall(known);
    } finally {
      // One that hangs is left to itself: the next call makes another.
      if (this.#underWay === underWay) this.#underWay = undefined;
    }
  }

  /** Closes connections to the sandbox; others are the process's own. */
  close(): void {
    this.#agent?.destroy();
  }

  #lives({ token }: FetchedToken): boolean {
    return token.expiresOnTimestamp - LAST_USE_BEFORE > this.#now();
  }

  #late(): ByokError {
    return new ByokError("UNAVAILABLE", `Entra did not answer within ${this.#options.timeout / 1000} s: the call may be retried.`, this.#details);
  }

  /** A challenge says who shall vouch, and for what: only what the descriptor names is asked for. */
  #assertAsked(scopes: string | string[], directory: string | undefined): void {
    if ([scopes].flat().join(" ") !== VAULT_SCOPE) {
      throw new ByokError("UNEXPECTED_ANSWER", `The vault asks for a token of ${[scopes].flat().join(" ")}, not of Azure Key Vault.`, this.#details);
    }
    const { entraTenantId } = this.#options.descriptor;
    if (directory === undefined || directory === entraTenantId) return;
    throw new ByokError(
      "ACCESS_DENIED",
      `The vault trusts the directory ${directory}, not ${entraTenantId}, which the descriptor names: it was moved, or the descriptor is out of date.`,
      this.#details,
    );
  }

  async #signIn(claims: string | undefined): Promise<FetchedToken> {
    const fetchedAt = this.#now();
    const candidates = await this.#candidates();
    let rejected: ByokError | undefined;
    for (const candidate of candidates) {
      const answer: { -readonly [Member in keyof EntraAnswer]: EntraAnswer[Member] } = {};
      try {
        const token = await this.#ask(candidate, claims, answer);
        this.#accepted = candidate.thumbprint;
        return { token, fetchedAt };
      } catch (error) {
        const mapped = mapEntraError(error, answer, candidate.thumbprint, this.#details);
        if (mapped.code !== "APP_REJECTED" || !rejectsCertificate(answer)) throw mapped;
        rejected ??= mapped;
      }
    }
    throw rejected ?? new ByokError("SERVICE_CREDENTIALS", "There is no certificate to sign in with.", this.#details);
  }

  async #ask(certificate: CheckedCertificate, claims: string | undefined, answer: { status?: number; body?: string; failure?: unknown }): Promise<Identity.AccessToken> {
    const { entraTenantId, clientId } = this.#options.descriptor;
    const credential = new this.#identity.ClientCertificateCredential(
      entraTenantId,
      clientId,
      { certificate: certificate.pem },
      {
        // Given, so that AZURE_AUTHORITY_HOST does not count; known, so that no other host is asked about it.
        authorityHost: `https://${ENTRA_HOST}`,
        disableInstanceDiscovery: true,
        retryOptions: { maxRetries: 0 },
        redirectOptions: { maxRetries: 0 },
        additionalPolicies: [
          {
            position: "perCall",
            policy: {
              name: "byokEntraAnswer",
              // MSAL turns every failure into an error of its own that has lost the status.
              sendRequest: async (request, next) => {
                // Not `request.timeout`: its timer outlives a connection that fails.
                request.abortSignal = AbortSignal.timeout(this.#options.timeout);
                try {
                  const response = await next(request);
                  Object.assign(answer, { status: response.status, body: response.bodyAsText ?? "" });
                  return response;
                } catch (error) {
                  Object.assign(answer, { status: undefined, body: undefined, failure: error });
                  throw error;
                }
              },
            },
          },
          onlyTo(ENTRA_HOST, this.#details),
        ],
        ...(this.#agent === undefined ? {} : { agent: this.#agent }),
      },
    );
    return credential.getToken(VAULT_SCOPE, { enableCae: true, ...(claims === undefined ? {} : { claims }) });
  }

  /** Certificates to try: the one that worked last, then the descriptor's, then the others, the longest lived first. */
  async #candidates(): Promise<CheckedCertificate[]> {
    const given = await this.#atHand();
    const checked: CheckedCertificate[] = [];
    const faults: ByokError[] = [];
    for (const one of given) {
      try {
        checked.push(checkCertificate(one, this.#now(), this.#details));
      } catch (error) {
        if (!(error instanceof ByokError)) throw error;
        faults.push(error);
      }
    }
    const [fault] = faults;
    if (checked.length === 0) {
      throw fault ?? new ByokError(
        "SERVICE_CREDENTIALS",
        `No certificate is at hand for the application ${this.#options.descriptor.clientId}: give those that \`byok credentials create\` made.`,
        this.#details,
      );
    }
    const first = [this.#accepted, this.#options.descriptor.certificateThumbprint];
    const rank = ({ thumbprint }: CheckedCertificate): number => {
      const index = first.indexOf(thumbprint);
      return index === -1 ? first.length : index;
    };
    return checked.sort((a, b) => rank(a) - rank(b) || b.notAfter - a.notAfter).slice(0, MOST_TRIED);
  }

  /** Whatever is wrong with them is the service's own fault: never a tenant's revocation, and no reason to withhold grace. */
  async #atHand(): Promise<readonly { certificate: string; privateKey: string }[]> {
    const { certificates } = this.#options;
    if (typeof certificates !== "function") return certificates;
    try {
      return await certificates();
    } catch (error) {
      // What the service's own key or store says of itself is never the tenant's revocation.
      if (error instanceof ByokError && error.retryable) throw error;
      const why = error instanceof ByokError ? `(${error.code}) ${error.message}` : "look at the cause.";
      throw new ByokError("SERVICE_CREDENTIALS", `The certificates of the application could not be read: ${why}`, {
        ...this.#details,
        cause: error,
      });
    }
  }
}

function forOneCall({ token: { token } }: FetchedToken): Identity.AccessToken {
  return { token, expiresOnTimestamp: 0 };
}
