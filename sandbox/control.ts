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
import { actsOn, NOTHING, prefixed } from "./acts.js";
import { AWS_ACTS } from "./aws/acts.js";
import { AZURE_ACTS } from "./azure/index.js";
import { type Clouds } from "./clouds.js";
import { GCP_ACTS } from "./gcp/index.js";

/** Path under which the acts are. */
export const CONTROL_PATH = "/control/";

const key = { key: z.string().optional() };
const version = { version: z.string().min(1) };
const act = actsOn<Clouds>();

/** Every act there is; the client's types are made from this table. */
export const ACTS = {
  status: act(NOTHING, ({ tenants }) => ({ keys: tenants.keys() })),
  deployers: act(NOTHING, (clouds) => clouds.deployers()),
  revoke: act(z.strictObject({ ...key, by: z.enum(["disable", "grant"]) }), ({ tenants }, args) => tenants.revoke(args)),
  restore: act(z.strictObject(key), ({ tenants }, args) => tenants.restore(args)),
  rotate: act(z.strictObject(key), ({ tenants }, args) => tenants.rotate(args)),
  scheduleDeletion: act(z.strictObject({ ...key, days: z.int() }), ({ tenants }, args) => tenants.scheduleDeletion(args)),
  disableVersion: act(z.strictObject({ ...key, ...version }), ({ tenants }, args) => tenants.disableVersion(args)),
  destroyVersion: act(z.strictObject({ ...key, ...version }), ({ tenants }, args) => tenants.destroyVersion(args)),
  ...prefixed("aws", ({ aws }: Clouds) => aws, AWS_ACTS),
  ...prefixed("gcp", ({ gcp }: Clouds) => gcp, GCP_ACTS),
  ...prefixed("azure", ({ azure }: Clouds) => azure, AZURE_ACTS),
} as const;

/** Name of an act. */
export type ActName = keyof typeof ACTS;

/** Answers one control request. Errors become error answers; nothing is thrown. */
export function answerControl(
  clouds: Clouds,
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
    send(response, 200, { result: run(clouds, request, body) });
  } catch (error) {
    const known = error instanceof ByokError;
    send(response, known ? 400 : 500, {
      error: { code: known ? error.code : "UNEXPECTED_ANSWER", message: known ? error.message : `The sandbox failed: ${String(error)}` },
    });
  }
}

function run(clouds: Clouds, request: IncomingMessage, body: Buffer): unknown {
  const name = (request.url ?? "").slice(CONTROL_PATH.length);
  if (request.method !== "POST" || !Object.hasOwn(ACTS, name)) {
    throw new ByokError("CONFIG_INVALID", `The sandbox has no act "${name}".`);
  }
  // One entry of the table at a time: schema and function of an act belong together.
  const chosen = ACTS[name as ActName] as { readonly schema: z.ZodType; run(clouds: Clouds, args: unknown): unknown };
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
  return chosen.run(clouds, args.data);
}

function send(response: ServerResponse, status: number, answer: object): void {
  const body = JSON.stringify(answer);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
}
