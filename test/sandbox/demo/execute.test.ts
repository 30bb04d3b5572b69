import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";

import { expect, test } from "@jest/globals";

import { execute, ExecuteError } from "../../../sandbox/demo/execute.js";
import { ByokError } from "../../../runtime/master-key/errors.js";

const options = { cwd: "/", env: process.env, signal: new AbortController().signal };

test("what a program prints, and how it fails", async () => {
  await expect(execute("sh", ["-c", "echo out; echo err >&2"], options)).resolves.toBe("out\n");
  const failure = execute("sh", ["-c", "echo out; echo err >&2; exit 7"], options);
  await expect(failure).rejects.toBeInstanceOf(ExecuteError);
  await expect(failure).rejects.toMatchObject({ exitCode: 7, stdout: "out\n", stderr: "err\n" });
});

test("the signal stops the program and what it has started", async () => {
  const stop = new AbortController();
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  // Both processes hold the connection: it ends when both have ended.
  const script = `exec 3<>/dev/tcp/127.0.0.1/${port}; echo ready >&3; sleep 600 & wait`;
  const running = execute("bash", ["-c", script], { ...options, signal: stop.signal });
  const [socket] = (await once(server, "connection")) as [Socket];
  await once(socket, "data");
  const ended = once(socket, "end");
  const reason = new ByokError("ABORTED", "Interrupted by SIGINT.");
  stop.abort(reason);
  await expect(running).rejects.toBe(reason);
  await ended;
  server.close();
});

test("after the signal nothing is started", async () => {
  const signal = AbortSignal.abort(new ByokError("ABORTED", "Interrupted."));
  await expect(execute("/no/such/program", [], { ...options, signal })).rejects.toMatchObject({ code: "ABORTED" });
});
