import { describe, expect, test } from "@jest/globals";

import { type DeclaredResource } from "../../../review/declared-resource.js";
import { placeFindings, placesOf } from "../../../review/plan/places.js";
import { awsProvider, declared } from "../declared.js";

const aws = (region: string) => declared("aws:kms/key:Key", "k", { region }, { provider: awsProvider.urn });
const ring = (location: string) => declared("gcp:kms/keyRing:KeyRing", "k", {}, { id: `projects/p/locations/${location}/keyRings/r` });
const vault = (location: string) => declared("azure-native:keyvault:Vault", "k", { location }, { id: "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v" });

describe("places", () => {
  test.each<[string, DeclaredResource, string, string, string[]]>([
    ["AWS, the datacenter's region", aws("eu-central-1"), "account 111122223333", "kept", []],
    ["AWS, another one", aws("us-east-1"), "account 111122223333", "left", ["warning residency-left"]],
    ["Google Cloud, the datacenter's region", ring("europe-west4"), "project p", "kept", []],
    ["Google Cloud, within the residency", ring("europe-west1"), "project p", "kept", []],
    ["Google Cloud, outside", ring("europe-west2"), "project p", "left", ["warning residency-left"]],
    ["Google Cloud, global", ring("global"), "project p", "none", ["warning location-global"]],
    ["Azure, the datacenter's region", vault("westeurope"), "subscription s", "kept", []],
    ["Azure, outside", vault("eastus"), "subscription s", "left", ["warning residency-left"]],
    ["an adopted vault", declared("azure-native:keyvault:Key", "k", {}, { kind: "adopted", id: "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v/keys/k" }), "subscription s", "unknown", []],
    ["an adopted key in AWS", declared("aws:kms/key:Key", "k", {}, { kind: "adopted", id: "arn:aws:kms:eu-central-1:111122223333:key/1" }), "account 111122223333", "kept", []],
  ])("%s", (_, resource, account, residency, findings) => {
    const places = placesOf([awsProvider, resource], "eu");
    expect(places).toMatchObject([{ resource: "k", account, residency }]);
    expect(placeFindings(places).map(({ severity, code }) => `${severity} ${code}`)).toEqual(findings);
  });

  test("a key that is made is where its ring is", () => {
    const key = declared("gcp:kms/cryptoKey:CryptoKey", "key", {}, { id: "projects/p/locations/europe-west4/keyRings/r/cryptoKeys/k" });
    expect(placesOf([ring("europe-west4"), key], "eu").map(({ resource }) => resource)).toEqual(["k"]);
  });

  test("without a datacenter nothing is judged", () => {
    expect(placesOf([awsProvider, aws("eu-central-1")], undefined)).toMatchObject([{ residency: "unknown" }]);
  });
});
