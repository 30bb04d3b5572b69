/**
 * How azure-native compares. Source: pulumi-azure-native, provider/pkg/provider/provider.go (Diff, Read, Update) and diff.go
 * (applyDiff).
 *
 * @module
 */
import { type ComparedType, type Comparison, unknownOutputs } from "../comparison.js";
import { type Properties, sameValue, type Value } from "../values.js";

/** Outputs that a preview of an update knows (Update: "universally immutable"). */
const KNOWN_IN_PREVIEWS = ["name", "location"] as const;

/** With the inputs of the last deployment, which the engine tells; the state only shows what drifted. */
export const INPUT_COMPARISON: Comparison = {
  compared(type, _, before) {
    if (before === undefined) throw new Error(`${type.token}: this Pulumi does not tell providers the inputs of the last deployment; update it`);
    return before;
  },

  /** What differs between two states, carried over to the inputs. Imported resources have all inputs that their state shows. */
  refreshed(type, { id, before, known, state }) {
    if (Object.keys(before).length === 0) return inputsIn(type, id, state, undefined);
    return carriedOver(before, inputsIn(type, id, known, before), inputsIn(type, id, state, before));
  },

  previewUpdate(type, deployed, inputs) {
    const known = KNOWN_IN_PREVIEWS.flatMap((name): [string, Value][] => {
      const value = deployed[name];
      return value === undefined ? [] : [[name, value]];
    });
    return { ...inputs, ...unknownOutputs(type, inputs), ...Object.fromEntries(known) };
  },

  /** Names are chosen: two of a name cannot be. (Only resources that the provider named at random are made first.) */
  deletesFirst: () => true,
};

function inputsIn(type: ComparedType, id: string, state: Properties, before: Properties | undefined): Properties {
  if (type.inputsIn !== undefined) return type.inputsIn({ id, state, before });
  return Object.fromEntries(Object.keys(type.inputs).flatMap((name): [string, Value][] => (state[name] === undefined ? [] : [[name, state[name]]])));
}

/** `base`, with what `now` has otherwise than `old`. */
function carriedOver(base: Properties, old: Properties, now: Properties): Properties {
  const names = new Set([...Object.keys(base), ...Object.keys(now)]);
  return Object.fromEntries(
    [...names].flatMap((name): [string, Value][] => {
      const value = carriedOverValue(base[name], old[name], now[name]);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function carriedOverValue(base: Value | undefined, old: Value | undefined, now: Value | undefined): Value | undefined {
  if (now === undefined) return old === undefined ? base : undefined;
  if (old !== undefined && sameValue(old, now)) return base;
  return isObject(base) && isObject(old) && isObject(now) ? carriedOver(base, old, now) : now;
}

function isObject(value: Value | undefined): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
