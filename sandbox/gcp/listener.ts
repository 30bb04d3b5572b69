/**
 * One port for gRPC and REST, as Google's API hosts have it: TLS on loopback, and ALPN says which of the two a connection
 * speaks (RFC 7301).
 *
 * @module
 */
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";

import { ByokError } from "../../runtime/master-key/errors.js";
import { KEEP_ALIVE, listen as listenOnLoopback } from "../listen.js";
import { type Answering } from "./answering.js";
import { createGrpcServer } from "./grpc.js";
import { type GoogleRpc } from "./load.js";
import { answerRest } from "./rest.js";

/** PEM texts of the certificate for 127.0.0.1 and its key. */
export interface ServerCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

/** A listener. */
export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Starts listening on 127.0.0.1.
 *
 * @param port 0 for any free one.
 * @param parts made when the port is known, which the tokens' audience may name.
 * @throws ByokError CONFIG_INVALID if the port is taken or the certificate is no certificate.
 */
export async function listen(
  rpc: GoogleRpc,
  tls: ServerCertificate,
  port: number,
  parts: (port: number) => Answering,
): Promise<Listener> {
  const server = createServer(tls);
  const bound = await listenOnLoopback(server, port);
  const answering = parts(bound);

  const grpc = createGrpcServer(rpc, answering);
  // TLS ends before: the connections that are handed over are decrypted ones.
  const injector = grpc.createConnectionInjector(rpc.grpc.ServerCredentials.createInsecure());
  const rest = createHttpServer({ keepAliveTimeout: KEEP_ALIVE }, (request, response) => {
    answerRest(answering, request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });
  const sockets = new Set<TLSSocket>();
  server.on("secureConnection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // A client that hangs up in the middle is its own business.
    socket.on("error", () => socket.destroy());
    if (socket.alpnProtocol === "h2") injector.injectConnection(socket);
    else rest.emit("connection", socket);
  });
  return {
    port: bound,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      grpc.forceShutdown();
      // Clients keep connections open; waiting for them to time out would be waiting for the client.
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function createServer({ certificate, privateKey }: ServerCertificate): ReturnType<typeof createTlsServer> {
  try {
    return createTlsServer({ cert: certificate, key: privateKey, ALPNProtocols: ["h2", "http/1.1"], minVersion: "TLSv1.2" });
  } catch (cause) {
    throw new ByokError("CONFIG_INVALID", "The certificate for the sandbox's Google Cloud, or its private key, is not in PEM.", { cause });
  }
}
