/**
 * Google's APIs as the deployer: Cloud KMS through the official client, projects, services and billing over REST, both with
 * tokens that the deployer's key signs.
 *
 * @module
 */
import { createRequire } from "node:module";
import { Agent, request as httpsRequest } from "node:https";
import { checkServerIdentity } from "node:tls";

import { type KeyManagementServiceClient } from "@google-cloud/kms";
import type * as Gax from "google-gax";

import { ByokError } from "../../../runtime/master-key/errors.js";
import { errorCode } from "../../files.js";

/** Where the APIs are, and as whom. */
export interface GoogleAccess {
  /** `https://127.0.0.1:PORT`. */
  readonly endpoint: string;
  /** PEM. */
  readonly certificateAuthority: string;
  /** Path of the deployer's key file. */
  readonly keyFile: string;
}

/** A refusal as the provider shows it: `googleapi: Error 409: MESSAGE` (google.golang.org/api, googleapi.Error). */
export class GoogleApiError extends Error {
  constructor(
    /** HTTP status. */
    readonly status: number,
    said: string,
    cause?: unknown,
  ) {
    super(`googleapi: Error ${status}: ${said}`, { cause });
  }
}

/** True for a refusal with one of some HTTP statuses. */
export function isGoogleError(error: unknown, ...statuses: readonly number[]): boolean {
  return error instanceof GoogleApiError && statuses.includes(error.status);
}

/** HTTP statuses of gRPC's (google/rpc/code.proto): the provider speaks REST and shows those. */
const HTTP_STATUS: Readonly<Record<number, number>> = { 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400, 10: 409, 12: 501, 13: 500, 14: 503, 16: 401 };

/** One deployer's clients. */
export class GoogleClient {
  readonly #access: GoogleAccess;
  readonly #auth: InstanceType<typeof Gax.GoogleAuth>;
  readonly #kms: KeyManagementServiceClient;
  readonly #agent: Agent;

  private constructor(
    access: GoogleAccess,
    auth: InstanceType<typeof Gax.GoogleAuth>,
    kms: KeyManagementServiceClient,
  ) {
    this.#access = access;
    this.#auth = auth;
    this.#kms = kms;
    this.#agent = new Agent({ ca: access.certificateAuthority, keepAlive: true });
  }

  /** Loads the SDK, which contacts nothing yet. Throws ByokError CONFIG_INVALID if it is not installed. */
  static async open(access: GoogleAccess): Promise<GoogleClient> {
    const sdk = await import("@google-cloud/kms").catch((error: unknown) => {
      if (errorCode(error) !== "MODULE_NOT_FOUND" && errorCode(error) !== "ERR_MODULE_NOT_FOUND") throw error;
      throw new ByokError("CONFIG_INVALID", "The sandbox's resource providers for Google Cloud need @google-cloud/kms: npm install @google-cloud/kms", {
        cause: error,
      });
    });
    // A channel's credentials must be of the very gRPC that opens it, and that is the SDK's own.
    const gax = createRequire(createRequire(__filename).resolve("@google-cloud/kms"))("google-gax") as typeof Gax;
    const { keyFile, endpoint, certificateAuthority } = access;
    const auth = new gax.GoogleAuth({ keyFilename: keyFile, scopes: "https://www.googleapis.com/auth/cloud-platform" });
    // Makes the key sign tokens itself, instead of asking Google for one.
    auth.useJWTAccessWithScope = true;
    const { credentials } = gax.grpc;
    const channel = credentials.createSsl(Buffer.from(certificateAuthority), null, null, {
      checkServerIdentity: (_, certificate) => checkServerIdentity("127.0.0.1", certificate),
    });
    const kms = new sdk.KeyManagementServiceClient({
      auth,
      apiEndpoint: "127.0.0.1",
      port: Number(new URL(endpoint).port),
      sslCreds: credentials.combineChannelCredentials(channel, credentials.createFromGoogleCredential({ getRequestHeaders: () => headersOf(auth) })),
      // An address is no TLS server name (RFC 6066); the certificate is checked against the address all the same.
      "grpc.ssl_target_name_override": "localhost",
      "grpc.enable_http_proxy": 0,
    });
    return new GoogleClient(access, auth, kms);
  }

  /** Calls Cloud KMS. Throws GoogleApiError for a refusal. */
  async kms<T>(send: (client: KeyManagementServiceClient) => Promise<[T, ...unknown[]]>): Promise<T> {
    try {
      const [answer] = await send(this.#kms);
      return answer;
    } catch (error) {
      const { code, details } = error as { code?: unknown; details?: unknown };
      const status = typeof code === "number" ? HTTP_STATUS[code] : undefined;
      if (status === undefined || typeof details !== "string") throw error;
      throw new GoogleApiError(status, details, error);
    }
  }

  /** One REST request; the answer's body. Throws GoogleApiError for a refusal. */
  async rest(verb: string, path: string, body?: object): Promise<Record<string, unknown>> {
    return (await this.#send(verb, path, await headersOf(this.#auth), body)).body;
  }

  /** The API's own time, epoch milliseconds: the Date of an answer (RFC 9110, section 6.6.1). It may not be ours. */
  async now(): Promise<number> {
    // Whatever the answer is: every one has it.
    return (await this.#send("HEAD", "/", {}, undefined).catch((error: unknown) => {
      if (error instanceof RestRefusal) return error;
      throw error;
    })).date;
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    await this.#kms.close();
  }

  async #send(
    verb: string, path: string, headers: Record<string, string>, body: object | undefined,
  ): Promise<{ readonly body: Record<string, unknown>; readonly date: number }> {
    return new Promise((resolve, reject) => {
      const outgoing = httpsRequest(
        `${this.#access.endpoint}${path}`,
        { method: verb, agent: this.#agent, headers: { ...headers, "content-type": "application/json" } },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => {
            const text = Buffer.concat(chunks).toString("utf8");
            const answer = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
            const date = Date.parse(response.headers.date ?? "");
            const status = response.statusCode ?? 0;
            if (status === 200) resolve({ body: answer, date });
            else reject(new RestRefusal(status, String((answer["error"] as { message?: unknown } | undefined)?.message), date));
          });
        },
      );
      outgoing.on("error", reject);
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

class RestRefusal extends GoogleApiError {
  constructor(status: number, said: string, readonly date: number) {
    super(status, said);
  }
}

async function headersOf(auth: InstanceType<typeof Gax.GoogleAuth>): Promise<Record<string, string>> {
  return Object.fromEntries(await (await auth.getClient()).getRequestHeaders());
}
