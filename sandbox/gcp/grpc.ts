/**
 * Cloud KMS over gRPC: credentials and routing header in, messages and google.rpc.Status out. Source: gRPC over HTTP/2;
 * AIP-193, "Errors" (`grpc-status-details-bin`); Cloud KMS documentation, "Using Cloud KMS with gRPC" (routing header).
 *
 * @module
 */
import type * as Grpc from "@grpc/grpc-js";

import { type Answering, QUOTA_PROJECT_HEADER, refuseQuotaProject } from "./answering.js";
import { GoogleError, misrouted, notInSandbox } from "./errors.js";
import { damage } from "./faults.js";
import { isMethod, type RequestOf } from "./google-cloud.js";
import { type Encode, type GoogleRpc } from "./load.js";
import { parseName } from "./names.js";
import { CLOUD_KMS, type ServiceAccountRecord } from "./state.js";

type UnaryCall = Grpc.ServerUnaryCall<object, object>;

/** Makes the server; it listens nowhere yet. */
export function createGrpcServer(rpc: GoogleRpc, parts: Answering): Grpc.Server {
  // Encrypt takes 64 KiB twice; policies are larger than that only in bad faith.
  const server = new rpc.grpc.Server({ "grpc.max_receive_message_length": 1 << 20 });
  for (const definition of [rpc.keyManagement, rpc.iamPolicy]) {
    const handlers = Object.keys(definition).map((method): [string, Grpc.UntypedHandleCall] => [
      method,
      (call: UnaryCall, respond: Grpc.sendUnaryData<object>) => {
        answer(parts, method, call).then(
          (message) => {
            respond(null, message);
          },
          (error: unknown) => {
            respond(toStatus(rpc, error));
          },
        );
      },
    ]);
    server.addService(definition, Object.fromEntries(handlers));
  }
  return server;
}

async function answer({ cloud, faults, authenticate }: Answering, method: string, call: UnaryCall): Promise<object> {
  let caller: ServiceAccountRecord | undefined;
  const resource = resourceOf(call.request);
  let wire;
  try {
    caller = authenticate(first(call, "authorization"), CLOUD_KMS);
    refuseQuotaProject(first(call, QUOTA_PROJECT_HEADER));
    requireRouting(first(call, "x-goog-request-params"), resource);
    wire = await faults.strike({ operation: method, principal: caller.email, resource });
    if (!isMethod(method)) throw notInSandbox(method);
  } catch (error) {
    cloud.record(method, caller?.email, error instanceof Error ? error.name : "UNKNOWN", resource === undefined ? {} : { resource });
    throw error;
  }
  // The message is what the service's definition says it is: it was decoded by it.
  return damage(cloud.invoke(method, caller, call.request as RequestOf<typeof method>), wire);
}

/** The resource that a request names, in the member that its method has for it (google.api.http of every method). */
function resourceOf(request: object): string | undefined {
  const members = request as Record<string, unknown>;
  const nested = (member: string): unknown => (members[member] as { name?: unknown } | null | undefined)?.name;
  const named = [members["name"], members["parent"], members["resource"], nested("cryptoKey"), nested("cryptoKeyVersion")];
  return named.find((name): name is string => typeof name === "string" && name !== "");
}

/** A request for a resource outside of `global` must say so in its routing header. */
function requireRouting(parameters: string | undefined, resource: string | undefined): void {
  const location = parseName(resource ?? "")?.location;
  if (location === undefined || location === "global") return;
  const routed = [...new URLSearchParams(parameters ?? "").values()].some((value) => parseName(value)?.location === location);
  if (!routed) throw misrouted(location);
}

function first(call: UnaryCall, name: string): string | undefined {
  const [value] = call.metadata.get(name);
  return typeof value === "string" ? value : undefined;
}

function toStatus({ grpc, encoders }: GoogleRpc, error: unknown): Partial<Grpc.StatusObject> {
  const shown = error instanceof GoogleError ? error : new GoogleError("INTERNAL", `The sandbox failed: ${String(error)}`);
  const code = grpc.status[shown.name];
  const metadata = new grpc.Metadata();
  if (shown.details.length > 0) {
    const details = shown.details.map(({ type, members }) => ({
      type_url: `type.googleapis.com/${type}`,
      value: encoder(encoders, type)(members),
    }));
    metadata.set("grpc-status-details-bin", encoder(encoders, "google.rpc.Status")({ code, message: shown.message, details }));
  }
  return { code, details: shown.message, metadata };
}

function encoder(encoders: ReadonlyMap<string, Encode>, type: string): Encode {
  const found = encoders.get(type);
  if (found === undefined) throw new Error(`the installed definitions have no message ${type}`);
  return found;
}
