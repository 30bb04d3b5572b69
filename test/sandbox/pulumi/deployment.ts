/** What an engine does with one resource, in the order it does it: check, then compare, make, change or look at it. */
import { expect } from "@jest/globals";

import { type Difference } from "../../../sandbox/pulumi/schema.js";
import { type Properties } from "../../../sandbox/pulumi/values.js";
import { type Engine } from "./engine.js";

/** A resource as an engine remembers it. */
export interface Remembered {
  readonly id: string;
  readonly state: Properties;
  readonly inputs: Properties;
}

/** Deploys resources of one provider. */
export interface Deployment {
  create(token: string, given: Properties): Promise<Remembered>;
  changes(token: string, one: Remembered, given: Properties, ignored?: string[]): Promise<Difference[]>;
  update(token: string, one: Remembered, given: Properties): Promise<Remembered>;
  /** Undefined if it is gone. */
  refresh(token: string, one: Remembered): Promise<Remembered | undefined>;
  /** As {@link Deployment.refresh}, of what must be there. */
  refreshed(token: string, one: Remembered): Promise<Remembered>;
  import(token: string, id: string): Promise<Remembered | undefined>;
  delete(token: string, one: Remembered): Promise<void>;
  /** Reasons of a check that fails. */
  refusals(token: string, given: Properties): Promise<string[]>;
}

export function deployment(engine: Engine): Deployment {
  const checked = async (token: string, given: Properties): Promise<Properties> => {
    const { inputs, failures } = await engine.check(token, given);
    expect(failures).toEqual([]);
    return inputs;
  };
  const read = async (token: string, id: string, state: Properties, inputs: Properties): Promise<Remembered | undefined> =>
    engine.wire?.refresh(token, id, state, inputs);
  return {
    create: async (token, given) => {
      const inputs = await checked(token, given);
      return { ...(await engine.create(token, inputs)), inputs };
    },
    changes: async (token, { id, state, inputs }, given, ignored = []) =>
      engine.diff(token, id, state, await checked(token, given), ignored, inputs),
    update: async (token, { id, state }, given) => {
      const inputs = await checked(token, given);
      return { id, state: await engine.update(token, id, state, inputs), inputs };
    },
    refresh: (token, { id, state, inputs }) => read(token, id, state, inputs),
    refreshed: async (token, { id, state, inputs }) => {
      const found = await read(token, id, state, inputs);
      if (found === undefined) throw new Error(`${id} is gone`);
      return found;
    },
    import: (token, id) => read(token, id, {}, {}),
    delete: (token, { id, state }) => engine.delete(token, id, state),
    refusals: async (token, given) => (await engine.check(token, given)).failures.map(({ reason }) => reason),
  };
}
