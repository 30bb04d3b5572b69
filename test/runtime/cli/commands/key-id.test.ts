import { describe, expect, test } from "@jest/globals";
import { providerOf } from "../../../../runtime/cli/commands/key-id.js";
import { thrownBy } from "../../support.js";

const GCP = "projects/tenant-acme/locations/europe-west4/keyRings/ring/cryptoKeys/key";
const AWS = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-000000000000";
const AZURE = "https://acme-byok.vault.azure.net/keys/backup";
const VERSION = "0123456789abcdef0123456789abcdef";

describe("the provider of a key id", () => {
  test.each([
    [GCP, "gcp-kms"],
    ["projects/example.com:acme-prod/locations/global/keyRings/r/cryptoKeys/k", "gcp-kms"],
    [AWS, "aws-kms"],
    ["arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-0123456789abcdef0123456789abcdef", "aws-kms"],
    [AZURE, "azure-key-vault"],
  ])("%s", (keyId, provider) => {
    expect(providerOf(keyId)).toBe(provider);
  });

  const arn = "give the key's own ARN: aws kms describe-key --query KeyMetadata.Arn --key-id";
  test.each<[string, string]>([
    [`${GCP}/cryptoKeyVersions/3`, `names one version, and each rotation makes a new one: give the key, ${GCP}`],
    [`//cloudkms.googleapis.com/${GCP}`, `is not the key's resource name alone: give ${GCP}`],
    [`https://cloudkms.googleapis.com/v1/${GCP}/cryptoKeyVersions/1`, `names one version, and each rotation makes a new one: give the key, ${GCP}`],
    ["projects/tenant-acme/locations/europe-west4/keyRings/ring", "is not the resource name of a key: give projects/P/locations/L/keyRings/R/cryptoKeys/K (Copy resource name, in the console)."],
    ["arn:aws:kms:eu-central-1:111122223333:alias/AFI-BYOK", `is an alias, which may come to name another key: ${arn} arn:aws:kms:eu-central-1:111122223333:alias/AFI-BYOK`],
    ["alias/AFI-BYOK", `is an alias, which may come to name another key: ${arn} alias/AFI-BYOK`],
    ["00000000-0000-4000-8000-000000000000", `is not the full ARN of a KMS key: ${arn} 00000000-0000-4000-8000-000000000000`],
    ["arn:aws:kms:eu-central-1:111122223333:key/$(rm -rf)", `is not the full ARN of a KMS key: ${arn} KEY`],
    [`${AZURE}/${VERSION}`, `names one version, and each rotation makes a new one: give the key, ${AZURE}`],
    ["https://ACME-byok.vault.azure.net/keys/backup", `is not spelled as the key's identifier: give ${AZURE}`],
    [`${AZURE}/`, `is not spelled as the key's identifier: give ${AZURE}`],
    ["https://acme-byok.vault.azure.net:443/keys/backup", `is not spelled as the key's identifier: give ${AZURE}`],
    ["http://acme-byok.vault.azure.net/keys/backup", `is not spelled as the key's identifier: give ${AZURE}`],
    ["https://acme-byok.vault.azure.net/secrets/backup", "names one of the vault's secrets: give a key, https://VAULT.vault.azure.net/keys/KEY."],
    ["https://acme.managedhsm.azure.net/keys/backup", "is not a key in a vault of Azure's public cloud: give https://VAULT.vault.azure.net/keys/KEY."],
    ["https://acme-byok.vault.azure.net.evil.example/keys/backup", "is not a key in a vault of Azure's public cloud: give https://VAULT.vault.azure.net/keys/KEY."],
    ["https://", "is not a key in a vault of Azure's public cloud: give https://VAULT.vault.azure.net/keys/KEY."],
    ["my-key", "is no key id that byok knows: give projects/P/locations/L/keyRings/R/cryptoKeys/K, the ARN of a KMS key, or https://VAULT.vault.azure.net/keys/KEY."],
  ])("%s is refused with what to give instead", (keyId, words) => {
    expect(thrownBy(() => providerOf(keyId))).toMatchObject({ code: "CONFIG_INVALID", message: `The key ${JSON.stringify(keyId)} ${words}` });
  });
});
