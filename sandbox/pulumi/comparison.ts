/**
 * How a provider tells what changed, what a refresh found, and what a replacement does first. Providers of Terraform's
 * descent compare with the state; azure-native compares with what the program said before.
 *
 * @module
 */
import { type ResourceType } from "./resource-type.js";
import { hasUnknown, type Properties, UNKNOWN, type Value } from "./values.js";

/** What of a resource type its provider's way of comparing needs. */
export type ComparedType = Pick<ResourceType<never>, "token" | "inputs" | "computed" | "stable" | "inputsIn">;

/** What a refresh has at hand. */
export interface Refreshed {
  readonly id: string;
  /** Inputs before; empty when importing. */
  readonly before: Properties;
  /** State before; empty when importing. */
  readonly known: Properties;
  /** State that was read. */
  readonly state: Properties;
}

/** One way of comparing, for all types of a provider. */
export interface Comparison {
  /**
   * What wanted inputs are compared with.
   *
   * @param before inputs of the last deployment; undefined if the engine does not tell them.
   */
  compared(type: ComparedType, deployed: Properties, before: Properties | undefined): Properties;
  /** The inputs a resource has after a refresh: what the program is compared with next. */
  refreshed(type: ComparedType, found: Refreshed): Properties;
  /** What an update would give, as far as it can be known. */
  previewUpdate(type: ComparedType, deployed: Properties, inputs: Properties): Properties;
  /** True if the old resource goes before its replacement comes. */
  deletesFirst(type: ComparedType, replaces: readonly string[]): boolean;
}

/** With the state: Terraform's, and the bridge's. */
export const STATE_COMPARISON: Comparison = {
  compared: (_, deployed) => deployed,

  refreshed({ inputs }, { before, state }) {
    const importing = Object.keys(before).length === 0;
    const names = Object.keys(inputs).filter((name) => importing || before[name] !== undefined);
    return Object.fromEntries(
      names.flatMap((name): [string, Value][] => {
        const value = state[name];
        if (value === undefined || value === null || (importing && value === "")) return [];
        const old = before[name];
        const saysTheSame = old !== undefined && !hasUnknown(old) && (inputs[name]?.same?.(value, old) ?? false);
        return [[name, saysTheSame ? old : value]];
      }),
    );
  },

  previewUpdate: (_, deployed, inputs) => ({ ...deployed, ...inputs }),

  /** A name that stays can be held by one resource only (tfbridge, nameRequiresDeleteBeforeReplace). */
  deletesFirst: ({ inputs }, replaces) => inputs["name"] !== undefined && !replaces.includes("name"),
};

/** What of a type's outputs nobody knows before it is made. */
export function unknownOutputs({ computed }: ComparedType, inputs: Properties): Properties {
  return Object.fromEntries(computed.filter((name) => inputs[name] === undefined).map((name) => [name, UNKNOWN]));
}
