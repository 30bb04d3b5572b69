import { describe, expect, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { parse } from "yaml";

import { Datacenter } from "../../components/regions.js";
import { parseServiceStackConfig, type ServiceStackConfig } from "../../stacks/service-config.js";
import { problemsOf } from "./config-problems.js";
import { ROOT } from "./stack-file.js";

const GCP = { project: "example-production" };

/** A stack's configuration: one cloud with these members, and other keys. */
function config(gcp: Readonly<Record<string, unknown>>, more: Readonly<Record<string, string | undefined>> = {}): Record<string, string> {
  const all: Record<string, string | undefined> = { "byokService:datacenter": "eu", "byokService:clouds": '["gcp"]', "byokService:gcp": JSON.stringify(gcp), ...more };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

describe("byokService", () => {
  test.each<[what: string, all: Record<string, string>, expected: ServiceStackConfig]>([
    ["little", config(GCP), { datacenter: Datacenter.Eu, gcp: { ...GCP, datacenter: Datacenter.Eu } }],
    [
      "everything",
      config(
        {
          ...GCP, location: "us-east1", accountId: "backup", perTenant: ["acme"], keyMetadata: false, keyName: "key", existing: { keyRing: "ring" },
          protectionLevel: "hsm", rotationPeriodInDays: 30, destroyDelayInDays: 60, labels: { cost: 7 },
        },
        { "byokService:allowCrossRegion": "true" },
      ),
      {
        datacenter: Datacenter.Eu,
        gcp: expect.objectContaining({ location: "us-east1", allowCrossRegion: true, labels: { cost: "7" }, perTenant: ["acme"], existing: { keyRing: "ring" } }) as never,
      },
    ],
  ])("%s is read", (_what, all, expected) => {
    expect(parseServiceStackConfig(all)).toEqual(expected);
  });

  const KEYS = "datacenter, clouds, allowCrossRegion, aws, gcp";
  test.each<[what: string, all: Record<string, string>, problems: unknown[]]>([
    ["nothing", {}, ["byokService:datacenter: is required", "byokService:clouds: is required"]],
    ["an unknown datacenter", config(GCP, { "byokService:datacenter": "mars" }), ['byokService:datacenter: must be one of usa, eu, uk, au, ca, not "mars"']],
    ["an unknown cloud", config(GCP, { "byokService:clouds": '["azure"]' }), ['byokService:clouds[0]: must be one of aws, gcp, not "azure"']],
    ["a cloud without its object", config(GCP, { "byokService:gcp": undefined }), ["byokService:gcp: is required"]],
    ["a misspelt key", config(GCP, { "byokService:cluods": "[]" }), [`byokService:cluods: unknown key (did you mean "clouds"?); known here: ${KEYS}`]],
    ["a tenant's key", config(GCP, { "byok:tenant": "acme" }), ["byok:tenant: is of a tenant's stack; this is the service's own, which reads byokService:*"]],
    ["a provider's key", config(GCP, { "gcp:project": "other" }), [expect.stringMatching(/^gcp:project: is not read: the program makes its own provider/)]],
    ["a cross-region that is none", config(GCP, { "byokService:allowCrossRegion": "yes" }), ["byokService:allowCrossRegion: must be true or false"]],
    ["a private key", config({ ...GCP, accountId: "-----BEGIN PRIVATE KEY-----" }), [expect.stringMatching(/^byokService:gcp.accountId: looks like .* no place for secrets/)]],
    ["gcp as text", config(GCP, { "byokService:gcp": "example" }), ["byokService:gcp: must be an object, such as { project: example-production }"]],
    ["no project", config({}), ["byokService:gcp.project: is required"]],
    ["a project's number", config({ project: "123456789012" }), [expect.stringMatching(/^byokService:gcp.project: must be a Google Cloud project id/)]],
    ["a region elsewhere", config({ ...GCP, location: "us-east1" }), [expect.stringMatching(/^byokService:gcp.location: is outside the residency of eu/)]],
    ["an account's e-mail", config({ ...GCP, accountId: "a@b" }), [expect.stringMatching(/^byokService:gcp.accountId: must be 6 to 30 characters/)]],
    ["tenants as text", config({ ...GCP, perTenant: "acme" }), ["byokService:gcp.perTenant: must be a list of tenants' ids"]],
    ["a tenant twice", config({ ...GCP, perTenant: ["acme", "acme"] }), ["byokService:gcp.perTenant[1]: is there twice"]],
    ["metadata as text", config({ ...GCP, keyMetadata: "yes" }), ["byokService:gcp.keyMetadata: must be true or false"]],
    ["names that are none", config({ ...GCP, keyRingName: "a/b", keyName: 7 }), ["byokService:gcp.keyName: must be text"]],
    ["how to create what exists", config({ ...GCP, existing: { key: "a" }, protectionLevel: "hsm" }), ["byokService:gcp.protectionLevel: says how to create a key; existing names one that is there"]],
    ["a protection level that is none", config({ ...GCP, protectionLevel: "HSM" }), ['byokService:gcp.protectionLevel: must be one of software, hsm, not "HSM" (did you mean "hsm"?)']],
    ["days that are none", config({ ...GCP, rotationPeriodInDays: 0, destroyDelayInDays: 121 }), ["byokService:gcp.rotationPeriodInDays: must be a whole number of days from 1 to 36500", "byokService:gcp.destroyDelayInDays: must be a whole number of days from 1 to 120"]],
    ["labels as a list", config({ ...GCP, labels: ["a"] }), ["byokService:gcp.labels: must be an object, such as { team: backup }"]],
    ["a misspelt member", config({ ...GCP, existing: { keyring: "a" } }), ['byokService:gcp.existing.keyring: unknown key (did you mean "keyRing"?); known here: keyRing, key']],
  ])("%s is refused", (_what, all, problems) => {
    expect(problemsOf(all, parseServiceStackConfig)).toEqual(problems);
  });

  const AWS = { accountId: "201720642051", trustedPrincipals: ["ec2.amazonaws.com"] };
  const aws = (members: Readonly<Record<string, unknown>>, more: Readonly<Record<string, string>> = {}): Record<string, string> =>
    config({}, { "byokService:clouds": '["aws"]', "byokService:gcp": undefined, "byokService:aws": JSON.stringify(members), ...more });

  test("AWS is read, and the datacenter decides the region", () => {
    const { region, ...read } = parseServiceStackConfig(aws({ ...AWS, tags: { cost: 7 }, tenantAccountIds: ["111122223333"] })).aws ?? {};
    expect({ region, ...read }).toEqual({ ...AWS, datacenter: "eu", region: "eu-central-1", tags: { cost: "7" }, tenantAccountIds: ["111122223333"] });
    expect(parseServiceStackConfig(aws({ ...AWS, region: "us-east-1" }, { "byokService:allowCrossRegion": "true" })).aws?.region).toBe("us-east-1");
  });

  test.each<[what: string, members: Readonly<Record<string, unknown>>, problems: unknown[]]>([
    ["nothing", {}, [expect.stringMatching(/^byokService:aws.accountId: /), "byokService:aws.trustedPrincipals: is required"]],
    ["a region", { ...AWS, region: "us-east-1" }, [expect.stringMatching(/^byokService:aws.region: byokService:datacenter decides it \(eu: eu-central-1\)/)]],
    ["everybody", { ...AWS, trustedPrincipals: ["*"] }, [expect.stringMatching(/^byokService:aws.trustedPrincipals\[0\]: .*no wildcards/)]],
    ["nobody", { ...AWS, trustedPrincipals: [] }, [expect.stringMatching(/^byokService:aws.trustedPrincipals: must name at least one/)]],
    ["its own account as a tenant's", { ...AWS, tenantAccountIds: ["201720642051"] }, [expect.stringMatching(/^byokService:aws.tenantAccountIds\[0\]: is the service's own account/)]],
    ["tenants as text", { ...AWS, tenantAccountIds: "111122223333" }, ["byokService:aws.tenantAccountIds: must be a list of account ids, in quotes"]],
    ["names that are none", { ...AWS, roleName: "a/b", aliasName: "x" }, [expect.stringMatching(/aws.roleName: /), expect.stringMatching(/aws.aliasName: /)]],
    ["metadata and regions as text", { ...AWS, keyMetadata: "yes", multiRegion: "no" }, ["byokService:aws.keyMetadata: must be true or false", "byokService:aws.multiRegion: must be true or false"]],
    ["days that are none", { ...AWS, rotationPeriodInDays: 1, deletionWindowInDays: 1 }, [expect.stringMatching(/aws.rotationPeriodInDays: .*90 to 2560/), expect.stringMatching(/aws.deletionWindowInDays: .*7 to 30/)]],
    ["tags as a list", { ...AWS, tags: [] }, ["byokService:aws.tags: must be an object, such as { Team: backup }"]],
    ["a misspelt member", { ...AWS, rolName: "a" }, [expect.stringMatching(/^byokService:aws.rolName: unknown key \(did you mean "roleName"\?\)/)]],
  ])("AWS: %s is refused", (_what, members, problems) => {
    expect(problemsOf(aws(members), parseServiceStackConfig)).toEqual(problems);
  });

  test("the example stack is read", async () => {
    const file = parse(await readFile(join(ROOT, "stacks", "service", "Pulumi.production-eu.yaml"), "utf8")) as { config: Record<string, unknown> };
    const all = Object.fromEntries(Object.entries(file.config).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]));
    expect(parseServiceStackConfig(all)).toMatchObject({ datacenter: "eu", aws: { accountId: "201720642051" }, gcp: { project: "afi-production", perTenant: ["acme"] } });
  });
});
