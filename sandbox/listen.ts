/**
 * Listening on loopback.
 *
 * @module
 */
import { once } from "node:events";
import { type Server as HttpServer } from "node:http";
import { type Server as HttpsServer } from "node:https";
import { type Server } from "node:net";

import { ByokError } from "../runtime/master-key/errors.js";

/**
 * Listens on 127.0.0.1, and tells the port.
 *
 * @param port 0 for any free one.
 * @throws ByokError CONFIG_INVALID if the port is taken.
 */
export async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (cause) {
    throw new ByokError(
      "CONFIG_INVALID",
      `The sandbox cannot listen on 127.0.0.1:${port}: ${cause instanceof Error ? cause.message : String(cause)}. Choose another port, or none to get a free one.`,
      { cause },
    );
  }
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  return address.port;
}

/**
 * How long a server keeps a connection that nobody uses, in milliseconds. Node's 5 s is so short that on a busy machine a client
 * may send its next request at the moment in which the connection is closed.
 */
export const KEEP_ALIVE = 120_000;

/** Ends a server and its connections: SDKs keep them alive, and waiting for them to time out would be waiting for the client. */
export async function stopServer(server: HttpServer | HttpsServer): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
