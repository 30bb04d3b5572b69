import { createServer, type Server } from "node:https";
import { once } from "node:events";
import { type AddressInfo } from "node:net";
import { connect, rootCertificates } from "node:tls";

import { afterAll, beforeAll, expect, test } from "@jest/globals";

import { issueServerTls, type ServerTls } from "../../sandbox/certificate-authority.js";

let tls: ServerTls;
let server: Server;

beforeAll(async () => {
  tls = await issueServerTls({ dns: ["*.vault.azure.net", "localhost"], ip: ["127.0.0.1"] });
  server = createServer({ cert: tls.certificate, key: tls.privateKey }, (_request, response) => response.end());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => {
  server.close();
});

/** What a client that trusts `ca` makes of the server when it asks for `servername`: "trusted", or the refusal's code. */
async function handshake(ca: string | readonly string[], servername: string): Promise<string> {
  const { port } = server.address() as AddressInfo;
  const socket = connect({ host: "127.0.0.1", port, servername, ca: [...[ca].flat()] });
  try {
    await once(socket, "secureConnect");
    return "trusted";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "none";
  } finally {
    socket.destroy();
  }
}

test.each([
  ["a vault's host", "acme.vault.azure.net", "trusted"],
  ["localhost", "localhost", "trusted"],
  ["a host that it does not name", "example.com", "ERR_TLS_CERT_ALTNAME_INVALID"],
  ["a host below a vault's", "a.b.vault.azure.net", "ERR_TLS_CERT_ALTNAME_INVALID"],
])("a client that trusts the CA, for %s", async (_, servername, outcome) => {
  await expect(handshake(tls.certificateAuthority, servername)).resolves.toBe(outcome);
});

test("nobody else trusts it, and another sandbox's CA does not vouch for it", async () => {
  await expect(handshake(rootCertificates, "localhost")).resolves.toBe("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
  const other = await issueServerTls({ dns: ["localhost"], ip: [] });
  await expect(handshake(other.certificateAuthority, "localhost")).resolves.not.toBe("trusted");
});
