/**
 * One loopback listener for AWS KMS and the control endpoint.
 *
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

import { type Faults } from "./aws/faults.js";
import { answerKms } from "./aws/http.js";
import { type Kms } from "./aws/kms.js";
import { type Clouds } from "./clouds.js";
import { answerControl, CONTROL_PATH } from "./control.js";
import { KEEP_ALIVE, listen, stopServer } from "./listen.js";

/** Requests are small: 4 KiB of plaintext, 32 KiB of policy. */
const MAX_BODY = 1 << 20;

/** What it serves. */
export interface ControlListenerParts {
  readonly kms: Kms;
  readonly faults: Faults;
  readonly clouds: Clouds;
  readonly controlToken: string;
}

/** A running listener. */
export interface ControlListener {
  /** `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  /** Stops listening. */
  close(): Promise<void>;
}

/**
 * Listens on 127.0.0.1.
 *
 * @param port 0 for any free one.
 * @throws ByokError CONFIG_INVALID if the port is taken.
 */
export async function startControlListener(parts: ControlListenerParts, port: number): Promise<ControlListener> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE }, (request, response) => {
    answer(request, response, parts).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });
  const bound = await listen(server, port);
  return { endpoint: `http://127.0.0.1:${bound}`, close: () => stopServer(server) };
}

async function answer(request: IncomingMessage, response: ServerResponse, parts: ControlListenerParts): Promise<void> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY) {
      response.writeHead(413, { connection: "close" }).end();
      return;
    }
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  if (request.url?.startsWith(CONTROL_PATH) === true) {
    answerControl(parts.clouds, parts.controlToken, request, body, response);
  } else {
    await answerKms(parts.kms, parts.faults, request, body, response);
  }
}
