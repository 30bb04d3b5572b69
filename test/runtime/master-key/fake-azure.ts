/** A vault and Entra on loopback, which say what a test tells them to: the SDKs are real, the answers need not be. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, type ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { type Endpoints } from "../../../runtime/master-key/endpoints.js";
import { type AzureKeyVaultDescriptor } from "../../../runtime/master-key/descriptor.js";
import { type ShareContext, shareContextBytes, type WrappedShare } from "../../../runtime/master-key/master-key.js";
import { issueServerTls } from "../../../sandbox/certificate-authority.js";
import { bytesOf } from "../support.js";

/** The key that the fake vault has, and what goes with it. */
export const KEY = "https://acme-keys.vault.azure.net/keys/backup";
export const VERSION = "0123456789abcdef0123456789abcdef";
export const DETAILS = { provider: "azure-key-vault", keyId: KEY, tenant: "acme" };
export const SHARE = bytesOf("azure share");
export const CONTEXT: ShareContext = { purpose: "share", tenant: "acme", secret: "s-1", generation: 2 };
export const PLAINTEXT = Buffer.concat([SHARE, createHash("sha256").update(shareContextBytes(CONTEXT)).digest()]);
export const CIPHERTEXT = bytesOf("azure ciphertext", 256);
export const WRAPPED: WrappedShare = { provider: "azure-key-vault", keyId: KEY, keyVersion: VERSION, ciphertext: CIPHERTEXT };
/** Good answers to encrypt and to decrypt. */
export const ENCRYPTED = { kid: `${KEY}/${VERSION}`, value: Buffer.from(CIPHERTEXT).toString("base64url") };
export const DECRYPTED = { kid: `${KEY}/${VERSION}`, value: PLAINTEXT.toString("base64url") };

export const DIRECTORY = "11111111-2222-3333-4444-555555555555";
export const LOGIN_HOST = "login.microsoftonline.com";

export const DESCRIPTOR: AzureKeyVaultDescriptor = {
  schema: 1,
  tenant: "acme",
  datacenter: "eu",
  grantedTo: "99999999-8888-7777-6666-555555555555",
  provider: "azure-key-vault",
  keyUri: KEY,
  entraTenantId: DIRECTORY,
  clientId: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
  certificateThumbprint: "0".repeat(40),
  certificateNotAfter: "2027-01-31T00:00:00Z",
  operation: "encrypt",
};

/** One request, as it came. */
export interface AzureRequest {
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** Status, JSON (or text) and headers; nothing leaves the caller waiting, `hang-up` breaks the connection. */
export type AzureAnswer =
  | { readonly status: number; readonly body: object | string; readonly headers?: Record<string, string> }
  | "hang-up"
  | undefined;

/** A running server. */
export interface FakeAzure {
  readonly endpoints: Endpoints;
  readonly asked: AzureRequest[];
  /** Answers what has a token, at the vault. */
  vault: (request: AzureRequest) => AzureAnswer | Promise<AzureAnswer>;
  /** Answers requests for tokens. */
  token: (request: AzureRequest) => AzureAnswer | Promise<AzureAnswer>;
  /** What the vault says to requests without a token, and when. */
  challenge: string;
  beforeChallenge: () => Promise<void>;
  /** Token requests so far. */
  signIns(): readonly AzureRequest[];
  /** Requests to the vault that had a token. */
  uses(): readonly AzureRequest[];
  close(): Promise<void>;
}

/** A token that lives for an hour. */
export const TOKEN: AzureAnswer = { status: 200, body: { token_type: "Bearer", expires_in: 3600, ext_expires_in: 3600, access_token: "header.payload.signature" } };

export const CHALLENGE = `Bearer authorization="https://${LOGIN_HOST}/${DIRECTORY}", resource="https://vault.azure.net"`;

/** An answer as Entra refuses with. */
export function aadsts(number: number, options: { status?: number; error?: string } = {}): AzureAnswer {
  const { status = 401, error = "invalid_client" } = options;
  return { status, body: { error, error_description: `AADSTS${number}: said Entra.`, error_codes: [number], timestamp: "2026-11-24 00:00:00Z", trace_id: "t", correlation_id: "c" } };
}

/** An answer as Key Vault refuses with. */
export function refused(status: number, code: string, inner?: string): AzureAnswer {
  return { status, body: { error: { code, message: "said Azure", ...(inner === undefined ? {} : { innererror: { code: inner } }) } } };
}

export async function startFakeAzure(): Promise<FakeAzure> {
  const tls = await issueServerTls({ dns: ["*.vault.azure.net", LOGIN_HOST], ip: [] });
  const server: Server = createServer({ cert: tls.certificate, key: tls.privateKey }, (request, response) => {
    void serve(fake, request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const endpoint = `https://127.0.0.1:${address.port}`;
  const fake: FakeAzure = {
    endpoints: { "azure-key-vault": endpoint, entra: endpoint, certificateAuthority: tls.certificateAuthority },
    asked: [],
    vault: () => undefined,
    token: () => TOKEN,
    challenge: CHALLENGE,
    beforeChallenge: async () => undefined,
    signIns: () => fake.asked.filter(({ host, method }) => host === LOGIN_HOST && method === "POST"),
    uses: () => fake.asked.filter(({ host, headers }) => host !== LOGIN_HOST && headers.authorization !== undefined),
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return fake;
}

async function serve(fake: FakeAzure, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = "";
  for await (const chunk of incoming as AsyncIterable<Buffer>) body += chunk.toString("utf8");
  const { method = "", url = "", headers } = incoming;
  const request = { host: headers.host ?? "", method, path: url, headers, body };
  fake.asked.push(request);
  const answer = await answerTo(fake, request);
  if (answer === undefined) return;
  if (answer === "hang-up") {
    incoming.socket.destroy();
    return;
  }
  response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
  response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
}

async function answerTo(fake: FakeAzure, request: AzureRequest): Promise<AzureAnswer> {
  if (request.host === LOGIN_HOST) {
    if (request.path.includes("/.well-known/openid-configuration")) return openIdConfiguration();
    return fake.token(request);
  }
  if (request.headers.authorization === undefined) {
    await fake.beforeChallenge();
    return { status: 401, body: { error: { code: "Unauthorized", message: "no token" } }, headers: { "www-authenticate": fake.challenge } };
  }
  return fake.vault(request);
}

function openIdConfiguration(): AzureAnswer {
  const base = `https://${LOGIN_HOST}/${DIRECTORY}`;
  return {
    status: 200,
    body: {
      token_endpoint: `${base}/oauth2/v2.0/token`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      end_session_endpoint: `${base}/oauth2/v2.0/logout`,
      issuer: `${base}/v2.0`,
      jwks_uri: `${base}/discovery/v2.0/keys`,
    },
  };
}
