/**
 * A resource provider over gRPC, for the real engine: it attaches to whatever PULUMI_DEBUG_PROVIDERS names instead of
 * starting a plugin. Protocol: pulumirpc.ResourceProvider (proto/pulumi/provider.proto).
 *
 * The engine opens one connection per provider resource (sdk/go/common/resource/plugin/provider_plugin.go, NewProvider),
 * and no later request says which provider it is for: a configuration belongs to the connection it came over, told apart
 * by the peer's address.
 *
 * @module
 */
import { type sendUnaryData, type ServerUnaryCall, type UntypedServiceImplementation } from "@grpc/grpc-js";
import type * as pb from "@pulumi/pulumi/proto/provider_pb.js";
import { type Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import { type Struct } from "google-protobuf/google/protobuf/struct_pb.js";

import { installedVersion, loadPulumiRpc, type PulumiRpc } from "./load.js";
import { marshal, unmarshal } from "./marshal.js";
import { type ConfiguredProvider, type Provider, type SandboxAccess } from "./provider.js";
import { PartiallyCreated } from "./resource-type.js";
import { type CheckResult, type Difference } from "./schema.js";
import { type Properties } from "./values.js";

/** Connections whose configuration is remembered; an engine run opens a handful and never comes back. */
const MAX_CONNECTIONS = 1000;

/** A listening provider. */
export interface ServedProvider {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves a provider on a free port of 127.0.0.1.
 *
 * @param access who is signed in; asked at every Configure, so that signing in takes effect at the next run.
 * @throws ByokError CONFIG_INVALID if Pulumi's packages are missing.
 */
export async function servePulumiProvider(provider: Provider, access: () => SandboxAccess): Promise<ServedProvider> {
  const rpc = loadPulumiRpc();
  const configured = new Map<string, ConfiguredProvider>();
  const server = new rpc.grpc.Server();
  server.addService(rpc.services.ResourceProviderService, implementation(rpc, provider, access, configured));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", rpc.grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return {
    port,
    close: async () => {
      // An engine that is still attached learns it from its next call.
      server.forceShutdown();
      for (const each of configured.values()) each.close();
    },
  };
}

function implementation(
  rpc: PulumiRpc,
  provider: Provider,
  access: () => SandboxAccess,
  configured: Map<string, ConfiguredProvider>,
): UntypedServiceImplementation {
  const { messages, struct, empty } = rpc;
  // The engine asks only for providers that the program uses, through an SDK that is then installed.
  const version = installedVersion(provider.sdk) ?? "0.0.0";
  const toStruct = (...args: Parameters<typeof marshal>): Struct => struct.Struct.fromJavaScript(marshal(...args));

  /** Answers a call with what the function gives, or with its error. */
  const unary =
    <Request, Response>(run: (request: Request, peer: string) => Response | Promise<Response>) =>
    (call: ServerUnaryCall<Request, Response>, done: sendUnaryData<Response>): void => {
      Promise.resolve()
        .then(() => run(call.request, call.getPeer()))
        .then(
          (response) => {
            done(null, response);
          },
          (error: unknown) => {
            done(grpcError(rpc, error));
          },
        );
    };
  const unimplemented = (what: string): ReturnType<typeof unary> =>
    unary((): never => {
      throw new Unimplemented(what);
    });
  const providerOf = (peer: string): ConfiguredProvider => {
    const found = configured.get(peer);
    if (found === undefined) {
      throw new Error("this connection was never configured; the sandbox was restarted or the connection was lost. Run the command again.");
    }
    return found;
  };
  const checkResponse = (result: CheckResult, secrets: ReadonlySet<string>): pb.CheckResponse =>
    new messages.CheckResponse()
      .setInputs(toStruct(result.inputs, secrets))
      .setFailuresList(
        result.failures.map(({ property, reason }) => new messages.CheckFailure().setProperty(property).setReason(reason)),
      );

  return {
    handshake: unary((): pb.ProviderHandshakeResponse =>
      new messages.ProviderHandshakeResponse().setAcceptSecrets(true).setAcceptResources(false).setAcceptOutputs(false),
    ),
    attach: unary((): Empty => new empty.Empty()),
    cancel: unary((): Empty => new empty.Empty()),
    getPluginInfo: unary(() => new rpc.plugin.PluginInfo().setVersion(version)),
    getSchema: unary((): pb.GetSchemaResponse =>
      new messages.GetSchemaResponse().setSchema(JSON.stringify({ name: provider.name, version })),
    ),
    getMapping: unary((): pb.GetMappingResponse => new messages.GetMappingResponse()),
    getMappings: unary((): pb.GetMappingsResponse => new messages.GetMappingsResponse()),

    checkConfig: unary((request: pb.CheckRequest): pb.CheckResponse => {
      const { properties, secrets } = unmarshal(request.getNews());
      return checkResponse({ inputs: properties, failures: provider.checkConfig(properties) }, secrets);
    }),
    diffConfig: unary((request: pb.DiffRequest): pb.DiffResponse => {
      // Resources find out themselves (their region) whether another configuration replaces them.
      const same = JSON.stringify(request.getOldInputs()?.toJavaScript()) === JSON.stringify(request.getNews()?.toJavaScript());
      const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
      return new messages.DiffResponse().setChanges(same ? DIFF_NONE : DIFF_SOME);
    }),
    configure: unary((request: pb.ConfigureRequest, peer: string): pb.ConfigureResponse => {
      const { properties } = unmarshal(request.getArgs());
      configured.get(peer)?.close();
      configured.set(peer, provider.configure(properties, access()));
      const [oldest] = configured.keys();
      if (configured.size > MAX_CONNECTIONS && oldest !== undefined) {
        configured.get(oldest)?.close();
        configured.delete(oldest);
      }
      return new messages.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true);
    }),

    check: unary((request: pb.CheckRequest): pb.CheckResponse => {
      const { properties, secrets } = unmarshal(request.getNews());
      return checkResponse(provider.check(typeOf(request.getUrn()), properties), secrets);
    }),
    diff: unary((request: pb.DiffRequest, peer: string): pb.DiffResponse => diffResponse(rpc, provider, providerOf(peer), request)),
    create: unary(async (request: pb.CreateRequest, peer: string): Promise<pb.CreateResponse> => {
      const token = typeOf(request.getUrn());
      const { properties, secrets } = unmarshal(request.getProperties());
      const host = providerOf(peer);
      if (request.getPreview()) {
        return new messages.CreateResponse().setProperties(toStruct(host.previewCreate(token, properties), secrets));
      }
      const { id, state } = await host.create(token, properties).catch((error: unknown) => {
        throw error instanceof PartiallyCreated ? new InitFailed(error, properties, secrets) : error;
      });
      return new messages.CreateResponse().setId(id).setProperties(toStruct(state, secrets));
    }),
    read: unary(async (request: pb.ReadRequest, peer: string): Promise<pb.ReadResponse> => {
      const token = typeOf(request.getUrn());
      const before = unmarshal(request.getProperties());
      const inputs = unmarshal(request.getInputs());
      const secrets = new Set([...before.secrets, ...inputs.secrets]);
      const found = await providerOf(peer).read(token, request.getId(), before.properties);
      // No id: the resource is gone.
      if (found === undefined) return new messages.ReadResponse();
      const { id, state } = found;
      const refreshed = provider.refreshedInputs(token, { id, before: inputs.properties, known: before.properties, state });
      return new messages.ReadResponse()
        .setId(id)
        .setProperties(toStruct(state, secrets))
        .setInputs(toStruct(refreshed, secrets));
    }),
    update: unary(async (request: pb.UpdateRequest, peer: string): Promise<pb.UpdateResponse> => {
      const token = typeOf(request.getUrn());
      const deployed = unmarshal(request.getOlds());
      const { properties, secrets } = unmarshal(request.getNews());
      const host = providerOf(peer);
      const state = request.getPreview()
        ? host.previewUpdate(token, deployed.properties, properties)
        : (await host.update(token, request.getId(), deployed.properties, properties)).state;
      return new messages.UpdateResponse().setProperties(toStruct(state, secrets));
    }),
    delete: unary(async (request: pb.DeleteRequest, peer: string): Promise<Empty> => {
      const { properties } = unmarshal(request.getProperties());
      await providerOf(peer).delete(typeOf(request.getUrn()), request.getId(), properties);
      return new empty.Empty();
    }),
    invoke: unary(async (request: pb.InvokeRequest, peer: string): Promise<pb.InvokeResponse> => {
      const { properties } = unmarshal(request.getArgs());
      return new messages.InvokeResponse().setReturn(toStruct(await providerOf(peer).invoke(request.getTok(), properties)));
    }),

    parameterize: unimplemented("Parameterize"),
    call: unimplemented("Call"),
    construct: unimplemented("Construct"),
    list: (call: { emit(event: "error", error: unknown): void }): void => {
      call.emit("error", grpcError(rpc, new Unimplemented("List")));
    },
  };
}

