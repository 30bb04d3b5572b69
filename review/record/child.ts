/**
 * The process that runs a program under Pulumi's mock monitor, as a preview: what is not known stays unknown, and nothing is
 * computed from it. Started by run-program.ts, spoken to over IPC, answers once.
 *
 * @module
 */
import { createRequire } from "node:module";
import { join } from "node:path";

import type * as Pulumi from "@pulumi/pulumi";
import {
  type ReadResourceRequest,
  type RegisterResourceOutputsRequest,
  type RegisterResourceRequest,
} from "@pulumi/pulumi/proto/resource_pb.js";

import { answerOnce } from "../../runtime/cli/one-answer.js";
import { type DeclaredProgram, type DeclaredResource, isObject, packageOf } from "../declared-resource.js";
import { type Asked, createdState, idOf, isProvider, knownByReading, plain, readState, type Values } from "./cloud-answers.js";
import { lookedUp } from "./adopted.js";
import { type ProgramRun } from "./run-program.js";

answerOnce((request, onFailure) => record(request as ProgramRun, onFailure));

async function record(run: ProgramRun, onFailure: (error: unknown) => void): Promise<DeclaredProgram> {
  // The program's own copy of Pulumi: another one would not share its runtime. Of a folder, what is in it counts.
  const load = createRequire(join(run.program, "index.js"));
  const pulumi = load("@pulumi/pulumi") as typeof Pulumi;
  const warnings = warningsOf(pulumi);
  pulumi.runtime.setAllConfig({ ...run.config });
  const recording = new Recording(run);
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, id }) => recording.answer(type, name, id),
      call: ({ token, inputs, provider }) => {
        const found = lookedUp(token, plain(inputs) as Values, recording.providerInputs(provider), run.config);
        if (found !== undefined) return { ...found };
        const error = new Error(`The program asks a cloud for ${token}, which has no answer before a deployment.`);
        onFailure(error);
        throw error;
      },
    },
    run.project,
    run.stack,
    true,
  );
  recording.listen(pulumi.runtime.getMonitor() as unknown as Monitor, onFailure);
  await pulumi.runtime.runInPulumiStack(async () => {
    const module = load(run.program) as unknown;
    const main = isObject(module) && "default" in module ? module["default"] : module;
    const exported: unknown = typeof main === "function" ? await (main as () => unknown)() : main;
    return isObject(exported) ? exported : {};
  });
  await pulumi.runtime.disconnect();
  return { resources: recording.resources(run), warnings };
}

/** Without an engine Pulumi logs to the console; collected here, and not printed. */
function warningsOf(pulumi: typeof Pulumi): string[] {
  const warnings: string[] = [];
  const log = pulumi.log as { warn: typeof Pulumi.log.warn };
  log.warn = async (message) => {
    warnings.push(message);
  };
  return warnings;
}

/** The calls of the mock monitor that are listened to. */
interface Monitor {
  registerResource(request: RegisterResourceRequest, callback: Callback): Promise<void>;
  readResource(request: ReadResourceRequest, callback: Callback): Promise<void>;
  registerResourceOutputs(request: RegisterResourceOutputsRequest, callback: Callback): void;
}

type Callback = (error: Error | null, response?: { getUrn(): string }) => void;

/** A declared resource whose relations are still by the mock monitor's URNs, which know one parent only. */
type Noted = Omit<DeclaredResource, "urn" | "outputs"> & { readonly mockUrn: string };

/** Notes what mocks do not get to see: parents, protection, providers, what an input depends on. */
class Recording {
  readonly #noted = new Map<string, Noted>();
  readonly #outputs = new Map<string, Values>();
  /** By type and name: what is being asked just now. */
  readonly #asked = new Map<string, Asked>();
  readonly #known: Readonly<Record<string, string>>;

  constructor({ known = {} }: ProgramRun) {
    this.#known = known;
  }

