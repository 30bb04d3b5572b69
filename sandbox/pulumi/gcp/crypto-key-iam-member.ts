/**
 * `gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember`. Source: terraform-provider-google, services/kms/iam_kms_crypto_key.go;
 * @pulumi/gcp/kms/cryptoKeyIAMMember.d.ts.
 *
 * @module
 */
import { type GcpContext } from "./context.js";
import { iamMemberType, type Policy } from "./iam-member.js";

/** A grant on a key. */
export const cryptoKeyIamMemberType = iamMemberType({
  token: "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
  idProperty: "cryptoKeyId",
  name: keyName,
  describe: (name) => `KMS CryptoKey "${name}"`,
  // The SDK's types ask for the methods of its message classes, which plain objects do not have and do not need.
  getPolicy: ({ google }, resource) =>
    google.kms<Policy>((client) => client.getIamPolicy({ resource } as unknown as Parameters<typeof client.getIamPolicy>[0])),
  setPolicy: async ({ google }, resource, policy) => {
    await google.kms<Policy>((client) => client.setIamPolicy({ resource, policy } as unknown as Parameters<typeof client.setIamPolicy>[0]));
  },
});

/** A key's resource name, of the forms that ParseKmsCryptoKeyId takes. */
function keyName({ project }: GcpContext, id: string): string {
  if (/^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/.test(id)) return id;
  const parts = id.split("/");
  const [owner, location, ring, key] = parts.length === 3 && project !== undefined ? [project, ...parts] : parts;
  if (parts.length > 4 || owner === undefined || location === undefined || ring === undefined || key === undefined) {
    throw new Error(
      `Invalid CryptoKey id format, expecting \`{projectId}/{locationId}/{KeyringName}/{cryptoKeyName}\` or \`{locationId}/{keyRingName}/{cryptoKeyName}, got id: ${id}\``,
    );
  }
  return `projects/${owner}/locations/${location}/keyRings/${ring}/cryptoKeys/${key}`;
}
