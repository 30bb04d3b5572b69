/**
 * One call of one operation: the request, the parameters of its path, the state, and what is noted for the audit log.
 *
 * @module
 */
import { type z } from "zod";

import { type ApiAnswer, type ApiRequest, type PathParameters, type Plane } from "./api.js";
import { type AzureState } from "./state.js";
import { type Principal } from "./tokens.js";

/** An operation of a plane, found by method and path. */
export interface Operation {
  readonly plane: Plane;
  /** As the plane's own log names it, e.g. `KeyDecrypt`, `Microsoft.KeyVault/vaults/write`. */
  readonly name: string;
  readonly parameters: PathParameters;
  /** What it is about: a key's or vault's identifier, a resource id; for the log and for faults. */
  readonly target: string;
  run(call: Call): ApiAnswer;
}

/** What a problem with a body becomes: each plane has its own words. */
export interface BodyRefusals {
  readonly malformed: (why: string) => Error;
  readonly notPlayed: (what: string) => Error;
}

/** A call in progress. */
export class Call {
  /** Who called, once that is known. */
  principal: Principal | undefined;
  /** What the call was about, if that is only known when it has run (a new version). */
  target: string;

  constructor(
    readonly state: AzureState,
    readonly request: ApiRequest,
    readonly operation: Operation,
    /** Sandbox time, epoch milliseconds. */
    readonly now: number,
    /** Persists the state; called by operations that changed it. */
    readonly save: () => void,
  ) {
    this.target = operation.target;
  }

  /** A parameter of the path. */
  parameter(name: string): string {
    return this.operation.parameters[name] ?? "";
  }

  /**
   * Reads the body. Members that the schema does not know are refused as not played: nothing is ignored.
   *
   * @throws what `refusals` makes of it.
   */
  json<Schema extends z.ZodType>(schema: Schema, refusals: BodyRefusals): z.infer<Schema> {
    let value: unknown;
    try {
      value = this.request.body.length === 0 ? {} : JSON.parse(this.request.body.toString("utf8"));
    } catch {
      throw refusals.malformed("The request body is not valid JSON.");
    }
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const unknown = parsed.error.issues.find((issue) => issue.code === "unrecognized_keys");
    if (unknown !== undefined) {
      const path = [...unknown.path, unknown.keys.join(", ")].join(".");
      throw refusals.notPlayed(`the member "${path}" of ${this.operation.name}`);
    }
    throw refusals.malformed(parsed.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`).join("; "));
  }
}
