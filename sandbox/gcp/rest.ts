/**
 * What provisioning needs besides Cloud KMS, over REST as Google serves it: Resource Manager v3 (projects) and Service Usage
 * v1 (services). Operations that take Google a while are done at once here: the answer is an operation that is done.
 * Errors: AIP-193, the JSON form.
 *
 * @module
 */
import { type IncomingMessage, type ServerResponse } from "node:http";

import { z } from "zod";

import { GoogleError, HTTP_STATUS } from "./errors.js";
import { type GcpFaults } from "./faults.js";
import { type GoogleCloud, type MethodName, type RequestOf } from "./google-cloud.js";
import { type ServiceAccountRecord } from "./state.js";

/** What answers requests. */
export interface RestParts {
  readonly cloud: GoogleCloud;
  readonly faults: GcpFaults;
  readonly authenticate: (header: string | undefined, service: string) => ServiceAccountRecord;
}

/** Requests are small: a project and its labels. */
const MAX_BODY = 1 << 16;

const projectSchema = z.strictObject({
  projectId: z.string(),
  displayName: z.string().optional(),
  parent: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
});
const nothing = z.union([z.undefined(), z.strictObject({})]);

interface Route<Name extends MethodName = MethodName> {
  readonly method: Name;
  readonly service: string;
  /** True for methods that answer with an operation. */
  readonly operation: boolean;
  readonly resource: string;
  readonly request: RequestOf<Name>;
}

/** The request behind a path, as google.api.http of the services has them; undefined if there is none. */
function route(verb: string, path: string, body: unknown): Route | undefined {
  const manager = "cloudresourcemanager.googleapis.com";
  if (path === "/v3/projects" && verb === "POST") {
    const request = read(projectSchema, body);
    return { method: "CreateProject", service: manager, operation: true, resource: `projects/${request.projectId}`, request };
  }
  const [, project] = /^\/v3\/projects\/([^/:]+)$/.exec(path) ?? [];
  if (project !== undefined) {
    read(nothing, body);
    const resource = `projects/${project}`;
    if (verb === "GET") return { method: "GetProject", service: manager, operation: false, resource, request: { project } };
    if (verb === "DELETE") return { method: "DeleteProject", service: manager, operation: true, resource, request: { project } };
  }
  const [, of, name, action] = /^\/v1\/projects\/([^/]+)\/services\/([^/:]+)(?::(enable|disable))?$/.exec(path) ?? [];
  if (of !== undefined && name !== undefined) {
    read(nothing, body);
    const resource = `projects/${of}/services/${name}`;
    const request = { project: of, service: name };
    const service = "serviceusage.googleapis.com";
    if (verb === "GET" && action === undefined) return { method: "GetService", service, operation: false, resource, request };
    if (verb === "POST" && action === "enable") return { method: "EnableService", service, operation: true, resource, request };
    if (verb === "POST" && action === "disable") return { method: "DisableService", service, operation: true, resource, request };
  }
  return undefined;
}

/** Answers one request. Errors become error answers; nothing is thrown. */
export async function answerRest(parts: RestParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    send(response, 200, await run(parts, request));
  } catch (error) {
    const shown = error instanceof GoogleError ? error : new GoogleError("INTERNAL", `The sandbox failed: ${String(error)}`);
    const http = HTTP_STATUS[shown.name];
    const details = shown.details.map(({ type, members }) => ({ "@type": `type.googleapis.com/${type}`, ...members }));
    send(response, http, {
      error: { code: http, message: shown.message, status: shown.name, ...(details.length === 0 ? {} : { details }) },
    });
  }
}

async function run({ cloud, faults, authenticate }: RestParts, request: IncomingMessage): Promise<object> {
  const [path = ""] = (request.url ?? "").split("?");
  const found = route(request.method ?? "", path, await bodyOf(request));
  if (found === undefined) throw new GoogleError("NOT_FOUND", `The sandbox has nothing at ${request.method ?? ""} ${path}.`);
  const { method, service, resource } = found;
  let caller: ServiceAccountRecord | undefined;
  try {
    caller = authenticate(request.headers.authorization, service);
    await faults.strike({ operation: method, principal: caller.email, resource });
  } catch (error) {
    cloud.record(method, caller?.email, error instanceof Error ? error.name : "UNKNOWN", { resource });
    throw error;
  }
  const answer = cloud.invoke(method, caller, found.request);
  return found.operation ? { name: "operations/done", done: true, response: answer } : answer;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY) throw new GoogleError("INVALID_ARGUMENT", "Request payload size exceeds the limit.");
    chunks.push(chunk);
  }
  if (length === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new GoogleError("INVALID_ARGUMENT", "Invalid JSON payload received.");
  }
}

function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new GoogleError("INVALID_ARGUMENT", `Invalid JSON payload received. ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function send(response: ServerResponse, status: number, answer: object): void {
  const body = JSON.stringify(answer);
  response.writeHead(status, { "content-type": "application/json; charset=UTF-8", "content-length": Buffer.byteLength(body) });
  response.end(body);
}
