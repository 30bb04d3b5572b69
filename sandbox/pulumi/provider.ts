/**
 * What every provider has in common: resource types looked up by token, checked, compared and run with a context that the
 * provider's configuration yields. Served to the real engine by serve.ts and to programs under mocks by child.ts.
 *
 * @module
 */
import { type SandboxFile } from "../sandbox-file.js";
import { type ComparedType, type Comparison, type Refreshed, STATE_COMPARISON, unknownOutputs } from "./comparison.js";
import { type Deployers } from "./deployers.js";
import { type Deployed, type ResourceType } from "./resource-type.js";
import { type CheckFailure, type CheckResult, checkInputs, type Difference, diffInputs } from "./schema.js";
import { hasUnknown, type Properties } from "./values.js";

/** How providers reach the sandbox, and as whom. */
export interface SandboxAccess {
  readonly endpoints: SandboxFile["endpoints"];
  readonly deployers: Deployers;
}

/** A provider's configuration in force. */
export interface Configuration<Context> {
  /** Inputs that resources have from the provider where they name none of their own, e.g. `region`. */
  readonly inherited: Properties;
  /** What a resource with these properties is handled with. */
  context(properties: Properties): Promise<Context>;
  /** Answers a function of the provider; throws for those that the sandbox does not play. */
  invoke(token: string, args: Properties): Properties | Promise<Properties>;
  /** Closes connections. */
  close(): void;
}

/** What makes one provider differ from another. */
export interface ProviderSpec<Context> {
  /** Name of the Pulumi package, e.g. `azure-native`. */
  readonly name: string;
  /** npm package of its SDK; the engine warns about providers that are older than the program's SDK. */
  readonly sdk: string;
  readonly types: readonly ResourceType<Context>[];
  /** How the provider compares. Default: with the state. */
  readonly comparison?: Comparison;
  /** Says what is wrong with a provider's settings. */
  checkConfig(given: Properties): CheckFailure[];
  /**
   * Puts settings in force.
   *
   * @throws Error in the provider's words, if they are not acceptable or exclude whoever deploys.
   */
  configure(given: Properties, access: SandboxAccess): Configuration<Context>;
}

/** A provider before it is configured. */
export interface Provider {
  readonly name: string;
  readonly sdk: string;
  checkConfig(given: Properties): CheckFailure[];
  /** The properties of a resource type. */
  typeOf(token: string): ComparedType;
  /** Checks inputs and fills in defaults. */
  check(token: string, given: Properties): CheckResult;
  /** As {@link Comparison.refreshed}. */
  refreshedInputs(token: string, found: Refreshed): Properties;
  /** Output properties that an update never changes. */
  stableOf(token: string): readonly string[];
  /** As {@link Comparison.deletesFirst}. */
  deletesFirst(token: string, replaces: readonly string[]): boolean;
  /** As {@link ProviderSpec.configure}. */
  configure(given: Properties, access: SandboxAccess): ConfiguredProvider;
}

/** A provider that works. */
export interface ConfiguredProvider {
  /** What differs between a deployed resource and checked inputs; `before` are those of its last deployment. */
  diff(token: string, deployed: Properties, inputs: Properties, ignored?: readonly string[], before?: Properties): Difference[];
  /** What a creation would give, as far as it can be known. */
  previewCreate(token: string, inputs: Properties): Properties;
  /** What an update would give, as far as it can be known. */
  previewUpdate(token: string, deployed: Properties, inputs: Properties): Properties;
  create(token: string, inputs: Properties): Promise<Deployed>;
  /** Undefined if the resource is gone. */
  read(token: string, id: string, state: Properties): Promise<Deployed | undefined>;
  update(token: string, id: string, deployed: Properties, inputs: Properties): Promise<Deployed>;
  delete(token: string, id: string, deployed: Properties): Promise<void>;
  invoke(token: string, args: Properties): Promise<Properties>;
  /** Closes connections. */
  close(): void;
}

/** Makes a provider of its spec. Everything throws Error for a resource type that the sandbox does not have. */
export function defineProvider<Context>(spec: ProviderSpec<Context>): Provider {
  const types = new Map(spec.types.map((type) => [type.token, type]));
  const comparison = spec.comparison ?? STATE_COMPARISON;
  const typeOf = (token: string): ResourceType<Context> => {
    const type = types.get(token);
    if (type === undefined) {
      throw new Error(`the sandbox does not implement the resource type ${token}; it has ${[...types.keys()].join(", ")}`);
    }
    return type;
  };
  return {
    name: spec.name,
    sdk: spec.sdk,
    checkConfig: (given) => spec.checkConfig(given),
    typeOf,
    check: (token, given) => {
      const type = typeOf(token);
      const result = checkInputs(token, type.inputs, given);
      // Rules between properties make sense only for properties that are right by themselves.
      return result.failures.length > 0 ? result : { inputs: result.inputs, failures: type.check?.(result.inputs) ?? [] };
    },
    refreshedInputs: (token, found) => comparison.refreshed(typeOf(token), found),
    stableOf: (token) => typeOf(token).stable,
    deletesFirst: (token, replaces) => comparison.deletesFirst(typeOf(token), replaces),
    configure: (given, access) => configured(spec.configure(given, access), comparison, typeOf),
  };
}

function configured<Context>(
  configuration: Configuration<Context>,
  comparison: Comparison,
  typeOf: (token: string) => ResourceType<Context>,
): ConfiguredProvider {
  /** Inputs with what the provider lends to this type. */
  const inherit = (type: ResourceType<Context>, inputs: Properties): Properties => ({
    ...Object.fromEntries(Object.entries(configuration.inherited).filter(([name]) => Object.hasOwn(type.inputs, name))),
    ...inputs,
  });
  return {
    diff: (token, deployed, inputs, ignored = [], before) => {
      const type = typeOf(token);
      return diffInputs(type.inputs, comparison.compared(type, deployed, before), inherit(type, inputs), ignored);
    },
    previewCreate: (token, inputs) => {
      const type = typeOf(token);
      return { ...inherit(type, inputs), ...unknownOutputs(type, inputs) };
    },
    previewUpdate: (token, deployed, inputs) => comparison.previewUpdate(typeOf(token), deployed, inputs),
    create: async (token, inputs) => typeOf(token).create(await configuration.context(inputs), known(inputs)),
    read: async (token, id, state) => typeOf(token).read(await configuration.context(state), id, state),
    update: async (token, id, deployed, inputs) =>
      typeOf(token).update(await configuration.context(deployed), id, deployed, known(inputs)),
    delete: async (token, id, deployed) => {
      await typeOf(token).delete(await configuration.context(deployed), id, deployed);
    },
    invoke: async (token, args) => configuration.invoke(token, args),
    close: () => {
      configuration.close();
    },
  };
}

function known(inputs: Properties): Properties {
  for (const [name, value] of Object.entries(inputs)) {
    if (hasUnknown(value)) throw new Error(`"${name}" is not known yet`);
  }
  return inputs;
}
