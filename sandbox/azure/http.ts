/**
 * Azure's planes over HTTPS: one listener, the Host header says who is asked.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { type IncomingMessage, type ServerResponse } from "node:http";

import { type ApiAnswer, ApiError, type ApiRequest, NoSuchHost, splitPath } from "./api.js";
import { type Azure, UnknownHost } from "./azure.js";
import { ConnectionReset, type Faults } from "./faults.js";
import { VAULT_SUFFIX } from "./names.js";

/** Answers one request. Errors become error answers; nothing is thrown. */
export async function answerAzure(
  azure: Azure,
  faults: Faults,
  incoming: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  const request = readRequest(incoming, body, azure.callersAddress);
  if (request === undefined) {
    send(response, incoming, { status: 400, body: { error: { code: "BadRequest", message: "The request's path is not valid." } } });
    return;
  }
  try {
    send(response, incoming, await run(azure, faults, request));
  } catch (error) {
    if (error instanceof NoSuchHost || error instanceof ConnectionReset) {
      incoming.socket.destroy();
    } else if (error instanceof UnknownHost) {
      send(response, incoming, {
        // 421: this server is not able to produce a response for that authority (RFC 9110).
        status: 421,
        body: {
          error: {
            code: "MisdirectedRequest",
            message: `The sandbox does not answer for "${error.message}". It is asked by the real host names: NAME${VAULT_SUFFIX}, login.microsoftonline.com, management.azure.com, graph.microsoft.com.`,
          },
        },
      });
    } else if (error instanceof ApiError) {
      send(response, incoming, { status: error.status, body: error.body(request), headers: error.headers });
    } else {
      send(response, incoming, { status: 500, body: { error: { code: "InternalServerError", message: `The sandbox failed: ${String(error)}` } } });
    }
  }
}

async function run(azure: Azure, faults: Faults, request: ApiRequest): Promise<ApiAnswer> {
  const operation = azure.route(request);
  try {
    await faults.strike(operation);
  } catch (error) {
    azure.record(operation, error instanceof ApiError ? error.outcome : "ConnectionReset");
    throw error;
  }
  return azure.run(operation, request);
}

function readRequest(incoming: IncomingMessage, body: Buffer, callersAddress: string | undefined): ApiRequest | undefined {
  const { headers, method = "GET", url = "/" } = incoming;
  // The path as it was sent: URL would fold the empty segment of `keys/NAME//encrypt` only in odd cases, but decode none.
  const [pathname = "/", query = ""] = url.split("?", 2);
  let path: string[];
  try {
    path = splitPath(pathname);
  } catch {
    // A percent sign that encodes nothing.
    return undefined;
  }
  const correlationId = headers["x-ms-client-request-id"] ?? headers["client-request-id"];
  return {
    method,
    host: (headers.host ?? "").toLowerCase().replace(/:\d+$/, ""),
    path,
    query: new URLSearchParams(query),
    authorization: headers.authorization,
    correlationId: typeof correlationId === "string" ? correlationId : undefined,
    body,
    clientAddress: callersAddress ?? incoming.socket.remoteAddress ?? "",
  };
}

function send(response: ServerResponse, incoming: IncomingMessage, answer: ApiAnswer): void {
  const text = answer.body === undefined ? "" : JSON.stringify(answer.body);
  const clientRequestId = incoming.headers["x-ms-client-request-id"];
  response.writeHead(answer.status, {
    "cache-control": "no-cache",
    ...(answer.body === undefined ? {} : { "content-type": "application/json; charset=utf-8" }),
    "content-length": Buffer.byteLength(text),
    "x-ms-request-id": randomUUID(),
    ...(typeof clientRequestId === "string" ? { "x-ms-client-request-id": clientRequestId } : {}),
    ...answer.headers,
  });
  response.end(text);
}
