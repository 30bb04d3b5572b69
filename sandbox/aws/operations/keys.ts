/**
 * Making, describing, enabling, disabling and deleting keys, and their tags. AWS KMS API Reference, pages of the same
 * names.
 *
 * @module
 */
import { keyArn } from "../arn.js";
import { type Call } from "../call.js";
import { constraint, keyNotPendingDeletion, KmsError, notInSandbox, validation } from "../errors.js";
import { page } from "../input.js";
import { currentMaterial, DAY_MS, enable, newKey, requireNotPendingDeletion, stateOf } from "../keys.js";
import { defaultKeyPolicy } from "../policy/default.js";
import { type KeyRecord } from "../state.js";
import { ownKey } from "./own-key.js";
import { checkNewKeyPolicy } from "./policies.js";

/** Makes a symmetric key in the caller's account and Region. */
export function createKey(call: Call): object {
  call.input.only(
    "Policy", "Description", "KeyUsage", "CustomerMasterKeySpec", "KeySpec", "Origin", "BypassPolicyLockoutSafetyCheck", "Tags",
  );
  for (const [member, only] of [
    ["KeyUsage", "ENCRYPT_DECRYPT"],
    ["KeySpec", "SYMMETRIC_DEFAULT"],
    ["CustomerMasterKeySpec", "SYMMETRIC_DEFAULT"],
    ["Origin", "AWS_KMS"],
  ] as const) {
    const value = call.input.optionalText(member) ?? only;
    if (value !== only) throw notInSandbox(`keys with ${member} ${value}`);
  }
  call.authorizeByIdentity("kms:CreateKey", "*");
  const tags = readTags(call);
  if (Object.keys(tags).length > 0) call.authorizeByIdentity("kms:TagResource", "*");
  const policy = call.input.optionalText("Policy", { min: 1, max: 131_072 }) ?? defaultKeyPolicy(call.caller.account);
  const key = newKey({
    account: call.caller.account,
    region: call.region,
    description: call.input.optionalText("Description", { max: 8192 }) ?? "",
    policy,
    tags,
    now: call.now,
  });
  checkNewKeyPolicy(call, key, policy);
  call.trace.keyArn = keyArn(key);
  call.state.keys.push(key);
  call.save();
  return { KeyMetadata: metadata(key) };
}

/** Shows a key; works in every state. */
export function describeKey(call: Call): object {
  call.input.only("KeyId");
  const key = call.key(
    call.input.text("KeyId", { min: 1, max: 2048 }),
    { aliases: true, crossAccount: true },
    { action: "kms:DescribeKey" },
  );
  return { KeyMetadata: metadata(key) };
}

/** Lists the keys of the caller's account in the Region. */
export function listKeys(call: Call): object {
  call.input.only("Limit", "Marker");
  call.authorizeByIdentity("kms:ListKeys", "*");
  const mine = call.state.keys.filter((key) => key.account === call.caller.account && key.region === call.region);
  const { items, tail } = page(mine, call.input, { byDefault: 100, max: 1000 });
  return { Keys: items.map((key) => ({ KeyId: key.id, KeyArn: keyArn(key) })), ...tail };
}

/** Enables a disabled key. */
export function enableKey(call: Call): object {
  call.input.only("KeyId");
  const key = ownKey(call, "kms:EnableKey");
  requireNotPendingDeletion(key);
  enable(key, call.now);
  call.save();
  return {};
}

/** Disables a key: nothing can be encrypted or decrypted with it until it is enabled again. */
export function disableKey(call: Call): object {
  call.input.only("KeyId");
  const key = ownKey(call, "kms:DisableKey");
  requireNotPendingDeletion(key);
  key.enabled = false;
  call.save();
  return {};
}

/** Starts the waiting period (7 to 30 days, 30 by default) after which a key is gone. */
export function scheduleKeyDeletion(call: Call): object {
  call.input.only("KeyId", "PendingWindowInDays");
  const windowInDays = call.input.optionalInteger("PendingWindowInDays", 7, 30) ?? 30;
  const key = ownKey(call, "kms:ScheduleKeyDeletion");
  requireNotPendingDeletion(key);
  key.deletion = { at: call.now + windowInDays * DAY_MS, windowInDays };
  call.save();
  return {
    KeyId: keyArn(key),
    DeletionDate: key.deletion.at / 1000,
    KeyState: stateOf(key),
    PendingWindowInDays: windowInDays,
  };
}

