/**
 * What KMS answers when it refuses. Names and HTTP statuses: AWS KMS API Reference (per operation, and "Common Errors").
 * Messages: as seen in public logs and in LocalStack's recordings of real answers (tests/aws/services/kms/*.snapshot.json),
 * named where they were found; a message without a source is our own wording.
 *
 * @module
 */

/** An error answer: `name` is what the SDK shows as `err.name`, `message` may be empty as some of AWS's are. */
export class KmsError extends Error {
  constructor(
    override readonly name: string,
    message: string,
    /** HTTP status; KMS answers nearly everything with 400, also what its model calls 404. */
    readonly status: number = 400,
  ) {
    super(message);
  }
}

/** What the sandbox does not play. Never answered with a success: the caller must not believe it was done. */
export function notInSandbox(what: string): KmsError {
  return new KmsError("UnsupportedOperationException", `The sandbox does not implement ${what}.`);
}

/** `Key 'ARN' does not exist` (LocalStack recording test_get_key_does_not_exist; boto/botocore#2107). */
export function keyNotFound(arn: string): KmsError {
  return new KmsError("NotFoundException", `Key '${arn}' does not exist`);
}

/** `Alias ARN is not found.` (cloudposse/docs#152). */
export function aliasNotFound(arn: string): KmsError {
  return new KmsError("NotFoundException", `Alias ${arn} is not found.`);
}

/** `Invalid keyId 'x'` (LocalStack recording test_get_key_invalid_uuid). */
export function invalidKeyId(keyId: string): KmsError {
  return new KmsError("NotFoundException", `Invalid keyId '${keyId}'`);
}

/** A key's ARN sent to another Region: `Invalid arn REGION-OF-THE-ARN` (LocalStack recording test_get_key_in_different_region). */
export function arnOfAnotherRegion(region: string): KmsError {
  return new KmsError("NotFoundException", `Invalid arn ${region}`);
}

/** `ARN is disabled.` (AWS KMS API Reference, DisabledException). */
export function keyDisabled(arn: string): KmsError {
  return new KmsError("DisabledException", `${arn} is disabled.`);
}

/** `ARN is pending deletion.`; terraform-provider-aws matches on "is pending deletion" (internal/service/kms/key.go). */
export function keyPendingDeletion(arn: string): KmsError {
  return new KmsError("KMSInvalidStateException", `${arn} is pending deletion.`);
}

/** `ARN is pending import.` (Developer Guide, "Key states of AWS KMS keys"). */
export function keyPendingImport(arn: string): KmsError {
  return new KmsError("KMSInvalidStateException", `${arn} is pending import.`);
}

/** CancelKeyDeletion of a key that is not pending deletion. */
export function keyNotPendingDeletion(arn: string): KmsError {
  return new KmsError("KMSInvalidStateException", `${arn} is not pending deletion.`);
}

/** Corrupted blob or another encryption context; AWS sends no message (LocalStack recording test_encrypt_decrypt_encryption_context). */
export function invalidCiphertext(): KmsError {
  return new KmsError("InvalidCiphertextException", "");
}

/** KeyId names another key than the blob (CloudTrail examples in the Developer Guide). */
export function incorrectKey(): KmsError {
  return new KmsError(
    "IncorrectKeyException",
    "The key ID in the request does not identify a CMK that can perform this operation.",
  );
}

/** `An alias with the name ARN already exists` (cloudbees-oss/terraform-aws-cloudbees-ci-eks-addon#66). */
export function aliasExists(arn: string): KmsError {
  return new KmsError("AlreadyExistsException", `An alias with the name ${arn} already exists`);
}

/** Request validation, in the wording of LocalStack's recordings (test_plaintext_size_for_encrypt and others). */
export function constraint(member: string, value: string | number | null | undefined, must: string): KmsError {
  // A blob is never echoed: AWS says "Value at 'plaintext'".
  const shown = value === undefined ? "Value" : value === null ? "Value null" : `Value '${value}'`;
  return new KmsError(
    "ValidationException",
    `1 validation error detected: ${shown} at '${member}' failed to satisfy constraint: ${must}`,
  );
}

/** A request that is well-formed and still not acceptable. */
export function validation(message: string): KmsError {
  return new KmsError("ValidationException", message);
}

/** The wording terraform-aws-eks-blueprints#455 and many others met. */
export function invalidPrincipals(): KmsError {
  return new KmsError(
    "MalformedPolicyDocumentException",
    "Policy contains a statement with one or more invalid principals.",
  );
}

/** The lockout safety check (trussworks/terraform-aws-cloudtrail#178). */
export function policyLocksOut(): KmsError {
  return new KmsError(
    "MalformedPolicyDocumentException",
    "The new key policy will not allow you to update the key policy in the future.",
  );
}

/** A policy that is no policy; the words after the name are ours. */
export function malformedPolicy(why: string): KmsError {
  return new KmsError("MalformedPolicyDocumentException", why);
}
