/**
 * Where shares and sign-ins may be sent: the descriptor's vault and Entra of the public cloud, nothing else. The SDKs obey
 * variables, challenges and redirects that send calls anywhere.
 *
 * @module
 */
import type { ClientRequestArgs } from "node:http";
import { Agent } from "node:https";
import type { Duplex } from "node:stream";
import type { KeyClientOptions } from "@azure/keyvault-keys" with { "resolution-mode": "import" };
import { ByokError, type ByokErrorDetails } from "./errors.js";

/** Entra of the public cloud, whatever `AZURE_AUTHORITY_HOST` says. Source: Microsoft identity platform, "National clouds". */
export const ENTRA_HOST = "login.microsoftonline.com";

/** A policy of the SDKs' HTTP pipeline. */
export type PipelinePolicy = NonNullable<KeyClientOptions["additionalPolicies"]>[number];

/**
 * A policy that lets a request pass only to one host, over TLS. It runs last of all, after redirects and retries.
 *
 * @throws {@link ByokError} CONFIG_INVALID from the call, before anything is sent.
 */
export function onlyTo(host: string, details: ByokErrorDetails): PipelinePolicy {
  return {
    position: "perRetry",
    policy: {
      name: "byokOnlyTo",
      async sendRequest(request, next) {
        const { protocol, host: destination } = new URL(request.url);
        if (protocol === "https:" && destination === host) return next(request);
        throw new ByokError(
          "CONFIG_INVALID",
          `The Azure configuration of this machine sends calls for ${host} to ${protocol}//${destination}; nothing was sent. Unset AZURE_AUTHORITY_HOST and AZURE_REGIONAL_AUTHORITY_NAME.`,
          details,
        );
      },
    },
  };
}

/** Options of either SDK for a call that goes to the sandbox instead, or none. */
export interface Redirection {
  /** `https://127.0.0.1:PORT`. */
  readonly endpoint: string;
  /** PEM of the CA that vouches for it. */
  readonly certificateAuthority?: string | undefined;
}

/**
 * An agent that connects to loopback. The host stays in the request and in TLS: the server needs a certificate for it.
 * Requests that have an agent go through no proxy.
 */
export class LoopbackAgent extends Agent {
  readonly #host: string;
  readonly #port: number;

  constructor({ endpoint, certificateAuthority }: Redirection) {
    const { hostname, port } = new URL(endpoint);
    super({ ...(certificateAuthority === undefined ? {} : { ca: certificateAuthority }) });
    this.#host = hostname.replace(/^\[|\]$/g, "");
    this.#port = port === "" ? 443 : Number(port);
  }

  /** Node has put the request's host into `servername` by now. */
  override createConnection(options: ClientRequestArgs, callback?: (error: Error | null, stream: Duplex) => void): Duplex {
    return super.createConnection({ ...options, host: this.#host, port: this.#port }, callback);
  }
}
