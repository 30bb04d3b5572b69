/**
 * One call of one operation: who asks, where, about which key, and whether that is allowed.
 *
 * @module
 */
import { aliasArn, KEY_ID, keyArn, parseKmsArn } from "./arn.js";
import { blobKeyId, type EncryptionContext } from "./ciphertext.js";
import { aliasNotFound, arnOfAnotherRegion, invalidKeyId, keyNotFound, KmsError } from "./errors.js";
import { type Input } from "./input.js";
import { isOf } from "./keys.js";
import { type ConditionContext } from "./policy/condition.js";
import { parsePolicy } from "./policy/document.js";
import { type Caller, type Decision, evaluateIdentityAccess, evaluateKeyAccess } from "./policy/evaluate.js";
import { type AwsState, type KeyRecord } from "./state.js";

/** How an operation may name a key. */
export interface KeyReference {
  /** Encrypt and its like, and DescribeKey, take aliases; management operations do not. */
  readonly aliases: boolean;
  /** Operations that KMS offers on another account's key ("Cross-account use: Yes" in the API Reference). */
  readonly crossAccount: boolean;
}

/** Key, and the words a denial uses for it. */
export interface Authorization {
  /** e.g. `kms:Decrypt`. */
  readonly action: string;
  readonly crossAccount: boolean;
  readonly encryptionContext?: EncryptionContext | undefined;
  /** True if the caller named no key and the ciphertext did. */
  readonly fromCiphertext?: boolean | undefined;
}

/** What was looked at, for the audit log. */
export interface CallTrace {
  keyArn?: string;
  encryptionContext?: EncryptionContext;
}

/** A call in progress. */
export class Call {
  readonly trace: CallTrace = {};

  constructor(
    readonly state: AwsState,
    readonly caller: Caller,
    readonly region: string,
    readonly input: Input,
    /** Sandbox time, epoch milliseconds. */
    readonly now: number,
    /** Persists the state; called by operations that changed it. */
    readonly save: () => void,
  ) {}

  /**
   * Finds the key that a member names and makes sure that the caller may do this to it. Bare ids and alias names are
   * looked up in the caller's own account, ARNs in theirs; always in the Region that was called.
   *
   * @throws KmsError NotFoundException, or AccessDeniedException (also for a foreign key that does not exist: KMS does
   * not tell strangers which keys there are).
   */
  key(reference: string, how: KeyReference, authorization: Omit<Authorization, "crossAccount">): KeyRecord {
    const found = this.resolve(reference, how);
    return this.authorize(found.key, found.arn, { ...authorization, crossAccount: how.crossAccount });
  }

  /**
   * The same for a key that was found otherwise.
   *
   * @param key undefined if there is none under that ARN.
   */
  authorize(key: KeyRecord | undefined, arn: string, authorization: Authorization): KeyRecord {
    this.trace.keyArn = arn;
    if (authorization.encryptionContext !== undefined) this.trace.encryptionContext = authorization.encryptionContext;
    const owner = parseKmsArn(arn)?.account;
    const isForeign = owner !== this.caller.account;
    if (key === undefined) {
      if (isForeign || authorization.fromCiphertext === true) throw this.unseen(authorization);
      throw keyNotFound(arn);
    }
    if (isForeign && !authorization.crossAccount) throw this.unseen(authorization);
    const decision = evaluateKeyAccess({
      caller: this.caller,
      action: authorization.action,
      keyArn: arn,
      keyAccount: key.account,
      keyPolicy: parsePolicy(key.policy, "key"),
      grants: this.state.grants.filter((grant) => isOf(key, grant, grant.keyId)),
      encryptionContext: authorization.encryptionContext,
      context: new Map([...this.conditionContext(authorization.encryptionContext), ["aws:resourceaccount", [key.account]]]),
    });
    if (!decision.allowed) throw this.denial(decision, authorization, arn, isForeign);
    return key;
  }

  /** Asks the caller's identity policies alone: CreateKey, ListKeys, ListAliases, and the alias side of alias operations. */
  authorizeByIdentity(action: string, resource: string): void {
    const decision = evaluateIdentityAccess({
      caller: this.caller,
      action,
      resource,
      context: this.conditionContext(undefined),
    });
    if (!decision.allowed) throw this.denial(decision, { action, crossAccount: false }, resource, false);
  }

