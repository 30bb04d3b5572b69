/**
 * Runs a Pulumi program against mocks and records what it asked the engine for: `setMocks` alone hides protect, parent
 * and retainOnDelete.
 */
import type * as Pulumi from "@pulumi/pulumi";
import { type RegisterResourceOutputsRequest, type RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";

/** One RegisterResource call. */
export interface Registration {
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  /** Name of the parent resource; `stack` for the root. */
  readonly parent: string | undefined;
  readonly protect: boolean | undefined;
  readonly retainOnDelete: boolean | undefined;
  readonly ignoreChanges: readonly string[];
  /** Name of the explicit provider of a custom resource. */
  readonly provider: string | undefined;
  readonly inputs: unknown;
}

/** What a program did. */
export interface Deployment {
  /** In the order of their registration. */
  readonly registrations: readonly Registration[];
  /** RegisterResourceOutputs calls: resource name, outputs. */
  readonly outputs: readonly (readonly [name: string, outputs: unknown])[];
}

/** The two calls of the mock monitor that are recorded. */
interface RecordedMonitor {
  registerResource: (request: RegisterResourceRequest, callback: unknown) => Promise<void>;
  registerResourceOutputs: (request: RegisterResourceOutputsRequest, callback: unknown) => void;
}

const NAME_OF_URN = /::([^:]*)$/;

/** Last part of a URN. A provider reference is `URN::ID`, so its id goes first. */
function nameOf(urn: string, isProvider = false): string | undefined {
  const plain = isProvider ? urn.replace(NAME_OF_URN, "") : urn;
  return urn === "" ? undefined : NAME_OF_URN.exec(plain)?.[1];
}

/** Key ARNs and the like as the provider would answer; ids are `NAME_id`. */
function stateOf(args: Pulumi.runtime.MockResourceArgs): Record<string, unknown> {
  const inputs = args.inputs as Record<string, unknown>;
  if (args.type !== "aws:kms/key:Key") return inputs;
  const keyId = "1234abcd-12ab-34cd-56ef-1234567890ab";
  return { ...inputs, keyId, arn: `arn:aws:kms:${String(inputs["region"])}:111122223333:key/${keyId}` };
}

/**
 * Runs `program` inside a stack; what it returns are the stack's outputs. Mocks are global to Pulumi's modules: run one
 * at a time, and after `jest.resetModules()` let the program import what it uses dynamically, as this function does.
 */
export async function deploy(
  program: () => Promise<Record<string, unknown>>,
  options: { readonly config?: Record<string, string>; readonly preview?: boolean } = {},
): Promise<Deployment> {
  const { runtime } = await import("@pulumi/pulumi");
  await runtime.setMocks(
    {
      newResource: (args) => ({ id: args.custom ? `${args.name}_id` : "", state: stateOf(args) }),
      call: (args) => {
        throw new Error(`the program must not call ${args.token}`);
      },
    },
    "byok",
    "stack",
    options.preview ?? false,
  );
  runtime.setAllConfig(options.config ?? {});

  const registrations: Registration[] = [];
  const outputs: [string, unknown][] = [];
  const monitor = runtime.getMonitor() as unknown as RecordedMonitor;
  const registerResource = monitor.registerResource.bind(monitor);
  const registerResourceOutputs = monitor.registerResourceOutputs.bind(monitor);
  monitor.registerResource = (request, callback) => {
    registrations.push({
      type: request.getType(),
      name: request.getName(),
      custom: request.getCustom(),
      parent: nameOf(request.getParent()),
      protect: request.getProtect(),
      retainOnDelete: request.getRetainondelete(),
      ignoreChanges: request.getIgnorechangesList(),
      provider: nameOf(request.getProvider(), true),
      inputs: request.getObject()?.toJavaScript(),
    });
    return registerResource(request, callback);
  };
  monitor.registerResourceOutputs = (request, callback) => {
    outputs.push([nameOf(request.getUrn()) ?? "", request.getOutputs()?.toJavaScript()]);
    registerResourceOutputs(request, callback);
  };

  await runtime.runInPulumiStack(program);
  await runtime.disconnect();
  return { registrations, outputs };
}
