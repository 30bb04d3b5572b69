import { describe, expect, test } from "@jest/globals";
import { isKmsHost } from "../../../runtime/master-key/aws-kms-host.js";

describe("isKmsHost", () => {
  test.each([
    ["kms.us-east-2.amazonaws.com", "us-east-2"],
    ["kms-fips.us-east-2.amazonaws.com", "us-east-2"],
    ["kms.us-east-2.api.aws", "us-east-2"],
    ["kms-fips.us-east-2.api.aws", "us-east-2"],
    ["kms.us-gov-west-1.amazonaws.com", "us-gov-west-1"],
    ["kms.cn-north-1.amazonaws.com.cn", "cn-north-1"],
    ["kms.cn-north-1.api.amazonwebservices.com.cn", "cn-north-1"],
    ["vpce-0123456789abcdef0-a1b2c3d4.kms.us-east-2.vpce.amazonaws.com", "us-east-2"],
    ["vpce-0123456789abcdef0-a1b2c3d4-us-east-2a.kms-fips.us-east-2.vpce.amazonaws.com", "us-east-2"],
    ["vpce-0123456789abcdef0-a1b2c3d4.kms.cn-north-1.vpce.amazonaws.com.cn", "cn-north-1"],
  ])("%s is KMS in %s", (host, region) => {
    expect(isKmsHost(host, region)).toBe(true);
  });

  test.each([
    ["another Region", "kms.eu-central-1.amazonaws.com"],
    ["another service", "sts.us-east-2.amazonaws.com"],
    ["anybody's API gateway", "abcdef1234.execute-api.us-east-2.amazonaws.com"],
    ["anybody's bucket", "kms.s3.us-east-2.amazonaws.com"],
    ["anybody's load balancer", "kms-us-east-2.elb.us-east-2.amazonaws.com"],
    ["a name that ends like it", "kms.us-east-2.amazonaws.com.example.org"],
    ["a name that contains it", "kms.us-east-2.evil-amazonaws.com"],
    ["a name before it", "evil.kms.us-east-2.amazonaws.com"],
    ["a dot that is none", "kms.us-east-2xamazonaws.com"],
    ["a line behind it", "kms.us-east-2.amazonaws.com\n"],
    ["loopback", "127.0.0.1"],
    ["nothing", ""],
  ])("%s is not: %j", (_name, host) => {
    expect(isKmsHost(host, "us-east-2")).toBe(false);
  });
});
