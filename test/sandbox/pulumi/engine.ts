/** The engine's side of the provider protocol, as far as the conformance tests need it. */
import {
  type CheckResponse, type CreateResponse, type DiffResponse, type InvokeResponse, type ReadResponse, type UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb.js";
import { type JavaScriptValue, type Struct } from "google-protobuf/google/protobuf/struct_pb.js";

import { loadPulumiRpc } from "../../../sandbox/pulumi/load.js";
import { marshal, unmarshal } from "../../../sandbox/pulumi/marshal.js";
import { type Provider, type SandboxAccess } from "../../../sandbox/pulumi/provider.js";
import { type Deployed } from "../../../sandbox/pulumi/resource-type.js";
import { type CheckFailure, type Difference } from "../../../sandbox/pulumi/schema.js";
import { type Properties } from "../../../sandbox/pulumi/values.js";

/** One configured provider, reached either way. */
export interface Engine {
  check(token: string, inputs: Properties): Promise<{ inputs: Properties; failures: CheckFailure[] }>;
  /** `before`: the inputs of the last deployment, which a real engine always sends. */
  diff(token: string, id: string, deployed: Properties, inputs: Properties, ignored: string[], before?: Properties): Promise<Difference[]>;
  preview(token: string, inputs: Properties): Promise<Properties>;
  create(token: string, inputs: Properties): Promise<Deployed>;
  read(token: string, id: string, state: Properties): Promise<Deployed | undefined>;
  update(token: string, id: string, deployed: Properties, inputs: Properties): Promise<Properties>;
  delete(token: string, id: string, deployed: Properties): Promise<void>;
  /** What only the wire has. */
  readonly wire?: {
    previewUpdate(token: string, id: string, deployed: Properties, inputs: Properties): Promise<Properties>;
    /** A read as a refresh makes it, or an import: without inputs and state. */
    refresh(token: string, id: string, state: Properties, inputs: Properties): Promise<(Deployed & { inputs: Properties }) | undefined>;
    invoke(token: string): Promise<Properties>;
  };
  close(): void;
  /** Values as they are on the wire. */
  readonly raw?: { create(token: string, inputs: Record<string, JavaScriptValue>): Promise<{ id: string; properties: Record<string, unknown> }> };
}

/** A provider as child.ts uses it, behind the same face as the engine's connection. */
export function inProcess(provider: Provider, config: Properties, access: SandboxAccess): Engine {
  const configured = provider.configure(config, access);
  return {
    check: async (token, inputs) => {
      const result = provider.check(token, inputs);
      return { inputs: result.inputs, failures: [...result.failures] };
    },
    diff: async (token, _id, deployed, inputs, ignored) => configured.diff(token, deployed, inputs, ignored),
    preview: async (token, inputs) => configured.previewCreate(token, inputs),
    create: (token, inputs) => configured.create(token, inputs),
    read: (token, id, state) => configured.read(token, id, state),
    update: async (token, id, deployed, inputs) => (await configured.update(token, id, deployed, inputs)).state,
    delete: (token, id, deployed) => configured.delete(token, id, deployed),
    close: () => {
      configured.close();
    },
  };
}

const rpc = loadPulumiRpc();
const { messages, struct } = rpc;

/** Port of a served provider, of those that PULUMI_DEBUG_PROVIDERS lists. */
export function providerPort(environment: Readonly<Record<string, string>>, name: string): number {
  const entry = (environment["PULUMI_DEBUG_PROVIDERS"] ?? "").split(",").find((one) => one.startsWith(`${name}:`));
  if (entry === undefined) throw new Error(`the provider ${name} is not served`);
  return Number(entry.slice(name.length + 1));
}

/** Connects and configures, as the engine does per provider resource. Rejects with the provider's message. */
export async function connectEngine(port: number, config: Properties): Promise<Engine> {
  const client = new rpc.services.ResourceProviderClient(`127.0.0.1:${port}`, rpc.grpc.credentials.createInsecure(), {
    // A connection of its own, as Go's gRPC has it; this library shares them otherwise.
    "grpc.use_local_subchannel_pool": 1,
  });
  const toStruct = (value: Properties): Struct => struct.Struct.fromJavaScript(marshal(value));
  const urn = (token: string): string => `urn:pulumi:dev::test::parent:x:Y$${token}::name`;
  const call = <Response>(send: (done: (error: Error | null, response: Response) => void) => unknown): Promise<Response> =>
    new Promise((resolve, reject) => {
      send((error, response) => {
        if (error === null) resolve(response);
        else reject(readable(error));
      });
    });
  const create = (token: string, properties: Struct, preview: boolean): Promise<CreateResponse> => {
    const request = new messages.CreateRequest().setUrn(urn(token)).setProperties(properties).setPreview(preview);
    return call((done) => client.create(request, done));
  };

  try {
    const request = new messages.CheckRequest().setNews(toStruct(config));
    const [failure] = (await call<CheckResponse>((done) => client.checkConfig(request, done))).getFailuresList();
    if (failure !== undefined) throw new Error(failure.getReason());
    const configuration = new messages.ConfigureRequest().setArgs(toStruct(config));
    await call((done) => client.configure(configuration, done));
  } catch (error) {
    client.close();
    throw error;
  }
  return {
    check: async (token, inputs) => {
      const request = new messages.CheckRequest().setUrn(urn(token)).setNews(toStruct(inputs));
      const answer = await call<CheckResponse>((done) => client.check(request, done));
      return {
        inputs: unmarshal(answer.getInputs()).properties,
        failures: answer.getFailuresList().map((one) => ({ property: one.getProperty(), reason: one.getReason() })),
      };
    },
    diff: async (token, id, deployed, inputs, ignored, before) => {
      const request = new messages.DiffRequest()
        .setOldInputs(before === undefined ? undefined : toStruct(before))
        .setUrn(urn(token))
        .setId(id)
        .setOlds(toStruct(deployed))
        .setNews(toStruct(inputs))
        .setIgnorechangesList(ignored);
      const answer = await call<DiffResponse>((done) => client.diff(request, done));
      const { Kind } = messages.PropertyDiff;
      return [...answer.getDetaileddiffMap().entries()].map(([property, difference]): Difference => {
        const kind = difference.getKind();
        const [name = property] = property.split(".");
        if (!answer.getDiffsList().includes(name)) throw new Error(`${property}: not among the differences`);
        const replaces = kind === Kind.ADD_REPLACE || kind === Kind.DELETE_REPLACE || kind === Kind.UPDATE_REPLACE;
        if (replaces && !answer.getReplacesList().includes(name)) throw new Error(`${property}: two answers`);
        return { property, kind: kind <= Kind.ADD_REPLACE ? "add" : kind <= Kind.DELETE_REPLACE ? "delete" : "update", replaces };
      });
    },
    preview: async (token, inputs) => unmarshal((await create(token, toStruct(inputs), true)).getProperties()).properties,
    create: async (token, inputs) => {
      const answer = await create(token, toStruct(inputs), false);
      return { id: answer.getId(), state: unmarshal(answer.getProperties()).properties };
    },
    read: async (token, id, state) => {
      const request = new messages.ReadRequest().setUrn(urn(token)).setId(id).setProperties(toStruct(state));
      const answer = await call<ReadResponse>((done) => client.read(request, done));
      return answer.getId() === "" ? undefined : { id: answer.getId(), state: unmarshal(answer.getProperties()).properties };
    },
    update: async (token, id, deployed, inputs) => {
      const request = new messages.UpdateRequest().setUrn(urn(token)).setId(id).setOlds(toStruct(deployed)).setNews(toStruct(inputs));
      return unmarshal((await call<UpdateResponse>((done) => client.update(request, done))).getProperties()).properties;
    },
    delete: async (token, id, deployed) => {
      const request = new messages.DeleteRequest().setUrn(urn(token)).setId(id).setProperties(toStruct(deployed));
      await call((done) => client.delete(request, done));
    },
    wire: {
      previewUpdate: async (token, id, deployed, inputs) => {
        const request = new messages.UpdateRequest().setUrn(urn(token)).setId(id).setOlds(toStruct(deployed)).setNews(toStruct(inputs)).setPreview(true);
        return unmarshal((await call<UpdateResponse>((done) => client.update(request, done))).getProperties()).properties;
      },
      refresh: async (token, id, state, inputs) => {
        const request = new messages.ReadRequest().setUrn(urn(token)).setId(id).setProperties(toStruct(state)).setInputs(toStruct(inputs));
        const answer = await call<ReadResponse>((done) => client.read(request, done));
        if (answer.getId() === "") return undefined;
        return { id: answer.getId(), state: unmarshal(answer.getProperties()).properties, inputs: unmarshal(answer.getInputs()).properties };
      },
      invoke: async (token) => {
        const request = new messages.InvokeRequest().setTok(token).setArgs(toStruct({}));
        return unmarshal((await call<InvokeResponse>((done) => client.invoke(request, done))).getReturn()).properties;
      },
    },
    close: () => {
      client.close();
    },
    raw: {
      create: async (token, inputs) => {
        const answer = await create(token, struct.Struct.fromJavaScript(inputs), false);
        return { id: answer.getId(), properties: answer.getProperties()?.toJavaScript() ?? {} };
      },
    },
  };
}

/** The provider's own words, and the half-made resource if there is one. */
function readable(error: Error): Error {
  const { details, metadata } = error as Error & { details?: string; metadata?: { get(name: string): unknown[] } };
  const [bytes] = metadata?.get("grpc-status-details-bin") ?? [];
  const shown = new Error(details ?? error.message);
  if (bytes === undefined) return shown;
  const [detail] = rpc.status.Status.deserializeBinary(bytes as Uint8Array).getDetailsList();
  const failed = messages.ErrorResourceInitFailed.deserializeBinary(detail?.getValue_asU8() ?? new Uint8Array());
  return Object.assign(shown, { initFailed: { id: failed.getId(), reasons: failed.getReasonsList() } });
}
