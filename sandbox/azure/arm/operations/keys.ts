/**
 * Keys through ARM, as templates and Pulumi make them. ARM REST reference, Keys: Create If Not Exist, Get, Get Version, List
 * Versions. A PUT on a key that exists answers with the key as it is and changes nothing; there is no DELETE.
 *
 * @module
 */
import { createPublicKey } from "node:crypto";

import { z } from "zod";

import { type ApiAnswer } from "../../api.js";
import { type Call } from "../../call.js";
import { isDuration } from "../../duration.js";
import { findKey, keyTypeFor, NEEDS_PREMIUM, newestVersion, newVersion } from "../../keys.js";
import { KEY_NAME, keyIdentifier, vaultId } from "../../names.js";
import { type KeyRecord, type KeyVersionRecord, type RotationPolicyRecord, type VaultRecord } from "../../state.js";
import { recoveryLevel, seconds } from "../../vault/bundle.js";
import { VaultError } from "../../vault/errors.js";
import { rotationPolicyRecord } from "../../vault/operations/rotation.js";
import { RSA_OPERATIONS, RSA_SIZES, tagsSchema } from "../../vault/operations/keys.js";
import { authorize, body, vaultOf } from "../arm-call.js";
import { ArmError, badRequest, notInSandbox, resourceNotFound } from "../errors.js";

const TYPE = "Microsoft.KeyVault/vaults/keys";

const duration = z.string().refine(isDuration, "must be an ISO 8601 duration such as P90D");

const schema = z.strictObject({
  tags: tagsSchema.nullish(),
  location: z.string().nullish(),
  properties: z.strictObject({
    attributes: z
      .strictObject({
        enabled: z.boolean().nullish(),
        nbf: z.int().positive().nullish(),
        exp: z.int().positive().nullish(),
        exportable: z.literal(false).nullish(),
      })
      .nullish(),
    kty: z.string(),
    keyOps: z.array(z.enum(RSA_OPERATIONS)).nullish(),
    keySize: z.int().nullish(),
    rotationPolicy: z
      .strictObject({
        attributes: z.strictObject({ expiryTime: duration.nullish() }).nullish(),
        lifetimeActions: z
          .array(
            z.strictObject({
              action: z.strictObject({ type: z.enum(["rotate", "notify"]) }),
              trigger: z.strictObject({ timeAfterCreate: duration.optional(), timeBeforeExpiry: duration.optional() }),
            }),
          )
          .nullish(),
      })
      .nullish(),
  }),
});

/** Makes a key if there is none of that name. Needs no right on the vault's data: ARM's own is enough. */
export function putKey(call: Call): ApiAnswer {
  authorize(call, `${TYPE}/write`, scopeOf(call));
  const vault = vaultOf(call);
  const name = call.parameter("key");
  if (!KEY_NAME.test(name)) throw badRequest(`The key name '${name}' is not valid.`);
  const { tags, properties } = body(call, schema);
  const existing = findKey(vault, name);
  if (existing !== undefined) {
    if (existing.deletion !== null) {
      throw new ArmError(
        409,
        "Conflict",
        `Key ${existing.name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the key can only be recovered or purged.`,
      );
    }
    return { status: 200, body: shown(vault, existing, newestVersion(existing)) };
  }
  const kind = keyTypeFor(vault, properties.kty);
  if (kind === undefined) throw notInSandbox(`keys of type ${properties.kty}`);
  if (!kind.allowed) throw badRequest(NEEDS_PREMIUM);
  const size = properties.keySize ?? 2048;
  if (!RSA_SIZES.some((allowed) => allowed === size)) throw badRequest(`keySize must be one of ${RSA_SIZES.join(", ")}, not ${size}.`);
  const { enabled, nbf, exp } = properties.attributes ?? {};
  const version = newVersion({
    type: kind.type,
    size,
    operations: properties.keyOps ?? RSA_OPERATIONS,
    enabled: enabled ?? true,
    notBefore: nbf == null ? null : nbf * 1000,
    expires: exp == null ? null : exp * 1000,
    tags: tags ?? {},
    now: call.now,
  });
  const key: KeyRecord = { name, versions: [version], rotationPolicy: rotationPolicy(properties.rotationPolicy, call.now), deletion: null };
  vault.keys.push(key);
  call.save();
  return { status: 200, body: shown(vault, key, version) };
}

