/** What the tests of the sandbox's Google Cloud share: one in a temporary directory, and official clients of its accounts. */
import { readFileSync } from "node:fs";
import { Agent, request as httpsRequest } from "node:https";

import { KeyManagementServiceClient } from "@google-cloud/kms";
import { credentials } from "@grpc/grpc-js";
import { GoogleAuth, JWT } from "google-auth-library";

import { issueServerTls } from "../../../sandbox/certificate-authority.js";
import { type GcpOptions, type RunningGcp, startGcp } from "../../../sandbox/gcp/index.js";
import { temporaryDirectory } from "../fixtures.js";

export const LOCATION = "europe-west4";
export const TENANT_PROJECT = "acme-backup-keys";
export const OTHER_PROJECT = "globex-backup-keys";
export const SERVICE_ACCOUNT = "storage-byok@afi-production.iam.gserviceaccount.com";
export const SERVICE = `serviceAccount:${SERVICE_ACCOUNT}`;
export const USE = "roles/cloudkms.cryptoKeyEncrypterDecrypter";

/** An answer over REST. */
export interface RestAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** A sandbox, its clients, and a clock to move. */
export interface GcpFixture {
  readonly gcp: RunningGcp;
  readonly directory: string;
  readonly tls: GcpOptions["tls"];
  /** The official client as an account of the sandbox, e.g. `service`. */
  client(name: string): KeyManagementServiceClient;
  /** One REST request as an account. */
  rest(name: string, verb: string, path: string, body?: object): Promise<RestAnswer>;
  /** Moves the sandbox's clock forward. */
  advance(days: number): void;
  now(): number;
  /** Closes the sandbox and starts another one on the same state. */
  restart(): Promise<RunningGcp>;
  close(): Promise<void>;
}

/** `tls`: a certificate that another cloud of the test's has as well; one of its own where left out. */
export async function gcpFixture(given: { readonly tls?: GcpOptions["tls"] } = {}): Promise<GcpFixture> {
  const directory = temporaryDirectory();
  const tls = given.tls ?? (await issueServerTls({ dns: ["localhost"], ip: ["127.0.0.1"] }));
  let now = Date.UTC(2026, 10, 24);
  const start = (): Promise<RunningGcp> => startGcp({ directory: directory.path, tls, clock: () => now });
  let gcp = await start();
  const clients: KeyManagementServiceClient[] = [];
  return {
    get gcp() {
      return gcp;
    },
    directory: directory.path,
    tls,
    client: (name) => {
      const client = clientOf(gcp, tls.certificateAuthority, gcp.keyFile(name));
      clients.push(client);
      return client;
    },
    rest: (name, verb, path, body) => rest(gcp, tls.certificateAuthority, gcp.keyFile(name), verb, path, body),
    advance: (days) => {
      now += days * 86_400_000;
    },
    now: () => now,
    restart: async () => {
      await gcp.close();
      gcp = await start();
      return gcp;
    },
    close: async () => {
      for (const client of clients) await client.close();
      await gcp.close();
      directory.remove();
    },
  };
}

/** The official client with a key file, sent to the sandbox; it signs its tokens itself, as in production. */
export function clientOf(gcp: RunningGcp, certificateAuthority: string, keyFile: string): KeyManagementServiceClient {
  // Given explicitly, as a custom endpoint needs it: TLS that trusts the sandbox's authority, and the account's tokens.
  const auth = new GoogleAuth({ keyFile });
  const token = credentials.createFromGoogleCredential({
    getRequestHeaders: async (url?: string) => {
      const client = (await auth.getClient()) as JWT;
      client.useJWTAccessWithScope = true;
      return Object.fromEntries(await client.getRequestHeaders(url));
    },
  });
  return new KeyManagementServiceClient({
    apiEndpoint: "127.0.0.1",
    port: Number(new URL(gcp.endpoint).port),
    sslCreds: credentials.combineChannelCredentials(credentials.createSsl(Buffer.from(certificateAuthority)), token),
    auth,
    // An IP address is no TLS server name (RFC 6066); Node warns of one.
    "grpc.ssl_target_name_override": "localhost",
  });
}

