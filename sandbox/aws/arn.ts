/**
 * ARNs of KMS and IAM. Formats: AWS Service Authorization Reference (KMS) and IAM User Guide, "IAM identifiers".
 *
 * @module
 */

/** `arn:aws:kms:REGION:ACCOUNT:key/ID` or `.../alias/NAME`, taken apart. `resource` is `key/ID` or `alias/NAME`. */
export interface KmsArn {
  readonly region: string;
  readonly account: string;
  readonly resource: string;
}

/** A key id: a lower-case UUID, or `mrk-` and 32 hex digits (Developer Guide, "Key ID"). */
export const KEY_ID = /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/;

/** A 12-digit account id. */
export const ACCOUNT_ID = /^\d{12}$/;

/** A Region name of the aws partition. */
export const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;

/** Takes a KMS ARN apart; undefined if it is none. */
export function parseKmsArn(text: string): KmsArn | undefined {
  const match = /^arn:aws:kms:([a-z0-9-]+):(\d{12}):((?:key|alias)\/.+)$/.exec(text);
  const [, region, account, resource] = match ?? [];
  return region === undefined || account === undefined || resource === undefined
    ? undefined
    : { region, account, resource };
}

/** ARN of a key. */
export function keyArn(key: { readonly region: string; readonly account: string; readonly id: string }): string {
  return `arn:aws:kms:${key.region}:${key.account}:key/${key.id}`;
}

/** ARN of an alias; its name begins with `alias/`. */
export function aliasArn(alias: { readonly region: string; readonly account: string; readonly name: string }): string {
  return `arn:aws:kms:${alias.region}:${alias.account}:${alias.name}`;
}

/** Who an IAM or STS ARN names. */
export type PrincipalArn =
  | { readonly kind: "account"; readonly account: string }
  | { readonly kind: "role" | "user"; readonly account: string; readonly name: string }
  | { readonly kind: "session"; readonly account: string; readonly role: string; readonly session: string };

/** Takes an IAM or STS principal apart; a bare account id means that account's root. Undefined if it is none of them. */
export function parsePrincipal(text: string): PrincipalArn | undefined {
  if (ACCOUNT_ID.test(text)) return { kind: "account", account: text };
  const match = /^arn:aws:(iam|sts)::(\d{12}):(.+)$/.exec(text);
  const [, service, account, resource] = match ?? [];
  if (account === undefined || resource === undefined) return undefined;
  if (service === "sts") {
    const [, role, session] = /^assumed-role\/([^/]+)\/([^/]+)$/.exec(resource) ?? [];
    return role === undefined || session === undefined ? undefined : { kind: "session", account, role, session };
  }
  if (resource === "root") return { kind: "account", account };
  const [, kind, name] = /^(role|user)\/(.+)$/.exec(resource) ?? [];
  return name === undefined ? undefined : { kind: kind === "role" ? "role" : "user", account, name };
}
