/**
 * One path of one verb, and the method behind it.
 *
 * @module
 */
import { z } from "zod";

import { GoogleError } from "../errors.js";
import { type MethodName, type RequestOf } from "../google-cloud.js";

/** No body. */
export const nothing = z.union([z.undefined(), z.strictObject({})]);

/** What a request asks for. */
export interface Asked {
  readonly method: MethodName;
  readonly service: string;
  /** True for methods that answer with an operation. */
  readonly operation: boolean;
  readonly resource: string;
  readonly request: RequestOf<MethodName>;
}

/** One path of one verb. */
export interface Route {
  readonly verb: string;
  readonly path: RegExp;
  /** @param parts what the groups of the path matched. */
  ask(parts: readonly string[], body: unknown, query: URLSearchParams): Asked;
}

/** Makes one, of one method; the body is checked before the method is asked. */
export function route<Name extends MethodName, Body>(of: {
  readonly verb: string;
  readonly path: RegExp;
  readonly method: Name;
  readonly service: string;
  readonly operation?: true;
  readonly body: z.ZodType<Body>;
  readonly resource: (parts: readonly string[], body: Body) => string;
  readonly request: (parts: readonly string[], body: Body, query: URLSearchParams) => RequestOf<Name>;
}): Route {
  const { verb, path, method, service, operation = false } = of;
  return {
    verb,
    path,
    ask: (parts, body, query) => {
      const parsed = read(of.body, body);
      return { method, service, operation, resource: of.resource(parts, parsed), request: of.request(parts, parsed, query) };
    },
  };
}

function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new GoogleError("INVALID_ARGUMENT", `Invalid JSON payload received. ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
