/**
 * The two ways in which a vault lets somebody use a key.
 *
 * @module
 */

/** How the service is granted the key. One vault knows one of the two at a time. */
export enum AzureGrantBy {
  /** An access policy of the vault: key permissions Encrypt and Decrypt. They hold for every key in the vault. */
  AccessPolicy = "accessPolicy",
  /** A role assignment on the key alone (Azure RBAC): wrap, unwrap, and reading what is known about the key. */
  Role = "role",
}

/** What the runtime asks of a key that is granted this way. The other operation opens such a wrap as well: both are RSA-OAEP-256. */
export const AZURE_OPERATIONS = { [AzureGrantBy.AccessPolicy]: "encrypt", [AzureGrantBy.Role]: "wrap" } as const;

/** Operations that a key must allow (`keyOps`) to be used when granted this way. */
export const AZURE_KEY_OPS: Readonly<Record<AzureGrantBy, readonly string[]>> = {
  [AzureGrantBy.AccessPolicy]: ["encrypt", "decrypt"],
  [AzureGrantBy.Role]: ["wrapKey", "unwrapKey"],
};
