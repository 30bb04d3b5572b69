/**
 * The shape of a resource type. The implementations know nothing of gRPC, mocks or URNs.
 *
 * @module
 */
import { type PropertyTable } from "./schema.js";
import { type Properties } from "./values.js";

/** A resource that exists. */
export interface Deployed {
  readonly id: string;
  readonly state: Properties;
}

/** A resource type of a provider; `Context` is what its implementation works with: the deployer's clients. */
export interface ResourceType<Context> {
  /** Type token, e.g. `aws:kms/key:Key`. */
  readonly token: string;
  readonly inputs: PropertyTable;
  /** Output properties that only the cloud knows before creation. */
  readonly computed: readonly string[];
  /** Output properties that an update never changes. */
  readonly stable: readonly string[];
  /** Rules that involve more than one property. */
  readonly check?: (inputs: Properties) => readonly { readonly property: string; readonly reason: string }[];
  /**
   * The inputs that a state shows; needed where a provider compares inputs. `before` are those of the last deployment,
   * undefined when importing. Default: members of the state of the same names.
   */
  readonly inputsIn?: (of: { readonly id: string; readonly state: Properties; readonly before: Properties | undefined }) => Properties;
  create(context: Context, inputs: Properties): Promise<Deployed>;
  /** Undefined if the resource is gone. `known` is the last known state; empty when importing. */
  read(context: Context, id: string, known: Properties): Promise<Deployed | undefined>;
  update(context: Context, id: string, deployed: Properties, inputs: Properties): Promise<Deployed>;
  delete(context: Context, id: string, deployed: Properties): Promise<void>;
}

/** Creation made a resource and then failed: it exists and must not be forgotten. */
export class PartiallyCreated extends Error {
  constructor(
    readonly deployed: Deployed,
    cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** An error in the providers' style: what was being done, to what, and the cloud's own words. */
export function failed(doing: string, error: unknown): Error {
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new Error(`${doing}: ${said}`, { cause: error });
}
