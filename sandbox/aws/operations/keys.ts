/**
 * Making, describing, enabling, disabling and deleting keys, and their tags. AWS KMS API Reference, pages of the same
 * names.
 *
 * @module
 */
import { keyArn, REGION } from "../arn.js";
import { type Call } from "../call.js";
import { constraint, keyNotPendingDeletion, KmsError, notInSandbox, validation } from "../errors.js";
import { page } from "../input.js";
import { currentMaterial, DAY_MS, enable, isReplica, newKey, relatedKeys, requireEnabled, requireNotPendingDeletion, stateOf } from "../keys.js";
import { defaultKeyPolicy } from "../policy/default.js";
import { type AwsState, type KeyRecord } from "../state.js";
import { ownKey } from "./own-key.js";
import { checkNewKeyPolicy } from "./policies.js";

/** Makes a symmetric key in the caller's account and Region. */
export function createKey(call: Call): object {
  call.input.only(
    "Policy", "Description", "KeyUsage", "CustomerMasterKeySpec", "KeySpec", "Origin", "BypassPolicyLockoutSafetyCheck", "Tags", "MultiRegion",
  );
  const usage = call.input.choice("KeyUsage", ["ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC"], "ENCRYPT_DECRYPT");
  const specs = ["SYMMETRIC_DEFAULT", "RSA_2048", "RSA_3072", "RSA_4096", "HMAC_256", "ECC_NIST_P256"];
  const oldSpec = call.input.choice("CustomerMasterKeySpec", specs, "SYMMETRIC_DEFAULT");
  const spec = call.input.choice("KeySpec", specs, oldSpec);
  const origin = call.input.choice("Origin", ["AWS_KMS", "EXTERNAL"], "AWS_KMS");
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
    multiRegion: call.input.flag("MultiRegion"),
    ...(spec === "SYMMETRIC_DEFAULT" ? {} : { spec }),
    ...(usage === "ENCRYPT_DECRYPT" ? {} : { usage }),
    ...(origin === "AWS_KMS" ? {} : { origin }),
  });
  checkNewKeyPolicy(call, key, policy);
  call.trace.keyArn = keyArn(key);
  call.state.keys.push(key);
  call.save();
  return { KeyMetadata: metadata(call.state, key) };
}

/** Makes a replica of a multi-Region primary key in another Region of the partition; at once, where KMS takes some seconds. */
export function replicateKey(call: Call): object {
  call.input.only("KeyId", "ReplicaRegion", "Policy", "BypassPolicyLockoutSafetyCheck", "Description", "Tags");
  const region = call.input.text("ReplicaRegion", { min: 1, max: 32, pattern: REGION });
  const primary = ownKey(call, "kms:ReplicateKey");
  requireEnabled(primary);
  if (primary.primaryRegion === undefined || isReplica(primary)) {
    throw new KmsError("UnsupportedOperationException", `${keyArn(primary)} is not a multi-Region primary key.`);
  }
  call.authorizeByIdentity("kms:CreateKey", "*");
  if (relatedKeys(call.state, primary).some((key) => key.region === region)) {
    throw new KmsError("AlreadyExistsException", `The key ${primary.id} has a replica in ${region} already.`);
  }
  const tags = readTags(call);
  const policy = call.input.optionalText("Policy", { min: 1, max: 131_072 }) ?? defaultKeyPolicy(call.caller.account);
  const replica: KeyRecord = {
    id: primary.id,
    account: primary.account,
    region,
    primaryRegion: primary.primaryRegion,
    createdAt: call.now,
    description: call.input.optionalText("Description", { max: 8192 }) ?? "",
    enabled: true,
    deletion: null,
    policy,
    rotation: null,
    materials: [...primary.materials],
    tags,
  };
  checkNewKeyPolicy(call, replica, policy);
  call.state.keys.push(replica);
  call.save();
  return {
    ReplicaKeyMetadata: metadata(call.state, replica),
    ReplicaPolicy: policy,
    ReplicaTags: Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
  };
}

/** Shows a key; works in every state. */
export function describeKey(call: Call): object {
  call.input.only("KeyId");
  const key = call.key(
    call.input.text("KeyId", { min: 1, max: 2048 }),
    { aliases: true, crossAccount: true },
    { action: "kms:DescribeKey" },
  );
  return { KeyMetadata: metadata(call.state, key) };
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
  enable(call.state, key, call.now);
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
  if (!isReplica(key) && relatedKeys(call.state, key).length > 1) throw notInSandbox("deleting a primary key that has replicas");
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
function metadata(state: AwsState, key: KeyRecord): object {
  const spec = key.spec ?? "SYMMETRIC_DEFAULT";
  return {
    AWSAccountId: key.account,
    KeyId: key.id,
    Arn: keyArn(key),
    CreationDate: key.createdAt / 1000,
    Enabled: stateOf(key) === "Enabled",
    Description: key.description,
    KeyUsage: key.usage ?? "ENCRYPT_DECRYPT",
    KeyState: stateOf(key),
    ...(key.deletion === null ? {} : { DeletionDate: key.deletion.at / 1000 }),
    Origin: key.origin ?? "AWS_KMS",
    KeyManager: "CUSTOMER",
    CustomerMasterKeySpec: spec,
    KeySpec: spec,
    EncryptionAlgorithms: spec === "SYMMETRIC_DEFAULT" ? [spec] : [],
    MultiRegion: key.primaryRegion !== undefined,
    ...multiRegionConfiguration(state, key),
    CurrentKeyMaterialId: currentMaterial(key).id,
  };
}

/** MultiRegionConfiguration (API_KeyMetadata), of keys of a multi-Region set. */
function multiRegionConfiguration(state: AwsState, key: KeyRecord): object {
  if (key.primaryRegion === undefined) return {};
  const place = (one: KeyRecord): object => ({ Arn: keyArn(one), Region: one.region });
  const related = relatedKeys(state, key);
  return {
    MultiRegionConfiguration: {
      MultiRegionKeyType: isReplica(key) ? "REPLICA" : "PRIMARY",
      PrimaryKey: place({ ...key, region: key.primaryRegion }),
      ReplicaKeys: related.filter(isReplica).map(place),
    },
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
