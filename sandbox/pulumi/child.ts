/**
 * The process that runs a program under Pulumi's mock monitor (setMocks is global to a process). Started by
 * in-process.ts, spoken to over IPC, answers once.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";

import type * as Pulumi from "@pulumi/pulumi";
import { type RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb.js";

import { answerOnce } from "../../runtime/cli/one-answer.js";
import { SandboxClient } from "../client.js";
import { readSandboxFile } from "../sandbox-file.js";
import { type ChildRequest, type DeployedResource, type DeploymentResult } from "./in-process.js";
import { marshal, unmarshalObject } from "./marshal.js";
import { type ConfiguredProvider, type Provider, type SandboxAccess } from "./provider.js";
import { configuredPackage, packageOf, providerNamed } from "./providers.js";
import { type Properties } from "./values.js";

answerOnce((request, onFailure) => deploy(request as ChildRequest, onFailure));

async function deploy(request: ChildRequest, onFailure: (error: unknown) => void): Promise<DeploymentResult> {
  const deployers = await SandboxClient.fromFile(request.sandboxFile).act("deployers", {});
  const access: SandboxAccess = { endpoints: readSandboxFile(request.sandboxFile).endpoints, deployers };
  // The program's own copy of Pulumi: another one would not share its runtime.
  const load = createRequire(request.program);
  const pulumi = load("@pulumi/pulumi") as typeof Pulumi;
  const resources: DeployedResource[] = [];
  pulumi.runtime.setAllConfig({ ...request.config }, [...(request.secretConfigKeys ?? [])]);
  await pulumi.runtime.setMocks(mocks(request, access, onFailure), request.project, request.stack, false);
  observe(pulumi, resources);
  let outputs: Record<string, unknown> = {};
  const secretOutputs: string[] = [];
  await pulumi.runtime.runInPulumiStack(async () => {
    const exported = await runProgram(load, request.program);
    for (const [name, value] of Object.entries(exported)) {
      const output = pulumi.output(value) as Pulumi.Output<unknown> & InspectableOutput;
      outputs = { ...outputs, [name]: await output.promise() };
      if (await output.isSecret) secretOutputs.push(name);
    }
    return exported;
  });
  await pulumi.runtime.disconnect();
  return { outputs, secretOutputs, resources };
}

/** Members of an output that Pulumi keeps internal; its own test code uses them this way. */
interface InspectableOutput {
  promise(): Promise<unknown>;
  readonly isSecret: Promise<boolean>;
}

/** A module's outputs: what it exports, or what the function it exports (as default or as such) returns. */
async function runProgram(load: NodeJS.Require, program: string): Promise<Record<string, unknown>> {
  const module = load(program) as unknown;
  const main = isObject(module) && "default" in module ? module["default"] : module;
  const exported: unknown = typeof main === "function" ? await (main as () => unknown)() : main;
  return isObject(exported) ? exported : {};
}