  /** Finds the key of a blob in the Region that was called, in any account: ids are unique. */
  keyOfBlob(id: string): KeyRecord | undefined {
    return this.state.keys.find((key) => blobKeyId(key) === id && key.region === this.region);
  }

  /** What conditions can look at. Requests reach the sandbox directly, never through another service or a VPC endpoint. */
  conditionContext(encryptionContext: EncryptionContext | undefined): ConditionContext {
    const context = new Map<string, string[]>([
      ["kms:calleraccount", [this.caller.account]],
      ["aws:principalarn", [this.caller.principalArn]],
      ["aws:principalaccount", [this.caller.account]],
      ["aws:sourceip", [this.caller.address]],
    ]);
    const pairs = Object.entries(encryptionContext ?? {});
    if (pairs.length > 0) context.set("kms:encryptioncontextkeys", pairs.map(([name]) => name));
    for (const [name, value] of pairs) {
      // The key inside the condition key is compared without case (Developer Guide, kms:EncryptionContext:context-key).
      const conditionKey = `kms:encryptioncontext:${name.toLowerCase()}`;
      context.set(conditionKey, [...(context.get(conditionKey) ?? []), value]);
    }
    return context;
  }

  private resolve(reference: string, how: KeyReference): { readonly key: KeyRecord | undefined; readonly arn: string } {
    const { account } = this.caller;
    if (KEY_ID.test(reference)) return this.find(account, reference);
    if (reference.startsWith("alias/")) {
      if (!how.aliases) throw invalidKeyId(reference);
      const target = this.aliasTarget(account, reference);
      if (target === undefined) throw aliasNotFound(aliasArn({ region: this.region, account, name: reference }));
      return this.find(account, target);
    }
    const arn = parseKmsArn(reference);
    if (arn === undefined) throw invalidKeyId(reference);
    if (arn.region !== this.region) throw arnOfAnotherRegion(arn.region);
    if (arn.resource.startsWith("key/")) return this.find(arn.account, arn.resource.slice("key/".length));
    if (!how.aliases) throw invalidKeyId(reference);
    const target = this.aliasTarget(arn.account, arn.resource);
    if (target !== undefined) return this.find(arn.account, target);
    if (arn.account === account) throw aliasNotFound(reference);
    return { key: undefined, arn: reference };
  }

  private find(account: string, id: string): { readonly key: KeyRecord | undefined; readonly arn: string } {
    const key = this.state.keys.find(
      (candidate) => candidate.id === id && candidate.account === account && candidate.region === this.region,
    );
    return { key, arn: keyArn({ region: this.region, account, id }) };
  }

  private aliasTarget(account: string, name: string): string | undefined {
    return this.state.aliases.find(
      (alias) => alias.name === name && alias.account === account && alias.region === this.region,
    )?.targetKeyId;
  }

  private denial(decision: Decision & { allowed: false }, about: Authorization, arn: string, isForeign: boolean): KmsError {
    const byResource = decision.reason === "no-resource-allow" || decision.reason === "explicit-deny-resource";
    if (isForeign && byResource) return this.unseen(about);
    return this.denied(about.action, `on resource: ${arn} ${REASONS[decision.reason](about.action)}`);
  }

  /** What a stranger hears, whatever the cause (quoted e.g. in docs of AWS Backup and DataSync error tables). */
  private unseen(about: Authorization): KmsError {
    const on = about.fromCiphertext === true ? "on the resource associated with this ciphertext" : "on this resource";
    return this.denied(
      about.action,
      `${on} because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`,
    );
  }

  private denied(action: string, rest: string): KmsError {
    return new KmsError("AccessDeniedException", `User: ${this.caller.arn} is not authorized to perform: ${action} ${rest}`);
  }
}

/** Endings of AccessDeniedException (IAM User Guide, "Troubleshoot access denied error messages"). */
const REASONS = {
  "explicit-deny-resource": () => "with an explicit deny in a resource-based policy",
  "explicit-deny-identity": () => "with an explicit deny in an identity-based policy",
  "no-resource-allow": (action: string) => `because no resource-based policy allows the ${action} action`,
  "no-identity-allow": (action: string) => `because no identity-based policy allows the ${action} action`,
} as const;
