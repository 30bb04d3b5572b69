/**
 * As much of an engine as it takes to change what is deployed, without the engine: it remembers resources between runs, asks
 * the sandbox's provider what differs, updates in place, keeps what is protected, and deletes what is gone from the program.
 */
import { type MockResourceArgs } from "@pulumi/pulumi/runtime/index.js";
import { type RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";

import { marshal, unmarshalObject } from "../../sandbox/pulumi/marshal.js";
import { type ConfiguredProvider, type Provider } from "../../sandbox/pulumi/provider.js";
import { type Properties, type Value } from "../../sandbox/pulumi/values.js";
import { deploy } from "./recorded-deployment.js";

/** What happened to one resource; `retain`: forgotten, and left in the cloud. */
export interface Step {
  readonly op: "create" | "same" | "update" | "replace" | "read" | "delete" | "retain";
  readonly name: string;
}

/** What a run came to. */
export interface Run {
  readonly outputs: Readonly<Record<string, unknown>>;
  /** In the order they were made, `same` left out. */
  readonly steps: readonly string[];
}

interface Remembered {
  readonly type: string;
  readonly id: string;
  readonly state: Properties;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
}

interface Options {
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  readonly ignoreChanges: readonly string[];
}

/** One stack with one provider. */
export class InProcessEngine {
  readonly #provider: Provider;
  readonly #configured: ConfiguredProvider;
  #resources = new Map<string, Remembered>();

  constructor(provider: Provider, configured: ConfiguredProvider) {
    this.#provider = provider;
    this.#configured = configured;
  }

  /** Names of the resources of the stack. */
  get names(): string[] {
    return [...this.#resources.keys()];
  }

  /** Takes the protection off one resource. */
  unprotect(name: string): void {
    const resource = this.#resources.get(name);
    if (resource === undefined) throw new Error(`there is no ${name}`);
    this.#resources.set(name, { ...resource, protect: false });
  }

  /** What protection would hold back, in the order of registration; nothing is changed in the cloud. */
  async held(program: () => Promise<Record<string, unknown>>): Promise<string | undefined> {
    const { registrations } = await deploy(program);
    for (const { type, name, inputs, ignoreChanges } of registrations) {
      const old = this.#resources.get(name);
      if (old?.protect !== true) continue;
      const { inputs: checked } = this.#provider.check(type, inputs as Properties);
      const replaces = this.#configured
        .diff(type, old.state, checked, ignoreChanges)
        // What mocks make up is not known.
        .filter(({ property, replaces: isReplaced }) => isReplaced && !["targetKeyId", "keyId", "primaryKeyArn"].includes(property));
      if (replaces.length > 0) return `${name} is protected, and ${replaces.map(({ property }) => property).join(", ")} would replace it`;
    }
    const names = new Set(registrations.map(({ name }) => name));
    const gone = [...this.#resources].find(([name, { protect }]) => protect && !names.has(name));
    return gone === undefined ? undefined : `${gone[0]} is protected, and is gone from the program`;
  }

  /**
   * Runs a program in a stack; what it returns are the outputs.
   *
   * @throws whatever the program, the provider or a protection says. Like an engine, it then keeps what was made.
   */
  async up(program: () => Promise<Record<string, unknown>>): Promise<Run> {
    const { output, runtime } = await import("@pulumi/pulumi");
    const steps: Step[] = [];
    const seen = new Set<string>();
    const options = new Map<string, Options>();
    const replaced: [name: string, old: Remembered][] = [];
    let fail: (error: unknown) => void = () => undefined;
    const failed = new Promise<never>((_, reject) => {
      fail = reject;
    });
    failed.catch(() => undefined);

    const settle = async (args: MockResourceArgs): Promise<{ id: string; state: Record<string, unknown> }> => {
      const { properties } = unmarshalObject(args.inputs as Record<string, unknown>);
      if (args.custom !== true || args.type.startsWith("pulumi:")) return { id: `${args.name}-id`, state: marshal(properties) };
      const { type, name } = args;
      if (args.id !== undefined && args.id !== "") {
        const found = await this.#configured.read(type, args.id, properties);
        if (found === undefined) throw new Error(`resource '${args.id}' does not exist`);
        steps.push({ op: "read", name });
        return { id: found.id, state: marshal(found.state) };
      }
      seen.add(name);
      const { inputs, failures } = this.#provider.check(type, properties);
      if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join("; "));
      const { protect, retainOnDelete, ignoreChanges } = options.get(name) ?? { protect: false, retainOnDelete: false, ignoreChanges: [] };
      const keep = ({ id, state }: { id: string; state: Properties }) => {
        this.#resources.set(name, { type, id, state, protect, retainOnDelete });
        return { id, state: marshal(state) };
      };
      const old = this.#resources.get(name);
      if (old === undefined) {
        steps.push({ op: "create", name });
        return keep(await this.#configured.create(type, inputs));
      }
      const differences = this.#configured.diff(type, old.state, inputs, ignoreChanges);
      if (differences.length === 0) return keep(old);
      const replaces = differences.filter((difference) => difference.replaces).map(({ property }) => property);
      if (replaces.length === 0) {
        steps.push({ op: "update", name });
        const wanted: Record<string, Value> = { ...inputs };
        for (const path of ignoreChanges) wanted[path] = old.state[path] ?? null;
        return keep(await this.#configured.update(type, old.id, old.state, wanted));
      }
      if (old.protect) throw new Error(`${name} is protected, and ${replaces.join(", ")} would replace it`);
      steps.push({ op: "replace", name });
      replaced.push([name, old]);
      return keep(await this.#configured.create(type, inputs));
    };

    await runtime.setMocks(
      {
        newResource: async (args) => {
          try {
            return await settle(args);
          } catch (error) {
            fail(error);
            throw error;
          }
        },
        call: async (args) => {
          try {
            const { properties } = unmarshalObject(args.inputs as Record<string, unknown>);
            return marshal(await this.#configured.invoke(args.token, properties));
          } catch (error) {
            fail(error);
            throw error;
          }
        },
      },
      "byok",
      "stack",
      false,
    );
    runtime.setAllConfig({});
    const monitor = runtime.getMonitor() as unknown as {
      registerResource: (request: RegisterResourceRequest, callback: unknown) => Promise<void>;
    };
    const registerResource = monitor.registerResource.bind(monitor);
    monitor.registerResource = (request, callback) => {
      options.set(request.getName(), {
        protect: request.getProtect() === true,
        retainOnDelete: request.getRetainondelete() === true,
        ignoreChanges: request.getIgnorechangesList(),
      });
      return registerResource(request, callback);
    };

    let outputs: Record<string, unknown> = {};
    const finished = runtime.runInPulumiStack(async () => {
      const exported = await program();
      for (const [name, value] of Object.entries(exported)) {
        outputs = { ...outputs, [name]: await (output(value) as unknown as { promise(): Promise<unknown> }).promise() };
      }
      return exported;
    });
    finished.catch(() => undefined);
    await Promise.race([finished, failed]);
    await runtime.disconnect();

    const gone = [...this.#resources].filter(([name]) => !seen.has(name)).reverse();
    const held = gone.find(([, { protect }]) => protect);
    if (held !== undefined) throw new Error(`${held[0]} is protected, and is gone from the program`);
    for (const [name, old] of [...replaced, ...gone]) {
      if (old.retainOnDelete) steps.push({ op: "retain", name });
      else {
        steps.push({ op: "delete", name });
        await this.#configured.delete(old.type, old.id, old.state);
      }
    }
    for (const [name] of gone) this.#resources.delete(name);
    return { outputs, steps: steps.map(({ op, name }) => `${op} ${name}`) };
  }
}
