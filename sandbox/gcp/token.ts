/**
 * Bearer tokens. The official clients sign their own with a service account's key instead of asking for one: a JWT with an
 * audience or a scope. Source: AIP-4111, "Self-signed JWT"; what google-auth-library sends: its auth/jwtaccess.js. Whoever
 * impersonates an account has an access token for it, which nobody but Google, here the sandbox, can read.
 *
 * @module
 */
import { createHmac, createPublicKey, timingSafeEqual, verify } from "node:crypto";

import { z } from "zod";

import { credentialsInvalid, credentialsMissing, scopeInsufficient } from "./errors.js";
import { type ServiceAccountRecord } from "./state.js";

/** Longest life of a self-signed JWT, seconds (AIP-4111: an hour). */
const MAX_LIFE = 3_600;
/** Allowed difference of clocks, seconds; ours. */
const CLOCK_SKEW = 60;
/** Scopes that Cloud KMS takes (`scopes` of the official client), with the prefix all of Google's have. */
const SCOPE_PREFIX = "https://www.googleapis.com/auth/";
const SCOPES = new Set(["cloud-platform", "cloudkms"].map((scope) => `${SCOPE_PREFIX}${scope}`));

const headerSchema = z.object({ alg: z.literal("RS256"), kid: z.string() });
const claimsSchema = z.object({
  iss: z.string(),
  sub: z.string().optional(),
  aud: z.string().optional(),
  scope: z.string().optional(),
  iat: z.number(),
  exp: z.number(),
});

/** How access tokens begin. */
const ACCESS_TOKEN = "ya29";
const accessTokenSchema = z.object({ account: z.string(), scope: z.string(), expires: z.number() });

/** What an access token says: whose it is, what for, and until when (seconds since the epoch). */
export type AccessToken = z.infer<typeof accessTokenSchema>;

/** Makes an access token; only who knows the secret can make one. */
export function issueAccessToken(secret: string, token: AccessToken): string {
  const body = Buffer.from(JSON.stringify(token)).toString("base64url");
  return `${ACCESS_TOKEN}.${body}.${macOf(secret, body).toString("base64url")}`;
}

function macOf(secret: string, body: string): Buffer {
  return createHmac("sha256", Buffer.from(secret, "base64")).update(`access token ${body}`).digest();
}

/** What a token is checked against. */
export interface TokenContext {
  readonly accounts: readonly ServiceAccountRecord[];
  /** Service that is called, e.g. `cloudkms.googleapis.com`. */
  readonly service: string;
  /** Hosts, with and without port, by which the service is reached here: a client's audience is the host it dials. */
  readonly hosts: readonly string[];
  /** Seconds since the epoch by the wall clock, which is also what the clients sign. */
  readonly now: number;
  /** What {@link issueAccessToken} was given; base64. */
  readonly secret: string;
}

/**
 * The account that an Authorization header speaks for.
 *
 * @throws GoogleError UNAUTHENTICATED, or PERMISSION_DENIED if only the scope is wrong.
 */
export function authenticate(header: string | undefined, context: TokenContext): ServiceAccountRecord {
  const { service, now } = context;
  if (header === undefined || header === "") throw credentialsMissing(service);
  const unsupported = credentialsInvalid(service, "ACCESS_TOKEN_TYPE_UNSUPPORTED");
  const [, token] = /^Bearer (.+)$/i.exec(header) ?? [];
  const [head, body, signature, ...rest] = (token ?? "").split(".");
  if (head === undefined || body === undefined || signature === undefined || rest.length > 0) throw unsupported;
  if (head === ACCESS_TOKEN) return behindAccessToken(body, signature, context);
  const protectedHeader = headerSchema.safeParse(decode(head));
  const parsed = claimsSchema.safeParse(decode(body));
  if (!protectedHeader.success || !parsed.success) throw unsupported;
  const claims = parsed.data;

  const account = context.accounts.find(({ email }) => email === claims.iss);
  const key = account?.keys.find(({ id }) => id === protectedHeader.data.kid);
  if (account === undefined || key === undefined || (claims.sub ?? claims.iss) !== claims.iss) throw unsupported;
  const signed = Buffer.from(`${head}.${body}`);
  if (!verify("RSA-SHA256", signed, createPublicKey(key.publicKey), Buffer.from(signature, "base64url"))) throw unsupported;

  if (account.disabled) throw credentialsInvalid(service, "ACCOUNT_STATE_INVALID");
  if (claims.exp <= now) throw credentialsInvalid(service, "ACCESS_TOKEN_EXPIRED");
  if (claims.iat > now + CLOCK_SKEW || claims.exp - claims.iat > MAX_LIFE) throw unsupported;
  if (claims.aud !== undefined) {
    if (!isFor(claims.aud, context)) throw unsupported;
  } else if (claims.scope === undefined) {
    throw unsupported;
  } else if (!claims.scope.split(" ").some((scope) => SCOPES.has(scope))) {
    throw scopeInsufficient(service);
  }
  return account;
}

function behindAccessToken(body: string, signature: string, { accounts, service, now, secret }: TokenContext): ServiceAccountRecord {
  const mac = macOf(secret, body);
  const given = Buffer.from(signature, "base64url");
  const parsed = accessTokenSchema.safeParse(decode(body));
  const account = accounts.find(({ email }) => email === parsed.data?.account);
  if (given.length !== mac.length || !timingSafeEqual(given, mac) || !parsed.success || account === undefined) {
    throw credentialsInvalid(service, "ACCESS_TOKEN_TYPE_UNSUPPORTED");
  }
  if (account.disabled) throw credentialsInvalid(service, "ACCOUNT_STATE_INVALID");
  if (parsed.data.expires <= now) throw credentialsInvalid(service, "ACCESS_TOKEN_EXPIRED");
  if (!parsed.data.scope.split(" ").some((scope) => SCOPES.has(scope))) throw scopeInsufficient(service);
  return account;
}

function isFor(audience: string, { service, hosts }: TokenContext): boolean {
  if (!URL.canParse(audience)) return false;
  const { protocol, host } = new URL(audience);
  return protocol === "https:" && (host === service || hosts.includes(host));
}

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}