/** The mock monitor's answers. */
function mocks(request: ChildRequest, access: SandboxAccess, onFailure: (error: unknown) => void): Pulumi.runtime.Mocks {
  /** By id; a configuration that was refused throws at the first use, as the engine configures in the background. */
  const configured = new Map<string, () => ConfiguredProvider>();
  const providerOf = (reference: string | undefined, what: string): ConfiguredProvider => {
    const name = packageOf(what);
    const isDefault = reference === undefined || reference === "";
    // A reference is URN::ID.
    const id = isDefault ? `default ${name}` : reference.slice(reference.lastIndexOf("::") + 2);
    if (!configured.has(id) && isDefault) {
      const provider = providerNamed(name).configure(defaultConfiguration(request.config, name, what), access);
      configured.set(id, () => provider);
    }
    const provider = configured.get(id);
    if (provider === undefined) throw new Error(`${what}: unknown provider ${id}`);
    return provider();
  };
  const create = async (args: Pulumi.runtime.MockResourceArgs): Promise<{ id: string; state: Record<string, unknown> }> => {
    const { properties, secrets } = unmarshalObject(args.inputs as Record<string, unknown>);
    const configures = configuredPackage(args.type);
    if (configures !== undefined) {
      const id = randomUUID();
      const provider = providerNamed(configures);
      refuse(args, provider.checkConfig(properties));
      configured.set(id, configure(provider, properties, access));
      return { id, state: marshal(properties, secrets) };
    }
    if (args.custom !== true) return { id: "", state: marshal(properties, secrets) };
    const provider = providerOf(args.provider, args.type);
    if (args.id !== undefined && args.id !== "") {
      const found = await provider.read(args.type, args.id, properties);
      if (found === undefined) throw new Error(`resource '${args.id}' does not exist`);
      return { id: found.id, state: marshal(found.state, secrets) };
    }
    const checked = providerNamed(packageOf(args.type)).check(args.type, properties);
    refuse(args, checked.failures);
    const { id, state } = await provider.create(args.type, checked.inputs);
    return { id, state: marshal(state, secrets) };
  };
  return {
    newResource: async (args) => {
      try {
        return await create(args);
      } catch (error) {
        onFailure(new Error(`${args.type} (${args.name}): ${messageOf(error)}`, { cause: error }));
        throw error;
      }
    },
    call: async (args) => {
      try {
        const { properties } = unmarshalObject(args.inputs as Record<string, unknown>);
        return marshal(await providerOf(args.provider, args.token).invoke(args.token, properties));
      } catch (error) {
        // The program's to handle. gRPC's errors have the message here, and Pulumi takes it from there.
        throw Object.assign(new Error(messageOf(error), { cause: error }), {
          details: `invocation of ${args.token} returned an error: ${messageOf(error)}`,
        });
      }
    },
  };
}

function configure(provider: Provider, properties: Properties, access: SandboxAccess): () => ConfiguredProvider {
  try {
    const done = provider.configure(properties, access);
    return () => done;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

function refuse(args: Pulumi.runtime.MockResourceArgs, failures: readonly { readonly reason: string }[]): void {
  if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join("; "));
}

/** A default provider, as the engine would make it from its namespace's configuration, unless default providers are disabled. */
function defaultConfiguration(config: Readonly<Record<string, string>>, name: string, what: string): Properties {
  const disabled = JSON.parse(config["pulumi:disable-default-providers"] ?? "[]") as unknown;
  if (Array.isArray(disabled) && (disabled.includes("*") || disabled.includes(name))) {
    throw new Error(`Default provider for '${name}' disabled. '${what}' must use an explicit provider.`);
  }
  return Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => key.startsWith(`${name}:`))
      .map(([key, value]) => [key.slice(name.length + 1), value]),
  );
}

/** Notes what mocks do not get to see: parents, protection. */
function observe(pulumi: typeof Pulumi, resources: DeployedResource[]): void {
  const monitor = pulumi.runtime.getMonitor() as unknown as MockMonitor;
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = async (request, callback) => {
    await register(request, (error, response) => {
      if (error === null && response !== undefined) {
        const inputs = (request.getObject()?.toJavaScript() ?? {}) as Record<string, unknown>;
        const parent = request.getParent();
        resources.push({
          type: request.getType(),
          name: request.getName(),
          urn: response.getUrn(),
          id: response.getId(),
          parent: parent === "" ? undefined : parent,
          protect: request.getProtect() === true,
          retainOnDelete: request.getRetainondelete() === true,
          secretInputs: [...unmarshalObject(inputs).secrets],
        });
      }
      callback(error, response);
    });
  };
}

interface RegisterResourceAnswer {
  getUrn(): string;
  getId(): string;
}

interface MockMonitor {
  registerResource(
    request: RegisterResourceRequest,
    callback: (error: Error | null, response?: RegisterResourceAnswer) => void,
  ): Promise<void>;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
