/**
 * Grants. AWS KMS API Reference, pages of the same names. A change is effective at once, where KMS takes up to five minutes
 * ("Eventual consistency"): grant tokens are handed out and never needed.
 *
 * @module
 */
import { randomBytes } from "node:crypto";

import { keyArn, parsePrincipal } from "../arn.js";
import { type Call, type KeyReference } from "../call.js";
import { KmsError, notInSandbox, validation } from "../errors.js";
import { page } from "../input.js";
import { isOf, requireEnabled, requireNotPendingDeletion } from "../keys.js";
import { type GrantConstraints, type GrantRecord, type KeyRecord } from "../state.js";

/** Operations that a grant on a symmetric key can permit (Developer Guide, "Grant operations"). */
const OPERATIONS: ReadonlySet<unknown> = new Set([
  "Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo", "CreateGrant", "RetireGrant",
  "DescribeKey", "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext",
]);
/** "Cross-account use: Yes" on the four pages; by ARN or id, never by alias. */
const KEY: KeyReference = { aliases: false, crossAccount: true };
/** API_CreateGrant, Name. */
const NAME = { min: 1, max: 256, pattern: /^[a-zA-Z0-9:/_-]+$/ };

/** Adds a grant; with the name and contents of one that is there, answers with that one. */
export function createGrant(call: Call): object {
  call.input.only("KeyId", "GranteePrincipal", "RetiringPrincipal", "Operations", "Constraints", "Name", "GrantTokens");
  const grantee = principal(call, call.input.text("GranteePrincipal", { min: 1, max: 256 }));
  const retiring = call.input.optionalText("RetiringPrincipal", { min: 1, max: 256 });
  const operations = call.input.strings("Operations");
  const unknown = operations.find((operation) => !OPERATIONS.has(operation));
  if (operations.length === 0 || unknown !== undefined) throw validation(`Operations must be operations of a grant, not ${unknown ?? "none"}.`);
  const constraints = readConstraints(call);
  const key = grantedKey(call, "kms:CreateGrant");
  requireEnabled(key);
  const wanted = {
    keyId: key.id,
    account: key.account,
    region: key.region,
    name: call.input.optionalText("Name", NAME) ?? "",
    grantee,
    retiring: retiring === undefined ? null : principal(call, retiring),
    operations,
    constraints,
  };
  const existing = wanted.name === "" ? undefined : call.state.grants.find((grant) => saysTheSame(grant, wanted));
  const grant = existing ?? { ...wanted, id: randomBytes(32).toString("hex"), token: randomBytes(48).toString("base64"), createdAt: call.now };
  if (existing === undefined) {
    call.state.grants.push(grant);
    call.save();
  }
  return { GrantId: grant.id, GrantToken: grant.token };
}

/** Lists the grants of a key. */
export function listGrants(call: Call): object {
  call.input.only("KeyId", "GrantId", "GranteePrincipal", "Limit", "Marker");
  const key = grantedKey(call, "kms:ListGrants");
  const id = call.input.optionalText("GrantId");
  const grantee = call.input.optionalText("GranteePrincipal");
  const listed = call.state.grants.filter(
    (grant) => isOf(key, grant, grant.keyId) && (id === undefined || grant.id === id) && (grantee === undefined || grant.grantee === grantee),
  );
  const { items, tail } = page(listed, call.input, { byDefault: 50, max: 100 });
  return { Grants: items.map((grant) => entry(key, grant)), ...tail };
}

/** Takes a grant away; for administrators of the key. */
export function revokeGrant(call: Call): object {
  call.input.only("KeyId", "GrantId");
  const key = grantedKey(call, "kms:RevokeGrant");
  requireNotPendingDeletion(key);
  remove(call, find(call, key));
  return {};
}

