/**
 * Signature Version 4, verified. Source: IAM User Guide, "Create a signed AWS API request"; error names: AWS KMS API
 * Reference, "Common Errors"; messages as AWS services send them (also quoted in the IAM User Guide's "Troubleshoot
 * Signature Version 4 signing").
 *
 * @module
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { type IncomingHttpHeaders } from "node:http";

import { KmsError } from "./errors.js";
import { type IdentityRecord } from "./identity.js";

/** Signatures are good for five minutes in either direction. */
const TOLERANCE_MS = 5 * 60_000;

/** A request as it arrived. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Who signed, and for which Region. */
export interface Signer {
  readonly identity: IdentityRecord;
  readonly region: string;
}

/**
 * Finds out who signed a request.
 *
 * @param now wall clock in epoch milliseconds; the sandbox's own clock may stand years ahead, a signer's does not.
 * @throws KmsError MissingAuthenticationTokenException, IncompleteSignatureException, UnrecognizedClientException,
 * ExpiredTokenException or InvalidSignatureException.
 */
export function verifySignature(request: SignedRequest, identities: readonly IdentityRecord[], now: number): Signer {
  const header = request.headers.authorization;
  if (header === undefined) throw new KmsError("MissingAuthenticationTokenException", "Missing Authentication Token");
  const { accessKeyId, date, region, service, signedHeaders, signature } = parseAuthorization(header);

  const identity = identities.find((candidate) => candidate.accessKeyId === accessKeyId);
  const token = single(request.headers, "x-amz-security-token");
  if (identity === undefined || (identity.sessionToken !== null && identity.sessionToken !== token)) {
    throw new KmsError("UnrecognizedClientException", "The security token included in the request is invalid.");
  }
  if (service !== "kms") throw invalidSignature("Credential should be scoped to correct service: 'kms'. ");
  const timestamp = single(request.headers, "x-amz-date") ?? "";
  const signedAt = parseTimestamp(timestamp);
  if (signedAt === undefined || !timestamp.startsWith(date)) {
    throw new KmsError("IncompleteSignatureException", "Date must be in ISO-8601 'basic format' and match the credential scope.");
  }
  for (const required of ["host", "x-amz-date"]) {
    if (!signedHeaders.includes(required)) {
      throw invalidSignature(`'${required}' must be a 'SignedHeader' in the AWS Authorization.`);
    }
  }
  const scope = `${date}/${region}/kms/aws4_request`;
  const stringToSign = ["AWS4-HMAC-SHA256", timestamp, scope, sha256(canonicalRequest(request, signedHeaders))].join("\n");
  const expected = hmac(signingKey(identity.secretAccessKey, date, region), stringToSign).toString("hex");
  if (!equal(expected, signature)) {
    throw invalidSignature(
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    );
  }
  checkAge(timestamp, signedAt, now);
  // Last: an expired session still has to prove that it is that session.
  if (identity.expired) {
    throw new KmsError("ExpiredTokenException", "The security token included in the request is expired");
  }
  return { identity, region };
}

/** Whoever signs, for {@link signedHeadersOf}. */
export interface SigningCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** Headers that sign a POST to `/`, as the SDKs do. */
export function signedHeadersOf(
  { host, target, body }: { readonly host: string; readonly target: string; readonly body: string },
  { accessKeyId, secretAccessKey, sessionToken }: SigningCredentials,
  region: string,
  now: number,
): Record<string, string> {
  const timestamp = formatTimestamp(now);
  const date = timestamp.slice(0, 8);
  const headers: Record<string, string> = {
    host,
    "x-amz-date": timestamp,
    "x-amz-target": target,
    ...(sessionToken === undefined ? {} : { "x-amz-security-token": sessionToken }),
  };
  const names = Object.keys(headers).sort();
  const request = { method: "POST", url: "/", headers, body: Buffer.from(body) };
  const scope = `${date}/${region}/kms/aws4_request`;
  const stringToSign = ["AWS4-HMAC-SHA256", timestamp, scope, sha256(canonicalRequest(request, names))].join("\n");
  const signature = hmac(signingKey(secretAccessKey, date, region), stringToSign).toString("hex");
  return { ...headers, authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}` };
}

interface Authorization {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

function parseAuthorization(header: string): Authorization {
  const [algorithm, ...rest] = header.split(" ");
  if (algorithm !== "AWS4-HMAC-SHA256") {
    throw new KmsError("IncompleteSignatureException", "Unsupported AWS 'algorithm': only AWS4-HMAC-SHA256 is understood.");
  }
  const fields = new Map(
    rest
      .join("")
      .split(",")
      .map((field): [string, string] => {
        const at = field.indexOf("=");
        return [field.slice(0, at), field.slice(at + 1)];
      }),
  );
  for (const name of ["Credential", "SignedHeaders", "Signature"]) {
    if ((fields.get(name) ?? "") === "") {
      throw new KmsError("IncompleteSignatureException", `Authorization header requires '${name}' parameter.`);
    }
  }
  const [accessKeyId, date, region, service, terminator, ...more] = (fields.get("Credential") ?? "").split("/");
  if (
    accessKeyId === undefined ||
    date === undefined ||
    region === undefined ||
    service === undefined ||
    terminator !== "aws4_request" ||
    more.length > 0
  ) {
    throw new KmsError("IncompleteSignatureException", "Credential must have exactly 5 slash-delimited elements.");
  }
  return {
    accessKeyId,
    date,
    region,
    service,
    signedHeaders: (fields.get("SignedHeaders") ?? "").split(";"),
    signature: fields.get("Signature") ?? "",
  };
}

/** "Create a canonical request": method, path, query, headers, the list of signed headers, the payload's hash. */
function canonicalRequest(request: SignedRequest, signedHeaders: readonly string[]): string {
  const [path = "/", query = ""] = request.url.split("?", 2);
  const canonicalQuery = query
    .split("&")
    .filter((part) => part !== "")
    .map((part) => (part.includes("=") ? part : `${part}=`))
    .sort()
    .join("&");
  const headers = signedHeaders.map(
    (name) => `${name}:${(single(request.headers, name) ?? "").trim().replaceAll(/ +/g, " ")}\n`,
  );
  return [request.method, path, canonicalQuery, headers.join(""), signedHeaders.join(";"), sha256(request.body)].join("\n");
}

function signingKey(secret: string, date: string, region: string): Buffer {
  return hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), "kms"), "aws4_request");
}

function checkAge(timestamp: string, signedAt: number, now: number): void {
  const limit = TOLERANCE_MS / 60_000;
  if (signedAt < now - TOLERANCE_MS) {
    throw invalidSignature(
      `Signature expired: ${timestamp} is now earlier than ${formatTimestamp(now - TOLERANCE_MS)} (${formatTimestamp(now)} - ${limit} min.)`,
    );
  }
  if (signedAt > now + TOLERANCE_MS) {
    throw invalidSignature(
      `Signature not yet current: ${timestamp} is still later than ${formatTimestamp(now + TOLERANCE_MS)} (${formatTimestamp(now)} + ${limit} min.)`,
    );
  }
}

/** `20261124T021500Z` to epoch milliseconds. */
function parseTimestamp(text: string): number | undefined {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  if (year === undefined) return undefined;
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
}

function formatTimestamp(time: number): string {
  return `${new Date(time).toISOString().replaceAll(/[-:]/g, "").slice(0, 15)}Z`;
}

function single(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(",") : value;
}

function invalidSignature(message: string): KmsError {
  return new KmsError("InvalidSignatureException", message);
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac("sha256", key).update(data).digest();
}

function sha256(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

function equal(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