  listen(monitor: Monitor, onFailure: (error: unknown) => void): void {
    const register = monitor.registerResource.bind(monitor);
    monitor.registerResource = async (request, callback) => {
      const asked = this.#ask(request.getType(), request.getName(), request.getObject()?.toJavaScript(), request.getProvider());
      await register(request, (error, response) => {
        if (error !== null || response === undefined) onFailure(error);
        else {
          this.#note(response.getUrn(), {
            kind: isProvider(asked.type) ? "provider" : request.getCustom() ? "created" : "component",
            type: asked.type,
            name: asked.name,
            version: textOrUndefined(request.getVersion()),
            parent: request.getParent(),
            provider: urnOfReference(request.getProvider()),
            id: idOf(asked),
            protect: request.getProtect() === true,
            retainOnDelete: request.getRetainondelete() === true,
            ignoreChanges: request.getIgnorechangesList(),
            inputs: asked.inputs,
            dependencies: Object.fromEntries(
              [...request.getPropertydependenciesMap().entries()].map(([input, urns]) => [input, urns.getUrnsList()]),
            ),
          });
        }
        callback(error, response);
      });
    };
    const read = monitor.readResource.bind(monitor);
    monitor.readResource = async (request, callback) => {
      const asked = this.#ask(request.getType(), request.getName(), request.getProperties()?.toJavaScript(), request.getProvider());
      await read(request, (error, response) => {
        if (error !== null || response === undefined) onFailure(error);
        else {
          this.#note(response.getUrn(), {
            kind: "adopted",
            type: asked.type,
            name: asked.name,
            version: textOrUndefined(request.getVersion()),
            parent: request.getParent(),
            provider: urnOfReference(request.getProvider()),
            id: request.getId(),
            protect: false,
            retainOnDelete: false,
            ignoreChanges: [],
            inputs: knownByReading(asked, request.getId()),
            dependencies: {},
          });
        }
        callback(error, response);
      });
    };
    const registerOutputs = monitor.registerResourceOutputs.bind(monitor);
    monitor.registerResourceOutputs = (request, callback) => {
      this.#outputs.set(request.getUrn(), plain(request.getOutputs()?.toJavaScript() ?? {}) as Values);
      registerOutputs(request, callback);
    };
  }

  /** What the mock monitor answers. */
  answer(type: string, name: string, id: string | undefined): { id: string; state: Record<string, unknown> } {
    const asked = this.#asked.get(`${type} ${name}`) ?? { type, name, inputs: {}, provider: {} };
    if (id !== undefined && id !== "") return { id, state: { ...readState(asked, id) } };
    // Every id is there: without one, whatever waits for it would stay unknown, descriptors first of all.
    return { id: isProvider(type) ? packageOf(type) : (idOf(asked) ?? this.#chosen(`<id of ${name}>`)), state: { ...this.#chosen(createdState(asked)) } };
  }

  /** Everything noted, related to each other as in the engine. */
  resources({ project, stack }: ProgramRun): DeclaredResource[] {
    const real = new Map([...this.#noted.values()].map((noted) => [noted.mockUrn, `urn:pulumi:${stack}::${project}::${this.#path(noted)}::${noted.name}`]));
    return [...this.#noted.values()]
      .filter(({ type }) => type !== STACK)
      .map(({ mockUrn, ...noted }) => ({
        ...noted,
        urn: real.get(mockUrn) ?? mockUrn,
        parent: this.#noted.get(noted.parent ?? "")?.type === STACK ? undefined : real.get(noted.parent ?? ""),
        provider: noted.provider === undefined ? undefined : real.get(noted.provider),
        dependencies: Object.fromEntries(
          Object.entries(noted.dependencies).map(([input, urns]) => [input, urns.map((urn) => real.get(urn) ?? urn)]),
        ),
        outputs: this.#outputs.get(mockUrn) ?? {},
      }));
  }

  /** Types from the root down, as in a URN. The stack is in none. */
  #path({ type, parent }: Noted): string {
    const above = this.#noted.get(parent ?? "");
    return above === undefined || above.type === STACK ? type : `${this.#path(above)}$${type}`;
  }

  #ask(type: string, name: string, object: unknown, provider: string): Asked {
    const inputs = plain(object ?? {}) as Values;
    const asked = { type, name, inputs, provider: this.providerInputs(provider) };
    this.#asked.set(`${type} ${name}`, asked);
    return asked;
  }

  /** With what the clouds chose in its place, however deep. */
  #chosen<T>(value: T): T {
    if (typeof value === "string") return value.replace(/<([^<>]+)>/g, (whole, words: string) => this.#known[words] ?? whole) as T;
    if (Array.isArray(value)) return value.map((item: unknown) => this.#chosen(item)) as T;
    return isObject(value) ? (Object.fromEntries(Object.entries(value).map(([name, member]) => [name, this.#chosen(member)])) as T) : value;
  }

  /** Inputs of a provider, by the reference to it. */
  providerInputs(reference: string | undefined): Values {
    return this.#noted.get(urnOfReference(reference ?? "") ?? "")?.inputs ?? {};
  }

  #note(mockUrn: string, noted: Omit<Noted, "mockUrn">): void {
    this.#noted.set(mockUrn, { ...noted, mockUrn });
  }
}

const STACK = "pulumi:pulumi:Stack";

function textOrUndefined(text: string): string | undefined {
  return text === "" ? undefined : text;
}

/** A reference to a provider is `URN::ID`. */
function urnOfReference(reference: string): string | undefined {
  return reference === "" ? undefined : reference.slice(0, reference.lastIndexOf("::"));
}
