/**
 * Likely causes of an error, in plain words, most likely first. Facts about the clouds come from their documentation:
 * AWS KMS Developer Guide, "Allowing users in other accounts to use a KMS key" (both sides must allow), "Key states",
 * and "Eventual consistency"; Google's "Access change propagation" (IAM) and "Key version states" (Cloud KMS); Azure Key
 * Vault's "Troubleshooting access policy issues", "Azure RBAC guide" and "soft-delete overview".
 *
 * @module
 */
import { SANDBOX_VARIABLE } from "../master-key/endpoints.js";
import { ByokError, type ByokErrorCode } from "../master-key/errors.js";
import { type CliIo } from "./io.js";

const AWS: Partial<Record<ByokErrorCode, readonly string[]>> = {
  ACCESS_DENIED: [
    "The key policy in the tenant's account does not name this service's account or role: the tenant runs `pulumi up` again.",
    "The service's own account has no IAM policy that allows kms:Encrypt and kms:Decrypt on this key: across accounts both sides must allow.",
    "The policy was changed a moment ago and still spreads, usually for less than a minute: try again with --wait 10m.",
    "This process runs as somebody else than the grant names: compare `aws sts get-caller-identity` with grantedTo in the descriptor.",
    "The grant is limited to another tenant's encryption context.",
    "The tenant's stack was destroyed and deployed again: `pulumi up` then makes a new key, which opens nothing old. The old key was retained: its key policy has to name this service again.",
  ],
  KEY_NOT_FOUND: [
    "The descriptor is of an older deployment: write it again with `pulumi stack output masterKeys --json`.",
    "The key was deleted for good (deletion ends 7 to 30 days after it was scheduled).",
  ],
  KEY_DISABLED: ["The tenant disabled the key, on purpose or not. To reactivate: aws kms enable-key --key-id <key ARN>."],
  KEY_PENDING_DELETION: [
    "The tenant scheduled the key's deletion. Until it happens: aws kms cancel-key-deletion, then aws kms enable-key.",
  ],
  SERVICE_CREDENTIALS: [
    "This machine has no AWS credentials, or they expired: `aws sts get-caller-identity` must work here.",
    "They are for another partition, or the clock of this machine is wrong.",
  ],
  UNAVAILABLE: [
    "This machine cannot reach AWS KMS in the key's region: check network, proxy, DNS and VPC endpoint.",
    "AWS has an incident in that region.",
  ],
  THROTTLED: ["The account's KMS request quota is used up for the moment: try again, or ask AWS to raise it."],
};

/** A rotated key's older version that was taken away while a Secret still stands on it. */
const OLD_VERSION = "An older version was taken out of use while this Secret still stands on it: byok secret show says which; it has to come back until the Secret is re-wrapped.";

const GOOGLE: Partial<Record<ByokErrorCode, readonly string[]>> = {
  ACCESS_DENIED: [
    "The key's IAM policy does not give grantedTo of the descriptor the role roles/cloudkms.cryptoKeyEncrypterDecrypter: the tenant runs `pulumi up` again.",
    "The role was granted a moment ago and still spreads, usually for two minutes, at times for more than seven: try again with --wait 10m.",
    "This process runs as another service account than grantedTo names: look at GOOGLE_APPLICATION_CREDENTIALS, or at this machine's own account.",
    "The Cloud KMS API was disabled in the tenant's project: gcloud services enable cloudkms.googleapis.com.",
  ],
  NETWORK_BLOCKED: ["A VPC Service Controls perimeter around the tenant's project, or the service's own, stands between: its ingress or egress rules have to name grantedTo."],
  KEY_NOT_FOUND: [
    "The descriptor is of an older deployment: write it again with `pulumi stack output masterKeys --json`.",
    "The tenant's project was deleted; within 30 days it can be restored: gcloud projects undelete.",
  ],
  KEY_DISABLED: [
    "The tenant disabled the key's version, on purpose or not. To reactivate: gcloud kms keys versions enable.",
    OLD_VERSION,
  ],
  KEY_PENDING_DELETION: [
    "The tenant scheduled the version's destruction. Until it happens: gcloud kms keys versions restore, then enable.",
    OLD_VERSION,
  ],
  SERVICE_CREDENTIALS: [
    "This machine has no Google credentials, or they expired: GOOGLE_APPLICATION_CREDENTIALS names a key file, or the machine has an account of its own.",
    "The service's own account was disabled or deleted, or the clock of this machine is wrong.",
  ],
  UNAVAILABLE: [
    "This machine cannot reach cloudkms.googleapis.com: check network, proxy, DNS and Private Google Access.",
    "Google Cloud has an incident in that location.",
  ],
  THROTTLED: ["A Cloud KMS quota of the key's project is used up for the moment: try again, or have it raised."],
};

