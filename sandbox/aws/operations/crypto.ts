/**
 * Encrypt, Decrypt, ReEncrypt and data keys. AWS KMS API Reference, pages of the same names.
 *
 * @module
 */
import { randomBytes } from "node:crypto";

import { keyArn } from "../arn.js";
import { type Call, type KeyReference } from "../call.js";
import { blobKeyId, type EncryptionContext, openBlob, readBlobHeader, sealBlob } from "../ciphertext.js";
import { incorrectKey, invalidCiphertext, KmsError, notInSandbox, validation } from "../errors.js";
import { currentMaterial, requireEnabled } from "../keys.js";
import { type KeyMaterial, type KeyRecord } from "../state.js";

const ALGORITHM = "SYMMETRIC_DEFAULT";
/** Plaintext of Encrypt, bytes (API_Encrypt). */
const MAX_PLAINTEXT = 4096;
/** Ciphertext of Decrypt, bytes (API_Decrypt). */
const MAX_CIPHERTEXT = 6144;
const KEY_NAMES = { min: 1, max: 2048 };
const USE: KeyReference = { aliases: true, crossAccount: true };

/** Encrypts up to 4,096 bytes under the key's current material. */
export function encrypt(call: Call): object {
  call.input.only("KeyId", "Plaintext", "EncryptionContext", "EncryptionAlgorithm", "DryRun");
  const plaintext = call.input.blob("Plaintext", 1, MAX_PLAINTEXT);
  const context = encryptionContext(call, "EncryptionContext");
  requireAlgorithm(call, "EncryptionAlgorithm");
  const key = usable(call, "kms:Encrypt", context);
  return {
    KeyId: keyArn(key),
    CiphertextBlob: seal(call, key, plaintext, context),
    EncryptionAlgorithm: ALGORITHM,
  };
}

/** Decrypts a blob; the key is in the blob, and KeyId, if given, must be that key. */
export function decrypt(call: Call): object {
  call.input.only("CiphertextBlob", "KeyId", "EncryptionContext", "EncryptionAlgorithm", "DryRun");
  const blob = call.input.blob("CiphertextBlob", 1, MAX_CIPHERTEXT);
  const context = encryptionContext(call, "EncryptionContext");
  requireAlgorithm(call, "EncryptionAlgorithm");
  const opened = open(call, blob, { action: "kms:Decrypt", context, keyMember: "KeyId" });
  refuseDryRun(call);
  return {
    KeyId: keyArn(opened.key),
    Plaintext: opened.plaintext.toString("base64"),
    EncryptionAlgorithm: ALGORITHM,
    KeyMaterialId: opened.material.id,
  };
}

/** Decrypts and encrypts again without showing the plaintext. */
export function reEncrypt(call: Call): object {
  call.input.only(
    "CiphertextBlob", "SourceEncryptionContext", "SourceKeyId", "DestinationKeyId", "DestinationEncryptionContext",
    "SourceEncryptionAlgorithm", "DestinationEncryptionAlgorithm", "DryRun",
  );
  const blob = call.input.blob("CiphertextBlob", 1, MAX_CIPHERTEXT);
  const from = encryptionContext(call, "SourceEncryptionContext");
  const to = encryptionContext(call, "DestinationEncryptionContext");
  requireAlgorithm(call, "SourceEncryptionAlgorithm");
  requireAlgorithm(call, "DestinationEncryptionAlgorithm");
  const source = open(call, blob, { action: "kms:ReEncryptFrom", context: from, keyMember: "SourceKeyId" });
  const destination = call.key(call.input.text("DestinationKeyId", KEY_NAMES), USE, {
    action: "kms:ReEncryptTo",
    encryptionContext: to,
  });
  requireEnabled(destination);
  refuseDryRun(call);
  return {
    CiphertextBlob: seal(call, destination, source.plaintext, to),
    SourceKeyId: keyArn(source.key),
    KeyId: keyArn(destination),
    SourceEncryptionAlgorithm: ALGORITHM,
    DestinationEncryptionAlgorithm: ALGORITHM,
    SourceKeyMaterialId: source.material.id,
    DestinationKeyMaterialId: currentMaterial(destination).id,
  };
}

