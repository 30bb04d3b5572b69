/**
 * gRPC and the definitions of Google's services, from the packages that the official client is made of. They are loaded
 * when a sandbox starts, never by importing it.
 *
 * @module
 */
import { createRequire } from "node:module";

import type * as Grpc from "@grpc/grpc-js";
import type * as ProtoLoader from "@grpc/proto-loader";

import { ByokError } from "../../runtime/master-key/errors.js";
import { errorCode } from "../files.js";

/** A message type: its bytes from its members. */
export type Encode = (members: object) => Buffer;

/** What the server is made of. */
export interface GoogleRpc {
  readonly grpc: typeof Grpc;
  /** google.cloud.kms.v1.KeyManagementService. */
  readonly keyManagement: Grpc.ServiceDefinition;
  /** google.iam.v1.IAMPolicy, which Cloud KMS serves beside it. */
  readonly iamPolicy: Grpc.ServiceDefinition;
  /** Encoders of google.rpc.Status and of the types of its details, by full name. */
  readonly encoders: ReadonlyMap<string, Encode>;
}

/** Absent messages are null, absent strings empty, enums names, 64-bit integers text: what messages.ts describes. */
const OPTIONS: ProtoLoader.Options = { keepCase: false, longs: String, enums: String, defaults: true, oneofs: true };

/**
 * Loads everything.
 *
 * @throws ByokError CONFIG_INVALID if @google-cloud/kms is not installed.
 */
export function loadGoogleRpc(): GoogleRpc {
  try {
    const here = createRequire(__filename);
    const kms = createRequire(here.resolve("@google-cloud/kms"));
    // gRPC and the loader are google-gax's dependencies: its copies read the definitions it comes with.
    const gax = createRequire(kms.resolve("google-gax"));
    const loader = gax("@grpc/proto-loader") as typeof ProtoLoader;
    const definitions = (json: unknown): ProtoLoader.PackageDefinition => loader.fromJSON(json as Parameters<typeof loader.fromJSON>[0], OPTIONS);
    const keys = definitions(kms("../protos/protos.json"));
    const iam = definitions(gax("../protos/iam_service.json"));
    const status = definitions(gax("../protos/status.json"));
    return {
      grpc: gax("@grpc/grpc-js") as typeof Grpc,
      keyManagement: service(keys, "google.cloud.kms.v1.KeyManagementService"),
      iamPolicy: service(iam, "google.iam.v1.IAMPolicy"),
      encoders: new Map(
        Object.entries(status).flatMap(([name, type]): [string, Encode][] =>
          "serialize" in type && typeof type.serialize === "function" ? [[name, type.serialize as Encode]] : [],
        ),
      ),
    };
  } catch (error) {
    const code = errorCode(error);
    if (code !== "MODULE_NOT_FOUND" && code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new ByokError("CONFIG_INVALID", "The sandbox's Google Cloud needs @google-cloud/kms: npm install @google-cloud/kms", { cause: error });
  }
}

function service(definitions: ProtoLoader.PackageDefinition, name: string): Grpc.ServiceDefinition {
  const found = definitions[name];
  if (found === undefined) throw new Error(`the installed definitions have no service ${name}`);
  return found as Grpc.ServiceDefinition;
}