async function rest(
  gcp: RunningGcp, certificateAuthority: string, keyFile: string, verb: string, path: string, body?: object,
): Promise<RestAnswer> {
  const key = JSON.parse(readFileSync(keyFile, "utf8")) as { client_email: string; private_key: string; private_key_id: string };
  const jwt = new JWT({ email: key.client_email, key: key.private_key, keyId: key.private_key_id });
  const headers = Object.fromEntries(await jwt.getRequestHeaders(`${gcp.endpoint}/`));
  const agent = new Agent({ ca: certificateAuthority });
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(
      `${gcp.endpoint}${path}`,
      { method: verb, agent, headers: { ...headers, "content-type": "application/json" } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString("utf8")) });
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Enables Cloud KMS in a project as its deployer. */
export async function enableCloudKms(fixture: GcpFixture, project: string): Promise<void> {
  const { status } = await fixture.rest(`deployer-${project}`, "POST", `/v1/projects/${project}/services/cloudkms.googleapis.com:enable`);
  if (status !== 200) throw new Error(`enabling Cloud KMS answered ${status}`);
}

/** Makes a key ring (if need be) and a key in a project, as its deployer; grants the members the use of the key. */
export async function createKey(
  fixture: GcpFixture, keyId: string, options: { readonly project?: string; readonly grant?: readonly string[] } = {},
): Promise<string> {
  const { project = TENANT_PROJECT, grant = [] } = options;
  const deployer = fixture.client(`deployer-${project}`);
  const parent = `projects/${project}/locations/${LOCATION}`;
  const ring = `${parent}/keyRings/ring`;
  const [rings] = await deployer.listKeyRings({ parent });
  if (!rings.some(({ name }) => name === ring)) await deployer.createKeyRing({ parent, keyRingId: "ring" });
  const [key] = await deployer.createCryptoKey({ parent: ring, cryptoKeyId: keyId, cryptoKey: { purpose: "ENCRYPT_DECRYPT" } });
  const name = key.name ?? "";
  if (grant.length > 0) await setPolicy(deployer, name, { bindings: [{ role: USE, members: [...grant] }] });
  return name;
}

/** A policy as the client takes it. */
export interface Policy {
  readonly version?: number | null;
  readonly bindings?: readonly { readonly role?: string | null; readonly members?: readonly string[] | null; readonly condition?: object | null }[] | null;
  readonly etag?: Uint8Array | string | null;
}

/** SetIamPolicy; the client's own type asks for the methods of a message class, which a plain object does not have. */
export async function setPolicy(client: KeyManagementServiceClient, resource: string, policy: Policy): Promise<Policy> {
  const [answer] = await client.setIamPolicy({ resource, policy } as unknown as Parameters<typeof client.setIamPolicy>[0]);
  return answer;
}

/** GetIamPolicy, likewise. */
export async function getPolicy(client: KeyManagementServiceClient, resource: string): Promise<Policy> {
  const [answer] = await client.getIamPolicy({ resource } as unknown as Parameters<typeof client.getIamPolicy>[0]);
  return answer;
}

/** A refusal as the official client shows it. */
export interface Refusal {
  readonly code: number;
  readonly details: string;
  readonly reason?: string | undefined;
  readonly statusDetails?: unknown;
}

/** Code and message of a refusal. Throws if the call succeeds. */
export async function refusal(call: Promise<unknown>): Promise<Refusal> {
  try {
    await call;
  } catch (error) {
    const { code, details, reason, statusDetails } = error as Refusal;
    return { code, details, ...(reason === undefined ? {} : { reason }), ...(statusDetails === undefined ? {} : { statusDetails: plain(statusDetails) }) };
  }
  throw new Error("the call succeeded");
}

/** Messages without their classes. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
