/**
 * Requests to the sandbox's Azure as the Azure providers make them: with the real host's name in the request and in TLS, over
 * a connection to loopback, as the signed-in administrator.
 *
 * @module
 */
import { STATUS_CODES } from "node:http";
import { Agent, request } from "node:https";

import { ARM_HOST, GRAPH_HOST } from "../../azure/names.js";
import { type AzureDeployer } from "../../azure/index.js";
import { type SandboxAccess } from "../provider.js";
import { type Properties } from "../values.js";

/** An answer, whatever its status. */
export interface AzureAnswer {
  /** `PUT https://HOST/PATH`, without query: what the SDKs for Go begin their errors with. */
  readonly asked: string;
  readonly status: number;
  /** As it came. */
  readonly text: string;
  /** As JSON; empty if it is no JSON object. */
  readonly body: Properties;
}

/** A connection to all of Azure's hosts. */
export interface AzureClient {
  /**
   * One request, not repeated: a fault reaches the program.
   *
   * @param path with its leading slash and its query.
   * @throws Error if there is no answer: no vault of that name, or an injected reset.
   */
  send(method: string, host: string, path: string, body?: Properties): Promise<AzureAnswer>;
  /** Closes connections. */
  close(): void;
}

/**
 * Connects as whoever is signed in.
 *
 * @throws Error if the sandbox runs without Azure.
 */
export function connectAzure({ endpoints, deployers }: SandboxAccess): { readonly client: AzureClient; readonly deployer: AzureDeployer } {
  const { "azure-key-vault": endpoint, certificateAuthority } = endpoints;
  const { azure: deployer } = deployers;
  if (endpoint === undefined || deployer === undefined) {
    throw new Error("the sandbox runs without azure: start it with azure among its clouds");
  }
  const { hostname, port } = new URL(endpoint);
  // Session tickets of one host are no good for another.
  const agent = new Agent({ keepAlive: true, ca: certificateAuthority, maxCachedSessions: 0 });
  const client: AzureClient = {
    send: async (method, host, path, body) => {
      const content = body === undefined ? "" : JSON.stringify(body);
      const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
        const sent = request(
          {
            agent,
            host: hostname,
            port,
            servername: host,
            method,
            path,
            headers: {
              host,
              authorization: `Bearer ${tokenFor(host, deployer)}`,
              ...(body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(content) }),
            },
          },
          (response) => {
            const chunks: Buffer[] = [];
            response.on("data", (chunk: Buffer) => chunks.push(chunk));
            response.once("error", reject);
            response.once("end", () => {
              resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") });
            });
          },
        );
        sent.once("error", reject);
        sent.end(content);
      }).catch((cause: unknown) => {
        throw new Error(`${method} https://${host}${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
      });
      return { asked: `${method} https://${host}${path.replace(/\?.*$/, "")}`, status, text, body: parse(text) };
    },
    close: () => {
      agent.destroy();
    },
  };
  return { client, deployer };
}

function tokenFor(host: string, { tokens }: AzureDeployer): string {
  return host === ARM_HOST ? tokens.arm : host === GRAPH_HOST ? tokens.graph : tokens.vault;
}

function parse(text: string): Properties {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Properties) : {};
  } catch {
    // 204s, and what is no JSON: the text says all there is.
    return {};
  }
}

/** Code and message of an error answer, of any of the planes. */
export function errorOf({ body }: AzureAnswer): { readonly code: string | undefined; readonly message: string | undefined } {
  const { error } = body;
  const { code, message } = typeof error === "object" && error !== null && !Array.isArray(error) ? (error as Properties) : {};
  return { code: typeof code === "string" ? code : undefined, message: typeof message === "string" ? message : undefined };
}

const RULE = "-".repeat(80);

/** A refusal as Azure's SDK for Go prints it (azcore, ResponseError.Error). */
export function responseError(answer: AzureAnswer): Error {
  const { code } = errorOf(answer);
  return new Error(
    [
      answer.asked,
      RULE,
      `RESPONSE ${answer.status}: ${answer.status} ${STATUS_CODES[answer.status] ?? ""}`.trimEnd(),
      code === undefined ? "ERROR CODE UNAVAILABLE" : `ERROR CODE: ${code}`,
      RULE,
      answer.text === "" ? "Response contained no body" : JSON.stringify(answer.body, null, 2),
      RULE,
      "",
    ].join("\n"),
  );
}
