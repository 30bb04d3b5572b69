/**
 * Verifies the JWT with which an application proves that it holds a certificate's key. Source: Microsoft identity platform,
 * "Microsoft identity platform application authentication certificate credentials"; RFC 7523, section 3.
 *
 * @module
 */
import { constants, createHash, type KeyObject, verify, X509Certificate } from "node:crypto";

import { z } from "zod";

import { LOGIN_HOST } from "../names.js";
import { type ApplicationRecord, type KeyCredentialRecord } from "../state.js";
import {
  assertionAudience,
  assertionClient,
  assertionMalformed,
  assertionOutOfTime,
  certificateExpired,
  certificateNotRegistered,
  certificateNotYetValid,
  type ShownKey,
  signatureMismatch,
} from "./errors.js";

/** Minutes that clocks may differ. Microsoft publishes none for assertions; five are its libraries' default. */
const SKEW_MS = 5 * 60_000;

const headerSchema = z.looseObject({
  alg: z.enum(["RS256", "PS256"]),
  x5t: z.string().optional(),
  "x5t#S256": z.string().optional(),
});

const payloadSchema = z.looseObject({
  aud: z.string(),
  exp: z.number(),
  iss: z.string(),
  sub: z.string(),
  nbf: z.number().optional(),
});

/**
 * Makes sure that an assertion is the application's. Its own times are compared with the wall clock, by which clients make
 * it; the certificate's with the sandbox's clock, which tests move.
 *
 * @param now sandbox time, epoch milliseconds.
 * @throws EntraError.
 */
export function verifyAssertion(assertion: string, application: ApplicationRecord, directory: string, now: number): void {
  const [header = "", payload = "", signature = "", ...rest] = assertion.split(".");
  const parsedHeader = headerSchema.safeParse(decode(header));
  const parsedPayload = payloadSchema.safeParse(decode(payload));
  if (!parsedHeader.success || !parsedPayload.success || rest.length > 0) throw assertionMalformed();
  const claims = parsedPayload.data;
  if (claims.iss !== application.appId || claims.sub !== application.appId) throw assertionClient();
  if (!audiences(directory).includes(claims.aud)) throw assertionAudience();

  const { alg, x5t, "x5t#S256": x5tS256 } = parsedHeader.data;
  const registered = application.keyCredentials.filter((candidate) => {
    const der = Buffer.from(candidate.certificate, "base64");
    return x5tS256 !== undefined ? x5tS256 === digest("sha256", der) : x5t === digest("sha1", der);
  });
  // A certificate may be registered anew beside a registration that ended.
  const credential = registered.find(({ startAt, endAt }) => now >= startAt && now < endAt) ?? registered[0];
  const shown: ShownKey = { thumbprint: thumbprintOf(credential, x5t), found: credential };
  if (credential === undefined) throw certificateNotRegistered(application.appId, shown);
  const { publicKey } = new X509Certificate(Buffer.from(credential.certificate, "base64"));
  if (!isSignedBy(publicKey, alg, `${header}.${payload}`, signature)) throw signatureMismatch(application.appId, shown);
  if (now >= credential.endAt) throw certificateExpired(application.appId, shown);
  if (now < credential.startAt) throw certificateNotYetValid(application.appId, shown);

  const wall = Date.now();
  const notBefore = (claims.nbf ?? 0) * 1000;
  const expires = claims.exp * 1000;
  if (wall > expires + SKEW_MS || wall < notBefore - SKEW_MS) throw assertionOutOfTime(wall, notBefore, expires);
}

/** What an assertion may be made for: the token endpoint, or the directory as issuer. */
function audiences(directory: string): string[] {
  const authority = `https://${LOGIN_HOST}/${directory}`;
  return [`${authority}/oauth2/v2.0/token`, `${authority}/v2.0`, `${authority}/oauth2/token`, `${authority}/`];
}

function isSignedBy(key: KeyObject, alg: "RS256" | "PS256", text: string, signature: string): boolean {
  if (key.asymmetricKeyType !== "rsa") return false;
  const padding =
    alg === "PS256"
      ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : { padding: constants.RSA_PKCS1_PADDING };
  return verify("sha256", Buffer.from(text), { key, ...padding }, Buffer.from(signature, "base64url"));
}

function digest(algorithm: "sha1" | "sha256", der: Buffer): string {
  return createHash(algorithm).update(der).digest("base64url");
}

function thumbprintOf(credential: KeyCredentialRecord | undefined, x5t: string | undefined): string | undefined {
  if (credential !== undefined) {
    return createHash("sha1").update(Buffer.from(credential.certificate, "base64")).digest("hex").toUpperCase();
  }
  return x5t === undefined ? undefined : Buffer.from(x5t, "base64url").toString("hex").toUpperCase();
}

function decode(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch {
    // Not JSON: the caller's schema says so.
    return undefined;
  }
}
