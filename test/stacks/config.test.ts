import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";

import { Datacenter } from "../../components/regions.js";
import { StackConfigError, parseStackConfig, type StackConfig } from "../../stacks/config.js";

const VALID: Record<string, string> = {
  "byok:tenant": "acme",
  "byok:datacenter": "eu",
  "byok:clouds": '["aws"]',
  "byok:service": "afi",
  "byok:aws": '{"accountId":"111122223333"}',
};

const ROLE = "arn:aws:iam::201720642051:role/backup-service";
const ROLE_RULE =
  "must be the ARN of one IAM role, arn:aws:iam::ACCOUNT:role/NAME (not of a session, a user or a group, and without wildcards)";
const ACCOUNT_RULE = "must be an AWS account id of 12 digits; in quotes, or YAML drops a leading zero";
const DECIDES = "byok:datacenter decides the region (eu: eu-central-1); remove this key, or set byok:allowCrossRegion to true";
const NO_SECRETS =
  "This file is no place for secrets: remove it, and if it was committed or shared, replace it. " +
  "Credentials come from the environment (AWS_PROFILE, single sign-on, a role)";
const NOT_READ =
  "is not read: the program makes its own AWS provider, from byok:datacenter and byok:aws. " +
  "Credentials come from the environment (AWS_PROFILE, single sign-on, a role)";
const OWN = "the tenant's key must live in the tenant's own account";