function rotationPolicy(given: z.infer<typeof schema>["properties"]["rotationPolicy"], now: number): RotationPolicyRecord | null {
  if (given == null) return null;
  try {
    return rotationPolicyRecord(
      { expiryTime: given.attributes?.expiryTime ?? undefined, lifetimeActions: given.lifetimeActions ?? undefined },
      now,
    );
  } catch (error) {
    // The rules are the vault's; the words are ARM's.
    throw error instanceof VaultError ? badRequest(error.message) : error;
  }
}

/** The newest version. */
export function getKey(call: Call): ApiAnswer {
  const { vault, key } = keyOf(call);
  return { status: 200, body: shown(vault, key, newestVersion(key)) };
}

/** One version. */
export function getKeyVersion(call: Call): ApiAnswer {
  const { vault, key } = keyOf(call);
  const wanted = call.parameter("version");
  const version = key.versions.find(({ id }) => id === wanted.toLowerCase());
  if (version === undefined) throw resourceNotFound(`${TYPE}/versions`, `${vault.name}/${key.name}/${wanted}`, vault.resourceGroup);
  return { status: 200, body: shown(vault, key, version, true) };
}

/** All versions. */
export function listKeyVersions(call: Call): ApiAnswer {
  const { vault, key } = keyOf(call);
  return { status: 200, body: { value: key.versions.map((version) => shown(vault, key, version, true)) } };
}

function scopeOf(call: Call): string {
  const [subscription, resourceGroup, name] = [call.parameter("subscription"), call.parameter("resourceGroup"), call.parameter("vault")];
  return `${vaultId({ subscription, resourceGroup, name })}/keys/${call.parameter("key")}`;
}

function keyOf(call: Call): { readonly vault: VaultRecord; readonly key: KeyRecord } {
  authorize(call, `${TYPE}/read`, scopeOf(call));
  const vault = vaultOf(call);
  const name = call.parameter("key");
  const key = findKey(vault, name);
  if (key === undefined || key.deletion !== null) throw resourceNotFound(TYPE, `${vault.name}/${name}`, vault.resourceGroup);
  return { vault, key };
}

/** Types of actions are in lower case here (enum KeyRotationPolicyActionType). */
function shownPolicy({ actions, createdAt, updatedAt, expiryTime }: RotationPolicyRecord): object {
  return {
    attributes: { ...(expiryTime === null ? {} : { expiryTime }), created: seconds(createdAt), updated: seconds(updatedAt) },
    lifetimeActions: actions.map(({ type, ...trigger }) => ({ trigger, action: { type: type.toLowerCase() } })),
  };
}

function shown(vault: VaultRecord, key: KeyRecord, version: KeyVersionRecord, asVersion = false): object {
  const id = `${vaultId(vault)}/keys/${key.name}`;
  const details = createPublicKey(version.privateKey).asymmetricKeyDetails;
  return {
    id: asVersion ? `${id}/versions/${version.id}` : id,
    name: asVersion ? version.id : key.name,
    type: asVersion ? `${TYPE}/versions` : TYPE,
    location: vault.location,
    tags: version.tags,
    properties: {
      attributes: {
        enabled: version.enabled,
        ...(version.notBefore === null ? {} : { nbf: seconds(version.notBefore) }),
        ...(version.expires === null ? {} : { exp: seconds(version.expires) }),
        created: seconds(version.createdAt),
        updated: seconds(version.updatedAt),
        recoveryLevel: recoveryLevel(vault),
        exportable: false,
      },
      kty: version.type,
      keyOps: version.operations,
      keySize: details?.modulusLength ?? version.size,
      keyUri: keyIdentifier(vault.name, key.name),
      keyUriWithVersion: keyIdentifier(vault.name, key.name, version.id),
      ...(key.rotationPolicy === null || asVersion ? {} : { rotationPolicy: shownPolicy(key.rotationPolicy) }),
    },
  };
}
