/**
 * Becoming another service account by short-lived tokens: that of the one tenant whose key is to be used. Source: IAM
 * documentation, "Service account impersonation"; IAM Service Account Credentials API, `generateAccessToken`. Google's own
 * client for it (`Impersonated`) keeps and renews the tokens; it is lent a source that signs for itself and can be redirected.
 *
 * @module
 */
import { request as httpsRequest } from "node:https";
import { checkServerIdentity } from "node:tls";
import type * as Gax from "google-gax";
import { GCP_KMS_SCOPE, type GoogleAuthClient } from "./gcp-credentials.js";
import { GCP_UNIVERSE } from "./gcp-kms-environment.js";

/** What the source asks for: IAM's API takes no narrower scope of the two that there are. IAM Service Account Credentials reference. */
export const GCP_IMPERSONATION_SCOPE = "https://www.googleapis.com/auth/cloud-platform";

/** Where tokens are asked for. */
const HOST = `https://iamcredentials.${GCP_UNIVERSE}`;

/** Milliseconds for one request. */
const TIMEOUT = 10_000;

type Source = NonNullable<NonNullable<ConstructorParameters<(typeof Gax)["googleAuthLibrary"]["Impersonated"]>[0]>["sourceClient"]>;

/** Whom to become, and where to ask. */
export interface Impersonation {
  /** E-mail of the service account. */
  readonly account: string;
  /** `https://127.0.0.1:PORT` instead of Google's host, and the PEM of the CA that vouches for it: the sandbox. */
  readonly endpoint?: string | undefined;
  readonly certificateAuthority?: string | undefined;
}

/** The `grantedTo` of a descriptor as a service account's e-mail; undefined if it is none. IAM documentation, "Principal identifiers". */
export function impersonatable(grantedTo: string): string | undefined {
  return /^(?:serviceAccount:)?([^:@\s]+@[^:@\s]+\.gserviceaccount\.com)$/.exec(grantedTo)?.[1];
}

/**
 * An auth client that speaks for an account, with tokens that `source` is given for it.
 *
 * @param source whoever runs the service; must have `iam.serviceAccounts.getAccessToken` on the account.
 */
export function impersonate({ googleAuthLibrary }: typeof Gax, source: GoogleAuthClient, how: Impersonation): GoogleAuthClient {
  const { Impersonated } = googleAuthLibrary;
  const lent = {
    universeDomain: GCP_UNIVERSE,
    // Each request brings its own authorization.
    getAccessToken: async () => Promise.resolve({ token: null }),
    request: async ({ url, data }: { url: string; data: object }) => {
      const authorization = (await source.getRequestHeaders(`${HOST}/`)).get("authorization");
      return { data: await post(url, authorization ?? "", data, how.certificateAuthority) };
    },
  };
  return new Impersonated({
    // It asks no more of it than these three.
    sourceClient: lent as unknown as Source,
    targetPrincipal: how.account,
    targetScopes: [GCP_KMS_SCOPE],
    endpoint: how.endpoint ?? HOST,
  });
}

async function post(url: string, authorization: string, body: object, certificateAuthority: string | undefined): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const { hostname } = new URL(url);
    const outgoing = httpsRequest(
      url,
      {
        method: "POST",
        timeout: TIMEOUT,
        headers: { authorization, "content-type": "application/json" },
        ...(certificateAuthority === undefined
          ? {}
          : { ca: certificateAuthority, checkServerIdentity: (_name: string, certificate) => checkServerIdentity(hostname, certificate) }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          const status = response.statusCode ?? 0;
          if (status !== 200) {
            // What clients of Google's make of a refusal, so that it is told apart from an outage.
            reject(Object.assign(new Error(text === "" ? `HTTP ${status}` : text), { status, response: { status } }));
            return;
          }
          try {
            resolve(JSON.parse(text));
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        });
      },
    );
    outgoing.on("timeout", () => outgoing.destroy(Object.assign(new Error(`${hostname} did not answer`), { code: "ETIMEDOUT" })));
    outgoing.on("error", reject);
    outgoing.end(JSON.stringify(body));
  });
}
