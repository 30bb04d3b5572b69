import { describe, expect, test } from "@jest/globals";
import { Datacenter, REGIONS } from "../../../components/regions.js";
import { DATACENTER_REGIONS, regionWarning } from "../../../runtime/cli/datacenter-regions.js";
import { DATACENTERS, type MasterKeyDescriptor } from "../../../runtime/index.js";

test("the regions are those of the components' table", () => {
  expect(Object.keys(DATACENTER_REGIONS)).toEqual([...DATACENTERS]);
  for (const datacenter of Object.values(Datacenter)) expect(REGIONS[datacenter]).toMatchObject(DATACENTER_REGIONS[datacenter]);
});

describe("what is told of a key's region", () => {
  const aws = (region: string): MasterKeyDescriptor => ({
    schema: 1, tenant: "acme", datacenter: "uk", grantedTo: "x", provider: "aws-kms", aliasName: "alias/x",
    keyArn: `arn:aws:kms:${region}:111122223333:key/00000000-0000-4000-8000-000000000000`,
  });
  const gcp = (location: string): MasterKeyDescriptor => ({
    schema: 1, tenant: "acme", datacenter: "uk", grantedTo: "x", provider: "gcp-kms",
    keyName: `projects/tenant-acme/locations/${location}/keyRings/r/cryptoKeys/k`,
  });
  const local: MasterKeyDescriptor = { schema: 1, tenant: "acme", datacenter: "uk", grantedTo: "x", provider: "local", path: "/k" };
  const guid = "00000000-0000-4000-8000-000000000001";
  const azure: MasterKeyDescriptor = {
    schema: 1, tenant: "acme", datacenter: "uk", grantedTo: guid, provider: "azure-key-vault", keyUri: "https://acme.vault.azure.net/keys/k",
    entraTenantId: guid, clientId: guid, certificateThumbprint: "0".repeat(40), certificateNotAfter: "2027-01-31T00:00:00Z", operation: "encrypt",
  };
  const told = (region: string, usual: string): string => `the key is in ${region}, and keys of datacenter uk are usually in ${usual}: is that where the tenant wants it?`;

  test.each<[string, MasterKeyDescriptor, string | undefined]>([
    ["AWS, at home", aws("eu-west-2"), undefined],
    ["AWS, elsewhere", aws("eu-west-1"), told("eu-west-1", "eu-west-2")],
    ["Google, at home", gcp("europe-west2"), undefined],
    ["Google, elsewhere", gcp("global"), told("global", "europe-west2")],
    ["Azure, whose identifiers tell no region", azure, undefined],
    ["local", local, undefined],
  ])("%s", (_name, descriptor, expected) => {
    expect(regionWarning(descriptor)).toBe(expected);
  });
});
