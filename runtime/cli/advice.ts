/**
 * Likely causes of an error, in plain words, most likely first. Facts about the clouds come from their documentation:
 * AWS KMS Developer Guide, "Allowing users in other accounts to use a KMS key" (both sides must allow), "Key states",
 * and "Eventual consistency"; Cloud KMS, "Destroy and restore key versions"; Azure Key Vault, "Troubleshooting access policy
 * issues", "Key recovery" and "Firewalls and virtual networks".
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

const GCP: Partial<Record<ByokErrorCode, readonly string[]>> = {
  ACCESS_DENIED: [
    "The key's IAM policy does not grant this service's account roles/cloudkms.cryptoKeyEncrypterDecrypter: the tenant runs `pulumi up` again.",
    "The grant was changed a moment ago and still spreads, for seconds to a few minutes: try again with --wait 10m.",
    "The Cloud KMS API was disabled in the key's project.",
    "This process runs as somebody else than the grant names: compare the credentials' service account with grantedTo in the descriptor.",
    "The key, its ring or its project does not exist: Google says the same of what one may not see.",
  ],
  KEY_NOT_FOUND: ["The descriptor is of an older deployment: write it again with `pulumi stack output masterKeys --json`."],
  KEY_DISABLED: [
    "The tenant disabled the key version, on purpose or not. To reactivate: gcloud kms keys versions enable.",
    "The key has no primary version: the tenant makes one with gcloud kms keys versions create --primary.",
  ],
  KEY_PENDING_DELETION: [
    "The tenant scheduled the key version's destruction. Until it happens: gcloud kms keys versions restore, then gcloud kms keys versions enable.",
  ],
  NETWORK_BLOCKED: ["The key's project, or the service's, is in a VPC Service Controls perimeter without a rule that lets this service through."],
  SERVICE_CREDENTIALS: [
    "This machine has no Google credentials, or they expired: `gcloud auth application-default print-access-token` must work here, or GOOGLE_APPLICATION_CREDENTIALS name a key file.",
    "The service account, or its key, was disabled or deleted.",
    "GOOGLE_CLOUD_QUOTA_PROJECT names a project that the service account may not bill.",
  ],
  UNAVAILABLE: [
    "This machine cannot reach cloudkms.googleapis.com: check network, proxy and DNS.",
    "Google Cloud has an incident in the key's location.",
  ],
  THROTTLED: ["The Cloud KMS quota of the key's project, or of the service's, is used up for the moment: try again, or have it raised."],
};

const AZURE: Partial<Record<ByokErrorCode, readonly string[]>> = {
  ACCESS_DENIED: [
    "The vault has no access policy for the application's service principal with the key permissions Encrypt and Decrypt: the tenant runs `pulumi up` again.",
    "The vault was switched to Azure role-based access control, which ignores access policies: the tenant assigns the role Key Vault Crypto User instead.",
    "The grant was changed a moment ago and still spreads, for up to 10 minutes: try again with --wait 10m.",
    "The descriptor's `operation` does not fit the grant: encrypt needs Encrypt and Decrypt, wrap needs Wrap Key and Unwrap Key.",
  ],
  APP_REJECTED: [
    "The tenant has not uploaded the service's certificate to the application yet: hand over what `byok credentials create` or `rotate` printed.",
    "The certificate was removed from the application, or expired: `byok credentials rotate`, then the tenant uploads the new one.",
    "The application, or its service principal, was deleted or disabled in the tenant's directory. Deleted applications can be restored for 30 days.",
    "clientId or entraTenantId in the descriptor are of an older deployment: write it again with `pulumi stack output masterKeys --json`.",
    "A Conditional Access policy of the tenant blocks the application.",
  ],
  KEY_NOT_FOUND: [
    "The tenant deleted the key. Until it is purged: az keyvault key recover.",
    "The descriptor is of an older deployment: write it again with `pulumi stack output masterKeys --json`.",
  ],
  KEY_DISABLED: [
    "The tenant disabled the key version, on purpose or not. To reactivate: az keyvault key set-attributes --enabled true.",
    "The key has an expiry date that has passed: the tenant takes it off, or rotates the key.",
  ],
  NETWORK_BLOCKED: [
    "The vault's firewall does not know this machine's address: the tenant adds it, or closed the vault on purpose.",
    "Public network access of the vault is disabled: the service needs a private endpoint.",
  ],
  SERVICE_CREDENTIALS: [
    "The application's certificate is not at hand, expired, or lacks its private key: `byok credentials list` shows what there is.",
  ],
  UNAVAILABLE: [
    "This machine cannot reach the vault's host or login.microsoftonline.com: check network, proxy and DNS.",
    "The vault was deleted: its name no longer resolves. Until it is purged: az keyvault recover.",
    "The clock of this machine is wrong by minutes: Entra then takes no sign-in.",
    "Azure has an incident in the vault's region.",
  ],
  THROTTLED: ["The vault's limit of RSA operations is reached for the moment: try again, or use a vault of its own."],
};

/** Where a call went to the sandbox, its own answers are as the cloud's; no answer is no incident of the cloud's. */
const SANDBOX: Partial<Record<ByokErrorCode, readonly string[]>> = {
  UNAVAILABLE: [
    `The sandbox is not running: start it with \`byok sandbox start\`, and set ${SANDBOX_VARIABLE} to what it prints.`,
    `${SANDBOX_VARIABLE} is set but the cloud itself is meant: unset it.`,
  ],
};

const CLOUDS: ReadonlyMap<string | undefined, Partial<Record<ByokErrorCode, readonly string[]>>> = new Map([
  ["aws-kms", AWS],
  ["gcp-kms", GCP],
  ["azure-key-vault", AZURE],
]);

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

/** Likely causes of an error; none if its message says all there is. `env` tells whether the sandbox was asked. */
export function likelyCauses(error: unknown, env: CliIo["env"]): readonly string[] {
  const known = error instanceof Error && error.cause instanceof ByokError && !(error instanceof ByokError) ? error.cause : error;
  if (!(known instanceof ByokError)) return [];
  const sandbox = (env[SANDBOX_VARIABLE] ?? "") === "" ? {} : SANDBOX;
  const cloud = CLOUDS.get(known.provider);
  const byProvider = cloud !== undefined ? { ...cloud, ...sandbox } : known.provider === "local" ? LOCAL : {};
  return byProvider[known.code] ?? ANY[known.code] ?? [];
}