function diffResponse(
  { messages }: PulumiRpc,
  provider: Provider,
  host: ConfiguredProvider,
  request: pb.DiffRequest,
): pb.DiffResponse {
  const token = typeOf(request.getUrn());
  const before = request.getOldInputs();
  const differences = host.diff(
    token,
    unmarshal(request.getOlds()).properties,
    unmarshal(request.getNews()).properties,
    request.getIgnorechangesList(),
    before === undefined ? undefined : unmarshal(before).properties,
  );
  const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
  // Lists name properties of the resource; the detailed diff has the paths within them.
  const replaces = topLevel(differences.filter((difference) => difference.replaces));
  const response = new messages.DiffResponse()
    .setChanges(differences.length === 0 ? DIFF_NONE : DIFF_SOME)
    .setDiffsList(topLevel(differences))
    .setReplacesList(replaces)
    .setStablesList(replaces.length > 0 ? [] : [...provider.stableOf(token)])
    .setDeletebeforereplace(replaces.length > 0 && provider.deletesFirst(token, replaces))
    .setHasdetaileddiff(true);
  const { Kind } = messages.PropertyDiff;
  const kinds = {
    add: [Kind.ADD, Kind.ADD_REPLACE],
    delete: [Kind.DELETE, Kind.DELETE_REPLACE],
    update: [Kind.UPDATE, Kind.UPDATE_REPLACE],
  } as const;
  for (const { property, kind, replaces: isReplaced } of differences) {
    response.getDetaileddiffMap().set(property, new messages.PropertyDiff().setKind(kinds[kind][isReplaced ? 1 : 0]));
  }
  return response;
}

