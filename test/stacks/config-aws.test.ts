import { describe, expect, test } from "@jest/globals";

import { AwsGrantBy } from "../../components/aws/grant-by.js";
import { parseStackConfig } from "../../stacks/config.js";
import { problemsOf, VALID } from "./config-problems.js";

const OWN_ROLE = { "byok:service": '{"awsRoleArn":"arn:aws:iam::201720642051:role/backup-service"}' };
const KEY = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

const config = (aws: object, changes: Record<string, string> = {}): Record<string, string> => ({
  ...VALID,
  "byok:aws": JSON.stringify({ accountId: "111122223333", ...aws }),
  ...changes,
});

describe("byok:aws", () => {
  test.each<[what: string, aws: object, changes?: Record<string, string>]>([
    ["a key to adopt, by ARN", { existing: { key: KEY } }],
    ["by id", { existing: { key: "mrk-1234abcd12ab34cd56ef1234567890ab" } }],
    ["by alias, with a KMS grant", { existing: { key: "alias/AFI-BYOK" }, grantBy: AwsGrantBy.Grant }],
    ["narrowing", { principalArns: ["arn:aws:iam::201720642051:role/backup/*"], serviceAddresses: ["203.0.113.0/24", "198.51.100.7", "2001:db8::/32"] }],
    ["addresses for a role", { serviceAddresses: ["203.0.113.0/24"] }, OWN_ROLE],
    ["replicas in the residency", { multiRegion: true, replicaRegions: ["eu-west-1", "eu-north-1"] }],
    ["replicas elsewhere, allowed", { multiRegion: true, replicaRegions: ["us-east-1"], allowed: true }, { "byok:allowCrossRegion": "true" }],
    ["numbers and names", { aliasName: "alias/backup", rotationPeriodInDays: 90, deletionWindowInDays: 7, multiRegion: false }],
  ])("%s reaches the component as it is written", (_what, aws, changes = {}) => {
    const { allowed, ...written } = aws as { allowed?: boolean };
    expect(parseStackConfig(config(written, changes)).aws).toEqual({
      accountId: "111122223333",
      region: "eu-central-1",
      ...written,
      ...(allowed === true ? { allowCrossRegion: true } : {}),
    });
  });

  const REFERENCE = "must be the key's ARN, its id, or an alias of it, alias/NAME";
  const PRINCIPALS = "must be the ARN of a role or a user, arn:aws:iam::ACCOUNT:role/NAME, in which * and ? stand for what may differ";
  const ADDRESS = "must be a public IP address or CIDR block, such as 203.0.113.0/24 or 2001:db8:1::/48";
  const PRIVATE = "is a private address, which no request to KMS comes from: a VPC endpoint needs a condition of its own, which this does not write";
  const CREATES = "says how to create a key; existing creates none";
  const NO_CONDITION = "needs grantBy keyPolicy: a KMS grant takes no such condition";
  const EU = "is outside the residency of eu, which is eu-central-1, eu-north-1, eu-south-1, eu-south-2, eu-west-1, eu-west-3";
  const role = (name: string, account = "201720642051") => `arn:aws:iam::${account}:role/${name}`;

  test.each<[what: string, aws: object, problems: string[], changes?: Record<string, string>]>([
    ["a key to adopt that is a text", { existing: KEY }, [".existing: must be an object, such as { key: alias/AFI-BYOK }"]],
    ["no key to adopt", { existing: {} }, [".existing.key: is required"]],
    ["a key to adopt that is a number", { existing: { key: 7 } }, [`.existing.key: ${REFERENCE}`]],
    ["a key to adopt that is none", { existing: { key: "my-key" } }, [`.existing.key: ${REFERENCE}`]],
    ["AWS's own alias", { existing: { key: "alias/aws/s3" } }, [`.existing.key: ${REFERENCE}`]],
    ["an alias's ARN", { existing: { key: "arn:aws:kms:eu-central-1:111122223333:alias/x" } }, [`.existing.key: ${REFERENCE}`]],
    ["more about the key to adopt", { existing: { key: KEY, alias: "x" } }, [".existing.alias: unknown key; known here: key"]],
    ["a key of another account", { existing: { key: KEY.replace("111122223333", "444455556666") } }, [".existing.key: is in account 444455556666, not in the tenant's, 111122223333"]],
    ["a key of another region", { existing: { key: KEY.replace("eu-central-1", "eu-west-1") } }, [".existing.key: is in eu-west-1; the key must be in eu-central-1"]],
    [
      "adopting and creating",
      { existing: { key: KEY }, multiRegion: true, replicaRegions: ["eu-west-1"], aliasName: "alias/x", rotationPeriodInDays: 90, deletionWindowInDays: 7 },
      ["multiRegion", "replicaRegions", "aliasName", "rotationPeriodInDays", "deletionWindowInDays"].map((name) => `.${name}: ${CREATES}`),
    ],
    ["another way to grant", { grantBy: "role" }, ['.grantBy: must be one of keyPolicy, grant, not "role"']],
    ["roles that are a text", { principalArns: role("x") }, [".principalArns: must be a list"]],
    ["no roles", { principalArns: [] }, [".principalArns: must be a list of 1 to 100 entries"]],
    ["a role that is a number", { principalArns: [7] }, [".principalArns[0]: must be text"]],
    ["a role that is none", { principalArns: ["backup"] }, [`.principalArns[0]: ${PRINCIPALS}`]],
    ["an account", { principalArns: ["arn:aws:iam::201720642051:root"] }, [`.principalArns[0]: ${PRINCIPALS}`]],
    ["a session", { principalArns: ["arn:aws:sts::201720642051:assumed-role/x/y"] }, [`.principalArns[0]: ${PRINCIPALS}`]],
    ["a role twice", { principalArns: [role("x"), role("x")] }, [".principalArns[1]: is there twice"]],
    ["a role of another account", { principalArns: [role("x", "444455556666")] }, [".principalArns[0]: is in account 444455556666; the account that is granted is 201720642051"]],
    ["a role of another partition", { principalArns: ["arn:aws-cn:iam::201720642051:role/x"] }, [".principalArns[0]: is in partition aws-cn, the key in aws"]],
    ["roles where one is granted by name", { principalArns: [role("x")] }, [".principalArns: narrows the grant of an account; a role that is granted by name is narrow enough"], OWN_ROLE],
    ["narrowing a KMS grant", { grantBy: "grant", principalArns: [role("x")], serviceAddresses: ["203.0.113.0/24"] }, [`.principalArns: ${NO_CONDITION}`, `.serviceAddresses: ${NO_CONDITION}`]],
    ["an address that is none", { serviceAddresses: ["203.0.113.256"] }, [`.serviceAddresses[0]: ${ADDRESS}`]],
    ["a prefix that is too long", { serviceAddresses: ["203.0.113.0/33"] }, [`.serviceAddresses[0]: ${ADDRESS}`]],
    ["a host name", { serviceAddresses: ["backup.example.com"] }, [`.serviceAddresses[0]: ${ADDRESS}`]],
    ["everything", { serviceAddresses: ["0.0.0.0/0"] }, [".serviceAddresses[0]: is every address there is; leave serviceAddresses out"]],
    ["private addresses", { serviceAddresses: ["10.1.0.0/16", "192.168.1.1", "fd00::/8"] }, [0, 1, 2].map((index) => `.serviceAddresses[${index}]: ${PRIVATE}`)],
    ["multiRegion of another type", { multiRegion: "yes" }, [".multiRegion: must be true or false"]],
    ["replicas of a single-Region key", { replicaRegions: ["eu-west-1"] }, [".replicaRegions: needs multiRegion true: only a multi-Region key has replicas, and only a new key can be made one"]],
    ["a replica that is none", { multiRegion: true, replicaRegions: ["Ireland"] }, [".replicaRegions[0]: must be an AWS region code such as eu-central-1"]],
    ["a replica in the key's own region", { multiRegion: true, replicaRegions: ["eu-central-1"] }, [".replicaRegions[0]: is the region of the key itself"]],
    ["a replica twice", { multiRegion: true, replicaRegions: ["eu-west-1", "eu-west-1"] }, [".replicaRegions[1]: is there twice"]],
    ["replicas outside the residency", { multiRegion: true, replicaRegions: ["eu-west-2", "eu-central-2"] }, [`.replicaRegions[0]: ${EU}`, `.replicaRegions[1]: ${EU}`]],
    ["a replica in another partition", { multiRegion: true, replicaRegions: ["cn-north-1"] }, [".replicaRegions[0]: is in partition aws-cn, the key in aws"], { "byok:allowCrossRegion": "true" }],
    ["AWS's own alias for the key", { aliasName: "alias/aws/x" }, [".aliasName: must look like alias/NAME, NAME being 1 to 250 characters of A-Z, a-z, 0-9, /, _ and -, and not start with alias/aws/"]],
    ["days in words", { rotationPeriodInDays: "a year" }, [".rotationPeriodInDays: must be a whole number of days"]],
    ["a short rotation and a long window", { rotationPeriodInDays: 89, deletionWindowInDays: 31 }, [".rotationPeriodInDays: must be a whole number of days from 90 to 2560", ".deletionWindowInDays: must be a whole number of days from 7 to 30"]],
  ])("%s is refused", (_what, aws, problems, changes = {}) => {
    expect(problemsOf(config(aws, changes))).toEqual(problems.map((problem) => `byok:aws${problem}`));
  });

  test("an audit log that is off, which AWS does not have", () => {
    expect(problemsOf(config({}, { "byok:auditLog": "false" }))).toEqual([
      "byok:auditLog: cannot be false: CloudTrail records every use of the key, and there is no way to turn that off",
    ]);
  });
});
