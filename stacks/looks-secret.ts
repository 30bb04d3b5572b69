/**
 * Stack configuration is committed in clear and holds nothing secret. This recognises the two mistakes that happen: a
 * private key where a certificate belongs, and AWS credentials, which come from the ambient chain only.
 *
 * @module
 */

/** PEM label of any private key: RFC 7468 section 10 and 11, and the older `RSA PRIVATE KEY` and the like. */
const PRIVATE_KEY_PEM = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/;

/** Access key ids, long-term and temporary; IAM User Guide, "IAM identifiers", unique id prefixes. */
const AWS_ACCESS_KEY_ID = /\b(AKIA|ASIA)[A-Z2-7]{16}\b/;

/** A secret access key is 40 characters of base64; with all three kinds of characters it is hardly anything else. */
const AWS_SECRET_ACCESS_KEY = /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[A-Za-z0-9/+]{40}$/;

/**
 * What a configuration value looks like, if it looks secret: looks at every string in it, however deep.
 *
 * @returns a noun phrase that never contains the value itself, or `undefined`
 */
export function looksSecret(value: unknown): string | undefined {
  if (typeof value === "string") {
    if (PRIVATE_KEY_PEM.test(value)) return "a private key";
    if (AWS_ACCESS_KEY_ID.test(value)) return "an AWS access key id";
    return AWS_SECRET_ACCESS_KEY.test(value.trim()) ? "an AWS secret access key" : undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  return Object.values(value)
    .map(looksSecret)
    .find((found) => found !== undefined);
}
