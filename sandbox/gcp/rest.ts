/**
 * What provisioning needs besides Cloud KMS, over REST as Google serves it: Resource Manager v3 (projects), Service Usage v1
 * (services) and Cloud Billing v1 (who pays). Operations that take Google a while are done at once here: the answer is an
 * operation that is done. Errors: AIP-193, the JSON form. The Date of every answer is the sandbox's time.
 *
 * @module
 */
import { type IncomingMessage, type ServerResponse } from "node:http";

import { z } from "zod";

import { type Answering, QUOTA_PROJECT_HEADER, refuseQuotaProject } from "./answering.js";
import { GoogleError, HTTP_STATUS } from "./errors.js";
import { type MethodName, type RequestOf } from "./google-cloud.js";
import { type ServiceAccountRecord } from "./state.js";

/** Requests are small: a project and its labels. */
const MAX_BODY = 1 << 16;

const MANAGER = "cloudresourcemanager.googleapis.com";
const USAGE = "serviceusage.googleapis.com";
const BILLING = "cloudbilling.googleapis.com";

const labels = z.record(z.string(), z.string()).optional();
const newProject = z.strictObject({ projectId: z.string(), displayName: z.string().optional(), parent: z.string().optional(), labels });
const changedProject = z.strictObject({ displayName: z.string().optional(), labels });
const permissions = z.strictObject({ permissions: z.array(z.string()) });
const billingInfo = z.strictObject({ billingAccountName: z.string().regex(/^billingAccounts\/[^/]+$/) });
const nothing = z.union([z.undefined(), z.strictObject({})]);

/** What a request asks for. */
interface Asked {
  readonly method: MethodName;
  readonly service: string;
  /** True for methods that answer with an operation. */
  readonly operation: boolean;
  readonly resource: string;
  readonly request: RequestOf<MethodName>;
}

/** One path of one verb. */
interface Route {
  readonly verb: string;
  readonly path: RegExp;
  /** @param parts what the groups of the path matched. */
  ask(parts: readonly string[], body: unknown): Asked;
}

function route<Name extends MethodName, Body>(of: {
  readonly verb: string;
  readonly path: RegExp;
  readonly method: Name;
  readonly service: string;
  readonly operation?: true;
  readonly body: z.ZodType<Body>;
  readonly resource: (parts: readonly string[], body: Body) => string;
  readonly request: (parts: readonly string[], body: Body) => RequestOf<Name>;
}): Route {
  const { verb, path, method, service, operation = false } = of;
  return {
    verb,
    path,
    ask: (parts, body) => {
      const parsed = read(of.body, body);
      return { method, service, operation, resource: of.resource(parts, parsed), request: of.request(parts, parsed) };
    },
  };
}

const projectOf = ([project = ""]: readonly string[]): string => `projects/${project}`;
const serviceOf = ([project = "", service = ""]: readonly string[]): string => `projects/${project}/services/${service}`;
const aProject = { path: /^\/v3\/projects\/([^/:]+)$/, service: MANAGER, resource: projectOf };
const aService = {
  service: USAGE,
  body: nothing,
  resource: serviceOf,
  request: ([project = "", service = ""]: readonly string[]) => ({ project, service }),
};
const aBill = { path: /^\/v1\/projects\/([^/]+)\/billingInfo$/, service: BILLING, resource: projectOf };

/** Every path there is, as google.api.http of the services has them. */
const ROUTES: readonly Route[] = [
  route({
    verb: "POST", path: /^\/v3\/projects$/, method: "CreateProject", service: MANAGER, operation: true, body: newProject,
    resource: (_, { projectId }) => `projects/${projectId}`, request: (_, body) => body,
  }),
  route({ ...aProject, verb: "GET", method: "GetProject", body: nothing, request: ([project = ""]) => ({ project }) }),
  route({ ...aProject, verb: "PATCH", method: "UpdateProject", operation: true, body: changedProject, request: ([project = ""], body) => ({ project, ...body }) }),
  route({ ...aProject, verb: "DELETE", method: "DeleteProject", operation: true, body: nothing, request: ([project = ""]) => ({ project }) }),
  route({ ...aService, verb: "GET", path: /^\/v1\/projects\/([^/]+)\/services\/([^/:]+)$/, method: "GetService" }),
  route({ ...aService, verb: "POST", path: /^\/v1\/projects\/([^/]+)\/services\/([^/:]+):enable$/, method: "EnableService", operation: true }),
  route({ ...aService, verb: "POST", path: /^\/v1\/projects\/([^/]+)\/services\/([^/:]+):disable$/, method: "DisableService", operation: true }),
  route({
    verb: "GET", path: /^\/v1\/billingAccounts\/([^/:]+)$/, method: "GetBillingAccount", service: BILLING, body: nothing,
    resource: ([account = ""]) => `billingAccounts/${account}`, request: ([billingAccount = ""]) => ({ billingAccount }),
  }),
  route({
    verb: "POST", path: /^\/v1\/billingAccounts\/([^/:]+):testIamPermissions$/, method: "TestBillingPermissions", service: BILLING, body: permissions,
    resource: ([account = ""]) => `billingAccounts/${account}`, request: ([billingAccount = ""], body) => ({ billingAccount, ...body }),
  }),
  route({ ...aBill, verb: "GET", method: "GetProjectBillingInfo", body: nothing, request: ([project = ""]) => ({ project }) }),
  route({
    ...aBill, verb: "PUT", method: "UpdateProjectBillingInfo", body: billingInfo,
    request: ([project = ""], { billingAccountName }) => ({ project, billingAccount: billingAccountName.replace("billingAccounts/", "") }),
  }),
];

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
  const [path = ""] = (request.url ?? "").split("?");
  const body = await bodyOf(request);
  const { method, service, operation, resource, request: asked } = find(request.method ?? "", path, body);
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

function find(verb: string, path: string, body: unknown): Asked {
  for (const candidate of ROUTES) {
    const matched = candidate.verb === verb ? candidate.path.exec(path) : null;
    if (matched !== null) return candidate.ask(matched.slice(1), body);
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

function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new GoogleError("INVALID_ARGUMENT", `Invalid JSON payload received. ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function send(response: ServerResponse, status: number, date: string, answer: object): void {
  const body = JSON.stringify(answer);
  response.writeHead(status, { date, "content-type": "application/json; charset=UTF-8", "content-length": Buffer.byteLength(body) });
  response.end(body);
}
