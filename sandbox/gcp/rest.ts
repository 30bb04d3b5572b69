/**
 * What provisioning needs besides Cloud KMS, over REST as Google serves it: see routes/. Operations that take Google a while are done at once here: the answer is an
 * operation that is done. Errors: AIP-193, the JSON form. The Date of every answer is the sandbox's time.
 *
 * @module
 */
import { type IncomingMessage, type ServerResponse } from "node:http";

import { type Answering, QUOTA_PROJECT_HEADER, refuseQuotaProject } from "./answering.js";
import { GoogleError, HTTP_STATUS } from "./errors.js";
import { type Asked, type Route } from "./routes/route.js";
import { IAM_ROUTES } from "./routes/iam.js";
import { MONITORING_ROUTES } from "./routes/monitoring.js";
import { PROVISIONING_ROUTES } from "./routes/provisioning.js";
import { type ServiceAccountRecord } from "./state.js";

/** Requests are small: a policy is the largest. */
const MAX_BODY = 1 << 18;

/** Every path there is. */
const ROUTES: readonly Route[] = [...PROVISIONING_ROUTES, ...MONITORING_ROUTES, ...IAM_ROUTES];

/** Answers one request. Errors become error answers; nothing is thrown. */
export async function answerRest(parts: Answering, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const date = new Date(parts.cloud.now).toUTCString();
  try {
    send(response, 200, date, await run(parts, request));
  } catch (error) {
    const shown = error instanceof GoogleError ? error : new GoogleError("INTERNAL", `The sandbox failed: ${String(error)}`);
    const code = HTTP_STATUS[shown.name];
    const details = shown.details.map(({ type, members }) => ({ "@type": `type.googleapis.com/${type}`, ...members }));
    send(response, code, date, {
      error: { code, message: shown.message, status: shown.name, ...(details.length === 0 ? {} : { details }) },
    });
  }
}

async function run({ cloud, faults, authenticate }: Answering, request: IncomingMessage): Promise<object> {
  const [path = "", query = ""] = (request.url ?? "").split("?");
  const body = await bodyOf(request);
  const { method, service, operation, resource, request: asked } = find(request.method ?? "", path, body, new URLSearchParams(query));
  let caller: ServiceAccountRecord | undefined;
  try {
    caller = authenticate(request.headers.authorization, service);
    const quotaProject = request.headers[QUOTA_PROJECT_HEADER];
    refuseQuotaProject(Array.isArray(quotaProject) ? quotaProject[0] : quotaProject);
    await faults.strike({ operation: method, principal: caller.email, resource });
  } catch (error) {
    cloud.record(method, caller?.email, error instanceof Error ? error.name : "UNKNOWN", { resource });
    throw error;
  }
  const answer = cloud.invoke(method, caller, asked);
  return operation ? { name: "operations/done", done: true, response: answer } : answer;
}

function find(verb: string, path: string, body: unknown, query: URLSearchParams): Asked {
  for (const candidate of ROUTES) {
    const matched = candidate.verb === verb ? candidate.path.exec(path) : null;
    if (matched !== null) return candidate.ask(matched.slice(1).map(decodeURIComponent), body, query);
  }
  throw new GoogleError("NOT_FOUND", `The sandbox has nothing at ${verb} ${path}.`);
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

function send(response: ServerResponse, status: number, date: string, answer: object): void {
  const body = JSON.stringify(answer);
  response.writeHead(status, { date, "content-type": "application/json; charset=UTF-8", "content-length": Buffer.byteLength(body) });
  response.end(body);
}
