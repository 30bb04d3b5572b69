import { describe, expect, test } from "@jest/globals";

import { AwsKeyUsage, keyPolicy, type KeyPolicyInput } from "../../../components/aws/key-policy.js";

const ADMINISTRATION = {
  Sid: "Enable IAM User Permissions",
  Effect: "Allow",
  Principal: { AWS: "arn:aws:iam::111122223333:root" },
  Action: "kms:*",
  Resource: "*",
};

const INPUT: KeyPolicyInput = {
  accountId: "111122223333",
  partition: "aws",
  grantee: "arn:aws:iam::201720642051:root",
  usage: AwsKeyUsage.Console,
  tenant: "acme",
};

describe("keyPolicy", () => {
  test("console: AWS's default statement, then the two of the console's key-usage step", () => {
    expect(keyPolicy(INPUT)).toEqual({
      Version: "2012-10-17",
      Id: "byok-console",
      Statement: [
        ADMINISTRATION,
        {
          Sid: "Allow use of the key",
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::201720642051:root" },
          Action: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
          Resource: "*",
        },
        {
          Sid: "Allow attachment of persistent resources",
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::201720642051:root" },
          Action: ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
          Resource: "*",
          Condition: { Bool: { "kms:GrantIsForAWSResource": "true" } },
        },
      ],
    });
  });

  test("least: encryption bound to the tenant's context, DescribeKey apart", () => {
    const grantee = "arn:aws:iam::201720642051:role/backup-service";
    expect(keyPolicy({ ...INPUT, grantee, usage: AwsKeyUsage.Least })).toEqual({
      Version: "2012-10-17",
      Id: "byok-least",
      Statement: [
        ADMINISTRATION,
        {
          Sid: "Allow encryption for this tenant",
          Effect: "Allow",
          Principal: { AWS: grantee },
          Action: ["kms:Encrypt", "kms:Decrypt"],
          Resource: "*",
          Condition: { StringEquals: { "kms:EncryptionContext:byok:tenant": "acme" } },
        },
        {
          Sid: "Allow description of the key",
          Effect: "Allow",
          Principal: { AWS: grantee },
          Action: "kms:DescribeKey",
          Resource: "*",
        },
      ],
    });
  });

  test.each(Object.values(AwsKeyUsage))("%s: whatever the usage, the service never administers the key", (usage) => {
    const toService = keyPolicy({ ...INPUT, usage }).Statement.filter(({ Principal }) => Principal.AWS === INPUT.grantee);
    const actions = toService.flatMap(({ Action }) => Action);
    expect(actions.length).toBeGreaterThan(0);
    for (const action of actions) {
      expect(action).not.toMatch(/^kms:(\*|Put|Schedule|Disable|Delete|Update|Enable|Cancel|TagResource|UntagResource)/);
    }
  });

  test("another partition names its own root", () => {
    const [administration] = keyPolicy({ ...INPUT, partition: "aws-us-gov" }).Statement;
    expect(administration?.Principal.AWS).toBe("arn:aws-us-gov:iam::111122223333:root");
  });
});
