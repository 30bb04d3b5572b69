/**
 * What a request to any of Azure's planes looks like once it is off the wire, and how paths are told apart.
 *
 * @module
 */

/** The planes that the sandbox plays, each behind host names of its own. */
export type Plane = "vault" | "arm" | "graph" | "entra";

/** A request, whichever way it came: over TLS, or from an act of the tenant. */
export interface ApiRequest {
  readonly method: string;
  /** Lower case, without a port. */
  readonly host: string;
  /** Decoded segments; empty ones stay, the SDK sends `keys/NAME//encrypt` when it means the newest version. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  /** `x-ms-client-request-id` or `client-request-id`, which Entra and Graph echo. */
  readonly correlationId: string | undefined;
  readonly body: Buffer;
  /** IP address of the client, for vaults with a firewall. */
  readonly clientAddress: string;
}

/** An answer. */
export interface ApiAnswer {
  readonly status: number;
  readonly body?: object | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A refusal in the form of the plane that refuses. */
export abstract class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }

  /** The most specific code there is; the audit log's outcome. */
  get outcome(): string {
    return this.code;
  }

  /** JSON of the answer. */
  abstract body(request: ApiRequest): object;
}

/**
 * The vault's host has no address. Azure's DNS would say so; the sandbox, which is asked in spite of it, hangs up.
 */
export class NoSuchHost extends Error {}

/** Parameters of a path, by name. */
export type PathParameters = Readonly<Record<string, string>>;

/**
 * Compares a path with a pattern such as `keys/:name/:version/encrypt`. Literals are compared without case, as IIS and
 * ARM do; a parameter takes any one segment, an empty one included.
 *
 * @returns the parameters, or undefined if the path is another one.
 */
export function matchPath(pattern: string, path: readonly string[]): PathParameters | undefined {
  const expected = pattern.split("/");
  if (expected.length !== path.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, part] of expected.entries()) {
    const found = path[index] ?? "";
    if (part.startsWith(":")) parameters[part.slice(1)] = found;
    else if (part.toLowerCase() !== found.toLowerCase()) return undefined;
  }
  return parameters;
}

/** Splits the path of a URL. A slash at the end is dropped. */
export function splitPath(pathname: string): string[] {
  const segments = pathname.replace(/^\//, "").split("/");
  if (segments.at(-1) === "") segments.pop();
  return segments.map((segment) => decodeURIComponent(segment));
}