/** Names of the properties that differ, each once. */
function topLevel(differences: readonly Difference[]): string[] {
  return [...new Set(differences.map(({ property }) => property.split(".")[0] ?? property))];
}

/** Type token within a URN: `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`. */
function typeOf(urn: string): string {
  const qualified = urn.split("::")[2] ?? "";
  return qualified.slice(qualified.lastIndexOf("$") + 1);
}

class Unimplemented extends Error {}

class InitFailed extends Error {
  constructor(
    readonly created: PartiallyCreated,
    readonly inputs: Properties,
    readonly secrets: ReadonlySet<string>,
  ) {
    super(created.message, { cause: created });
  }
}

/** An error as gRPC carries it; a half-made resource goes along, so that the engine remembers it. */
function grpcError(rpc: PulumiRpc, error: unknown): Parameters<sendUnaryData<never>>[0] {
  const { grpc, messages, status, any, struct } = rpc;
  const message = error instanceof Error ? error.message : String(error);
  const metadata = new grpc.Metadata();
  if (error instanceof InitFailed) {
    const { id, state } = error.created.deployed;
    const detail = new messages.ErrorResourceInitFailed()
      .setId(id)
      .setProperties(struct.Struct.fromJavaScript(marshal(state, error.secrets)))
      .setInputs(struct.Struct.fromJavaScript(marshal(error.inputs, error.secrets)))
      .setReasonsList([message]);
    const packed = new any.Any();
    packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const answer = new status.Status();
    answer.setCode(grpc.status.UNKNOWN);
    answer.setMessage(message);
    answer.addDetails(packed);
    // Go's gRPC reads structured errors from this header (google.rpc.Status).
    metadata.add("grpc-status-details-bin", Buffer.from(answer.serializeBinary()));
  }
  return {
    name: "Error",
    code: error instanceof Unimplemented ? grpc.status.UNIMPLEMENTED : grpc.status.UNKNOWN,
    message: error instanceof Unimplemented ? `the sandbox does not implement ${message}` : message,
    metadata,
  };
}
