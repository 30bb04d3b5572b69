/**
 * Optional packages, loaded when they are first needed; a missing one is named together with the way to get it.
 *
 * @module
 */
import { createRequire } from "node:module";

import type * as KmsSdk from "@aws-sdk/client-kms";
import type * as Grpc from "@grpc/grpc-js";
import type * as Plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import type * as Services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type * as Messages from "@pulumi/pulumi/proto/provider_pb.js";
import type * as Status from "@pulumi/pulumi/proto/status_pb.js";
import type * as AnyPb from "google-protobuf/google/protobuf/any_pb.js";
import type * as EmptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import type * as StructPb from "google-protobuf/google/protobuf/struct_pb.js";

import { ByokError } from "../../runtime/master-key/errors.js";
import { errorCode } from "../files.js";

/** The KMS SDK. Throws ByokError CONFIG_INVALID if it is not installed. */
export async function loadKmsSdk(): Promise<typeof KmsSdk> {
  return import("@aws-sdk/client-kms").catch((error: unknown) => {
    throw missing("@aws-sdk/client-kms", error);
  });
}

/** What the gRPC server is made of, from the copies that @pulumi/pulumi itself uses. */
export interface PulumiRpc {
  readonly grpc: typeof Grpc;
  readonly services: typeof Services;
  readonly messages: typeof Messages;
  readonly plugin: typeof Plugin;
  readonly status: typeof Status;
  readonly any: typeof AnyPb;
  readonly empty: typeof EmptyPb;
  readonly struct: typeof StructPb;
}

/** Loads Pulumi's gRPC pieces. Throws ByokError CONFIG_INVALID if @pulumi/pulumi is not installed. */
export function loadPulumiRpc(): PulumiRpc {
  const here = createRequire(__filename);
  try {
    const within = createRequire(here.resolve("@pulumi/pulumi/package.json"));
    // gRPC and protobuf are dependencies of @pulumi/pulumi, not ours: theirs is the copy its messages were made with.
    return {
      grpc: within("@grpc/grpc-js") as PulumiRpc["grpc"],
      services: within("./proto/provider_grpc_pb.js") as PulumiRpc["services"],
      messages: within("./proto/provider_pb.js") as PulumiRpc["messages"],
      plugin: within("./proto/plugin_pb.js") as PulumiRpc["plugin"],
      status: within("./proto/status_pb.js") as PulumiRpc["status"],
      any: within("google-protobuf/google/protobuf/any_pb.js") as PulumiRpc["any"],
      empty: within("google-protobuf/google/protobuf/empty_pb.js") as PulumiRpc["empty"],
      struct: within("google-protobuf/google/protobuf/struct_pb.js") as PulumiRpc["struct"],
    };
  } catch (error) {
    throw missing("@pulumi/pulumi", error);
  }
}

/** Version of an installed SDK; undefined if it is not installed, since nobody's program then uses its provider. */
export function installedVersion(sdk: string): string | undefined {
  try {
    return (createRequire(__filename)(`${sdk}/package.json`) as { version: string }).version;
  } catch (error) {
    if (errorCode(error) === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

function missing(packages: string, error: unknown): unknown {
  const code = errorCode(error);
  if (code !== "MODULE_NOT_FOUND" && code !== "ERR_MODULE_NOT_FOUND") return error;
  return new ByokError("CONFIG_INVALID", `The sandbox's resource providers need ${packages.split(" ").join(" and ")}: npm install ${packages}`, {
    cause: error,
  });
}
