/**
 * Aliases. AWS KMS API Reference, pages of the same names. Alias operations need permission on the alias (identity
 * policy) and on the key (key policy).
 *
 * @module
 */
import { aliasArn } from "../arn.js";
import { type Call } from "../call.js";
import { aliasExists, aliasNotFound, KmsError, validation } from "../errors.js";
import { page } from "../input.js";
import { requireNotPendingDeletion } from "../keys.js";
import { type AliasRecord, type KeyRecord } from "../state.js";
import { OWN_KEY } from "./own-key.js";

/** Points a new name at a key. */
export function createAlias(call: Call): object {
  call.input.only("AliasName", "TargetKeyId");
  const name = aliasName(call);
  const arn = arnOf(call, name);
  call.authorizeByIdentity("kms:CreateAlias", arn);
  const key = targetKey(call, "kms:CreateAlias");
  requireNotPendingDeletion(key);
  if (find(call, name) !== undefined) throw aliasExists(arn);
  call.state.aliases.push({
    name,
    account: call.caller.account,
    region: call.region,
    targetKeyId: key.id,
    createdAt: call.now,
    updatedAt: call.now,
  });
  call.save();
  return {};
}

/** Points an existing name at another key of the same account and Region. */
export function updateAlias(call: Call): object {
  call.input.only("AliasName", "TargetKeyId");
  const name = aliasName(call);
  call.authorizeByIdentity("kms:UpdateAlias", arnOf(call, name));
  const alias = existing(call, name);
  const key = targetKey(call, "kms:UpdateAlias");
  requireNotPendingDeletion(key);
  call.key(alias.targetKeyId, OWN_KEY, { action: "kms:UpdateAlias" });
  alias.targetKeyId = key.id;
  alias.updatedAt = call.now;
  call.save();
  return {};
}

/** Removes a name; the key stays. */
export function deleteAlias(call: Call): object {
  call.input.only("AliasName");
  const name = aliasName(call);
  call.authorizeByIdentity("kms:DeleteAlias", arnOf(call, name));
  const alias = existing(call, name);
  call.key(alias.targetKeyId, OWN_KEY, { action: "kms:DeleteAlias" });
  call.state.aliases.splice(call.state.aliases.indexOf(alias), 1);
  call.save();
  return {};
}

/** Lists the names of the caller's account in the Region, or those of one key. */
export function listAliases(call: Call): object {
  call.input.only("KeyId", "Limit", "Marker");
  call.authorizeByIdentity("kms:ListAliases", "*");
  const reference = call.input.optionalText("KeyId", { min: 1, max: 2048 });
  const only = reference === undefined ? undefined : call.key(reference, OWN_KEY, { action: "kms:ListAliases" });
  const mine = call.state.aliases.filter(
    (alias) =>
      alias.account === call.caller.account &&
      alias.region === call.region &&
      (only === undefined || alias.targetKeyId === only.id),
  );
  const { items, tail } = page(mine, call.input, { byDefault: 50, max: 100 });
  return {
    Aliases: items.map((alias) => ({
      AliasName: alias.name,
      AliasArn: aliasArn(alias),
      TargetKeyId: alias.targetKeyId,
      CreationDate: alias.createdAt / 1000,
      LastUpdatedDate: alias.updatedAt / 1000,
    })),
    ...tail,
  };
}

/** AliasName of API_CreateAlias; the message is LocalStack's recording test_create_alias. */
function aliasName(call: Call): string {
  const name = call.input.text("AliasName", { min: 1, max: 256, pattern: /^[a-zA-Z0-9:/_-]+$/ });
  if (!name.startsWith("alias/")) {
    throw validation(
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    );
  }
  if (name === "alias/" || name.includes(":")) throw new KmsError("InvalidAliasNameException", "Alias contains invalid characters.");
  if (name.startsWith("alias/aws/")) {
    throw new KmsError("NotAuthorizedException", "Aliases that begin with alias/aws/ are reserved for AWS managed keys.");
  }
  return name;
}

function targetKey(call: Call, action: string): KeyRecord {
  return call.key(call.input.text("TargetKeyId", { min: 1, max: 2048 }), OWN_KEY, { action });
}

function find(call: Call, name: string): AliasRecord | undefined {
  return call.state.aliases.find(
    (alias) => alias.name === name && alias.account === call.caller.account && alias.region === call.region,
  );
}

function existing(call: Call, name: string): AliasRecord {
  const alias = find(call, name);
  if (alias === undefined) throw aliasNotFound(arnOf(call, name));
  return alias;
}

function arnOf(call: Call, name: string): string {
  return aliasArn({ region: call.region, account: call.caller.account, name });
}