/** Gives a grant up; for its retiring principal, and for grantees that the grant lets. */
export function retireGrant(call: Call): object {
  call.input.only("KeyId", "GrantId", "GrantToken");
  const token = call.input.optionalText("GrantToken");
  const grant =
    token === undefined
      ? call.state.grants.find(({ id }) => id === call.input.text("GrantId"))
      : call.state.grants.find((candidate) => candidate.token === token);
  if (grant === undefined) throw notFound(call.input.optionalText("GrantId") ?? "of this token");
  const { principalArn, account } = call.caller;
  const own = [principalArn, call.caller.arn, `arn:aws:iam::${account}:root`];
  const may = own.includes(grant.retiring ?? "") || (grant.operations.includes("RetireGrant") && own.includes(grant.grantee));
  if (!may) {
    const key = call.state.keys.find((candidate) => isOf(candidate, grant, grant.keyId));
    call.authorize(key, keyArn({ ...grant, id: grant.keyId }), { action: "kms:RetireGrant", crossAccount: true });
  }
  remove(call, grant);
  return {};
}

function grantedKey(call: Call, action: string): KeyRecord {
  return call.key(call.input.text("KeyId", { min: 1, max: 2048 }), KEY, { action });
}

/**
 * ARN of an account, role, user or session that exists; the message is what providers retry on ("ARN does not refer to a valid
 * principal", terraform-provider-aws#1885).
 */
function principal(call: Call, arn: string): string {
  const { accounts, identities } = call.state;
  const parsed = arn.startsWith("arn:") ? parsePrincipal(arn) : undefined;
  const exists =
    parsed !== undefined &&
    (parsed.kind === "account" ? accounts.includes(parsed.account) : identities.some((one) => one.principalArn === arn || one.arn === arn));
  if (!exists) throw new KmsError("InvalidArnException", `ARN does not refer to a valid principal: ${arn}`);
  return arn;
}

function readConstraints(call: Call): GrantConstraints {
  const constraints = call.input.object("Constraints");
  const equals = constraints?.optionalStringMap("EncryptionContextEquals");
  const subset = constraints?.optionalStringMap("EncryptionContextSubset");
  constraints?.only("EncryptionContextEquals", "EncryptionContextSubset");
  if (equals !== undefined && subset !== undefined) throw validation("More than one constraint supplied");
  if (Object.keys(equals ?? subset ?? {}).length > 8) throw notInSandbox("constraints of more than 8 pairs");
  return { ...(equals === undefined ? {} : { equals }), ...(subset === undefined ? {} : { subset }) };
}

type GrantContents = Omit<GrantRecord, "id" | "token" | "createdAt">;

function saysTheSame(grant: GrantContents, wanted: GrantContents): boolean {
  const contents = ({ keyId, account, region, name, grantee, retiring, operations, constraints }: GrantContents): string =>
    JSON.stringify([keyId, account, region, name, grantee, retiring, [...operations].sort(), constraints]);
  return contents(grant) === contents(wanted);
}

function entry(key: KeyRecord, grant: GrantRecord): object {
  const { equals, subset } = grant.constraints;
  return {
    KeyId: keyArn(key),
    GrantId: grant.id,
    Name: grant.name,
    CreationDate: grant.createdAt / 1000,
    GranteePrincipal: grant.grantee,
    ...(grant.retiring === null ? {} : { RetiringPrincipal: grant.retiring }),
    IssuingAccount: `arn:aws:iam::${key.account}:root`,
    Operations: grant.operations,
    ...(equals === undefined && subset === undefined
      ? {}
      : { Constraints: { ...(equals === undefined ? {} : { EncryptionContextEquals: equals }), ...(subset === undefined ? {} : { EncryptionContextSubset: subset }) } }),
  };
}

function find(call: Call, key: KeyRecord): GrantRecord {
  const id = call.input.text("GrantId", { min: 1, max: 128 });
  const grant = call.state.grants.find((candidate) => candidate.id === id && isOf(key, candidate, candidate.keyId));
  if (grant === undefined) throw notFound(id);
  return grant;
}

function remove(call: Call, grant: GrantRecord): void {
  call.state.grants.splice(call.state.grants.indexOf(grant), 1);
  call.save();
}

function notFound(id: string): KmsError {
  return new KmsError("NotFoundException", `Grant ID ${id} not found`);
}
