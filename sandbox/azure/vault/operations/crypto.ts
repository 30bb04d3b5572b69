/**
 * encrypt, decrypt, wrapKey and unwrapKey. Key Vault REST reference, pages of the same names; algorithms: "About keys"
 * (RSA-OAEP is OAEP with SHA-1, RSA-OAEP-256 with SHA-256, the same hash in MGF1).
 *
 * @module
 */
import { constants, createPrivateKey, createPublicKey, privateDecrypt, publicEncrypt } from "node:crypto";

import { z } from "zod";

import { type ApiAnswer } from "../../api.js";
import { type Call } from "../../call.js";
import { keyIdentifier } from "../../names.js";
import { type KeyVersionRecord } from "../../state.js";
import { KEY_RIGHTS } from "../access.js";
import { badParameter, keyDisabled, keyExpired, keyNotYetValid, notInSandbox, operationForbidden } from "../errors.js";
import { body, openVersion } from "../vault-call.js";

/** OAEP's hash and its length in bytes, by algorithm identifier. */
const OAEP: Readonly<Record<string, { readonly hash: string; readonly length: number }>> = {
  "RSA-OAEP": { hash: "sha1", length: 20 },
  "RSA-OAEP-256": { hash: "sha256", length: 32 },
};

/** Base64url, with padding or without; anything else is refused in the service's words (bruj0/vault-recovery-key#20). */
const BASE64URL = /^[A-Za-z0-9_-]+={0,2}$/;

const schema = z.strictObject({ alg: z.string(), value: z.string() });

type CryptoOperation = "encrypt" | "decrypt" | "wrapKey" | "unwrapKey";

export const encrypt = (call: Call): ApiAnswer => run(call, "encrypt");
export const decrypt = (call: Call): ApiAnswer => run(call, "decrypt");
export const wrapKey = (call: Call): ApiAnswer => run(call, "wrapKey");
export const unwrapKey = (call: Call): ApiAnswer => run(call, "unwrapKey");

function run(call: Call, operation: CryptoOperation): ApiAnswer {
  const { vault, key, version } = openVersion(call, KEY_RIGHTS[operation]);
  const kid = keyIdentifier(vault.name, key.name, version.id);
  const { alg, value } = body(call, schema);
  if (alg === "RSA1_5") throw notInSandbox("RSA1_5, which Microsoft advises against");
  const oaep = OAEP[alg];
  if (oaep === undefined) throw badParameter(`Key and encryption algorithm are incompatible. Key ${kid} is of type 'RSA', which algorithm '${alg}' cannot be used with.`);
  if (!BASE64URL.test(value)) throw badParameter("Content of 'value' is not base64url.\r\nProperty 'value' is required.\r\n");
  requireUsable(version, operation, call.now);
  const bytes = Buffer.from(value, "base64url");
  const result = operation === "encrypt" || operation === "wrapKey" ? seal(version, oaep, bytes) : unseal(version, oaep, bytes);
  return { status: 200, body: { kid, value: result.toString("base64url") } };
}

/**
 * States that forbid an operation. A disabled key still encrypts and wraps (Azure/azure-sdk-for-python#45342); outside its
 * validity it still decrypts and unwraps ("About keys", date-time controlled operations).
 */
function requireUsable(version: KeyVersionRecord, operation: CryptoOperation, now: number): void {
  if (!version.operations.includes(operation)) throw operationForbidden(operation);
  if (operation === "decrypt" || operation === "unwrapKey") {
    if (!version.enabled) throw keyDisabled(operation);
    return;
  }
  if (version.notBefore !== null && now < version.notBefore) throw keyNotYetValid(operation);
  if (version.expires !== null && now >= version.expires) throw keyExpired(operation);
}

interface Oaep {
  readonly hash: string;
  readonly length: number;
}

function seal(version: KeyVersionRecord, oaep: Oaep, plaintext: Buffer): Buffer {
  // RFC 8017, 7.1.1: at most k - 2 hLen - 2 bytes.
  const most = version.size / 8 - 2 * oaep.length - 2;
  if (plaintext.length > most) throw badParameter(`The value has ${plaintext.length} bytes; with this key and algorithm it can have ${most}.`);
  return publicEncrypt({ key: createPublicKey(version.privateKey), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: oaep.hash }, plaintext);
}

function unseal(version: KeyVersionRecord, oaep: Oaep, ciphertext: Buffer): Buffer {
  try {
    return privateDecrypt({ key: createPrivateKey(version.privateKey), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: oaep.hash }, ciphertext);
  } catch {
    // The service's words (Azure/azure-sdk-for-js#28100): the same for a damaged ciphertext and for another key's.
    throw badParameter("Error occurred while decoding OAEP padding");
  }
}