const AZURE: Partial<Record<ByokErrorCode, readonly string[]>> = {
  APP_REJECTED: [
    "The certificate is not registered with the application: byok credentials list shows it, the tenant adds it (stack configuration, or by hand).",
    "It was registered a moment ago, or the application was just made: try again with --wait 10m.",
    "The certificate expired: byok credentials rotate.",
    "The descriptor names another directory or application than the tenant's, or the tenant deleted or blocked the application.",
  ],
  ACCESS_DENIED: [
    "The vault has no access policy that gives the application's service principal (grantedTo) the key permissions Encrypt and Decrypt: the tenant runs `pulumi up` again.",
    "The vault is in RBAC mode, in which access policies mean nothing: a role assignment is needed.",
    "It was granted a moment ago and still spreads, up to 10 minutes: try again with --wait 10m.",
    "`operation` in the descriptor is not what was granted: encrypt needs Encrypt and Decrypt, wrap needs Wrap Key and Unwrap Key.",
  ],
  NETWORK_BLOCKED: ["The vault's firewall is closed to this machine: the tenant adds its address, or opens it again."],
  KEY_NOT_FOUND: [
    "The tenant deleted the key. Until it is purged: az keyvault key recover.",
    "The descriptor is of an older deployment: write it again with `pulumi stack output masterKeys --json`.",
  ],
  KEY_DISABLED: [
    "The tenant disabled the key, on purpose or not. To reactivate: az keyvault key set-attributes --enabled true --id <key identifier>.",
    OLD_VERSION,
    "The key is past its expiry date, or not valid yet: the tenant changes or removes the date.",
  ],
  SERVICE_CREDENTIALS: [
    "There is no usable certificate: byok credentials list shows what is in the file, byok credentials rotate adds one.",
    "--credentials was made for another tenant or sealed by another service key: the message says so.",
  ],
  UNAVAILABLE: [
    "This machine cannot reach the vault or login.microsoftonline.com: check network, proxy and DNS.",
    "The vault was deleted: its name then has no address. Until it is purged: az keyvault recover.",
    "Azure has an incident in that region.",
  ],
  THROTTLED: ["The vault's limit of operations is reached for the moment: try again."],
};

/** Where a call went to the sandbox, its own answers are as the clouds'; no answer is no incident of theirs. */
const SANDBOX: Partial<Record<ByokErrorCode, readonly string[]>> = {
  UNAVAILABLE: [
    `The sandbox is not running: start it with \`byok sandbox start\`, and set ${SANDBOX_VARIABLE} to what it prints.`,
    `${SANDBOX_VARIABLE} is set but the cloud is meant: unset it.`,
  ],
};

const LOCAL: Partial<Record<ByokErrorCode, readonly string[]>> = {
  KEY_NOT_FOUND: ["The key file was moved or deleted: put it back where the descriptor says."],
  ACCESS_DENIED: ["The key file belongs to another user: it must be this one's, mode 0600."],
};

const ANY: Partial<Record<ByokErrorCode, readonly string[]>> = {
  WRONG_BINDING_SHARE: ["--service-key names another key than the one this Secret was made with."],
  WRONG_KEY: ["--descriptor names other keys than the ones this Secret was made with."],
  AUTHENTICATION_FAILED: [
    "The data was altered or damaged after it was written: fetch it again, or restore from another copy.",
    "--secret belongs to another backup.",
  ],
  TRUNCATED: ["The data was copied incompletely: copy it again."],
  BAD_HEADER: ["The file is no object of byok, or its beginning is damaged."],
  UNEXPECTED_ANSWER: ["The provider answered with something byok does not know: run again with --verbose and report it."],
};

const BY_PROVIDER: ReadonlyMap<string | undefined, Partial<Record<ByokErrorCode, readonly string[]>>> = new Map([
  ["aws-kms", AWS],
  ["gcp-kms", GOOGLE],
  ["azure-key-vault", AZURE],
]);

/** Likely causes of an error; none if its message says all there is. `env` tells whether the sandbox was asked. */
export function likelyCauses(error: unknown, env: CliIo["env"]): readonly string[] {
  const known = error instanceof Error && error.cause instanceof ByokError && !(error instanceof ByokError) ? error.cause : error;
  if (!(known instanceof ByokError)) return [];
  const sandbox = (env[SANDBOX_VARIABLE] ?? "") === "" ? {} : SANDBOX;
  const cloud = BY_PROVIDER.get(known.provider);
  const byProvider = cloud === undefined ? (known.provider === "local" ? LOCAL : {}) : { ...cloud, ...sandbox };
  return byProvider[known.code] ?? ANY[known.code] ?? [];
}
