/**
 * The master key descriptor: the public JSON that provisioning (`pulumi stack output masterKeys`) hands to the runtime.
 * It holds no secret, and it is the only place key ids may come from.
 *
 * @module
 */
import { z } from "zod";

/** The service's own region groups; the datacenter picks the cloud region of a key. */
export const DATACENTERS = ["usa", "eu", "uk", "au", "ca"] as const;

/** One of {@link DATACENTERS}. */
export type Datacenter = (typeof DATACENTERS)[number];

/** A tenant's id: 3 to 32 characters of `a-z`, `0-9` and `-`. */
export const TENANT_ID = /^[a-z0-9-]{3,32}$/;

/**
 * A full ARN of a KMS key, single-Region or multi-Region (`mrk-`). Aliases and bare key ids are refused: they resolve in
 * whichever account asks. Format: AWS Service Authorization Reference, "Actions, resources, and condition keys for AWS
 * Key Management Service", resource type `key`.
 */
export const AWS_KEY_ARN =
  /^arn:(aws|aws-us-gov|aws-cn):kms:[a-z]{2}(-[a-z]+)+-\d:\d{12}:key\/([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/;

/**
 * Resource name of a Cloud KMS key; never of a version. Formats: Cloud KMS reference, `CryptoKey.name`, "Creating a key
 * ring" (`[a-zA-Z0-9_-]{1,63}`); Resource Manager reference, `Project.projectId`, an older domain prefix included.
 * Groups: project, location.
 */
export const GCP_KEY_NAME =
  /^projects\/((?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9])\/locations\/([a-z0-9-]+)\/keyRings\/[A-Za-z0-9_-]{1,63}\/cryptoKeys\/[A-Za-z0-9_-]{1,63}$/;

/**
 * Versionless identifier of a key in a vault of the public cloud, host in lower case. Another host would be an address that
 * a descriptor makes the service contact. Formats: Azure Key Vault REST reference, "Common parameters and headers", object
 * identifiers; Azure naming rules for `Microsoft.KeyVault/vaults` (3 to 24 characters, begins with a letter, ends with a
 * letter or digit, no consecutive hyphens) and `vaults/keys`. Groups: vault, key.
 */
export const AZURE_KEY_URI =
  /^https:\/\/((?!.*--)[a-z][a-z0-9-]{1,22}[a-z0-9])\.vault\.azure\.net\/keys\/([A-Za-z0-9-]{1,127})$/;

/** Version of an Azure key: 32 hex digits after the key's identifier. Azure Key Vault REST reference, as above. */
export const AZURE_KEY_VERSION = /^[0-9a-f]{32}$/;

/** A directory, subscription, application or object id of Azure, in lower case. */
export const AZURE_GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** SHA-1 of a certificate's DER, upper-case hex, as Azure's portal shows it. A name for it, not a proof. */
export const CERTIFICATE_THUMBPRINT = /^[0-9A-F]{40}$/;

/** Account of a full ARN: its fifth field. Source: AWS General Reference, "Amazon Resource Names (ARNs)". */
export function awsAccountOf(arn: string): string {
  return arn.split(":")[4] ?? "";
}

const common = {
  schema: z.literal(1),
  tenant: z.string().regex(TENANT_ID, "must be 3 to 32 characters of a-z, 0-9 and -"),
  datacenter: z.enum(DATACENTERS),
  grantedTo: z.string().min(1),
};

/**
 * Why an ARN cannot be a replica of a key's: replicas share account and id, which is a multi-Region key's, and differ in the
 * region. Anything else would send shares to another key.
 */
function replicaProblem(keyArn: string, replicaArn: string, others: readonly string[]): string | undefined {
  const [key, replica] = [keyArn.split(":"), replicaArn.split(":")];
  const id = key[5] ?? "";
  const isSameKey = id.startsWith("key/mrk-") && replica[5] === id && replica[4] === key[4] && replica[1] === key[1];
  if (!isSameKey) return "must be the same multi-Region key (key/mrk-...) as keyArn, of the same account, in another region";
  return replica[3] === key[3] || others.includes(replicaArn) ? "names a region twice" : undefined;
}

const awsKmsDescriptor = z.strictObject({
  ...common,
  provider: z.literal("aws-kms"),
  keyArn: z.string().regex(AWS_KEY_ARN, "must be the full ARN of a KMS key, not an alias or a bare key id"),
  replicaArns: z.array(z.string().regex(AWS_KEY_ARN, "must be the full ARN of a KMS key")).optional(),
  aliasName: z
    .string()
    .regex(/^alias\/[A-Za-z0-9/_-]{1,250}$/, "must look like alias/NAME")
    .optional(),
}).superRefine(({ keyArn, replicaArns = [] }, context) => {
  for (const [index, replicaArn] of replicaArns.entries()) {
    // What is no ARN at all is said already.
    if (!AWS_KEY_ARN.test(keyArn) || !AWS_KEY_ARN.test(replicaArn)) continue;
    const message = replicaProblem(keyArn, replicaArn, replicaArns.slice(0, index));
    if (message !== undefined) context.addIssue({ code: "custom", path: ["replicaArns", index], message });
  }
});

const gcpKmsDescriptor = z.strictObject({
  ...common,
  provider: z.literal("gcp-kms"),
  keyName: z
    .string()
    .regex(GCP_KEY_NAME, "must be projects/P/locations/L/keyRings/R/cryptoKeys/K, without a version"),
});

const guid = z.string().regex(AZURE_GUID, "must be a GUID in lower case");

const azureKeyVaultDescriptor = z.strictObject({
  ...common,
  provider: z.literal("azure-key-vault"),
  keyUri: z
    .string()
    .regex(AZURE_KEY_URI, "must be https://VAULT.vault.azure.net/keys/KEY, in lower case up to the key's name and without a version"),
  entraTenantId: guid,
  clientId: guid,
  certificateThumbprint: z.string().regex(CERTIFICATE_THUMBPRINT, "must be the certificate's SHA-1 thumbprint, 40 upper-case hex digits"),
  certificateNotAfter: z.iso.datetime("must be a date and time in UTC, such as 2027-01-31T00:00:00Z"),
  operation: z.enum(["encrypt", "wrap"]),
});

const localDescriptor = z.strictObject({
  ...common,
  provider: z.literal("local"),
  path: z.string().min(1),
});

/** Schema of one descriptor; unknown members are refused, so that a typo cannot pass as an option. */
export const masterKeyDescriptorSchema = z.discriminatedUnion("provider", [
  gcpKmsDescriptor,
  awsKmsDescriptor,
  azureKeyVaultDescriptor,
  localDescriptor,
]);

/** Schema of the stack output `masterKeys`: one or more descriptors. */
export const masterKeyDescriptorsSchema = z.array(masterKeyDescriptorSchema).min(1);

/**
 * A key in AWS KMS. `grantedTo` is the ARN of the principal that is granted; `replicaArns` are the replicas of a multi-Region key;
 * `aliasName` is left out for a key that was adopted by its ARN.
 */
export type AwsKmsDescriptor = z.infer<typeof awsKmsDescriptor>;

/** A key in Google Cloud KMS. `grantedTo` is the IAM member that was granted, e.g. `serviceAccount:NAME@PROJECT.iam.gserviceaccount.com`. */
export type GcpKmsDescriptor = z.infer<typeof gcpKmsDescriptor>;

/**
 * An RSA key in Azure Key Vault. `grantedTo` is the object id of the application's service principal in the tenant's
 * directory; `clientId` and the certificate are how the service signs in as it. `operation` is what the grant allows:
 * `encrypt` (keys/encrypt, keys/decrypt) or `wrap` (keys/wrapKey, keys/unwrapKey).
 */
export type AzureKeyVaultDescriptor = z.infer<typeof azureKeyVaultDescriptor>;

/** A key in a 0600 file: development and the service's own default, never a tenant's key in production. */
export type LocalDescriptor = z.infer<typeof localDescriptor>;

/** Any descriptor; branch on `provider`. */
export type MasterKeyDescriptor = z.infer<typeof masterKeyDescriptorSchema>;

/** Where a descriptor's key is, in the provider's own words: its id, or the path of a local key's file. */
export function placeOf(descriptor: MasterKeyDescriptor): string {
  switch (descriptor.provider) {
    case "gcp-kms":
      return descriptor.keyName;
    case "aws-kms":
      return descriptor.keyArn;
    case "azure-key-vault":
      return descriptor.keyUri;
    case "local":
      return descriptor.path;
  }
}

/** Whose a key is: the account, project or directory that it lives in. */
export interface KeyHome {
  readonly kind: "AWS account" | "Google Cloud project" | "Entra directory";
  readonly id: string;
}

/** Whose a descriptor's key is, as far as the descriptor tells; undefined for a local one. */
export function homeOf(descriptor: MasterKeyDescriptor): KeyHome | undefined {
  switch (descriptor.provider) {
    case "gcp-kms":
      return { kind: "Google Cloud project", id: GCP_KEY_NAME.exec(descriptor.keyName)?.[1] ?? "" };
    case "aws-kms":
      return { kind: "AWS account", id: awsAccountOf(descriptor.keyArn) };
    case "azure-key-vault":
      return { kind: "Entra directory", id: descriptor.entraTenantId };
    case "local":
      return undefined;
  }
}
