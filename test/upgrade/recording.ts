/** Records what a release's program registers: it runs under mocks, where outputs that only the cloud knows are references. */
import { createRequire } from "node:module";
import { join } from "node:path";

import type * as Pulumi from "@pulumi/pulumi";
import {
  type ReadResourceRequest,
  type RegisterResourceOutputsRequest,
  type RegisterResourceRequest,
} from "@pulumi/pulumi/proto/resource_pb.js";

import { unmarshal, unmarshalObject } from "../../sandbox/pulumi/marshal.js";
import { packageOf, providerNamed } from "../../sandbox/pulumi/providers.js";
import { type Properties, type Value } from "../../sandbox/pulumi/values.js";
import { type RecordedResource, type Recording, reference } from "./recorded.js";

/** Last part of a URN; a provider reference is `URN::ID`. */
function nameOf(urn: string, isProvider = false): string | undefined {
  if (urn === "") return undefined;
  const parts = urn.split("::");
  return parts.at(isProvider ? -2 : -1);
}

/** Outputs of a resource: what it was given, and references to what only the cloud knows. */
function outputsOf(type: string, name: string, inputs: Properties): Record<string, Value> {
  if (type.startsWith("pulumi:")) return { ...inputs };
  const { computed } = providerNamed(packageOf(type)).typeOf(type);
  const unknown = computed.filter((output) => inputs[output] === undefined);
  return { ...inputs, ...Object.fromEntries(unknown.map((output) => [output, reference(name, output)])) };
}

/** The calls of the mock monitor that are recorded. */
interface RecordedMonitor {
  readResource: (request: ReadResourceRequest, callback: unknown) => Promise<void>;
  registerResource: (request: RegisterResourceRequest, callback: unknown) => Promise<void>;
  registerResourceOutputs: (request: RegisterResourceOutputsRequest, callback: unknown) => void;
}

/** What is to be recorded. */
export interface RecordingRequest {
  /** Root of the checkout whose program runs; its dependencies are installed. */
  readonly checkout: string;
  readonly stack: string;
  readonly config: Readonly<Record<string, string>>;
  /** Answers the program's invokes. */
  /** State of what is there already. */
  readonly existing: (type: string, id: string) => Record<string, unknown>;
  readonly calls: (token: string, args: unknown) => Record<string, unknown>;
}

/**
 * Runs a checkout's `stacks/tenant.ts` and records it. One at a time: Pulumi's mocks are global to a process.
 *
 * @throws Error of the program; or if two resources have one name.
 */
export async function recordStack({ checkout, stack, config, existing, calls }: RecordingRequest): Promise<Recording> {
  const load = createRequire(join(checkout, "package.json"));
  const program = load.resolve("./stacks/tenant.ts");
  // The checkout's own copy: another one would not share its runtime.
  const { runtime } = load("@pulumi/pulumi") as typeof Pulumi;
  await runtime.setMocks(
    {
      newResource: ({ type, name, custom, id = "", inputs }) => {
        if (custom !== true) return { id: "", state: {} };
        const outputs = outputsOf(type, name, unmarshalObject(inputs as Record<string, unknown>).properties);
        return id === "" ? { id: reference(name, "id"), state: outputs } : { id, state: { ...outputs, ...existing(type, id) } };
      },
      call: ({ token, inputs }) => calls(token, inputs),
    },
    "byok",
    stack,
  );
  runtime.setAllConfig({ ...config });

  const resources = new Map<string, RecordedResource>();
  const add = (resource: RecordedResource): void => {
    if (resources.has(resource.name)) throw new Error(`${stack} has two resources called ${resource.name}`);
    resources.set(resource.name, resource);
  };
  const monitor = runtime.getMonitor() as unknown as RecordedMonitor;
  const registerResource = monitor.registerResource.bind(monitor);
  const readResource = monitor.readResource.bind(monitor);
  const registerResourceOutputs = monitor.registerResourceOutputs.bind(monitor);
  monitor.registerResource = (request, callback) => {
    add({
      ...commonOf(request),
      custom: request.getCustom(),
      protect: request.getProtect() === true,
      retainOnDelete: request.getRetainondelete() === true,
      ignoreChanges: request.getIgnorechangesList(),
      replaceOnChanges: request.getReplaceonchangesList(),
      aliases: request.getAliasesList().flatMap((alias) => {
        const { urn, spec } = alias.toObject();
        if (urn !== "") return [urn];
        return spec === undefined || spec.name === "" ? [] : [`${spec.type}::${spec.name}`];
      }),
      ...propertiesOf(request.getObject()),
    });
    return registerResource(request, callback);
  };
  monitor.readResource = (request, callback) => {
    add({
      ...commonOf(request),
      id: request.getId(),
      custom: true,
      protect: false,
      retainOnDelete: false,
      ignoreChanges: [],
      replaceOnChanges: [],
      aliases: [],
      ...propertiesOf(request.getProperties()),
    });
    return readResource(request, callback);
  };
  monitor.registerResourceOutputs = (request, callback) => {
    const name = nameOf(request.getUrn()) ?? "";
    const resource = resources.get(name);
    if (resource !== undefined) resources.set(name, { ...resource, outputs: unmarshal(request.getOutputs()).properties });
    registerResourceOutputs(request, callback);
  };

  // Evaluated anew for every stack; what it imports has no state of its own.
  Reflect.deleteProperty(load.cache, program);
  await runtime.runInPulumiStack(async () => ({ ...(load(program) as object) }));
  await runtime.disconnect();

  const { version } = load("./package.json") as { version: string };
  return { release: version, stack, config, resources: [...resources.values()] };
}

function propertiesOf(object: Parameters<typeof unmarshal>[0]): Pick<RecordedResource, "inputs" | "secrets"> {
  const { properties, secrets } = unmarshal(object);
  return { inputs: properties, secrets: [...secrets] };
}

function commonOf(
  request: RegisterResourceRequest | ReadResourceRequest,
): Pick<RecordedResource, "type" | "name" | "parent" | "provider" | "version" | "dependsOn"> {
  const parent = nameOf(request.getParent());
  const provider = nameOf(request.getProvider(), true);
  const version = request.getVersion();
  return {
    type: request.getType(),
    name: request.getName(),
    ...(parent === undefined ? {} : { parent }),
    ...(provider === undefined ? {} : { provider }),
    ...(version === "" ? {} : { version }),
    dependsOn: request.getDependenciesList().map((urn) => nameOf(urn) ?? ""),
  };
}
