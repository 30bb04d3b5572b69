import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";

import { AWS_REGION_PATTERN } from "../../components/aws/identity.js";
import {
  AZURE_KEY_NAME_PATTERN,
  AZURE_RESOURCE_GROUP_PATTERN,
  AZURE_VAULT_NAME_PATTERN,
} from "../../components/azure/identity.js";
import { AZURE_LOCATION_PATTERN, AZURE_RESIDENCY } from "../../components/azure/locations.js";
import { GCP_KMS_NAME_PATTERN } from "../../components/gcp/identity.js";
import { GCP_REGION_PATTERN, GCP_RESIDENCY } from "../../components/gcp/locations.js";
import {
  AWS_ALIAS_PATTERN,
  TENANT_PATTERN,
  awsAliasName,
  azureVaultName,
  keyDescription,
  resourceName,
} from "../../components/names.js";
import { PRESETS, isServicePreset } from "../../components/presets.js";
import { DATACENTERS, Datacenter, REGIONS, isDatacenter } from "../../components/regions.js";
import { type ResidencyTable } from "../../components/residency.js";
import * as descriptor from "../../runtime/master-key/descriptor.js";

describe("regions", () => {
  test("the table, in full: changing a row moves keys", () => {
    expect(REGIONS).toEqual({
      usa: { aws: "us-east-2", gcp: "us-central1", azure: "centralus" },
      eu: { aws: "eu-central-1", gcp: "europe-west4", azure: "westeurope" },
      uk: { aws: "eu-west-2", gcp: "europe-west2", azure: "uksouth" },
      au: { aws: "ap-southeast-2", gcp: "australia-southeast1", azure: "australiaeast" },
      ca: { aws: "ca-central-1", gcp: "northamerica-northeast1", azure: "canadacentral" },
    });
  });

  test("datacenters are those of the descriptor, and every region is one", () => {
    expect(DATACENTERS).toEqual(descriptor.DATACENTERS);
    expect(Object.values(REGIONS).every(({ aws }) => AWS_REGION_PATTERN.test(aws))).toBe(true);
  });

  const residencies: [cloud: "gcp" | "azure", table: ResidencyTable, pattern: RegExp, expected: Record<string, string>][] = [
    [
      "gcp",
      GCP_RESIDENCY,
      GCP_REGION_PATTERN,
      {
        usa: "us-central1 us-east1 us-east4 us-east5 us-south1 us-west1 us-west2 us-west3 us-west4",
        eu: "europe-west4 europe-central2 europe-north1 europe-north2 europe-southwest1 europe-west1 europe-west3 europe-west8 europe-west9 europe-west10 europe-west12",
        uk: "europe-west2",
        au: "australia-southeast1 australia-southeast2",
        ca: "northamerica-northeast1 northamerica-northeast2",
      },
    ],
    [
      "azure",
      AZURE_RESIDENCY,
      AZURE_LOCATION_PATTERN,
      {
        usa: "centralus eastus eastus2 northcentralus southcentralus westcentralus westus westus2 westus3",
        eu: "westeurope austriaeast belgiumcentral denmarkeast francecentral francesouth germanynorth germanywestcentral italynorth northeurope polandcentral spaincentral swedencentral swedensouth",
        uk: "uksouth ukwest",
        au: "australiaeast australiacentral australiacentral2 australiasoutheast",
        ca: "canadacentral canadaeast",
      },
    ],
  ];
  test.each(residencies)("%s: residencies, in full, the datacenter's own region first, none in two", (cloud, table, pattern, expected) => {
    expect(Object.fromEntries(Object.entries(table).map(([datacenter, regions]) => [datacenter, regions.join(" ")]))).toEqual(expected);
    const all = Object.values(table).flat();
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((region) => !pattern.test(region))).toEqual([]);
    for (const datacenter of DATACENTERS) expect(table[datacenter][0]).toBe(REGIONS[datacenter][cloud]);
  });

  test("places outside the Union and outside a single region are in no residency", () => {
    const all = [...Object.values(GCP_RESIDENCY).flat(), ...Object.values(AZURE_RESIDENCY).flat()];
    for (const place of ["global", "eu", "us", "ca", "europe", "europe-west6", "switzerlandnorth", "norwayeast", "brazilsouth"]) {
      expect(all).not.toContain(place);
    }
  });

  test.each(["global", "eu", "nam4", "eur5", "us-central1-a", "Europe-west4", ""])("%j is no region of Google Cloud's", (location) => {
    expect(GCP_REGION_PATTERN.test(location)).toBe(false);
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
    expect(resourceName("acme", Datacenter.Eu)).toBe("byok-acme-eu");
    const longest = resourceName("a".repeat(32), Datacenter.Usa);
    expect(longest).toMatch(GCP_KMS_NAME_PATTERN);
    expect(longest).toMatch(AZURE_KEY_NAME_PATTERN);
    expect(longest).toMatch(AZURE_RESOURCE_GROUP_PATTERN);
  });

  const SUBSCRIPTION = "0d9b4e37-5a1c-4c86-b2f4-93e6a7c8d201";

  test.each([
    ["acme", Datacenter.Eu, "byok-acme-eu-mbdtyv"],
    ["a".repeat(32), Datacenter.Usa, "byok-aaaaaaaa-usa-wkxbqe"],
    ["a--b---c", Datacenter.Uk, "byok-a-b-c-uk-gz2pye"],
    ["-acme-", Datacenter.Uk, "byok-acme-uk-tlo7hk"],
    ["1234567-9", Datacenter.Au, "byok-1234567-au-zzpzf3"],
    ["---", Datacenter.Ca, "byok-ca-7wyxbv"],
  ])("vault of %s in %s: the same on every run, and as Azure wants it", (tenant, datacenter, expected) => {
    const name = azureVaultName(tenant, datacenter, SUBSCRIPTION);
    expect(name).toBe(expected);
    expect(name).toMatch(AZURE_VAULT_NAME_PATTERN);
  });

  test("vaults of tenants that begin alike, or of the same tenant elsewhere, differ", () => {
    const names = [
      azureVaultName("acme-corp-usa", Datacenter.Usa, SUBSCRIPTION),
      azureVaultName("acme-corp-canada", Datacenter.Usa, SUBSCRIPTION),
      azureVaultName("acme-corp-usa", Datacenter.Eu, SUBSCRIPTION),
      azureVaultName("acme-corp-usa", Datacenter.Usa, SUBSCRIPTION.replace("0", "1")),
    ];
    expect(new Set(names).size).toBe(names.length);
  });

  test("every vault name fits", () => {
    fc.assert(
      fc.property(fc.stringMatching(TENANT_PATTERN), fc.constantFrom(...DATACENTERS), fc.uuid(), (tenant, datacenter, id) => {
        expect(azureVaultName(tenant, datacenter, id)).toMatch(AZURE_VAULT_NAME_PATTERN);
      }),
    );
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
        gcp: {
          serviceAccount: "storage-byok@afi-production.iam.gserviceaccount.com",
          keyRingName: "afi-backup-keyring",
          keyName: "afi-backup-key",
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
