import { describe, expect, test } from "@jest/globals";

import {
  AWS_ACCOUNT_ID_PATTERN,
  AWS_REGION_PATTERN,
  accountRootArn,
  awsPartition,
  parseRoleArn,
} from "../../../components/aws/identity.js";

describe("account ids and regions", () => {
  test.each([
    ["111122223333", true],
    ["012345678901", true],
    ["11112222333", false],
    ["1111222233334", false],
    ["1111-2222-3333", false],
    ["111122223333\n", false],
    ["", false],
  ])("account id %j: %s", (id, valid) => {
    expect(AWS_ACCOUNT_ID_PATTERN.test(id)).toBe(valid);
  });

  test.each([
    ["us-east-2", "aws"],
    ["ap-southeast-2", "aws"],
    ["us-gov-west-1", "aws-us-gov"],
    ["cn-north-1", "aws-cn"],
  ])("region %s is in partition %s", (region, partition) => {
    expect(AWS_REGION_PATTERN.test(region)).toBe(true);
    expect(awsPartition(region)).toBe(partition);
    expect(accountRootArn("111122223333", partition)).toBe(`arn:${partition}:iam::111122223333:root`);
  });

  test.each(["us-east", "US-EAST-2", "useast2", "us-east-2a", ""])("%j is no region", (region) => {
    expect(AWS_REGION_PATTERN.test(region)).toBe(false);
  });
});

describe("parseRoleArn", () => {
  test.each([
    ["arn:aws:iam::201720642051:role/backup-service", "aws"],
    ["arn:aws-us-gov:iam::201720642051:role/x", "aws-us-gov"],
    ["arn:aws:iam::201720642051:role/aws-reserved/sso.amazonaws.com/us-east-2/AWSReservedSSO_a_1", "aws"],
    [`arn:aws:iam::201720642051:role/${"r".repeat(64)}`, "aws"],
  ])("%s", (arn, partition) => {
    expect(parseRoleArn(arn)).toEqual({ accountId: "201720642051", partition });
  });

  test.each([
    "201720642051",
    "arn:aws:iam::201720642051:root",
    "arn:aws:iam::201720642051:user/alice",
    "arn:aws:sts::201720642051:assumed-role/backup-service/session",
    "arn:aws:iam::201720642051:role/",
    "arn:aws:iam::201720642051:role/*",
    "arn:aws:iam::201720642051:role/back?p",
    "arn:aws:iam::20172064205:role/x",
    "arn:gcp:iam::201720642051:role/x",
    `arn:aws:iam::201720642051:role/${"r".repeat(65)}`,
    "arn:aws:iam::201720642051:role/x\n",
  ])("refuses %j", (arn) => {
    expect(parseRoleArn(arn)).toBeUndefined();
  });
});
