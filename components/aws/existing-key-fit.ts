/**
 * Which keys can be adopted: what must be true of the key, and what of its policy. Pure functions, no Pulumi.
 *
 * @module
 */
import { AwsKeyUsage, defaultKeyPolicy, keyPolicy, type KeyPolicyInput } from "./key-policy.js";
import { policiesSayTheSame } from "./policy-equivalence.js";

/** What is looked at; members of KMS's KeyMetadata as Pulumi's `aws.kms.getKey` names them. */
export interface ExistingKeyFacts {
  readonly arn: string;
  readonly awsAccountId: string;
  readonly keyManager: string;
  readonly keySpec: string;
  readonly keyUsage: string;
  readonly keyState: string;
  /** When imported material expires; empty if it never does. */
  readonly validTo: string;
}

/** What a key must be, beside symmetric and the tenant's own to administer. */
export interface ExistingKeyNeeds {
  readonly accountId: string;
  readonly region: string;
  /** True if the service is to use the key. A suspended one may be in any state. */
  readonly granted: boolean;
}

/**
 * Why a key cannot be adopted, each with what to do. Sources: AWS KMS API Reference, KeyMetadata; AWS KMS Developer Guide, "Key
 * states of AWS KMS keys" and "Importing key material" (expiry).
 */
export function existingKeyMisfits(key: ExistingKeyFacts, { accountId, region, granted }: ExistingKeyNeeds): string[] {
  const misfits: string[] = [];
  const newKey = "leave existing out, and a key that fits is made";
  if (key.awsAccountId !== accountId) misfits.push(`it is in account ${key.awsAccountId}, not in the tenant's, ${accountId}: sign in to the tenant's account`);
  const keyRegion = key.arn.split(":")[3] ?? "";
  if (keyRegion !== region) misfits.push(`it is in ${keyRegion}, not in ${region}: ${newKey}`);
  if (key.keyManager !== "CUSTOMER") misfits.push(`AWS manages it, and lets nobody share it: ${newKey}`);
  if (key.keySpec !== "SYMMETRIC_DEFAULT") misfits.push(`its key spec is ${key.keySpec}, it must be SYMMETRIC_DEFAULT: ${newKey}`);
  if (key.keyUsage !== "ENCRYPT_DECRYPT") misfits.push(`its key usage is ${key.keyUsage}, it must be ENCRYPT_DECRYPT: ${newKey}`);
  if (key.validTo !== "") {
    misfits.push(`its imported key material expires at ${key.validTo}, and no backup can be read after that: import it again without expiry`);
  }
  if (granted && key.keyState !== "Enabled") misfits.push(stateMisfit(key));
  return misfits;
}

function stateMisfit({ keyState, arn }: ExistingKeyFacts): string {
  switch (keyState) {
    case "Disabled":
      return `it is disabled: aws kms enable-key --key-id ${arn}, or set access to suspended until it is enabled`;
    case "PendingDeletion":
    case "PendingReplicaDeletion":
      return `its deletion is scheduled: aws kms cancel-key-deletion --key-id ${arn}, then enable-key`;
    case "PendingImport":
      return "it has no key material: import it first";
    default:
      return `it is ${keyState}, it must be Enabled: look at it in the console, and try again`;
  }
}

/** `policy` to put, or why none can be put. */
export interface PolicyToPut {
  readonly policy: string;
  readonly misfits: readonly string[];
}

/**
 * Which policy lets the service in and takes nothing from anybody else. Accepted are AWS's default policy; one that says what
 * this package writes for the grantee, in either usage (so a key that was made by hand along the service's guide), which is put
 * back byte for byte if it is what is wanted; and one that this package wrote before, told by its `Id` and the names of its
 * statements.
 */
export function policyToPut(deployed: string, wanted: KeyPolicyInput): PolicyToPut {
  const text = JSON.stringify(keyPolicy(wanted));
  if (policiesSayTheSame(deployed, text)) return { policy: deployed, misfits: [] };
  const variants = [JSON.stringify(defaultKeyPolicy(wanted)), ...plainPolicies(wanted)];
  if (variants.some((variant) => policiesSayTheSame(deployed, variant)) || isOwn(deployed)) return { policy: text, misfits: [] };
  return {
    policy: text,
    misfits: [
      `its key policy says more than AWS's default, or less, and putting another would take that away (statements: ${sidsOf(deployed)}): set grantBy to grant, which leaves the policy alone, or put AWS's default policy there first`,
    ],
  };
}

/** What the console's wizard, or this package, writes for a grantee without any narrowing. */
function plainPolicies({ accountId, partition, grantee, tenant }: KeyPolicyInput): string[] {
  return Object.values(AwsKeyUsage).flatMap((usage) =>
    [true, false].map((keyMetadata) => JSON.stringify(keyPolicy({ accountId, partition, grantee, tenant, usage, keyMetadata }))),
  );
}

/** Names of every statement that this package writes. */
const OWN_SIDS = new Set(
  Object.values(AwsKeyUsage).flatMap((usage) =>
    keyPolicy({ accountId: "", partition: "", grantee: "", tenant: "", usage }).Statement.map(({ Sid }) => Sid),
  ),
);
const OWN_IDS = new Set(Object.values(AwsKeyUsage).map((usage) => `byok-${usage}`));

function isOwn(deployed: string): boolean {
  const { Id, Statement } = parsed(deployed);
  const sids = Statement.map((statement) => statement["Sid"]);
  return typeof Id === "string" && OWN_IDS.has(Id) && new Set(sids).size === sids.length && sids.every((sid) => typeof sid === "string" && OWN_SIDS.has(sid));
}

function sidsOf(deployed: string): string {
  return parsed(deployed)
    .Statement.map((statement) => (typeof statement["Sid"] === "string" ? `"${statement["Sid"]}"` : "one without a name"))
    .join(", ");
}

/** KMS keeps nothing that is no policy: JSON, and an object. */
function parsed(policy: string): { Id?: unknown; Statement: Record<string, unknown>[] } {
  const { Id, Statement } = JSON.parse(policy) as { Id?: unknown; Statement: Record<string, unknown> | Record<string, unknown>[] };
  return { Id, Statement: Array.isArray(Statement) ? Statement : [Statement] };
}