/** A random data key, in the clear and encrypted. */
export function generateDataKey(call: Call): object {
  return dataKey(call, "kms:GenerateDataKey", (plaintext) => ({ Plaintext: plaintext.toString("base64") }));
}

/** A random data key, encrypted only. */
export function generateDataKeyWithoutPlaintext(call: Call): object {
  return dataKey(call, "kms:GenerateDataKeyWithoutPlaintext", () => ({}));
}

function dataKey(call: Call, action: string, shown: (plaintext: Buffer) => object): object {
  call.input.only("KeyId", "EncryptionContext", "NumberOfBytes", "KeySpec", "DryRun");
  const context = encryptionContext(call, "EncryptionContext");
  const bytes = call.input.optionalInteger("NumberOfBytes", 1, 1024);
  const spec = call.input.optionalText("KeySpec");
  if ((bytes === undefined) === (spec === undefined)) {
    throw validation("Please specify either number of bytes or key spec.");
  }
  const length = bytes ?? (call.input.choice("KeySpec", ["AES_256", "AES_128"], "AES_256") === "AES_128" ? 16 : 32);
  const key = usable(call, action, context);
  const plaintext = randomBytes(length);
  return {
    KeyId: keyArn(key),
    CiphertextBlob: seal(call, key, plaintext, context),
    KeyMaterialId: currentMaterial(key).id,
    ...shown(plaintext),
  };
}

/** The key under KeyId, allowed and enabled. */
function usable(call: Call, action: string, context: EncryptionContext): KeyRecord {
  const key = call.key(call.input.text("KeyId", KEY_NAMES), USE, { action, encryptionContext: context });
  requireEnabled(key);
  requireSymmetric(key);
  refuseDryRun(call);
  return key;
}

function seal(call: Call, key: KeyRecord, plaintext: Uint8Array, context: EncryptionContext): string {
  return sealBlob(call.state.blobKey, key, currentMaterial(key), plaintext, context).toString("base64");
}

interface Opened {
  readonly key: KeyRecord;
  readonly material: KeyMaterial;
  readonly plaintext: Buffer;
}

function open(
  call: Call,
  blob: Buffer,
  how: { readonly action: string; readonly context: EncryptionContext; readonly keyMember: string },
): Opened {
  const about = { action: how.action, encryptionContext: how.context };
  const named = call.input.optionalText(how.keyMember, KEY_NAMES);
  let key: KeyRecord;
  let materialId: string;
  if (named === undefined) {
    const header = readBlobHeader(call.state.blobKey, blob);
    const found = call.keyOfBlob(header.keyId);
    const arn = keyArn(found ?? { region: call.region, account: call.caller.account, id: header.keyId });
    key = call.authorize(found, arn, { ...about, crossAccount: true, fromCiphertext: true });
    materialId = header.materialId;
  } else {
    // Permission first: only who may use the named key learns anything about the blob.
    key = call.key(named, USE, about);
    const header = readBlobHeader(call.state.blobKey, blob);
    if (header.keyId !== blobKeyId(key)) throw incorrectKey();
    materialId = header.materialId;
  }
  requireEnabled(key);
  const material = key.materials.find((candidate) => candidate.id === materialId);
  if (material === undefined) throw invalidCiphertext();
  return { key, material, plaintext: openBlob(material, blob, how.context) };
}

function encryptionContext(call: Call, member: string): EncryptionContext {
  return call.input.stringMap(member);
}

function requireAlgorithm(call: Call, member: string): void {
  call.input.choice(member, [ALGORITHM], ALGORITHM);
}

function requireSymmetric({ spec }: KeyRecord): void {
  if (spec !== undefined) throw notInSandbox(`calls of keys with KeySpec ${spec}`);
}

/** API_Encrypt, DryRun: permissions and state were checked, nothing is done. */
function refuseDryRun(call: Call): void {
  if (call.input.flag("DryRun")) {
    throw new KmsError("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.", 412);
  }
}
