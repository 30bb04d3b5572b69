/** What exists in a cloud, and can be taken over as it is. */

/** What exists in the cloud, for programs that read it: the state of the resource with that id. */
export type Existing = (type: string, id: string) => Record<string, unknown>;

/** A key of Google Cloud's that fits. */
export const fitting: Existing = (type, id) =>
  type === "gcp:kms/cryptoKey:CryptoKey"
    ? {
        purpose: "ENCRYPT_DECRYPT",
        importOnly: false,
        versionTemplate: { algorithm: "GOOGLE_SYMMETRIC_ENCRYPTION", protectionLevel: "SOFTWARE" },
        primaries: [{ name: `${id}/cryptoKeyVersions/1`, state: "ENABLED" }],
      }
    : {};
