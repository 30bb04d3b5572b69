/**
 * The policy of a key that was created without one.
 *
 * @module
 */

/**
 * The default key policy: the account's IAM policies decide, nothing else does. Text as KMS returns it (LocalStack
 * recording test_replicate_key; AWS KMS Developer Guide, "Default key policy").
 */
export function defaultKeyPolicy(account: string): string {
  return JSON.stringify(
    {
      Version: "2012-10-17",
      Id: "key-default-1",
      Statement: [
        {
          Sid: "Enable IAM User Permissions",
          Effect: "Allow",
          Principal: { AWS: `arn:aws:iam::${account}:root` },
          Action: "kms:*",
          Resource: "*",
        },
      ],
    },
    null,
    2,
  );
}
