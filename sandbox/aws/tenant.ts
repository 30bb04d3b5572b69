/**
 * What the tenant does to its key: the acts of `byok sandbox revoke`, `restore` and so on. They are made through KMS
 * operations by the tenant's own administrator, so that policies, states and the audit log apply to them too.
 *
 * @module
 */
import { ByokError } from "../../runtime/master-key/errors.js";
import { type RevocationRoute } from "../cloud.js";
import { keyArn, parseKmsArn, parsePrincipal } from "./arn.js";
import { KmsError } from "./errors.js";
import { type IdentityRecord } from "./identity.js";
import { Input } from "./input.js";
import { isOf, memoryOf, stateOf } from "./keys.js";
import { type Kms } from "./kms.js";
import { parsePolicy } from "./policy/document.js";
import { type BeforeRevocation, createDeployer, deployerOf, type GrantRecord, type KeyRecord } from "./state.js";

/** A key, as `status` shows it. */
export interface KeyStatus {
  readonly keyArn: string;
  readonly aliases: readonly string[];
  /** Enabled, Disabled or PendingDeletion. */
  readonly state: string;
  /** ISO 8601; only while pending deletion. */
  readonly deletionDate?: string | undefined;
  /** Principals outside the key's account that the key policy names in an Allow statement, or a grant. */
  readonly grantedTo: readonly string[];
  /** Versions of key material, the first included. */
  readonly materials: number;
  /** ISO 8601; only while automatic rotation is on. */
  readonly nextRotation?: string | undefined;
  /** True if `restore` has something to put back. */
  readonly revoked: boolean;
}

/** Shows every key of the sandbox. */
export function keyStatuses(kms: Kms): KeyStatus[] {
  const { keys, aliases, revocations } = kms.state;
  return keys.map((key) => ({
    keyArn: keyArn(key),
    aliases: aliases.filter((alias) => isOf(key, alias, alias.targetKeyId)).map((alias) => alias.name),
    state: stateOf(key),
    ...(key.deletion === null ? {} : { deletionDate: new Date(key.deletion.at).toISOString() }),
    grantedTo: [...new Set([...outsiders(key), ...outsideGrants(kms, key).map(({ grantee }) => grantee)])],
    materials: key.materials.length,
    ...(key.rotation === null ? {} : { nextRotation: new Date(key.rotation.nextAt).toISOString() }),
    revoked: revocations[memoryOf(key)] !== undefined,
  }));
}

/**
 * Takes the key away. What it was like before is kept for {@link restore}; a second revocation keeps the first memory.
 *
 * @throws ByokError CONFIG_INVALID if there is no such key, or nothing to withdraw.
 */
export function revoke(kms: Kms, reference: string | undefined, by: RevocationRoute): KeyStatus {
  const key = findKey(kms, reference);
  const before = beforeRevocation(kms, key);
  if (by === "disable") {
    act(kms, key, "DisableKey", {});
  } else {
    const grants = outsideGrants(kms, key);
    if (outsiders(key).length === 0 && grants.length === 0) {
      throw new ByokError("CONFIG_INVALID", `The key policy of ${keyArn(key)} names nobody outside its account: there is no grant to withdraw.`);
    }
    if (outsiders(key).length > 0) act(kms, key, "PutKeyPolicy", { Policy: withoutOutsiders(key) });
    for (const { id } of grants) act(kms, key, "RevokeGrant", { GrantId: id });
  }
  remember(kms, key, before);
  return statusOf(kms, key);
}

/**
 * Undoes revocations and a scheduled deletion: the key is as it was before the first of them.
 *
 * @throws ByokError CONFIG_INVALID if there is no such key, or nothing was taken away.
 */
export function restore(kms: Kms, reference: string | undefined): KeyStatus {
  const key = findKey(kms, reference);
  const before = kms.state.revocations[memoryOf(key)];
  if (before === undefined && key.deletion === null) {
    throw new ByokError("CONFIG_INVALID", `Nothing was taken away from ${keyArn(key)}: there is nothing to restore.`);
  }
  if (key.deletion !== null) act(kms, key, "CancelKeyDeletion", {});
  if (before !== undefined && key.policy !== before.policy) act(kms, key, "PutKeyPolicy", { Policy: before.policy });
  for (const grant of before?.grants ?? []) createAgain(kms, key, grant);
  if (!key.enabled && (before?.enabled ?? true)) act(kms, key, "EnableKey", {});
  Reflect.deleteProperty(kms.state.revocations, memoryOf(key));
  kms.save();
  return statusOf(kms, key);
}

/** Rotates the key's material now. */
export function rotate(kms: Kms, reference: string | undefined): KeyStatus {
  const key = findKey(kms, reference);
  act(kms, key, "RotateKeyOnDemand", {});
  return statusOf(kms, key);
}

/** Starts the key's deletion; `days` is 7 to 30. */
export function scheduleDeletion(kms: Kms, reference: string | undefined, days: number): KeyStatus {
  const key = findKey(kms, reference);
  const before = beforeRevocation(kms, key);
  act(kms, key, "ScheduleKeyDeletion", { PendingWindowInDays: days });
  remember(kms, key, before);
  return statusOf(kms, key);
}