/** Ends the waiting period; the key is disabled then (API_CancelKeyDeletion). */
export function cancelKeyDeletion(call: Call): object {
  call.input.only("KeyId");
  const key = ownKey(call, "kms:CancelKeyDeletion");
  if (key.deletion === null) throw keyNotPendingDeletion(keyArn(key));
  key.deletion = null;
  key.enabled = false;
  call.save();
  return { KeyId: keyArn(key) };
}

/** Replaces the description. */
export function updateKeyDescription(call: Call): object {
  call.input.only("KeyId", "Description");
  const description = call.input.text("Description", { max: 8192 });
  const key = ownKey(call, "kms:UpdateKeyDescription");
  requireNotPendingDeletion(key);
  key.description = description;
  call.save();
  return {};
}

/** Sets tags, replacing the values of those that exist. */
export function tagResource(call: Call): object {
  call.input.only("KeyId", "Tags");
  const tags = readTags(call);
  const key = ownKey(call, "kms:TagResource");
  requireNotPendingDeletion(key);
  const merged = { ...key.tags, ...tags };
  requireTagCount(merged);
  key.tags = merged;
  call.save();
  return {};
}

/** Removes tags; a tag that is not there is not missed. */
export function untagResource(call: Call): object {
  call.input.only("KeyId", "TagKeys");
  const names = new Set(call.input.strings("TagKeys"));
  const key = ownKey(call, "kms:UntagResource");
  requireNotPendingDeletion(key);
  key.tags = Object.fromEntries(Object.entries(key.tags).filter(([name]) => !names.has(name)));
  call.save();
  return {};
}

/** Lists the tags of a key. */
export function listResourceTags(call: Call): object {
  call.input.only("KeyId", "Limit", "Marker");
  const key = ownKey(call, "kms:ListResourceTags");
  const { items, tail } = page(Object.entries(key.tags), call.input, { byDefault: 50, max: 50 });
  return { Tags: items.map(([TagKey, TagValue]) => ({ TagKey, TagValue })), ...tail };
}

/** KeyMetadata (API_KeyMetadata); times in seconds, as awsJson1.1 has them. */
function metadata(key: KeyRecord): object {
  return {
    AWSAccountId: key.account,
    KeyId: key.id,
    Arn: keyArn(key),
    CreationDate: key.createdAt / 1000,
    Enabled: stateOf(key) === "Enabled",
    Description: key.description,
    KeyUsage: "ENCRYPT_DECRYPT",
    KeyState: stateOf(key),
    ...(key.deletion === null ? {} : { DeletionDate: key.deletion.at / 1000 }),
    Origin: "AWS_KMS",
    KeyManager: "CUSTOMER",
    CustomerMasterKeySpec: "SYMMETRIC_DEFAULT",
    KeySpec: "SYMMETRIC_DEFAULT",
    EncryptionAlgorithms: ["SYMMETRIC_DEFAULT"],
    MultiRegion: false,
    CurrentKeyMaterialId: currentMaterial(key).id,
  };
}

/** Tags of a request (API_Tag): key 1 to 128 characters, value 0 to 256, aws: reserved, no key twice. */
function readTags(call: Call): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const tag of call.input.objects("Tags")) {
    const { TagKey: name, TagValue: value } = tag;
    if (typeof name !== "string" || typeof value !== "string") throw validation("A tag has a TagKey and a TagValue.");
    if (name.length < 1 || name.length > 128) {
      throw constraint("tags.member.tagKey", name, "Member must have length between 1 and 128");
    }
    if (value.length > 256) {
      throw constraint("tags.member.tagValue", value, "Member must have length less than or equal to 256");
    }
    if (name.startsWith("aws:")) throw new KmsError("TagException", "aws: prefixed tag key names are not allowed for external use.");
    if (name in tags) throw new KmsError("TagException", "Duplicate tag keys");
    tags[name] = value;
  }
  requireTagCount(tags);
  return tags;
}

/** 50 tags at most (AWS KMS Developer Guide, "Tags in AWS KMS"). */
function requireTagCount(tags: Record<string, string>): void {
  if (Object.keys(tags).length > 50) throw new KmsError("TagException", "Too many tags");
}