/** `VALID` with changes; `undefined` removes a key. */
function config(changes: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries({ ...VALID, ...changes }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function problemsOf(all: Record<string, string>): readonly string[] {
  try {
    parseStackConfig(all);
  } catch (error) {
    if (error instanceof StackConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("parseStackConfig accepts", () => {
  const base: StackConfig = {
    tenant: "acme",
    datacenter: Datacenter.Eu,
    service: { preset: "afi" },
    aws: { accountId: "111122223333", region: "eu-central-1" },
  };
  const rows: [what: string, changes: Record<string, string>, expected: Partial<StackConfig>][] = [
    ["the preset", {}, {}],
    [
      "an account of the service",
      { "byok:service": '{"awsAccountId":"201720642051"}' },
      { service: { awsAccountId: "201720642051" } },
    ],
    ["a role of the service", { "byok:service": `{"awsRoleArn":"${ROLE}"}` }, { service: { awsRoleArn: ROLE } }],
    ["an account id that YAML read as a number", { "byok:aws": '{"accountId":111122223333}' }, {}],
    [
      "a leading zero in quotes",
      { "byok:aws": '{"accountId":"011122223333"}' },
      { aws: { accountId: "011122223333", region: "eu-central-1" } },
    ],
    ["allowCrossRegion without another region", { "byok:allowCrossRegion": "true" }, {}],
    [
      "another region when allowed",
      { "byok:allowCrossRegion": "true", "byok:aws": '{"accountId":"111122223333","region":"eu-west-1"}' },
      { aws: { accountId: "111122223333", region: "eu-west-1" } },
    ],
    [
      "aws:region when allowed",
      { "byok:allowCrossRegion": "true", "aws:region": "eu-west-3" },
      { aws: { accountId: "111122223333", region: "eu-west-3" } },
    ],
    ["other namespaces, which are not ours", { "gcp:region": "x", "pulumi:disable-default-providers": '["*"]' }, {}],
  ];
  test.each(rows)("%s", (_what, changes, expected) => {
    expect(parseStackConfig(config(changes))).toEqual({ ...base, ...expected });
  });
});

describe("parseStackConfig refuses", () => {
  const rows: [what: string, changes: Record<string, string | undefined>, problems: string[]][] = [
    ["no tenant", { "byok:tenant": undefined }, ["byok:tenant: is required"]],
    ["an upper-case tenant", { "byok:tenant": "Acme" }, ["byok:tenant: must be 3 to 32 characters of a-z, 0-9 and -"]],
    ["a list of tenants", { "byok:tenant": '["acme"]' }, ["byok:tenant: must be 3 to 32 characters of a-z, 0-9 and -"]],
    ["no datacenter", { "byok:datacenter": undefined }, ["byok:datacenter: is required"]],
    [
      "an unknown datacenter, with the nearest",
      { "byok:datacenter": "us" },
      ['byok:datacenter: must be one of usa, eu, uk, au, ca, not "us" (did you mean "usa"?)'],
    ],
    [
      "an unknown datacenter, without",
      { "byok:datacenter": "frankfurt" },
      ['byok:datacenter: must be one of usa, eu, uk, au, ca, not "frankfurt"'],
    ],
    ["no clouds", { "byok:clouds": undefined }, ["byok:clouds: is required"]],
    ["an empty list of clouds", { "byok:clouds": "[]" }, ["byok:clouds: must name at least one cloud, such as [aws]"]],
    ["clouds that are no list", { "byok:clouds": "aws" }, ["byok:clouds: must be a list, such as [aws]"]],
    [
      "clouds of a later release",
      { "byok:clouds": '["gcp","aws","azure"]' },
      [
        "byok:clouds[0]: this release provisions aws only; remove gcp",
        "byok:clouds[2]: this release provisions aws only; remove azure",
      ],
    ],
    [
      "a misspelt cloud",
      { "byok:clouds": '["asw"]' },
      ['byok:clouds[0]: must be aws, not "asw" (did you mean "aws"?)'],
    ],
    ["a cloud twice", { "byok:clouds": '["aws","aws"]' }, ["byok:clouds: names a cloud twice"]],
    [
      "no service",
      { "byok:service": undefined },
      ["byok:service: is required"],
    ],
    [
      "an unknown preset",
      { "byok:service": "afy" },
      ['byok:service: must be the preset afi, not "afy" (did you mean "afi"?), or an object with awsAccountId or awsRoleArn'],
    ],
    [
      "a list of services",
      { "byok:service": '["afi"]' },
      ["byok:service: must be the preset afi, or an object with awsAccountId or awsRoleArn"],
    ],
    ["an empty service", { "byok:service": "{}" }, ["byok:service: must have exactly one of awsAccountId and awsRoleArn"]],
    [
      "two identities of the service",
      { "byok:service": `{"awsAccountId":"201720642051","awsRoleArn":"${ROLE}"}` },
      ["byok:service: must have exactly one of awsAccountId and awsRoleArn"],
    ],
    [
      "a malformed service account",
      { "byok:service": '{"awsAccountId":"2017-2064-2051"}' },
      [`byok:service.awsAccountId: ${ACCOUNT_RULE}`],
    ],
    [
      "a session's ARN",
      { "byok:service": '{"awsRoleArn":"arn:aws:sts::201720642051:assumed-role/a/b"}' },
      [`byok:service.awsRoleArn: ${ROLE_RULE}`],
    ],
    [
      "an identity in another cloud",
      { "byok:service": '{"awsAccountId":"201720642051","gcpServiceAccount":"a@b.iam.gserviceaccount.com"}' },
      ["byok:service.gcpServiceAccount: this release provisions aws only; remove this key"],
    ],
    ["no aws", { "byok:aws": undefined }, ["byok:aws: is required"]],
    ["aws as text", { "byok:aws": "111122223333" }, ['byok:aws: must be an object, such as { accountId: "111122223333" }']],
    ["no account id", { "byok:aws": "{}" }, ["byok:aws.accountId: is required"]],
    ["an account id that lost its zero", { "byok:aws": '{"accountId":11122223333}' }, [`byok:aws.accountId: ${ACCOUNT_RULE}`]],
    ["a malformed account id", { "byok:aws": '{"accountId":"1111"}' }, [`byok:aws.accountId: ${ACCOUNT_RULE}`]],
    ["an account id of no text", { "byok:aws": '{"accountId":null}' }, [`byok:aws.accountId: ${ACCOUNT_RULE}`]],
    [
      "a misspelt member",
      { "byok:aws": '{"accountId":"111122223333","regoin":"eu-central-1"}' },
      ['byok:aws.regoin: unknown key (did you mean "region"?); known here: accountId, region'],
    ],
    [
      "a region in byok:aws, even the right one",
      { "byok:aws": '{"accountId":"111122223333","region":"eu-central-1"}' },
      [`byok:aws.region: ${DECIDES}`],
    ],
    ["aws:region", { "aws:region": "eu-central-1" }, [`aws:region: ${DECIDES}`]],
    [
      "allowCrossRegion false, which allows nothing",
      { "byok:allowCrossRegion": "false", "aws:region": "eu-west-1" },
      [`aws:region: ${DECIDES}`],
    ],
    ["allowCrossRegion of another word", { "byok:allowCrossRegion": "yes" }, ["byok:allowCrossRegion: must be true or false"]],
    [
      "two regions that differ",
      {
        "byok:allowCrossRegion": "true",
        "aws:region": "eu-west-1",
        "byok:aws": '{"accountId":"111122223333","region":"eu-west-3"}',
      },
      ["aws:region: is eu-west-1, but byok:aws.region is eu-west-3; keep one of them"],
    ],
    [
      "a malformed region in byok:aws",
      { "byok:allowCrossRegion": "true", "byok:aws": '{"accountId":"111122223333","region":"Ireland"}' },
      ["byok:aws.region: must be an AWS region code such as eu-central-1"],
    ],
    [
      "a malformed aws:region",
      { "byok:allowCrossRegion": "true", "aws:region": "Ireland" },
      ["aws:region: must be an AWS region code such as eu-central-1"],
    ],
    ["keys of namespace aws that Pulumi would ignore", { "aws:profile": "prod" }, [`aws:profile: ${NOT_READ}`]],
    [
      "a misspelt key",
      { "byok:datacenter": undefined, "byok:datacentre": "eu" },
      [
        'byok:datacentre: unknown key (did you mean "datacenter"?); known here: tenant, datacenter, clouds, service, aws, allowCrossRegion',
        "byok:datacenter: is required",
      ],
    ],
    [
      "a key of nothing known",
      { "byok:colour": "blue" },
      ["byok:colour: unknown key; known here: tenant, datacenter, clouds, service, aws, allowCrossRegion"],
    ],
    [
      "keys of clouds of a later release",
      { "byok:gcp": '{"project":"p"}', "byok:azure": "{}" },
      [
        "byok:gcp: this release provisions aws only; remove this key",
        "byok:azure: this release provisions aws only; remove this key",
      ],
    ],
    [
      "the preset's own account",
      { "byok:aws": '{"accountId":"201720642051"}' },
      [`byok:aws.accountId: is the account of the service afi; ${OWN}`],
    ],
    [
      "the service's own account",
      { "byok:service": '{"awsAccountId":"111122223333"}' },
      [`byok:service.awsAccountId: is also byok:aws.accountId; ${OWN}`],
    ],
    [
      "a role in the tenant's account",
      { "byok:service": '{"awsRoleArn":"arn:aws:iam::111122223333:role/r"}' },
      [`byok:service.awsRoleArn: is a role in byok:aws.accountId; ${OWN}`],
    ],
    [
      "a role of another partition",
      { "byok:service": '{"awsRoleArn":"arn:aws-us-gov:iam::201720642051:role/r"}' },
      ["byok:service.awsRoleArn: is in partition aws-us-gov, but the key is in aws"],
    ],
    [
      "a private key",
      { "byok:azure": '{"certificates":["-----BEGIN PRIVATE KEY-----\\nMII"]}' },
      [`byok:azure: looks like a private key. ${NO_SECRETS}`],
    ],
    [
      "an older private key where text belongs",
      { "byok:tenant": "-----BEGIN RSA PRIVATE KEY-----" },
      [`byok:tenant: looks like a private key. ${NO_SECRETS}`],
    ],
    [
      "an access key id",
      { "byok:aws": '{"accountId":"111122223333","accessKey":"AKIAIOSFODNN7EXAMPLE"}' },
      [`byok:aws: looks like an AWS access key id. ${NO_SECRETS}`],
    ],
    [
      "a secret access key",
      { "aws:secretKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" },
      [`aws:secretKey: looks like an AWS secret access key. ${NO_SECRETS}`],
    ],
    [
      "everything wrong, all at once",
      {
        "byok:tenant": "a",
        "byok:datacenter": "de",
        "byok:clouds": '["gcp"]',
        "byok:service": '{"awsAccountId":"1"}',
        "byok:aws": '{"accountId":"1","region":"eu-west-1"}',
        "byok:tennant": "acme",
      },
      [
        'byok:tennant: unknown key (did you mean "tenant"?); known here: tenant, datacenter, clouds, service, aws, allowCrossRegion',
        "byok:tenant: must be 3 to 32 characters of a-z, 0-9 and -",
        'byok:datacenter: must be one of usa, eu, uk, au, ca, not "de"',
        "byok:clouds[0]: this release provisions aws only; remove gcp",
        `byok:service.awsAccountId: ${ACCOUNT_RULE}`,
        `byok:aws.accountId: ${ACCOUNT_RULE}`,
        "byok:aws.region: byok:datacenter decides the region; remove this key, or set byok:allowCrossRegion to true",
      ],
    ],
  ];

  test.each(rows)("%s", (_what, changes, problems) => {
    expect(problemsOf(config(changes))).toEqual(problems);
  });

  test("in one message, a line per problem", () => {
    expect(() => parseStackConfig(config({ "byok:tenant": undefined }))).toThrow(
      new StackConfigError(["byok:tenant: is required"]),
    );
    expect(new StackConfigError(["a: b", "c: d"]).message).toBe("The stack's configuration has 2 problems:\n  a: b\n  c: d");
    expect(new StackConfigError(["a: b"]).message).toBe("The stack's configuration has 1 problem:\n  a: b");
  });
});

describe("parseStackConfig, whatever it is given", () => {
  const text = fc.oneof(fc.string(), fc.json(), fc.constantFrom(...Object.values(VALID)));

  test("throws StackConfigError or returns a whole configuration, never anything else", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(VALID), "byok:allowCrossRegion", "aws:region"), text), (all) => {
        const problems = problemsOf(all);
        if (problems.length > 0) return;
        const { tenant, aws } = parseStackConfig(all);
        expect(tenant).toMatch(/^[a-z0-9-]{3,32}$/);
        expect(aws.accountId).toMatch(/^\d{12}$/);
      }),
    );
  });

  test("never repeats a secret", () => {
    const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    const keys = ["byok:tenant", "byok:datacenter", "byok:clouds", "byok:service", "byok:aws", "byok:other", "aws:region"];
    for (const key of keys) {
      const problems = problemsOf(config({ [key]: secret }));
      expect(problems).toEqual([`${key}: looks like an AWS secret access key. ${NO_SECRETS}`]);
    }
  });
});