/** The administrator of an account; made, with the account, if there is none. */
export function deployer(kms: Kms, account: string): IdentityRecord {
  const { accounts, identities } = kms.state;
  const existing = identities.find((identity) => identity.name === deployerOf(account));
  if (existing !== undefined) return existing;
  const created = createDeployer(account);
  if (!accounts.includes(account)) accounts.push(account);
  identities.push(created);
  kms.save();
  return created;
}

/** One operation as the administrator of the key's account; KMS's refusals become ours. */
function act(kms: Kms, key: KeyRecord, operation: string, members: object): void {
  try {
    kms.invoke(operation, deployer(kms, key.account), key.region, Input.of(operation, { KeyId: keyArn(key), ...members }));
  } catch (error) {
    if (!(error instanceof KmsError)) throw error;
    throw new ByokError("CONFIG_INVALID", `${operation} was refused: ${error.name}: ${error.message}`, {
      provider: "aws-kms",
      keyId: keyArn(key),
      cause: error,
    });
  }
}

function beforeRevocation(kms: Kms, key: KeyRecord): BeforeRevocation {
  return { enabled: key.enabled, policy: key.policy, grants: outsideGrants(kms, key) };
}

function remember(kms: Kms, key: KeyRecord, before: BeforeRevocation): void {
  kms.state.revocations[memoryOf(key)] ??= before;
  kms.save();
}

function statusOf(kms: Kms, key: KeyRecord): KeyStatus {
  const status = keyStatuses(kms).find((candidate) => candidate.keyArn === keyArn(key));
  if (status === undefined) throw new Error(`key ${key.id} vanished`);
  return status;
}

/** The key named, or the only one there is. */
function findKey(kms: Kms, reference: string | undefined): KeyRecord {
  const { keys } = kms.state;
  const listed = keys.map((key) => `  ${keyArn(key)} (${stateOf(key)})`).join("\n");
  if (reference !== undefined) {
    const named = keys.find((key) => keyArn(key) === reference);
    if (named !== undefined) return named;
    const why = parseKmsArn(reference) === undefined ? "is not the ARN of a key" : "does not exist in the sandbox";
    throw new ByokError("CONFIG_INVALID", `${reference} ${why}. ${keys.length === 0 ? "The sandbox has no keys." : `Its keys:\n${listed}`}`);
  }
  const [only, ...others] = keys;
  if (only === undefined) {
    throw new ByokError("CONFIG_INVALID", "The sandbox has no keys yet. Deploy a stack to it first.");
  }
  if (others.length > 0) {
    throw new ByokError("CONFIG_INVALID", `The sandbox has ${keys.length} keys. Name one with --key:\n${listed}`);
  }
  return only;
}

function outsiders(key: KeyRecord): string[] {
  const named = parsePolicy(key.policy, "key")
    .statements.filter((statement) => statement.effect === "Allow")
    .flatMap((statement) => statement.principals);
  return [...new Set(named.filter((principal) => !isOwn(key, principal)))];
}

function outsideGrants({ state }: Kms, key: KeyRecord): GrantRecord[] {
  return state.grants.filter((grant) => isOf(key, grant, grant.keyId) && !isOwn(key, grant.grantee));
}

/** The tenant can only make a new grant that says the same; KMS answers with the one that is there, if it is. */
function createAgain(kms: Kms, key: KeyRecord, grant: GrantRecord): void {
  if (kms.state.grants.some(({ id }) => id === grant.id)) return;
  const { equals, subset } = grant.constraints;
  act(kms, key, "CreateGrant", {
    Name: grant.name,
    GranteePrincipal: grant.grantee,
    Operations: [...grant.operations],
    ...(equals === undefined && subset === undefined ? {} : { Constraints: { EncryptionContextEquals: equals, EncryptionContextSubset: subset } }),
  });
}

function isOwn(key: KeyRecord, principal: string): boolean {
  return parsePrincipal(principal)?.account === key.account;
}

/** The policy without what it allows to anybody outside the account; everything else stays as written. */
function withoutOutsiders(key: KeyRecord): string {
  const document = JSON.parse(key.policy) as { Statement: unknown };
  const statements = (Array.isArray(document.Statement) ? document.Statement : [document.Statement]) as Record<string, unknown>[];
  const kept = statements.flatMap((statement) => {
    if (statement["Effect"] !== "Allow") return [statement];
    const principal = statement["Principal"];
    if (typeof principal !== "object" || principal === null) return [];
    const { AWS: named, ...services } = principal as { AWS?: string | string[] } & Record<string, unknown>;
    const own = (named === undefined ? [] : Array.isArray(named) ? named : [named]).filter((name) => isOwn(key, name));
    if (own.length === 0 && Object.keys(services).length === 0) return [];
    return [{ ...statement, Principal: own.length === 0 ? services : { ...services, AWS: own } }];
  });
  return JSON.stringify({ ...document, Statement: kept });
}
