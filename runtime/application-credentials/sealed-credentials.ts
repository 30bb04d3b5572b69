/**
 * The document that holds an application's credentials: certificates in the clear, private keys sealed by the service key.
 * Nothing in it is secret to who lacks the service key.
 *
 *     { "schema": 1, "tenant", "id",
 *       "credentials": [ { "certificate": PEM, "thumbprint", "notBefore", "notAfter",
 *                          "serviceKey": { "provider", "keyId", "keyVersion"?, "wrap" }, "sealed" } ] }
 *
 * One credential, or two that overlap while one takes the other's place; the oldest first.
 *
 * @module
 */
import { z } from "zod";
import { TENANT_ID } from "../master-key/descriptor.js";
import { ByokError } from "../master-key/errors.js";
import { base64Bytes, sealedWrapSchema } from "../secret/sealed-wrap.js";
import { certificateFacts } from "./certificate.js";

/** Two certificates make a rotation without a gap; Entra is given both. */
export const MAX_CREDENTIALS = 2;

/** A sealed PKCS #8 key: RSA-4096 makes 2.4 kB. */
const MAX_SEALED_LENGTH = 4096;
const MAX_CERTIFICATE_LENGTH = 16_384;

const credentialSchema = z.strictObject({
  certificate: z.string().max(MAX_CERTIFICATE_LENGTH),
  thumbprint: z.string(),
  notBefore: z.string(),
  notAfter: z.string(),
  serviceKey: sealedWrapSchema,
  sealed: base64Bytes(MAX_SEALED_LENGTH),
});

const documentSchema = z.strictObject({
  schema: z.literal(1),
  tenant: z.string().regex(TENANT_ID, "must be 3 to 32 characters of a-z, 0-9 and -"),
  id: z.string().regex(/^[0-9a-f]{32}$/, "must be 32 hex digits"),
  credentials: z.array(credentialSchema).min(1).max(MAX_CREDENTIALS),
});

/** Application credentials as JSON, bytes as base64. */
export type SealedApplicationCredentials = z.input<typeof documentSchema>;

/** Application credentials with their bytes decoded. */
export type SealedDocument = z.output<typeof documentSchema>;

/** One certificate with its sealed private key. */
export type SealedCredential = z.output<typeof credentialSchema>;

/**
 * Checks that a JSON value is a document of application credentials, and that what it says of its certificates is what
 * they say. That authenticates nothing.
 *
 * @throws {@link ByokError} CONFIG_INVALID naming what is wrong with it.
 */
export function parseApplicationCredentials(json: unknown): SealedApplicationCredentials {
  return encodeDocument(decodeDocument(json));
}

/** As {@link parseApplicationCredentials}, with the bytes decoded. */
export function decodeDocument(json: unknown): SealedDocument {
  const parsed = documentSchema.safeParse(json);
  if (!parsed.success) {
    throw new ByokError("CONFIG_INVALID", `Not application credentials:\n${z.prettifyError(parsed.error)}`);
  }
  const { credentials } = parsed.data;
  credentials.forEach((credential, index) => {
    const facts = certificateFacts(credential.certificate);
    for (const name of ["thumbprint", "notBefore", "notAfter"] as const) {
      if (credential[name] === facts[name]) continue;
      throw new ByokError(
        "CONFIG_INVALID",
        `Not application credentials: credentials[${index}].${name} is not its certificate's, which is ${facts[name]}.`,
      );
    }
  });
  if (new Set(credentials.map(({ thumbprint }) => thumbprint)).size < credentials.length) {
    throw new ByokError("CONFIG_INVALID", "Not application credentials: the same certificate is in it twice.");
  }
  return parsed.data;
}

/** Back to JSON, members in the order above. */
export function encodeDocument(document: SealedDocument): SealedApplicationCredentials {
  return z.encode(documentSchema, document);
}
