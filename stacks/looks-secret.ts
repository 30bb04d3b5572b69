/**
 * Stack configuration is committed in clear and holds nothing secret. This recognises the mistakes that happen: a private
 * key where a certificate belongs, and the clouds' credentials, which come from the environment only.
 *
 * @module
 */

/** What a text is that looks like this, as a noun phrase. */
const LOOKS: readonly (readonly [pattern: RegExp, what: string])[] = [
  // PEM label of any private key: RFC 7468 sections 10 and 11, and the older `RSA PRIVATE KEY` and the like. A service
  // account's key file of Google Cloud's holds one too.
  [/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/, "a private key"],
  // Access key ids, long-term and temporary; IAM User Guide, "IAM identifiers", unique id prefixes.
  [/\b(AKIA|ASIA)[A-Z2-7]{16}\b/, "an AWS access key id"],
  // A secret access key is 40 characters of base64; with all three kinds of characters it is hardly anything else.
  [/^\s*(?=\S*[a-z])(?=\S*[A-Z])(?=\S*\d)[A-Za-z0-9/+]{40}\s*$/, "an AWS secret access key"],
  // OAuth 2.0 access tokens; Google Cloud documentation, "Token types".
  [/\bya29\.[A-Za-z0-9_-]{20,}/, "a Google Cloud access token"],
  // Microsoft Purview, sensitive information type "Azure AD client secret".
  [/(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9_~.-])/, "an Entra client secret"],
];

/** A string that looks secret. */
export interface SecretLook {
  /** Noun phrase; never contains the value itself. */
  readonly what: string;
  /** Where in the value, e.g. `.certificates[1]`; empty if the value is the string itself. */
  readonly path: string;
}

/** Looks at every string in a configuration value, however deep; `undefined` if none looks secret. */
export function looksSecret(value: unknown): SecretLook | undefined {
  if (typeof value === "string") {
    const what = LOOKS.find(([pattern]) => pattern.test(value))?.[1];
    return what === undefined ? undefined : { what, path: "" };
  }
  if (typeof value !== "object" || value === null) return undefined;
  for (const [member, inner] of Object.entries(value)) {
    const found = looksSecret(inner);
    if (found !== undefined) return { what: found.what, path: `${Array.isArray(value) ? `[${member}]` : `.${member}`}${found.path}` };
  }
  return undefined;
}
