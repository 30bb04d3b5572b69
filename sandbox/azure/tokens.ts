/**
 * Access tokens: made by the sandbox's Entra, verified by its other planes. Claims: Microsoft identity platform, "Access
 * token claims reference", version 1.0, which is what Key Vault, ARM and Graph ask for.
 *
 * Tokens live by the wall clock, whatever the sandbox's clock says: the SDKs that cache them do too.
 *
 * @module
 */
import { createHash, createPrivateKey, createPublicKey, sign, verify } from "node:crypto";

import { z } from "zod";

import { type AzureState, type DirectoryRecord } from "./state.js";

/** Seconds that a token is good for (Microsoft identity platform, "Access token lifetime": 60 to 90 minutes). */
export const TOKEN_LIFETIME = 3599;

/** Client id of the Azure CLI, with which a user's tokens are asked for (azure-cli, `_AZURE_CLI_CLIENT_ID`). */
export const AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

/** Who a token speaks for. */
export interface Principal {
  readonly directory: string;
  readonly objectId: string;
  readonly appId: string;
  /** Only for users: `NAME@DOMAIN`. */
  readonly userPrincipalName?: string | undefined;
}

/** A resource that tokens are made for: the `aud` claim, and other ways to ask for it. */
export interface Resource {
  readonly audience: string;
  readonly aliases: readonly string[];
}

/** Key Vault, as its challenge names it. */
export const VAULT_RESOURCE: Resource = { audience: "https://vault.azure.net", aliases: ["cfa8b339-82a2-471a-a3c9-0fc0be7a4093"] };
/** ARM; the older name still works. */
export const ARM_RESOURCE: Resource = {
  audience: "https://management.azure.com",
  aliases: ["https://management.core.windows.net", "797f4846-ba00-4fd7-ba43-dac1f8f63013"],
};
/** Graph. */
export const GRAPH_RESOURCE: Resource = { audience: "https://graph.microsoft.com", aliases: ["00000003-0000-0000-c000-000000000000"] };

/** The resource that a scope without `/.default` names; undefined if the sandbox has none of that name. */
export function findResource(name: string): Resource | undefined {
  const wanted = name.replace(/\/+$/, "").toLowerCase();
  return [VAULT_RESOURCE, ARM_RESOURCE, GRAPH_RESOURCE].find(
    ({ audience, aliases }) => audience === wanted || aliases.includes(wanted),
  );
}

const claimsSchema = z.looseObject({
  aud: z.string(),
  iss: z.string(),
  exp: z.number(),
  tid: z.string(),
  oid: z.string(),
  appid: z.string(),
  upn: z.string().optional(),
});

/** Why a token is not taken. */
export type TokenProblem = "missing" | "malformed" | "signature" | "audience" | "issuer" | "expired";

/** A token that is not taken. `found` is the claim that is wrong. */
export class TokenRefused extends Error {
  constructor(
    readonly problem: TokenProblem,
    readonly found: string,
  ) {
    super(problem);
  }
}

/** The issuer of a directory's tokens. */
export function issuerOf(directory: string): string {
  return `https://sts.windows.net/${directory}/`;
}

/** Id of the signing key, for `kid` and the published key set. */
export function tokenKeyId(state: AzureState): string {
  return createHash("sha256").update(publicKeyDer(state)).digest("base64url").slice(0, 27);
}

/** The key set that Entra publishes (RFC 7517). */
export function tokenKeySet(state: AzureState): object {
  const { n, e } = createPublicKey(state.tokenKey).export({ format: "jwk" });
  return { keys: [{ kty: "RSA", use: "sig", kid: tokenKeyId(state), n, e }] };
}

/** Makes a token for a principal, good from now on. */
export function issueToken(state: AzureState, principal: Principal, resource: Resource): string {
  const now = Math.floor(Date.now() / 1000);
  const { directory, objectId, appId, userPrincipalName } = principal;
  const claims = {
    aud: resource.audience,
    iss: issuerOf(directory),
    iat: now,
    nbf: now,
    exp: now + TOKEN_LIFETIME,
    appid: appId,
    // 2: the client proved itself with a certificate; 0: a public client, as the CLI is.
    appidacr: userPrincipalName === undefined ? "2" : "0",
    idp: issuerOf(directory),
    idtyp: userPrincipalName === undefined ? "app" : "user",
    oid: objectId,
    sub: objectId,
    tid: directory,
    ver: "1.0",
    ...(userPrincipalName === undefined ? {} : { upn: userPrincipalName, scp: "user_impersonation" }),
  };
  const text = `${encode({ typ: "JWT", alg: "RS256", kid: tokenKeyId(state) })}.${encode(claims)}`;
  return `${text}.${sign("RSA-SHA256", Buffer.from(text), createPrivateKey(state.tokenKey)).toString("base64url")}`;
}

/** The administrator of a directory, as its tokens name it. */
export function administratorOf(directory: DirectoryRecord): Principal {
  const { objectId, userPrincipalName } = directory.administrator;
  return { directory: directory.id, objectId, appId: AZURE_CLI, userPrincipalName };
}

/**
 * Reads a bearer token.
 *
 * @param directories those whose tokens are good here.
 * @throws TokenRefused.
 */
export function verifyToken(
  state: AzureState,
  authorization: string | undefined,
  resource: Resource,
  directories: readonly string[],
): Principal {
  const token = /^bearer\s+(.+)$/i.exec(authorization ?? "")?.[1];
  if (token === undefined) throw new TokenRefused("missing", "");
  const [header = "", payload = "", signature = "", ...rest] = token.split(".");
  const claims = claimsSchema.safeParse(decode(payload));
  if (!claims.success || rest.length > 0) throw new TokenRefused("malformed", "");
  const { aud, iss, exp, tid, oid, appid, upn } = claims.data;
  const isOurs = verify("RSA-SHA256", Buffer.from(`${header}.${payload}`), createPublicKey(state.tokenKey), Buffer.from(signature, "base64url"));
  if (!isOurs) throw new TokenRefused("signature", "");
  if (exp <= Date.now() / 1000) throw new TokenRefused("expired", "");
  if (findResource(aud) !== resource) throw new TokenRefused("audience", aud);
  if (!directories.some((directory) => issuerOf(directory) === iss)) throw new TokenRefused("issuer", iss);
  return { directory: tid, objectId: oid, appId: appid, ...(upn === undefined ? {} : { userPrincipalName: upn }) };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function decode(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch {
    // Not JSON: not a token, which the caller says in its plane's words.
    return undefined;
  }
}

function publicKeyDer(state: AzureState): Buffer {
  return createPublicKey(state.tokenKey).export({ format: "der", type: "spki" });
}
