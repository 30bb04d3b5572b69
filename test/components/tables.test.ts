import { describe, expect, test } from "@jest/globals";

import { AWS_REGION_PATTERN } from "../../components/aws/identity.js";
import { AWS_ALIAS_PATTERN, TENANT_PATTERN, awsAliasName, keyDescription } from "../../components/names.js";
import { PRESETS, isServicePreset } from "../../components/presets.js";
import { DATACENTERS, Datacenter, REGIONS, isDatacenter } from "../../components/regions.js";
import * as descriptor from "../../runtime/master-key/descriptor.js";

describe("regions", () => {
  test("the table, in full: changing a row moves keys", () => {
    expect(REGIONS).toEqual({
      usa: { aws: "us-east-2" },
      eu: { aws: "eu-central-1" },
      uk: { aws: "eu-west-2" },
      au: { aws: "ap-southeast-2" },
      ca: { aws: "ca-central-1" },
    });
  });

  test("datacenters are those of the descriptor, and every region is one", () => {
    expect(DATACENTERS).toEqual(descriptor.DATACENTERS);
    expect(Object.values(REGIONS).every(({ aws }) => AWS_REGION_PATTERN.test(aws))).toBe(true);
  });

  test.each([
    ["usa", true],
    ["USA", false],
    ["", false],
    [undefined, false],
    ["toString", false],
  ])("isDatacenter(%j) is %s", (value, expected) => {
    expect(isDatacenter(value)).toBe(expected);
  });
});

describe("names", () => {
  test("a tenant's id is what the descriptor says it is", () => {
    expect(TENANT_PATTERN).toEqual(descriptor.TENANT_ID);
  });

  test("carry tenant and datacenter, and are valid for the longest tenant", () => {
    expect(awsAliasName("acme", Datacenter.Eu)).toBe("alias/byok-acme-eu");
    expect(keyDescription("acme", Datacenter.Eu)).toBe("BYOK backup encryption key of acme for datacenter eu");
    expect(awsAliasName("a".repeat(32), Datacenter.Usa)).toMatch(AWS_ALIAS_PATTERN);
  });

  test("no two tenants and datacenters share an alias", () => {
    const tenants = ["acme", "acme-eu", "acme-usa-eu", "byok-acme"];
    const aliases = tenants.flatMap((tenant) => DATACENTERS.map((datacenter) => awsAliasName(tenant, datacenter)));
    expect(new Set(aliases).size).toBe(tenants.length * DATACENTERS.length);
  });

  test.each([
    ["alias/AFI-BYOK", true],
    ["alias/a/b_c", true],
    ["alias/aws/kms", false],
    ["alias/", false],
    ["AFI-BYOK", false],
    ["alias/a b", false],
    [`alias/${"a".repeat(251)}`, false],
  ])("alias %j: %s", (alias, valid) => {
    expect(AWS_ALIAS_PATTERN.test(alias)).toBe(valid);
  });
});

describe("presets", () => {
  test("afi, in full: what its guide has the tenant type", () => {
    expect(PRESETS).toEqual({
      afi: {
        aws: {
          serviceAccountId: "201720642051",
          aliasName: "alias/AFI-BYOK",
          description: "BYOK encryption key for Afi Backup",
          usage: "console",
        },
      },
    });
  });

  test.each([
    ["afi", true],
    ["Afi", false],
    ["toString", false],
    [undefined, false],
  ])("isServicePreset(%j) is %s", (value, expected) => {
    expect(isServicePreset(value)).toBe(expected);
  });
});
