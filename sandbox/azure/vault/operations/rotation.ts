/**
 * Rotation on demand and by policy. Key Vault REST reference: Rotate Key, Get and Update Key Rotation Policy; limits:
 * "Configure cryptographic key auto-rotation in Azure Key Vault".
 *
 * @module
 */
import { z } from "zod";

import { type ApiAnswer } from "../../api.js";
import { type Call } from "../../call.js";
import { addDuration, isDuration } from "../../duration.js";
import { DAY_MS, rotate } from "../../keys.js";
import { keyIdentifier } from "../../names.js";
import { type KeyRecord, type RotationPolicyRecord, type VaultRecord } from "../../state.js";
import { KEY_RIGHTS } from "../access.js";
import { keyBundle, seconds } from "../bundle.js";
import { badParameter } from "../errors.js";
import { body, openKey } from "../vault-call.js";

/** What every key has, and what a policy without a notification gets (recordings of azure-sdk-for-js). */
const NOTIFICATION = { type: "Notify", timeBeforeExpiry: "P30D" } as const;

const duration = z.string().refine(isDuration, "must be an ISO 8601 duration such as P90D");

const schema = z.strictObject({
  id: z.string().optional(),
  lifetimeActions: z
    .array(
      z.strictObject({
        trigger: z
          .strictObject({ timeAfterCreate: duration.optional(), timeBeforeExpiry: duration.optional() })
          .refine(({ timeAfterCreate, timeBeforeExpiry }) => (timeAfterCreate === undefined) !== (timeBeforeExpiry === undefined), {
            message: "a trigger has either timeAfterCreate or timeBeforeExpiry",
          }),
        action: z.strictObject({ type: z.string() }),
      }),
    )
    .optional(),
  attributes: z.strictObject({ expiryTime: duration.optional(), created: z.int().optional(), updated: z.int().optional() }).optional(),
});

/** Makes a new version, now. */
export function rotateKey(call: Call): ApiAnswer {
  const { vault, key } = openKey(call, KEY_RIGHTS.rotate);
  const version = rotate(key, call.now);
  call.target = keyIdentifier(vault.name, key.name, version.id);
  call.save();
  return { status: 200, body: keyBundle(vault, key, version) };
}

/** The policy; a key that never got one shows the notification that all keys have. */
export function getRotationPolicy(call: Call): ApiAnswer {
  const { vault, key } = openKey(call, KEY_RIGHTS.getRotationPolicy);
  return { status: 200, body: shown(vault, key) };
}

/** Replaces the policy. It holds for versions made from now on: those that exist keep their expiry. */
export function updateRotationPolicy(call: Call): ApiAnswer {
  const { vault, key } = openKey(call, KEY_RIGHTS.setRotationPolicy);
  const { attributes, lifetimeActions } = body(call, schema);
  key.rotationPolicy = rotationPolicyRecord({ expiryTime: attributes?.expiryTime, lifetimeActions }, call.now, key.rotationPolicy?.createdAt);
  call.save();
  return { status: 200, body: shown(vault, key) };
}

/** A policy as the service reads one. */
export interface GivenRotationPolicy {
  readonly expiryTime?: string | undefined;
  readonly lifetimeActions?:
    | readonly {
        readonly trigger: { readonly timeAfterCreate?: string | undefined; readonly timeBeforeExpiry?: string | undefined };
        readonly action: { readonly type: string };
      }[]
    | undefined;
}

/**
 * A policy as it is kept.
 *
 * @throws VaultError 400 for what the service refuses.
 */
export function rotationPolicyRecord(given: GivenRotationPolicy, now: number, createdAt = now): RotationPolicyRecord {
  const actions = (given.lifetimeActions ?? []).map(({ trigger, action }): RotationPolicyRecord["actions"][number] => ({
    type: actionType(action.type),
    ...(trigger.timeAfterCreate === undefined ? {} : { timeAfterCreate: trigger.timeAfterCreate }),
    ...(trigger.timeBeforeExpiry === undefined ? {} : { timeBeforeExpiry: trigger.timeBeforeExpiry }),
  }));
  const policy: RotationPolicyRecord = {
    createdAt,
    updatedAt: now,
    expiryTime: given.expiryTime ?? null,
    actions: actions.some(({ type }) => type === "Notify") ? actions : [...actions, NOTIFICATION],
  };
  checkPolicy(policy);
  return policy;
}

function actionType(given: string): "Rotate" | "Notify" {
  switch (given.toLowerCase()) {
    case "rotate":
      return "Rotate";
    case "notify":
      return "Notify";
    default:
      throw badParameter(`The action type must be Rotate or Notify, not ${given}.`);
  }
}

/** At most one action of each type; expiry of 28 days or more; a rotation 7 days or more after creation and before expiry. */
function checkPolicy({ actions, expiryTime }: RotationPolicyRecord): void {
  const rotations = actions.filter(({ type }) => type === "Rotate");
  if (rotations.length > 1 || actions.length - rotations.length > 1) throw badParameter("A rotation policy has one action of each type.");
  if (expiryTime !== null && daysOf(expiryTime) < 28) throw badParameter(`expiryTime must be at least 28 days, not ${expiryTime}.`);
  const [rotation] = rotations;
  if (rotation === undefined) return;
  if (rotation.timeBeforeExpiry !== undefined && expiryTime === null) throw badParameter("A rotation before expiry needs an expiryTime.");
  const after =
    rotation.timeAfterCreate !== undefined
      ? daysOf(rotation.timeAfterCreate)
      : daysOf(expiryTime ?? "P0D") - daysOf(rotation.timeBeforeExpiry ?? "P0D");
  if (after < 7) throw badParameter("A key rotates 7 days after its creation at the earliest.");
  if (expiryTime !== null && daysOf(expiryTime) - after < 7) throw badParameter("A key rotates 7 days before its expiry at the latest.");
}

function daysOf(text: string): number {
  return addDuration(0, text) / DAY_MS;
}

function shown(vault: VaultRecord, key: KeyRecord): object {
  const policy = key.rotationPolicy;
  return {
    id: `${keyIdentifier(vault.name, key.name)}/rotationpolicy`,
    lifetimeActions: (policy?.actions ?? [NOTIFICATION]).map(({ type, ...trigger }) => ({ trigger, action: { type } })),
    attributes:
      policy === null
        ? {}
        : {
            ...(policy.expiryTime === null ? {} : { expiryTime: policy.expiryTime }),
            created: seconds(policy.createdAt),
            updated: seconds(policy.updatedAt),
          },
  };
}
