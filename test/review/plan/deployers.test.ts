import { describe, expect, test } from "@jest/globals";

import { deployerFindings, deployerRows, parseDeployer } from "../../../review/plan/deployers.js";
import { type AccessRow } from "../../../review/plan/schema.js";
import { awsProvider } from "../declared.js";

const OBJECT = "0b1ec710-0000-4000-8000-000000000002";

describe("--deployer", () => {
  test.each([
    ["aws=arn:aws:sts::111122223333:assumed-role/deploy/session", { cloud: "aws", id: "arn:aws:sts::111122223333:assumed-role/deploy/session" }],
    ["gcp=admin@example.com", { cloud: "gcp", id: "admin@example.com" }],
    [`azure=${OBJECT}`, { cloud: "azure", id: OBJECT }],
  ])("%s", (text, expected) => {
    expect(parseDeployer(text)).toEqual(expected);
  });

  test.each([
    ["aws", /for aws it must be the ARN/],
    ["aws=123", /for aws it must be the ARN/],
    ["gcp=serviceAccount:x@y.iam.gserviceaccount.com", /for gcp it must be an e-mail/],
    ["azure=me@example.com", /for azure it must be an object or client id/],
    ["oracle=x", /CLOUD one of aws, gcp, azure/],
  ])("%s is refused", (text, message) => {
    expect(() => parseDeployer(text)).toThrow(message);
  });

  test("one row per cloud in use, named or not", () => {
    expect(deployerRows([awsProvider], []).map(({ principal, whose }) => [principal, whose])).toEqual([["whoever runs pulumi up in aws", "deployer"]]);
    expect(deployerRows([awsProvider], [{ cloud: "aws", id: "x" }]).map(({ principal }) => principal)).toEqual(["x"]);
  });
});

describe("who deploys must not be who uses", () => {
  const row = (more: Partial<AccessRow>): AccessRow => ({ cloud: "aws", principal: "arn:aws:iam::201720642051:role/backup-service", kind: "role", whose: "service", effect: "allow", power: "use", operations: [], on: "k", conditions: [], through: "p", ...more });
  const gcp = row({ cloud: "gcp", principal: "serviceAccount:backup@service-project.iam.gserviceaccount.com" });
  const azure = row({ cloud: "azure", principal: OBJECT });

  test.each<[string, string, AccessRow, string[]]>([
    ["the tenant's administrator", "aws=arn:aws:iam::111122223333:role/admin", row({}), []],
    ["the granted role", "aws=arn:aws:iam::201720642051:role/backup-service", row({}), ["deployer-is-runtime"]],
    ["a session of it", "aws=arn:aws:sts::201720642051:assumed-role/backup-service/me", row({}), ["deployer-is-runtime"]],
    ["a session of it, with a path", "aws=arn:aws:sts::201720642051:assumed-role/backup-service/me", row({ principal: "arn:aws:iam::201720642051:role/a/b/backup-service" }), ["deployer-is-runtime"]],
    ["another role of the service", "aws=arn:aws:iam::201720642051:role/other", row({}), ["deployer-of-the-service"]],
    ["anybody in an account granted as a whole", "aws=arn:aws:iam::201720642051:user/x", row({ principal: "arn:aws:iam::201720642051:root", kind: "whole account" }), ["deployer-is-runtime"]],
    ["who is only told", "aws=arn:aws:iam::201720642051:role/backup-service", row({ power: "notify" }), []],
    ["the tenant's own", "gcp=admin@acme.example", gcp, []],
    ["the granted service account", "gcp=backup@service-project.iam.gserviceaccount.com", gcp, ["deployer-is-runtime"]],
    ["another one of the service's project", "gcp=ci@service-project.iam.gserviceaccount.com", gcp, ["deployer-of-the-service"]],
    ["the granted object", `azure=${OBJECT.toUpperCase()}`, azure, ["deployer-is-runtime"]],
    ["another object", "azure=0b1ec710-0000-4000-8000-000000000003", azure, []],
  ])("%s: %s", (_, deployer, granted, expected) => {
    const findings = deployerFindings([granted], [parseDeployer(deployer)]);
    expect(findings.map(({ code }) => code)).toEqual(expected);
    for (const { severity, message } of findings) expect([severity, message.endsWith("Deploy as the tenant's own administrator")]).toEqual(["warning", true]);
  });
});
