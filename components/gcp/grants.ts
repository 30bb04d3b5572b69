/**
 * What the service is granted on the tenant's key.
 *
 * @module
 */
import { CryptoKeyIAMMember } from "@pulumi/gcp/kms";
import type * as pulumi from "@pulumi/pulumi";

/** Encrypts and decrypts, and neither sees the key's metadata nor changes anything. IAM documentation, "Cloud KMS roles". */
const USE_ROLE = "roles/cloudkms.cryptoKeyEncrypterDecrypter";

/**
 * The smallest predefined role with `cloudkms.cryptoKeys.get`, which GetCryptoKey, the call behind `byok secret show`, asks
 * for; it has `cloudkms.cryptoKeyVersions.get` and `.list` too, and uses nothing. IAM documentation, "Cloud KMS roles";
 * Cloud KMS reference, "Permissions and roles".
 */
const METADATA_ROLE = "roles/cloudkms.viewer";

/** What to grant. */
export interface GcpGrants {
  readonly keyId: pulumi.Input<string>;
  readonly member: pulumi.Input<string>;
  /** Beside using the key, looking at it. */
  readonly metadata: boolean;
  /** Whether Pulumi refuses to withdraw them. Default: false. */
  readonly protect?: boolean;
}

/**
 * Grants on this key alone. Members, never a binding or a policy: those would take from others what they hold on this key.
 * Changing a member replaces it (terraform-provider-google, tpgiamresource/resource_iam_member.go): it is withdrawn and
 * made again, the key is not touched.
 *
 * @returns the grant to use the key
 */
export function registerGrants(parent: pulumi.Resource, name: string, { keyId, member, metadata, protect = false }: GcpGrants): CryptoKeyIAMMember {
  const options = { parent, protect, retainOnDelete: false };
  const grant = new CryptoKeyIAMMember(`${name}-grant`, { cryptoKeyId: keyId, role: USE_ROLE, member }, options);
  if (metadata) new CryptoKeyIAMMember(`${name}-metadata`, { cryptoKeyId: keyId, role: METADATA_ROLE, member }, options);
  return grant;
}
