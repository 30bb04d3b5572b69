/** Cloud KMS over gRPC on loopback, which says what a test tells it to: the SDK is real, the answers need not be. */
import { readFileSync } from "node:fs";
import * as grpc from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import { issueServerTls } from "../../../sandbox/certificate-authority.js";

/** What was asked: the request as it came, and the headers. */
export interface Asked {
  readonly method: string;
  readonly request: Record<string, unknown>;
  readonly headers: Record<string, string>;
}

/** An answer, or an error of gRPC; nothing at all leaves the caller waiting. */
export type Answer = { readonly ok: object } | { readonly error: { readonly code: number; readonly details: string } } | undefined;

/** A running server. */
export interface FakeGoogleKms {
  readonly endpoint: string;
  readonly certificateAuthority: string;
  readonly asked: Asked[];
  /** `cancelled` is fulfilled when the caller takes the call back. */
  answer: (asked: Asked, cancelled: Promise<void>) => Answer;
  close(): Promise<void>;
}

const METHODS = ["Encrypt", "Decrypt", "GetCryptoKey"];

export async function startFakeGoogleKms(): Promise<FakeGoogleKms> {
  const { certificate, privateKey, certificateAuthority } = await issueServerTls({ dns: [], ip: ["127.0.0.1"] });
  const server = new grpc.Server();
  const fake: FakeGoogleKms = {
    endpoint: "",
    certificateAuthority,
    asked: [],
    answer: () => undefined,
    async close() {
      server.forceShutdown();
    },
  };
  server.addService(
    kmsService(),
    Object.fromEntries(
      METHODS.map((method) => [
        method,
        (call: grpc.ServerUnaryCall<Record<string, unknown>, object>, callback: grpc.sendUnaryData<object>) => {
          const headers = Object.fromEntries(Object.entries(call.metadata.getMap()).map(([name, value]) => [name, String(value)]));
          const asked = { method, request: call.request, headers };
          fake.asked.push(asked);
          const cancelled = new Promise<void>((resolve) => call.once("cancelled", resolve));
          const answer = fake.answer(asked, cancelled);
          if (answer === undefined) return;
          if ("ok" in answer) callback(null, answer.ok);
          else callback(answer.error, null);
        },
      ]),
    ),
  );
  const credentials = grpc.ServerCredentials.createSsl(null, [
    { private_key: Buffer.from(privateKey), cert_chain: Buffer.from(certificate) },
  ]);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return Object.assign(fake, { endpoint: `https://127.0.0.1:${port}` });
}

/** The service as the SDK's own protos describe it. */
function kmsService(): grpc.ServiceDefinition {
  const json = JSON.parse(readFileSync(require.resolve("@google-cloud/kms/build/protos/protos.json"), "utf8")) as object;
  const definition = fromJSON(json, { longs: String, enums: String, defaults: true });
  const service = definition["google.cloud.kms.v1.KeyManagementService"];
  if (service === undefined || "format" in service) throw new Error("the SDK has no such service");
  return service;
}
