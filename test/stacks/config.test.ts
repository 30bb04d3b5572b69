import { beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";

import { AZURE_RESIDENCY } from "../../components/azure/locations.js";
import { GCP_RESIDENCY } from "../../components/gcp/locations.js";
import { ProtectionLevel } from "../../components/protection-level.js";
import { Datacenter } from "../../components/regions.js";
import { resolveTenantKeysArgs } from "../../components/tenant-keys-args.js";
import { StackConfigError, parseStackConfig, type StackConfig } from "../../stacks/config.js";
import { selfSigned } from "../components/azure/self-signed.js";
import { problemsOf, VALID } from "./config-problems.js";

const ROLE = "arn:aws:iam::201720642051:role/backup-service";
const ROLE_RULE =
  "must be the ARN of one IAM role, arn:aws:iam::ACCOUNT:role/NAME (not of a session, a user or a group, and without wildcards)";
const ACCOUNT_RULE = "must be an AWS account id of 12 digits; in quotes, or YAML drops a leading zero";
const DECIDES = "byok:datacenter decides the region (eu: eu-central-1); remove this key, or set byok:allowCrossRegion to true";
const NO_SECRETS =
  "This file is no place for secrets: remove it, and if it was committed or shared, replace it. " +
  "Credentials of the clouds come from the environment";
const NOT_READ =
  "is not read: the program makes its own AWS provider, from byok:datacenter and byok:aws. " +
  "Credentials come from the environment (AWS_PROFILE, single sign-on, a role)";
const OWN = "the tenant's key must live in the tenant's own account";
const OWN_PROJECT = "the tenant's key must live in the tenant's own project";
const KNOWN = "known here: tenant, datacenter, clouds, service, aws, gcp, azure, allowCrossRegion, access, keyMetadata, auditLog, alarms";
const IDENTITIES = "an object with the service's own identities: awsAccountId or awsRoleArn, gcpServiceAccount";
const EXACTLY_ONE = "byok:service: must have exactly one of awsAccountId and awsRoleArn, since byok:clouds lists aws";
const PROJECT_RULE =
  "must be a Google Cloud project id such as acme-backup-keys: 6 to 30 characters of a-z, 0-9 and -, beginning with a letter (not the project's number or display name)";
const SERVICE_ACCOUNT = "backup-service@example-service.iam.gserviceaccount.com";
const SERVICE_ACCOUNT_RULE =
  "must be the e-mail of one service account, NAME@PROJECT.iam.gserviceaccount.com (without serviceAccount: before it)";
const GUID_RULE = "must be a GUID such as 6f3c1a52-8d0e-4b7a-9c41-2f5d7e8a9b10";
const LIST_RULE = "must be a list of 1 or 2 certificates in PEM";
const CROSS = "; name one of these, remove this key, or set byok:allowCrossRegion to true";
const UK = "is outside the residency of uk, which is europe-west2";

const ENTRA_TENANT = "6f3c1a52-8d0e-4b7a-9c41-2f5d7e8a9b10";
const SUBSCRIPTION = "0d9b4e37-5a1c-4c86-b2f4-93e6a7c8d201";
const NOW = new Date("2027-01-01T00:00:00Z");

let certificate: string;
let successor: string;
let expired: string;
beforeAll(async () => {
  ({ certificate } = await selfSigned());
  ({ certificate: successor } = await selfSigned({ notAfter: "2029-01-01T00:00:00Z" }));
  ({ certificate: expired } = await selfSigned({ notAfter: "2026-06-01T00:00:00Z" }));
});

/** Changes that make `VALID` a stack in Google Cloud alone, with these members more. */
const gcp = (members: object = {}, service = "afi") => ({
  "byok:clouds": '["gcp"]',
  "byok:aws": undefined,
  "byok:service": service,
  "byok:gcp": JSON.stringify({ project: "acme-backup-keys", ...members }),
});

/** Changes that make `VALID` a stack in Azure alone, with these members more; a function where certificates are needed. */
const azure = (members: object = {}) => ({
  "byok:clouds": '["azure"]',
  "byok:aws": undefined,
  "byok:service": undefined,
  "byok:azure": JSON.stringify({
    entraTenantId: ENTRA_TENANT,
    subscriptionId: SUBSCRIPTION,
    certificates: [certificate],
    ...members,
  }),
});

/** `VALID` with changes; `undefined` removes a key. */
function config(changes: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries({ ...VALID, ...changes }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** By a clock that stands still. */
const problemsNow = (all: Record<string, string>) => problemsOf(all, (given) => parseStackConfig(given, NOW));

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
    [
      "allowCrossRegion without another region",
      { "byok:allowCrossRegion": "true" },
      { aws: { accountId: "111122223333", region: "eu-central-1", allowCrossRegion: true } },
    ],
    [
      "another region when allowed",
      { "byok:allowCrossRegion": "true", "byok:aws": '{"accountId":"111122223333","region":"eu-west-1"}' },
      { aws: { accountId: "111122223333", region: "eu-west-1", allowCrossRegion: true } },
    ],
    [
      "aws:region when allowed",
      { "byok:allowCrossRegion": "true", "aws:region": "eu-west-3" },
      { aws: { accountId: "111122223333", region: "eu-west-3", allowCrossRegion: true } },
    ],
    ["other namespaces, which are not ours", { "azure:location": "x", "pulumi:disable-default-providers": '["*"]' }, {}],
  ];
  test.each(rows)("%s", (_what, changes, expected) => {
    expect(parseStackConfig(config(changes), NOW)).toEqual({ ...base, ...expected });
  });

  const { tenant, datacenter } = base;
  const clouds: [what: string, changes: () => Record<string, string | undefined>, expected: () => Omit<StackConfig, "tenant" | "datacenter">][] = [
    ["Google Cloud", () => gcp(), () => ({ service: { preset: "afi" }, gcp: { project: "acme-backup-keys" } })],
    [
      "Google Cloud, with everything",
      () =>
        gcp(
          {
            location: "europe-west9",
            protectionLevel: "hsm",
            keyRingName: "ring",
            keyName: "key",
            rotationPeriodInDays: 30,
            destroyDelayInDays: 60,
            labels: { team: "backup", cost: 7 },
            existing: undefined,
          },
          JSON.stringify({ gcpServiceAccount: SERVICE_ACCOUNT }),
        ),
      () => ({
        service: { gcpServiceAccount: SERVICE_ACCOUNT },
        gcp: {
          project: "acme-backup-keys",
          location: "europe-west9",
          protectionLevel: ProtectionLevel.Hsm,
          keyRingName: "ring",
          keyName: "key",
          rotationPeriodInDays: 30,
          destroyDelayInDays: 60,
          labels: { team: "backup", cost: "7" },
        },
      }),
    ],
    [
      "a new project, numeric ids unquoted",
      () =>
        gcp({
          project: undefined,
          createProject: { projectId: "acme-new-keys", billingAccount: "012345-6789AB-CDEF01", organizationId: 123456789012 },
        }),
      () => ({
        service: { preset: "afi" },
        gcp: {
          createProject: { projectId: "acme-new-keys", billingAccount: "012345-6789AB-CDEF01", organizationId: "123456789012" },
        },
      }),
    ],
    ["location global", () => gcp({ location: "global" }), () => ({ service: { preset: "afi" }, gcp: { project: "acme-backup-keys", location: "global" } })],
    [
      "a location of Google Cloud's outside the residency when allowed",
      () => ({ ...gcp({ location: "us-east1" }), "byok:allowCrossRegion": "true" }),
      () => ({ service: { preset: "afi" }, gcp: { project: "acme-backup-keys", location: "us-east1", allowCrossRegion: true } }),
    ],
    [
      "a key that exists",
      () => gcp({ existing: { keyRing: "theirs", key: "old" } }),
      () => ({ service: { preset: "afi" }, gcp: { project: "acme-backup-keys", existing: { keyRing: "theirs", key: "old" } } }),
    ],
    [
      "Azure, which needs no service; ids in upper case",
      () => azure({ entraTenantId: ENTRA_TENANT.toUpperCase(), subscriptionId: SUBSCRIPTION.toUpperCase() }),
      () => ({ azure: { entraTenantId: ENTRA_TENANT, subscriptionId: SUBSCRIPTION, certificates: [certificate] } }),
    ],
    [
      "Azure for the preset, with everything",
      () => ({
        ...azure({
          certificates: [certificate, successor],
          resourceGroup: "keys",
          vaultName: "acme-vault",
          location: "northeurope",
          protectionLevel: "hsm",
          keySize: 4096,
        }),
        "byok:service": "afi",
      }),
      () => ({
        service: { preset: "afi" },
        azure: {
          entraTenantId: ENTRA_TENANT,
          subscriptionId: SUBSCRIPTION,
          certificates: [certificate, successor],
          resourceGroup: "keys",
          vaultName: "acme-vault",
          location: "northeurope",
          protectionLevel: ProtectionLevel.Hsm,
          keySize: 4096,
        },
      }),
    ],
    [
      "all three clouds, one service",
      () => ({
        ...azure(),
        ...gcp(),
        "byok:clouds": '["gcp","azure","aws"]',
        "byok:aws": '{"accountId":"111122223333"}',
        "byok:service": JSON.stringify({ awsRoleArn: ROLE, gcpServiceAccount: SERVICE_ACCOUNT }),
      }),
      () => ({
        service: { awsRoleArn: ROLE, gcpServiceAccount: SERVICE_ACCOUNT },
        aws: { accountId: "111122223333", region: "eu-central-1" },
        gcp: { project: "acme-backup-keys" },
        azure: { entraTenantId: ENTRA_TENANT, subscriptionId: SUBSCRIPTION, certificates: [certificate] },
      }),
    ],
  ];
  test.each(clouds)("%s", (_what, changes, expected) => {
    expect(parseStackConfig(config(changes()), NOW)).toEqual({ tenant, datacenter, ...expected() });
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
    ["clouds that are no list", { "byok:clouds": "aws" }, ["byok:clouds: must be a list, such as [aws, gcp]"]],
    [
      "a misspelt cloud, with the nearest; the objects of clouds are checked all the same",
      { "byok:clouds": '["asw"]', "byok:aws": '{"accountId":"1"}', "byok:gcp": '{"project":"1"}' },
      [
        'byok:clouds[0]: must be one of aws, gcp, azure, not "asw" (did you mean "aws"?)',
        `byok:aws.accountId: ${ACCOUNT_RULE}`,
        `byok:gcp.project: ${PROJECT_RULE}`,
      ],
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
      [`byok:service: must be the preset afi, not "afy" (did you mean "afi"?), or ${IDENTITIES}`],
    ],
    [
      "a list of services",
      { "byok:service": '["afi"]' },
      [`byok:service: must be the preset afi, or ${IDENTITIES}`],
    ],
    ["an empty service", { "byok:service": "{}" }, [EXACTLY_ONE]],
    [
      "two identities of the service",
      { "byok:service": `{"awsAccountId":"201720642051","awsRoleArn":"${ROLE}"}` },
      [EXACTLY_ONE],
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
      "an identity in a cloud that is not listed",
      { "byok:service": `{"awsAccountId":"201720642051","gcpServiceAccount":"${SERVICE_ACCOUNT}"}` },
      ["byok:service.gcpServiceAccount: byok:clouds does not list gcp; add it there, or remove this key"],
    ],
    [
      "a misspelt identity",
      { "byok:service": '{"awsAcountId":"201720642051"}' },
      [
        'byok:service.awsAcountId: unknown key (did you mean "awsAccountId"?); known here: awsAccountId, awsRoleArn, gcpServiceAccount',
      ],
    ],
    ["no aws", { "byok:aws": undefined }, ["byok:aws: is required: byok:clouds lists aws"]],
    [
      "clouds without their objects",
      { "byok:clouds": '["gcp","azure"]', "byok:aws": undefined },
      ["byok:gcp: is required: byok:clouds lists gcp", "byok:azure: is required: byok:clouds lists azure"],
    ],
    [
      "objects of clouds that are not listed",
      { "byok:gcp": '{"project":"acme-backup-keys"}', "byok:azure": "{}" },
      [
        "byok:gcp: byok:clouds does not list gcp; add it there, or remove this key",
        "byok:azure: byok:clouds does not list azure; add it there, or remove this key",
      ],
    ],
    [
      "what belongs to AWS, without AWS",
      {
        ...gcp({}, JSON.stringify({ awsAccountId: "201720642051", awsRoleArn: ROLE, gcpServiceAccount: SERVICE_ACCOUNT })),
        "byok:aws": '{"accountId":"111122223333"}',
        "aws:region": "eu-central-1",
      },
      [
        "byok:aws: byok:clouds does not list aws; add it there, or remove this key",
        "aws:region: byok:clouds does not list aws; add it there, or remove this key",
        "byok:service.awsAccountId: byok:clouds does not list aws; add it there, or remove this key",
        "byok:service.awsRoleArn: byok:clouds does not list aws; add it there, or remove this key",
      ],
    ],
    ["aws as text", { "byok:aws": "111122223333" }, ['byok:aws: must be an object, such as { accountId: "111122223333" }']],
    ["no account id", { "byok:aws": "{}" }, ["byok:aws.accountId: is required"]],
    ["an account id that lost its zero", { "byok:aws": '{"accountId":11122223333}' }, [`byok:aws.accountId: ${ACCOUNT_RULE}`]],
    ["a malformed account id", { "byok:aws": '{"accountId":"1111"}' }, [`byok:aws.accountId: ${ACCOUNT_RULE}`]],
    ["an account id of no text", { "byok:aws": '{"accountId":null}' }, [`byok:aws.accountId: ${ACCOUNT_RULE}`]],
    [
      "a misspelt member",
      { "byok:aws": '{"accountId":"111122223333","regoin":"eu-central-1"}' },
      [
        'byok:aws.regoin: unknown key (did you mean "region"?); known here: accountId, region, existing, grantBy, principalArns, serviceAddresses, multiRegion, replicaRegions, aliasName, rotationPeriodInDays, deletionWindowInDays',
      ],
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
        `byok:datacentre: unknown key (did you mean "datacenter"?); ${KNOWN}`,
        "byok:datacenter: is required",
      ],
    ],
    [
      "a key of nothing known",
      { "byok:colour": "blue" },
      [`byok:colour: unknown key; ${KNOWN}`],
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
      [`byok:azure.certificates[0]: looks like a private key. ${NO_SECRETS}`],
    ],
    [
      "an older private key where text belongs",
      { "byok:tenant": "-----BEGIN RSA PRIVATE KEY-----" },
      [`byok:tenant: looks like a private key. ${NO_SECRETS}`],
    ],
    [
      "an access key id",
      { "byok:aws": '{"accountId":"111122223333","accessKey":"AKIAIOSFODNN7EXAMPLE"}' },
      [`byok:aws.accessKey: looks like an AWS access key id. ${NO_SECRETS}`],
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
        "byok:clouds": '["gpc"]',
        "byok:service": '{"awsAccountId":"1"}',
        "byok:aws": '{"accountId":"1","region":"eu-west-1"}',
        "byok:tennant": "acme",
      },
      [
        `byok:tennant: unknown key (did you mean "tenant"?); ${KNOWN}`,
        "byok:tenant: must be 3 to 32 characters of a-z, 0-9 and -",
        'byok:datacenter: must be one of usa, eu, uk, au, ca, not "de"',
        'byok:clouds[0]: must be one of aws, gcp, azure, not "gpc" (did you mean "gcp"?)',
        `byok:service.awsAccountId: ${ACCOUNT_RULE}`,
        `byok:aws.accountId: ${ACCOUNT_RULE}`,
        "byok:aws.region: byok:datacenter decides the region; remove this key, or set byok:allowCrossRegion to true",
      ],
    ],
  ];

  test.each(rows)("%s", (_what, changes, problems) => {
    expect(problemsNow(config(changes))).toEqual(problems);
  });

  const NEW = { projectId: "acme-new-keys", billingAccount: "012345-6789AB-CDEF01" };
  const NUMBER_RULE = "must be the numeric id alone, such as 123456789012; in quotes";
  const inGcp: [what: string, changes: Record<string, string | undefined>, problems: string[]][] = [
    ["no service", { ...gcp(), "byok:service": undefined }, ["byok:service: is required"]],
    ["no identity", gcp({}, "{}"), ["byok:service.gcpServiceAccount: is required: byok:clouds lists gcp"]],
    [
      "an IAM member",
      gcp({}, `{"gcpServiceAccount":"serviceAccount:${SERVICE_ACCOUNT}"}`),
      [`byok:service.gcpServiceAccount: ${SERVICE_ACCOUNT_RULE}`],
    ],
    ["gcp as text", { ...gcp(), "byok:gcp": "acme-backup-keys" }, ["byok:gcp: must be an object, such as { project: acme-backup-keys }"]],
    ["a project's number", gcp({ project: 123456789012 }), [`byok:gcp.project: ${PROJECT_RULE}`]],
    ["no project", gcp({ project: undefined }), ["byok:gcp: must have exactly one of project and createProject"]],
    ["two projects", gcp({ createProject: NEW }), ["byok:gcp: must have exactly one of project and createProject"]],
    [
      "a malformed new project",
      gcp({ project: undefined, createProject: { projectId: "x", billingAccount: 1, displayName: 2, folderId: "keys", orgId: "1" } }),
      [
        "byok:gcp.createProject.billingAccount: must be text, in quotes",
        "byok:gcp.createProject.displayName: must be text",
        'byok:gcp.createProject.orgId: unknown key; known here: projectId, billingAccount, displayName, organizationId, folderId',
      ],
    ],
    [
      "a new project of text that cannot be",
      gcp({ project: undefined, createProject: { projectId: "x", billingAccount: "mine", displayName: "x", organizationId: "acme.com", folderId: 1 } }),
      [
        `byok:gcp.createProject.projectId: ${PROJECT_RULE}`,
        "byok:gcp.createProject.billingAccount: must be a billing account id such as 012345-6789AB-CDEF01",
        `byok:gcp.createProject.displayName: must be 4 to 30 letters, digits, spaces and any of - ' " !`,
        `byok:gcp.createProject.organizationId: ${NUMBER_RULE}`,
        "byok:gcp.createProject.organizationId: excludes folderId; keep one of them, or neither",
      ],
    ],
    [
      "a folder that is no number",
      gcp({ project: undefined, createProject: { ...NEW, folderId: "keys" } }),
      [`byok:gcp.createProject.folderId: ${NUMBER_RULE}`],
    ],
    ["a new project that is none", gcp({ project: undefined, createProject: true }), ["byok:gcp.createProject: must be an object with projectId and billingAccount"]],
    [
      "a new project without billing",
      gcp({ project: undefined, createProject: { projectId: "acme-new-keys" } }),
      ["byok:gcp.createProject.billingAccount: is required"],
    ],
    ["a multi-region", gcp({ location: "europe" }), ["byok:gcp.location: must be one exact region such as europe-west4, or global"]],
    [
      "a multi-region even when allowed",
      { ...gcp({ location: "eu" }), "byok:allowCrossRegion": "true" },
      ["byok:gcp.location: must be one exact region such as europe-west4, or global"],
    ],
    ["a region outside the residency", { ...gcp({ location: "europe-west4" }), "byok:datacenter": "uk" }, [`byok:gcp.location: ${UK}${CROSS}`]],
    ["a location that is no text", gcp({ location: 4 }), ["byok:gcp.location: must be text"]],
    [
      "Google's word for a protection level",
      gcp({ protectionLevel: "HSM" }),
      ['byok:gcp.protectionLevel: must be one of software, hsm, not "HSM" (did you mean "hsm"?)'],
    ],
    ["the preset's own project", gcp({ project: "afi-production" }), [`byok:gcp.project: is the project of the service afi; ${OWN_PROJECT}`]],
    [
      "the preset's own project, as a new one",
      gcp({ project: undefined, createProject: { ...NEW, projectId: "afi-production" } }),
      [`byok:gcp.createProject.projectId: is the project of the service afi; ${OWN_PROJECT}`],
    ],
    [
      "a service account of the tenant's project",
      gcp({}, '{"gcpServiceAccount":"backup@acme-backup-keys.iam.gserviceaccount.com"}'),
      [`byok:service.gcpServiceAccount: is in byok:gcp.project; ${OWN_PROJECT}`],
    ],
    [
      "Pulumi's own keys of Google Cloud",
      { ...gcp(), "gcp:project": "p", "gcp:region": "europe-west4", "gcp:zone": "a", "gcp:impersonateServiceAccount": "x" },
      [
        "gcp:project: is not read: the program makes its own Google Cloud provider, from byok:datacenter and byok:gcp; remove this key, see byok:gcp.project",
        "gcp:region: is not read: the program makes its own Google Cloud provider, from byok:datacenter and byok:gcp; remove this key, see byok:gcp.location",
        "gcp:zone: is not read: the program makes its own Google Cloud provider, from byok:datacenter and byok:gcp; remove this key, see byok:gcp.location",
        "gcp:impersonateServiceAccount: is not read: the program makes its own Google Cloud provider, from byok:datacenter and byok:gcp. Credentials come from the environment (gcloud auth application-default login, a service account, workload identity)",
      ],
    ],
    [
      "a service account's key file",
      { ...gcp(), "gcp:credentials": '{"type":"service_account","private_key":"-----BEGIN PRIVATE KEY-----\\nMII"}' },
      [`gcp:credentials.private_key: looks like a private key. ${NO_SECRETS}`],
    ],
    [
      "an access token",
      { ...gcp(), "gcp:accessToken": "ya29.a0AfH6SMBxxxxxxxxxxxxxxxxxxxxxxxx" },
      [`gcp:accessToken: looks like a Google Cloud access token. ${NO_SECRETS}`],
    ],
  ];
  test.each(inGcp)("in Google Cloud: %s", (_what, changes, problems) => {
    expect(problemsNow(config(changes))).toEqual(problems);
  });

  const NOT_AZURE = "is not read: the program makes its own Azure providers, from byok:datacenter and byok:azure";
  const AZURE_LOGIN = "Credentials come from the environment (az login, a service principal, a managed identity)";
  const inAzure: [what: string, changes: () => Record<string, string | undefined>, problems: string[]][] = [
    ["azure as text", () => ({ ...azure(), "byok:azure": SUBSCRIPTION }), ["byok:azure: must be an object with entraTenantId, subscriptionId and certificates"]],
    [
      "an empty object",
      () => ({ ...azure(), "byok:azure": "{}" }),
      ["byok:azure.entraTenantId: is required", "byok:azure.subscriptionId: is required", "byok:azure.certificates: is required"],
    ],
    [
      "names for ids",
      () => azure({ entraTenantId: "acme.onmicrosoft.com", subscriptionId: "Pay-As-You-Go" }),
      [`byok:azure.entraTenantId: ${GUID_RULE}`, `byok:azure.subscriptionId: ${GUID_RULE}`],
    ],
    ["one certificate that is in no list", () => azure({ certificates: certificate }), [`byok:azure.certificates: ${LIST_RULE}`]],
    ["no certificate", () => azure({ certificates: [] }), [`byok:azure.certificates: ${LIST_RULE}`]],
    ["three certificates", () => azure({ certificates: [certificate, successor, expired] }), [`byok:azure.certificates: ${LIST_RULE}`]],
    [
      "an expired certificate, and one that is none",
      () => azure({ certificates: [expired, 42] }),
      [
        "byok:azure.certificates[0]: expired at 2026-06-01T00:00:00Z; remove it, or give its successor (byok credentials rotate)",
        "byok:azure.certificates[1]: is no X.509 certificate in PEM (-----BEGIN CERTIFICATE-----)",
      ],
    ],
    [
      "the same certificate twice",
      () => azure({ certificates: [certificate, certificate] }),
      ["byok:azure.certificates[1]: is the same certificate as certificates[0]; an overlap takes two different ones"],
    ],
    [
      "a private key after a certificate",
      () => azure({ certificates: [certificate, `${successor}-----BEGIN RSA PRIVATE KEY-----\nMII`] }),
      [`byok:azure.certificates[1]: looks like a private key. ${NO_SECRETS}`],
    ],
    [
      "names that Azure refuses",
      () => azure({ resourceGroup: "/subscriptions/x", vaultName: "Acme_Vault" }),
      [
        "byok:azure.resourceGroup: must be the name of a resource group, not its id: 1 to 90 characters of A-Z, a-z, 0-9, ., _, (, ) and -, not ending with .",
        "byok:azure.vaultName: must be 3 to 24 characters of a-z, 0-9 and -, beginning with a letter, ending with a letter or digit, without --",
      ],
    ],
    ["a display name for a region", () => azure({ location: "West Europe" }), ["byok:azure.location: must be the name of an Azure region such as westeurope"]],
    [
      "a region outside the residency",
      () => ({ ...azure({ location: "northeurope" }), "byok:datacenter": "uk" }),
      [`byok:azure.location: is outside the residency of uk, which is uksouth, ukwest${CROSS}`],
    ],
    ["an odd key size", () => azure({ keySize: 1024 }), ["byok:azure.keySize: must be one of 2048, 3072, 4096 (bits)"]],
    ["a key size in words", () => azure({ keySize: "big" }), ["byok:azure.keySize: must be one of 2048, 3072, 4096 (bits)"]],
    [
      "an unknown protection level",
      () => azure({ protectionLevel: "premium" }),
      ['byok:azure.protectionLevel: must be one of software, hsm, not "premium"'],
    ],
    [
      "a client secret, by its name",
      () => azure({ clientSecret: "x" }),
      [
        "byok:azure.clientSecret: unknown key; known here: entraTenantId, subscriptionId, certificates, resourceGroup, vaultName, keyName, location, protectionLevel, keySize, rotationPeriodInDays, grantBy, serviceAddresses, existing, logAnalyticsWorkspaceId, logRetentionDays, lock",
      ],
    ],
    [
      "a client secret, by its looks",
      () => ({ ...azure(), "azuread:clientSecret": "abc8Q~0123456789abcdefghijABCDEFGHIJ_-.~" }),
      [`azuread:clientSecret: looks like an Entra client secret. ${NO_SECRETS}`],
    ],
    [
      "Pulumi's own keys of Azure",
      () => ({
        ...azure(),
        "azure-native:location": "westeurope",
        "azure-native:subscriptionId": SUBSCRIPTION,
        "azure-native:tenantId": ENTRA_TENANT,
        "azure-native:useMsi": "true",
        "azuread:tenantId": ENTRA_TENANT,
      }),
      [
        `azure-native:location: ${NOT_AZURE}; remove this key, see byok:azure.location`,
        `azure-native:subscriptionId: ${NOT_AZURE}; remove this key, see byok:azure.subscriptionId`,
        `azure-native:tenantId: ${NOT_AZURE}; remove this key, see byok:azure.entraTenantId`,
        `azure-native:useMsi: ${NOT_AZURE}. ${AZURE_LOGIN}`,
        `azuread:tenantId: ${NOT_AZURE}; remove this key, see byok:azure.entraTenantId`,
      ],
    ],
    [
      "an identity in AWS, where Azure alone is used",
      () => ({ ...azure(), "byok:service": '{"awsAccountId":"201720642051"}' }),
      ["byok:service.awsAccountId: byok:clouds does not list aws; add it there, or remove this key"],
    ],
    [
      "something wrong in every cloud, all at once",
      () => ({
        ...azure({ keySize: 1, location: "eastus" }),
        "byok:clouds": '["aws","gcp","azure"]',
        "byok:aws": '{"accountId":"1","region":"eu-west-1"}',
        "byok:gcp": '{"project":"x","location":"us-east1"}',
        "byok:service": "{}",
      }),
      [
        `byok:aws.accountId: ${ACCOUNT_RULE}`,
        `byok:gcp.project: ${PROJECT_RULE}`,
        "byok:azure.keySize: must be one of 2048, 3072, 4096 (bits)",
        `byok:aws.region: ${DECIDES}`,
        `byok:gcp.location: is outside the residency of eu, which is ${GCP_RESIDENCY.eu.join(", ")}${CROSS}`,
        `byok:azure.location: is outside the residency of eu, which is ${AZURE_RESIDENCY.eu.join(", ")}${CROSS}`,
        EXACTLY_ONE,
        "byok:service.gcpServiceAccount: is required: byok:clouds lists gcp",
      ],
    ],
  ];
  test.each(inAzure)("in Azure: %s", (_what, changes, problems) => {
    expect(problemsNow(config(changes()))).toEqual(problems);
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
  const member = fc.oneof(
    fc.constantFrom("global", "europe-west9", "northeurope", "us-east1", "hsm", "acme-backup-keys", "keys", ENTRA_TENANT),
    fc.boolean(),
    fc.constantFrom(2048, 4096, 1),
  );
  const members = ["project", "location", "protectionLevel", "existingKey", "keySize", "entraTenantId", "subscriptionId"];
  const object = fc.dictionary(fc.constantFrom(...members), member).map((value) => JSON.stringify(value));

  test("throws StackConfigError or returns a whole configuration, never anything else", () => {
    const text = fc.oneof(fc.string(), fc.json(), object, fc.constantFrom(...Object.values(VALID)));
    const keys = [...Object.keys(VALID), "byok:gcp", "byok:azure", "byok:allowCrossRegion", "aws:region"];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), text), (all) => {
        if (problemsNow(all).length > 0) return;
        const { tenant, aws, gcp, azure } = parseStackConfig(all, NOW);
        expect(tenant).toMatch(/^[a-z0-9-]{3,32}$/);
        expect(aws ?? gcp ?? azure).toBeDefined();
      }),
    );
  });

  test("what it accepts, the components accept: every mistake is reported by the name of its key", () => {
    const subset = fc.subarray(["aws", "gcp", "azure"], { minLength: 1 });
    const service = fc.constantFrom("afi", JSON.stringify({ awsRoleArn: ROLE, gcpServiceAccount: SERVICE_ACCOUNT }));
    const extras = fc.dictionary(fc.constantFrom("location", "protectionLevel", "existingKey"), member);
    let accepted = 0;
    fc.assert(
      fc.property(subset, service, extras, extras, fc.boolean(), (clouds, service, gcpExtras, azureExtras, cross) => {
        const everything: Record<string, string | undefined> = {
          ...gcp(gcpExtras),
          "byok:azure": azure(azureExtras)["byok:azure"],
          "byok:aws": VALID["byok:aws"],
        };
        for (const cloud of ["aws", "gcp", "azure"]) if (!clouds.includes(cloud)) everything[`byok:${cloud}`] = undefined;
        const all = config({
          ...everything,
          "byok:clouds": JSON.stringify(clouds),
          "byok:service": service,
          "byok:allowCrossRegion": String(cross),
        });
        if (problemsNow(all).length > 0) return;
        accepted++;
        const { service: whom, ...rest } = parseStackConfig(all, NOW);
        resolveTenantKeysArgs("k", { ...rest, ...(whom === undefined ? {} : "preset" in whom ? whom : { service: whom }) }, NOW);
      }),
      { numRuns: 500 },
    );
    // Of 500, about one in ten: enough to say something, and never none by chance.
    expect(accepted).toBeGreaterThan(5);
  });

  test("never repeats a secret", () => {
    const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    const keys = ["byok:tenant", "byok:datacenter", "byok:clouds", "byok:service", "byok:aws", "byok:other", "aws:region"];
    for (const key of keys) {
      const problems = problemsNow(config({ [key]: secret }));
      // A list of clouds that cannot be read asks for no cloud's object.
      expect(problems).toEqual([`${key}: looks like an AWS secret access key. ${NO_SECRETS}`]);
    }
  });
});
