/**
 * What can be done to the sandbox's Azure beyond the acts that every cloud has.
 *
 * @module
 */
import { z } from "zod";

import { actsOn, NOTHING } from "../acts.js";
import { FAULT_ERROR_NAMES } from "./faults.js";
import { type AzureSandbox } from "./sandbox.js";

const act = actsOn<AzureSandbox>();

const application = { clientId: z.string() };
const certificate = { ...application, thumbprint: z.string().optional() };

/** Acts on Azure; the control endpoint knows them as `azure.NAME`. */
export const AZURE_ACTS = {
  status: act(NOTHING, (azure) => azure.status()),
  signIn: act(z.strictObject({ entraTenantId: z.string() }), (azure, args) => azure.signIn(args)),
  firewall: act(z.strictObject({ vault: z.string(), closed: z.boolean() }), (azure, args) => {
    azure.firewall(args);
    return null;
  }),
  callFrom: act(z.strictObject({ address: z.ipv4() }), (azure, args) => {
    azure.callFrom(args);
    return null;
  }),
  delayPrincipals: act(z.strictObject({ lookups: z.int().min(0) }), (azure, args) => {
    azure.delayPrincipals(args);
    return null;
  }),
  deleteVault: act(z.strictObject({ vault: z.string() }), (azure, args) => {
    azure.deleteVault(args);
    return null;
  }),
  expireCertificate: act(z.strictObject(certificate), (azure, args) => azure.expireCertificate(args)),
  removeCertificate: act(z.strictObject(certificate), (azure, args) => azure.removeCertificate(args)),
  deleteApplication: act(z.strictObject(application), (azure, args) => azure.deleteApplication(args)),
  restoreApplication: act(z.strictObject(application), (azure, args) => azure.restoreApplication(args)),
  createVault: act(
    z.strictObject({
      name: z.string(),
      location: z.string().optional(),
      resourceGroup: z.string().optional(),
      rbac: z.boolean().optional(),
      purgeProtection: z.boolean().optional(),
      retentionDays: z.int().optional(),
    }),
    (azure, args) => azure.createVault(args),
  ),
  createKey: act(
    z.strictObject({
      vault: z.string(),
      name: z.string(),
      size: z.int().optional(),
      operations: z.array(z.string()).optional(),
      notBefore: z.iso.datetime().optional(),
      expires: z.iso.datetime().optional(),
      rotationExpiry: z.string().optional(),
    }),
    (azure, args) => azure.createKey(args),
  ),
  registerApplication: act(
    z.strictObject({
      displayName: z.string(),
      certificates: z.array(z.string()),
      signInAudience: z.string().optional(),
      accountEnabled: z.boolean().optional(),
    }),
    (azure, args) => azure.registerApplication(args),
  ),
  setAccessPolicy: act(
    z.strictObject({ vault: z.string(), objectId: z.string(), permissions: z.array(z.string()) }),
    (azure, args) => {
      azure.setAccessPolicy(args);
      return null;
    },
  ),
  assignRole: act(z.strictObject({ vault: z.string(), objectId: z.string(), role: z.string() }), (azure, args) => {
    azure.assignRole(args);
    return null;
  }),
  calls: act(NOTHING, (azure) => azure.calls()),
  clearCalls: act(NOTHING, (azure) => {
    azure.clearCalls();
    return null;
  }),
  injectFault: act(
    z.strictObject({
      operation: z.string().optional(),
      target: z.string().optional(),
      error: z.enum(FAULT_ERROR_NAMES).optional(),
      retryAfter: z.int().min(0).optional(),
      latencyMs: z.number().min(0).optional(),
      times: z.int().min(1).optional(),
    }),
    (azure, args) => {
      azure.injectFault(args);
      return null;
    },
  ),
  clearFaults: act(NOTHING, (azure) => {
    azure.clearFaults();
    return null;
  }),
} as const;
