/**
 * Create, read, list and update keys. Key Vault REST reference, pages of the same names.
 *
 * @module
 */
import { z } from "zod";

import { type ApiAnswer } from "../../api.js";
import { type Call } from "../../call.js";
import { findKey, keyTypeFor, NEEDS_PREMIUM, newVersion } from "../../keys.js";
import { KEY_NAME, keyIdentifier } from "../../names.js";
import { type KeyRecord } from "../../state.js";
import { KEY_RIGHTS } from "../access.js";
import { keyBundle, keyItem } from "../bundle.js";
import { badParameter, keyIsDeleted, notInSandbox } from "../errors.js";
import { body, open, openKey, openVersion, page } from "../vault-call.js";

/** Operations of an RSA key, and what it has unless others are given (recordings of azure-sdk-for-js). */
export const RSA_OPERATIONS = ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"] as const;
/** Sizes of RSA keys ("About keys": 2,048, 3,072 and 4,096 bits). */
export const RSA_SIZES = [2048, 3072, 4096] as const;
const DEFAULT_SIZE = 2048;

/** Up to 15 tags, names to 256 characters, values too (REST reference, "Objects, identifiers, and versioning"; "About keys"). */
export const tagsSchema = z
  .record(z.string().max(256), z.string().max(256))
  .refine((tags) => Object.keys(tags).length <= 15, "an object can have up to 15 tags");

const time = z.int().positive();

const attributesSchema = z.strictObject({
  enabled: z.boolean().optional(),
  nbf: time.optional(),
  exp: time.optional(),
  exportable: z.literal(false).optional(),
});

const createSchema = z.strictObject({
  kty: z.string(),
  key_size: z.int().optional(),
  public_exponent: z.literal(65537).optional(),
  key_ops: z.array(z.enum(RSA_OPERATIONS)).optional(),
  attributes: attributesSchema.optional(),
  tags: tagsSchema.optional(),
});

const updateSchema = z.strictObject({
  key_ops: z.array(z.enum(RSA_OPERATIONS)).optional(),
  attributes: attributesSchema.omit({ exportable: true }).optional(),
  tags: tagsSchema.optional(),
});

/** Makes a key, or a new version of one that exists. */
export function createKey(call: Call): ApiAnswer {
  const name = call.parameter("name");
  const vault = open(call, KEY_RIGHTS.create, name);
  if (!KEY_NAME.test(name)) throw badParameter(`The request URI contains an invalid name: ${name}`);
  const given = body(call, createSchema);
  const kind = keyTypeFor(vault, given.kty);
  if (kind === undefined) throw notInSandbox(`keys of type ${given.kty}`);
  if (!kind.allowed) throw badParameter(NEEDS_PREMIUM);
  const size = given.key_size ?? DEFAULT_SIZE;
  if (!RSA_SIZES.some((allowed) => allowed === size)) throw badParameter(`key_size must be one of ${RSA_SIZES.join(", ")}, not ${size}.`);
  const existing = findKey(vault, name);
  if (existing !== undefined && existing.deletion !== null) throw keyIsDeleted(existing.name);
  const version = newVersion({
    type: kind.type,
    size,
    operations: given.key_ops ?? RSA_OPERATIONS,
    enabled: given.attributes?.enabled ?? true,
    ...validity(given.attributes, { notBefore: null, expires: null }),
    tags: given.tags ?? {},
    now: call.now,
  });
  const key: KeyRecord = existing ?? { name, versions: [], rotationPolicy: null, deletion: null };
  key.versions.push(version);
  if (existing === undefined) vault.keys.push(key);
  call.target = keyIdentifier(vault.name, key.name, version.id);
  call.save();
  return { status: 200, body: keyBundle(vault, key, version) };
}

/** A version, the newest if none is named. Disabled ones are shown like any other: the answer is public. */
export function getKey(call: Call): ApiAnswer {
  const { vault, key, version } = openVersion(call, KEY_RIGHTS.get);
  return { status: 200, body: keyBundle(vault, key, version) };
}

/** Every key that is not deleted, by name, with the attributes of its newest version. */
export function listKeys(call: Call): ApiAnswer {
  const vault = open(call, KEY_RIGHTS.list);
  const listed = vault.keys.filter((key) => key.deletion === null).sort((a, b) => (a.name < b.name ? -1 : 1));
  return { status: 200, body: page(call, listed, (key) => keyItem(vault, key)) };
}

/** Every version of a key. By id, that is in no order of time: the service promises none. */
export function listVersions(call: Call): ApiAnswer {
  const { vault, key } = openKey(call, KEY_RIGHTS.list);
  const listed = [...key.versions].sort((a, b) => (a.id < b.id ? -1 : 1));
  return { status: 200, body: page(call, listed, (version) => keyItem(vault, key, version)) };
}

/** Changes attributes, operations and tags of a version. What is not given stays; the key material never changes. */
export function updateKey(call: Call): ApiAnswer {
  const { vault, key, version } = openVersion(call, KEY_RIGHTS.update);
  const given = body(call, updateSchema);
  const { notBefore, expires } = validity(given.attributes, version);
  version.notBefore = notBefore;
  version.expires = expires;
  version.enabled = given.attributes?.enabled ?? version.enabled;
  version.operations = given.key_ops ?? version.operations;
  version.tags = given.tags ?? version.tags;
  version.updatedAt = call.now;
  call.save();
  return { status: 200, body: keyBundle(vault, key, version) };
}

interface Validity {
  readonly notBefore: number | null;
  readonly expires: number | null;
}

function validity(given: { readonly nbf?: number | undefined; readonly exp?: number | undefined } | undefined, before: Validity): Validity {
  const notBefore = given?.nbf === undefined ? before.notBefore : given.nbf * 1000;
  const expires = given?.exp === undefined ? before.expires : given.exp * 1000;
  if (notBefore !== null && expires !== null && expires <= notBefore) {
    throw badParameter("The expiry date must be later than the activation date.");
  }
  return { notBefore, expires };
}
