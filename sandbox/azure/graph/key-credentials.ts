/**
 * Certificates of applications. Microsoft Graph reference, `keyCredential`; "Add a certificate to an app using Microsoft
 * Graph".
 *
 * @module
 */
import { createHash, randomUUID, X509Certificate } from "node:crypto";

import { z } from "zod";

import { GUID } from "../names.js";
import { type KeyCredentialRecord } from "../state.js";
import { badRequest, credentialEndsTooLate } from "./errors.js";

const time = z.iso.datetime({ offset: true });

/** One credential of a request. Without `key` it means one that is there already, by `keyId`. */
export const keyCredentialSchema = z.strictObject({
  keyId: z.string().regex(GUID, "must be a GUID").nullish(),
  type: z.literal("AsymmetricX509Cert").nullish(),
  usage: z.literal("Verify").nullish(),
  displayName: z.string().nullish(),
  startDateTime: time.nullish(),
  endDateTime: time.nullish(),
  customKeyIdentifier: z.string().nullish(),
  key: z.base64().nullish(),
});

/**
 * The credentials that a request leaves an application with.
 *
 * @throws GraphError for what is no certificate, or outlives its own.
 */
export function keyCredentials(
  given: readonly z.infer<typeof keyCredentialSchema>[],
  before: readonly KeyCredentialRecord[],
): KeyCredentialRecord[] {
  return given.map((one) => {
    const known = before.find(({ keyId }) => keyId === one.keyId?.toLowerCase());
    if (one.key == null) {
      if (known === undefined) throw badRequest("A key credential needs a key.");
      return known;
    }
    if (one.type == null || one.usage == null) throw badRequest("A key credential needs a type and a usage.");
    return fromCertificate(Buffer.from(one.key, "base64"), one);
  });
}

function fromCertificate(der: Buffer, given: z.infer<typeof keyCredentialSchema>): KeyCredentialRecord {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(der);
  } catch {
    throw badRequest("The value of the key credential is not a valid X.509 certificate.");
  }
  const [validFrom, validTo] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  const startAt = given.startDateTime == null ? validFrom : Date.parse(given.startDateTime);
  const endAt = given.endDateTime == null ? validTo : Date.parse(given.endDateTime);
  if (endAt > validTo || endAt < startAt || startAt < validFrom) throw credentialEndsTooLate();
  return {
    keyId: given.keyId?.toLowerCase() ?? randomUUID(),
    displayName: given.displayName ?? certificate.subject,
    startAt,
    endAt,
    certificate: certificate.raw.toString("base64"),
  };
}

/** SHA-1 of a credential's certificate, upper-case hex, as the portal shows it. */
export function thumbprintOf(credential: KeyCredentialRecord): string {
  return createHash("sha1").update(Buffer.from(credential.certificate, "base64")).digest("hex").toUpperCase();
}

/** A credential as Graph shows it: without the certificate, unless it is selected. */
export function shownKeyCredential(credential: KeyCredentialRecord): object {
  return {
    customKeyIdentifier: Buffer.from(thumbprintOf(credential), "hex").toString("base64"),
    displayName: credential.displayName,
    endDateTime: new Date(credential.endAt).toISOString().replace(".000Z", "Z"),
    key: null,
    keyId: credential.keyId,
    startDateTime: new Date(credential.startAt).toISOString().replace(".000Z", "Z"),
    type: "AsymmetricX509Cert",
    usage: "Verify",
  };
}
