/** What the tests of the sandbox's Azure share: a CA, a running sandbox with a clock, and the official clients for it. */
import "reflect-metadata";

import { webcrypto } from "node:crypto";
import { Agent } from "node:https";
import { connect } from "node:tls";

import { ClientCertificateCredential, type TokenCredential } from "@azure/identity";
import { CryptographyClient, KeyClient, type KeyClientOptions } from "@azure/keyvault-keys";
import { PemConverter, X509CertificateGenerator } from "@peculiar/x509";

import { AZURE_HOSTS, type RunningAzure, startAzure } from "../../../sandbox/azure/index.js";
import { issueServerTls } from "../../../sandbox/certificate-authority.js";
import { temporaryDirectory } from "../fixtures.js";

/** Where the sandbox's clock starts. */
export const START = Date.UTC(2026, 10, 24);
export const DAY = 86_400_000;

const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 };

export interface CertificatePair {
  readonly certificate: string;
  readonly privateKey: string;
}

async function keyPair(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(RSA, true, ["sign", "verify"]);
}

async function privateKeyPem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
}

/** A self-signed certificate, as the service makes them; good from a day before {@link START} for a year. */
export async function selfSigned(name: string, days = 365): Promise<CertificatePair> {
  const keys = await keyPair();
  const certificate = await X509CertificateGenerator.createSelfSigned(
    { name: `CN=${name}`, keys, signingAlgorithm: RSA, notBefore: new Date(START - DAY), notAfter: new Date(START + days * DAY) },
    webcrypto,
  );
  return { certificate: certificate.toString("pem"), privateKey: await privateKeyPem(keys) };
}

/** A pipeline policy of the SDKs. */
type Policy = NonNullable<KeyClientOptions["additionalPolicies"]>[number]["policy"];

/** An application that signs in: its ids, and the certificate it holds. */
export interface Application extends CertificatePair {
  readonly entraTenantId: string;
  readonly clientId: string;
}

/** A running Azure and clients for it. */
export interface AzureFixture {
  readonly running: RunningAzure;
  readonly directory: string;
  /** What the sandbox's clock says. */
  now(): number;
  /** Moves the sandbox's clock forward. */
  advance(milliseconds: number): void;
  /** A fresh credential: nothing cached. */
  credential(application: Application): TokenCredential;
  /** A client with another token than the credential's would be. */
  keys(vault: string, credential: TokenCredential): KeyClient;
  crypto(keyId: string, credential: TokenCredential): CryptographyClient;
  /** A request as it is, with the real host. */
  fetch(method: string, url: string, options?: { token?: string; body?: object | undefined; form?: Record<string, string> }): Promise<RawAnswer>;
  /** Stops and starts again from the same files. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  /** Parsed JSON; compared whole. */
  readonly body: unknown;
}

export async function azureFixture(): Promise<AzureFixture> {
  const directory = temporaryDirectory();
  const tls = await issueServerTls({ dns: ["localhost", ...AZURE_HOSTS], ip: ["127.0.0.1"] });
  let now = START;
  const start = (): Promise<RunningAzure> => startAzure({ directory: directory.path, tls, clock: () => now });
  let running = await start();
  let agent = loopbackAgent(running);
  const policy: Policy = {
    name: "loopback",
    sendRequest: (request, next) => {
      request.agent = agent;
      return next(request);
    },
  };
  // One attempt, so that every refusal is seen.
  const options = { additionalPolicies: [{ policy, position: "perRetry" as const }], retryOptions: { maxRetries: 0 } };
  return {
    get running() {
      return running;
    },
    directory: directory.path,
    now: () => now,
    advance: (milliseconds) => {
      now += milliseconds;
    },
    credential: ({ entraTenantId, clientId, certificate, privateKey }) =>
      new ClientCertificateCredential(entraTenantId, clientId, { certificate: `${certificate}\n${privateKey}` }, options),
    keys: (vault, credential) => new KeyClient(`https://${vault}.vault.azure.net`, credential, options),
    crypto: (keyId, credential) => new CryptographyClient(keyId, credential, options),
    fetch: (method, url, given = {}) => rawRequest(agent, method, url, given),
    restart: async () => {
      agent.destroy();
      await running.close();
      running = await start();
      agent = loopbackAgent(running);
    },
    close: async () => {
      agent.destroy();
      await running.close();
      directory.remove();
    },
  };
}

/** Connects to the sandbox whatever the host is, and checks the certificate for that host. */
function loopbackAgent(running: RunningAzure): Agent {
  const port = Number(new URL(running.endpoint).port);
  const agent = new Agent({ keepAlive: true });
  agent.createConnection = (options) =>
    connect({ host: "127.0.0.1", port, servername: (options as { servername?: string; host?: string }).servername ?? options.host ?? "", ca: running.certificateAuthority });
  return agent;
}

async function rawRequest(
  agent: Agent,
  method: string,
  url: string,
  { token, body, form }: { token?: string; body?: object | undefined; form?: Record<string, string> },
): Promise<RawAnswer> {
  const { request } = await import("node:https");
  const text = form !== undefined ? new URLSearchParams(form).toString() : body === undefined ? "" : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method,
        agent,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          "content-type": form === undefined ? "application/json" : "application/x-www-form-urlencoded",
          "content-length": Buffer.byteLength(text),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const answer = Buffer.concat(chunks).toString("utf8");
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: answer === "" ? undefined : (JSON.parse(answer) as unknown) });
        });
      },
    );
    sent.on("error", reject);
    sent.end(text);
  });
}

/** The tenant's vault, and the service's application with access to it. */
export interface Service {
  readonly application: Application;
  readonly servicePrincipalId: string;
  readonly credential: TokenCredential;
  /** Replaces what the application may do with the keys of the vault. */
  grant(...permissions: string[]): void;
}

/** Registers an application with a fresh certificate, and grants it permissions in a vault that exists. */
export async function service(fixture: AzureFixture, vault: string, ...permissions: string[]): Promise<Service> {
  const { sandbox } = fixture.running;
  const pair = await selfSigned("backup-service");
  const { entraTenantId, clientId, servicePrincipalId } = sandbox.registerApplication({
    displayName: "Backup service", certificates: [pair.certificate],
  });
  const application = { entraTenantId, clientId, ...pair };
  const grant = (...given: string[]): void => {
    fixture.running.sandbox.setAccessPolicy({ vault, objectId: servicePrincipalId, permissions: given });
  };
  if (permissions.length > 0) grant(...permissions);
  return { application, servicePrincipalId, credential: fixture.credential(application), grant };
}

/** What a client shows of a refusal: status, code, inner code, message. Throws if the call succeeds. */
export async function refusal(call: Promise<unknown>): Promise<{ status: number; code: string; inner?: string; message: string }> {
  try {
    await call;
  } catch (error) {
    const { statusCode, code, message, details } = error as {
      statusCode: number; code: string; message: string; details?: { error?: { innerError?: { code: string } } };
    };
    const inner = details?.error?.innerError?.code;
    return { status: statusCode, code, ...(inner === undefined ? {} : { inner }), message };
  }
  throw new Error("the call succeeded");
}
