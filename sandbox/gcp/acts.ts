/**
 * What can be done to the sandbox's Google Cloud beyond the acts that every cloud has.
 *
 * @module
 */
import { z } from "zod";

import { actsOn, NOTHING } from "../acts.js";
import { GCP_FAULT_ERRORS, WIRE_FAULTS } from "./faults.js";
import { type GcpSandbox } from "./sandbox.js";

const act = actsOn<GcpSandbox>();

/** Acts on Google Cloud; the control endpoint knows them as `gcp.NAME`. */
export const GCP_ACTS = {
  status: act(NOTHING, (gcp) => gcp.status()),
  signIn: act(z.strictObject({ project: z.string() }), (gcp, args) => gcp.signIn(args)),
  identity: act(z.strictObject({ name: z.string() }), (gcp, args) => gcp.identity(args.name)),
  addProject: act(z.strictObject({ project: z.string() }), (gcp, args) => gcp.addProject(args)),
  addServiceAccount: act(z.strictObject({ name: z.string(), email: z.string() }), (gcp, args) => gcp.addServiceAccount(args)),
  disableServiceAccount: act(z.strictObject({ name: z.string(), disabled: z.boolean() }), (gcp, args) => {
    gcp.disableServiceAccount(args);
    return null;
  }),
  calls: act(NOTHING, (gcp) => gcp.calls()),
  clearCalls: act(NOTHING, (gcp) => {
    gcp.clearCalls();
    return null;
  }),
  logEntries: act(z.strictObject({ project: z.string() }), (gcp, args) => gcp.logEntries(args)),
  monitoring: act(NOTHING, (gcp) => gcp.monitoring()),
  projectPolicy: act(z.strictObject({ project: z.string() }), (gcp, args) => gcp.projectPolicy(args)),
  injectFault: act(
    z.strictObject({
      operation: z.string().optional(),
      principal: z.string().optional(),
      resource: z.string().optional(),
      error: z.enum(GCP_FAULT_ERRORS).optional(),
      wire: z.enum(WIRE_FAULTS).optional(),
      latencyMs: z.number().min(0).optional(),
      times: z.int().min(1).optional(),
    }),
    (gcp, args) => {
      gcp.injectFault(args);
      return null;
    },
  ),
  clearFaults: act(NOTHING, (gcp) => {
    gcp.clearFaults();
    return null;
  }),
} as const;
