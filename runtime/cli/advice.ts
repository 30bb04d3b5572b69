/**
 * Likely causes of an error, in plain words, most likely first. Facts about the clouds come from their documentation:
 * AWS KMS Developer Guide, "Allowing users in other accounts to use a KMS key" (both sides must allow), "Key states",
 * and "Eventual consistency".
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

/** Where a call went to the sandbox, its own answers are as AWS's; no answer is no incident of AWS. */
const SANDBOX: Partial<Record<ByokErrorCode, readonly string[]>> = {
  UNAVAILABLE: [
    `The sandbox is not running: start it with \`byok sandbox start\`, and set ${SANDBOX_VARIABLE} to what it prints.`,
    `${SANDBOX_VARIABLE} is set but AWS is meant: unset it.`,
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

/** Likely causes of an error; none if its message says all there is. `env` tells whether the sandbox was asked. */
export function likelyCauses(error: unknown, env: CliIo["env"]): readonly string[] {
  const known = error instanceof Error && error.cause instanceof ByokError && !(error instanceof ByokError) ? error.cause : error;
  if (!(known instanceof ByokError)) return [];
  const sandbox = (env[SANDBOX_VARIABLE] ?? "") === "" ? {} : SANDBOX;
  const byProvider = known.provider === "aws-kms" ? { ...AWS, ...sandbox } : known.provider === "local" ? LOCAL : {};
  return byProvider[known.code] ?? ANY[known.code] ?? [];
}
