/**
 * The control endpoint: what plays the tenant and the weather, for the command line and for tests in other processes.
 * JSON over HTTP on loopback: `POST /control/ACT` with the token of sandbox.json as bearer; the answer is
 * `{ "result": ... }` or `{ "error": { "code", "message" } }`.
 *
 * @module
 */
import { timingSafeEqual } from "node:crypto";
import { type IncomingMessage, type ServerResponse } from "node:http";

import { z } from "zod";

import { ByokError } from "../runtime/master-key/errors.js";
import { FAULT_ERROR_NAMES } from "./aws/faults.js";
import { type AwsSandbox } from "./aws/sandbox.js";

/** Path under which the acts are. */
export const CONTROL_PATH = "/control/";

const key = { keyArn: z.string().optional() };
const NOTHING = z.strictObject({});

/** An act: the schema of its arguments, and what it does. */
function act<Schema extends z.ZodType, Result>(
  schema: Schema,
  run: (aws: AwsSandbox, args: z.infer<Schema>) => Result,
): { readonly schema: Schema; run(aws: AwsSandbox, args: z.infer<Schema>): Result } {
  return { schema, run };
}

/** Every act there is; the client's types are made from this table. */
export const ACTS = {
  status: act(NOTHING, (aws) => aws.status()),
  revoke: act(z.strictObject({ ...key, by: z.enum(["disable", "grant"]) }), (aws, args) => aws.revoke(args)),
  restore: act(z.strictObject(key), (aws, args) => aws.restore(args)),
  rotate: act(z.strictObject(key), (aws, args) => aws.rotate(args)),
  scheduleDeletion: act(z.strictObject({ ...key, days: z.int() }), (aws, args) => aws.scheduleDeletion(args)),
  signIn: act(z.strictObject({ account: z.string() }), (aws, args) => aws.signIn(args)),
  deployer: act(NOTHING, (aws) => aws.deployer()),
  identity: act(z.strictObject({ name: z.string() }), (aws, args) => aws.identity(args.name)),
  addAccount: act(z.strictObject({ account: z.string() }), (aws, args) => aws.addAccount(args)),
  addIdentity: act(
    z.strictObject({
      name: z.string().regex(/^[\w+=,.@-]{2,64}$/),
      arn: z.string(),
      policy: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
      session: z.string().optional(),
    }),
    (aws, args) => aws.addIdentity(args),
  ),
  expireCredentials: act(z.strictObject({ name: z.string(), expired: z.boolean() }), (aws, args) => {
    aws.expireCredentials(args);
    return null;
  }),
  calls: act(NOTHING, (aws) => aws.calls()),
  clearCalls: act(NOTHING, (aws) => {
    aws.clearCalls();
    return null;
  }),
  injectFault: act(
    z.strictObject({
      operation: z.string().optional(),
      principal: z.string().optional(),
      keyId: z.string().optional(),
      error: z.enum(FAULT_ERROR_NAMES).optional(),
      latencyMs: z.number().min(0).optional(),
      times: z.int().min(1).optional(),
    }),
    (aws, args) => {
      aws.injectFault(args);
      return null;
    },
  ),
  clearFaults: act(NOTHING, (aws) => {
    aws.clearFaults();
    return null;
  }),
} as const;

/** Name of an act. */
export type ActName = keyof typeof ACTS;

/** Answers one control request. Errors become error answers; nothing is thrown. */
export function answerControl(
  aws: AwsSandbox,
  token: string,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): void {
  const bearer = Buffer.from(request.headers.authorization ?? "");
  const expected = Buffer.from(`Bearer ${token}`);
  if (bearer.length !== expected.length || !timingSafeEqual(bearer, expected)) {
    send(response, 401, { error: { code: "CONFIG_INVALID", message: "The control token is not this sandbox's." } });
    return;
  }
  try {
    send(response, 200, { result: run(aws, request, body) });
  } catch (error) {
    const known = error instanceof ByokError;
    send(response, known ? 400 : 500, {
      error: { code: known ? error.code : "UNEXPECTED_ANSWER", message: known ? error.message : `The sandbox failed: ${String(error)}` },
    });
  }
}

function run(aws: AwsSandbox, request: IncomingMessage, body: Buffer): unknown {
  const name = (request.url ?? "").slice(CONTROL_PATH.length);
  if (request.method !== "POST" || !Object.hasOwn(ACTS, name)) {
    throw new ByokError("CONFIG_INVALID", `The sandbox has no act "${name}".`);
  }
  // One entry of the table at a time: schema and function of an act belong together.
  const chosen = ACTS[name as ActName] as { readonly schema: z.ZodType; run(aws: AwsSandbox, args: unknown): unknown };
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch (cause) {
    throw new ByokError("CONFIG_INVALID", `The arguments of ${name} are not JSON.`, { cause });
  }
  const args = chosen.schema.safeParse(value);
  if (!args.success) {
    throw new ByokError("CONFIG_INVALID", `${name}: ${z.prettifyError(args.error)}`, { cause: args.error });
  }
  return chosen.run(aws, args.data);
}

function send(response: ServerResponse, status: number, answer: object): void {
  const body = JSON.stringify(answer);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
}
