/**
 * Identities of the sandbox's accounts: who can sign requests, and what their identity policies allow.
 *
 * @module
 */
import { randomBytes } from "node:crypto";

import { ByokError } from "../../runtime/master-key/errors.js";
import { parsePrincipal } from "./arn.js";
import { KmsError } from "./errors.js";
import { parsePolicy } from "./policy/document.js";
import { type Caller } from "./policy/evaluate.js";

/** An identity as it is stored: the sandbox's own random credentials, worth nothing anywhere else. */
export interface IdentityRecord {
  /** Unique handle within the sandbox, e.g. `service`. */
  readonly name: string;
  /** ARN of the user or role. */
  readonly principalArn: string;
  /** ARN that signs: the user's, or the role's session. */
  readonly arn: string;
  readonly account: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Sessions of roles carry a token; users have none. */
  readonly sessionToken: string | null;
  /** JSON of the identity policy; null if the identity has none. */
  readonly policy: string | null;
  /** Where its requests come from; absent: this machine. */
  readonly address?: string;
  /** True once the credentials were declared expired: requests are then answered with ExpiredTokenException. */
  readonly expired: boolean;
}

/** What to add. */
export interface IdentityInput {
  readonly name: string;
  /** `arn:aws:iam::ACCOUNT:role/NAME` (a session of it signs) or `arn:aws:iam::ACCOUNT:user/NAME`. */
  readonly arn: string;
  /** Identity policy as JSON or as an object; none means that only key policies can allow anything. */
  readonly policy?: string | object | undefined;
  /** Address that its requests seem to come from (aws:SourceIp); 127.0.0.1 unless given. */
  readonly address?: string | undefined;
  /** Session name of a role; the identity's name unless given. */
  readonly session?: string | undefined;
}

/** What AdministratorAccess amounts to (AWS managed policy reference). */
export const ADMINISTRATOR_POLICY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
});

/** What the backup service's own role may do with keys that others share with it. */
export const KEY_USER_POLICY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: ["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey"], Resource: "*" }],
});

/**
 * Makes an identity with fresh credentials.
 *
 * @throws ByokError CONFIG_INVALID for an ARN that is neither a role nor a user, or a policy the sandbox cannot evaluate.
 */
export function createIdentity(input: IdentityInput): IdentityRecord {
  const principal = parsePrincipal(input.arn);
  if (principal?.kind !== "role" && principal?.kind !== "user") {
    throw new ByokError("CONFIG_INVALID", `"${input.arn}" is not the ARN of an IAM role or user.`);
  }
  const policy =
    input.policy === undefined ? null : typeof input.policy === "string" ? input.policy : JSON.stringify(input.policy);
  if (policy !== null) checkIdentityPolicy(input.name, policy);
  const isRole = principal.kind === "role";
  // A role's path is not part of its session's ARN (IAM identifiers).
  const role = principal.name.slice(principal.name.lastIndexOf("/") + 1);
  return {
    name: input.name,
    principalArn: input.arn,
    arn: isRole ? `arn:aws:sts::${principal.account}:assumed-role/${role}/${input.session ?? input.name}` : input.arn,
    account: principal.account,
    // AKIA: long-term key of a user, ASIA: session (IAM User Guide, "Understanding unique ID prefixes").
    accessKeyId: `${isRole ? "ASIA" : "AKIA"}${randomBase32(16)}`,
    secretAccessKey: randomBytes(30).toString("base64"),
    sessionToken: isRole ? randomBytes(96).toString("base64") : null,
    policy,
    ...(input.address === undefined ? {} : { address: input.address }),
    expired: false,
  };
}

/** The identity as policies see it. */
export function callerOf(identity: IdentityRecord): Caller {
  return {
    arn: identity.arn,
    principalArn: identity.principalArn,
    account: identity.account,
    address: identity.address ?? "127.0.0.1",
    policies: identity.policy === null ? [] : [parsePolicy(identity.policy, "identity")],
  };
}

function checkIdentityPolicy(name: string, policy: string): void {
  try {
    parsePolicy(policy, "identity");
  } catch (error) {
    if (!(error instanceof KmsError)) throw error;
    throw new ByokError("CONFIG_INVALID", `The identity policy of "${name}" cannot be used: ${error.message}`, {
      cause: error,
    });
  }
}

/** Access key ids are written in the RFC 4648 base32 alphabet. */
function randomBase32(length: number): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  return Array.from(randomBytes(length), (byte) => alphabet.charAt(byte % 32)).join("");
}
