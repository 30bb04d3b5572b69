/**
 * Key ids as people copy them from consoles: which cloud's they are, and what to give instead where one is not the key's
 * own id. Formats: runtime/master-key/descriptor.ts.
 *
 * @module
 */
import { ByokError } from "../../index.js";
import { AWS_KEY_ARN, AZURE_KEY_URI, GCP_KEY_NAME } from "../../master-key/descriptor.js";

/** A cloud whose keys a tenant can make by hand. */
export type CloudProvider = "gcp-kms" | "aws-kms" | "azure-key-vault";

/**
 * Tells the provider of a key id that may stand in a descriptor.
 *
 * @throws {@link ByokError} CONFIG_INVALID saying what to give instead.
 */
export function providerOf(keyId: string): CloudProvider {
  if (GCP_KEY_NAME.test(keyId)) return "gcp-kms";
  if (AWS_KEY_ARN.test(keyId)) return "aws-kms";
  if (AZURE_KEY_URI.test(keyId)) return "azure-key-vault";
  throw new ByokError("CONFIG_INVALID", `The key ${JSON.stringify(keyId)} ${problemOf(keyId)}`);
}

function problemOf(keyId: string): string {
  if (/^(?:\/\/cloudkms\.googleapis\.com\/|https:\/\/cloudkms\.googleapis\.com\/v1\/)?projects\//.test(keyId)) return gcpProblem(keyId);
  if (/^arn:|^alias\/|^mrk-|^[0-9a-f]{8}-/i.test(keyId)) return awsProblem(keyId);
  if (/^https?:\/\//i.test(keyId)) return azureProblem(keyId);
  return "is no key id that byok knows: give projects/P/locations/L/keyRings/R/cryptoKeys/K, the ARN of a KMS key, or https://VAULT.vault.azure.net/keys/KEY.";
}

function gcpProblem(keyId: string): string {
  const name = keyId.slice(keyId.indexOf("projects/"));
  const [key = ""] = name.split("/cryptoKeyVersions");
  if (GCP_KEY_NAME.test(key)) {
    return name === key
      ? `is not the key's resource name alone: give ${key}`
      : `names one version, and each rotation makes a new one: give the key, ${key}`;
  }
  return "is not the resource name of a key: give projects/P/locations/L/keyRings/R/cryptoKeys/K (Copy resource name, in the console).";
}

function awsProblem(keyId: string): string {
  const how = `give the key's own ARN: aws kms describe-key --query KeyMetadata.Arn --key-id ${/^[\w:/.-]+$/.test(keyId) ? keyId : "KEY"}`;
  if (keyId.includes("alias/")) return `is an alias, which may come to name another key: ${how}`;
  return `is not the full ARN of a KMS key: ${how}`;
}

function azureProblem(keyId: string): string {
  const url = URL.canParse(keyId) ? new URL(keyId) : undefined;
  const [, collection, key = "", version] = url?.pathname.split("/") ?? [];
  // As `host` is in lower case, so is the suggestion.
  const versionless = `https://${url?.host ?? ""}/keys/${key}`;
  if (collection === "keys" && AZURE_KEY_URI.test(versionless)) {
    return version === undefined || version === ""
      ? `is not spelled as the key's identifier: give ${versionless}`
      : `names one version, and each rotation makes a new one: give the key, ${versionless}`;
  }
  if (collection === "secrets" || collection === "certificates") {
    return `names one of the vault's ${collection}: give a key, https://VAULT.vault.azure.net/keys/KEY.`;
  }
  return "is not a key in a vault of Azure's public cloud: give https://VAULT.vault.azure.net/keys/KEY.";
}
