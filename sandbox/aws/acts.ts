/**
 * What can be done to the sandbox's AWS beyond the acts that every cloud has.
 *
 * @module
 */
import { z } from "zod";

import { actsOn, NOTHING } from "../acts.js";
import { FAULT_ERROR_NAMES } from "./faults.js";
import { type AwsSandbox } from "./sandbox.js";

const act = actsOn<AwsSandbox>();

/** Acts on AWS; the control endpoint knows them as `aws.NAME`. */
export const AWS_ACTS = {
  status: act(NOTHING, (aws) => aws.status()),
  signIn: act(z.strictObject({ account: z.string() }), (aws, args) => aws.signIn(args)),
  identity: act(z.strictObject({ name: z.string() }), (aws, args) => aws.identity(args.name)),
  addAccount: act(z.strictObject({ account: z.string() }), (aws, args) => aws.addAccount(args)),
  addIdentity: act(
    z.strictObject({
      name: z.string().regex(/^[\w+=,.@-]{2,64}$/),
      arn: z.string(),
      policy: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
      session: z.string().optional(),
      address: z.string().optional(),
    }),
    (aws, args) => aws.addIdentity(args),
  ),
  expireCredentials: act(z.strictObject({ name: z.string(), expired: z.boolean() }), (aws, args) => {
    aws.expireCredentials(args);
    return null;
  }),
  resources: act(NOTHING, (aws) => aws.resources()),
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
